"""What a person should know before a move, and what does not stop it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lifecycle.attested import asked_for, stands_in_the_way
from lifecycle.data_loss import (
    DataLoss,
    begins_failover,
    changes_recovery_point,
    is_surely_exceeded,
    is_surely_kept,
    most_lost,
)
from lifecycle.declared import Declared
from lifecycle.directions import Place
from lifecycle.observation import Observation, Operation, RecoveryPoint
from lifecycle.options import DataSync, FailoverMode, MoveOptions
from lifecycle.permits import Attested, Permits
from lifecycle.planner import SOURCE_MAY_RUN, Plan
from lifecycle.preconditions import heartbeat_in_words, rests_on_replication, rests_on_the_azure_vm, says_health_errors
from lifecycle.recovery_points import chosen_point
from lifecycle.source_shutdown import both_may_run
from lifecycle.spans import span
from lifecycle.steps import Step
from lifecycle.targets import Targets
from lifecycle.unseen import Unseen, once_each

# So many times its target is worth a word, and so many is critical.
RPO_WARNING, RPO_CRITICAL = 2, 3
SKEW_SECONDS = 60.0
_DAY = 86400.0


class Notice(StrEnum):
    """Stable: reports and pipelines name them. A blocker that only warns keeps its own code."""

    NO_TEST_FAILOVER = "noTestFailover"
    TEST_FAILOVER_OLD = "testFailoverOld"
    APP_CONSISTENT_OLDER = "appConsistentOlder"
    NO_APP_CONSISTENT = "noAppConsistent"
    LONG_STAY = "longStayInAzure"
    WINDOW_AHEAD = "completionWindowAhead"
    PLANNED_IS_POSSIBLE = "plannedIsPossible"
    RPO_ABOVE_TARGET = "rpoAboveTarget"
    UNKNOWN = "unknown"
    REPROTECT_WAITS = "reprotectWaitsForSite"
    MANAGED_DISKS = "managedDisksMayNotFailBack"
    ASK_NO_CHECKPOINTS = "stateNoCheckpoints"
    ASK_SOURCE_OFF = "stateSourceOff"
    SOURCE_LEFT_ON = "sourceNotShutDown"
    HEALTH_WARNING = "replicationWarning"
    FAILOVER_HEALTH = "failoverHealth"
    REQUIREMENT = "azureRequirement"
    CLOCK_SKEW = "clockSkew"
    HELD = "held"
    WAIVED = "waived"


NOTICES: dict[Notice, str] = {
    Notice.NO_TEST_FAILOVER: "No test failover of the VM has ever succeeded.",
    Notice.TEST_FAILOVER_OLD: "The last successful test failover is longer ago than drillWithinDays.",
    Notice.APP_CONSISTENT_OLDER: "The VM would start from a crash-consistent recovery point, and the newest "
    "application-consistent one is older than that.",
    Notice.NO_APP_CONSISTENT: "No recovery point is application-consistent.",
    Notice.LONG_STAY: "The VM has been in Azure for longer than longStayDays: a full download is advised.",
    Notice.WINDOW_AHEAD: "The time window for Complete Failover is still to come: the `up` ends WAITING before it, and "
    "has to be run again inside of it.",
    Notice.PLANNED_IS_POSSIBLE: "An unplanned failover is declared where a planned one, without loss, is possible.",
    Notice.RPO_ABOVE_TARGET: "Replication is behind by twice the target (rpoTargetMinutes), or three times: critical.",
    Notice.UNKNOWN: "Something could not be seen. It is said as unknown, never as a number.",
    Notice.REPROTECT_WAITS: "The site does not answer: reprotecting, after the commit, has to wait for it.",
    Notice.MANAGED_DISKS: "The VM has managed disks, which some vaults and older providers cannot fail back.",
    Notice.ASK_NO_CHECKPOINTS: "Nobody has stated that the on-premises VM has no checkpoints, which Azure cannot see.",
    Notice.ASK_SOURCE_OFF: "Nobody has stated that the on-premises VM is off and stays off, which Azure cannot see.",
    Notice.SOURCE_LEFT_ON: "The unplanned failover that brought the VM to Azure, or is at it, has not shut the "
    "on-premises VM down, and nobody has stated that it is off: both copies may run. Turn it off and state it; before "
    "that commit nothing, and fail nothing back.",
    Notice.FAILOVER_HEALTH: "The service calls the VM's readiness to fail over a warning, or critical.",
    Notice.HEALTH_WARNING: "The service has something to say about the VM's health.",
    Notice.REQUIREMENT: "The VM does not meet a requirement of Azure.",
    Notice.CLOCK_SKEW: "The local clock and the service's differ by more than 60 s. The service's counts.",
    Notice.HELD: "The VM stands elsewhere than was last applied, and its direction is declared as before: somebody "
    "moved it, or a flip was taken back. No step is taken, and the message says the two ways on.",
    Notice.WAIVED: "A blocker is waived: why, and until when, stands beside it.",
}


@dataclass(frozen=True)
class Warned:
    """One warning. `critical` ones stand out."""

    code: str
    text: str
    critical: bool = False


def warnings(
    seen: Observation, due: Plan, declared: Declared, loss: DataLoss, unseen: Iterable[Unseen] = ()
) -> Iterator[Warned]:
    """Everything to be said about the steps of `due` that does not stop them.

    `unseen` is what could not be read beside the observation.
    """
    options, targets, permits = declared.options, declared.targets, declared.permits
    yield from rpo(seen, targets)
    if left_on := both_may_run(seen, options):
        yield Warned(Notice.SOURCE_LEFT_ON, left_on, critical=True)
    if due.goal.runs is Place.AZURE:
        if begins_failover(due):
            yield from _drill(seen, targets)
            yield from _points(seen, options)
            yield from _unplanned(seen, options)
            yield from _unknown_host(seen, options)
            yield from _managed(seen)
            yield from _failover_health(seen)
        elif changes_recovery_point(due):
            yield from _points(seen, options)
        if loss.seconds is None and (begins_failover(due) or changes_recovery_point(due)):
            yield Warned(Notice.UNKNOWN, _unknown_loss(options, loss, seen.at), critical=True)
    else:
        yield from _long_stay(seen, due, options, targets)
        yield from _window_ahead(seen, due, options)
    yield from _unread_azure_vm(seen, due, options)
    yield from _reprotect(seen, due, options)
    yield from (Warned(Notice.UNKNOWN, each.words, critical=each.critical) for each in once_each(unseen))
    yield from _stated(seen, due, permits)
    yield from _health(seen, due)
    if abs(seen.clock_skew_seconds) > SKEW_SECONDS:
        ahead = "ahead of" if seen.clock_skew_seconds > 0 else "behind"
        text = (
            f"the service's clock is {span(abs(seen.clock_skew_seconds))} {ahead} this machine's; the service's counts"
        )
        yield Warned(Notice.CLOCK_SKEW, text)


def _unknown_loss(options: MoveOptions, loss: DataLoss, at: datetime) -> str:
    limit, most = options.max_data_loss_minutes, most_lost(loss, at)
    words = "how much would be lost is unknown"
    if loss.at_least:
        words += f", at least {span(loss.at_least)}"
    if most is not None:
        words += f", at most {span(most)}: the source has written nothing later than now"
    if limit is None or is_surely_kept(limit, loss, at) or is_surely_exceeded(limit, loss):
        return words
    return f"{words}; so the {limit} min of maxDataLossMinutes cannot be held against it"


def rpo(seen: Observation, targets: Targets) -> Iterator[Warned]:
    """How far replication is behind its target; nothing without a target, nor while nothing goes there."""
    if targets.rpo_minutes is None or not seen.replicates_to_azure:
        return
    if seen.rpo_seconds is None:
        yield Warned(Notice.UNKNOWN, f"the RPO is unknown; its target is {targets.rpo_minutes} min")
        return
    times = seen.rpo_seconds / (targets.rpo_minutes * 60)
    if times >= RPO_WARNING:
        text = (
            f"replication is {span(seen.rpo_seconds)} behind, {times:.1f} times its target of {targets.rpo_minutes} min"
        )
        yield Warned(Notice.RPO_ABOVE_TARGET, text, critical=times >= RPO_CRITICAL)


def _drill(seen: Observation, targets: Targets) -> Iterator[Warned]:
    if seen.last_test_failover is None:
        yield Warned(Notice.NO_TEST_FAILOVER, "no test failover of it has ever succeeded: nobody knows that it starts")
        return
    ago = (seen.at - seen.last_test_failover).total_seconds() / _DAY
    if ago > targets.drill_within_days:
        text = (
            f"the last successful test failover was {ago:.0f} days ago (drillWithinDays: {targets.drill_within_days})"
        )
        yield Warned(Notice.TEST_FAILOVER_OLD, text)


def _points(seen: Observation, options: MoveOptions) -> Iterator[Warned]:
    """A planned failover starts from no point, unless it goes on to another one."""
    choice = options.change_recovery_point or options.recovery_point
    points = seen.recovery_points or ()
    if not points or (options.mode is FailoverMode.PLANNED and not options.change_recovery_point):
        return
    chosen = chosen_point(seen, choice)
    # Of the latest, which the failover makes, the newest that exists tells the kind.
    started = points[0] if chosen is None else chosen
    if not isinstance(started, RecoveryPoint) or started.app_consistent:
        return
    consistent = next((point for point in points if point.app_consistent), None)
    if consistent is None:
        yield Warned(Notice.NO_APP_CONSISTENT, "no recovery point is application-consistent")
        return
    what = "the newest crash-consistent one" if chosen is None else f"the chosen one ({choice}, crash-consistent)"
    older = (started.time - consistent.time).total_seconds()
    if older > 0:
        text = (
            f"the newest application-consistent recovery point is of {consistent.time:%F %H:%M:%S} UTC, {span(older)} "
            f"older than {what}"
        )
        yield Warned(Notice.APP_CONSISTENT_OLDER, text)


def _unplanned(seen: Observation, options: MoveOptions) -> Iterator[Warned]:
    if options.mode is not FailoverMode.UNPLANNED:
        return
    if seen.provider_connected and seen.allows(Operation.PLANNED_FAILOVER):
        yield Warned(
            Notice.PLANNED_IS_POSSIBLE,
            "the host is connected: a planned failover (failover.mode: planned) would lose nothing",
        )


def _unknown_host(seen: Observation, options: MoveOptions) -> Iterator[Warned]:
    """A planned failover is blocked by it, in its own words."""
    if options.mode is FailoverMode.UNPLANNED and seen.provider_connected is None:
        yield Warned(Notice.UNKNOWN, _host_not_known(seen), critical=True)


def _host_not_known(seen: Observation) -> str:
    return Unseen(
        "whether the host is connected",
        seen.provider_unread or seen.provider_unclear or "the service does not say",
        "preview again once Azure answers, or look at the host in Azure (Site Recovery infrastructure, Hyper-V hosts)",
    ).words


def _unread_azure_vm(seen: Observation, due: Plan, options: MoveOptions) -> Iterator[Warned]:
    """Where the move is not stopped by it."""
    if not seen.azure_vm_unread or rests_on_the_azure_vm(due, options):
        return
    unseen = Unseen(
        f"whether the Azure VM of {seen.vm} runs",
        seen.azure_vm_unread,
        "let the identity read it (Microsoft.Compute/virtualMachines/read and .../instanceView/read), or look at the "
        "VM in Azure: were both copies to run, or neither, what one of them writes would be lost",
    )
    yield Warned(Notice.UNKNOWN, unseen.words, critical=True)


def _reprotect(seen: Observation, due: Plan, options: MoveOptions) -> Iterator[Warned]:
    if not _is_to_begin(Step.REPROTECT, due):
        return
    if seen.provider_connected is None and not begins_failover(due):
        yield Warned(Notice.UNKNOWN, f"{_host_not_known(seen)}. Reprotecting waits for the site", critical=True)
    if seen.provider_connected is not False:
        return
    heard = heartbeat_in_words(seen.provider_last_heartbeat, seen.at)
    waits = "reprotecting waits for the site"
    if begins_failover(due) and options.mode is FailoverMode.UNPLANNED:
        waits = f"the on-premises VM cannot be shut down{_commit_waits(due)} {waits}"
    yield Warned(Notice.REPROTECT_WAITS, f"the host does not answer ({heard}): {waits}")


def _commit_waits(due: Plan) -> str:
    if any(planned.waits == SOURCE_MAY_RUN for planned in due.steps):
        return (
            ", so the commit waits for the statement that this failover has left it off (attestation sourceOff, which "
            "the run then prints), and"
        )
    return ", and"


def _is_to_begin(step: Step, due: Plan) -> bool:
    return any(planned.step is step and not planned.running for planned in due.steps)


def _managed(seen: Observation) -> Iterator[Warned]:
    if seen.managed_disks:
        yield Warned(
            Notice.MANAGED_DISKS,
            "it has managed disks: they fail back since update 530092 (November 2025), and not with an older provider",
        )


def _stated(seen: Observation, due: Plan, permits: Permits) -> Iterator[Warned]:
    for what, words in asked_for(seen, due, permits):
        if not (permits.require_attestations and stands_in_the_way(what, due)):
            yield Warned(_ASKS[what], words)


_ASKS = {Attested.NO_CHECKPOINTS: Notice.ASK_NO_CHECKPOINTS, Attested.SOURCE_OFF: Notice.ASK_SOURCE_OFF}


def _long_stay(seen: Observation, due: Plan, options: MoveOptions, targets: Targets) -> Iterator[Warned]:
    """As long as the way in which data comes home can still be chosen."""
    if not _is_to_begin(Step.SYNCHRONIZE, due):
        return
    if seen.last_failover is None or options.data_sync is DataSync.DURING_FAILOVER:
        return
    days = (seen.at - seen.last_failover).total_seconds() / _DAY
    if days > targets.long_stay_days:
        text = (
            f"it has been in Azure for {days:.0f} days: a full download (failback.dataSync: duringFailover) is "
            "advised, as so many changes take longer to compare than to copy"
        )
        yield Warned(Notice.LONG_STAY, text)


def _window_ahead(seen: Observation, due: Plan, options: MoveOptions) -> Iterator[Warned]:
    window = options.completion_window
    if window is None or window.opens <= seen.at or not _is_to_begin(Step.COMPLETE_FAILOVER, due):
        return
    text = (
        f"the window for Complete Failover opens in {span((window.opens - seen.at).total_seconds())} "
        f"({window.opens:%F %H:%M} to {window.closes:%F %H:%M} UTC): until then the `up` ends WAITING once the data is "
        "synchronized, and has to be run again inside of the window"
    )
    yield Warned(Notice.WINDOW_AHEAD, text)


# The service's words for what is said in our own already: no test failover has succeeded.
_TOLD = {"161011"}


def _failover_health(seen: Observation) -> Iterator[Warned]:
    """The service's own word on whether the VM is ready to fail over; its reasons are passed on beside it."""
    health = seen.failover_health.casefold()
    only_the_drill = bool(seen.health_errors) and {error.code for error in seen.health_errors} <= _TOLD
    if health == "critical" or (health == "warning" and not only_the_drill):
        text = f"the service calls its readiness to fail over (failoverHealth) {health}"
        yield Warned(Notice.FAILOVER_HEALTH, text, critical=health == "critical")


def _health(seen: Observation, due: Plan) -> Iterator[Warned]:
    """What the service says of the VM, as far as no blocker says it."""
    blocked = says_health_errors(seen, due)
    # A critical one is told by its blocker, which only warns where the move may go on.
    if not blocked and seen.replication_health.casefold() == "warning" and rests_on_replication(due):
        why = "" if seen.health_errors else ", and gives no reason"
        yield Warned(Notice.HEALTH_WARNING, f"the service calls its replication (replicationHealth) warning{why}")
    for error in seen.health_errors:
        warns = error.level == "Warning"
        if error.code not in _TOLD and (warns or not blocked):
            text = f"{error.message.rstrip('.')} ({error.code})"
            yield Warned(Notice.HEALTH_WARNING, text, critical=not warns)
