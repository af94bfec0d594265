"""What stops a move stops it where the preview was skipped too: it is judged again before the first call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.stack_under_test import StackUnderTest
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(900)
TO_AZURE = "azureToOnPremises"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    """One VM, on premises. Every test leaves it there, but the last."""
    inventory = _inventory(tmp_path_factory.mktemp("inventory") / "inventory.yaml")
    simulator = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "600", "--inventory", str(inventory))
    made = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)
    made.edit(_only_sql01)
    made.up()
    yield made
    simulator.stop()


@pytest.mark.parametrize(
    ("read", "code", "words"),
    [
        ("VirtualNetworks_Get", "missingNetwork", "the network contoso-vnet, in which sql01 is to start"),
        ("StorageAccounts_GetProperties", "missingStorageAccount", "the storage account contosodr, in which the disks"),
    ],
)
def test_a_landing_that_is_gone_refuses_before_the_first_call(
    stack: StackUnderTest, read: str, code: str, words: str
) -> None:
    stack.flip("sql01", TO_AZURE)
    with _gone(stack, read):
        _refused(stack, code, words)


def test_an_unmet_requirement_refuses_before_the_first_call(stack: StackUnderTest) -> None:
    stack.flip("sql01", "onPremisesToAzure")
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"]["target"].update(size="Standard_D2s_v5"))
    shown = " ".join(stack.up().stdout.split())
    cards = "sql01 has 3 network cards, and size Standard_D2s_v5 takes 2"
    assert f"a planned failover to Azure would be blocked: {cards}" in shown
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"]["target"].update(size="Standard_D2s_v9"))
    unknown = "sql01 is to become a Standard_D2s_v9, which is none of the sizes that Azure offers for it"
    assert unknown in " ".join(stack.preview().stdout.split())
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"]["target"].update(size="Standard_D2s_v5"))
    stack.flip("sql01", TO_AZURE)
    stack.set("vms.sql01.failover.mode", "planned")
    _blocked_and_refused(stack, "azureRequirement", cards)


def test_a_change_of_the_recovery_point_is_judged_as_a_loss_in_the_preview_and_before_the_act(
    stack: StackUnderTest,
) -> None:
    vm = {"direction": TO_AZURE, "holdAfter": "failover", "target": {"size": "Standard_D8s_v5", "staticIp": "10.1.0.4"}}
    stack.edit(lambda config: config["site-recovery:vms"].update(sql01=vm))
    assert "WAITING: sql01" in stack.up(check=False).stdout
    changed = {"changeRecoveryPoint": "2020-01-01T00:00:00+00:00"}
    stack.edit(lambda config: config["site-recovery:vms"].update(sql01={**vm, "failover": changed}))
    made = ("UnplannedFailover",)
    _blocked_and_refused(stack, "recoveryPointGone", "there is no recovery point 2020-01-01T00:00:00+00:00", moves=made)
    changed = {"changeRecoveryPoint": "latestAppConsistent"}
    stack.edit(
        lambda config: config["site-recovery:vms"].update(sql01={**vm, "failover": changed, "maxDataLossMinutes": 0})
    )
    words = "and what was written in Azure since the failover"
    shown = _blocked_and_refused(stack, "maxDataLoss", words, moves=made)
    assert "CANNOT BE UNDONE: what was written in Azure since the failover is lost" in shown


def _refused(stack: StackUnderTest, code: str, words: str, *, moves: tuple[str, ...] = ()) -> None:
    """By an `up` that neither previews nor asks the gate."""
    shown = stack.up("--target", "**ProtectionDirection::sql01", check=False)
    assert shown.returncode != 0
    said = " ".join(shown.stdout.split())
    assert f"BLOCKED {code}" in said
    assert words in said
    assert _moves(stack) == list(moves)


def _blocked_and_refused(stack: StackUnderTest, code: str, words: str, *, moves: tuple[str, ...] = ()) -> str:
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    said = " ".join(shown.stdout.split())
    assert f"{code}: " in said
    assert words in said
    _refused(stack, code, words, moves=moves)
    return said


@contextmanager
def _gone(stack: StackUnderTest, read: str) -> Iterator[None]:
    simulator = stack.simulator
    answer = {"status": 404, "code": "ResourceNotFound", "message": "It was deleted."}
    rule = {"name": "gone", "request": {"operation": read}, "answer": answer}
    faults = f"{simulator.url}/_simulator/faults"
    simulator.session.post(faults, json={"faults": [rule]}, timeout=30).raise_for_status()
    try:
        yield
    finally:
        simulator.session.delete(faults, timeout=30).raise_for_status()


def _only_sql01(config: dict[str, Any]) -> None:
    vms = config["site-recovery:vms"]
    del vms["app01"]
    vms["sql01"]["target"]["size"] = "Standard_D8s_v5"


def _inventory(path: Path) -> Path:
    machine = {
        "name": "sql01",
        "disks": [{"name": "sql01-os.vhdx", "sizeGB": 64, "operatingSystem": True}],
        "nics": [{"name": f"Network Adapter {number}", "network": "production"} for number in range(3)],
    }
    host = {"name": "hv01", "site": "first", "registersAfterSeconds": 30, "virtualMachines": [machine]}
    path.write_text(json.dumps({"hosts": [host]}), encoding="utf-8")
    return path


def _moves(stack: StackUnderTest) -> list[str]:
    protection = {"EnableDr", "IrCompletion", "UpdateVmProperties"}
    return [scenario for scenario, _ in stack.job_scenarios("sql01") if scenario not in protection]
