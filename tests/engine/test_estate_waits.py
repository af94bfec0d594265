"""An `up` waits for a host and for its VMs, and one that is killed while VMs are enabled is gone on with.

The tests are one story over one vault, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engine.generated_estate import SITE, declare, names, write_inventory
from tests.engine.process_tree import kill_session, wait_until_ended
from tests.engine.stack_under_test import StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(900)

VM01, VM02, VM03, VM04 = names(4)
ENABLED = [("EnableDr", "Succeeded"), ("IrCompletion", "Succeeded")]
# Seconds of the service in one of ours: slow enough to strike between two of its tasks.
_SLOWLY = 8
_MOST_LOOKS = 6000


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    """A stack of one VM that has not been brought up, and a host of four that registers on command."""
    directory = tmp_path_factory.mktemp("simulator")
    inventory = write_inventory(directory / "inventory.yaml", 4, registers=False)
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", str(inventory))
    stack = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)
    stack.edit(lambda config: declare(config, 1, wait_minutes=1440))
    yield stack
    simulator.stop()


def test_an_up_waits_for_a_host_then_for_its_vms_and_goes_on_by_itself(estate: StackUnderTest) -> None:
    with estate.start_up() as waiting:
        _until_said(waiting, f"waits for a Hyper-V host to register with site {SITE}")
        _admin(estate, "POST", "/hosts", {"name": "HV-00", "virtualMachines": []})
        _admin(estate, "POST", "/hosts/HV-00/register", {"site": SITE})
        _until_said(waiting, f"waits for the VMs to be discovered on the hosts of site {SITE}")
        assert estate.job_scenarios(VM01) == []
        _admin(estate, "POST", "/hosts/HV-01/register", {"site": SITE})
        said, _ = waiting.communicate(timeout=300)
    assert waiting.returncode == 0, said
    assert estate.outputs(VM01)["stage"] == "protected"
    assert estate.job_scenarios(VM01) == ENABLED
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}


@pytest.mark.parametrize(
    ("vm", "struck"),
    [(VM02, ("EnableDr", "InProgress")), (VM03, ("EnableDr", "Succeeded"))],
    ids=["while it is enabled", "while it first replicates"],
)
def test_an_up_that_is_killed_goes_on_with_the_vm_that_it_enabled(
    estate: StackUnderTest, vm: str, struck: tuple[str, str]
) -> None:
    estate.edit(lambda config: config["site-recovery:vms"].update({vm: {"direction": "onPremisesToAzure"}}))
    _run_slowly(estate)
    with estate.start_up() as killed:
        _strike(estate, killed, lambda: struck in estate.job_scenarios(vm))
    assert ENABLED[1] not in estate.job_scenarios(vm), "struck before the first replication had ended"
    _go_on(estate, waits_for=vm if struck[1] == "InProgress" else None)
    assert estate.outputs(vm)["stage"] == "protected"
    assert estate.job_scenarios(vm) == ENABLED, "enabled once"
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}


def test_an_enable_whose_answer_was_lost_with_its_process_is_not_made_twice(estate: StackUnderTest) -> None:
    estate.edit(lambda config: config["site-recovery:vms"].update({VM04: {"direction": "onPremisesToAzure"}}))
    rule = {"name": "lost", "request": {"operation": "ReplicationProtectedItems_Create"}, "cut": "after"}
    _admin(estate, "POST", "/faults", {"faults": [{**rule, "when": {"once": True}}]})
    _run_slowly(estate)
    with estate.start_up() as killed:
        _strike(estate, killed, lambda: estate.job_scenarios(VM04) != [])
    _go_on(estate, waits_for=VM04)
    assert estate.job_scenarios(VM04) == ENABLED, "enabled once"
    told = estate.up().stdout
    assert "pending operations" in told, "the engine's own note of creates that it did not see end"
    estate.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", estate.stack)
    assert "pending operations" not in estate.up("--expect-no-changes").stdout


def _run_slowly(stack: StackUnderTest) -> None:
    _admin(stack, "PUT", "/clock", {"manual": False, "speed": _SLOWLY})


def _go_on(stack: StackUnderTest, *, waits_for: str | None) -> None:
    """The next `up`, in a service that stands still until it waits for a VM that is still being enabled."""
    stack.pulumi("cancel", "--yes", stack.stack)
    if waits_for is None:
        _admin(stack, "PUT", "/clock", {"manual": False, "speed": 600})
        stack.up()
        return
    with stack.start_up() as going:
        _until_said(going, f"{waits_for}: its protection has begun already; waiting for it to be there")
        _admin(stack, "PUT", "/clock", {"manual": False, "speed": 600})
        said, _ = going.communicate(timeout=300)
    assert going.returncode == 0, said


def _strike(stack: StackUnderTest, running: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """Kills an `up` as soon as the service is there, in which nothing happens from then on."""
    for _ in range(_MOST_LOOKS):
        if reached():
            _admin(stack, "PUT", "/clock", {"manual": True})
            kill_session(running.pid)
            running.wait(timeout=60)
            wait_until_ended(running.pid)
            stack.mend_torn_state()
            return
        if running.poll() is not None:
            raise AssertionError(f"the engine ended too soon:\n{running.communicate()[0]}")
        time.sleep(0.02)
    raise AssertionError("the service never came there")


def _until_said(running: subprocess.Popen[str], text: str) -> None:
    assert running.stdout is not None
    said = ""
    for line in running.stdout:
        said += line
        if text in line:
            return
    raise AssertionError(f"it ended without saying '{text}':\n{said}")


def _admin(stack: StackUnderTest, method: str, path: str, body: Any = None) -> Any:
    simulator = stack.simulator
    answer = simulator.session.request(method, f"{simulator.url}/_simulator{path}", json=body, timeout=60)
    assert answer.ok, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None
