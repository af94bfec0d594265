"""200 VMs in one stack file: a line for each, and all of the rest said once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from components.settings import load_stack_file
from dr.validate import validate_files
from tests.components.declared_program import Registered, registered

VMS = 200
TIERS = ("gold", "silver", "bronze")
SHARED = """\
config:
  site-recovery:version: 1
  site-recovery:target:
    cloud: azure
    subscriptionId: 11111111-2222-3333-4444-555555555555
    tenantId: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
  site-recovery:vault: {name: contoso-vault, resourceGroup: contoso-dr, location: westeurope}
  site-recovery:resourceGroups: {contoso-vms: {}}
  site-recovery:sites: {plant-north: {}, plant-south: {}}
  site-recovery:policies:
    often: {replicationIntervalSeconds: 30}
    seldom: {replicationIntervalSeconds: 900}
  site-recovery:networks:
    prod: {addressSpace: [10.1.0.0/16], subnets: {data: {prefix: 10.1.0.0/24}, apps: {prefix: 10.1.1.0/24}}}
  site-recovery:storageAccounts: {contosodr: {}}
  site-recovery:defaults:
    site: plant-north
    policy: seldom
    target: {resourceGroup: contoso-vms, network: prod, subnet: apps, size: Standard_D2s_v5, storageAccount: contosodr}
  site-recovery:tiers:
    gold: {policy: often, target: {size: Standard_D8s_v5, subnet: data, tags: {tier: gold}}}
    silver: {target: {size: Standard_D4s_v5}}
    bronze: {site: plant-south}
  site-recovery:vms:
"""
WRITTEN_FOR_A_TIER = {
    "gold": ("plant-north", "id-of-often", "Standard_D8s_v5", "data", {"tier": "gold"}),
    "silver": ("plant-north", "id-of-seldom", "Standard_D4s_v5", "apps", None),
    "bronze": ("plant-south", "id-of-seldom", "Standard_D2s_v5", "apps", None),
}


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.prod.yaml"
    lines = [f"    {vm}: {{direction: onPremisesToAzure, tier: {tier}}}\n" for vm, tier in _vms().items()]
    path.write_text(SHARED + "".join(lines), encoding="utf-8")
    return path


def test_200_vms_are_valid_in_a_line_each(stack_file: Path) -> None:
    (checked,) = validate_files([stack_file], datetime(2026, 11, 23, tzinfo=UTC))
    assert (checked.problems, checked.warnings) == ((), ())
    assert checked.settings is not None
    assert checked.settings.vms.keys() == _vms().keys()


def test_a_wrong_one_among_200_is_told_alone_with_its_line(stack_file: Path) -> None:
    text = stack_file.read_text(encoding="utf-8")
    stack_file.write_text(text.replace("vm137: {direction: onPremisesToAzure", "vm137: {direction: onPremisToAzure"))
    (checked,) = validate_files([stack_file], datetime(2026, 11, 23, tzinfo=UTC))
    (problem,) = checked.problems
    assert problem.line == SHARED.count("\n") + 137
    assert problem.mend == "did you mean onPremisesToAzure?"


def test_the_whole_tree_of_200_vms_is_declared_with_what_their_tiers_say(stack_file: Path) -> None:
    program = registered(load_stack_file(stack_file))
    kinds = Counter(one.kind.rsplit(":", 1)[-1] for one in program)
    for kind in ("ProtectedVm", "ProtectedItem", "ProtectionDirection"):
        assert kinds[kind] == VMS, kind
    # What they share is there once, however many rest on it.
    assert (kinds["Vault"], kinds["ReplicationFabric"], kinds["HyperVHosts"]) == (1, 2, 2)
    assert (kinds["ReplicationPolicy"], kinds["VirtualNetwork"], kinds["StorageAccount"]) == (2, 1, 1)
    items = {one.name: _written(one) for one in program if one.kind.endswith(":ProtectedItem")}
    assert items == {vm: WRITTEN_FOR_A_TIER[tier] for vm, tier in _vms().items()}


def _vms() -> dict[str, str]:
    """Each VM with its tier."""
    return {f"vm{number:03d}": TIERS[number % len(TIERS)] for number in range(1, VMS + 1)}


def _written(item: Registered) -> tuple[object, ...]:
    azure = item.inputs["azure"]
    return item.inputs["site"], item.inputs["policyId"], azure["size"], azure["subnet"], azure.get("tags")
