"""An `up` waits for a host and for its VMs, and one that is killed while VMs are enabled is gone on with.

The tests are one story over one vault, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.engine.generated_estate import SITE, declare, names, write_inventory
from tests.engine.killed import kill_when, run_fast, run_slowly
from tests.engine.stack_under_test import StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(900)

VM01, VM02, VM03, VM04 = names(4)
ENABLED = [("EnableDr", "Succeeded"), ("IrCompletion", "Succeeded")]


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
        estate.simulator.admin("POST", "hosts", {"name": "HV-00", "virtualMachines": []})
        estate.simulator.admin("POST", "hosts/HV-00/register", {"site": SITE})
        _until_said(waiting, f"waits for the VMs to be discovered on the hosts of site {SITE}")
        assert estate.job_scenarios(VM01) == []
        estate.simulator.admin("POST", "hosts/HV-01/register", {"site": SITE})
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
    run_slowly(estate)
    with estate.start_up() as killed:
        kill_when(estate, killed, lambda: struck in estate.job_scenarios(vm))
    assert ENABLED[1] not in estate.job_scenarios(vm), "struck before the first replication had ended"
    _go_on(estate, waits_for=vm if struck[1] == "InProgress" else None)
    assert estate.outputs(vm)["stage"] == "protected"
    assert estate.job_scenarios(vm) == ENABLED, "enabled once"
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}


def test_an_enable_whose_answer_was_lost_with_its_process_is_not_made_twice(estate: StackUnderTest) -> None:
    estate.edit(lambda config: config["site-recovery:vms"].update({VM04: {"direction": "onPremisesToAzure"}}))
    rule = {"name": "lost", "request": {"operation": "ReplicationProtectedItems_Create"}, "cut": "after"}
    estate.simulator.admin("POST", "faults", {"faults": [{**rule, "when": {"once": True}}]})
    run_slowly(estate)
    with estate.start_up() as killed:
        kill_when(estate, killed, lambda: estate.job_scenarios(VM04) != [])
    _go_on(estate, waits_for=VM04)
    assert estate.job_scenarios(VM04) == ENABLED, "enabled once"
    told = estate.up().stdout
    assert "pending operations" in told, "the engine's own note of creates that it did not see end"
    estate.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", estate.stack)
    assert "pending operations" not in estate.up("--expect-no-changes").stdout


def _go_on(stack: StackUnderTest, *, waits_for: str | None) -> None:
    """The next `up`, in a service that stands still until it waits for a VM that is still being enabled."""
    stack.pulumi("cancel", "--yes", stack.stack)
    if waits_for is None:
        run_fast(stack)
        stack.up()
        return
    with stack.start_up() as going:
        _until_said(going, f"{waits_for}: its protection has begun already; waiting for it to be there")
        run_fast(stack)
        said, _ = going.communicate(timeout=300)
    assert going.returncode == 0, said


def _until_said(running: subprocess.Popen[str], text: str) -> None:
    assert running.stdout is not None
    said = ""
    for line in running.stdout:
        said += line
        if text in line:
            return
    raise AssertionError(f"it ended without saying '{text}':\n{said}")
