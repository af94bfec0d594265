"""docs/worst-day.md: every command of the page is run as it stands there, in the situation that it is for."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.engine.conftest import AnyWorld
from tests.engine.process_tree import kill_session, wait_until_ended
from tests.engine.still_world import VM, Instant, StillWorld
from tests.engine.test_crashes import COMMIT, REPROTECT, UNPLANNED
from tests.engine_fixture import ROOT

pytestmark = pytest.mark.timeout(900)

PAGE = (ROOT / "docs" / "worst-day.md").read_text(encoding="utf-8")
BLOCKS = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
THERE = (UNPLANNED, COMMIT, REPROTECT)
_SLOW = 4


def test_the_page_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= 80
    assert [len(block) for block in BLOCKS] == [5, 2, 2]


def test_five_commands_take_a_vm_to_azure(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises", failover={"mode": "planned", "commit": "manual"})
    *declare, preview, up, status = BLOCKS[0]
    for line in declare:
        _typed(world, line)
    assert "CANNOT BE UNDONE" in _typed(world, preview)
    change = f"`pulumi config set --path 'site-recovery:vms[\"{VM}\"].failover.commit' automatic`"
    waiting = _typed(world, up, code=1)
    assert f"{VM} waits before commit (failover.commit: manual)" in waiting
    assert f"Next: {change}, then run `pulumi up --strict`" in waiting
    # The engine keeps the stack's outputs of before a step that waited or failed.
    stands = _typed(world, status, code=4)
    assert "the failover waits for its commit" in stands
    assert f"WAITING before commit (failover.commit: manual). To go on: {change}" in stands
    assert world.look().operations == (UNPLANNED,)
    _typed(world, f"{change.strip('`')} --stack prod")
    _typed(world, up)
    assert "runs in Azure, protected to on premises" in _typed(world, status)
    assert world.look().operations == THERE


def test_a_lock_that_was_left_behind_is_taken_away_and_the_move_goes_on(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises")
    world.declare("azure")
    _kill_at(world, Instant(UNPLANNED, "VmFailover"))
    # As slow as a real failover is to a person: it does not end between the look at it and what is done.
    world.run_at(_SLOW)
    for line in BLOCKS[1]:
        _typed(world, line)
    assert world.look().operations == THERE


def test_without_the_state_one_command_does_it_and_the_next_up_holds_and_then_adopts(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises")
    shown = _typed(world, BLOCKS[2][0])
    assert "runs on premises -> runs in Azure" in shown
    assert world.look().operations == ()
    _typed(world, BLOCKS[2][1])
    assert world.look().operations == THERE

    held = world.stack.up()
    assert f"HELD: {VM} runs in Azure, protected to on premises" in held.stdout
    world.declare("azure")
    adopted = world.stack.up()
    assert f"{VM} runs in Azure, protected to on premises already; no step is taken" in adopted.stdout
    assert world.stack.outputs(VM)["held"] == ""
    world.stack.preview("--expect-no-changes")
    assert world.look().operations == THERE


def test_a_move_that_up_began_and_a_lock_holds_is_finished_without_either(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises")
    world.declare("azure")
    _kill_at(world, Instant(UNPLANNED, "VmFailover"))
    _typed(world, BLOCKS[2][1])
    assert world.look().operations == THERE
    world.stack.pulumi("cancel", "--yes", world.stack.stack)
    world.stack.up()
    assert world.stack.outputs(VM)["stage"] == "protectedInAzure"
    assert world.look().operations == THERE


def test_what_was_begun_without_the_state_is_gone_on_with_by_the_next_up(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises", holdAfter="failover")
    waiting = _typed(world, BLOCKS[2][1], code=4)
    assert "WAITING" in waiting
    world.declare("azure")
    world.stack.up()
    assert world.look().operations == THERE


def _typed(world: StillWorld, line: str, *, code: int = 0) -> str:
    """A command of the page, with the stack of the test."""
    command = re.sub(r"\bprod\b", world.stack.stack, line.partition("   #")[0])
    stack = world.stack
    ended = subprocess.run(
        ["sh", "-c", command.replace("python -m dr", f"{sys.executable} -m dr", 1)],
        cwd=stack.directory,
        env={**stack.engine.environment, **stack.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == code, f"{command}\n{said}"
    return " ".join(said.split())


def _kill_at(world: StillWorld, instant: Instant) -> None:
    with world.stack.start_up() as process:
        world.until(instant, process)
        kill_session(process.pid)
        process.wait(timeout=60)
        wait_until_ended(process.pid)
    world.stack.mend_torn_state()
    world.run_fast()
