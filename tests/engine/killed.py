"""Killing an engine as soon as the service has come somewhere, with nothing happening in the service from then on."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from tests.engine.process_tree import kill_session, wait_until_ended
from tests.engine.stack_under_test import StackUnderTest

# Seconds of the service in one of ours: slow enough to strike between two of its tasks.
_SLOWLY = 8
_FAST = 600
_MOST_LOOKS = 6000


def run_slowly(stack: StackUnderTest) -> None:
    stack.simulator.admin("PUT", "clock", {"manual": False, "speed": _SLOWLY})


def run_fast(stack: StackUnderTest) -> None:
    stack.simulator.admin("PUT", "clock", {"manual": False, "speed": _FAST})


def kill_when(stack: StackUnderTest, running: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """Kills a command with all that it has started, and leaves the service standing still there.

    The engine's lock stays: `pulumi cancel` takes it away. Fails when the command ends before.
    """
    for _ in range(_MOST_LOOKS):
        if reached():
            stack.simulator.admin("PUT", "clock", {"manual": True})
            kill_session(running.pid)
            running.wait(timeout=60)
            wait_until_ended(running.pid)
            stack.mend_torn_state()
            return
        if running.poll() is not None:
            raise AssertionError(f"the engine ended too soon:\n{running.communicate()[0]}")
        time.sleep(0.02)
    raise AssertionError("the service never came there")
