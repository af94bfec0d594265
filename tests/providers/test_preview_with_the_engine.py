"""What a person sees in `pulumi preview`, and that nothing else than that is run: with the real engine.

One stack of three VMs, in the order of the tests: each leaves the VMs where the next one takes them up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dr.exit_codes import Exit
from tests.engine.stack_under_test import VAULT, StackUnderTest, resources_changed
from tests.engine_fixture import ROOT, EngineUnderTest, engine
from tests.simulator.running import RunningSimulator

__all__ = ["engine"]

pytestmark = pytest.mark.timeout(900)
TO_AZURE = "azureToOnPremises"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    simulator = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "600")
    made = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)
    made.edit(_three_vms)
    made.up()
    yield made
    simulator.stop()


def test_an_unchanged_stack_says_in_one_line_where_each_vm_runs(stack: StackUnderTest) -> None:
    audit = f"{stack.simulator.url}/_simulator/audit"
    stack.simulator.session.delete(audit, timeout=30)
    shown = stack.preview("--expect-no-changes").stdout
    reads = stack.simulator.session.get(audit, timeout=30).json()["reads"]
    assert reads["ReplicationProtectedItems_List"] == reads["ReplicationJobs_List"] == 1, reads
    assert "RecoveryPoints_ListByReplicationProtectedItems" not in reads
    for vm in ("sql01", "app01", "web01"):
        assert shown.count(f"{vm}: runs on premises, protected to Azure") == 1


def test_two_blocked_vms_and_a_free_one_are_all_shown_and_the_free_one_can_be_moved(stack: StackUnderTest) -> None:
    stack.edit(_block_two_of_three)
    failed = stack.preview(check=False)
    assert failed.returncode != 0
    shown = failed.stdout
    assert "BLOCKED: 2 of 3 VMs cannot do what is declared" in shown
    assert "recoveryPointGone: there is no recovery point 2020-01-01T00:00:00+00:00" in shown
    assert "maxDataLoss: app01 would lose up to" in shown
    assert "Not blocked: web01" in shown
    assert "web01: runs on premises -> runs in Azure (direction azureToOnPremises): GO" in shown
    assert "web01: whether Azure supports its version of Linux is not known" in shown
    assert "CANNOT BE UNDONE: deletes all" in shown

    facts = _inputs(stack.preview_json(check=False))
    assert [blocker["code"] for blocker in facts["sql01"]["blockers"]] == ["recoveryPointGone"]
    assert [blocker["code"] for blocker in facts["app01"]["blockers"]] == ["maxDataLoss"]
    assert facts["web01"]["plan"] == ["failover", "commit", "reprotect"]
    assert (facts["web01"]["fromStage"], facts["web01"]["toStage"]) == ("protected", "protectedInAzure")
    assert facts["web01"]["irreversible"] == ["commit"]

    _coloured_like(stack, shown)

    refused = stack.up(check=False)
    assert refused.returncode != 0, "an update that skips its preview refuses by itself"
    # Neither keeps the other from being asked (PULUMI_CONTINUE_ON_ERROR): each is refused with an error of its own.
    assert refused.stdout.count("**updating failed**") == 2
    for blocked in (r"BLOCKED +recoveryPointGone: ", r"BLOCKED +maxDataLoss: app01 would lose up to"):
        assert re.search(blocked, refused.stdout)
    assert _moves(stack, "sql01") == _moves(stack, "app01") == []
    assert "`pulumi up --strict --target '**ProtectionDirection::web01'`" in shown
    _strictly(stack, "--target", "**ProtectionDirection::web01")
    assert _moves(stack, "web01") == ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]
    assert _moves(stack, "sql01") == _moves(stack, "app01") == []


def test_a_waived_blocker_stays_visible(stack: StackUnderTest) -> None:
    stack.edit(_waive_for_app01)
    shown = stack.preview().stdout
    assert "GO WITH WAIVERS: 1 of 3 VMs would move" in shown
    assert "maxDataLoss is waived until 2099-01-01 00:00 UTC (a test)" in shown


def test_the_report_is_of_the_preview_that_ran(stack: StackUnderTest) -> None:
    plan = stack.directory / "reported.json"
    done = _impact(stack, "--format", "json", "--save-plan", str(plan))
    assert done.returncode == Exit.CHANGES, done.stdout + done.stderr
    report = json.loads(done.stdout)
    Draft202012Validator(json.loads((ROOT / "docs" / "schema" / "impact.schema.json").read_text())).validate(report)
    assert report["verdict"] == "GO WITH WAIVERS"
    assert {vm["vm"]: vm["decision"] for vm in report["vms"]} == {
        "app01": "move",
        "sql01": "nothing",
        "web01": "nothing",
    }
    assert plan.is_file(), "what was reported can be run as it is"
    missing = _impact(stack, "--format", "markdown", name="nowhere")
    assert missing.returncode == Exit.USAGE
    assert "There is no stack file" in missing.stderr


def test_a_saved_plan_refuses_to_run_in_a_world_that_has_moved(stack: StackUnderTest) -> None:
    plan = stack.directory / "plan.json"
    stack.preview("--save-plan", str(plan))
    stack.fail_over_by_hand("app01")
    refused = stack.up("--plan", str(plan), check=False)
    assert refused.returncode != 0
    assert "ProtectionDirection::app01 violates plan: properties changed: " in refused.stdout
    assert _moves(stack, "app01") == ["UnplannedFailover"], "the failover by hand, and nothing of ours"


def test_a_failover_by_hand_is_adopted_and_left_to_whoever_made_it(stack: StackUnderTest) -> None:
    stack.up()
    assert resources_changed(stack.preview_json()) == {}
    assert _moves(stack, "app01") == ["UnplannedFailover"]


def test_an_approval_covers_the_move_that_was_previewed(stack: StackUnderTest) -> None:
    stack.edit(_want_approval_for_sql01)
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert "approvalMissing: sql01 has a step that cannot be undone (commit)" in shown.stdout
    digest = shown.stdout.partition("digest: ")[2].split(",")[0].strip()
    permit = {"vm": "sql01", "digest": digest, "by": "Ada", "until": "2099-01-01T00:00:00+00:00"}
    stack.edit(lambda config: config.update({"site-recovery:approvals": [permit]}))
    plan = stack.directory / "approved.json"
    assert "approved" in stack.preview("--save-plan", str(plan)).stdout
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update(holdAfter="failover"))
    held = stack.up(check=False)
    assert "WAITING" in held.stdout
    # In the middle of the move the approval still holds; it is of the move, not of what is left of it.
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].pop("holdAfter"))
    stack.up()
    assert _moves(stack, "sql01") == ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]


def test_the_way_home_tells_the_durations_of_the_vaults_own_jobs(stack: StackUnderTest) -> None:
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update(direction="onPremisesToAzure"))
    shown = stack.preview(check=False).stdout
    assert "deletes the Azure VM sql01 (resource group contoso-dr) and its disks" in shown
    assert "synchronizing before it" in shown
    facts = _inputs(stack.preview_json(check=False))["sql01"]
    assert facts["plan"] == ["synchronize", "completeFailover", "commit", "reverseReplicate"]
    assert [blocker["code"] for blocker in facts["blockers"]] == ["approvalMissing"], (
        "the way out was approved, not home"
    )


def test_a_strict_update_refuses_when_the_world_moves_between_its_preview_and_its_update(stack: StackUnderTest) -> None:
    stack.edit(_only_web01_goes_home)
    simulator = stack.simulator
    # Somebody fails the VM back by hand while the preview has just looked at it.
    meanwhile = {
        "name": "a colleague",
        "request": {"operation": "ReplicationRecoveryServicesProviders_*"},
        "when": {"once": True},
        "act": {"machine": "web01", "move": "Failback"},
    }
    answer = simulator.session.post(f"{simulator.url}/_simulator/faults", json={"faults": [meanwhile]}, timeout=30)
    assert answer.status_code < 300, answer.text
    refused = _strictly(stack, check=False)
    assert refused.returncode != 0
    assert "ProtectionDirection::web01 violates plan: properties changed: " in refused.stdout
    assert "web01: runs in Azure -> runs on premises (direction onPremisesToAzure): GO" in refused.stdout
    assert _moves(stack, "web01")[3:] == ["Failback"], "the failback by hand, and nothing of ours"


def test_both_copies_running_are_found_before_a_move_to_azure(stack: StackUnderTest) -> None:
    """The failback by hand has brought it home, and somebody turns its Azure VM on again."""
    simulator = stack.simulator
    simulator.session.delete(f"{simulator.url}/_simulator/faults", timeout=30).raise_for_status()
    _completed_by_hand(stack, "web01")
    stack.edit(lambda config: config["site-recovery:vms"]["web01"].update(direction="onPremisesToAzure"))
    stack.up()
    machine = (
        f"{simulator.subscription_path}/resourceGroups/contoso-dr/providers/Microsoft.Compute/virtualMachines/web01"
    )
    answer = simulator.arm("POST", f"{machine}/start", version="2024-07-01")
    assert answer.status_code in {200, 202}, answer.text
    stack.edit(lambda config: config["site-recovery:vms"]["web01"].update(direction=TO_AZURE))
    done = _impact(stack, "--format", "json")
    assert done.returncode == Exit.TWO_OR_NONE, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [blocker["code"] for blocker in report["blockers"]] == ["bothRunning"]
    assert report["errors"] == [], "that a move is blocked is told once"
    stack.edit(lambda config: config["site-recovery:vms"]["web01"].update(direction="onPremisesToAzure"))


def test_a_vm_that_azure_cannot_take_is_refused_before_anything_is_changed(stack: StackUnderTest) -> None:
    stack.edit(lambda config: config["site-recovery:vms"].update(legacy01={"direction": "onPremisesToAzure"}))
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    for words in ("legacy01 has a physical (pass-through) disk", "a virtual disk that is shared with another VM"):
        assert words in shown.stdout


def _coloured_like(stack: StackUnderTest, plain: str) -> None:
    """With colour the same is said, and the same is marked as good, as in need of care, and as bad."""
    coloured = stack.preview("--color", "always", check=False).stdout
    assert "\x1b[" not in plain
    assert "{%" not in plain + coloured, "no mark of the engine's is left"
    assert re.search(r"\x1b\[[0-9;]*mBLOCKED\b", coloured)
    assert re.search(r"\x1b\[[0-9;]*mGO\b", coloured)
    told = {line.strip() for line in plain.splitlines() if "BLOCKED: " in line or " -> runs in Azure (" in line}
    same = {re.sub(r"\x1b\[[0-9;]*[mGKH]", "", line).strip() for line in coloured.splitlines()}
    assert len(told) >= 4
    assert told <= same


def _strictly(stack: StackUnderTest, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = ("up", "--yes", "--strict", "--stack", stack.stack, "--suppress-progress", *arguments)
    return stack.pulumi(*command, check=check)


def _completed_by_hand(stack: StackUnderTest, vm: str) -> None:
    """Somebody completes the failback that waits; then until the item shows the VM at home."""
    simulator = stack.simulator
    for _ in range(200):
        with simulator.site_recovery() as client:
            jobs = [job.as_dict() for job in client.replication_jobs.list(*VAULT)]
        waiting = [
            job["name"]
            for job in jobs
            if job["properties"]["targetObjectName"] == vm and job["properties"]["state"] == "Suspended"
        ]
        for name in waiting:
            resume = f"{simulator.url}/_simulator/portal/jobs/{name}/resume"
            simulator.session.post(resume, json={}, timeout=30).raise_for_status()
        item = stack.item(vm)
        if item["activeLocation"] == "Primary" and item["allowedOperations"]:
            return
        time.sleep(0.1)
    raise AssertionError(item)


def _impact(stack: StackUnderTest, *arguments: str, name: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dr", "impact", "--stack", name or stack.stack, *arguments],
        cwd=stack.directory,
        env={**stack.engine.environment, **stack.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def _three_vms(config: dict[str, Any]) -> None:
    config["site-recovery:maxMoves"] = 3
    vms = config["site-recovery:vms"]
    vms["web01"] = {"direction": "onPremisesToAzure", "target": {"size": "Standard_D2s_v5", "staticIp": "10.1.0.6"}}


def _block_two_of_three(config: dict[str, Any]) -> None:
    vms = config["site-recovery:vms"]
    for vm in vms.values():
        vm["direction"] = TO_AZURE
    vms["sql01"]["failover"] = {"recoveryPoint": "2020-01-01T00:00:00+00:00"}
    vms["app01"]["failover"] = {"recoveryPoint": "latestAppConsistent"}
    vms["app01"]["maxDataLossMinutes"] = 0


def _waive_for_app01(config: dict[str, Any]) -> None:
    config["site-recovery:vms"]["sql01"]["direction"] = "onPremisesToAzure"
    waiver = {"vm": "app01", "code": "maxDataLoss", "reason": "a test", "until": "2099-01-01T00:00:00+00:00"}
    config["site-recovery:waivers"] = [waiver]


def _only_web01_goes_home(config: dict[str, Any]) -> None:
    del config["site-recovery:requireApproval"]
    config["site-recovery:vms"]["sql01"]["direction"] = TO_AZURE
    config["site-recovery:vms"]["web01"]["direction"] = "onPremisesToAzure"


def _want_approval_for_sql01(config: dict[str, Any]) -> None:
    config["site-recovery:requireApproval"] = True
    config["site-recovery:vms"]["sql01"].update(direction=TO_AZURE, failover={"recoveryPoint": "latest"})


def _inputs(preview: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        step["newState"]["inputs"]["vm"]: step["newState"]["inputs"]
        for step in preview["steps"]
        if "ProtectionDirection::" in step["urn"]
    }


def _moves(stack: StackUnderTest, vm: str) -> list[str]:
    """The scenarios of a VM's jobs since it was protected, in order."""
    return [scenario for scenario, _ in stack.job_scenarios(vm) if scenario not in _OF_PROTECTION]


_OF_PROTECTION = {"EnableDr", "IrCompletion", "UpdateVmProperties"}
