"""The steps of every chain, for the tables that do something to each of them: where it begins, and all that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lifecycle.directions import Direction
from lifecycle.options import MoveOptions
from tests.executor.site import AZURE, BOLD, FULL_DOWNLOAD, HOME, PLANNED


@dataclass(frozen=True)
class Step:
    """A step of a chain: where it begins, its operation, and what the whole rest of the chain asks the service for."""

    name: str
    profiles: tuple[str, ...]
    begins: str
    goal: Direction
    options: MoveOptions
    verb: str
    rest: tuple[str, ...]


BOTH, TUTORIAL, RECORDED = ("tutorial", "recorded"), ("tutorial",), ("recorded",)
CHANGE = replace(BOLD, change_recovery_point="latestAppConsistent")
OUT = ("FailoverCommit", "Reprotect")
BACK = ("PlannedFailover", "Resume", "FailoverCommit", "Reprotect")

STEPS = (
    Step("failover", TUTORIAL, "protected", AZURE, BOLD, "unplannedFailover", ("UnplannedFailover", *OUT)),
    Step("failover", RECORDED, "protected", AZURE, BOLD, "unplannedFailover", ("UnplannedFailover", OUT[0])),
    Step("planned-failover", TUTORIAL, "protected", AZURE, PLANNED, "plannedFailover", ("PlannedFailover", *OUT)),
    Step("planned-failover", RECORDED, "protected", AZURE, PLANNED, "plannedFailover", ("PlannedFailover", OUT[0])),
    Step("change", TUTORIAL, "failedOver", AZURE, CHANGE, "applyRecoveryPoint", ("ApplyRecoveryPoint", *OUT)),
    Step("change", RECORDED, "failedOver", AZURE, CHANGE, "applyRecoveryPoint", ("ApplyRecoveryPoint", OUT[0])),
    Step("commit", TUTORIAL, "failedOver", AZURE, BOLD, "failoverCommit", OUT),
    Step("commit", RECORDED, "failedOver", AZURE, BOLD, "failoverCommit", OUT[:1]),
    Step("reprotect", TUTORIAL, "committed", AZURE, BOLD, "reProtect", OUT[1:]),
    Step("synchronize", TUTORIAL, "replicatesBack", HOME, BOLD, "plannedFailover", BACK),
    Step("synchronize", RECORDED, "committed", HOME, BOLD, "plannedFailover", BACK),
    Step("complete", BOTH, "synchronized", HOME, BOLD, "resume", BACK[1:]),
    Step("full-download", TUTORIAL, "replicatesBack", HOME, FULL_DOWNLOAD, "plannedFailover", (BACK[0], *BACK[2:])),
    Step("full-download", RECORDED, "committed", HOME, FULL_DOWNLOAD, "plannedFailover", (BACK[0], *BACK[2:])),
    Step("failback-commit", BOTH, "failedBack", HOME, BOLD, "failoverCommit", BACK[2:]),
    Step("reverse-replicate", BOTH, "failbackCommitted", HOME, BOLD, "reProtect", BACK[3:]),
)
