"""Machines and disks that change on their hosts: what the service shows of it, and what it can still do."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.simulator.asr.estate import SITE, Estate
from tests.simulator.conftest import FreshSimulator

NEW_DISK = {"name": "sql01-backup.vhdx", "sizeGB": 100, "usedGB": 10}


def replicated(estate: Estate) -> dict[str, int]:
    """Megabytes of the disks that replicate, by name, as the protected item tells them."""
    details = estate.item().provider_specific_details
    return {disk.vhd_name: int(disk.max_size_mb) for disk in details.azure_vm_disk_details}


def offered(estate: Estate) -> dict[str, int]:
    """Megabytes of the disks on the host, by name, as the protectable item tells them."""
    details = estate.protectable("sql01").properties.custom_details
    return {disk.vhd_name: disk.max_size_mb for disk in details.disk_details}


def refusal(estate: Estate, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """Status and code of what the admin API does not do."""
    url = f"{estate.simulator.url}/_simulator/{path}"
    answer = estate.simulator.session.request(method, url, json=body, timeout=30)
    return answer.status_code, answer.json()["error"]["code"]


def test_a_disk_that_is_added_shows_on_the_protectable_item_and_does_not_replicate(recorded: Estate) -> None:
    before = replicated(recorded)
    assert offered(recorded) == before
    recorded.admin("POST", "machines/sql01/disks", NEW_DISK)
    assert offered(recorded) == {**before, "sql01-backup.vhdx": 100 * 1024}
    recorded.advance(3600)
    assert replicated(recorded) == before
    recorded.failover(shutdown=True)
    names = [disk["name"] for disk in _azure_machine(recorded)["storageProfile"]["dataDisks"]]
    assert not any("backup" in name for name in names)


def test_protection_anew_takes_an_added_disk_up(recorded: Estate) -> None:
    recorded.admin("POST", "machines/sql01/disks", NEW_DISK)
    recorded.finish(recorded.client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}}))
    recorded.protect("sql01")
    assert replicated(recorded) == offered(recorded)


def test_a_disk_that_is_resized_keeps_the_size_of_its_replica(recorded: Estate) -> None:
    before = replicated(recorded)
    name = next(iter(before))
    recorded.admin("PATCH", f"machines/sql01/disks/{name}", {"sizeGB": 300})
    assert offered(recorded) == {**before, name: 300 * 1024}
    assert replicated(recorded) == before
    recorded.failover(shutdown=True)
    profile = _azure_machine(recorded)["storageProfile"]
    sizes = {disk["diskSizeGB"] for disk in (profile["osDisk"], *profile["dataDisks"])}
    assert sizes == {-(-size // 1024) for size in before.values()}


def test_what_cannot_be_of_a_disk_is_refused(recorded: Estate) -> None:
    name = next(iter(replicated(recorded)))
    assert refusal(recorded, "POST", "machines/sql01/disks", {"name": name, "sizeGB": 1}) == (409, "DiskExists")
    assert refusal(recorded, "PATCH", "machines/sql01/disks/none.vhdx", {"sizeGB": 1}) == (404, "DiskNotFound")
    assert refusal(recorded, "PATCH", f"machines/sql01/disks/{name}", {"sizeGB": 1}) == (409, "DiskTooSmall")
    assert refusal(recorded, "POST", "machines/none/disks", NEW_DISK) == (404, "MachineNotFound")
    assert refusal(recorded, "DELETE", "machines/none") == (404, "MachineNotFound")


def test_a_machine_that_is_deleted_leaves_an_item_that_falls_behind(recorded: Estate) -> None:
    recorded.admin("DELETE", "machines/sql01")
    names = [one.properties.friendly_name for one in _protectables(recorded)]
    assert "sql01" not in names
    assert "sql01" not in [one["name"] for one in recorded.admin("GET", "machines")["value"]]
    view = recorded.view()
    assert (view["running"], view["onPremises"]) == ("neither", None)
    before = recorded.points()[0].name
    recorded.advance(7200)
    assert recorded.points()[0].name == before
    assert recorded.item().replication_health == "Critical"
    assert recorded.item().provider_specific_details.rpo_in_seconds >= 7200


def test_a_deleted_machine_comes_up_in_azure_but_not_by_a_planned_failover(recorded: Estate) -> None:
    recorded.admin("DELETE", "machines/sql01")
    with pytest.raises(HttpResponseError, match="does not exist on its Hyper-V host") as failed:
        recorded.failover(planned=True)
    assert failed.value.error is not None
    assert failed.value.error.code == "SimulatorOnPremisesMachineMissing"
    recorded.failover()
    assert recorded.view()["running"] == "azure"
    recorded.commit()
    with pytest.raises(HttpResponseError, match="does not exist on its Hyper-V host"):
        recorded.finish(recorded.begin_failback("ForSynchronization"))


def test_a_machine_deleted_while_a_failback_synchronizes_fails_the_failback(recorded: Estate) -> None:
    recorded.begin_to_azure()
    poller = recorded.begin_failback("ForSynchronization")
    recorded.advance(60)
    recorded.admin("DELETE", "machines/sql01")
    with pytest.raises(HttpResponseError, match="does not exist on its Hyper-V host"):
        recorded.finish(poller, 7200)
    assert recorded.item().active_location == "Recovery"


def test_a_deleted_machine_is_not_protected(recorded: Estate) -> None:
    body = recorded.enable_input("app01")
    recorded.admin("DELETE", "machines/app01")
    with pytest.raises(ResourceNotFoundError):
        recorded.client.replication_protected_items.begin_create(*recorded.path("app01"), body)


def test_what_changed_on_premises_outlives_a_restart(fresh_simulator: FreshSimulator, tmp_path: Any) -> None:
    simulator = fresh_simulator("--manual-clock", "--state", str(tmp_path / "world.sqlite"))
    estate = Estate(simulator)
    estate.prepare()
    estate.admin("POST", "machines/sql01/disks", NEW_DISK)
    estate.admin("DELETE", "machines/app01")
    simulator.kill()
    simulator.start()
    machines = {one["name"]: one for one in estate.admin("GET", "machines")["value"]}
    assert "app01" not in machines
    assert "sql01-backup.vhdx" in [disk["name"] for disk in machines["sql01"]["disks"]]
    estate.client.close()


def _protectables(estate: Estate) -> Any:
    items = estate.client.replication_protectable_items
    return items.list_by_replication_protection_containers(*estate.vault, SITE, estate.container)


def _azure_machine(estate: Estate) -> Any:
    answer = estate.simulator.arm("GET", estate.view()["azure"]["id"])
    assert answer.status_code == 200, answer.text
    return answer.json()["properties"]
