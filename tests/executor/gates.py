"""What one `up` may ask of the service, judged afterwards from what was declared, what was true before, and the audit.

Nobody else acts while an `up` runs, so that what was true before it still was at its first call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from executor.request_ids import is_ours
from lifecycle.directions import Direction
from lifecycle.options import Commit, DataSync, MoveOptions
from lifecycle.recovery_points import choice_mark
from lifecycle.steps import Step
from site_recovery.records import JobRecord
from tests.executor.site import AZURE, HOME

_FAILOVERS = {"UnplannedFailover", "PlannedFailover"}
_MOVES = {*_FAILOVERS, "Failback"}
# In the order of the tutorial, either way.
_WAYS = {
    AZURE: (
        Step.REVERSE_REPLICATE,
        Step.FAILOVER,
        Step.CHANGE_RECOVERY_POINT,
        Step.VERIFY,
        Step.COMMIT,
        Step.REPROTECT,
    ),
    HOME: (
        Step.REPROTECT,
        Step.SYNCHRONIZE,
        Step.COMPLETE_FAILOVER,
        Step.VERIFY,
        Step.COMMIT,
        Step.REVERSE_REPLICATE,
    ),
}
_STEPS = {
    **dict.fromkeys(_FAILOVERS, Step.FAILOVER),
    "ApplyRecoveryPoint": Step.CHANGE_RECOVERY_POINT,
    "FailoverCommit": Step.COMMIT,
    "Resume": Step.COMPLETE_FAILOVER,
}


@dataclass(frozen=True)
class Asked:
    """One operation of ours that the service took on, by its name in the audit, and when."""

    operation: str
    at: datetime
    # Where the VM was brought last by then.
    in_azure: bool


@dataclass(frozen=True)
class Up:
    """What was declared for one `up`, and how everything stood when it began."""

    declared: Direction
    applied: Direction
    options: MoveOptions
    # Whether what is probed answers.
    passes: bool
    truth: dict[str, Any]

    def judge(self, taken: Sequence[Asked]) -> None:
        """`taken` are the operations of ours that the service took on, in order."""
        asked = [call.operation for call in taken]
        if self.declared is self.applied:
            assert self.options.take_over or not asked, "an up without a change of direction moved something"
            # What was taken over may be brought to its end, and nothing begun.
            begun = (_FAILOVERS | ({"Resume"} if self.declared is AZURE else set())) & set(asked)
            assert not begun, f"an up without a change of direction has begun a move: {asked}"
        assert list(asked).count("ApplyRecoveryPoint") <= (self.options.change_recovery_point is not None)
        for number, call in enumerate(taken):
            if call.operation == "FailoverCommit":
                self._judge_commit(first=number == 0)
            if call.operation == "Resume":
                self._judge_completion(call.at)
            self._judge_hold(self._step_of(call))

    def _judge_commit(self, *, first: bool) -> None:
        failback = self.declared is HOME
        declared = self.options.failback_commit if failback else self.options.failover_commit
        assert declared is not Commit.MANUAL, "committed, though by hand is declared"
        assert self.passes or not self.options.verification, "committed, though the verification fails"
        assert self.options.verification or declared is not Commit.AFTER_VERIFICATION, "committed without its probes"
        if first:
            # What a failover was made of is judged by its job; Azure cannot see the power on premises.
            runs = (self.truth["azure"] or {}).get("power") == "running"
            assert runs is not failback, f"committed with the wrong copy running: {self.truth}"

    def _step_of(self, call: Asked) -> Step:
        """What an operation was on the way to what is declared."""
        if call.operation == "Reprotect":
            return Step.REPROTECT if call.in_azure else Step.REVERSE_REPLICATE
        if call.operation == "PlannedFailover" and self.declared is HOME:
            before = self.options.data_sync is DataSync.BEFORE_FAILOVER
            return Step.SYNCHRONIZE if before else Step.COMPLETE_FAILOVER
        return _STEPS[call.operation]

    def _judge_hold(self, step: Step) -> None:
        way, hold = _WAYS[self.declared], self.options.hold_after
        held = hold in way and way.index(step) > way.index(hold)
        assert not held, f"{step} was asked for, though holdAfter: {hold} is declared"

    def _judge_completion(self, at: datetime) -> None:
        if self.options.data_sync is DataSync.BEFORE_FAILOVER:
            assert self.options.completion is not Commit.MANUAL, "completed, though by hand is declared"
        window = self.options.completion_window
        assert window is None or window.opens <= at <= window.closes, "completed outside of its window"


def was_in_azure(at: datetime, jobs: Sequence[JobRecord], before: JobRecord | None) -> bool:
    """Whether a VM was active in Azure, by its jobs (oldest first) and what had brought it where it began."""
    ended = (job for job in jobs if job.succeeded and job.scenario_name in _MOVES)
    brought = [job for job in ended if job.end_time is not None and job.end_time <= at]
    newest = brought[-1] if brought else before
    return newest is not None and newest.scenario_name in _FAILOVERS


def judge_history(jobs: Sequence[JobRecord], brought: JobRecord | None, options: MoveOptions, known: set[str]) -> None:
    """Every job since the beginning, oldest first: what is ours was offered, gated and made once for its choice.

    `brought` is the failover or failback that came before, `known` the commits that have been judged with the options
    of their time; it is added to.
    """
    changed: JobRecord | None = None
    for job in jobs:
        if is_ours(job.client_request_id):
            codes = {error.service_code for error in job.errors}
            assert not codes & {"SimulatorOperationNotAllowed", "SimulatorOperationInProgress"}, (job, codes)
            if job.scenario_name == "CommitFailover" and job.name not in known:
                _judge_source(brought, options)
                known.add(job.name)
            if job.scenario_name == "ChangePit":
                again = changed is not None and changed.succeeded and _mark(changed) == _mark(job)
                assert not again, f"the recovery point was changed twice for one choice: {changed}, {job}"
        if job.succeeded and job.scenario_name in _MOVES:
            brought, changed = job, None
        elif job.scenario_name == "ChangePit":
            changed = job


def was_shut_down(job: JobRecord) -> bool:
    """Whether a failover was asked to shut its source down, and did."""
    states = {task.name: task.state for task in job.tasks}
    return states.get("VmShutdownVmOnPrimary") == "Succeeded" and states.get("VmPrepareForUnPlannedFailover") != "Other"


def _judge_source(brought: JobRecord | None, options: MoveOptions) -> None:
    assert brought is not None
    unplanned = brought.scenario_name == "UnplannedFailover"
    stated = {each.failover_job for each in options.source_off}
    assert not unplanned or was_shut_down(brought) or brought.name in stated, "committed with a source that may run"


def _mark(job: JobRecord) -> str:
    started_by = job.client_request_id or ""
    return started_by[-len(choice_mark("")) :] if is_ours(started_by) else job.name
