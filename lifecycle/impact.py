"""What a move would cost, in words: read before the act, by the person who has to answer for it."""

from lifecycle.directions import Direction, Place, change_in_words
from lifecycle.durations import RECORDED
from lifecycle.intent import where_it_runs
from lifecycle.observation import Observation, RecoveryPoint
from lifecycle.options import DataSync, FailoverMode, MoveOptions, RecoveryPointChoice
from lifecycle.planner import Plan
from lifecycle.recovery_points import chosen_point
from lifecycle.spans import span
from lifecycle.stages import WORDS
from lifecycle.steps import PlannedStep, Step

# Steps during which neither copy serves.
_OUTAGE = {Step.FAILOVER, Step.CHANGE_RECOVERY_POINT, Step.COMPLETE_FAILOVER}


def impact_text(due: Plan, seen: Observation, options: MoveOptions) -> str:
    """The impact of one VM's plan, some lines of text without colour. Every number says where it is from."""
    lines = [
        change_in_words(due.vm, where_it_runs(seen), due.goal),
        f"  now: {due.vm} {WORDS[due.stage]}",
        *(_step_line(number, planned) for number, planned in enumerate(due.steps, start=1)),
        f"  then: {due.vm} {WORDS[due.to_stage]}",
        f"  data loss: {_data_loss(due, seen, options)}",
        f"  outage: {_outage(due)}",
    ]
    return "\n".join(lines)


def _step_line(number: int, planned: PlannedStep) -> str:
    marks = []
    if planned.running:
        marks.append("the service is at it already")
    if planned.conditional:
        marks.append("only if the service then offers it")
    if planned.waits:
        marks.append(f"WAITS FOR A PERSON: {planned.waits}")
    if planned.irreversible:
        marks.append(f"CANNOT BE UNDONE: deletes {planned.deletes}")
    tail = f" [{'; '.join(marks)}]" if marks else ""
    return f"  {number}. {planned.step}: {planned.does} ({planned.actor}){tail}"


def _data_loss(due: Plan, seen: Observation, options: MoveOptions) -> str:
    if due.goal is Direction.ON_PREMISES_TO_AZURE:
        how = "the last changes are transferred" if options.data_sync is DataSync.BEFORE_FAILOVER else "all is copied"
        return f"none expected: the Azure VM is shut down first and {how}"
    if all(planned.step is not Step.FAILOVER or planned.running for planned in due.steps):
        return "decided already: the failover has begun"
    if options.mode is FailoverMode.PLANNED:
        return "none: the on-premises VM is shut down first and its last changes are transferred"
    return _unplanned_loss(seen, options)


def _unplanned_loss(seen: Observation, options: MoveOptions) -> str:
    shut = ", less if the on-premises VM can still be shut down and its last changes sent"
    tail = shut if options.shutdown_source else ""
    if options.recovery_point == RecoveryPointChoice.LATEST:
        if seen.rpo_seconds is None:
            return f"unknown: the service does not say how far replication is behind{tail}"
        return f"up to {span(seen.rpo_seconds)}: replication is that far behind (the service's RPO){tail}"
    point = chosen_point(seen, options.recovery_point)
    if not isinstance(point, RecoveryPoint):
        return f"unknown: recovery point {options.recovery_point} is not there"
    kind = "application-consistent" if point.app_consistent else "crash-consistent"
    alive = seen.last_replicated or seen.at
    age = max((alive - point.time).total_seconds(), 0)
    return f"{span(age)}: recovery point of {point.time:%F %H:%M:%S} UTC ({kind}) to the source's last sign of life"


def _outage(due: Plan) -> str:
    ranges = [RECORDED[planned.step] for planned in due.steps if planned.step in _OUTAGE and not planned.running]
    if not ranges:
        return "none by the steps that are left"
    low, high = sum(pair[0] for pair in ranges), sum(pair[1] for pair in ranges)
    tail = " (small VMs as recorded; yours may differ)"
    if due.goal.runs is Place.ON_PREMISES and Step.SYNCHRONIZE.value in due.names:
        tail += "; the synchronization before it is not an outage"
    return f"about {span(low)} to {span(high)}{tail}"
