"""What has to hold before a move is begun, beyond what the planner needs to know the steps.

Everything that does not hold is found, whatever the kind of move; the rule of its code then says whether it stops that
kind or only warns. Once a failover has begun its conditions are past: its commit is not held up by a silent host. The
commit of a failback is: it deletes the copy in Azure, which is the last one where the host is lost.
"""

from collections.abc import Iterator
from datetime import datetime

from lifecycle.blockers import Blocker, Code
from lifecycle.data_loss import DataLoss, begins_failover, changes_recovery_point, is_surely_exceeded, is_surely_kept
from lifecycle.directions import Place
from lifecycle.observation import Observation, Operation
from lifecycle.offered import next_not_offered
from lifecycle.options import FailoverMode, MoveOptions
from lifecycle.planner import Plan
from lifecycle.recovery_points import chosen_point
from lifecycle.spans import span
from lifecycle.stages import Stage
from lifecycle.steps import Step

_CRITICAL = "critical"


def preconditions(seen: Observation, due: Plan, options: MoveOptions, loss: DataLoss) -> Iterator[Blocker]:
    """Everything that speaks against the steps of `due` at this moment."""
    not_offered = next_not_offered(seen, due, options)
    if not_offered is not None and not due.blockers:
        yield not_offered
    if rests_on_the_azure_vm(due, options):
        yield from _azure_vm(seen)
    if due.goal.runs is Place.AZURE:
        if begins_failover(due):
            yield from _health(seen, due)
            if options.mode is FailoverMode.PLANNED:
                why = "a planned failover shuts the VM down there first"
                yield from _provider(seen, why, "; if the site is lost, write failover.mode: unplanned")
            # Until it replicates again it has no point: its failover is judged anew once it is the next step.
            if due.steps[0].step is not Step.REVERSE_REPLICATE:
                yield from _point_and_loss(seen, (options.recovery_point, options.change_recovery_point), options, loss)
            yield from _landing(seen)
        elif changes_recovery_point(due):
            # The point of the failover has been used, and may be gone.
            yield from _point_and_loss(seen, (options.change_recovery_point,), options, loss)
        return
    # Once the Azure VM is being shut down for it, the rest of a failback is past its conditions, and its window.
    if due.stage is not Stage.COMPLETING_FAILBACK and {Step.SYNCHRONIZE, Step.COMPLETE_FAILOVER} & _steps(due):
        yield from _health(seen, due)
        yield from _provider(seen, "the VM is to be failed back to it", "; until then it goes on running in Azure")
        yield from _window(seen, options)
        yield from _managed_disks(seen, due)
    else:
        yield from _end_of_a_failback(seen, due)


def rests_on_the_azure_vm(due: Plan, options: MoveOptions) -> bool:
    """Whether the move may only begin where it is known which copies run: a planned one, or one that goes home.

    An unplanned failover goes without: a VM of an earlier failover that cannot be read is no reason to stay in a site
    that is lost.
    """
    if due.goal.runs is Place.ON_PREMISES:
        return any(not planned.running for planned in due.steps)
    return begins_failover(due) and options.mode is FailoverMode.PLANNED


def _azure_vm(seen: Observation) -> Iterator[Blocker]:
    if seen.azure_vm_unread:
        yield Blocker(
            Code.AZURE_VM_NOT_SEEN,
            seen.vm,
            cause=f"whether the Azure VM of {seen.vm} runs is not known ({seen.azure_vm_unread}): if both copies run, "
            "or neither, what one of them has written would be lost",
            mend="see that Azure answers and that the identity may read the VM (Microsoft.Compute/virtualMachines/read "
            "and .../instanceView/read), then preview again; or look at the VM in Azure, and waive this",
        )


def _steps(due: Plan) -> set[Step]:
    return {planned.step for planned in due.steps}


def _end_of_a_failback(seen: Observation, due: Plan) -> Iterator[Blocker]:
    """The VM is on premises again: what is left needs its host alive."""
    to_begin = {planned.step for planned in due.steps if not planned.running}
    if Step.COMMIT in to_begin:
        why = "the commit deletes the Azure VM and its disks, which are all that is left if the site is lost"
        otherwise = (
            ", or waive this where somebody has seen the on-premises VM run with all its data; if the site is lost, do "
            "NOT commit: start the Azure VM in Azure, it is the safety copy"
        )
        yield from _provider(seen, why, otherwise, Code.COMMIT_WITHOUT_HOST)
    elif Step.REVERSE_REPLICATE in to_begin:
        yield from _provider(seen, "replicating to Azure again starts on it", "")


def says_health_errors(seen: Observation, due: Plan) -> bool:
    """Whether what the service calls wrong with the VM stands in the way of what is to begin, and is told there."""
    wrong = seen.allows(Operation.REPAIR_REPLICATION) or seen.replication_health.casefold() == _CRITICAL
    return wrong and rests_on_replication(due)


def rests_on_replication(due: Plan) -> bool:
    """Whether a failover or a failback is still to begin, which brings what was replicated."""
    if due.goal.runs is Place.AZURE:
        return begins_failover(due)
    to_home = bool({Step.SYNCHRONIZE, Step.COMPLETE_FAILOVER} & _steps(due))
    return to_home and not any(planned.running for planned in due.steps)


def _health(seen: Observation, due: Plan) -> Iterator[Blocker]:
    if not says_health_errors(seen, due):
        return
    errors = "; ".join(f"{error.message} ({error.code})" for error in seen.health_errors if error.level != "Warning")
    counts = seen.rpo_seconds is not None and seen.replicates_to_azure
    behind = f", {span(seen.rpo_seconds or 0)} behind" if counts else ""
    if seen.allows(Operation.REPAIR_REPLICATION):
        yield Blocker(
            Code.RESYNCHRONIZATION,
            seen.vm,
            cause=f"{seen.vm} has to be resynchronized before its replica is true again{behind}"
            + (f": {errors}" if errors else ""),
            mend="resynchronize it in Azure (Replicated items, the VM, Resynchronize) and wait until it is healthy",
        )
    else:
        yield Blocker(
            Code.REPLICATION_UNHEALTHY,
            seen.vm,
            cause=f"the replication of {seen.vm} is critical{behind}" + (f": {errors}" if errors else ""),
            mend="mend what the service says, or waive this if what is in Azure is good enough",
        )


def _provider(seen: Observation, why: str, otherwise: str, code: Code = Code.PROVIDER_SILENT) -> Iterator[Blocker]:
    if seen.provider_connected:
        return
    heard = heartbeat_in_words(seen.provider_last_heartbeat, seen.at)
    if seen.provider_connected is False:
        what = f"is not connected ({heard})"
    else:
        what = f"is not known to be connected ({_not_known(seen)})"
    yield Blocker(
        code,
        seen.vm,
        cause=f"the provider on the host of {seen.vm} {what}, and {why}",
        mend=f"bring the host back, and see that its Site Recovery provider runs{otherwise}",
    )


def _not_known(seen: Observation) -> str:
    """Why it is not known whether the host is connected."""
    unread = f"Azure could not be asked about its host: {seen.provider_unread}" if seen.provider_unread else ""
    return unread or seen.provider_unclear or "the service does not say"


def heartbeat_in_words(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "its last heartbeat is not known"
    return f"last heartbeat {at:%F %H:%M:%S} UTC, {span(max((now - at).total_seconds(), 0.0))} ago"


def _point_and_loss(
    seen: Observation, choices: tuple[str | None, ...], options: MoveOptions, loss: DataLoss
) -> Iterator[Blocker]:
    """Without a point to start from nothing is to be said of what it would lose."""
    missing = tuple(_recovery_points(seen, choices))
    yield from missing or _data_loss(seen, options, loss)


def _recovery_points(seen: Observation, choices: tuple[str | None, ...]) -> Iterator[Blocker]:
    if not seen.recovery_points:
        said = "has no recovery point" if seen.recovery_points is not None else "could not be asked for recovery points"
        yield Blocker(
            Code.NO_RECOVERY_POINT,
            seen.vm,
            cause=f"{seen.vm} {said}, so there is nothing to start it from in Azure",
            mend="wait for the first recovery point, and see that the VM replicates",
        )
        return
    for choice in filter(None, choices):
        found = chosen_point(seen, choice)
        if isinstance(found, Blocker):
            yield found


def _data_loss(seen: Observation, options: MoveOptions, loss: DataLoss) -> Iterator[Blocker]:
    most = options.max_data_loss_minutes
    if most is None:
        return
    unknown = loss.seconds is None and not is_surely_kept(most, loss, seen.at)
    exceeded = is_surely_exceeded(most, loss)
    if unknown and not exceeded and not _only_the_site_knows(seen):
        why = _not_known(seen) if seen.provider_connected is None else loss.words
        yield Blocker(
            Code.DATA_LOSS_UNKNOWN,
            seen.vm,
            cause=f"whether {seen.vm} would lose more than the {most} min of maxDataLossMinutes is not known ({why})",
            mend="see that it can be told, and preview again; if it stays so and the VM has to move, waive this",
        )
    if not exceeded and (loss.seconds is None or loss.seconds <= most * 60):
        return
    yield Blocker(
        Code.DATA_LOSS,
        seen.vm,
        cause=f"{seen.vm} would lose {loss.words}; maxDataLossMinutes allows {most} min",
        mend="choose a later recovery point, raise maxDataLossMinutes, or waive this",
    )


def _only_the_site_knows(seen: Observation) -> bool:
    """Whether Azure has answered, and what it cannot tell is the site's to tell: that it is silent stops nothing.

    Who could not ask Azure itself asks again: while a limit is to be kept, that stops.
    """
    return seen.provider_connected is False or bool(seen.provider_unclear)


def _landing(seen: Observation) -> Iterator[Blocker]:
    landing = seen.landing
    if landing is None:
        return
    if not landing.network_id:
        yield Blocker(
            Code.MISSING_NETWORK,
            seen.vm,
            cause=f"{seen.vm} has no network in Azure: it would start there without an address",
            mend="write target.network and target.subnet for it, and run `pulumi up --strict` before the failover",
        )
    if landing.managed_disks is False and not landing.storage_account_id:
        yield Blocker(
            Code.MISSING_STORAGE,
            seen.vm,
            cause=f"{seen.vm} has neither managed disks nor a storage account to keep its disks in",
            mend="write target.storageAccount for it; this means protecting it anew",
        )


def _window(seen: Observation, options: MoveOptions) -> Iterator[Blocker]:
    window = options.completion_window
    if window is not None and window.closes <= seen.at:
        yield Blocker(
            Code.WINDOW_PASSED,
            seen.vm,
            cause=f"the window for completing the failback of {seen.vm} closed at {window.closes:%F %H:%M} UTC, "
            f"and it is {seen.at:%F %H:%M} UTC",
            mend="write a window that is still to come, or failback.completion: automatic",
        )


# A vault that wants a VM reprotected before it fails back is of the service that refuses managed disks there.
_WANTS_REPROTECT = {Stage.COMMITTED_IN_AZURE, Stage.REPROTECTING, Stage.PROTECTED_IN_AZURE}


def _managed_disks(seen: Observation, due: Plan) -> Iterator[Blocker]:
    if seen.managed_disks and due.stage in _WANTS_REPROTECT:
        yield Blocker(
            Code.MANAGED_DISKS,
            seen.vm,
            cause=f"{seen.vm} has managed disks, and its vault wants VMs reprotected before they fail back: such a "
            "vault refuses to fail managed disks back",
            mend="update the provider on the host and look whether Failback is then offered straight away, or bring "
            "the data home by other means",
        )
