"""One step, one call of the service: which, with what, and the search for it when its answer was lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from executor.enduring import Enduring
from executor.request_ids import request_id
from executor.stops import Blocked, Interrupted, StepFailed
from lifecycle.blockers import Blocker, Code
from lifecycle.observation import Observation, RecoveryPoint
from lifecycle.offered import needed_operation, operation_not_offered
from lifecycle.options import DataSync, FailoverMode, MoveOptions, RecoveryPointChoice
from lifecycle.recovery_points import chosen_point
from lifecycle.steps import Step
from site_recovery.errors import (
    BusyError,
    SiteRecoveryError,
    StillRunningError,
    ThrottledError,
    UnreachableError,
)
from site_recovery.paths import item_path
from site_recovery.records import Accepted, ItemRecord, last_segment
from site_recovery.service import SiteRecovery


@dataclass(frozen=True)
class Call:
    """A step to be asked of the service for one VM."""

    service: SiteRecovery
    item: ItemRecord
    seen: Observation
    step: Step
    options: MoveOptions
    # Of the host on which a failback may make the VM anew, if it may.
    provider_id: str | None = None

    @property
    def after(self) -> str | None:
        """The job that ended last before this call, None for a VM that was never moved."""
        return self.seen.last_move.id if self.seen.last_move else None

    @property
    def request_id(self) -> str:
        choice = self.options.change_recovery_point if self.step is Step.CHANGE_RECOVERY_POINT else None
        return request_id(self.item.id, self.step, self.after, choice)


class NotTaken(Exception):  # noqa: N818 - not an error yet
    """The service did not take a call, for a reason that passes: look anew after a while, then ask again.

    `error` is what it said, `wait_seconds` (ours) what it asked for, None where it asked for nothing. Where its answer
    was lost, the search for the job has taken long enough.
    """

    def __init__(self, error: SiteRecoveryError) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds: float | None = 0.0 if error.outcome_unknown else None
        if isinstance(error, ThrottledError):
            self.wait_seconds = error.retry_after_seconds


def send(call: Call, enduring: Enduring) -> str:
    """Asks the service for the step, once. Returns the id of the job that does it.

    When the answer is lost the job is looked for, by the id of the call. Raises NotTaken when there is none, or when
    the service cannot take the call just now: then the item is to be looked at anew, since only what it offers at that
    moment may be asked for. Raises StepFailed when the service refuses.
    """
    _check_allowed(call)
    call = replace(call, provider_id=_provider(call, enduring))
    try:
        return last_segment(_post(call).job_id)
    except SiteRecoveryError as error:
        if not error.outcome_unknown:
            raise_refused(call.seen, call.step, error)
        found = _search(call, enduring)
        if found is None:
            raise NotTaken(error) from error
        return found


def raise_refused(seen: Observation, step: Step, error: SiteRecoveryError) -> NoReturn:
    """What to raise for a call that the service certainly did not take: NotTaken or StepFailed."""
    if isinstance(error, ThrottledError | BusyError | UnreachableError):
        raise NotTaken(error) from error
    raise not_taken(seen, step, error) from error


def not_taken(seen: Observation, step: Step, error: SiteRecoveryError) -> StepFailed:
    """The service will not take a step; or has not said so, again and again."""
    if error.outcome_unknown:
        return StepFailed(
            f"{seen.vm}: the answers to the step {step} were lost again and again, and no job of it shows.\n{error}",
            "mend what it says and run `pulumi up --strict` again; the job is looked for before anything is sent",
            seen,
        )
    return StepFailed(
        f"{seen.vm}: the service did not take the step {step}.\n{error}",
        "mend what it says and run `pulumi up --strict` again; nothing has been started",
        seen,
    )


def _search(call: Call, enduring: Enduring) -> str | None:
    """The job of a call whose answer was lost, None when a complete search found none."""
    find, cancelled = call.service.watcher.find_job, enduring.cancelled
    enduring.at = call.step
    try:
        found = enduring.read(lambda: find(call.request_id, call.item, newer_than=call.after, cancelled=cancelled))
    except StillRunningError as stopped:
        raise Interrupted(
            f"{call.seen.vm}: the answer to {call.step} was lost, and the search for its job was stopped as asked",
            "run `pulumi up --strict` again: the job is looked for before anything is sent",
            call.seen,
        ) from stopped
    return found.name if found is not None else None


def _check_allowed(call: Call) -> None:
    needed = needed_operation(call.step, call.options)
    if needed is not None and not call.seen.allows(needed):
        raise Blocked((operation_not_offered(call.seen, call.step, needed),), call.seen)


def _provider(call: Call, enduring: Enduring) -> str | None:
    """The id of the provider on the host that a failback names; the host is found by its name in the VM's site."""
    if _POSTS[call.step] is not _failback or not call.options.create_on_premises_vm:
        return None
    host = call.options.host_needed(failback=True)
    if host is None:
        return call.item.recovery_services_provider_id
    site = item_path(call.item.id).fabric
    providers = enduring.read(lambda: call.service.providers(site))
    found = next((provider.id for provider in providers if provider.is_on(host)), None)
    if found is None:
        cause = f"the VM is to be made anew on {host}, and its site {site} has no host of that name"
        mend = "register the host with the site, or write another name (failback.recoveryHost)"
        raise Blocked((Blocker(Code.PROVIDER_SILENT, call.seen.vm, cause, mend),), call.seen)
    return found


def _post(call: Call) -> Accepted:
    return _POSTS[call.step](call)


def asked_point(call: Call) -> RecoveryPoint | None:
    """The recovery point that the call asks for; None where it asks for none, or lets the service make the latest.

    Raises Blocked where there is no such point (any more).
    """
    options = call.options
    if call.step is Step.FAILOVER and options.mode is FailoverMode.UNPLANNED:
        return _point(call, options.recovery_point)
    if call.step is Step.CHANGE_RECOVERY_POINT:
        # "latest" is made by processing what has arrived, which only a failover does: a change takes one that exists.
        wanted = options.change_recovery_point or RecoveryPointChoice.LATEST_PROCESSED
        return _point(call, RecoveryPointChoice.LATEST_PROCESSED if wanted == RecoveryPointChoice.LATEST else wanted)
    return None


def _failover(call: Call) -> Accepted:
    do, options = call.service.operations, call.options
    if options.mode is FailoverMode.PLANNED:
        return do.planned_failover_to_azure(call.item.id, client_request_id=call.request_id)
    point = asked_point(call)
    return do.unplanned_failover(
        call.item.id,
        shutdown_source=options.shutdown_source,
        recovery_point_id=point.id if point else None,
        client_request_id=call.request_id,
    )


def _change_recovery_point(call: Call) -> Accepted:
    point = asked_point(call)
    if point is None:
        raise ValueError(f"{call.options.change_recovery_point} names no recovery point")
    return call.service.operations.apply_recovery_point(
        call.item.id, recovery_point_id=point.id, client_request_id=call.request_id
    )


def _commit(call: Call) -> Accepted:
    return call.service.operations.commit(call.item.id, client_request_id=call.request_id)


def _reprotect(call: Call) -> Accepted:
    return call.service.operations.reprotect(
        call.item.id, direction="RecoveryToPrimary", client_request_id=call.request_id
    )


def _point(call: Call, choice: str) -> RecoveryPoint | None:
    found = chosen_point(call.seen, choice)
    if isinstance(found, Blocker):
        raise Blocked((found,), call.seen)
    return found


def _failback(call: Call) -> Accepted:
    before = call.options.data_sync is DataSync.BEFORE_FAILOVER
    return call.service.operations.failback(
        call.item.id,
        # The service's words: synchronize for (little) down time, or synchronize during the failover.
        data_sync="ForDownTime" if before else "ForSynchronization",
        recovery_vm="CreateVmIfNotFound" if call.options.create_on_premises_vm else "NoAction",
        provider_id=call.provider_id,
        client_request_id=call.request_id,
    )


def _reverse_replicate(call: Call) -> Accepted:
    item = call.item
    os_disk = next((disk for disk in item.disks if disk.kind == "OperatingSystem"), None)
    return call.service.operations.reprotect(
        item.id,
        direction="PrimaryToRecovery",
        client_request_id=call.request_id,
        storage_account_id=item.storage_account_id,
        log_storage_account_id=item.log_storage_account_id,
        hv_host_vm_id=item.vm_id,
        vm_name=item.friendly_name,
        os_type=item.system.type,
        vhd_id=os_disk.vhd_id if os_disk else None,
    )


_POSTS: dict[Step, Callable[[Call], Accepted]] = {
    Step.FAILOVER: _failover,
    Step.CHANGE_RECOVERY_POINT: _change_recovery_point,
    Step.COMMIT: _commit,
    Step.REPROTECT: _reprotect,
    Step.SYNCHRONIZE: _failback,
    # A full download has no synchronization before it: the planned failover itself is the whole step.
    Step.COMPLETE_FAILOVER: _failback,
    Step.REVERSE_REPLICATE: _reverse_replicate,
}
