"""How many VMs one `up` may move, and that it moves them one way only.

The preview's gate says so for the whole stack; this is the same rule where the gate was skipped. One `up` is one
process, so the count lives as long as the process.
"""

import threading

from lifecycle.blockers import Blocker
from lifecycle.directions import Direction
from lifecycle.stack_limits import both_ways, too_many
from site_recovery.records import VaultId

_lock = threading.Lock()
_begun: dict[VaultId, dict[str, Direction]] = {}


def begin_move(vault: VaultId, vm: str, goal: Direction, most: int) -> Blocker | None:
    """Counts the move of a VM. A Blocker when it would be one too many, or the other way than one already begun."""
    with _lock:
        begun = _begun.setdefault(vault, {})
        others = {name: way for name, way in begun.items() if name != vm}
        against = next((name for name, way in others.items() if way is not goal), None)
        if against is not None:
            return both_ways(vm, against)
        if len(others) >= most:
            return too_many(vm, len(others) + 1, most)
        begun[vm] = goal
        return None
