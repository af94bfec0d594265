"""Changing what a protected item becomes in Azure: now, or deferred to a later `up` where its stage forbids it."""

from collections.abc import Mapping
from typing import Any

from lifecycle.durations import SETTLE
from providers.item_settings import change_to, names_of
from providers.operation import Operation, Severity
from providers.progress import job_progress
from providers.properties import changed_keys
from site_recovery.errors import BusyError, JobFailedError, RefusedError, SiteRecoveryError, StillRunningError
from site_recovery.protection import ItemUpdate
from site_recovery.records import ItemRecord, last_segment, same_id
from site_recovery.service import SiteRecovery

# Jobs that end by themselves within a minute or so, ours of the last `up` among them.
_SHORT = frozenset({"UpdateVmProperties", "IrCompletion"})


def brought_in_line(
    service: SiteRecovery, operation: Operation, item: ItemRecord, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[ItemRecord, dict[str, Any]]:
    """The item and its settings after the change; those `before` it where the VM's stage makes the change wait."""
    change = change_to(before, after, item)
    if change is None:
        return item, dict(after)
    item = _settled(service, operation, item)
    why = must_wait(item)
    if not why:
        try:
            return _changed(service, operation, item, change), dict(after)
        except (RefusedError, JobFailedError) as error:
            item, why = _hindered(service, operation, item, error)
            if not why:
                raise
    keys = names_of(changed_keys(before, after, {*before, *after}))
    operation.say(Severity.WARNING, f"{item.friendly_name}: DEFERRED {keys}: {why}; a later `pulumi up` changes it")
    return item, dict(before)


def must_wait(item: ItemRecord) -> str:
    """Why the settings of the Azure VM cannot be changed now; empty if they can."""
    if item.active_location.casefold() != "primary":
        return "the VM is active in Azure, and its settings there can be changed once it is back on premises"
    if item.current_scenario is not None:
        return f"the VM is busy ({item.current_scenario.name})"
    if is_settling(item):
        return "a job of the VM has just ended, and the service does not show its result yet"
    offered = {"PlannedFailover", "UnplannedFailover"} & set(item.allowed_operations)
    if not offered and not item.protection_state.startswith("InitialReplication"):
        return f"the VM does not replicate to Azure now ({item.protection_state_description or item.protection_state})"
    return ""


def is_settling(item: ItemRecord) -> bool:
    """Whether what keeps the item from being changed passes by itself in a moment: a short job, or its lag."""
    if item.active_location.casefold() != "primary":
        return False
    if item.current_scenario is not None:
        return item.current_scenario.name in _SHORT
    return not item.allowed_operations and not item.protection_state.startswith("InitialReplication")


def _settled(service: SiteRecovery, operation: Operation, item: ItemRecord) -> ItemRecord:
    """The item once it has settled, or as it is when that takes longer than a lag does."""
    if not is_settling(item):
        return item
    try:
        seen = service.watcher.wait_for_item(
            item.id,
            until=lambda look: look is None or not is_settling(look),
            cancelled=operation.cancelled,
            timeout_seconds=SETTLE,
        )
    except StillRunningError as error:
        if error.cancelled:
            raise
        seen = service.item(item.id)
    return seen or item


def _changed(service: SiteRecovery, operation: Operation, item: ItemRecord, change: ItemUpdate) -> ItemRecord:
    changed = service.protection.update(
        item.id,
        change=change,
        on_progress=job_progress(operation, item.friendly_name),
        cancelled=operation.cancelled,
    )
    service.invalidate()
    return changed


def _hindered(
    service: SiteRecovery, operation: Operation, item: ItemRecord, error: RefusedError | JobFailedError
) -> tuple[ItemRecord, str]:
    """The item as it is now, and what of it explains the refusal and passes; empty where the refusal is for good.

    Whether an update is refused at once or by its job, in the first task, the service decides.
    """
    if isinstance(error, JobFailedError) and not _failed_at_first(error):
        return item, ""
    item = service.item(item.id) or item
    if isinstance(error, BusyError) or _has_another_job(item, error):
        return item, error.what
    item = _settled(service, operation, item)
    # While the first replication runs, the service may want it to end before any change.
    return item, must_wait(item) or (error.what if item.protection_state != "Protected" else "")


def _failed_at_first(error: JobFailedError) -> bool:
    """A check of what the job needs is its first task; what fails later has other reasons than the VM's stage."""
    return not error.job.tasks or error.job.tasks[0].state.casefold() == "failed"


def _has_another_job(item: ItemRecord, error: SiteRecoveryError) -> bool:
    scenario = item.current_scenario
    own = error.job.name if isinstance(error, JobFailedError) else None
    return scenario is not None and not same_id(last_segment(scenario.job_id or ""), own)
