"""An approval's digest: what exactly is approved, so that nobody is surprised by what runs.

It covers one move: the VM, the goal, the place where the move starts, its whole chain of steps with the choices and
probes declared for them, what the VM is declared to become in Azure, and the worst data loss that the stack accepts.
All of these are the same before the move, in the middle of it and when it is resumed.

Of the stage in which a move starts, the digest has the place and the two jobs that lead there: the one that last
brought the VM to that place, and the one that began its protection. The stage itself goes on by itself (a VM that was
brought home replicates again), and in the middle of a move nothing tells any more which one it was begun in. The jobs
do not change until the VM leaves the place, and are others as soon as it is there again, by whatever way it came:
failed back, or protected anew. So between them there is one move to the goal.
"""

import hashlib
import json
from dataclasses import dataclass

from lifecycle.directions import Direction, Place
from lifecycle.observation import Observation
from lifecycle.options import DataSync, FailoverMode, MoveOptions
from lifecycle.steps import Step

_VERSION = "m4"


@dataclass(frozen=True)
class Approvable:
    """What a digest stands for, in the words that are shown beside it."""

    digest: str
    starts: str
    steps: tuple[str, ...]
    worst_loss: str


def approvable(
    seen: Observation, goal: Direction, options: MoveOptions, landing: str = "", *, loss_waived: bool = False
) -> Approvable:
    """The move of a VM to `goal`, seen at its start or anywhere on its way.

    `landing` is what the VM is declared to become in Azure; `loss_waived`, whether a waiver of the limit of its data
    loss is declared, run out or not: the digest is not to change by waiting.
    """
    before = seen.last_failback_job if goal.runs is Place.AZURE else seen.last_failover_job
    steps = _whole_chain(goal, options)
    loss = _worst_loss(goal, options, waived=loss_waived)
    content = {
        "item": seen.item_id.casefold(),
        "vm": seen.vm,
        "goal": goal.value,
        "starts": goal.other.runs.value,
        "after": before or "",
        "protectedBy": seen.protected_by_job or "",
        "steps": steps,
        "choices": _choices(goal, options),
        "landing": landing if goal.runs is Place.AZURE else "",
        "probes": [dict(probe) for probe in options.verification_of(failback=goal.runs is Place.ON_PREMISES)],
        "worstLoss": loss,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = f"{_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    return Approvable(digest, goal.other.runs.words, tuple(steps), loss)


def _whole_chain(goal: Direction, options: MoveOptions) -> list[str]:
    """Every step that the move may take, whatever is done of it already and wherever it is begun: one may start with
    what an earlier move has left to do, and which of its steps that was cannot be told later. Holds are not part of it:
    to go on from one, its line is changed."""
    verify = [Step.VERIFY] if options.verification_of(failback=goal.runs is Place.ON_PREMISES) else []
    if goal.runs is Place.AZURE:
        change = [Step.CHANGE_RECOVERY_POINT] if options.change_recovery_point else []
        first = (Step.REVERSE_REPLICATE, Step.FAILOVER, *change)
        return [step.value for step in (*first, *verify, Step.COMMIT, Step.REPROTECT)]
    synchronize = [Step.SYNCHRONIZE] if options.data_sync is DataSync.BEFORE_FAILOVER else []
    first = (Step.REPROTECT, *synchronize, Step.COMPLETE_FAILOVER)
    return [step.value for step in (*first, *verify, Step.COMMIT, Step.REVERSE_REPLICATE)]


def _choices(goal: Direction, options: MoveOptions) -> list[str]:
    if goal.runs is Place.ON_PREMISES:
        anew = "createVm" if options.create_on_premises_vm else "noAction"
        host = options.host_needed(failback=True)
        return [options.data_sync.value, anew, *([host] if host is not None else [])]
    shutdown = "shutDownSource" if options.shutdown_source else "leaveSource"
    return [options.mode.value, shutdown, str(options.recovery_point), options.change_recovery_point or ""]


def _worst_loss(goal: Direction, options: MoveOptions, *, waived: bool) -> str:
    loses = options.mode is FailoverMode.UNPLANNED or options.change_recovery_point
    if goal.runs is Place.ON_PREMISES or not loses:
        return "none"
    if options.max_data_loss_minutes is None:
        return "any: no maxDataLossMinutes is declared"
    limit = f"{options.max_data_loss_minutes} min"
    return f"any: the limit of {limit} is waived" if waived else limit
