"""Whether the engine can move so many VMs at the same time.

The gate says so in a preview. In an `up` that skips it the gate is not reached where a direction fails, so whoever
fails says it then, once: one `up` is one process.
"""

import os
import threading

# The engine's own default.
_A_CORE = 4


class ToMove:
    """The VMs whose checks have found that they would move, of one process; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vms: set[str] = set()
        self._said = False

    def note(self, vm: str, *, moves: bool) -> None:
        """Keeps in mind what a VM's check has found."""
        with self._lock:
            (self._vms.add if moves else self._vms.discard)(vm)

    def too_few_workers(self) -> str:
        """The warning of too_few_workers() of all of them; empty once it was given."""
        with self._lock:
            few = "" if self._said else too_few_workers(len(self._vms))
            self._said = self._said or bool(few)
            return few


def too_few_workers(moves: int) -> str:
    """A warning when more VMs would move than the engine works on at once; empty when there are enough workers."""
    declared = os.environ.get("PULUMI_PARALLEL", "")
    workers = int(declared) if declared.isdigit() and int(declared) > 0 else _A_CORE * (os.cpu_count() or 1)
    if moves <= workers:
        return ""
    return (
        f"{moves} VMs would move and the engine works on {workers} at once, so some wait for others: "
        f"`export PULUMI_PARALLEL={moves}` (or --parallel {moves}) moves all of them together"
    )
