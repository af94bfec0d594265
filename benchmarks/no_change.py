"""Commands on a stack of 100 VMs that has not changed, beside as many dynamic resources that do nothing.

And the preview of the same stack when all of its VMs are to be moved.
"""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.many_vms import many_vms, timed
from benchmarks.rows import Measured, row
from tests.engine.stack_under_test import StackUnderTest

VMS = 100
ROUNDS = 3
_PARALLEL = 64
_COMMANDS = {
    "preview": ("preview",),
    "refresh": ("refresh", "--yes", "--skip-preview"),
}
# The program of the stack that ours is held against: the same engine, language host and provider host.
_EMPTY = '''"""Dynamic resources that do nothing."""

import pulumi

from empty_resource import Empty

for number in range({count}):
    Empty(f"empty{{number:04d}}")
'''
_RESOURCE = """from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class EmptyProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("empty", props)


class Empty(Resource):
    def __init__(self, name):
        super().__init__(EmptyProvider(), name, {})
"""


@dataclass(frozen=True)
class Compared:
    """Wall seconds of a command on our stack and on what it is held against, the better of ROUNDS each."""

    ours: float
    against: float
    resources: int


@row("preview-100")
def preview_100() -> Measured:
    """`pulumi preview` of 100 VMs without a change. Goal: at most 1.25."""
    return _row("preview")


@row("preview-100-moving")
def preview_100_moving() -> Measured:
    """`pulumi preview` of 100 VMs that would all be failed over, beside the same without a change."""
    made = _measured().commands["moving"]
    return Measured(made.ours, "s", f"without a change: {made.against:.2f} s", made.ours / made.against)


@row("preview-100-reads")
def preview_100_reads() -> Measured:
    """What that preview reads of the service, beside the recovery points of each VM. Goal: no more than 10."""
    reads = _measured().reads
    points = reads.get(_POINTS, 0)
    besides = sum(reads.values()) - points
    return Measured(besides, "reads", f"{points} of recovery points; goal: 10", besides / 10)


@row("refresh-100")
def refresh_100() -> Measured:
    """`pulumi refresh` of 100 VMs without a change. Goal: at most 1.25."""
    return _row("refresh")


def _row(command: str) -> Measured:
    made = _measured().commands[command]
    return Measured(made.ours, "s", f"{made.resources} empty resources: {made.against:.2f} s", made.ours / made.against)


@dataclass(frozen=True)
class _Run:
    """All that one stack was measured for: its commands by name, and the reads of the preview in which all VMs move."""

    commands: dict[str, Compared]
    reads: dict[str, int]


_POINTS = "RecoveryPoints_ListByReplicationProtectedItems"


@functools.cache
def _measured() -> _Run:
    with many_vms(VMS) as vms:
        # The service is on no customer's machine: at the speed of the preparation, its own work would be measured.
        vms.run_at(1.0)
        count = _resources(vms.stack)
        with _empty_stack(vms.stack, count) as empty:
            timed(empty, "up", "--yes", "--skip-preview", parallel=_PARALLEL)
            made = {name: _compared(vms.stack, empty, arguments, count) for name, arguments in _COMMANDS.items()}
        vms.flip()
        moving = []
        for _ in range(ROUNDS):
            vms.forget_reads()
            moving.append(timed(vms.stack, "preview", parallel=_PARALLEL))
        return _Run({**made, "moving": Compared(min(moving), made["preview"].ours, count)}, vms.reads())


def _compared(ours: StackUnderTest, empty: StackUnderTest, arguments: tuple[str, ...], count: int) -> Compared:
    """What else the machine does at the moment hits both."""
    taken, against = [], []
    for _ in range(ROUNDS):
        taken.append(timed(ours, *arguments, parallel=_PARALLEL))
        against.append(timed(empty, *arguments, parallel=_PARALLEL))
    return Compared(min(taken), min(against), count)


def _resources(stack: StackUnderTest) -> int:
    """All that the program registers, its components and what it makes in Azure too: each is work for the engine."""
    exported = stack.pulumi("stack", "export", "--stack", stack.stack).stdout
    resources = json.loads(exported[exported.index("{") :])["deployment"]["resources"]
    own = ("pulumi:pulumi:Stack", "pulumi:providers:")
    return sum(not each["type"].startswith(own) for each in resources)


@contextmanager
def _empty_stack(like: StackUnderTest, count: int) -> Iterator[StackUnderTest]:
    with tempfile.TemporaryDirectory(prefix="bench-empty-") as directory:
        project = Path(directory) / "project"
        project.mkdir()
        stack = StackUnderTest(project, like.engine, like.simulator)
        (project / "__main__.py").unlink()
        (project / "__main__.py").write_text(_EMPTY.format(count=count), encoding="utf-8")
        (project / "empty_resource.py").write_text(_RESOURCE, encoding="utf-8")
        yield stack
        shutil.rmtree(project / "stacks")
