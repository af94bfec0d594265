"""What a finished failover or failback really cost: how long no copy served, and how much was lost. Pure.

Told from the service's own jobs and recovery points, in place of the estimate that the preview showed. What they do not
tell stays unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.observation import FAILOVER_SCENARIOS, Scenario
from lifecycle.source_shutdown import is_shut_down, left_on
from lifecycle.spans import span


@dataclass(frozen=True)
class Brought:
    """The job that brought a VM to where it is, which ended when the other copy ran.

    `shutdown` is when the running copy began to be shut down, `off` by when it was; None where it was not, where that
    failed, or is not told. `task` is the state of a failover's task that does so, None where it has none. `changed`
    is whether the VM was changed to another recovery point after it, and `changing` how many seconds that took, during
    which no copy served either.
    """

    job: str
    scenario: str
    started: datetime
    ended: datetime
    shutdown: datetime | None = None
    off: datetime | None = None
    task: str | None = None
    changed: bool = False
    changing: float = 0.0


@dataclass(frozen=True)
class Lost:
    """`seconds` is None where it is not known. `on` says why the source may have gone on writing, so that more is lost
    than that; empty where it was shut down."""

    seconds: float | None
    on: str = ""

    @property
    def words(self) -> str:
        """`none`, `4 min`, `4 min or more, as ...`, `not known, as ...`."""
        if self.seconds == 0:
            return "none"
        much = "not known" if self.seconds is None else span(self.seconds)
        more = " or more" if self.on and self.seconds is not None else ""
        return f"{much}{more}, as {self.on}" if self.on else much


@dataclass(frozen=True)
class Achieved:
    """Seconds; None is "not known". `point` is the time of the recovery point that the VM was started from, and
    `source_shut_down` whether a failover had shut the on-premises VM down."""

    job: str
    scenario: str
    outage_seconds: float
    lost: Lost
    point: datetime | None
    source_shut_down: bool | None = None
    # The time of the failover's own point, where the VM was changed to another one since: what was told of that first
    # one holds no more.
    moved_on_from: datetime | None = None

    @property
    def data_loss_seconds(self) -> float | None:
        return self.lost.seconds

    @property
    def words(self) -> str:
        """`outage 2 min, data loss none`, for a line of progress."""
        return f"outage {span(self.outage_seconds)}, data loss {self.lost.words}"

    def as_output(self) -> Mapping[str, Any]:
        """Plain values for the state: a handful, of the last move alone. What is not known is left out."""
        known = {
            "job": self.job,
            "scenario": self.scenario,
            "outageSeconds": round(self.outage_seconds),
            "dataLossSeconds": None if self.lost.seconds is None else round(self.lost.seconds),
            "recoveryPoint": self.point.isoformat(timespec="seconds") if self.point else None,
            "sourceShutDown": self.source_shut_down,
        }
        return {key: value for key, value in known.items() if value is not None}


def achieved(brought: Brought, point: datetime | None) -> Achieved:
    """What the move cost. `point` is the recovery point that a failover started the VM from, as far as it is known."""
    stopped = brought.shutdown or brought.started
    outage = max((brought.ended - stopped).total_seconds(), 0.0) + brought.changing
    told = is_shut_down(brought.scenario, brought.task) if brought.scenario in FAILOVER_SCENARIOS else None
    return Achieved(brought.job, brought.scenario, outage, lost_by(brought, point), point, told)


def lost_by(brought: Brought, point: datetime | None) -> Lost:
    """What was written on premises and is not in the VM that the failover has started.

    A source that was shut down has written nothing since it was off, so that a point of after that has all. One that
    was not counts until the failover began, and what it wrote after that nothing in Azure tells: a point that was made
    meanwhile has not all of it either.
    """
    if brought.scenario not in FAILOVER_SCENARIOS:
        return Lost(0.0)
    if brought.scenario == Scenario.PLANNED_FAILOVER and not brought.changed:
        return Lost(0.0)
    if is_shut_down(brought.scenario, brought.task):
        off = brought.off or brought.ended
        return Lost(None if point is None else max((off - point).total_seconds(), 0.0))
    least = 0.0 if point is None else max((brought.started - point).total_seconds(), 0.0)
    return Lost(least or None, left_on(brought.task))
