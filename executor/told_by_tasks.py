"""What only the tasks and the details of a job tell: whether and when it shut a copy down, and what it started from."""

from datetime import datetime

from lifecycle.observation import Scenario
from site_recovery.records import FailedOverRecord, JobRecord, TaskRecord, last_segment, same_id

_SHUTS_DOWN = "shutdownvmon"
_ON_PRIMARY = "onprimary"
_GOES_ON = {"notstarted", "inprogress", "suspended", "cancelling"}
_WAITS_TO_COMPLETE = "WaitForUserInputForFailback"
# Of one VM, and of a recovery plan, whose groups are told by their ids.
_LEAVES_AZURE = ("shutdownvmonsecondary", "shutdownallactiongroup")
_LAST_SYNCHRONIZATION = "VmPrepareForUnPlannedFailover"


def source_shutdown(job: JobRecord) -> str | None:
    """The state of the task that shuts the source of a failover to Azure down; "Skipped" where the job was not asked
    to do so, None where it has no such task, or has not come to its end."""
    task = _shutdown_task(job)
    if task is None or _ON_PRIMARY not in _names(task) or task.state.casefold() in _GOES_ON:
        return None
    return "Skipped" if task.skipped or _was_not_asked(job) else task.state


def shut_down(job: JobRecord) -> tuple[datetime | None, datetime | None]:
    """When a failover or failback began to shut the running copy down, and when that was done; None where it was left
    out, or failed. A service that keeps no times of its tasks gives those of the job."""
    task = _shutdown_task(job)
    if task is None or task.skipped or _was_not_asked(job) or task.state.casefold() != "succeeded":
        return None, None
    return task.start_time or job.start_time, task.end_time or job.end_time


def completing_since(job: JobRecord) -> datetime | None:
    """Since when a failback under way is at its Complete Failover: its tasks after the one that waits for a person, or
    the shutdown of the Azure VM where, as in a full download, nothing waits. None before that, and of other jobs."""
    if job.scenario_name != Scenario.FAILBACK or job.finished or job.suspended:
        return None
    names = [task.name for task in job.tasks]
    at = names.index(_WAITS_TO_COMPLETE) if _WAITS_TO_COMPLETE in names else None
    if at is not None and job.tasks[at].state.casefold() == "succeeded":
        return job.tasks[at].end_time or job.start_time
    begun = (task for task in job.tasks if any(name in _names(task) for name in _LEAVES_AZURE) and _is_begun(task))
    first = next(begun, None)
    return (first.start_time or job.start_time) if first is not None else None


def step_began(job: JobRecord) -> datetime | None:
    """Since when the service is at the step that a job is at: a failback's has two of them."""
    return completing_since(job) or job.start_time


def _is_begun(task: TaskRecord) -> bool:
    return not task.skipped and task.state.casefold() != "notstarted"


def own_point(job: JobRecord, item_id: str) -> FailedOverRecord | None:
    """What the job itself says that it started the VM from; a job of a recovery plan names each of its VMs."""
    mine = (each for each in job.failed_over if same_id(each.name, last_segment(item_id)))
    return next((each for each in mine if each.recovery_point_id is not None), None)


def _shutdown_task(job: JobRecord) -> TaskRecord | None:
    return next((task for task in job.tasks if _SHUTS_DOWN in _names(task)), None)


def _names(task: TaskRecord) -> str:
    return f"{task.name} {task.id}".casefold()


def _was_not_asked(job: JobRecord) -> bool:
    """Recorded: a failover with sourceSiteOperations NotRequired skips the last synchronization, while its task of
    shutting down says Succeeded all the same."""
    return any(task.skipped and task.name == _LAST_SYNCHRONIZATION for task in job.tasks)
