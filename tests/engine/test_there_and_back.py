"""The main job: protect two VMs, take one to Azure and back, and take nothing down on the way out."""

from __future__ import annotations

from typing import Any

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

    # What the VM is in Azure cannot be changed while it runs there: it waits until the VM is back, and is then done.
    stack.set("vms.sql01.target.size", "Standard_D8s_v5")
    assert "sql01: size will be deferred: the VM is active in Azure" in stack.preview().stdout
    assert "DEFERRED size" in stack.up().stdout
    assert stack.outputs("sql01")["deferred"] == ["size"]

    stack.flip("sql01", "onPremisesToAzure")
    assert _inputs(stack.preview_json())["plan"] == ["synchronize", "completeFailover", "commit", "reverseReplicate"]
    stack.up()
    assert _moves(stack, "sql01") == [*TO_AZURE, *AND_BACK]
    home = stack.outputs("sql01")
    assert (home["stage"], home["deferred"]) == ("protected", ["size"])
    assert resources_changed(stack.preview_json()) == {"sql01": "update"}
    jobs = stack.job_scenarios("sql01")
    assert "DEFERRED" not in stack.up().stdout
    assert stack.job_scenarios("sql01") == [*jobs, ("UpdateVmProperties", "Succeeded")]
    assert stack.item("sql01")["providerSpecificDetails"]["recoveryAzureVMSize"] == "Standard_D8s_v5"
    assert stack.outputs("sql01")["deferred"] == []
    _shows_no_change(stack)

    assert stack.job_scenarios("app01") == PROTECTED
    before = len(_mutations(stack))
    stack.destroy()
    assert stack.item("sql01")["protectionState"] == "Protected", "forgetting stops nothing"
    assert _mutations(stack)[before:] == [], "what a protected VM rests on is not asked to go"


def test_where_failback_is_offered_after_the_commit_the_goal_is_met_without_reprotect(new_stack: NewStack) -> None:
    stack = new_stack("--profile", "recorded")
    stack.up()
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"]["target"].update(size="Standard_D8s_v5"))
    stack.flip("sql01", "azureToOnPremises")
    assert "sql01, size Standard_D8s_v5" in stack.preview().stdout, "the impact is of the VM as it will be by then"
    stack.up()
    # What the VM is to become in Azure is set before it goes there, in the same `up`.
    last = [scenario for scenario, _ in stack.job_scenarios("sql01")][-3:]
    assert last == ["UpdateVmProperties", *TO_AZURE[:2]]
    assert _in_azure(stack)["hardwareProfile"]["vmSize"] == "Standard_D8s_v5"
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


def _in_azure(stack: StackUnderTest) -> dict[str, Any]:
    """The properties of the Azure VM that sql01 has become."""
    simulator = stack.simulator
    items = simulator.session.get(f"{simulator.url}/_simulator/items", timeout=30).json()["value"]
    machine = next(item["azure"]["id"] for item in items if item["machine"] == "sql01")
    properties: dict[str, Any] = simulator.arm("GET", machine, version="2024-07-01").json()["properties"]
    return properties


def _mutations(stack: StackUnderTest) -> list[tuple[str, str]]:
    """Method and path of all that the simulated cloud was asked to change, whatever it answered, in order."""
    audit = stack.simulator.session.get(f"{stack.simulator.url}/_simulator/audit", timeout=30).json()
    return [(entry["method"], entry["path"]) for entry in audit["mutations"]]


def _shows_no_change(stack: StackUnderTest) -> None:
    assert resources_changed(stack.preview_json("--expect-no-changes")) == {}


def _inputs(preview: dict[str, object]) -> dict[str, object]:
    steps = preview["steps"]
    assert isinstance(steps, list)
    found: dict[str, object] = next(
        step["newState"]["inputs"] for step in steps if step["urn"].endswith("ProtectionDirection::sql01")
    )
    return found
