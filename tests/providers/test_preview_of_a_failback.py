"""What the preview of a failback reads: one list of items, one of jobs, and of the VM that changes its Azure copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from providers.preview_notes import noted
from providers.protection_direction import DirectionProvider
from tests.executor.site import MACHINES, Site
from tests.site_recovery.prepared import GROUP, VAULT

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"), "tutorial", speed=600.0)
    yield made
    made.stop()


def test_a_vm_that_goes_home_costs_one_read_more_than_one_that_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.begin("replicatesBack")
    _prepare_shell(site, monkeypatch)
    site.admin("DELETE", "/audit")
    going, staying = (_check(site, vm, applied) for vm, applied in zip(MACHINES, _APPLIED, strict=True))
    assert going["plan"] == ["synchronize", "completeFailover", "commit", "reverseReplicate"]
    assert (staying["plan"], staying["blockers"]) == ([], [])
    assert site.admin("GET", "/audit")["reads"] == {
        "ReplicationProtectedItems_List": 1,
        "ReplicationJobs_List": 1,
        "ReplicationRecoveryServicesProviders_ListByReplicationFabrics": 1,
        # Of the VM that changes: whether its Azure copy runs. A failback starts from no recovery point.
        "VirtualMachines_Get": 1,
    }


@pytest.mark.parametrize(("acted", "stage"), [("powerOff", "neitherRunning"), (None, "protectedInAzure")])
def test_of_vms_that_stay_in_azure_one_list_tells_whether_they_run(
    site: Site, monkeypatch: pytest.MonkeyPatch, acted: str | None, stage: str
) -> None:
    site.begin("replicatesBack")
    _prepare_shell(site, monkeypatch)
    if acted is not None:
        _act(site, acted)
    site.admin("DELETE", "/audit")
    for vm, applied in zip(MACHINES, _APPLIED, strict=True):
        assert _check(site, vm, applied, direction=applied)["blockers"] == []
    assert site.admin("GET", "/audit")["reads"] == {
        "ReplicationProtectedItems_List": 1,
        "ReplicationJobs_List": 1,
        "VirtualMachines_ListAll": 1,
    }
    facts = noted(VAULT, MACHINES[0])
    assert facts is not None
    assert facts["from"]["stage"] == stage
    assert facts["decision"] == ("held" if acted else "nothing")


def test_a_vm_that_goes_home_is_blocked_where_nobody_can_say_whether_it_runs_in_azure(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.begin("replicatesBack")
    _prepare_shell(site, monkeypatch)
    answer = {"status": 403, "code": "AuthorizationFailed", "message": "Not yours to read."}
    site.fault(name="unread", request={"operation": "VirtualMachines_Get"}, answer=answer)
    going = _check(site, MACHINES[0], "azureToOnPremises")
    assert [blocker["code"] for blocker in going["blockers"]] == ["azureVmNotSeen"]


def test_a_vm_that_stays_in_azure_unseen_is_said_to_be(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.begin("replicatesBack")
    _prepare_shell(site, monkeypatch)
    answer = {"status": 403, "code": "AuthorizationFailed", "message": "Not yours to read."}
    site.fault(name="unread", request={"operation": "VirtualMachines_ListAll"}, answer=answer)
    assert _check(site, MACHINES[0], "azureToOnPremises", direction="azureToOnPremises")["blockers"] == []
    facts = noted(VAULT, MACHINES[0])
    assert facts is not None
    assert facts["decision"] == "nothing"
    assert "whether its Azure VM runs is not known (" in facts["line"]


def _prepare_shell(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in site.connection().environment.items():
        if name.startswith(("AZURE_", "ARM_", "REQUESTS_CA", "SSL_CERT", "NO_PROXY")):
            monkeypatch.setenv(name, value)


def _act(site: Site, action: str) -> None:
    """Somebody stops the Azure VM of the first machine, and it is stopped."""
    answer = site.simulator.arm("POST", f"{site.truth()['azure']['id']}/{action}", version="2024-07-01")
    assert answer.status_code in {200, 202}, answer.text
    site.simulator.advance(120)


# The first VM is in Azure and declared to go home, the second is at home and stays.
_APPLIED = ("azureToOnPremises", "onPremisesToAzure")


def _check(site: Site, vm: str, applied: str, direction: str = "onPremisesToAzure") -> dict[str, Any]:
    ready = site.simulator.ready
    news = {
        "target": {"cloud": "simulator", "subscriptionId": ready.subscription_id, "tenantId": ready.tenant_id},
        "vault": {"resourceGroup": GROUP, "name": VAULT},
        "itemId": site.items[vm],
        "vm": vm,
        "direction": direction,
        "settings": {"failback": {"commit": "automatic"}},
        "permits": {},
        "maxMoves": 2,
    }
    result = DirectionProvider().check({"applied": applied}, news)
    assert not result.failures
    return dict(result.inputs)
