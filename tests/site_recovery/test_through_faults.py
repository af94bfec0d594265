"""Lost answers, restarts, short-lived tokens and the other service profile, with the simulator as a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from site_recovery.errors import JobFailedError, StillRunningError, UnreachableError
from site_recovery.watcher import raise_if_failed
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import HOURS, finished, ours, prepare, protect, settled

Started = list[RunningSimulator]

SCENARIO = """
faults:
  - name: answer of the failover lost
    request: {operation: "*UnplannedFailover", method: POST}
    when: {once: true}
    cut: after
  - name: commit lost on its way
    request: {operation: "*FailoverCommit", method: POST}
    when: {once: true}
    cut: before
  - name: enabling answered with a fault
    request: {path: "*/replicationProtectedItems/app01", method: PUT}
    when: {once: true}
    answer: {status: 503}
  - name: throttled list
    request: {path: "*/replicationJobs", method: GET}
    when: {first: 3, last: 4}
    answer: {status: 429, code: TooManyRequests, retryAfterSeconds: 1}
tokenLifetimeSeconds: 2
"""


@pytest.fixture
def started() -> Iterator[Started]:
    running: Started = []
    yield running
    for simulator in running:
        simulator.stop()


def start(started: Started, directory: Path, *arguments: str) -> RunningSimulator:
    simulator = RunningSimulator(directory, *arguments)
    started.append(simulator)
    return simulator


def test_lost_answers_lead_to_one_job_each(started: Started, tmp_path: Path) -> None:
    scenario = tmp_path / "faults.yaml"
    scenario.write_text(SCENARIO)
    service = prepare(start(started, tmp_path, "--speed", "1000", "--scenario", str(scenario)))
    item = protect(service, "app01")  # its first PUT was answered 503

    mine = ours()
    with pytest.raises(UnreachableError) as lost:
        service.operations.unplanned_failover(
            item.id, shutdown_source=True, recovery_point_id=None, client_request_id=mine
        )
    assert lost.value.outcome_unknown
    found = service.watcher.find_job(mine, item)
    assert found is not None
    assert raise_if_failed(service.watcher.wait(found.id, timeout_seconds=HOURS)).client_request_id == mine

    item = settled(service, item.id, "Commit")
    mine = ours()
    with pytest.raises(UnreachableError) as lost:
        service.operations.commit(item.id, client_request_id=mine)
    assert lost.value.outcome_unknown
    assert service.watcher.find_job(mine, item) is None
    finished(service, service.operations.commit(item.id, client_request_id=mine))
    scenarios = [job.scenario_name for job in service.inventory().jobs_of(item)]
    assert [scenarios.count(name) for name in ("EnableDr", "UnplannedFailover", "CommitFailover")] == [1, 1, 1]


def test_a_wait_survives_the_service_going_away_and_coming_back(started: Started, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.sqlite"))
    simulator = start(started, tmp_path, "--speed", "100", *state)
    service = prepare(simulator)
    item = protect(service, "app01")
    sent = service.operations.unplanned_failover(
        item.id, shutdown_source=True, recovery_point_id=None, client_request_id=ours()
    )
    at_work = threading.Event()

    def restart() -> None:
        assert at_work.wait(30)
        simulator.kill()
        simulator.start("--port", simulator.url.rsplit(":", 1)[1])

    with ThreadPoolExecutor(1) as outage:
        over = outage.submit(restart)
        job = service.watcher.wait(sent.job_id, on_progress=lambda _: at_work.set(), timeout_seconds=HOURS)
        over.result(60)
    assert raise_if_failed(job).scenario_name == "UnplannedFailover"


def test_the_recorded_profile_fails_back_straight_after_the_commit(started: Started, tmp_path: Path) -> None:
    service = prepare(start(started, tmp_path, "--speed", "1000", "--profile", "recorded"))
    item = protect(service, "sql01", managed_disks=True)
    assert item.uses_managed_disks
    operations = service.operations
    finished(service, operations.planned_failover_to_azure(item.id, client_request_id=ours()))
    settled(service, item.id, "Commit")
    finished(service, operations.commit(item.id, client_request_id=ours()))
    item = settled(service, item.id, "Failback")
    assert "ReverseReplicate" not in item.allowed_operations
    sent = operations.failback(item.id, data_sync="ForSynchronization", client_request_id=ours())
    assert finished(service, sent).scenario_name == "Failback"
    assert settled(service, item.id, "Commit").active_location == "Primary"


def test_a_job_that_fails_for_want_of_quota_says_all_that_the_service_says(started: Started, tmp_path: Path) -> None:
    scenario = tmp_path / "faults.yaml"
    scenario.write_text(
        "faults:\n"
        "  - name: no quota\n"
        "    job: {scenario: UnplannedFailover, task: VmFailover}\n"
        "    effect: fail\n"
        '    error: {serviceCode: "150097", message: The failover failed., providerCode: 31389,\n'
        "            providerMessage: No cores are left., recommendedAction: Ask for more cores.}\n"
    )
    service = prepare(start(started, tmp_path, "--speed", "1000", "--scenario", str(scenario)))
    item = protect(service, "app01")
    sent = service.operations.unplanned_failover(
        item.id, shutdown_source=False, recovery_point_id=None, client_request_id=ours()
    )
    with pytest.raises(JobFailedError) as failed:
        raise_if_failed(service.watcher.wait(sent.job_id, timeout_seconds=HOURS))
    said = str(failed.value)
    assert "in the task 'Start failover': The failover failed. (150097); provider: No cores are left. (31389)" in said
    assert "Ask for more cores." in said


def test_a_hanging_job_is_left_running_when_the_time_is_up(started: Started, tmp_path: Path) -> None:
    scenario = tmp_path / "faults.yaml"
    scenario.write_text(
        "faults:\n  - {name: hang, job: {scenario: UnplannedFailover, task: VmFailover}, effect: hang}\n"
    )
    service = prepare(start(started, tmp_path, "--speed", "1000", "--scenario", str(scenario)))
    item = protect(service, "app01")
    sent = service.operations.unplanned_failover(
        item.id, shutdown_source=False, recovery_point_id=None, client_request_id=ours()
    )
    with pytest.raises(StillRunningError) as waited:
        service.watcher.wait(sent.job_id, timeout_seconds=2000)
    assert waited.value.job is not None
    assert "in the task 'Start failover'" in str(waited.value)
    job = service.job(sent.job_id)
    assert job is not None
    assert not job.finished
