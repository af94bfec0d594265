"""What people have declared about one VM beside its own lines: waivers, attestations, approvals.

All of them run out, and are judged by the service's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Attested(StrEnum):
    """Facts on premises that Azure cannot see."""

    NO_CHECKPOINTS = "noCheckpoints"
    SOURCE_OFF = "sourceOff"


@dataclass(frozen=True)
class Waiver:
    code: str
    reason: str
    until: datetime


@dataclass(frozen=True)
class Attestation:
    what: str
    by: str
    until: datetime
    # The failover that it was made after; None of one that is about no failover.
    failover_job: str | None = None

    def is_about(self, failover_job: str | None) -> bool:
        """Whether it may be of use after the failover of this job, the last one that is known."""
        return self.failover_job is None or self.failover_job.casefold() == (failover_job or "").casefold()


@dataclass(frozen=True)
class Approval:
    digest: str
    by: str
    until: datetime


@dataclass(frozen=True)
class Permits:
    """Everything about one VM, run out or not. `at` in the methods is the service's clock."""

    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    approvals: tuple[Approval, ...] = ()
    require_approval: bool = False
    require_attestations: bool = False
    # What the VM is declared to become in Azure, as one text: it is part of what an approval approves.
    landing: str = ""

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> "Permits":
        """From plain values: the keys of the stack file, without `vm`. Raises ValueError for a time without a zone."""
        return cls(
            waivers=tuple(Waiver(each["code"], each["reason"], _until(each)) for each in _rows(inputs, "waivers")),
            attestations=tuple(
                Attestation(each["what"], each["by"], _until(each), each.get("failoverJob"))
                for each in _rows(inputs, "attestations")
            ),
            approvals=tuple(Approval(each["digest"], each["by"], _until(each)) for each in _rows(inputs, "approvals")),
            require_approval=bool(inputs.get("requireApproval", False)),
            require_attestations=bool(inputs.get("requireAttestations", False)),
            landing=str(inputs.get("landing", "")),
        )

    def waiver(self, code: str, at: datetime) -> Waiver | None:
        return next((each for each in self.waivers if each.code == code and at < each.until), None)

    def attestation(self, what: Attested, at: datetime, failover_job: str | None) -> Attestation | None:
        """The one of `what` that holds, and is not about another failover than the last one, `failover_job`."""
        held = (each for each in self.attestations if each.what == what.value and at < each.until)
        return next((each for each in held if each.is_about(failover_job)), None)

    def approval(self, digest: str, at: datetime) -> Approval | None:
        return next((each for each in self.approvals if each.digest == digest and at < each.until), None)


def _rows(inputs: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    rows = inputs.get(key)
    return rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ()


def _until(row: Mapping[str, Any]) -> datetime:
    until = datetime.fromisoformat(row["until"])
    if until.tzinfo is None:
        raise ValueError(f"{row['until']}: a time needs its zone, as in 2026-11-23T22:00:00+01:00")
    return until.astimezone(UTC)
