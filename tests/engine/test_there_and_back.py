"""The main job: protect two VMs, take one to Azure and back, and take nothing down on the way out."""

from __future__ import annotations

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import StackUnderTest, resources_changed

pytestmark = pytest.mark.timeout(600)

# A static address is no part of enabling: it is set right after.
PROTECTED = [("EnableDr", "Succeeded"), ("UpdateVmProperties", "Succeeded"), ("IrCompletion", "Succeeded")]
TO_AZURE = ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]
AND_BACK = ["Failback", "CommitFailover", "ReprotectReplicationGroup"]


def test_a_vm_goes_to_azure_and_back_and_the_other_stays(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.up()
    assert _moves(stack, "sql01") == []
    _shows_no_change(stack)

    stack.flip("sql01", "azureToOnPremises")
    shown = stack.preview_json()
    assert resources_changed(shown) == {"sql01": "update"}
    assert _inputs(shown)["plan"] == ["failover", "commit", "reprotect"]
    assert _inputs(shown)["irreversible"] == ["commit"]
    assert _moves(stack, "sql01") == [], "a preview moves nothing"
    assert "sql01: runs on premises -> runs in Azure (direction azureToOnPremises)" in stack.preview().stdout

    stack.up()
    assert _moves(stack, "sql01") == TO_AZURE
    assert stack.outputs("sql01")["stage"] == "protectedInAzure"
    _shows_no_change(stack)

    stack.flip("sql01", "onPremisesToAzure")
    assert _inputs(stack.preview_json())["plan"] == ["synchronize", "completeFailover", "commit", "reverseReplicate"]
    stack.up()
    assert _moves(stack, "sql01") == [*TO_AZURE, *AND_BACK]
    assert stack.outputs("sql01")["stage"] == "protected"
    _shows_no_change(stack)

    assert stack.job_scenarios("app01") == PROTECTED
    stack.destroy()
    assert stack.item("sql01")["protectionState"] == "Protected", "forgetting stops nothing"


def test_where_failback_is_offered_after_the_commit_the_goal_is_met_without_reprotect(new_stack: NewStack) -> None:
    stack = new_stack("--profile", "recorded")
    stack.up()
    stack.flip("sql01", "azureToOnPremises")
    stack.up()
    assert _moves(stack, "sql01") == TO_AZURE[:2]
    assert stack.outputs("sql01")["stageText"] == "runs in Azure, unprotected; failback is offered"
    _shows_no_change(stack)
    stack.flip("sql01", "onPremisesToAzure")
    stack.up()
    assert _moves(stack, "sql01") == [*TO_AZURE[:2], *AND_BACK]
    _shows_no_change(stack)


def _moves(stack: StackUnderTest, vm: str) -> list[str]:
    """The scenarios of a VM's jobs since it was protected; each has to have succeeded."""
    jobs = stack.job_scenarios(vm)
    assert {state for _, state in jobs} == {"Succeeded"}
    return [scenario for scenario, _ in jobs if scenario not in {name for name, _ in PROTECTED}]


def _shows_no_change(stack: StackUnderTest) -> None:
    assert resources_changed(stack.preview_json("--expect-no-changes")) == {}


def _inputs(preview: dict[str, object]) -> dict[str, object]:
    steps = preview["steps"]
    assert isinstance(steps, list)
    found: dict[str, object] = next(
        step["newState"]["inputs"] for step in steps if step["urn"].endswith("ProtectionDirection::sql01")
    )
    return found
