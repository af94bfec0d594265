"""What fails for one VM is that VM's: it is left alone, said so of in a line, and the others move in the same `up`.

The tests are one story over one stack, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.stack_under_test import StackUnderTest
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)
TO_AZURE = "azureToOnPremises"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    simulator = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "600")
    made = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)
    made.up()
    yield made
    simulator.stop()


def test_the_direction_of_an_item_that_fails_is_left_alone_and_the_other_vm_moves(stack: StackUnderTest) -> None:
    name = stack.item("app01")["name"]

    def change(config: dict[str, Any]) -> None:
        app01, sql01 = (config["site-recovery:vms"][vm] for vm in ("app01", "sql01"))
        app01["direction"] = sql01["direction"] = TO_AZURE
        app01["target"]["tags"] = {"owner": "me"}
        sql01["target"]["size"] = "Standard_D8s_v5"
        config["site-recovery:maxMoves"] = 2

    stack.edit(change)
    _refuse(stack, "PATCH", f"*/replicationProtectedItems/{name}", 400, "BadRequest")
    shown = _failed_up(stack)
    assert "ProtectedItem app01 **updating failed**" in shown
    assert "error: app01 is left alone in this `up`: its protected item failed, or what that rests on did" in shown
    assert f"No step towards {TO_AZURE} is taken" in shown
    assert "ProtectionDirection app01 updating" not in shown
    assert "KeyError" not in shown
    assert stack.item("sql01")["providerSpecificDetails"]["recoveryAzureVMSize"] == "Standard_D8s_v5"
    assert stack.outputs("sql01")["activeLocation"] == "azure"
    assert "UnplannedFailover" not in [scenario for scenario, _ in stack.job_scenarios("app01")]


def test_a_vm_is_not_pointed_at_a_group_that_azure_refuses(stack: StackUnderTest) -> None:
    """Named in another case than it is declared in; and a new VM that rests on a network in that group."""

    def change(config: dict[str, Any]) -> None:
        config["site-recovery:resourceGroups"] = {"New-RG": {}}
        subnets = {"x": {"prefix": "10.5.0.0/24"}}
        config["site-recovery:networks"]["apart"] = {
            "addressSpace": ["10.5.0.0/16"],
            "resourceGroup": "new-rg",
            "subnets": subnets,
        }
        app01 = config["site-recovery:vms"]["app01"]
        app01["target"]["resourceGroup"] = "new-rg"
        app01["direction"] = "onPremisesToAzure"
        target = {"network": "apart", "subnet": "x"}
        config["site-recovery:vms"]["web01"] = {"direction": "onPremisesToAzure", "target": target}

    stack.simulator.admin("DELETE", "faults")
    stack.edit(change)
    _refuse(stack, "PUT", "*/resourcegroups/new-rg", 403, "RequestDisallowedByPolicy")
    shown = _failed_up(stack)
    assert "VirtualNetwork apart creat" not in shown, "it waits for its group"
    assert "web01 is left alone in this `up`: its network failed, or what that rests on did" in shown
    assert "cannot be changed" not in shown
    assert stack.item("app01")["providerSpecificDetails"]["recoveryAzureResourceGroupId"].endswith("/contoso-dr")
    assert stack.job_scenarios("web01") == []
    stack.simulator.admin("DELETE", "faults")
    stack.up()
    assert stack.item("app01")["providerSpecificDetails"]["recoveryAzureResourceGroupId"].endswith("/new-rg")
    assert stack.outputs("web01")["stage"] == "protected"


def _failed_up(stack: StackUnderTest) -> str:
    done = stack.up(check=False)
    assert done.returncode != 0
    return done.stdout


def _refuse(stack: StackUnderTest, method: str, path: str, status: int, code: str) -> None:
    answer = {"status": status, "code": code, "message": "It is refused."}
    rule = {"name": "no", "request": {"method": method, "path": path}, "answer": answer}
    stack.simulator.admin("POST", "faults", {"faults": [rule]})
