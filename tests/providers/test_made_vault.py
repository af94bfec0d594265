"""A vault that the stack makes is written whole: what others set on it in Azure is never taken away by that."""

from __future__ import annotations

from typing import Any

import pytest

from providers.estate_guard import EstateGuardProvider
from providers.made_vault import refuse_harmful_vault_change
from site_recovery.connection import SiteRecovery
from site_recovery.errors import RefusedError
from tests.providers.declared_item import Props
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, VAULT

GUARD = EstateGuardProvider()


@pytest.fixture(autouse=True)
def _put_back(simulator: RunningSimulator, service: SiteRecovery) -> Any:
    bare = _vault(simulator, "GET")
    yield
    _vault(simulator, "PUT", {"identity": {"type": "None"}, **bare})


def _vault(simulator: RunningSimulator, method: str, body: Any = None) -> Any:
    path = f"{simulator.subscription_path}/resourceGroups/{GROUP}/providers/Microsoft.RecoveryServices/vaults/{VAULT}"
    answer = simulator.arm(method, path, body, version="2024-10-01")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _declared(service: SiteRecovery, **vault: Any) -> Props:
    target = service.target
    return {
        "target": {"cloud": target.cloud, "subscriptionId": target.subscription_id, "tenantId": target.tenant_id},
        "vault": {"name": VAULT, "resourceGroup": GROUP, "location": "westeurope", "tags": {}, **vault},
    }


def test_a_tag_of_others_is_not_taken_off_the_vault(simulator: RunningSimulator, service: SiteRecovery) -> None:
    inputs = _declared(service)
    refuse_harmful_vault_change(inputs, {"tags": {"owner": "recovery"}}, [])
    _vault(simulator, "PATCH", {"tags": {"costCenter": "4711", "owner": "somebody"}})
    with pytest.raises(RefusedError, match="would be lost: tag costCenter: 4711") as stopped:
        refuse_harmful_vault_change(inputs, {"tags": {"Owner": "recovery"}}, [])
    assert "Write a tag into `vault.tags`, with its value, or take it off the vault in Azure" in str(stopped.value)
    refuse_harmful_vault_change(inputs, {"tags": {"Owner": "recovery", "costCenter": "4711"}}, [])
    refuse_harmful_vault_change(inputs, {"tags": {"Owner": "recovery"}}, ["costCenter"])


@pytest.mark.parametrize(
    ("setting", "declared", "said"),
    [
        (
            {"identity": {"type": "SystemAssigned"}},
            {"identity": {"type": "SystemAssigned"}},
            "its identity (SystemAssigned)",
        ),
        (
            {"properties": {"securitySettings": {"softDeleteSettings": {"softDeleteState": "AlwaysON"}}}},
            {"properties": {"securitySettings": {"softDeleteSettings": {"softDeleteState": "AlwaysON"}}}},
            "its soft delete (AlwaysON",
        ),
        (
            {"properties": {"redundancySettings": {"crossRegionRestore": "Enabled"}}},
            {"properties": {"redundancySettings": {"crossRegionRestore": "Enabled"}}},
            "its cross-region restore",
        ),
    ],
)
def test_what_else_others_have_set_on_it_is_not_reset(
    simulator: RunningSimulator, service: SiteRecovery, setting: Any, declared: Any, said: str
) -> None:
    _vault(simulator, "PATCH", setting)
    with pytest.raises(RefusedError) as stopped:
        refuse_harmful_vault_change(_declared(service), {"properties": {"publicNetworkAccess": "Disabled"}}, [])
    assert said in str(stopped.value)
    refuse_harmful_vault_change(_declared(service), declared, [])


def test_a_tag_that_is_taken_out_of_the_declaration_is_meant_to_go(service: SiteRecovery) -> None:
    before, after = _declared(service, tags={"owner": "recovery", "cost": "1"}), _declared(service, tags={"cost": "1"})
    checked = GUARD.check(before, after).inputs
    assert checked["retiredTags"] == ["owner"]
    again = GUARD.check(checked, after).inputs
    assert again["retiredTags"] == ["owner"], "an `up` that failed may be repeated"
    assert not GUARD.diff("estate", checked, again).changes
    earlier = {key: value for key, value in checked.items() if key != "retiredTags"}
    earlier["vault"] = {key: value for key, value in earlier["vault"].items() if key != "tags"}
    now = GUARD.check(earlier, after).inputs
    assert not GUARD.diff("estate", earlier, {**now, "retiredTags": []}).changes, "a state of an earlier release"
