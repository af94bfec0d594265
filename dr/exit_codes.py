"""What `dr impact` and `dr status` end with: one rule for both."""

from collections.abc import Iterable
from enum import IntEnum

from lifecycle.stages import Stage


class Exit(IntEnum):
    """The codes. Pipelines depend on them."""

    NOTHING = 0
    FAILED = 1
    CHANGES = 2
    BLOCKED = 3
    WAITING = 4
    TWO_OR_NONE = 5
    # Of every command of `dr`: sysexits' EX_USAGE, as 2 would tell a pipeline of changes.
    USAGE = 64


_TWO_OR_NONE = {Stage.BOTH_RUNNING.value, Stage.NEITHER_RUNNING.value}


def meaning(stage: str, *, blocked: bool, waits: bool, changes: bool) -> Exit:
    """What one VM contributes.

    `stage` is where it stands, `blocked` whether it would move and may not, `waits` whether it is held or its very next
    step waits for the stack file to be changed, `changes` whether it would move or be protected.
    """
    if stage in _TWO_OR_NONE:
        return Exit.TWO_OR_NONE
    if blocked:
        return Exit.BLOCKED
    if waits or stage == Stage.TEST_FAILOVER.value:
        # A test failover waits for its clean-up, whatever is declared.
        return Exit.WAITING
    return Exit.CHANGES if changes else Exit.NOTHING


def worst(found: Iterable[Exit]) -> Exit:
    """Of a stack: both copies or neither running, then blocked, then failed, then waiting, then changes."""
    known = set(found)
    ranked = (Exit.TWO_OR_NONE, Exit.BLOCKED, Exit.FAILED, Exit.WAITING, Exit.CHANGES)
    return next((code for code in ranked if code in known), Exit.NOTHING)
