"""How long steps take: the first estimates and the limits of waiting, in seconds of the service's clock.

The estimates were measured on recorded sessions of the real service with one small VM (2017 to 2023); a vault's own
finished jobs are better and replace them where there are any. A limit ends the waiting, never the job.
"""

from lifecycle.steps import Step

# (shortest, longest) recorded.
RECORDED: dict[Step, tuple[float, float]] = {
    Step.FAILOVER: (169, 660),
    Step.CHANGE_RECOVERY_POINT: (455, 455),
    Step.COMMIT: (1, 3),
    Step.REPROTECT: (37, 169),
    Step.SYNCHRONIZE: (200, 500),
    Step.COMPLETE_FAILOVER: (122, 160),
    Step.REVERSE_REPLICATE: (37, 169),
}

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
