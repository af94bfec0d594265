"""How much data a failover would lose: from the chosen recovery point to the source's last sign of life.

Not to now: a source that is dead has written nothing since it died. Its last sign of life is the last heartbeat of the
provider on its host or the last data that arrived, whichever is later; a host that is connected is alive now.
"""

from dataclasses import dataclass
from datetime import datetime

from lifecycle.directions import Direction, Place
from lifecycle.observation import Observation, RecoveryPoint, Scenario
from lifecycle.options import DataSync, FailoverMode, MoveOptions, RecoveryPointChoice
from lifecycle.planner import Plan
from lifecycle.recovery_points import chosen_point
from lifecycle.spans import span
from lifecycle.steps import Step


@dataclass(frozen=True)
class DataLoss:
    """`seconds` is the most that would be lost, 0 for none, None where it is not known; `words` say why."""

    seconds: float | None
    words: str
    point: RecoveryPoint | None = None


def expected_loss(seen: Observation, due: Plan, options: MoveOptions) -> DataLoss:
    """What the steps of `due` would lose."""
    if not due.steps:
        return DataLoss(None, "cannot be told while this stands in the way")
    if due.goal is Direction.ON_PREMISES_TO_AZURE:
        how = "its last changes are transferred" if options.data_sync is DataSync.BEFORE_FAILOVER else "all is copied"
        return DataLoss(0, f"none expected: the Azure VM is shut down first and {how}")
    begins, changes = begins_failover(due), changes_recovery_point(due)
    if not begins and not changes:
        return DataLoss(0, "none by the steps that are left: the failover itself has begun already")
    if options.mode is FailoverMode.PLANNED and not changes:
        return DataLoss(0, "none: the on-premises VM is shut down first and its last changes are transferred")
    # However it gets to Azure: what it is started from in the end is the point that it is changed to.
    lost = _from_a_point(seen, options)
    if begins:
        return lost
    return DataLoss(lost.seconds, f"{lost.words}; and what was written in Azure since the failover", lost.point)


def begins_failover(due: Plan) -> bool:
    """Whether the failover to Azure is still to begin, so that its conditions matter."""
    return any(planned.step is Step.FAILOVER and not planned.running for planned in due.steps)


def changes_recovery_point(due: Plan) -> bool:
    """Whether the VM is still to be started again from another recovery point."""
    return any(planned.step is Step.CHANGE_RECOVERY_POINT and not planned.running for planned in due.steps)


def last_sign_of_life(seen: Observation) -> datetime | None:
    """When the source was last known to live; None when the service does not tell."""
    stopped = _shut_down_at(seen)
    if stopped is not None:
        return stopped
    if seen.provider_connected:
        return seen.at
    if seen.provider_last_heartbeat is None:
        return None
    return max(filter(None, (seen.provider_last_heartbeat, seen.last_replicated)))


def _shut_down_at(seen: Observation) -> datetime | None:
    """When the failover that brought the VM to Azure had shut its source down at the latest; None if it did not."""
    made = seen.brought_here
    if made is None or seen.active is not Place.AZURE or not made.succeeded:
        return None
    shut_down = made.scenario == Scenario.PLANNED_FAILOVER or made.source_shutdown == "Succeeded"
    return made.ended if shut_down else None


def _from_a_point(seen: Observation, options: MoveOptions) -> DataLoss:
    choice = options.change_recovery_point or options.recovery_point
    point = chosen_point(seen, choice)
    if point is not None and not isinstance(point, RecoveryPoint):
        return DataLoss(None, f"unknown: recovery point {choice} is not there")
    newest = seen.recovery_points[0] if seen.recovery_points else None
    shown = point or newest
    since = point.time if point is not None else _latest(seen, newest)
    if since is None:
        return DataLoss(None, "unknown: the service names neither a recovery point nor the last replication", shown)
    described = _described(point, choice, since)
    alive = last_sign_of_life(seen)
    if alive is None:
        return DataLoss(
            None, f"unknown: {described}, and the source's last sign of life is not known ({_rpo(seen)})", shown
        )
    lost = max((alive - since).total_seconds(), 0.0)
    until = (
        "now, as the host is alive"
        if alive == seen.at
        else f"the source's last sign of life at {alive:%F %H:%M:%S} UTC"
    )
    less = ""
    if options.shutdown_source and choice == RecoveryPointChoice.LATEST and seen.provider_connected:
        less = "; none if the on-premises VM can be shut down and its last changes sent"
    return DataLoss(lost, f"up to {span(lost)}: from {described} to {until}{less}", shown)


def _latest(seen: Observation, newest: RecoveryPoint | None) -> datetime | None:
    """`latest` lets the service make a point of all that has arrived."""
    known = [time for time in (newest.time if newest else None, seen.last_replicated) if time is not None]
    return max(known) if known else None


def _described(point: RecoveryPoint | None, choice: str, since: datetime) -> str:
    if point is None:
        return f"the last data that arrived ({since:%F %H:%M:%S} UTC, recovery point latest)"
    kind = "application-consistent" if point.app_consistent else "crash-consistent"
    return f"recovery point {since:%F %H:%M:%S} UTC ({kind}, {choice})"


def _rpo(seen: Observation) -> str:
    if seen.rpo_seconds is None:
        return "nor how far replication is behind"
    return f"the service says that replication is {span(seen.rpo_seconds)} behind"
