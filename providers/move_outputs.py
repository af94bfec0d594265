"""Outputs that tell of the last move of a VM: they stay as they are until the next one, whatever else is looked at."""

from collections.abc import Mapping
from typing import Any

from lifecycle.achieved import Achieved

LAST_MOVE = "lastMove"
OF_THE_LAST_MOVE = (LAST_MOVE, "verification")


def kept(outs: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """`outs` with what `before`, the outputs so far, says of the last move."""
    return {**outs, **{key: before[key] for key in OF_THE_LAST_MOVE if key in before}}


def recorded(outs: dict[str, Any], before: Mapping[str, Any], made: Achieved | None) -> dict[str, Any]:
    """`outs` after a run that moved, or stopped on the way, with what the move has cost so far.

    What only an earlier run of the same move could know, such as a recovery point that the commit has deleted since,
    is taken over from it. Verification results stay with their move as well.
    """
    old: Mapping[str, Any] = before.get(LAST_MOVE) or {}
    if made is None:
        return {**outs, LAST_MOVE: dict(old), "verification": outs["verification"] or before.get("verification", [])}
    same = old.get("job") == made.job
    verification = outs["verification"] or (before.get("verification", []) if same else [])
    told = {**(_still_true(old, made) if same else {}), **made.as_output()}
    return {**outs, LAST_MOVE: told, "verification": verification}


def _still_true(old: Mapping[str, Any], made: Achieved) -> Mapping[str, Any]:
    """What was told of the point that the VM was failed over to says nothing of the one that it was changed to."""
    left = made.moved_on_from
    if left is None or old.get("recoveryPoint") != left.isoformat(timespec="seconds"):
        return old
    return {key: value for key, value in old.items() if key not in {"recoveryPoint", "dataLossSeconds"}}
