"""What a move says on its resource's row while it goes on."""

from datetime import datetime

from lifecycle.durations import RECORDED
from lifecycle.spans import span
from lifecycle.steps import PlannedStep
from providers.operation import Operation, Severity
from site_recovery.records import JobRecord
from site_recovery.service import SiteRecovery


class RowProgress:
    """Tells the engine's row of one VM which step it is at, which task, since when, and about how long to go."""

    def __init__(self, operation: Operation, service: SiteRecovery, vm: str) -> None:
        self._operation = operation
        self._service = service
        self._vm = vm

    def step(self, planned: PlannedStep) -> None:
        self._operation.say(Severity.INFO, f"{self._vm}: {planned.step}: {planned.does}")

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        task = job.current_task
        if task is None:
            return
        doing = task.friendly_name
        so_far = _elapsed(job.start_time, self._service.now())
        rest = _rest(planned, so_far)
        self._operation.say(
            Severity.INFO, f"{self._vm}: {planned.step}: {doing}, {span(so_far)} so far{rest}", ephemeral=True
        )

    def note(self, text: str) -> None:
        self._operation.say(Severity.INFO, f"{self._vm}: {text}")


def _elapsed(start: datetime | None, now: datetime) -> float:
    return max((now - start).total_seconds(), 0.0) if start else 0.0


def _rest(planned: PlannedStep, so_far: float) -> str:
    low, high = RECORDED.get(planned.step, (0.0, 0.0))
    if high <= so_far:
        return ""
    return f", about {span(max(low - so_far, 0))} to {span(high - so_far)} to go"
