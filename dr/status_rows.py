"""Where every declared VM stands, as a person and a pipeline want to know it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dr.report import Exit
from lifecycle.declared import Declared
from lifecycle.directions import Direction, Place
from lifecycle.intent import where_it_runs
from lifecycle.observation import Observation
from lifecycle.planner import plan
from lifecycle.spans import span
from lifecycle.stages import WORDS, Stage, stage_of
from lifecycle.warnings import RPO_CRITICAL, RPO_WARNING

_DAY = 86400.0
_HIGHEST = {Stage.BOTH_RUNNING, Stage.NEITHER_RUNNING}
# The service itself waits for somebody here, whatever the stack declares.
_WAITS = {
    Stage.TEST_FAILOVER,
    Stage.FAILOVER_COMMIT_PENDING,
    Stage.WAITING_TO_COMPLETE,
    Stage.FAILBACK_COMMIT_PENDING,
}


@dataclass(frozen=True)
class StatusRow:
    """One VM. `means` is what its row contributes to the exit code; `seen` is None where it has no protected item."""

    vm: str
    location: str
    stage: str
    words: str
    progress: str
    rpo: str
    rpo_rank: int
    allowed: tuple[str, ...]
    last_test: str
    declared: str
    means: Exit

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
            "declared": self.declared,
            "exitCode": int(self.means),
        }


def status_row(vm: str, seen: Observation | None, goal: Direction, declared: Declared) -> StatusRow:
    """The row of a VM. Times are of the service's clock."""
    if seen is None:
        words = "is not protected in the vault"
        return StatusRow(vm, "", "notProtected", words, "", "", 0, (), "", goal.value, Exit.CHANGES)
    stage = stage_of(seen)
    rpo, rank = _rpo(seen, declared)
    return StatusRow(
        vm=vm,
        location=where_it_runs(seen).words,
        stage=stage.value,
        words=WORDS[stage],
        progress=_progress(seen),
        rpo=rpo,
        rpo_rank=rank,
        allowed=tuple(sorted(seen.allowed)),
        last_test=_ago(seen.last_test_failover, seen.at),
        declared=goal.value,
        means=_means(seen, stage, goal, declared),
    )


def exit_code(rows: Sequence[StatusRow]) -> Exit:
    """The highest that any VM has: both copies or neither running, then blocked, then waiting, then changes."""
    ranked = (Exit.TWO_OR_NONE, Exit.BLOCKED, Exit.WAITING, Exit.CHANGES)
    found = {row.means for row in rows}
    return next((code for code in ranked if code in found), Exit.NOTHING)


def _means(seen: Observation, stage: Stage, goal: Direction, declared: Declared) -> Exit:
    if stage in _HIGHEST:
        return Exit.TWO_OR_NONE
    due = plan(seen, goal, declared.options)
    if stage in _WAITS or (due.steps and due.steps[0].waits):
        return Exit.WAITING
    if due.reached:
        return Exit.NOTHING
    return Exit.BLOCKED if due.blockers else Exit.CHANGES


def _progress(seen: Observation) -> str:
    if seen.job is None or not seen.job.running:
        percent = seen.initial_replication_percent
        return f"{percent} % replicated" if percent is not None and percent < 100 and not seen.allowed else ""  # noqa: PLR2004
    doing = seen.job.task or seen.job.state_description
    since = f", {span((seen.at - seen.job.started).total_seconds())} so far" if seen.job.started else ""
    return f"{seen.job.friendly_name}: {doing}{since}"


def _rpo(seen: Observation, declared: Declared) -> tuple[str, int]:
    """In words, and 0, 1 or 2: as it should be, above its target, critical."""
    if where_it_runs(seen) is Place.AZURE:
        return "", 0
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
