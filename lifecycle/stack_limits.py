"""What stands in the way of moves by the stack as a whole, whatever each VM's own blockers are."""

from collections.abc import Sequence

from lifecycle.blockers import Blocker, Code
from lifecycle.directions import Direction


def of_the_whole(moving: Sequence[tuple[str, Direction]], most: int) -> list[Blocker]:
    """Blockers of moves that are too many for one `up`, or go both ways.

    `moving` are the VMs that change their place and that nothing else stops, with their goals, in order: a VM that is
    blocked does not move, so it neither counts nor stands in another's way, and no more does one that only has to be
    protected again where it runs, or that waits for the stack file to be changed. Every VM past the limit is named.
    """
    found = [both_ways(vm, moving[0][0]) for vm, goal in moving[1:] if goal is not moving[0][1]]
    return found + [too_many(vm, len(moving), most) for vm, _ in moving[most:]]


def both_ways(vm: str, other: str) -> Blocker:
    """One `up` never moves VMs both ways: a site that is failed over to is not failed over from."""
    return Blocker(
        Code.BOTH_WAYS,
        vm,
        cause=f"{vm} and {other} would move in opposite directions in one `up`",
        mend="change the direction of one of them in an `up` of its own",
    )


def too_many(vm: str, moves: int, most: int) -> Blocker:
    """More VMs than the stack allows."""
    return Blocker(
        Code.TOO_MANY_MOVES,
        vm,
        cause=f"{moves} VMs would move in one `up`, and maxMoves is {most}",
        mend=f"flip fewer at a time, or allow it: `pulumi config set site-recovery:maxMoves {moves}`",
    )


def no_room(vm: str, where: str, free: int, others: int) -> Blocker:
    """A subnet without an address for one more VM. `where` names it; of its `free` addresses, `others` take all."""
    taken = f", which {others} other VMs that would move take" if free else ""
    return Blocker(
        Code.SUBNET_FULL,
        vm,
        cause=f"{where}, in which {vm} is to start, has {free or 'no'} free addresses{taken}",
        mend="write another target.subnet or give the subnet a larger prefix and run `pulumi up --strict` first, move "
        "fewer VMs, or waive this where addresses become free",
    )


def frozen(vm: str, reason: str | None) -> list[Blocker]:
    """The stack's freeze, in the way of one VM; nothing where there is none."""
    if not reason:
        return []
    return [
        Blocker(
            Code.FREEZE,
            vm,
            cause=f"all moves of this stack are frozen: {reason}",
            mend="`pulumi config rm site-recovery:freeze` when the reason is gone",
        )
    ]
