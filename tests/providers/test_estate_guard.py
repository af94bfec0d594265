"""What an estate stands on: which changes of it Azure makes in place, and which are refused before anything is done."""

from __future__ import annotations

import pytest

from providers.estate_guard import EstateGuardProvider
from site_recovery.connection import SiteRecovery
from tests.providers.declared_item import Props
from tests.site_recovery.prepared import GROUP, VAULT, protect

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
