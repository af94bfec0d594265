"""What the preview of a failback reads: one list of items, one of jobs, and of the VM that changes its Azure copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

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
    for name, value in site.connection().environment.items():
        if name.startswith(("AZURE_", "ARM_", "REQUESTS_CA", "SSL_CERT", "NO_PROXY")):
            monkeypatch.setenv(name, value)
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


# The first VM is in Azure and declared to go home, the second is at home and stays.
_APPLIED = ("azureToOnPremises", "onPremisesToAzure")


def _check(site: Site, vm: str, applied: str) -> dict[str, Any]:
    ready = site.simulator.ready
    news = {
        "target": {"cloud": "simulator", "subscriptionId": ready.subscription_id, "tenantId": ready.tenant_id},
        "vault": {"resourceGroup": GROUP, "name": VAULT},
        "itemId": site.items[vm],
        "vm": vm,
        "direction": "onPremisesToAzure",
        "settings": {"failback": {"commit": "automatic"}},
        "permits": {},
        "maxMoves": 2,
    }
    result = DirectionProvider().check({"applied": applied}, news)
    assert not result.failures
    return dict(result.inputs)
