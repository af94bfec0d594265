"""What the operator wants of a VM's protection, against which a preview warns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Targets:
    """`rpo_minutes` is None where no objective is declared: then nothing is said against the RPO."""

    rpo_minutes: int | None = None
    drill_within_days: int = 180
    long_stay_days: int = 30

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> "Targets":
        """From a VM's keys of the stack file."""
        rpo = inputs.get("rpoTargetMinutes")
        return cls(
            rpo_minutes=None if rpo is None else int(rpo),
            drill_within_days=int(inputs.get("drillWithinDays", cls.drill_within_days)),
            long_stay_days=int(inputs.get("longStayDays", cls.long_stay_days)),
        )
