"""From what was seen and what is declared to the steps still due. Pure and total: every observation has a plan.

Who calls it: the check of a direction (to show the plan), the executor (before every step), the reports. The plan is
derived from what the service offers (`allowedOperations`), where the VM is active and which job runs: never from the
name of a service profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lifecycle.blockers import Blocker
from lifecycle.directions import Direction, Place
from lifecycle.observation import Job, Observation, Scenario
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions
from lifecycle.recovery_points import is_at_point, was_changed_to
from lifecycle.stages import Stage, lacks_vm_to_commit, stage_of
from lifecycle.steps import Actor, PlannedStep, Step, changes_place
from lifecycle.ways_out import no_way_on, not_ours, unfinished


@dataclass(frozen=True)
class Plan:
    """What is due for one VM to be protected in the direction `goal`.

    `steps` is empty when the goal is reached or when blockers of the planner itself stand in the way.
    """

    vm: str
    goal: Direction
    stage: Stage
    to_stage: Stage
    steps: tuple[PlannedStep, ...] = ()
    blockers: tuple[Blocker, ...] = ()

    @property
    def reached(self) -> bool:
        return not self.steps and not self.blockers

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(planned.step.value for planned in self.steps)

    @property
    def irreversible(self) -> tuple[str, ...]:
        return tuple(planned.step.value for planned in self.steps if planned.irreversible)

    @property
    def waits_first(self) -> bool:
        """Whether no step at all is taken before the stack file is changed."""
        return bool(self.steps) and bool(self.steps[0].waits)

    @property
    def changes_place(self) -> bool:
        """Whether it counts as a move of one `up`, beside those of other VMs."""
        return changes_place(self.names) and not self.waits_first

    @property
    def stops_before(self) -> PlannedStep | None:
        """The first step that waits for the stack file to be changed."""
        return next((planned for planned in self.steps if planned.waits), None)


def plan(seen: Observation, goal: Direction, options: MoveOptions) -> Plan:
    """The steps from where the VM stands to `goal`.

    Takes the observation, the goal and the operator's choices; returns a Plan. Raises nothing: what cannot be planned
    is a blocker with the facts and the ways out.
    """
    stage = stage_of(seen)
    to_stage = Stage.PROTECTED_IN_AZURE if goal.runs is Place.AZURE else Stage.PROTECTED
    due = _steps_due(stage, seen, goal, options)
    if isinstance(due, Blocker):
        return Plan(seen.vm, goal, stage, to_stage, (), (due,))
    if not due:
        return Plan(seen.vm, goal, stage, stage)
    held = _with_holds(due, stage, seen, goal, options)
    return Plan(seen.vm, goal, stage, to_stage, held, not_ours(seen, stage))


def is_halfway_back(stage: Stage, goal: Direction) -> bool:
    """Whether a VM in `stage` is in the middle of a move away from `goal`."""
    return stage in _way_to(goal).halfway_back


def is_at_goal(stage: Stage, goal: Direction) -> bool:
    """Whether nothing is left to do for `goal` in `stage`."""
    return stage in _way_to(goal).goal_reached


def failover_to_commit(seen: Observation, stage: Stage) -> Job | None:
    """The failover that was made and waits for its commit; None where none does."""
    return seen.brought_here if stage in _TO_COMMIT else None


_TO_COMMIT = {Stage.FAILOVER_COMMIT_PENDING, Stage.CHANGING_RECOVERY_POINT, Stage.NEITHER_RUNNING}


@dataclass(frozen=True)
class _Way:
    """One direction of moving: its whole chain in order, and where each stage enters it (True: its job is running)."""

    order: tuple[Step, ...]
    entries: Mapping[Stage, tuple[Step, bool]]
    goal_reached: frozenset[Stage]
    # A move the other way that is not finished: it has to be brought to its end first.
    halfway_back: frozenset[Stage]


_TO_AZURE = _Way(
    order=(
        Step.REVERSE_REPLICATE,
        Step.FAILOVER,
        Step.CHANGE_RECOVERY_POINT,
        Step.VERIFY,
        Step.COMMIT,
        Step.REPROTECT,
    ),
    entries={
        Stage.FAILED_BACK: (Step.REVERSE_REPLICATE, False),
        Stage.REVERSE_REPLICATING: (Step.REVERSE_REPLICATE, True),
        Stage.PROTECTED: (Step.FAILOVER, False),
        Stage.FAILING_OVER: (Step.FAILOVER, True),
        Stage.FAILOVER_COMMIT_PENDING: (Step.CHANGE_RECOVERY_POINT, False),
        Stage.CHANGING_RECOVERY_POINT: (Step.CHANGE_RECOVERY_POINT, True),
        Stage.COMMITTING_FAILOVER: (Step.COMMIT, True),
        Stage.COMMITTED_IN_AZURE: (Step.REPROTECT, False),
        Stage.REPROTECTING: (Step.REPROTECT, True),
    },
    # Where failback is offered straight after the commit, that is all there is to reach.
    goal_reached=frozenset({Stage.PROTECTED_IN_AZURE, Stage.FAILBACK_OFFERED}),
    halfway_back=frozenset(
        {
            Stage.SYNCHRONIZING,
            Stage.WAITING_TO_COMPLETE,
            Stage.COMPLETING_FAILBACK,
            Stage.FAILBACK_COMMIT_PENDING,
            Stage.COMMITTING_FAILBACK,
        }
    ),
)

_TO_ON_PREMISES = _Way(
    order=(
        Step.REPROTECT,
        Step.SYNCHRONIZE,
        Step.COMPLETE_FAILOVER,
        Step.VERIFY,
        Step.COMMIT,
        Step.REVERSE_REPLICATE,
    ),
    entries={
        Stage.COMMITTED_IN_AZURE: (Step.REPROTECT, False),
        Stage.REPROTECTING: (Step.REPROTECT, True),
        Stage.PROTECTED_IN_AZURE: (Step.SYNCHRONIZE, False),
        Stage.FAILBACK_OFFERED: (Step.SYNCHRONIZE, False),
        Stage.SYNCHRONIZING: (Step.SYNCHRONIZE, True),
        Stage.WAITING_TO_COMPLETE: (Step.COMPLETE_FAILOVER, False),
        Stage.COMPLETING_FAILBACK: (Step.COMPLETE_FAILOVER, True),
        Stage.FAILBACK_COMMIT_PENDING: (Step.VERIFY, False),
        Stage.COMMITTING_FAILBACK: (Step.COMMIT, True),
        Stage.FAILED_BACK: (Step.REVERSE_REPLICATE, False),
        Stage.REVERSE_REPLICATING: (Step.REVERSE_REPLICATE, True),
    },
    goal_reached=frozenset({Stage.PROTECTED, Stage.TEST_FAILOVER, Stage.ENABLING}),
    halfway_back=frozenset(
        {
            Stage.FAILING_OVER,
            Stage.FAILOVER_COMMIT_PENDING,
            Stage.CHANGING_RECOVERY_POINT,
            Stage.COMMITTING_FAILOVER,
        }
    ),
)


def _way_to(goal: Direction) -> _Way:
    return _TO_AZURE if goal.runs is Place.AZURE else _TO_ON_PREMISES


def _steps_due(stage: Stage, seen: Observation, goal: Direction, options: MoveOptions) -> list[PlannedStep] | Blocker:
    way = _way_to(goal)
    if stage in way.goal_reached:
        return []
    if stage in way.halfway_back:
        return unfinished(seen, stage, goal.other)
    if _is_made_anew(stage, seen, goal, options):
        entry, running = Step.CHANGE_RECOVERY_POINT, False
    elif stage in way.entries:
        entry, running = way.entries[stage]
    else:
        return no_way_on(seen, stage)
    due = [
        described(step, goal, options)
        for step in way.order[way.order.index(entry) :]
        if _is_wanted(step, stage, seen, goal, options)
    ]
    if running:
        due[0] = replace(due[0], running=True)
    if stage in {Stage.COMMITTED_IN_AZURE, Stage.REPROTECTING}:
        due[0] = replace(due[0], conditional=False)
    return due


def _is_wanted(step: Step, stage: Stage, seen: Observation, goal: Direction, options: MoveOptions) -> bool:
    match step:
        case Step.VERIFY:
            return bool(options.verification_of(failback=goal.runs is Place.ON_PREMISES))
        case Step.CHANGE_RECOVERY_POINT:
            return stage is Stage.CHANGING_RECOVERY_POINT or _change_is_due(seen, stage, options)
        case Step.SYNCHRONIZE:
            # A full download has no synchronization of its own: it happens while the Azure VM is off.
            return options.data_sync is DataSync.BEFORE_FAILOVER
        case _:
            return True


def _change_is_due(seen: Observation, stage: Stage, options: MoveOptions) -> bool:
    """Until the item shows the point that is meant, or a change for this very choice was made by us: once each."""
    if not options.change_recovery_point:
        return False
    if stage is not Stage.FAILOVER_COMMIT_PENDING:
        return True
    choice = options.change_recovery_point
    return not (was_changed_to(seen, choice) or is_at_point(seen, choice))


def _is_made_anew(stage: Stage, seen: Observation, goal: Direction, options: MoveOptions) -> bool:
    """Whether a declared change of the recovery point makes the Azure VM that is not there: a change that failed after
    it had taken the old one away left none, and nothing in Azure is lost by another."""
    choice = options.change_recovery_point
    lacking = stage is Stage.NEITHER_RUNNING and lacks_vm_to_commit(seen)
    return lacking and goal.runs is Place.AZURE and choice is not None and not was_changed_to(seen, choice)


def _with_holds(
    due: list[PlannedStep], stage: Stage, seen: Observation, goal: Direction, options: MoveOptions
) -> tuple[PlannedStep, ...]:
    """Marks the steps before which the move waits, as declared: holdAfter, commit and completion by hand."""
    marked: list[PlannedStep] = []
    held = _held_by_name(due, goal, options)
    for planned in due:
        waits = ""
        if planned.step is held:
            waits = f"holdAfter: {options.hold_after}"
        elif planned.step is Step.COMMIT and not planned.running:
            waits = _commit_waits(stage, seen, goal, options)
        elif _completes_by_hand(planned, options):
            waits = "failback.completion: manual"
        marked.append(replace(planned, waits=waits, actor=Actor.PERSON if waits else planned.actor))
    return tuple(marked)


def _held_by_name(due: list[PlannedStep], goal: Direction, options: MoveOptions) -> Step | None:
    """The step that a `holdAfter` stops: the first one due that comes later on the way to `goal` than the named one.

    By the order of the way alone. Whether the named step was taken, left out or done long ago makes no difference, so
    that no failed job, and none that is listed no more, loses a hold that is written. On the way back, which has no
    such step, nothing is held.
    """
    order = _way_to(goal).order
    if options.hold_after not in order:
        return None
    later = order[order.index(options.hold_after) + 1 :]
    return next((planned.step for planned in due if planned.step in later and not planned.running), None)


def _commit_waits(stage: Stage, seen: Observation, goal: Direction, options: MoveOptions) -> str:
    failback = goal.runs is Place.ON_PREMISES
    if options.commit_of(failback=failback) is Commit.MANUAL:
        return f"{'failback' if failback else 'failover'}.commit: manual"
    if failback:
        return ""
    made = failover_to_commit(seen, stage)
    # Of this failover: what was stated before it is no word on what it has left running.
    if made is not None and options.source_is_stated_off(made.id, seen.at):
        return ""
    # A source that may still run keeps taking writes that a commit would lose for good.
    return "" if _source_is_shut_down(stage, seen, options) else SOURCE_MAY_RUN


def _source_is_shut_down(stage: Stage, seen: Observation, options: MoveOptions) -> bool:
    """By the failover that has been made, told from its job; or by the one that is to come, as far as can be said."""
    if stage in _TO_COMMIT:
        made = failover_to_commit(seen, stage)
        unplanned = made is not None and made.scenario == Scenario.UNPLANNED_FAILOVER
        return made is not None and (not unplanned or made.source_shutdown == "Succeeded")
    # A host that is known to be silent shuts nothing down, whatever is asked of it.
    return options.mode is FailoverMode.PLANNED or (options.shutdown_source and seen.provider_connected is not False)


SOURCE_MAY_RUN = "sourceOff: the on-premises VM was not shut down by the failover"


def _completes_by_hand(planned: PlannedStep, options: MoveOptions) -> bool:
    by_hand = options.completion is Commit.MANUAL and options.data_sync is DataSync.BEFORE_FAILOVER
    return planned.step is Step.COMPLETE_FAILOVER and by_hand and not planned.running


def described(step: Step, goal: Direction, options: MoveOptions) -> PlannedStep:
    """A step in the words that a person reads: what it does here, who does it, what it deletes."""
    failback = goal.runs is Place.ON_PREMISES
    match step:
        case Step.FAILOVER:
            return PlannedStep(step, _failover_does(options), Actor.SERVICE, reversible=True)
        case Step.CHANGE_RECOVERY_POINT:
            point = options.change_recovery_point or "already chosen"
            does = f"shut the Azure VM down and start it again from recovery point {point}"
            return PlannedStep(step, does, Actor.SERVICE, reversible=False, deletes="what was written in Azure since")
        case Step.VERIFY:
            count = len(options.verification_of(failback=failback))
            probes = "the declared probe" if count == 1 else f"the {count} declared probes"
            return PlannedStep(step, f"run {probes} against the VM {goal.runs.words}", Actor.US, reversible=True)
        case Step.COMMIT:
            does = "commit the failback" if failback else "commit the failover: its recovery point is final"
            deletes = "the Azure VM and its disks" if failback else "all recovery points of the VM"
            return PlannedStep(step, does, Actor.SERVICE, reversible=False, deletes=deletes)
        case Step.COMPLETE_FAILOVER:
            return PlannedStep(step, _complete_does(options), Actor.SERVICE, reversible=True)
        case _:
            does = _DOES[step] + (_makes_anew(options) if step is Step.SYNCHRONIZE else "")
            return PlannedStep(step, does, Actor.SERVICE, reversible=True, conditional=step is Step.REPROTECT)


_DOES: dict[Step, str] = {
    Step.REPROTECT: "replicate from Azure to on premises; the on-premises VM is off and stays off",
    Step.SYNCHRONIZE: "start the planned failover to on premises: copy changes back while the Azure VM keeps running",
    Step.REVERSE_REPLICATE: (
        "replicate from on premises to Azure again, starting with what changed since the Azure VM was turned off"
    ),
}


def _failover_does(options: MoveOptions) -> str:
    if options.mode is FailoverMode.PLANNED:
        return "shut the on-premises VM down, transfer its last changes, start the VM in Azure (planned failover)"
    first = "try to shut the on-premises VM down, then " if options.shutdown_source else ""
    return f"{first}start the VM in Azure from recovery point {options.recovery_point} (unplanned failover)"


def _complete_does(options: MoveOptions) -> str:
    if options.data_sync is DataSync.BEFORE_FAILOVER:
        return "shut the Azure VM down, transfer the last changes, start the on-premises VM (Complete Failover)"
    does = "shut the Azure VM down, download all its data, start the on-premises VM (planned failover)"
    return does + _makes_anew(options)


def _makes_anew(options: MoveOptions) -> str:
    if not options.create_on_premises_vm:
        return ""
    host = options.host_needed(failback=True)
    return f"; make the on-premises VM anew{f' on {host}' if host else ''} if it is gone"
