"""What a dismantled stack made to hold things goes where it holds nothing, and is else left and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from providers.clearing_away import clear_away
from site_recovery.errors import RefusedError
from tests.simulator.running import RunningSimulator

GROUP, OTHER = "contoso-dr", "contoso-vms"
STORAGE = "2024-01-01"
KINDS = {
    "container": "blobServices/default/containers",
    "file share": "fileServices/default/shares",
    "queue": "queueServices/default/queues",
    "table": "tableServices/default/tables",
}


@pytest.fixture
def simulator(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSimulator]:
    """Two groups, and an account in the first."""
    running = RunningSimulator(tmp_path, "--speed", "1000")
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    for name in (GROUP, OTHER):
        running.make_group(name)
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}
    made = running.arm("PUT", _account(running), body, version=STORAGE)
    assert made.status_code in (200, 201, 202), made.text
    yield running
    running.stop()


def test_what_is_empty_is_deleted_and_a_second_time_nothing_is_said(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    clear_away(_props(simulator))
    said = capsys.readouterr().err
    assert "storage account contosodr was empty, and is deleted" in said
    assert f"resource group {GROUP} was empty, and is deleted" in said
    assert _groups(simulator) == []
    clear_away(_props(simulator))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_that_holds_anything_is_left_with_its_group(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    made = simulator.arm("PUT", f"{_account(simulator)}/{KINDS[kind]}/theirs", {"properties": {}}, version=STORAGE)
    assert made.status_code in (200, 201), made.text
    clear_away(_props(simulator))
    said = capsys.readouterr().err
    assert f"storage account contosodr is left to you: it holds {kind} theirs" in said
    assert f"resource group {GROUP} is left to you: it holds Microsoft.Storage/storageAccounts/contosodr" in said
    assert _groups(simulator) == [GROUP]


def test_what_cannot_be_looked_into_is_left(simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    _refuse(simulator, "Queue_List", 403)
    _refuse(simulator, "Resources_ListByResourceGroup", 403)
    clear_away(_props(simulator))
    said = capsys.readouterr().err
    assert "storage account contosodr is left to you: it could not be looked into" in said
    assert f"resource group {OTHER} is left to you: it could not be looked into" in said
    assert _groups(simulator) == [GROUP, OTHER]


def test_what_was_adopted_is_not_even_looked_at(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    props = _props(simulator)
    props["vault"]["adopt"] = props["resourceGroups"][OTHER]["adopt"] = True
    clear_away({**props, "storageAccounts": {}})
    assert capsys.readouterr().err == ""
    assert _groups(simulator) == [GROUP, OTHER]


def test_a_refusal_of_azure_is_raised_and_the_next_run_goes_on(simulator: RunningSimulator) -> None:
    _refuse(simulator, "StorageAccounts_Delete", 409)
    with pytest.raises(RefusedError, match="the empty storage account contosodr could not be removed"):
        clear_away(_props(simulator))
    simulator.session.delete(f"{simulator.url}/_simulator/faults", timeout=30)
    clear_away(_props(simulator))
    assert _groups(simulator) == []


def _props(simulator: RunningSimulator) -> dict[str, Any]:
    ready = simulator.ready
    return {
        "target": {"cloud": "simulator", "subscriptionId": ready.subscription_id, "tenantId": ready.tenant_id},
        "vault": {"name": "contoso-vault", "resourceGroup": GROUP},
        "resourceGroups": {OTHER: {"location": "westeurope"}},
        "storageAccounts": {"contosodr": {"resourceGroup": GROUP}},
        "networks": {},
    }


def _account(simulator: RunningSimulator) -> str:
    group = f"{simulator.subscription_path}/resourceGroups/{GROUP}"
    return f"{group}/providers/Microsoft.Storage/storageAccounts/contosodr"


def _groups(simulator: RunningSimulator) -> list[str]:
    listed = simulator.arm("GET", f"{simulator.subscription_path}/resourcegroups").json()["value"]
    return sorted(group["name"] for group in listed)


def _refuse(simulator: RunningSimulator, operation: str, status: int) -> None:
    rule = {"name": operation, "request": {"operation": operation}, "answer": {"status": status, "code": "Refused"}}
    answer = simulator.session.post(f"{simulator.url}/_simulator/faults", json={"faults": [rule]}, timeout=30)
    assert answer.status_code == 200, answer.text
