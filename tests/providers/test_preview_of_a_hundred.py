"""What the preview of a hundred VMs reads, and what it says when the service does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc

from providers.move_gate import GateProvider
from providers.protection_direction import DirectionProvider
from site_recovery.connection import SiteRecovery
from site_recovery.records import ItemRecord
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, HOURS, SITE, VAULT, connected, prepare, settings

COUNT = 100
FLIPPED = ("vm001", "vm017", "vm100")
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    directory = tmp_path_factory.mktemp("hundred")
    running = RunningSimulator(directory, "--speed", "2000", "--inventory", str(_inventory(directory)))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def items(simulator: RunningSimulator) -> tuple[ItemRecord, ...]:
    service = prepare(simulator)
    (container,) = service.containers(SITE)
    machines = service.protectable_items(container.id)

    def protected(machine: Any) -> None:
        given = settings(service, machine, managed_disks=False)
        item = service.protection.enable(container.id, item_name=machine.name, settings=given, timeout_seconds=HOURS)
        service.protection.wait_protected(item.id, timeout_seconds=HOURS)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(protected, machines))
    # Kept from moving on: what is read from here on is what the preview reads.
    _admin(simulator, "PUT", "/clock", {"manual": True})
    return tuple(sorted(service.items(), key=lambda item: item.friendly_name))


@pytest.fixture
def shell(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> SiteRecovery:
    """The environment of a shell that is prepared for the simulator, which the providers read."""
    for name, value in simulator.environment.items():
        if name.startswith(("AZURE_", "ARM_", "REQUESTS_CA", "SSL_CERT", "NO_PROXY")):
            monkeypatch.setenv(name, value)
    return connected(simulator)


def test_one_list_of_items_and_jobs_and_the_recovery_points_of_what_moves(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(items) == COUNT
    checked, reads = _read_by_a_preview(simulator, items, FLIPPED)
    assert reads == {
        "ReplicationProtectedItems_List": 1,
        "ReplicationJobs_List": 1,
        "RecoveryPoints_ListByReplicationProtectedItems": len(FLIPPED),
        # Once for the vault: whether the hosts are heard of.
        "ReplicationRecoveryServicesProviders_ListByReplicationFabrics": 1,
        # Once for each place that VMs land in: whether it is there.
        "VirtualNetworks_Get": 1,
        # Once for each resource group: whether a VM there has the name already.
        "VirtualMachines_List": 1,
        "StorageAccounts_GetProperties": 1,
        "ResourceGroups_Get": 1,
        # Once for the vault: what sizes of Azure VMs take, and what only the hosts know of VMs (two pages).
        "TargetComputeSizes_ListByReplicationProtectedItems": 1,
        "ReplicationProtectableItems_ListByReplicationProtectionContainers": 2,
    }
    assert [row["vm"] for row in checked if row["plan"]] == sorted(FLIPPED)
    # Of twice as many that move, and of all of them, it is the same but for the recovery points.
    every = tuple(item.friendly_name for item in items)
    for flipped in (every[: 2 * len(FLIPPED)], every):
        # Another environment is another connection, which remembers nothing of an earlier preview.
        monkeypatch.setenv("AZURE_TEST_CLIENT", str(len(flipped)))
        _, more = _read_by_a_preview(simulator, items, flipped)
        assert more == {**reads, "RecoveryPoints_ListByReplicationProtectedItems": len(flipped)}


def _read_by_a_preview(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], flipped: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """What a preview finds of all VMs, and how often it has read what."""
    _admin(simulator, "DELETE", "/audit")
    checked = [_check(simulator, item.friendly_name, item.id, flipped=flipped) for item in items]
    assert not _gate(checked, len(flipped))
    reads: dict[str, int] = _admin(simulator, "GET", "/audit").json()["reads"]
    return checked, reads


def test_more_moves_than_the_stack_allows_fail_the_gate_with_all_of_them_in_sight(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery
) -> None:
    checked = [_checked(simulator, item) for item in items]
    (failure,) = _gate(checked, 1)
    assert "maxMoves: 3 VMs would move in one `up`, and maxMoves is 1" in failure
    assert "vm050: runs on premises, protected to Azure" in failure


def test_a_vm_whose_item_is_gone_blocks_a_flip(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery
) -> None:
    flipped = next(item for item in items if item.friendly_name in FLIPPED)
    news = _check(simulator, flipped.friendly_name, f"{flipped.id}-gone")
    assert [blocker["code"] for blocker in news["blockers"]] == ["notFound"]


def test_a_vm_whose_item_is_gone_and_that_does_not_move_is_only_told_of(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery, capfd: pytest.CaptureFixture[str]
) -> None:
    quiet = next(item for item in items if item.friendly_name not in FLIPPED)
    news = _check(simulator, quiet.friendly_name, f"{quiet.id}-gone")
    assert (news["plan"], news["blockers"], news["applied"]) == ([], [], "onPremisesToAzure")
    assert f"{quiet.friendly_name} could not be looked at" in capfd.readouterr().err


def test_an_unmet_requirement_blocks_a_planned_failover_with_all_that_it_found(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery
) -> None:
    """Found by the check itself, in what the service tells of the VM."""
    flipped = next(item for item in items if item.friendly_name == FLIPPED[-1])
    with simulator.site_recovery() as client:
        path = [part for part in flipped.id.split("/") if part]
        details = {"instanceType": "HyperVReplicaAzure"}
        body = {"properties": {"recoveryAzureVMName": "a-name(old)", "providerSpecificDetails": details}}
        renamed = client.replication_protected_items.begin_update(GROUP, VAULT, path[-5], path[-3], path[-1], body)
        simulator.advance(3600)
        renamed.result(timeout=60)
    shell.invalidate()
    (blocker,) = _checked(simulator, flipped)["blockers"]
    assert (blocker["code"], blocker["vm"]) == ("azureRequirement", flipped.friendly_name)
    assert blocker["cause"] == "'a-name(old)' is not a name that an Azure VM can have"


def test_a_network_that_is_gone_blocks_a_failover_of_whatever_kind(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery
) -> None:
    flipped = next(item for item in items if item.friendly_name in FLIPPED)
    gone = {
        "name": "no network",
        "request": {"operation": "VirtualNetworks_Get"},
        "answer": {"status": 404, "code": "ResourceNotFound", "message": "It was deleted."},
    }
    _admin(simulator, "POST", "/faults", {"faults": [gone]})
    try:
        _checked(simulator, flipped)  # the first of a preview, which begins a new reading
        (blocker,) = _checked(simulator, flipped)["blockers"]
        assert blocker["code"] == "missingNetwork"
        assert "the network prod, in which" in blocker["cause"]
    finally:
        _admin(simulator, "DELETE", "/faults")


def test_unknown_values_are_no_move(simulator: RunningSimulator, shell: SiteRecovery) -> None:
    news = _check(simulator, "vm001", rpc.UNKNOWN)
    assert [blocker["code"] for blocker in news["blockers"]] == ["firstDirection"]


def test_a_service_that_does_not_answer_blocks_a_flip_and_only_warns_of_the_rest(
    simulator: RunningSimulator, items: tuple[ItemRecord, ...], shell: SiteRecovery, capfd: pytest.CaptureFixture[str]
) -> None:
    flipped = next(item for item in items if item.friendly_name in FLIPPED)
    quiet = next(item for item in items if item.friendly_name not in FLIPPED)
    shell.invalidate()
    _admin(simulator, "POST", "/faults", _SERVICE_DOWN)
    try:
        news = _checked(simulator, flipped)
        assert [blocker["code"] for blocker in news["blockers"]] == ["unreachable"]
        assert news["plan"] == []
        assert news["applied"] == "onPremisesToAzure", "what was applied is not forgotten"
        assert not _checked(simulator, quiet).get("blockers")
        assert f"{quiet.friendly_name} could not be looked at" in capfd.readouterr().err
    finally:
        _admin(simulator, "DELETE", "/faults")
        shell.invalidate()


_SERVICE_DOWN = {
    "faults": [
        {
            "name": "down",
            "request": {"method": "GET"},
            "answer": {"status": 503, "code": "ServiceUnavailable", "message": "The service does not answer."},
        }
    ]
}


def _checked(simulator: RunningSimulator, item: ItemRecord) -> dict[str, Any]:
    return _check(simulator, item.friendly_name, item.id)


def _check(simulator: RunningSimulator, vm: str, item_id: str, *, flipped: Sequence[str] = FLIPPED) -> dict[str, Any]:
    ready = simulator.ready
    direction = "azureToOnPremises" if vm in flipped else "onPremisesToAzure"
    news = {
        "target": {"cloud": "simulator", "subscriptionId": ready.subscription_id, "tenantId": ready.tenant_id},
        "vault": {"resourceGroup": GROUP, "name": VAULT},
        "itemId": item_id,
        "vm": vm,
        "direction": direction,
        "settings": {"failover": {"mode": "planned", "commit": "automatic"}},
        "permits": {},
        "maxMoves": 3,
    }
    result = DirectionProvider().check({"applied": "onPremisesToAzure"}, news)
    assert not result.failures
    return dict(result.inputs)


def _gate(checked: list[dict[str, Any]], most: int) -> list[str]:
    rows = [{key: row[key] for key in ("vm", "direction", "plan", "blockers")} for row in checked]
    result = GateProvider().check({}, {"vault": VAULT, "maxMoves": most, "directions": rows})
    return [failure.reason for failure in result.failures]


def _admin(simulator: RunningSimulator, method: str, path: str, body: Any = None) -> Any:
    answer = simulator.session.request(method, f"{simulator.url}/_simulator{path}", json=body, timeout=30)
    assert answer.status_code < 300, answer.text
    return answer


def _inventory(directory: Path) -> Path:
    machines = [
        {"name": f"vm{number:03}", "disks": [{"name": f"vm{number:03}.vhdx", "sizeGB": 64, "operatingSystem": True}]}
        for number in range(1, COUNT + 1)
    ]
    host = {"name": "hv01", "bandwidthMBps": 100000, "virtualMachines": machines}
    path = directory / "inventory.yaml"
    path.write_text(json.dumps({"hosts": [host]}), encoding="utf-8")
    return path
