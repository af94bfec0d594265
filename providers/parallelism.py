"""Whether the engine can move so many VMs at the same time."""

import os

# The engine's own default.
_A_CORE = 4


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
