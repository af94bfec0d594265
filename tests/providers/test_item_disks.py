"""Which disks replicate, held against the declaration and the VM on its host."""

from __future__ import annotations

from typing import Any

import pytest

from providers.item_disks import disk_problems
from site_recovery.parsing import parse_item, parse_protectable_item
from site_recovery.records import ItemRecord, ProtectableItemRecord

OS, DATA, NEW = "os.vhdx", "data.vhdx", "new.vhdx"


def _disk(name: str, size_mb: int = 61440) -> dict[str, Any]:
    return {"vhdId": f"id-{name}", "vhdName": name, "maxSizeMB": str(size_mb), "vhdType": "Data"}


def _item(*disks: dict[str, Any], active: str = "Primary") -> ItemRecord:
    details = {"azureVmDiskDetails": [{**disk, "diskId": disk["vhdId"]} for disk in disks]}
    properties = {"friendlyName": "sql01", "activeLocation": active, "providerSpecificDetails": details}
    return parse_item({"id": "/item", "name": "item", "properties": properties})


def _machine(*disks: dict[str, Any]) -> ProtectableItemRecord:
    details = {"diskDetails": list(disks)}
    return parse_protectable_item({"id": "/vm", "properties": {"friendlyName": "sql01", "customDetails": details}})


def test_disks_that_replicate_as_declared_are_no_problem() -> None:
    assert disk_problems(_item(_disk(OS), _disk(DATA)), _machine(_disk(OS), _disk(DATA)), {}) == ()


def test_a_disk_added_on_the_host_is_told_with_both_safe_ways() -> None:
    (problem,) = disk_problems(_item(_disk(OS)), _machine(_disk(OS), _disk(NEW)), {})
    assert "its disk new.vhdx does not replicate" in problem
    assert "protect it anew" in problem
    assert "source.disks.exclude" in problem


@pytest.mark.parametrize("name", [NEW, NEW.upper(), f"id-{NEW}"])
def test_an_added_disk_that_is_left_out_by_name_or_id_is_no_problem(name: str) -> None:
    source = {"disks": {"exclude": [name]}}
    assert disk_problems(_item(_disk(OS)), _machine(_disk(OS), _disk(NEW)), source) == ()


def test_a_resized_disk_is_told_with_both_sizes() -> None:
    (problem,) = disk_problems(_item(_disk(OS)), _machine(_disk(OS, 122880)), {})
    assert "from 61440 MB to 122880 MB" in problem
    assert "protect it anew" in problem


def test_a_size_that_is_told_in_whole_gigabytes_is_no_resize() -> None:
    assert disk_problems(_item(_disk(OS, 61440)), _machine(_disk(OS, 61000)), {}) == ()


def test_a_replicating_disk_cannot_be_left_out_later() -> None:
    (problem,) = disk_problems(
        _item(_disk(OS), _disk(DATA)), _machine(_disk(OS), _disk(DATA)), {"disks": {"include": [OS]}}
    )
    assert "its disk data.vhdx replicates, but is declared not to" in problem


def test_nothing_is_said_of_a_vm_that_runs_in_azure() -> None:
    assert disk_problems(_item(_disk(OS), active="Recovery"), _machine(_disk(OS), _disk(NEW)), {}) == ()


def test_nothing_is_said_where_service_and_host_do_not_name_the_disks_alike() -> None:
    assert disk_problems(_item(_disk("elsewhere")), _machine(_disk(OS)), {}) == ()
