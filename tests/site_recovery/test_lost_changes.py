"""A change in place whose answer was lost: it is found by its job, and never sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from site_recovery.connection import SiteRecovery
from site_recovery.declarations import PolicySettings
from site_recovery.errors import JobFailedError
from site_recovery.protection import ItemUpdate
from site_recovery.records import ItemRecord
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import HOURS, POLICY, ours, prepare, protect

CHANGE = ItemUpdate(recovery_vm_size="Standard_D4s_v5")
LOST = {"name": "answer lost", "when": {"once": True}, "cut": "after"}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "100")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def service(simulator: RunningSimulator) -> SiteRecovery:
    return prepare(simulator)


@pytest.fixture(scope="module")
def app01(service: SiteRecovery) -> ItemRecord:
    return protect(service, "app01")


@pytest.fixture
def faulty(simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    yield simulator
    simulator.session.delete(f"{simulator.url}/_simulator/faults", timeout=30).raise_for_status()


def _strike(simulator: RunningSimulator, operation: str, **fault: Any) -> None:
    rule = {"request": {"operation": operation}, **LOST, **fault}
    answer = simulator.session.post(f"{simulator.url}/_simulator/faults", json={"faults": [rule]}, timeout=30)
    answer.raise_for_status()


def _jobs(service: SiteRecovery, scenario: str) -> list[str]:
    return [job.state for job in service.jobs() if job.scenario_name == scenario]


def test_a_change_of_an_item_whose_answer_was_lost_is_one_job(
    service: SiteRecovery, app01: ItemRecord, faulty: RunningSimulator
) -> None:
    before = _jobs(service, "UpdateVmProperties")
    _strike(faulty, "ReplicationProtectedItems_Update")
    service.protection.update(app01.id, change=CHANGE)
    assert _jobs(service, "UpdateVmProperties") == ["Succeeded", *before]


def test_a_change_that_was_lost_on_its_way_is_sent_again(
    service: SiteRecovery, app01: ItemRecord, faulty: RunningSimulator
) -> None:
    before = _jobs(service, "UpdateVmProperties")
    _strike(faulty, "ReplicationProtectedItems_Update", cut="before")
    service.protection.update(app01.id, change=ItemUpdate(recovery_vm_size="Standard_D8s_v5"))
    assert _jobs(service, "UpdateVmProperties") == ["Succeeded", *before]


def test_a_change_of_a_policy_whose_answer_was_lost_is_one_job(
    service: SiteRecovery, app01: ItemRecord, faulty: RunningSimulator
) -> None:
    _strike(faulty, "ReplicationPolicies_Update")
    changed = service.estate.update_policy(POLICY, PolicySettings(900, 24, 4))
    assert changed is not None
    assert changed.replication_interval_seconds == 900
    assert _jobs(service, "ModifyProtectionProfile") == ["Succeeded"]


def test_a_refusal_whose_answer_was_lost_is_still_told(
    service: SiteRecovery, app01: ItemRecord, faulty: RunningSimulator
) -> None:
    before = _jobs(service, "UpdateVmProperties")
    _strike(faulty, "ReplicationProtectedItems_Update")
    sent = service.operations.unplanned_failover(
        app01.id, shutdown_source=True, recovery_point_id=None, client_request_id=ours()
    )
    with pytest.raises(JobFailedError, match="another operation is in progress"):
        service.protection.update(app01.id, change=CHANGE)
    assert _jobs(service, "UpdateVmProperties") == ["Failed", *before]
    service.watcher.wait(sent.job_id, timeout_seconds=HOURS)
