"""What a finished failover or failback really cost: how long no copy served, and how much was lost. Pure.

Told from the service's own jobs and recovery points, in place of the estimate that the preview showed. What they do not
tell stays unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.spans import span


@dataclass(frozen=True)
class Brought:
    """The job that brought a VM to where it is, which ended when the other copy ran.

    `shutdown` is when the running copy began to be shut down; None where it was not, or where that failed. `caught_up`
    is whether that copy's last changes were transferred. `changing` is how many seconds a change of the recovery point
    took after it, during which no copy served either.
    """

    job: str
    scenario: str
    started: datetime
    ended: datetime
    shutdown: datetime | None
    caught_up: bool
    changing: float = 0.0


@dataclass(frozen=True)
class Achieved:
    """Seconds; None is "not known". `point` is the time of the recovery point that the VM was started from."""

    job: str
    scenario: str
    outage_seconds: float
    data_loss_seconds: float | None
    point: datetime | None

    @property
    def words(self) -> str:
        """`outage 2 min, data loss none`, for a line of progress."""
        lost = "not known" if self.data_loss_seconds is None else span(self.data_loss_seconds)
        lost = "none" if self.data_loss_seconds == 0 else lost
        return f"outage {span(self.outage_seconds)}, data loss {lost}"

    def as_output(self) -> Mapping[str, Any]:
        """Plain values for the state: a handful, of the last move alone. What is not known is left out."""
        known = {
            "job": self.job,
            "scenario": self.scenario,
            "outageSeconds": round(self.outage_seconds),
            "dataLossSeconds": None if self.data_loss_seconds is None else round(self.data_loss_seconds),
            "recoveryPoint": self.point.isoformat(timespec="seconds") if self.point else None,
        }
        return {key: value for key, value in known.items() if value is not None}


def achieved(brought: Brought, point: datetime | None) -> Achieved:
    """What the move cost. `point` is the recovery point of an unplanned failover, as far as it is known.

    A source that could not be shut down counts as lost when the failover began: what it wrote after that is not told by
    anything in Azure.
    """
    stopped = brought.shutdown or brought.started
    outage = max((brought.ended - stopped).total_seconds(), 0.0) + brought.changing
    return Achieved(brought.job, brought.scenario, outage, _lost(brought, stopped, point), point)


def _lost(brought: Brought, stopped: datetime, point: datetime | None) -> float | None:
    if brought.caught_up:
        return 0.0
    return None if point is None else max((stopped - point).total_seconds(), 0.0)
