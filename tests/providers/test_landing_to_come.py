"""A preview of a move tells of the VM as the same `up` makes it first."""

from __future__ import annotations

from dataclasses import replace

from pulumi.runtime import rpc

from lifecycle.machine import Card, Landing
from providers.landing_to_come import after_the_update, stays_or_has_become, will_become
from tests.lifecycle import rows

_NOW = Landing(
    "sql01",
    size="Standard_D4s_v5",
    resource_group_id="/groups/dr",
    network_id="/networks/old",
    subnet="data",
    static_ip="10.1.0.4",
    more_cards=(Card("network card 2", "/networks/old", "apps"),),
)
_SEEN = replace(rows.PROTECTED, landing=_NOW)


def test_what_an_items_update_sets_is_seen_until_it_is_made() -> None:
    changed = {"size": "Standard_D8s_v5", "networkId": "/networks/new", "staticIp": None, "vmName": None}
    will_become(_SEEN.item_id.upper(), changed)
    landing = after_the_update(_SEEN).landing
    assert landing == replace(
        _NOW,
        size="Standard_D8s_v5",
        network_id="/networks/new",
        static_ip=None,
        more_cards=(Card("network card 2", "/networks/new", "apps"),),
    ), "an address that is left out is cleared, a name is not"
    stays_or_has_become(_SEEN.item_id)
    assert after_the_update(_SEEN) == _SEEN


def test_what_is_not_known_before_its_resource_is_there_stays_as_it_is() -> None:
    will_become(_SEEN.item_id, {"networkId": rpc.UNKNOWN, "subnet": "web"})
    landing = after_the_update(_SEEN).landing
    stays_or_has_become(_SEEN.item_id)
    assert landing == replace(_NOW, subnet="web")


def test_a_group_that_the_same_up_makes_is_not_looked_for() -> None:
    will_become(_SEEN.item_id, {"resourceGroupId": "/groups/new"}, made=["resourceGroupId"])
    made = after_the_update(_SEEN).landing
    will_become(_SEEN.item_id, {"resourceGroupId": "/groups/new"})
    found = after_the_update(_SEEN).landing
    stays_or_has_become(_SEEN.item_id)
    assert made == replace(_NOW, resource_group_id="/groups/new", resource_group_to_come=True)
    assert found == replace(_NOW, resource_group_id="/groups/new")
