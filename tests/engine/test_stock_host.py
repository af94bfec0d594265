"""A project that does not name our provider host: the stock one serves the same lifecycle, with less comfort."""

from __future__ import annotations

import re

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import StackUnderTest, resources_changed

pytestmark = pytest.mark.timeout(900)

MISSING = "moves are made in the stock provider host"
THERE = ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]
HOME = ["Failback", "CommitFailover", "ReprotectReplicationGroup"]


def test_vms_go_there_and_back_under_the_stock_host_which_says_once_what_it_lacks(new_stack: NewStack) -> None:
    stack = new_stack()
    _without_our_host(stack)
    assert MISSING not in stack.up().stdout
    stack.set("maxMoves", "2")
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update(holdAfter="failover"))
    for vm in ("sql01", "app01"):
        stack.flip(vm, "azureToOnPremises")

    # One worker for two moves: the preview warns, and they are made one after the other.
    few = stack.preview(PULUMI_PARALLEL="1").stdout
    assert "2 VMs would move and the engine works on 1 at once" in few
    assert "export PULUMI_PARALLEL=2" in few
    held = stack.up(check=False, PULUMI_PARALLEL="1")
    assert held.returncode != 0
    told = held.stdout[held.stdout.index("Diagnostics:") :]
    assert told.count("2 VMs would move and the engine works on 1 at once") == 1, "though the gate is not reached"
    assert len(re.findall(rf"warning: {MISSING}", told)) == 1
    assert "WAITING: sql01 waits before commit (holdAfter: failover)" in held.stdout
    assert _moves(stack, "sql01") == THERE[:1]
    assert _moves(stack, "app01") == THERE

    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].pop("holdAfter"))
    stack.up()
    assert _moves(stack, "sql01") == THERE
    assert stack.outputs("sql01")["stage"] == "protectedInAzure"
    assert resources_changed(stack.preview_json("--expect-no-changes")) == {}

    stack.flip("sql01", "onPremisesToAzure")
    stack.up()
    assert _moves(stack, "sql01") == [*THERE, *HOME]
    assert _moves(stack, "app01") == THERE


def _without_our_host(stack: StackUnderTest) -> None:
    project = stack.directory / "Pulumi.yaml"
    text = project.read_text(encoding="utf-8")
    bare = re.sub(r"^plugins:\n(?:[ ]+.*\n)+", "", text, flags=re.MULTILINE)
    assert bare != text
    project.write_text(bare, encoding="utf-8")


def _moves(stack: StackUnderTest, vm: str) -> list[str]:
    return [scenario for scenario, _ in stack.job_scenarios(vm) if scenario in {*THERE, *HOME}]
