"""The operator's choices for moving one VM, as the planner and the executor need them.

The stack file's model resolves defaults and tiers and hands over plain values (`MoveOptions.from_inputs`); the defaults
here are the same and are used when a value was left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from lifecycle.steps import Step


class FailoverMode(StrEnum):
    PLANNED = "planned"
    UNPLANNED = "unplanned"


class Commit(StrEnum):
    AUTOMATIC = "automatic"
    MANUAL = "manual"
    AFTER_VERIFICATION = "afterVerification"


class DataSync(StrEnum):
    """Before: deltas are copied while the Azure VM runs. During: everything is downloaded while it is off."""

    BEFORE_FAILOVER = "beforeFailover"
    DURING_FAILOVER = "duringFailover"


class RecoveryPointChoice(StrEnum):
    LATEST = "latest"
    LATEST_PROCESSED = "latestProcessed"
    LATEST_APP_CONSISTENT = "latestAppConsistent"


@dataclass(frozen=True)
class Window:
    """Complete Failover is allowed from `opens` to `closes`, both UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class SourceOff:
    """Somebody's word that the on-premises VM is off since the failover of this job; `until` is UTC."""

    failover_job: str
    until: datetime


@dataclass(frozen=True)
class MoveOptions:
    mode: FailoverMode = FailoverMode.PLANNED
    shutdown_source: bool = True
    recovery_point: str = RecoveryPointChoice.LATEST
    change_recovery_point: str | None = None
    failover_commit: Commit = Commit.AFTER_VERIFICATION
    data_sync: DataSync = DataSync.BEFORE_FAILOVER
    completion: Commit = Commit.AUTOMATIC
    completion_window: Window | None = None
    create_on_premises_vm: bool = False
    recovery_host: str | None = None
    failback_commit: Commit = Commit.MANUAL
    hold_after: Step | None = None
    verification: tuple[Mapping[str, Any], ...] = ()
    max_data_loss_minutes: int | None = None
    take_over: str | None = None
    # What somebody states once a failover is made, and Azure cannot see. Its job's id is known to nobody before that.
    source_off: tuple[SourceOff, ...] = ()
    step_limits: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> "MoveOptions":
        """From the inputs of a direction: the keys of a VM in the stack file. Numbers may be floats.

        Raises ValueError naming the key when a value is not one of those allowed.
        """
        failover, failback = inputs.get("failover") or {}, inputs.get("failback") or {}
        completion, window = _completion(failback.get("completion", Commit.AUTOMATIC))
        hold = inputs.get("holdAfter")
        limit, off = inputs.get("maxDataLossMinutes"), inputs.get("sourceOff") or ()
        return cls(
            mode=FailoverMode(failover.get("mode", FailoverMode.PLANNED)),
            shutdown_source=bool(failover.get("shutdownSource", True)),
            recovery_point=str(failover.get("recoveryPoint", RecoveryPointChoice.LATEST)),
            change_recovery_point=failover.get("changeRecoveryPoint"),
            failover_commit=Commit(failover.get("commit", Commit.AFTER_VERIFICATION)),
            data_sync=DataSync(failback.get("dataSync", DataSync.BEFORE_FAILOVER)),
            completion=completion,
            completion_window=window,
            create_on_premises_vm=failback.get("recoveryVm", "noAction") == "create",
            recovery_host=failback.get("recoveryHost"),
            failback_commit=Commit(failback.get("commit", Commit.MANUAL)),
            hold_after=Step(hold) if hold else None,
            verification=tuple(inputs.get("verification") or ()),
            max_data_loss_minutes=None if limit is None else int(limit),
            take_over=inputs.get("takeOver"),
            source_off=tuple(SourceOff(str(each["failoverJob"]), _instant(each["until"])) for each in off),
            step_limits=dict(inputs.get("stepLimits") or {}),
        )

    def commit_of(self, *, failback: bool) -> Commit:
        """The commit that holds: after verification without any verification declared means by hand."""
        declared = self.failback_commit if failback else self.failover_commit
        if declared is Commit.AFTER_VERIFICATION and not self.verification_of(failback=failback):
            return Commit.MANUAL
        return declared

    def host_needed(self, *, failback: bool) -> str | None:
        """The name of the host that the move needs on premises; None where that is the one that the item names."""
        return self.recovery_host if failback and self.create_on_premises_vm else None

    def source_is_stated_off(self, failover_job: str, at: datetime) -> bool:
        """Whether somebody's word that this failover has left an on-premises VM that is off still holds at `at`, of the
        service's clock."""
        job = failover_job.casefold()
        return any(each.failover_job.casefold() == job and at < each.until for each in self.source_off)

    @property
    def starts_from_latest(self) -> bool:
        """Whether a failover starts the VM with everything that has arrived, and stays with that."""
        return self.recovery_point == RecoveryPointChoice.LATEST and not self.change_recovery_point

    def verification_of(self, *, failback: bool) -> tuple[Mapping[str, Any], ...]:
        """The probes to run after a failover, or after a failback: addresses often differ between the two places."""
        move = "failback" if failback else "failover"
        return tuple(probe for probe in self.verification if probe.get("after", "both") in {"both", move})


def _completion(declared: Any) -> tuple[Commit, Window | None]:
    if isinstance(declared, Mapping):
        window = declared["window"]
        return Commit.AUTOMATIC, Window(_instant(window["from"]), _instant(window["to"]))
    return Commit(declared), None


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text}: a time needs its zone, as in 2026-11-23T22:00:00+01:00")
    return at.astimezone(UTC)
