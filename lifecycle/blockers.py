"""What stands in the way of a declared move: stable codes, and one written message for each occurrence.

A blocker is collected, never thrown: a preview shows every VM's blockers at once. `docs/blockers.md` is made from
`RULES`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable: pipelines and waivers name them."""

    NOT_FOUND = "notFound"
    NOT_PROTECTED = "notProtected"
    TEST_FAILOVER_ACTIVE = "testFailoverActive"
    JOB_RUNNING = "jobRunning"
    SETTLING = "settling"
    UNFINISHED_MOVE = "unfinishedMove"
    NOT_OURS = "notOurs"
    BOTH_RUNNING = "bothRunning"
    NEITHER_RUNNING = "neitherRunning"
    UNKNOWN_STATE = "unknownState"
    UNREACHABLE = "unreachable"
    FIRST_DIRECTION = "firstDirection"
    FREEZE = "freeze"
    TOO_MANY_MOVES = "maxMoves"
    BOTH_WAYS = "bothWays"
    WINDOW_PASSED = "windowPassed"
    RECOVERY_POINT_GONE = "recoveryPointGone"
    NO_RECOVERY_POINT = "noRecoveryPoint"
    REPLICATION_UNHEALTHY = "replicationUnhealthy"
    DATA_LOSS = "maxDataLoss"
    MANAGED_DISKS = "managedDisks"
    OPERATION_NOT_OFFERED = "operationNotOffered"


@dataclass(frozen=True)
class Rule:
    """What a code means, for the documentation; `modes` are those in which it blocks."""

    meaning: str
    modes: str
    waivable: bool = False


@dataclass(frozen=True)
class Blocker:
    """One thing in the way of one VM. `cause` says what and where the VM stands, `mend` what to do."""

    code: Code
    vm: str
    cause: str
    mend: str

    @property
    def message(self) -> str:
        return f"BLOCKED {self.code}: {self.cause}. To go on: {self.mend}."

    def as_input(self) -> dict[str, str]:
        """Plain values for a resource's inputs."""
        return {"vm": self.vm, "code": self.code.value, "cause": self.cause, "mend": self.mend}
