"""Where every declared VM stands, as a person and a pipeline want to know it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dr.exit_codes import Exit, meaning, worst
from lifecycle.blockers import Blocker
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.intent import Decision, Intent, where_it_runs
from lifecycle.observation import Observation
from lifecycle.source_shutdown import both_may_run
from lifecycle.spans import span
from lifecycle.stack_limits import of_the_whole
from lifecycle.stages import NEITHER_RUNS, WORDS, Stage
from lifecycle.steps import PlannedStep
from lifecycle.warnings import RPO_CRITICAL, RPO_WARNING
from lifecycle.ways_on import way_on

_DAY = 86400.0


@dataclass(frozen=True)
class Standing:
    """What is known of a VM that has a protected item: how it is, what an `up` would do, and what stops that."""

    seen: Observation
    intent: Intent
    blockers: tuple[Blocker, ...] = ()


@dataclass(frozen=True)
class StatusRow:
    """One VM. `means` is what its row contributes to the exit code, `why` says why it is held, or what blocks it."""

    vm: str
    location: str
    stage: str
    words: str
    progress: str
    rpo: str
    rpo_rank: int
    allowed: tuple[str, ...]
    last_test: str
    declared: Direction
    moves: bool
    why: tuple[str, ...]
    means: Exit
    # Whether the move brings it elsewhere, so that it counts against the limits of the stack.
    changes_place: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "vm": self.vm,
            "location": self.location,
            "stage": self.stage,
            "words": self.words,
            "progress": self.progress,
            "rpo": self.rpo,
            "allowedOperations": list(self.allowed),
            "lastTestFailover": self.last_test,
            "declared": self.declared.value,
            "why": list(self.why),
            "exitCode": int(self.means),
        }


def status_row(vm: str, standing: Standing | None, goal: Direction, declared: Declared) -> StatusRow:
    """The row of a VM; `standing` is None where it has no protected item. Times are of the service's clock."""
    if standing is None:
        words = "is not protected in the vault"
        return StatusRow(vm, "", "notProtected", words, "", "", 0, (), "", goal, False, (), Exit.CHANGES)
    seen, intent = standing.seen, standing.intent
    stage = intent.plan.stage
    rpo, rank = _rpo(seen, declared)
    moves = intent.decision is Decision.MOVE
    held = intent.decision is Decision.HELD
    return StatusRow(
        vm=vm,
        location=NEITHER_RUNS if stage is Stage.COMPLETING_FAILBACK else where_it_runs(seen).words,
        stage=stage.value,
        words=WORDS[stage],
        progress=_progress(seen),
        rpo=rpo,
        rpo_rank=rank,
        allowed=tuple(sorted(seen.allowed)),
        last_test=_ago(seen.last_test_failover, seen.at),
        declared=goal,
        moves=moves,
        why=(*_why(standing, moves=moves, held=held), *_left_on(seen, declared), *_unread(seen)),
        means=meaning(
            stage.value,
            blocked=bool(standing.blockers),
            waits=held or (moves and intent.plan.waits_first),
            changes=moves or (intent.decision is Decision.ADOPT and not intent.plan.reached),
        ),
        changes_place=moves and intent.plan.changes_place,
    )


def unclear_row(vm: str, goal: Direction, why: str) -> StatusRow:
    """The row of a VM of which it cannot be told which of several it is."""
    words = "is one of several of its name"
    return StatusRow(vm, "", "unknown", words, "", "", 0, (), "", goal, False, (f"UNKNOWN: {why}",), Exit.FAILED)


def _why(standing: Standing, *, moves: bool, held: bool) -> tuple[str, ...]:
    if moves:
        steps = standing.intent.plan.steps
        waits = (_waits(standing.seen, steps[0]),) if steps and steps[0].waits else ()
        return (*(blocker.message for blocker in standing.blockers), *waits)
    return (f"HELD: {standing.intent.why}",) if held else ()


def _waits(seen: Observation, first: PlannedStep) -> str:
    way = way_on(seen, first)
    return f"WAITING before {first.step} ({first.waits}). To go on: {way}, then run `pulumi up --strict`"


def _left_on(seen: Observation, declared: Declared) -> tuple[str, ...]:
    left_on = both_may_run(seen, declared.options)
    return (f"CRITICAL: {left_on}",) if left_on else ()


def _unread(seen: Observation) -> tuple[str, ...]:
    """Without it nobody knows of both copies, or neither, running."""
    unread = seen.azure_vm_unread.rstrip(".")
    return (f"UNKNOWN: whether its Azure VM runs ({unread})",) if unread else ()


def with_the_whole(rows: Sequence[StatusRow], most: int) -> tuple[StatusRow, ...]:
    """`rows` with what stops moves by their number, or as they go both ways."""
    free = [
        (row.vm, row.declared)
        for row in rows
        if row.changes_place and row.means not in {Exit.BLOCKED, Exit.TWO_OR_NONE}
    ]
    found = {blocker.vm: blocker for blocker in of_the_whole(free, most)}
    return tuple(
        replace(row, why=(*row.why, found[row.vm].message), means=Exit.BLOCKED) if row.vm in found else row
        for row in rows
    )


def exit_code(rows: Sequence[StatusRow]) -> Exit:
    """The highest that any VM has."""
    return worst(row.means for row in rows)


def _progress(seen: Observation) -> str:
    if seen.job is None or not seen.job.running:
        percent = seen.initial_replication_percent
        return f"{percent} % replicated" if percent is not None and percent < 100 and not seen.allowed else ""  # noqa: PLR2004
    doing = seen.job.task or seen.job.state_description
    began = seen.job.completing_since or seen.job.started
    since = f", {span((seen.at - began).total_seconds())} so far" if began else ""
    return f"{seen.job.friendly_name}: {doing}{since}"


def _rpo(seen: Observation, declared: Declared) -> tuple[str, int]:
    """In words, and 0, 1 or 2: as it should be, above its target, critical."""
    if not seen.replicates_to_azure:
        return "n/a", 0
    if seen.rpo_seconds is None:
        return "unknown", 0
    target = declared.targets.rpo_minutes
    if target is None:
        return span(seen.rpo_seconds), 0
    times = seen.rpo_seconds / (target * 60)
    return f"{span(seen.rpo_seconds)} of {target} min", 2 if times >= RPO_CRITICAL else 1 if times >= RPO_WARNING else 0


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    days = (now - at).total_seconds() / _DAY
    return "today" if days < 1 else f"{days:.0f} days ago"
