"""A simulated service whose clock a test moves by hand, so that the engine is struck at one exact instant of a move.

While the test looks, nothing happens in the service: "the commit is accepted and not yet done" lasts for as long as it
takes to kill a process. Between tests the world and the stack's state go back to how they were, which takes a second.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.engine.stack_under_test import StackUnderTest

VM = "sql01"
FAST = 600

# In seconds of the service: how far the clock goes between two looks, before the operation and once it is accepted.
_STRIDE = 2.0
_FINE = 0.25
_PAUSE = 0.01
_MOST_LOOKS = 6000

_MOVES = {
    "ReplicationProtectedItems_UnplannedFailover": "unplannedFailover",
    "ReplicationProtectedItems_PlannedFailover": "plannedFailover",
    "ReplicationProtectedItems_ApplyRecoveryPoint": "applyRecoveryPoint",
    "ReplicationProtectedItems_FailoverCommit": "failoverCommit",
    "ReplicationProtectedItems_Reprotect": "reProtect",
    "ReplicationJobs_Resume": "resume",
}


class At(StrEnum):
    """Where in an operation: besides these, the name of a task that the service is at."""

    ACCEPTED = "accepted"
    SUSPENDED = "Suspended"
    SUCCEEDED = "Succeeded"


@dataclass(frozen=True)
class Instant:
    """An instant of a move: `operation` is the last segment of its request (as in `Look.operations`), empty for the
    time before any; `at` is one of At, or a task's name.
    """

    operation: str
    at: str = At.ACCEPTED

    def __str__(self) -> str:
        return f"{self.operation or 'before anything'}-{self.at}"


@dataclass(frozen=True)
class Look:
    """What the service truly did since the world was taken back: operations in order, reads, and the last one's job."""

    operations: tuple[str, ...]
    read: bool
    job_state: str
    task: str

    def shows(self, instant: Instant) -> bool:
        if not instant.operation:
            return self.read and not self.operations
        if not self.operations or self.operations[-1] != instant.operation:
            return False
        return instant.at in {At.ACCEPTED.value, self.job_state, self.task}


class StillWorld:
    """One stack of one VM, its simulator, and both kept as they were at the start of either direction."""

    def __init__(self, stack: StackUnderTest, keep: Path) -> None:
        self.stack = stack
        self._keep = keep
        stack.edit(lambda config: config["site-recovery:vms"].pop("app01"))
        stack.up()
        self._save("onPremises")
        stack.flip(VM, "azureToOnPremises")
        stack.up()
        self._save("azure")

    def begin(self, where: str, **settings: Any) -> None:
        """Everything as it was when the VM was protected `where` (onPremises, azure); `settings` are the VM's own."""
        self._admin("POST", f"/snapshots/{where}/restore")
        self.run_fast()
        self._admin("DELETE", "/audit")
        self._admin("DELETE", "/faults")
        # A case that failed may have left its lock, or a torn state, which is no reason for the next to fail.
        self.stack.mend_torn_state()
        self.stack.pulumi("cancel", "--yes", self.stack.stack, check=False)
        self.stack.pulumi("stack", "import", "--file", str(self._keep / where), "--stack", self.stack.stack)
        self.declare(where, **settings)

    def declare(self, where: str, **settings: Any) -> None:
        """Declares that the VM runs `where`, without a command: the file is edited."""
        direction = {"azure": "azureToOnPremises", "onPremises": "onPremisesToAzure"}[where]

        def change(config: Any) -> None:
            target = config["site-recovery:vms"][VM]["target"]
            config["site-recovery:vms"][VM] = {"direction": direction, "target": target, **settings}

        self.stack.edit(change)

    def until(self, instant: Instant, running: subprocess.Popen[str]) -> None:
        """Moves the clock until the service is at the instant, and leaves it standing there. `running` is the `up`."""
        self._admin("PUT", "/clock", {"manual": True})
        for _ in range(_MOST_LOOKS):
            look = self.look()
            if look.shows(instant):
                return
            if running.poll() is not None:
                said = running.communicate()[0]
                raise AssertionError(f"the engine ended before {instant}; the service did {look}; it said:\n{said}")
            begun = instant.operation in look.operations
            self._admin("POST", "/clock/advance", {"seconds": _FINE if begun else _STRIDE})
            time.sleep(_PAUSE)
        raise AssertionError(f"never came to {instant}; the service did {self.look()}")

    def run_fast(self) -> None:
        """The clock runs by itself again."""
        self.run_at(FAST)

    def run_at(self, speed: float) -> None:
        """Seconds of the service in one of ours."""
        self._admin("PUT", "/clock", {"manual": False, "speed": speed})

    def look(self) -> Look:
        audit = self._admin("GET", "/audit")
        moves = [entry for entry in audit["mutations"] if entry["operation"] in _MOVES]
        # A resume starts no job of its own: it is the failback's that goes on.
        job = next((entry["job"] for entry in reversed(moves) if not entry["operation"].endswith("_Resume")), "")
        state, task = self._job(job) if job else ("", "")
        operations = tuple(_MOVES[entry["operation"]] for entry in moves)
        return Look(operations, "ReplicationJobs_List" in audit["reads"], state, task)

    def fail(self, rule: dict[str, Any]) -> None:
        """Declares one fault rule of the simulator."""
        self._admin("POST", "/faults", {"faults": [rule]})

    def _job(self, name: str) -> tuple[str, str]:
        job = self._admin("GET", f"/jobs/{name}")["properties"]
        running = [task["name"] for task in job["tasks"] if task["state"] in {"InProgress", "Suspended"}]
        return str(job["state"]), (running[0] if running else "")

    def _save(self, where: str) -> None:
        self._admin("PUT", f"/snapshots/{where}")
        self.stack.pulumi("stack", "export", "--file", str(self._keep / where), "--stack", self.stack.stack)

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        simulator = self.stack.simulator
        answer = simulator.session.request(method, f"{simulator.url}/_simulator{path}", json=body, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None
