"""Which recovery point a choice of the stack file means."""

import hashlib
from datetime import UTC, datetime

from lifecycle.blockers import Blocker, Code
from lifecycle.observation import Observation, Owner, RecoveryPoint
from lifecycle.options import RecoveryPointChoice


def chosen_point(seen: Observation, choice: str) -> RecoveryPoint | Blocker | None:
    """The recovery point that a choice of the stack file means; None lets the service make the latest.

    `choice` is latest, latestProcessed, latestAppConsistent, the id or name of a recovery point, or a time (ISO 8601
    with its zone: the last point not after it). A Blocker when there is no such point (any more).
    """
    if choice == RecoveryPointChoice.LATEST:
        return None
    points = seen.recovery_points or ()
    if choice == RecoveryPointChoice.LATEST_PROCESSED:
        found = points[0] if points else None
    elif choice == RecoveryPointChoice.LATEST_APP_CONSISTENT:
        found = next((point for point in points if point.app_consistent), None)
    else:
        found = next((point for point in points if _is_point(point, choice)), None)
        if found is None and (wanted := _instant(choice)) is not None:
            # A time means the last point that is not after it; points come newest first.
            found = next((point for point in points if point.time <= wanted), None)
    return found if found is not None else _gone(seen, choice)


def is_at_point(seen: Observation, choice: str) -> bool:
    """Whether the VM was failed over to, or changed to, the recovery point that a choice means."""
    at = seen.failover_recovery_point_id
    if at is None:
        return False
    point = None if choice == RecoveryPointChoice.LATEST else chosen_point(seen, choice)
    return _name(at) == _name(point.id if isinstance(point, RecoveryPoint) else choice)


def listed_point(seen: Observation, point_id: str | None) -> RecoveryPoint | None:
    """The recovery point of an id, as far as it is listed: a commit deletes all of them."""
    if point_id is None:
        return None
    return next((point for point in seen.recovery_points or () if _name(point.id) == _name(point_id)), None)


def is_same_point(one: str | None, other: str | None) -> bool:
    """Whether two ids name the same recovery point; not where either is not known."""
    return one is not None and other is not None and _name(one) == _name(other)


def was_changed_to(seen: Observation, choice: str) -> bool:
    """Whether the last change since the failover was made by us, for this very choice.

    The item may show the point of a change later than the change's end, and a choice by age may mean another point by
    then: what was asked for tells, not what shows.
    """
    last = seen.last_change
    if last is None or not last.succeeded or last.owner is not Owner.OURS:
        return False
    return (last.client_request_id or "").casefold().endswith(choice_mark(choice))


def choice_mark(choice: str) -> str:
    """Twelve hexadecimal digits that stand for a choice; the client-request-id of a change ends with them."""
    return hashlib.sha256(choice.casefold().encode()).hexdigest()[:12]


def _is_point(point: RecoveryPoint, choice: str) -> bool:
    return _name(point.id) == _name(choice)


def _name(point_id: str) -> str:
    """A point's own name; the service changes the case of ids from answer to answer."""
    return point_id.rstrip("/").rsplit("/", 1)[-1].casefold()


def _instant(choice: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(choice)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


def _gone(seen: Observation, choice: str) -> Blocker:
    newest = ", ".join(point.time.isoformat(timespec="seconds") for point in (seen.recovery_points or ())[:3])
    return Blocker(
        Code.RECOVERY_POINT_GONE,
        seen.vm,
        cause=f"there is no recovery point {choice}; the newest are {newest or 'none at all'}",
        mend="choose another recovery point in the stack file (failover.recoveryPoint)",
    )
