"""`up --strict` and `up --plan` carry out what was previewed: all of it, and nothing else."""

from __future__ import annotations

from itertools import takewhile

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import StackUnderTest, resources_changed

pytestmark = pytest.mark.timeout(900)


def test_the_first_protection_of_vms_may_be_held_to_its_plan(new_stack: NewStack) -> None:
    """What is not known in the preview, as the item to come, must not be another fact in the update."""
    stack = new_stack()
    vms = stack.read()["site-recovery:vms"]
    stack.edit(lambda config: config.update({"site-recovery:vms": {}}))
    stack.up()
    stack.edit(lambda config: config.update({"site-recovery:vms": vms}))
    _strictly(stack)
    assert stack.outputs("sql01")["stage"] == "protected"
    assert resources_changed(stack.preview_json()) == {}


def test_a_vm_that_stays_and_comes_further_by_itself_is_no_other_plan(new_stack: NewStack) -> None:
    stack = new_stack()
    # Not the subnet's first free address: the test machine below takes that one.
    stack.set("vms.sql01.target.staticIp", "10.1.0.40")
    stack.up()
    app01 = stack.item("app01")
    operations = app01["allowedOperations"]
    stack.flip("sql01", "azureToOnPremises")
    plan = stack.directory / "plan.json"
    stack.preview("--save-plan", str(plan))
    # Somebody begins a test failover of the other VM: it stands in another stage when the plan is carried out.
    body = {"vm": "app01", "operation": "TestFailover"}
    portal = f"{stack.simulator.url}/_simulator/portal"
    stack.simulator.session.post(portal, json=body, timeout=30).raise_for_status()
    stack.up("--plan", str(plan))
    assert stack.item("app01")["allowedOperations"] != operations
    assert stack.outputs("sql01")["stage"] == "protectedInAzure"

    _is_not_joined_between_preview_and_update(stack)


def _is_not_joined_between_preview_and_update(stack: StackUnderTest) -> None:
    """A plain `up` asks anew after its preview: what somebody began in the meantime is theirs, and stays theirs."""
    stack.flip("sql01", "onPremisesToAzure")
    with stack.start_up("--skip-preview=false") as process:
        assert process.stdout is not None
        previewed = "".join(takewhile(lambda line: not line.startswith("Updating ("), process.stdout))
        assert process.poll() is None, previewed
        by_hand = {"vm": "sql01", "operation": "Failback"}
        portal = f"{stack.simulator.url}/_simulator/portal"
        stack.simulator.session.post(portal, json=by_hand, timeout=30).raise_for_status()
        updated, _ = process.communicate(timeout=200)
    assert "completeFailover" in previewed
    assert process.returncode != 0, updated
    assert "which was started by somebody else" in updated
    assert "takeOver" in updated
    # Neither another failback, nor the Complete Failover of theirs.
    scenario, state = stack.job_scenarios("sql01")[-1]
    assert (scenario, state == "Succeeded") == ("Failback", False)
    assert [scenario for scenario, _ in stack.job_scenarios("sql01")].count("Failback") == 1


def _strictly(stack: StackUnderTest) -> None:
    stack.pulumi("up", "--yes", "--strict", "--stack", stack.stack, "--suppress-progress")
