"""The steps of a move: what each does, who does it, whether it can be undone and what it deletes.

The sentences are the product's: they appear in the preview, in the reports and in the documentation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    FAILOVER = "failover"
    CHANGE_RECOVERY_POINT = "changeRecoveryPoint"
    VERIFY = "verify"
    COMMIT = "commit"
    REPROTECT = "reprotect"
    SYNCHRONIZE = "synchronize"
    COMPLETE_FAILOVER = "completeFailover"
    REVERSE_REPLICATE = "reverseReplicate"


class Actor(StrEnum):
    SERVICE = "Site Recovery"
    US = "this tool"
    PERSON = "a person"


# They set replication up where the VM runs already.
_STAYS = frozenset({Step.REPROTECT, Step.REVERSE_REPLICATE})


def changes_place(names: Iterable[str]) -> bool:
    """Whether steps of a plan, by their names, bring a VM elsewhere or make final that they did. One that runs at its
    goal, and at most waits for its site to be protected again, is no move that others would have to wait for."""
    return any(name not in _STAYS for name in names)


@dataclass(frozen=True)
class PlannedStep:
    """One step of a plan. `running` marks a step whose job the service is already at."""

    step: Step
    does: str
    actor: Actor
    reversible: bool
    deletes: str = ""
    running: bool = False
    # Taken only if the service then offers it: a vault that offers failback right after the commit needs no reprotect.
    conditional: bool = False
    # Why the move stops before this step until the stack file is changed; empty where it goes on by itself.
    waits: str = ""

    @property
    def irreversible(self) -> bool:
        return not self.reversible
