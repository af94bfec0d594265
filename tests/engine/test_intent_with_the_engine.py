"""Nothing moves unless it is declared: portal failovers, failed flips, reverts, holds and freezes."""

from __future__ import annotations

import re

import pytest
from ruamel.yaml import YAML

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import StackUnderTest, resources_changed

pytestmark = pytest.mark.timeout(900)


def test_a_failover_made_by_hand_is_held_through_refresh_and_up_until_it_is_declared(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.up()
    by_hand = ["UnplannedFailover"]

    assert stack.pulumi(*_DRIFT, "--stack", stack.stack).returncode == 0, "nothing has moved yet"
    stack.fail_over_by_hand("sql01")
    drifted = stack.pulumi(*_DRIFT, "--stack", stack.stack, check=False)
    assert drifted.returncode != 0
    assert '~ activeLocation   : "onPremises" => "azure"' in drifted.stdout
    assert "~ 1 to update" in drifted.stdout
    stack.refresh()
    assert stack.pulumi(*_DRIFT, "--stack", stack.stack, check=False).returncode != 0, "it is held, and still elsewhere"
    shown = stack.up()
    assert "HELD: sql01" in shown.stdout
    assert "declare direction azureToOnPremises" in shown.stdout
    assert _moves(stack) == by_hand

    stack.up("--refresh")
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update(maxDataLossMinutes=30))
    stack.up()
    assert _moves(stack) == by_hand, "an unrelated edit moves nothing"
    assert stack.outputs("sql01")["held"].startswith("sql01 runs in Azure")

    stack.flip("sql01", "azureToOnPremises")
    stack.up()
    assert _moves(stack) == by_hand, "declaring what was found adopts it without a step"
    stack.commit_by_hand("sql01")
    assert resources_changed(stack.preview_json()) == {}

    stack.flip("sql01", "onPremisesToAzure")
    stack.up()
    assert _moves(stack) == [
        "UnplannedFailover",
        "CommitFailover",
        "ReprotectReplicationGroup",
        "Failback",
        "CommitFailover",
        "ReprotectReplicationGroup",
    ]
    assert stack.outputs("sql01")["stage"] == "protected"


def test_a_line_that_takes_a_failover_over_brings_no_vm_back(new_stack: NewStack) -> None:
    stack = new_stack("--profile", "recorded")
    stack.up()
    stack.fail_over_by_hand("app01")
    found = stack.jobs("app01")[-1]
    stack.edit(
        lambda config: config["site-recovery:vms"]["app01"].update(
            takeOver=found, holdAfter="failover", failback={"commit": "automatic"}
        )
    )
    stack.up()
    assert _moves(stack, "app01") == ["UnplannedFailover"]

    # From here on the item itself, in this service, goes on to name the job that was taken over.
    stack.commit_by_hand("app01")
    stack.edit(lambda config: config["site-recovery:vms"]["app01"].pop("holdAfter"))
    for minutes in (30, 31):
        stack.edit(lambda config, m=minutes: config["site-recovery:vms"]["app01"].update(maxDataLossMinutes=m))
        assert "HELD: app01" in stack.up().stdout
    assert _moves(stack, "app01") == ["UnplannedFailover", "CommitFailover"]
    assert stack.outputs("app01")["held"].startswith("app01 runs in Azure")


def test_a_hold_lasts_as_long_as_it_is_written_and_a_reverted_flip_is_held(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.up()
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update(holdAfter="failover"))
    stack.flip("sql01", "azureToOnPremises")
    for _ in range(3):
        shown = stack.up(check=False)
        assert shown.returncode != 0
        assert "WAITING: sql01 waits before commit (holdAfter: failover)" in shown.stdout
        assert "write `holdAfter: null` for sql01 below site-recovery:vms" in shown.stdout
        assert stack.pulumi(*_DRIFT, "--stack", stack.stack).returncode == 0, "nobody but us has moved it"
        assert _moves(stack) == ["UnplannedFailover"]

    stack.flip("sql01", "onPremisesToAzure")
    stack.up()
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update(maxDataLossMinutes=30))
    stack.up()
    assert _moves(stack) == ["UnplannedFailover"], "a reverted flip and an unrelated edit move nothing"
    assert stack.outputs("sql01")["held"] != ""

    stack.flip("sql01", "azureToOnPremises")
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].pop("holdAfter"))
    stack.up()
    assert _moves(stack) == ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]
    assert resources_changed(stack.preview_json()) == {}


def test_a_freeze_blocks_moves_and_nothing_else_and_every_blocker_is_shown_at_once(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.up()
    stack.set("freeze", "quarter end")
    assert resources_changed(stack.preview_json()) == {}

    stack.flip("sql01", "azureToOnPremises")
    stack.flip("app01", "azureToOnPremises")
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert shown.stdout.count("all moves of this stack are frozen: quarter end") >= 2
    assert stack.up(check=False).returncode != 0
    assert _moves(stack) == []
    assert _moves(stack, "app01") == []


def test_no_more_vms_are_moved_than_the_stack_allows_and_one_that_waits_for_its_site_is_not_counted(
    new_stack: NewStack,
) -> None:
    stack = new_stack()
    stack.up()
    _goes_dark(stack)
    for vm in BOTH:
        stack.flip(vm, "azureToOnPremises")
    assert "maxMoves: 2 VMs would move in one `up`, and maxMoves is 1" in stack.preview(check=False).stdout
    # Refused even without a preview of the whole.
    shown = stack.up("--target", "**ProtectionDirection::*", check=False)
    assert shown.returncode != 0
    assert "maxMoves is 1" in shown.stdout
    first, second = sorted(BOTH, key=lambda vm: len(_moves(stack, vm)), reverse=True)
    assert (_moves(stack, first), _moves(stack, second)) == (["UnplannedFailover"], [])
    assert f"WAITING: {first} waits before commit (sourceOff" in shown.stdout

    # The one that waits stops at once: the engine has to begin with the other all the same.
    shown = stack.up(check=False)
    assert "maxMoves" not in shown.stdout
    for vm in BOTH:
        assert _moves(stack, vm) == ["UnplannedFailover"], "what was stated before the failover is no word about it"

    _states_what_is_asked_for(stack, shown.stdout)
    stack.set("maxMoves", "2")
    shown = stack.up(check=False)
    came = ["UnplannedFailover", "CommitFailover"]
    for vm in BOTH:
        assert f"WAITING: {vm} waits before reprotect for its site" in shown.stdout
        assert _moves(stack, vm) == came, "no reprotect is asked for in vain"
        assert stack.outputs(vm)["stage"] == "committedInAzure"

    stack.simulator.admin("PUT", "hosts/hv01/heartbeat", {"beats": True})
    stack.set("maxMoves", "1")
    stack.up()
    for vm in BOTH:
        assert _moves(stack, vm) == [*came, "ReprotectReplicationGroup"]


def _goes_dark(stack: StackUnderTest) -> None:
    stack.simulator.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    for vm in BOTH:
        stack.simulator.admin("PATCH", f"machines/{vm}", {"power": "off"})
    # Until the service holds the host for disconnected.
    stack.simulator.admin("POST", "clock/advance", {"seconds": 3600})
    stated = {"what": "sourceOff", "by": "tests", "until": "9000-01-01T00:00:00Z"}
    stack.edit(lambda config: config.update({"site-recovery:attestations": [{"vm": vm, **stated} for vm in BOTH]}))


def _states_what_is_asked_for(stack: StackUnderTest, shown: str) -> None:
    """The lines that a run prints of VMs whose failover has not shut them down, as somebody copies them."""
    asked = [YAML(typ="safe").load(line) for line in re.findall(r"write `- (\{vm: [^`]+\})`", shown)]
    lines = {line["vm"]: line for line in asked}
    assert set(lines) == set(BOTH), shown
    stack.edit(lambda config: config["site-recovery:attestations"].extend(lines.values()))


BOTH = ("sql01", "app01")
_DRIFT = ("refresh", "--preview-only", "--expect-no-changes", "--diff")


def _moves(stack: StackUnderTest, vm: str = "sql01") -> list[str]:
    return [
        scenario
        for scenario, _ in stack.job_scenarios(vm)
        if scenario not in {"EnableDr", "UpdateVmProperties", "IrCompletion"}
    ]
