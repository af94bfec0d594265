"""An answer that is lost, or that says "not now", never makes two operations out of one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from executor.move import Outcome, carry_out
from executor.stops import StepFailed, StillRunning
from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.directions import Direction
from lifecycle.observation import Observation
from lifecycle.steps import PlannedStep, Step
from site_recovery.errors import ServiceFaultError
from tests.executor.site import AZURE, BOLD, HOME, PLANNED, Site, Told

# One operation of each kind: where it begins, to which goal, and its name in the service's own list.
OPERATIONS = [
    pytest.param("protected", AZURE, BOLD, Step.FAILOVER, "UnplannedFailover", id="failover"),
    pytest.param("protected", AZURE, PLANNED, Step.FAILOVER, "PlannedFailover", id="planned"),
    pytest.param(
        "failedOver",
        AZURE,
        replace(BOLD, change_recovery_point="latestAppConsistent"),
        Step.CHANGE_RECOVERY_POINT,
        "ApplyRecoveryPoint",
        id="change",
    ),
    pytest.param("failedOver", AZURE, BOLD, Step.COMMIT, "FailoverCommit", id="commit"),
    pytest.param("replicatesBack", HOME, BOLD, Step.SYNCHRONIZE, "PlannedFailover", id="synchronize"),
    pytest.param("synchronized", HOME, BOLD, Step.COMPLETE_FAILOVER, "Resume", id="complete"),
    pytest.param("failbackCommitted", HOME, BOLD, Step.REVERSE_REPLICATE, "Reprotect", id="reverse"),
]
FAULTS = [
    pytest.param({"cut": "before"}, id="cut-before"),
    pytest.param({"cut": "after"}, id="cut-after"),
    pytest.param({"answer": {"status": 503, "code": "ServiceUnavailable"}}, id="503"),
    pytest.param({"answer": {"status": 429, "code": "TooManyRequests", "retryAfterSeconds": 1}}, id="429"),
]
# In the ordinary suite: each operation once, and each fault.
_ORDINARY = {
    ("failover", "cut-after"),
    ("planned", "503"),
    ("change", "cut-after"),
    ("commit", "cut-before"),
    ("synchronize", "429"),
    ("complete", "cut-before"),
    ("complete", "cut-after"),
    ("reverse", "503"),
}


def _cases() -> list[Any]:
    return [
        pytest.param(
            *operation.values,
            *fault.values,
            id=f"{operation.id}-{fault.id}",
            marks=() if (operation.id, fault.id) in _ORDINARY else (pytest.mark.slow,),
        )
        for operation in OPERATIONS
        for fault in FAULTS
    ]


@pytest.mark.parametrize(("begins", "goal", "options", "step", "operation", "fault"), _cases())
def test_one_operation_is_asked_for_once_whatever_becomes_of_its_answer(
    site: Site, *, begins: str, goal: Any, options: Any, step: Step, operation: str, fault: dict[str, Any]
) -> None:
    site.begin(begins, options)
    site.fault(name="odd", request={"operation": f"*_{operation}", "method": "POST"}, when={"once": True}, **fault)

    run = site.run(goal, replace(options, hold_after=step))

    assert run.taken[0] == step.value, run.stop
    assert site.accepted() == [operation]
    (rule,) = site.admin("GET", "/faults")["value"]
    assert rule["strikes"] == 1


def test_an_operation_whose_answers_are_lost_again_and_again_ends_with_what_was_said(site: Site) -> None:
    site.begin("failedOver")
    site.fault(
        name="odd", request={"operation": "*_FailoverCommit"}, answer={"status": 500, "message": "Out of order."}
    )
    words = site.run(AZURE).stopped(StepFailed)
    assert "the answers to the step commit were lost again and again" in words
    assert "Out of order." in words
    assert "waits for its commit" in words
    assert site.accepted() == []
    site.admin("DELETE", "/faults")
    site.run(AZURE).reached()
    assert site.accepted() == ["FailoverCommit", "Reprotect"]


def test_a_refusal_ends_the_run_at_once_and_starts_nothing(site: Site) -> None:
    site.begin("failedOver")
    site.fault(
        name="odd", request={"operation": "*_FailoverCommit"}, answer={"status": 400, "message": "The vault is sealed."}
    )
    words = site.run(AZURE).stopped(StepFailed)
    assert "did not take the step commit" in words
    assert "The vault is sealed." in words
    assert site.accepted() == []
    (rule,) = site.admin("GET", "/faults")["value"]
    assert rule["strikes"] == 1


def test_a_busy_service_is_asked_again_after_another_look(site: Site) -> None:
    site.begin("failedOver")
    site.fault(
        name="odd",
        request={"operation": "*_FailoverCommit"},
        when={"once": True},
        answer={"status": 409, "message": "Another operation is in progress."},
    )
    run = site.run(AZURE, replace(BOLD, hold_after=Step.COMMIT))
    assert site.accepted() == ["FailoverCommit"]
    assert any("Another operation is in progress" in note for note in run.told.notes)


def test_a_throttled_service_is_asked_again_until_it_takes_the_operation(site: Site) -> None:
    site.begin("failedOver")
    site.fault(
        name="storm",
        request={"operation": "*_FailoverCommit"},
        when={"last": 4},
        answer={"status": 429, "retryAfterSeconds": 1},
    )
    run = site.run(AZURE, replace(BOLD, hold_after=Step.COMMIT))
    assert run.taken == ["commit"]
    assert run.told.steps == ["commit"]
    assert len(run.told.notes) == 4
    assert site.accepted() == ["FailoverCommit"]


class _Waited(threading.Event):
    """Passes the time of a wait that was asked for, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.long: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None or timeout < 60:
            return super().wait(timeout)
        self.long.append(timeout)
        return self.is_set()


@pytest.mark.parametrize(("asked", "waits"), [(300, [300.0]), (7200, [])])
def test_a_service_that_asks_for_a_long_wait_is_given_it_within_the_limit_of_the_step(
    site: Site, asked: int, waits: list[float]
) -> None:
    site.begin("failedOver")
    site.fault(
        name="storm",
        request={"operation": "*_FailoverCommit"},
        when={"once": True},
        answer={"status": 429, "retryAfterSeconds": asked},
    )
    waited = _Waited()
    run = site.run(AZURE, replace(BOLD, hold_after=Step.COMMIT), cancelled=waited)
    assert waited.long == waits
    if waits:
        assert next(note for note in run.told.notes if "looks again" in note).endswith(f"looks again in {asked} s")
        assert site.accepted() == ["FailoverCommit"]
    else:
        assert "nothing has been started" in run.stopped(StepFailed)
        assert site.accepted() == []


def test_reads_that_fail_in_the_middle_of_a_wait_do_not_end_it(site: Site) -> None:
    faults: tuple[dict[str, Any], ...] = (
        {"answer": {"status": 503}},
        {"answer": {"status": 429, "retryAfterSeconds": 1}},
        {"cut": "before"},
    )
    for number, fault in enumerate(faults):
        site.fault(
            name=f"odd{number}",
            request={"operation": "Replication*", "method": "GET"},
            when={"first": 12 + 10 * number, "last": 13 + 10 * number},
            **fault,
        )
    site.run(AZURE).reached()
    assert site.moves() == ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]


def test_tokens_are_renewed_in_the_middle_of_a_move(site: Site) -> None:
    site.admin("POST", "/faults", {"faults": [], "tokenLifetimeSeconds": 5})
    site.run(AZURE).reached()
    site.run(HOME).reached()
    assert len(site.accepted()) == 7


class _OutageAt(Told):
    """From the moment when a step begins, no read of a kind is answered: so many times, or until it is lifted."""

    def __init__(self, site: Site, step: Step, operation: str, times: int | None) -> None:
        super().__init__()
        self._site, self._step, self._operation, self._times = site, step, operation, times

    def step(self, planned: PlannedStep) -> None:
        super().step(planned)
        if planned.step is self._step:
            self._site.fault(
                name="outage",
                request={"operation": self._operation, "method": "GET"},
                when={"last": self._times} if self._times else {},
                answer={"status": 503, "code": "ServiceUnavailable", "message": "Come back later."},
            )


# What a move reads while it goes on, and a step after whose begin it is read.
READS = [
    ("protected", AZURE, Step.FAILOVER, "ReplicationProtectedItems_List"),
    ("protected", AZURE, Step.FAILOVER, "ReplicationJobs_*"),
    ("protected", AZURE, Step.FAILOVER, "VirtualMachines_Get"),
    ("failedBack", HOME, Step.COMMIT, "*"),
]
_SHORT = dict.fromkeys((step.value for step in Step), 4)


@pytest.mark.parametrize(("begins", "goal", "step", "read"), READS)
def test_a_move_outlives_a_service_that_cannot_be_read_for_a_while(
    site: Site, *, begins: str, goal: Direction, step: Step, read: str
) -> None:
    site.begin(begins)
    told = _OutageAt(site, step, read, times=20)
    site.run(goal, told=told).reached()
    assert any("the service does not answer" in note and "Come back later." in note for note in told.notes)
    assert all(state == "Succeeded" for _, state in site.jobs())


@pytest.mark.parametrize(("begins", "goal", "step", "read"), READS)
def test_an_outage_that_lasts_ends_as_in_progress_and_is_gone_on_from(
    site: Site, *, begins: str, goal: Direction, step: Step, read: str
) -> None:
    site.begin(begins)
    run = site.run(goal, replace(BOLD, step_limits=_SHORT), told=_OutageAt(site, step, read, times=None))
    words = run.stopped(StillRunning)
    assert "in progress" in words
    assert "run `pulumi up --strict` again" in words
    site.admin("DELETE", "/faults")
    begun = site.accepted()
    site.run(goal).reached()
    assert site.accepted()[: len(begun)] == begun
    assert all(state == "Succeeded" for _, state in site.jobs())
    assert len(site.accepted()) == len(set(site.accepted()))


def test_a_host_that_cannot_be_asked_about_before_a_failback_is_committed_is_waited_for(site: Site) -> None:
    site.begin("synchronized")
    silent = Blocker(Code.COMMIT_WITHOUT_HOST, "vm01", cause="the host is silent", mend="bring it back")

    def judge(seen: Observation, *, patient: bool) -> tuple[Blocker, ...]:
        hosted = Survey(site.service).with_host(seen, patient=patient)
        return () if hosted.provider_connected else (silent,)

    order = replace(site.order(HOME, BOLD), judge=judge)
    told = _OutageAt(site, Step.COMPLETE_FAILOVER, "ReplicationRecoveryServicesProviders_*", times=20)
    carry_out(order, site.service, told, threading.Event(), Outcome())
    assert any("the service does not answer" in note for note in told.notes)
    assert site.accepted() == ["Resume", "FailoverCommit", "Reprotect"]


def test_an_outage_at_a_first_call_that_the_service_did_not_take_is_told_at_once(site: Site) -> None:
    site.service.learn_pace(site.service.jobs()[0].id)
    site.fault(name="busy", request={"operation": "*_UnplannedFailover"}, answer={"status": 409, "message": "Busy."})
    run = site.run(AZURE, told=_OutageAt(site, Step.FAILOVER, "*", times=None))
    assert isinstance(run.stop, ServiceFaultError)
    assert site.accepted() == []


def test_a_service_that_cannot_be_read_before_anything_is_begun_is_told_at_once(site: Site) -> None:
    order = site.order(AZURE, BOLD)
    site.service.learn_pace(site.service.jobs()[0].id)
    site.fault(name="outage", request={"operation": "*", "method": "GET"}, answer={"status": 503})
    with pytest.raises(ServiceFaultError):
        carry_out(order, site.service, Told(), threading.Event(), Outcome())
    site.admin("DELETE", "/faults")
    assert site.accepted() == []
