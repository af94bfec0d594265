"""Carries a plan out: observe, take the first step that is still due, wait, observe again.

Killed at any instant and run again, it ends in the same state, because nothing is remembered between steps but what the
service itself shows. It takes no step that is not in the plan it was given, and none that the service does not offer.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from executor.calls import Call, NotTaken, asked_point, not_taken, send
from executor.completion import complete_failover
from executor.enduring import Enduring
from executor.observe import Look, seen_at_work
from executor.settling import Settling, check_window
from executor.site_wait import wait_for_site
from executor.source_watch import SourceWatch
from executor.stops import (
    BeyondPlan,
    Blocked,
    Interrupted,
    MoveStopped,
    StepFailed,
    StillRunning,
    VerificationFailed,
    Waiting,
)
from executor.verification import ProbeResult, verify
from lifecycle.blockers import Blocker, Code
from lifecycle.directions import Direction, Place
from lifecycle.durations import LIMITS
from lifecycle.observation import Observation, RecoveryPoint
from lifecycle.options import FailoverMode, MoveOptions
from lifecycle.planner import Plan, plan
from lifecycle.stages import AT_REST, Stage, stage_of
from lifecycle.steps import PlannedStep, Step
from lifecycle.ways_on import way_on
from site_recovery.errors import JobFailedError, SiteRecoveryError, StillRunningError, ThrottledError
from site_recovery.records import ItemRecord, JobRecord
from site_recovery.service import SiteRecovery
from site_recovery.watcher import raise_if_failed


class Listener(Protocol):
    """Who is told how the move goes. Called in the mover's thread."""

    def step(self, planned: PlannedStep) -> None:
        """A step begins."""

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        """The service is at a task of the step's job."""

    def note(self, text: str) -> None:
        """Something worth a line that stays."""

    def warning(self, text: str) -> None:
        """Something critical, which nobody may overlook."""


class Judge(Protocol):
    """What stands in the way of the next call, by limits that change with time."""

    def __call__(self, seen: Observation, *, patient: bool) -> Sequence[Blocker]:
        """Who is `patient` asks again: what the service does not answer for a while is raised, instead of judged."""


def _nothing_more(seen: Observation, *, patient: bool) -> Sequence[Blocker]:  # noqa: ARG001 - a Judge
    return ()


@dataclass(frozen=True)
class MoveOrder:
    """What one run may do with one VM. `steps` are the names of the previewed steps: no other is taken."""

    item_id: str
    vm: str
    goal: Direction
    options: MoveOptions
    steps: frozenset[str]
    # What stands in the way by limits that change with time; asked just before the first call, however long that took,
    # and before each call that cannot be undone.
    judge: Judge = _nothing_more


@dataclass
class Outcome:
    """What a run did: `seen` is the last observation; `taken` the steps that were begun or joined, in order."""

    seen: Observation | None = None
    taken: list[str] = field(default_factory=list)
    verification: tuple[ProbeResult, ...] = ()
    # What was told critically; whatever stops the run repeats it.
    warnings: list[str] = field(default_factory=list)
    # The one that this run has asked for last, by a failover or by a change; None where the service makes the latest.
    point: RecoveryPoint | None = None


def carry_out(
    order: MoveOrder, service: SiteRecovery, listener: Listener, cancelled: threading.Event, outcome: Outcome
) -> None:
    """Moves the VM to the goal of `order`, filling `outcome` as it goes, so that a stop keeps what was done.

    Returns when the goal is reached. Raises a MoveStopped that says why not, and lets errors of the service through.
    """
    try:
        _Mover(order, service, listener, cancelled, outcome).run()
    except MoveStopped as stop:
        stop.warnings = tuple(outcome.warnings)
        raise


class _Mover:
    # Longer than any chain with all its refusals; a move that needs more has stopped making progress.
    _MOST_LOOKS = 64
    # How often the service may say that it cannot take a step just now: a quarter of an hour and more when throttled.
    _MOST_THROTTLED, _MOST_REFUSED = 20, 3
    _FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0

    def __init__(
        self, order: MoveOrder, service: SiteRecovery, listener: Listener, cancelled: threading.Event, outcome: Outcome
    ) -> None:
        self._order = order
        self._service = service
        self._listener = listener
        self._cancelled = cancelled
        self._outcome = outcome
        self._enduring = Enduring(service, order.vm, order.options, listener.note, cancelled)
        self._settling = Settling(service, order.item_id, self._enduring)
        self._source = SourceWatch(order.options, listener.warning, outcome.warnings)
        # Steps that the service may go on to show as due, and that are not taken twice in one run.
        self._done: set[Step] = set()
        self._refusals: Counter[type[SiteRecoveryError]] = Counter()
        self._called = False
        self._committed = False
        # Until the call that starts from one, or that no longer needs any.
        self._points_needed = True
        self._record: ItemRecord | None = None

    def run(self) -> None:
        for _ in range(self._MOST_LOOKS):
            too_early = self._settling.too_early
            seen = self._observe(power=not too_early)
            due = plan(seen, self._order.goal, self._order.options)
            if due.reached:
                return
            self._stop_if_asked(seen, due.steps[0].step if due.steps else None)
            if due.blockers and self._waits_for_somebodys_job(due, seen):
                continue
            if too_early and not (due.steps and due.steps[0].running):
                # Before anything is decided: a killed run's last call may not show yet.
                self._settling.wait_lag_out()
                continue
            first = self._first_step(due, seen)
            if not self._judge_the_call(first, seen):
                continue
            wait_for_site(self._service, first, seen, self._order.goal, self._order.options)
            try:
                self._take(first, due.stage, seen)
                self._refusals.clear()
            except NotTaken as refusal:
                self._pause(refusal, first.step, seen)
        raise StepFailed(
            f"{self._order.vm} made no progress in {self._MOST_LOOKS} looks",
            "look at its jobs in Azure, then preview again",
            self._outcome.seen,
        )

    def _pause(self, refusal: NotTaken, step: Step, seen: Observation) -> None:
        """Before looking anew: what the service asks for, unless that is more than the step may take; or longer each
        time."""
        kind = type(refusal.error)
        most = self._MOST_THROTTLED if isinstance(refusal.error, ThrottledError) else self._MOST_REFUSED
        self._refusals[kind] += 1
        asked = refusal.wait_seconds
        if self._refusals[kind] >= most or (asked or 0.0) > self._enduring.limit(step):
            raise not_taken(seen, step, refusal.error) from refusal.error
        if asked is None:
            asked = (
                min(self._FIRST_PAUSE * 2 ** (self._refusals[kind] - 1), self._LONGEST_PAUSE) * self._service.wait_scale
            )
        self._listener.note(f"{step}: {refusal.error.what}; looks again in {asked:.0f} s")
        self._cancelled.wait(asked)

    def _observe(self, *, power: bool) -> Observation:
        latest = self._order.options.starts_from_latest
        look = Look(
            recovery_points=self._points_needed or not latest,
            newest_points=not latest,
            # Which copy runs decides whether a run may begin and a commit be made, and after that nothing.
            power=power and not self._committed,
            power_is_needed=True,
            leaves_the_site=self._order.goal.runs is Place.AZURE and not self._needs_the_site,
        )
        seen = self._enduring.read(lambda: self._settling.settled(look, self._order.options.take_over))
        if seen is None:
            raise StepFailed(
                f"{self._order.vm}: its protected item is no longer in the vault",
                "run `pulumi refresh`, then protect the VM again",
                None,
            )
        self._outcome.seen = self._enduring.seen = seen
        self._source.saw(seen)
        return seen

    def _first_step(self, due: Plan, seen: Observation) -> PlannedStep:
        if due.blockers:
            raise Blocked(due.blockers, seen)
        first = next(planned for planned in due.steps if planned.step not in self._done)
        if first.waits:
            raise _waiting(self._order, first, seen)
        # To wait for what the service is at already is no step of ours: a resumed failback, seen in its middle, looks
        # like one that still synchronizes.
        if first.step.value not in self._order.steps and not first.running:
            raise BeyondPlan(
                f"{self._order.vm}: the step {first.step} would be next, but the preview did not have it "
                f"(previewed: {', '.join(sorted(self._order.steps)) or 'no step'})",
                "run `pulumi preview` and read what it shows now, then `pulumi up --strict`",
                seen,
            )
        return first

    def _judge_the_call(self, first: PlannedStep, seen: Observation) -> bool:
        """Whether the call may be made of what was seen. A job that was waited for, or lag, may have taken hours: what
        was judged before the first call holds no more.

        What takes the running copy down is judged as it would be by a run that begins there. Of other steps the
        conditions are past once the move has begun, but an approval may have run out before what cannot be undone, and
        the host may have been lost before the commit of a failback, which deletes the other copy.
        """
        takes_down = first.step in _TAKES_THE_RUNNING_COPY_DOWN
        if first.running or (self._called and first.reversible and not takes_down):
            return True
        failback = self._order.goal.runs is Place.ON_PREMISES
        patient = self._called and self._needs_the_site
        stands = tuple(self._enduring.read(lambda: self._order.judge(seen, patient=patient)))
        if self._called and not takes_down:
            kept = {Code.APPROVAL, Code.COMMIT_WITHOUT_HOST} if failback else {Code.APPROVAL}
            stands = tuple(blocker for blocker in stands if blocker.code in kept)
        if self._called and {blocker.code for blocker in stands} == {Code.NO_RECOVERY_POINT}:
            self._wait_for_a_point(first.step, seen)
            return False
        if stands:
            raise Blocked(stands, seen)
        return True

    @property
    def _needs_the_site(self) -> bool:
        """An unplanned failover waits for no answer that a lost site could be the reason of."""
        return self._order.goal.runs is Place.ON_PREMISES or self._order.options.mode is FailoverMode.PLANNED

    def _wait_for_a_point(self, step: Step, seen: Observation) -> None:
        """A VM that has just begun to replicate to Azure again has none to start from for a while."""
        limit, since = self._enduring.limit(Step.REVERSE_REPLICATE), self._service.now()
        self._listener.note(f"{step}: waits for the first recovery point")
        while not seen.recovery_points:
            if (self._service.now() - since).total_seconds() > limit:
                raise StillRunning(
                    f"{self._order.vm}: in progress; it replicates to Azure, and has no recovery point yet",
                    "run `pulumi up --strict` again to go on waiting; the limit is stepLimits in the stack file",
                    seen,
                )
            self._cancelled.wait(self._LONGEST_PAUSE * self._service.wait_scale)
            self._stop_if_asked(seen, step)
            seen = self._observe(power=True)

    def _stop_if_asked(self, seen: Observation, step: Step | None) -> None:
        if self._cancelled.is_set():
            following = f", before {step}" if step is not None else ""
            raise Interrupted(
                f"{self._order.vm}: stopped between steps as asked{following}",
                "run `pulumi up --strict` again to go on from here",
                seen,
            )

    def _waits_for_somebodys_job(self, due: Plan, seen: Observation) -> bool:
        """A job that is not of this move is waited for, once it runs; it is never resumed and never cancelled."""
        waits = {Code.JOB_RUNNING, Code.NOT_OURS}
        if seen.job is None or not seen.job.running or not {blocker.code for blocker in due.blockers} <= waits:
            return False
        if due.stage is Stage.WAITING_TO_COMPLETE:
            return False
        self._listener.note(f"waits for {seen.job.friendly_name} (job {seen.job.id}), which somebody else started")
        # A failback stops in its middle, and is then theirs to go on with.
        self._wait(seen.job.id, LIMITS[Step.FAILOVER], None, seen, pauses=True)
        return True

    def _take(self, planned: PlannedStep, stage: Stage, seen: Observation) -> None:
        step = planned.step
        if planned.running or stage not in AT_REST:
            self._enduring.at = step
        if self._outcome.taken[-1:] != [step.value]:
            self._listener.step(planned)
            self._outcome.taken.append(step.value)
        if step is Step.VERIFY:
            self._verify(seen)
            return
        # A failback that was found running may have been started with the other choice, and stop to be completed.
        pauses = step is Step.SYNCHRONIZE or (step is Step.COMPLETE_FAILOVER and planned.running)
        job_id = self._job_of(planned, stage, seen)
        if job_id is None:
            return
        self._called, self._enduring.at = True, step
        self._points_needed = step is Step.REVERSE_REPLICATE and self._order.goal.runs is Place.AZURE
        job = self._wait(job_id, self._enduring.limit(step), planned, seen, pauses=pauses)
        if not job.finished:
            return
        self._judge(job, seen)
        if step is Step.CHANGE_RECOVERY_POINT and not planned.running:
            self._done.add(step)
        self._committed = self._committed or step is Step.COMMIT
        self._settling.until_moved_on(step, seen)

    def _job_of(self, planned: PlannedStep, stage: Stage, seen: Observation) -> str | None:
        """The job that does the step, asked for if it is not there; None when the VM has to be looked at anew first."""
        if planned.running and seen.job is not None:
            self._listener.note(f"{planned.step}: the service is at it already (job {seen.job.id})")
            return seen.job.id
        if planned.step is Step.COMPLETE_FAILOVER and stage is Stage.WAITING_TO_COMPLETE and seen.job is not None:
            check_window(self._order.vm, self._order.options.completion_window, self._service.now(), seen)
            complete_failover(self._service, seen.job, seen, self._enduring)
            return seen.job.id
        call = Call(self._service, self._item(seen, planned.step), seen, planned.step, self._order.options)
        if self._settling.looks_for_lost_call(seen):
            # Looking takes a while: what the service offers has to be what it offers when it is asked.
            return self._settling.lost_call(call)
        self._stop_if_asked(seen, planned.step)
        self._outcome.point = asked_point(call) or self._outcome.point
        return send(call, self._enduring)

    def _item(self, seen: Observation, step: Step) -> ItemRecord:
        """Ids, disks, accounts: read once a run, together with the other VMs. After a failback another machine may be
        the one that runs on premises."""
        item_id = self._order.item_id
        if step is Step.REVERSE_REPLICATE:
            self._record = self._enduring.read(self._service.fresh_inventory).item(item_id)
        elif self._record is None:
            read = partial(self._service.inventory, max_age_seconds=_ANY_AGE, about=item_id)
            self._record = self._enduring.read(read).item(item_id)
        if self._record is None:
            raise StepFailed(f"{self._order.vm}: its protected item is gone", "run `pulumi refresh`", seen)
        return self._record

    def _wait(
        self, job_id: str, limit: float, planned: PlannedStep | None, seen: Observation, *, pauses: bool = False
    ) -> JobRecord:
        def tell(job: JobRecord) -> None:
            self._enduring.answered()
            self._source.saw_job(job, seen)
            if planned is not None:
                self._listener.progress(planned, job)

        until: Callable[[JobRecord], bool] = (lambda job: job.finished or job.suspended) if pauses else _finished
        try:
            return self._service.watcher.wait(
                job_id,
                until=until,
                on_progress=tell,
                on_trouble=self._enduring.trouble,
                cancelled=self._cancelled,
                timeout_seconds=limit,
                # Whether the source was shut down, and when, only the tasks of a failover tell.
                tasks_wanted=planned is None or planned.step in _TASKS_TELL,
            )
        except StillRunningError as error:
            seen = self._outcome.seen = seen_at_work(seen, error.job, self._order.options.take_over)
            if error.cancelled:
                raise Interrupted(
                    f"{self._order.vm}: stopped watching as asked; the job {job_id} goes on in the service",
                    "run `pulumi up --strict` again to go on from here",
                    seen,
                ) from error
            raise StillRunning(
                f"{self._order.vm}: in progress; job {job_id} is not done after {limit / 60:.0f} min",
                "run `pulumi up --strict` again to go on waiting; the limit is stepLimits in the stack file",
                seen,
            ) from error

    def _judge(self, job: JobRecord, seen: Observation) -> None:
        try:
            raise_if_failed(job)
        except JobFailedError as error:
            after = self._after_a_failure() or seen
            self._outcome.seen = after
            way = "mend that, look at the preview, then run `pulumi up --strict` again"
            raise StepFailed(str(error), way, after) from error

    def _after_a_failure(self) -> Observation | None:
        """Where the VM stands once a job has failed; None where that cannot be read, which is no news beside that."""
        try:
            return self._enduring.read(lambda: self._settling.settled(Look(power=True), self._order.options.take_over))
        except (StillRunning, Interrupted):
            return None

    def _verify(self, seen: Observation) -> None:
        back = self._order.goal.runs is Place.ON_PREMISES
        minutes = self._order.options.step_limits.get(Step.VERIFY.value)
        limit = float(minutes) * 60 if minutes is not None else None
        results = verify(self._order.options.verification_of(failback=back), self._cancelled, limit)
        self._outcome.verification = results
        failed = [result for result in results if not result.passed]
        if self._cancelled.is_set():
            raise Interrupted(f"{self._order.vm}: verification interrupted", "run `pulumi up --strict` again", seen)
        if failed:
            lines = "; ".join(f"{result.probe}: {result.said} ({result.attempts} attempts)" for result in failed)
            planned = self._order.options.mode is FailoverMode.PLANNED
            # After a planned failover too, but not by an oversight: it is a loss where there was none.
            only = ", with failover.mode: unplanned: what came after that point is lost" if planned else ""
            way = (
                "mend the VM and run `pulumi up --strict` again, choose another recovery point "
                f"(failover.changeRecoveryPoint{only}), or drop the verification, commit, and fail back"
            )
            if stage_of(seen) is Stage.FAILBACK_COMMIT_PENDING:
                way = (
                    "mend the on-premises VM and run `pulumi up --strict` again; until the commit the Azure VM is kept"
                )
            raise VerificationFailed(f"{self._order.vm} did not pass its verification: {lines}", way, seen)
        self._done.add(Step.VERIFY)
        self._listener.note("verified: " + "; ".join(f"{result.probe}: {result.said}" for result in results))


# The move has just been observed: whatever reading that was, the item's ids and disks are in it.
_ANY_AGE = float("inf")
_TAKES_THE_RUNNING_COPY_DOWN = {Step.FAILOVER, Step.COMPLETE_FAILOVER}
_TASKS_TELL = {Step.FAILOVER, Step.CHANGE_RECOVERY_POINT, Step.SYNCHRONIZE, Step.COMPLETE_FAILOVER}


def _finished(job: JobRecord) -> bool:
    return job.finished


def _waiting(order: MoveOrder, planned: PlannedStep, seen: Observation) -> Waiting:
    """The hold in words, with the one line to change."""
    return Waiting(
        f"{order.vm} waits before {planned.step} ({planned.waits})",
        f"{way_on(seen, planned)}, then run `pulumi up --strict`",
        seen,
    )
