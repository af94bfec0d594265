"""How long steps take: the first estimates and the limits of waiting, in seconds of the service's clock.

The estimates were measured on recorded sessions of the real service with one small VM (2017 to 2023); a vault's own
finished jobs are better and replace them where there are several. A limit ends the waiting, never the job.
"""

from lifecycle.observation import Scenario
from lifecycle.steps import Step

_UNPLANNED: tuple[float, float] = (169, 660)
# One was recorded, of 303 s. In its first 82 s, its checks, the VM still runs: that is no outage.
_PLANNED: tuple[float, float] = (221, 303)
# (shortest, longest) recorded.
_RECORDED: dict[Step, tuple[float, float]] = {
    # One was recorded, of 455 s. It starts the VM from a point, as an unplanned failover does, and spreads as that.
    Step.CHANGE_RECOVERY_POINT: _UNPLANNED,
    Step.COMMIT: (1, 3),
    Step.REPROTECT: (37, 169),
    Step.SYNCHRONIZE: (200, 500),
    Step.COMPLETE_FAILOVER: (122, 160),
    Step.REVERSE_REPLICATE: (37, 169),
}


def recorded(step: Step, scenario: str = "") -> tuple[float, float]:
    """The shortest and the longest that a step was recorded to take; a failover by what kind of job it is.

    Raises KeyError for a step that is no job of the service.
    """
    if step is Step.FAILOVER:
        return _PLANNED if scenario == Scenario.PLANNED_FAILOVER else _UNPLANNED
    return _RECORDED[step]


# Generous: a large VM copies for hours. Verification has its own limit in its own declaration.
LIMITS: dict[Step, float] = {
    Step.FAILOVER: 4 * 3600,
    Step.CHANGE_RECOVERY_POINT: 4 * 3600,
    Step.COMMIT: 1800,
    Step.REPROTECT: 12 * 3600,
    Step.SYNCHRONIZE: 48 * 3600,
    Step.COMPLETE_FAILOVER: 24 * 3600,
    Step.REVERSE_REPLICATE: 12 * 3600,
}

# How long the item may lag behind its job, and the job list behind an accepted call, before that is no longer lag.
SETTLE = 180.0
# A call of a run that was killed shows in the job list within this time. It is a second line of defence: the service
# takes no second operation on an item that is busy.
LOST_CALL = 5.0
