"""A network that the stack makes is written whole: what others gave it in Azure is never taken away by that."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from providers.estate_guard import EstateGuardProvider
from providers.made_networks import refuse_harmful_change
from site_recovery.connection import SiteRecovery
from site_recovery.errors import RefusedError
from tests.providers.declared_item import Props
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, VAULT

GUARD = EstateGuardProvider()
NETWORK = "Microsoft.Network/virtualNetworks/prod"


@pytest.fixture(autouse=True)
def network(simulator: RunningSimulator, service: SiteRecovery) -> Iterator[None]:
    """The network as the stack has declared it."""
    assert service.landing_place(_path(simulator)).there
    yield
    _write(simulator)


def _path(simulator: RunningSimulator) -> str:
    return f"{simulator.subscription_path}/resourceGroups/{GROUP}/providers/{NETWORK}"


def _write(simulator: RunningSimulator, *more: dict[str, Any], **properties: Any) -> None:
    subnets = [{"name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}}, *more]
    body = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": subnets, **properties}
    answer = simulator.arm(
        "PUT", _path(simulator), {"location": "westeurope", "properties": body}, version="2024-05-01"
    )
    assert answer.status_code in (200, 201), answer.text


def _declared(service: SiteRecovery, **prod: Any) -> Props:
    target = service.target
    network = {
        "resourceGroup": GROUP,
        "location": "westeurope",
        "addressSpace": ["10.1.0.0/16"],
        "subnets": {"data": "10.1.0.0/24"},
        "tags": {},
        **prod,
    }
    return {
        "target": {"cloud": target.cloud, "subscriptionId": target.subscription_id, "tenantId": target.tenant_id},
        "vault": {"name": VAULT, "resourceGroup": GROUP, "location": "westeurope"},
        "networks": {"prod": network},
    }


def _reasons(olds: Props, news: Props) -> list[str]:
    return [str(failure.reason) for failure in GUARD.check(olds, deepcopy(news)).failures or ()]


def test_a_change_of_a_network_is_refused_while_somebody_else_s_subnet_is_in_it(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    _write(simulator, {"name": "theirs", "properties": {"addressPrefix": "10.1.7.0/24"}})
    (reason,) = _reasons(_declared(service), _declared(service, tags={"owner": "network"}))
    assert "would be lost: subnet theirs. Declare a further subnet" in reason
    assert f"networks.prod: {{id: {_path(simulator)}}}" in reason


@pytest.mark.parametrize(
    ("network", "subnet", "said"),
    [
        ({}, {"networkSecurityGroup": {"id": "/nsg"}}, "a network security group of subnet data"),
        ({}, {"routeTable": {"id": "/r"}, "natGateway": {"id": "/n"}}, "a route table, a NAT gateway of subnet data"),
        ({"dhcpOptions": {"dnsServers": ["10.1.0.4"]}}, {}, "DNS servers of the network"),
        ({"virtualNetworkPeerings": [{"name": "hub"}]}, {}, "peerings of the network"),
    ],
)
def test_what_hangs_on_a_network_is_not_taken_off_it(
    simulator: RunningSimulator, service: SiteRecovery, network: Any, subnet: Any, said: str
) -> None:
    _write(simulator, subnets=[{"name": "data", "properties": {"addressPrefix": "10.1.0.0/24", **subnet}}], **network)
    (reason,) = _reasons(_declared(service), _declared(service, tags={"owner": "network"}))
    assert said in reason


def test_a_subnet_that_is_taken_out_goes_when_it_is_empty_and_not_with_something_in_it(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    _write(simulator, {"name": "apps", "properties": {"addressPrefix": "10.1.1.0/24"}})
    before = _declared(service, subnets={"data": "10.1.0.0/24", "apps": "10.1.1.0/24"})
    checked = GUARD.check(before, _declared(service))
    assert (checked.failures, checked.inputs["retired"]) == ([], {"prod": ["apps"]})
    again = GUARD.check(checked.inputs, _declared(service))
    assert again.inputs["retired"] == {"prod": ["apps"]}, "an `up` that failed may be repeated"
    assert not GUARD.diff("estate", checked.inputs, again.inputs).changes
    used = {"addressPrefix": "10.1.1.0/24", "ipConfigurations": [{"id": "/somebody/s/network/card"}]}
    _write(simulator, {"name": "apps", "properties": used})
    (reason,) = _reasons(before, _declared(service))
    assert "subnet apps (1 in use)" in reason
    (reason,) = _reasons(before, _declared(service, subnets={"data": "10.1.0.0/24", "apps": "10.1.2.0/24"}))
    assert "subnet apps with 10.1.1.0/24 (1 in use)" in reason


def test_nothing_is_said_of_a_network_that_is_not_changed_or_not_there(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    _write(simulator, {"name": "theirs", "properties": {"addressPrefix": "10.1.7.0/24"}})
    assert _reasons(_declared(service), _declared(service)) == []
    other = {"networks": {"new": _declared(service)["networks"]["prod"]}}
    changed = {"networks": {"new": {**other["networks"]["new"], "tags": {"owner": "network"}}}}
    assert _reasons({**_declared(service), **other}, {**_declared(service), **changed}) == []


def test_just_before_a_network_is_written_it_is_looked_at_once_more(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    declared = _declared(service)
    network = declared["networks"]["prod"]
    refuse_harmful_change(declared, "prod", network, None)
    _write(simulator, {"name": "theirs", "properties": {"addressPrefix": "10.1.7.0/24"}})
    with pytest.raises(RefusedError, match="subnet theirs"):
        refuse_harmful_change(declared, "prod", network, None)
    refuse_harmful_change(declared, "prod", network, ["theirs"])
