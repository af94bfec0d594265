"""What a move, or a job, says on its resource's row while it goes on."""

from collections.abc import Callable

from executor.told_by_tasks import step_began
from lifecycle.progress import progress_line
from lifecycle.steps import PlannedStep
from providers.operation import Operation, Severity
from providers.stock_host import say_what_is_missing
from site_recovery.records import JobRecord
from site_recovery.service import SiteRecovery


class RowProgress:
    """Tells the engine's row of one VM which step it is at, which task, since when, and about how long to go."""

    def __init__(self, operation: Operation, service: SiteRecovery, vm: str) -> None:
        self._operation = operation
        self._service = service
        self._vm = vm
        say_what_is_missing(operation)

    def step(self, planned: PlannedStep) -> None:
        self._operation.say(Severity.INFO, f"{self._vm}: {planned.step}: {planned.does}")

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        task = job.current_task
        # Without a row of its own to replace, each look would be a line that stays.
        if task is not None and self._operation.under_our_host:
            line = progress_line(
                planned.step, task.friendly_name, job.scenario_name, step_began(job), self._service.now()
            )
            self._operation.say(Severity.INFO, f"{self._vm}: {line}", ephemeral=True)

    def note(self, text: str) -> None:
        self._operation.say(Severity.INFO, f"{self._vm}: {text}")

    def warning(self, text: str) -> None:
        self._operation.say(Severity.WARNING, f"CRITICAL: {text}")


def job_progress(operation: Operation, vm: str) -> Callable[[JobRecord], None]:
    """Tells the row of a VM which task a job of it is at."""

    def tell(job: JobRecord) -> None:
        task = job.current_task
        doing = task.friendly_name if task else job.state_description
        operation.say(Severity.INFO, f"{vm}: {job.friendly_name}: {doing}", ephemeral=True)

    return tell
