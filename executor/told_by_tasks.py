"""What only the tasks and the details of a job tell: whether and when it shut a copy down, and what it started from."""

from datetime import datetime

from site_recovery.records import FailedOverRecord, JobRecord, TaskRecord, last_segment, same_id

_SHUTS_DOWN = "shutdownvmon"
_ON_PRIMARY = "onprimary"
_GOES_ON = {"notstarted", "inprogress", "suspended", "cancelling"}
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
