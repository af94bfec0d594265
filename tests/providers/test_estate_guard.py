"""What an estate stands on: which changes of it Azure makes in place, and which are refused before anything is done."""

from __future__ import annotations

import pytest

from providers.estate_guard import EstateGuardProvider
from providers.refusals_to_come import refusals_to_come
from providers.taken_back import gone_by_this_up
from site_recovery.connection import SiteRecovery
from tests.providers.declared_item import Props
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, POLICY, SITE, VAULT, protect

GUARD = EstateGuardProvider()


def _declared(service: SiteRecovery, *, sku: str = "Standard_LRS", redundancy: str = "geoRedundant") -> Props:
    target = service.target
    return {
        "target": {"cloud": target.cloud, "subscriptionId": target.subscription_id, "tenantId": target.tenant_id},
        "vault": {"name": VAULT, "resourceGroup": GROUP, "location": "westeurope", "redundancy": redundancy},
        "storageAccounts": {"contosodr": {"resourceGroup": GROUP, "location": "westeurope", "sku": sku}},
    }


def _reasons(olds: Props, news: Props) -> list[str]:
    return [str(failure.reason) for failure in GUARD.check(olds, news).failures or ()]


@pytest.mark.parametrize("sku", ["Standard_GRS", "Standard_RAGRS"])
def test_an_account_s_copies_are_changed_in_place(service: SiteRecovery, sku: str) -> None:
    assert _reasons(_declared(service), _declared(service, sku=sku)) == []
    assert _reasons(_declared(service, sku=sku), _declared(service)) == []


@pytest.mark.parametrize("sku", ["Standard_ZRS", "Premium_LRS"])
def test_an_account_does_not_become_one_of_another_kind(service: SiteRecovery, sku: str) -> None:
    (reason,) = _reasons(_declared(service), _declared(service, sku=sku))
    assert reason.startswith(f"the sku of storage account contosodr cannot be changed from Standard_LRS to {sku}")
    assert reason.endswith("Declare another account beside it, or write Standard_LRS again")


def test_the_redundancy_of_a_vault_is_changed_while_nothing_is_protected_and_not_after(service: SiteRecovery) -> None:
    before, after = _declared(service), _declared(service, redundancy="locallyRedundant")
    assert _reasons(before, after) == []
    item = protect(service, "app01")
    try:
        (reason,) = _reasons(before, after)
        assert "only while nothing is protected; 1 VMs are. Write geoRedundant again" in reason
    finally:
        service.protection.disable(item.id)


def test_what_an_earlier_release_did_not_keep_is_no_change(service: SiteRecovery) -> None:
    now = GUARD.check({}, _declared(service)).inputs
    earlier = {**now, "storageAccounts": {"contosodr": {"resourceGroup": GROUP, "location": "westeurope"}}}
    del earlier["retired"]
    assert not GUARD.diff("estate", earlier, now).changes
    assert GUARD.diff("estate", now, GUARD.check(now, _declared(service, sku="Standard_GRS")).inputs).changes
    added = {**now, "storageAccounts": {**now["storageAccounts"], "more": {}}}
    assert GUARD.diff("estate", earlier, added).changes


def test_what_others_have_in_the_way_of_a_dismantling_is_told_before(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    whole = {
        **_declared(service),
        "sites": {SITE: {"adopt": False}},
        "policies": {POLICY: {"adopt": False}},
        "networks": {"prod": {"resourceGroup": GROUP}},
    }
    assert refusals_to_come(whole) == ()
    (vault,) = refusals_to_come({**whole, "policies": {POLICY: {"adopt": True}}})
    assert f"the vault will not be deleted, as it holds what this stack does not take away: policy {POLICY}." in vault
    policy, vault = refusals_to_come({**whole, "sites": {}})
    assert f"policy {POLICY} will not be deleted, as it is associated with site {SITE}" in policy
    assert f"does not take away: site {SITE}." in vault
    path = f"{simulator.subscription_path}/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworks/prod"
    used = {"addressPrefix": "10.1.0.0/24", "ipConfigurations": [{"id": "/somebody/s/network/card"}]}
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}
    body = {"location": "westeurope", "properties": {**space, "subnets": [{"name": "data", "properties": used}]}}
    assert simulator.arm("PUT", path, body, version="2024-05-01").status_code == 200
    (network,) = refusals_to_come(whole)
    assert network.startswith("network prod will not be deleted, as something is in it: subnet data (1 in use)")


def test_what_is_taken_out_in_the_edit_that_takes_a_dismantling_back_is_an_error(service: SiteRecovery) -> None:
    networks = {"prod": {"resourceGroup": GROUP, "location": "westeurope"}}
    parts = {"networks": networks, "policies": {POLICY: {"adopt": False}, "theirs": {"adopt": True}}}
    whole = {**_declared(service), **parts, "vms": {"app01": {}, "sql01": {}}, "dismantle": True}
    back = {**whole, "dismantle": False}
    assert _reasons(whole, back) == []
    (reason,) = _reasons(whole, {**back, "vms": {"sql01": {}}, "networks": {}, "policies": {POLICY: {"adopt": False}}})
    assert "would still be taken away in Azure: VM app01, network prod. Write that again, run `pulumi up" in reason
    assert _reasons(back, {**back, "vms": {}}) == [], "once an `up` has taken it back"


def test_what_is_taken_out_while_a_dismantling_is_declared_is_told_as_what_cannot_be_undone() -> None:
    whole = {"vms": {"app01": {}, "sql01": {}}, "policies": {"theirs": {"adopt": True}}, "sites": {SITE: {}}}
    before = {**whole, "dismantle": True}
    vm, site = gone_by_this_up(before, {"vms": {"app01": {}}, "dismantle": True})
    assert vm.startswith("CANNOT BE UNDONE: VM sql01 is taken out of the stack file while `dismantle` is written")
    assert "ends its protection: its replica in Azure and all recovery points are deleted" in vm
    assert f"site {SITE}" in site
    for olds, news in (
        (before, before),
        (before, {"dismantle": False}),
        ({**whole, "dismantle": False}, {"dismantle": True}),
    ):
        assert list(gone_by_this_up(olds, news)) == []


def test_which_vms_there_are_is_a_change_of_the_guard_only_while_it_is_dismantled(service: SiteRecovery) -> None:
    before = {**_declared(service), "vms": {"app01": {}}, "dismantle": False}
    after = {**before, "vms": {}}
    assert not GUARD.diff("estate", before, after).changes
    assert GUARD.diff("estate", {**before, "dismantle": True}, {**after, "dismantle": True}).changes


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"location": "westeurope"}, []),
        ({"location": "northeurope"}, [f"the location of resource group {GROUP} cannot be changed"]),
        ({"location": "westeurope", "adopt": True}, [f"resource group {GROUP} was made by this stack"]),
    ],
)
def test_the_vault_s_own_group_is_the_same_one_written_or_not(
    service: SiteRecovery, entry: Props, says: list[str]
) -> None:
    bare = _declared(service)
    written = {**bare, "resourceGroups": {GROUP.upper(): entry}}
    for reason, beginning in zip(_reasons(bare, written), says, strict=True):
        assert reason.startswith(beginning)
    assert _reasons(written, written) == []
