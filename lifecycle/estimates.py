"""How long the steps of a move will take: from this vault's own finished jobs where there are any, else as recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lifecycle.blockers import Mode
from lifecycle.durations import recorded
from lifecycle.observation import FAILOVER_SCENARIOS, Scenario
from lifecycle.options import DataSync, MoveOptions
from lifecycle.planner import Plan
from lifecycle.spans import span
from lifecycle.steps import Step

# Older ones say little about the vault of today.
_NEWEST = 20


@dataclass(frozen=True)
class Finished:
    """A job of the vault that succeeded. `parts` has the steps that one job is made of, where its tasks were read;
    `unread` says why they were to be and could not."""

    scenario: str
    seconds: float
    parts: Mapping[Step, float] = field(default_factory=dict)
    unread: str = ""


@dataclass(frozen=True)
class Estimate:
    """From `low` to `high` seconds; `jobs` is how many jobs of this vault say so, 0 for a recorded duration, and then
    `unread` why the vault's own could not be read, if it has any. `alike` is the one length that the vault's own had:
    then what was recorded is in the range too."""

    low: float
    high: float
    jobs: int = 0
    unread: str = ""
    alike: str = ""

    @property
    def words(self) -> str:
        return f"{span(self.low)} to {span(self.high)}"

    @property
    def source(self) -> str:
        if not self.jobs:
            own = f", and this vault's own jobs could not be read: {self.unread.rstrip('.')}" if self.unread else ""
            return f"as recorded with small VMs; yours may differ{own}"
        whose = f"by this vault's last {self.jobs} such jobs" if self.jobs > 1 else "by this vault's last such job"
        if not self.alike:
            return whose
        each = "each " if self.jobs > 1 else ""
        return f"{whose}, {each}{self.alike}, and as recorded with small VMs: one length is no range"

    def plus(self, other: "Estimate") -> "Estimate":
        # The sum of a measured and a recorded duration is no better than recorded.
        jobs, unread = min(self.jobs, other.jobs), self.unread or other.unread
        alike = " and ".join(filter(None, (self.alike, other.alike)))
        return Estimate(self.low + other.low, self.high + other.high, jobs, unread, alike)


@dataclass(frozen=True)
class Times:
    """Of a whole move. `outage` is None when the steps that are left cause none."""

    steps: Mapping[Step, Estimate]
    outage: Estimate | None
    synchronization: Estimate | None


_SCENARIOS: dict[Step, str] = {
    Step.CHANGE_RECOVERY_POINT: Scenario.CHANGE_PIT.value,
    Step.COMMIT: Scenario.COMMIT.value,
    Step.REPROTECT: Scenario.REPROTECT.value,
    Step.REVERSE_REPLICATE: Scenario.REPROTECT.value,
}
# While these run, neither copy serves.
OUTAGE = (Step.FAILOVER, Step.CHANGE_RECOVERY_POINT, Step.COMPLETE_FAILOVER)


def times(due: Plan, options: MoveOptions, finished: Iterable[Finished], under_way: str = "") -> Times:
    """Estimates for each step of `due`, and what they come to. `finished` is newest first; `under_way` is the scenario
    of a job that is running: a failover is what that is, whatever is declared by now."""
    known = tuple(finished)
    failover = under_way if under_way in FAILOVER_SCENARIOS else _failover_of(Mode.of(due.goal, options))
    steps = {planned.step: _step(planned.step, failover, options, known) for planned in due.steps}
    told = {step: estimate for step, estimate in steps.items() if estimate is not None}
    outage = [told[step] for step in OUTAGE if step in told]
    return Times(told, _sum(outage), told.get(Step.SYNCHRONIZE))


def _failover_of(mode: Mode) -> str:
    return (Scenario.PLANNED_FAILOVER if mode is Mode.PLANNED else Scenario.UNPLANNED_FAILOVER).value


def _step(step: Step, failover: str, options: MoveOptions, known: tuple[Finished, ...]) -> Estimate | None:
    if step is Step.VERIFY:
        return None
    low, high = recorded(step, failover)
    if step is Step.COMPLETE_FAILOVER and options.data_sync is DataSync.DURING_FAILOVER:
        # A full download does at once, while the Azure VM is off, what synchronizing does before.
        before = recorded(Step.SYNCHRONIZE)
        low, high = low + before[0], high + before[1]
    measured = _measured(step, failover, options, known)
    if not measured:
        return Estimate(low, high, unread=_unread(step, known))
    if span(min(measured)) != span(max(measured)):
        return Estimate(min(measured), max(measured), len(measured))
    return Estimate(min(low, *measured), max(high, *measured), len(measured), alike=span(min(measured)))


def _unread(step: Step, known: tuple[Finished, ...]) -> str:
    """Why jobs that would tell how long a step takes could not be read; only a failback's tasks are."""
    if step not in {Step.SYNCHRONIZE, Step.COMPLETE_FAILOVER}:
        return ""
    return next((job.unread for job in known if job.unread), "")


def _measured(step: Step, failover: str, options: MoveOptions, known: tuple[Finished, ...]) -> list[float]:
    if step in {Step.SYNCHRONIZE, Step.COMPLETE_FAILOVER}:
        whole = step is Step.COMPLETE_FAILOVER and options.data_sync is DataSync.DURING_FAILOVER
        backs = [job for job in known if job.scenario == Scenario.FAILBACK]
        if whole:
            return [job.seconds for job in backs if Step.SYNCHRONIZE not in job.parts and job.parts][:_NEWEST]
        return [job.parts[step] for job in backs if Step.SYNCHRONIZE in job.parts and step in job.parts][:_NEWEST]
    scenario = _SCENARIOS.get(step, failover)
    return [job.seconds for job in known if job.scenario == scenario][:_NEWEST]


def _sum(estimates: list[Estimate]) -> Estimate | None:
    if not estimates:
        return None
    total = estimates[0]
    for estimate in estimates[1:]:
        total = total.plus(estimate)
    return total
