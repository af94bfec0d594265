"""`up --strict` and `up --plan` carry out what was previewed: all of it, and nothing else."""

from __future__ import annotations

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


def _strictly(stack: StackUnderTest) -> None:
    stack.pulumi("up", "--yes", "--strict", "--stack", stack.stack, "--suppress-progress")
