"""How much data a failover would lose: from the chosen recovery point to the source's last sign of life.

Not to now: a source that is dead has written nothing since it died. Its last sign of life is the last heartbeat of the
provider on its host or the last data that arrived, whichever is later; a host that was heard of just now is alive. What
a source wrote after the last data that arrived is not known where nothing was heard of it later.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from lifecycle.achieved import Brought, lost_by
from lifecycle.directions import Direction, Place
from lifecycle.observation import Job, Observation, RecoveryPoint, Scenario
from lifecycle.options import DataSync, FailoverMode, MoveOptions, RecoveryPointChoice
from lifecycle.planner import Plan
from lifecycle.recovery_points import chosen_point, is_same_point, listed_point
from lifecycle.source_shutdown import off_since
from lifecycle.spans import span
from lifecycle.steps import Step

# A host beats about once a minute, and the service goes on to call one connected after it has fallen silent: one that
# was not heard of for longer may be dead already.
HEARD_LATELY_SECONDS = 300.0
# The longest interval at which a policy for Hyper-V VMs sends changes, where the VM's own is not known.
_SENDS_EVERY_SECONDS = 900
# Of a move whose steps are not known.
NOT_TOLD = "cannot be told while this stands in the way"


@dataclass(frozen=True)
class DataLoss:
    """`seconds` is the most that would be lost as far as it can be told, 0 for none, None where it is not known.

    `words` say how much up to their first colon ("none" only where the move by its nature loses nothing), then why.
    `start` is what the VM is started from in Azure, None where that is no recovery point or not known. `at_least` is
    what is lost for sure, in seconds, where it is not known how much.
    """

    seconds: float | None
    words: str
    start: "Start | None" = None
    at_least: float = 0.0


@dataclass(frozen=True)
class Start:
    """What an unplanned failover starts the VM from. `point` is None where the service makes one by the failover, of
    all the data that has arrived by then; `time` is that of the point, or of the last such data."""

    time: datetime
    words: str
    point: RecoveryPoint | None


def expected_loss(seen: Observation, due: Plan, options: MoveOptions) -> DataLoss:
    """What the steps of `due` would lose."""
    if not due.steps:
        return DataLoss(None, NOT_TOLD)
    if due.goal is Direction.ON_PREMISES_TO_AZURE:
        return _on_the_way_home(due, options)
    begins, changes = begins_failover(due), changes_recovery_point(due)
    if not begins and not changes:
        return _already_taken(seen, due)
    if options.mode is FailoverMode.PLANNED and not changes:
        return DataLoss(0, "none: the on-premises VM is shut down first and its last changes are transferred")
    # However it gets to Azure: what it is started from in the end is the point that it is changed to.
    lost = _from_a_point(seen, options)
    if begins:
        return lost
    return replace(lost, words=f"{lost.words}; and what was written in Azure since the failover")


def _on_the_way_home(due: Plan, options: MoveOptions) -> DataLoss:
    if not any(planned.step is Step.COMPLETE_FAILOVER for planned in due.steps):
        return DataLoss(0, "none by the steps that are left: the VM runs on premises already")
    how = "its last changes are transferred" if options.data_sync is DataSync.BEFORE_FAILOVER else "all is copied"
    return DataLoss(0, f"none expected: the Azure VM is shut down first and {how}")


def most_lost(loss: DataLoss, at: datetime) -> float | None:
    """Seconds that are not exceeded even where the loss is not known: the source has written nothing later than `at`,
    which is now. None where it is not known from when on data is missing."""
    return None if loss.start is None else max((at - loss.start.time).total_seconds(), 0.0)


def is_surely_kept(limit_minutes: int, loss: DataLoss, at: datetime) -> bool:
    """Whether a limit is kept even where the loss itself is not known."""
    most = most_lost(loss, at)
    return most is not None and most <= limit_minutes * 60


def is_surely_exceeded(limit_minutes: int, loss: DataLoss) -> bool:
    """Whether a limit is exceeded even where the loss itself is not known."""
    return loss.seconds is None and loss.at_least > limit_minutes * 60


def begins_failover(due: Plan) -> bool:
    """Whether the failover to Azure is still to begin, so that its conditions matter."""
    return any(planned.step is Step.FAILOVER and not planned.running for planned in due.steps)


def changes_recovery_point(due: Plan) -> bool:
    """Whether the VM is still to be started again from another recovery point."""
    return any(planned.step is Step.CHANGE_RECOVERY_POINT and not planned.running for planned in due.steps)


def rests_on_the_interval(seen: Observation, due: Plan, options: MoveOptions) -> bool:
    """Whether the loss would end with the last data that a dead source has sent, so that it matters how often its
    policy sends: what came after the last of it never left."""
    starts = begins_failover(due) and options.mode is FailoverMode.UNPLANNED
    alive = last_sign_of_life(seen)
    counts = due.goal.runs is Place.AZURE and (starts or changes_recovery_point(due))
    return counts and alive is not None and _is_only_its_last_data(seen, alive)


def last_sign_of_life(seen: Observation) -> datetime | None:
    """When the source was last known to live; None when the service does not tell."""
    stopped = _shut_down_at(seen)
    if stopped is not None:
        return stopped
    if seen.provider_connected and _heard_lately(seen):
        return seen.at
    if seen.provider_last_heartbeat is None:
        return None
    return max(filter(None, (seen.provider_last_heartbeat, seen.last_replicated)))


def _heard_lately(seen: Observation) -> bool:
    heard = seen.provider_last_heartbeat
    return heard is None or (seen.at - heard).total_seconds() <= HEARD_LATELY_SECONDS


def _shut_down_at(seen: Observation) -> datetime | None:
    """When the failover that brought the VM to Azure had shut its source down at the latest; None if it did not."""
    made = seen.brought_here
    if made is None or seen.active is not Place.AZURE or not made.succeeded:
        return None
    return off_since(made)


def _from_a_point(seen: Observation, options: MoveOptions) -> DataLoss:
    choice = options.change_recovery_point or options.recovery_point
    point = chosen_point(seen, choice)
    if point is not None and not isinstance(point, RecoveryPoint):
        return DataLoss(None, f"unknown: recovery point {choice} is not there")
    newest = seen.recovery_points[0] if seen.recovery_points else None
    since = point.time if point is not None else _latest(seen, newest)
    if since is None:
        return DataLoss(None, "unknown: the service names neither a recovery point nor the last replication")
    start = Start(since, _described(seen, point, choice, since), point)
    described = start.words
    alive = last_sign_of_life(seen)
    if alive is None:
        why = f"from {described} to the source's last sign of life, which is not known ({_rpo(seen)})"
        return _unknown(seen, since, why, start)
    lost = max((alive - since).total_seconds(), 0.0)
    if _is_only_its_last_data(seen, alive):
        every = seen.sends_every_seconds or _SENDS_EVERY_SECONDS
        of_longest = "the longest interval, as its policy's is not known"
        whose = "the interval of its policy" if seen.sends_every_seconds else of_longest
        lost += every
        until = (
            f"the last data that arrived ({alive:%F %H:%M:%S} UTC), which is the source's last sign of life, and "
            f"{span(every)} that it may not have sent ({whose}): what it wrote after that is not known"
        )
        return DataLoss(lost, f"up to {span(lost)} or more: from {described} to {until}", start)
    less = ""
    if options.shutdown_source and choice == RecoveryPointChoice.LATEST and seen.provider_connected:
        less = "; none if the on-premises VM can be shut down and its last changes sent"
    return DataLoss(lost, f"up to {span(lost)}: from {described} to {_until(seen, alive)}{less}", start)


def _unknown(seen: Observation, since: datetime, why: str, start: Start) -> DataLoss:
    """Of a source that lived at some time after `since`, what it had sent or written by then is lost for sure."""
    lived = [time for time in (seen.last_replicated, seen.some_host_heard_until) if time is not None]
    least = max(((time - since).total_seconds() for time in lived), default=0.0)
    if least <= 0:
        return DataLoss(None, f"unknown: {why}", start)
    return DataLoss(None, f"unknown, at least {span(least)}: {why}", start, least)


def _is_only_its_last_data(seen: Observation, alive: datetime) -> bool:
    """Whether nothing was heard of the source after the last data that arrived from it."""
    if alive == seen.at and seen.provider_connected and _heard_lately(seen):
        return False
    return _shut_down_at(seen) is None and alive == seen.last_replicated


def _until(seen: Observation, alive: datetime) -> str:
    if alive == seen.at:
        return "now, as the host is alive"
    life = f"the source's last sign of life at {alive:%F %H:%M:%S} UTC"
    if seen.provider_connected and not _heard_lately(seen):
        life += f" (its host is called connected, last heard {seen.provider_last_heartbeat:%F %H:%M:%S} UTC)"
    return life


def _already_taken(seen: Observation, due: Plan) -> DataLoss:
    """By the failover that was made, or by the change of its recovery point: the commit only makes it final.

    Told from their own jobs: the choices of the stack file may be others by now, and the job somebody else's.
    """
    first = due.steps[0]
    made = seen.job if first.step is Step.FAILOVER else seen.brought_here
    changed = seen.job if first.step is Step.CHANGE_RECOVERY_POINT else seen.last_change
    if changed is not None and not (changed.running or changed.succeeded):
        changed = None
    if made is None:
        return DataLoss(None, "unknown: the failover that was made is no longer listed")
    if made.scenario == Scenario.PLANNED_FAILOVER and changed is None:
        how = "shuts the on-premises VM down first and transfers its last changes"
        return DataLoss(0, f"none: the planned failover (job {made.id}) {how}")
    taking = changed or made
    what = "change of the recovery point" if changed is not None else "failover"
    when = "being" if taking.running else "already"
    at, point = _point_of(seen, made, changed)
    much, why = _taken(made, at, changed=changed is not None)
    final = "; the commit makes it final" if Step.COMMIT in {planned.step for planned in due.steps} else ""
    start = Start(point.time, f"recovery point {point.time:%F %H:%M:%S} UTC ({point.kind})", point) if point else None
    return DataLoss(None, f"{when} taken by the {what} (job {taking.id}), {much}: {why}{final}", start)


def _point_of(seen: Observation, made: Job, changed: Job | None) -> tuple[datetime | None, RecoveryPoint | None]:
    """When the recovery point was made that the VM runs from, and the point itself as far as it is listed.

    The item shows the point of a change late: as long as it shows that of the failover, the change's is not known.
    """
    shown = seen.failover_recovery_point_id
    if changed is None and made.point_time is not None:
        return made.point_time, listed_point(seen, made.point_id)
    point = None if changed is not None and is_same_point(shown, made.point_id) else listed_point(seen, shown)
    return (point.time if point is not None else None), point


def _taken(made: Job, at: datetime | None, *, changed: bool) -> tuple[str, str]:
    """How much the failover that was made has lost, and why that is all that can be said."""
    if made.started is None or made.ended is None:
        return "how much is not known", "it has not come to its end"
    off = off_since(made)
    task = made.source_shutdown
    brought = Brought(made.id, made.scenario, made.started, made.ended, off=off, task=task, changed=changed)
    lost = lost_by(brought, at)
    if at is None:
        why = "the service does not tell the recovery point that it started from"
        return "how much is not known", f"{why}, and {lost.on}" if lost.on else why
    start = f"recovery point {at:%F %H:%M:%S} UTC"
    if lost.seconds == 0:
        return "none as far as its tasks tell", f"{start} was made after the on-premises VM had been shut down"
    if off is not None:
        until = f"{off:%F %H:%M:%S} UTC, by when the failover had shut the on-premises VM down"
        return f"up to {span(lost.seconds or 0)}", f"from {start} to {until}"
    after = f"{lost.on}, and what that wrote later, if it went on running, is lost as well"
    if lost.seconds is None:
        return "how much is not known", f"{start} was made while the failover went on; {after}"
    return f"up to {span(lost.seconds)} or more", f"from {start} to the failover's begin; {after}"


def _latest(seen: Observation, newest: RecoveryPoint | None) -> datetime | None:
    """`latest` lets the service make a point of all that has arrived."""
    known = [time for time in (newest.time if newest else None, seen.last_replicated) if time is not None]
    return max(known) if known else None


def _described(seen: Observation, point: RecoveryPoint | None, choice: str, since: datetime) -> str:
    age = span(max((seen.at - since).total_seconds(), 0.0))
    if point is None:
        return f"the last data that arrived ({since:%F %H:%M:%S} UTC, {age} ago, recovery point latest)"
    return f"recovery point {since:%F %H:%M:%S} UTC ({point.kind}, {age} old, {choice})"


def _rpo(seen: Observation) -> str:
    if seen.rpo_seconds is None or not seen.replicates_to_azure:
        return "nor how far replication is behind"
    return f"the service says that replication is {span(seen.rpo_seconds)} behind"
