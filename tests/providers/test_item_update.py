"""A change of what a VM becomes in Azure, when the service refuses it in the job or still shows the last one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.protected_item import ItemProvider
from site_recovery.connection import SiteRecovery
from site_recovery.errors import JobFailedError
from tests.providers.declared_item import declared_item
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import protect

ITEM = ItemProvider()
LAG_SECONDS = 60.0
SCENARIO = """
faults:
  - name: a colleague is faster
    request: {operation: ReplicationProtectedItems_Update, path: "*/web01"}
    when: {first: 1}
    act: {machine: web01, move: UnplannedFailover}
  - name: the change fails for a reason of its own
    job: {scenario: UpdateVmProperties, task: UpdateVmProperties, item: sql01}
    effect: fail
    error: {serviceCode: "150001", message: This size is not offered in the region.}
"""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    directory: Path = tmp_path_factory.mktemp("simulator")
    scenario = directory / "faults.yaml"
    scenario.write_text(SCENARIO)
    running = RunningSimulator(directory, "--speed", "100", "--item-lag", str(LAG_SECONDS), "--scenario", str(scenario))
    yield running
    running.stop()


def _updates(service: SiteRecovery, vm: str) -> list[str]:
    jobs = [job for job in service.jobs() if job.target_object_name == vm]
    return [job.state for job in jobs if job.scenario_name == "UpdateVmProperties"]


def test_a_second_change_waits_out_the_lag_of_the_first(
    service: SiteRecovery, capsys: pytest.CaptureFixture[str]
) -> None:
    item = protect(service, "app01")
    adopted = ITEM.create(declared_item(service))
    assert adopted.outs is not None
    first = declared_item(service, size="Standard_D4s_v5")
    updated = ITEM.update(item.id, adopted.outs, first)
    behind = service.item(item.id)
    assert behind is not None
    assert not behind.allowed_operations, "the item shows the job of the first change still"
    assert updated.outs is not None
    second = declared_item(service, size="Standard_D8s_v5")
    ITEM.diff(item.id, updated.outs, second)
    updated = ITEM.update(item.id, updated.outs, second)
    assert updated.outs is not None
    assert updated.outs["deferred"] == []
    assert "deferred" not in capsys.readouterr().err.casefold()
    assert _updates(service, "app01") == ["Succeeded", "Succeeded"]


def test_a_change_whose_job_is_refused_for_another_job_is_deferred(
    service: SiteRecovery, capsys: pytest.CaptureFixture[str]
) -> None:
    item = protect(service, "web01")
    adopted = ITEM.create(declared_item(service, "web01"))
    assert adopted.outs is not None
    updated = ITEM.update(item.id, adopted.outs, declared_item(service, "web01", size="Standard_D4s_v5"))
    assert _updates(service, "web01") == ["Failed"]
    assert updated.outs is not None
    assert updated.outs["deferred"] == ["size"]
    assert "web01: DEFERRED size: " in capsys.readouterr().err


def test_a_change_whose_job_fails_for_a_reason_of_its_own_is_an_error(service: SiteRecovery) -> None:
    item = protect(service, "sql01")
    adopted = ITEM.create(declared_item(service, "sql01"))
    assert adopted.outs is not None
    with pytest.raises(JobFailedError, match="This size is not offered in the region"):
        ITEM.update(item.id, adopted.outs, declared_item(service, "sql01", size="Standard_D8s_v5"))
    assert _updates(service, "sql01") == ["Failed"]
