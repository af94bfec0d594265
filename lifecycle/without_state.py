"""What an `up` would do with a VM as far as the service alone tells: what was last applied, only the state knows.

A VM that stands elsewhere than declared is either to be moved, by a flip that is not applied yet, or held, as somebody
else moved it. Who brought it there tells the two apart, and a flip that was taken back in the middle of its move.
"""

from lifecycle.directions import Direction
from lifecycle.intent import Decision, Intent, decide, where_it_runs
from lifecycle.observation import Observation
from lifecycle.options import MoveOptions
from lifecycle.planner import is_halfway_back, plan


def likely_intent(seen: Observation, declared: Direction, options: MoveOptions, *, moved_by_others: bool) -> Intent:
    """`moved_by_others` says whether the move that brought the VM to where it is was somebody else's.

    After `dr move` it says MOVE where the state says HELD: both are ours.
    """
    due = plan(seen, declared, options)
    if due.reached:
        return Intent(Decision.NOTHING, due)
    held = is_halfway_back(due.stage, declared) or moved_by_others
    if where_it_runs(seen) is declared.runs and not moved_by_others:
        # Ours, on its way to where it is declared, or open at its end.
        held = is_halfway_back(due.stage, declared)
    return decide(seen, declared, declared if held else declared.other, options)
