"""Ctrl-C, once and twice, and limits of waiting: the move stops where it is, says so, and the next `up` goes on."""

from __future__ import annotations

import json
import signal
import time
from subprocess import Popen
from typing import Any

import pytest

from tests.engine.conftest import AnyWorld
from tests.engine.process_tree import wait_until_ended
from tests.engine.still_world import VM, At, Instant, StillWorld
from tests.engine.test_crashes import COMMIT, PLANNED, REPROTECT, RESUME, UNPLANNED

pytestmark = pytest.mark.timeout(600)

THERE = (UNPLANNED, COMMIT, REPROTECT)
HOME = (PLANNED, RESUME, COMMIT, REPROTECT)


@pytest.mark.parametrize(
    ("goal", "instant", "chain"),
    [
        ("azure", Instant(UNPLANNED, "VmFailover"), THERE),
        ("azure", Instant(COMMIT, At.SUCCEEDED), THERE),
        ("onPremises", Instant(PLANNED, "DataSyncForFailback"), HOME),
    ],
    ids=str,
)
def test_ctrl_c_stops_the_move_but_not_the_job_and_the_next_up_goes_on(
    goal: str, instant: Instant, chain: tuple[str, ...], worlds: AnyWorld
) -> None:
    world = worlds("tutorial")
    world.begin("onPremises" if goal == "azure" else "azure")
    world.declare(goal)
    # The service's clock stands: nothing but the interruption can end this `up`.
    said = _interrupted(world, instant, times=1)
    before = world.look().operations
    assert before[-1] == instant.operation
    assert "stopped" in said
    assert "as asked" in said
    assert "run `pulumi up --strict` again to go on" in said
    world.run_fast()
    assert "run `pulumi up --strict` again to go on" in _saved(world)["waiting"], "where it stands is saved"

    world.stack.up()
    assert world.look().operations == chain
    assert _saved(world)["waiting"] == ""


def test_ctrl_c_twice_ends_at_once_and_the_next_up_goes_on(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises")
    world.declare("azure")
    _interrupted(world, Instant(UNPLANNED, "VmFailover"), times=2)
    world.run_fast()
    # Whether the engine still gave its lock back depends on the moment.
    world.stack.pulumi("cancel", "--yes", world.stack.stack, check=False)
    world.stack.up()
    assert world.look().operations == THERE
    assert world.stack.outputs(VM)["stage"] == "protectedInAzure"


def test_a_limit_that_has_passed_ends_the_waiting_and_not_the_job(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises", stepLimits={"failover": 1})
    world.declare("azure", stepLimits={"failover": 1})
    world.run_at(30)
    ended = world.stack.up(check=False)
    assert ended.returncode != 0
    assert f"{VM}: in progress" in ended.stdout
    assert "is not done after 1 min" in ended.stdout
    assert "run `pulumi up --strict` again to go on waiting" in ended.stdout
    assert world.look().operations == (UNPLANNED,)
    world.run_fast()
    world.stack.up()
    assert world.look().operations == THERE


def _saved(world: StillWorld) -> dict[str, Any]:
    """The outputs of the VM's direction in the state. The program, which makes the stack's own, was interrupted too."""
    exported = world.stack.pulumi("stack", "export", "--stack", world.stack.stack).stdout
    resources = json.loads(exported[exported.index("{") :])["deployment"]["resources"]
    found: dict[str, Any] = next(
        each["outputs"] for each in resources if each["urn"].endswith(f"ProtectionDirection::{VM}")
    )
    return found


def _interrupted(world: StillWorld, instant: Instant, *, times: int) -> str:
    """What an `up` said that was interrupted at an instant, and that has ended, with all that it had started."""
    with world.stack.start_up() as process:
        world.until(instant, process)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        return _end_of(process)


def _end_of(process: Popen[str]) -> str:
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0, said
    wait_until_ended(process.pid)
    return said
