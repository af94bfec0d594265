"""What `python -m dr import` writes declares each VM as the service has it: nothing of it shows as a difference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.settings import load_stack_file
from dr.import_ import written
from dr.live_vault import drafted
from providers.item_disks import disk_problems, unknown_disks
from providers.item_settings import differing, settled_otherwise
from site_recovery.parsing import parse_protectable_item
from site_recovery.records import ItemRecord, ProtectableItemRecord, VaultId, last_segment
from tests.components.declared_program import registered
from tests.dr.live_vaults import ACCOUNT, GROUP, NETWORK, SUBSCRIPTION, live_item, live_policy, live_vault

SET = f"{GROUP}/providers/Microsoft.Compute/availabilitySets/sql"
TEST_NETWORK = NETWORK.replace("prod", "test")
OS = {"vhdId": "one", "diskId": "one", "vhdName": "disk.vhdx", "maxSizeMB": "1024"}
DATA = {"vhdId": "two", "diskId": "two", "vhdName": "disk.vhdx", "maxSizeMB": "2048"}
SCRATCH = {"vhdId": "three", "diskId": "three", "vhdName": "scratch.vhdx", "maxSizeMB": "2048"}


def _address(name: str, *, primary: bool, **values: Any) -> dict[str, Any]:
    return {"name": name, "isPrimary": primary, "recoverySubnetName": "data", **values}


CASES: dict[str, dict[str, Any]] = {
    "two network cards, the second is Azure's first": {
        "selectedSourceNicId": "two",
        "vmNics": [
            {"nicId": "one", "ipConfigs": [_address("a", primary=True, recoverySubnetName="other")]},
            {"nicId": "two", "ipConfigs": [_address("b", primary=True, recoveryStaticIPAddress="10.1.0.9")]},
        ],
    },
    "two addresses, the second is the primary one": {
        "vmNics": [
            {
                "nicId": "one",
                "ipConfigs": [
                    _address("a", primary=False, recoveryStaticIPAddress="10.1.0.4"),
                    _address("b", primary=True, recoveryStaticIPAddress="10.1.0.5"),
                ],
            }
        ],
    },
    "no network": {"selectedRecoveryAzureNetworkId": "", "vmNics": []},
    "disks in a storage account": {
        "useManagedDisks": "false",
        "recoveryAzureLogStorageAccountId": f"{ACCOUNT}logs",
    },
    "an availability set": {"recoveryAvailabilitySetId": SET},
    "a kind of disks": {"protectedManagedDisks": [{"diskId": "one", "targetDiskAccountType": "Premium_LRS"}]},
    "two kinds of disks": {
        "protectedManagedDisks": [
            {"diskId": "one", "targetDiskAccountType": "Premium_LRS"},
            {"diskId": "two", "targetDiskAccountType": "Standard_LRS"},
        ]
    },
    "a zone": {"targetAvailabilityZone": "2", "recoveryAzureStorageAccount": None},
    "licences, tags and remote desktop": {
        "licenseType": "WindowsServer",
        "sqlServerLicenseType": "PAYG",
        "targetVmTags": {"application": "orders", "number": "7", "truth": "true"},
        "enableRdpOnTargetOption": "OnlyOnTestFailover",
    },
    "no licence": {"licenseType": "NoLicenseType", "sqlServerLicenseType": "NoLicenseType"},
    "a network of test failovers": {
        "vmNics": [
            {
                "nicId": "one",
                "tfoVMNetworkId": TEST_NETWORK,
                "ipConfigs": [_address("a", primary=True, tfoSubnetName="t", tfoStaticIPAddress="10.9.0.4")],
            }
        ],
    },
    "another name and group": {
        "recoveryAzureVmName": "SQL01",
        "recoveryAzureResourceGroupId": GROUP.replace("contoso-dr", "contoso-vms"),
    },
    "ids in another case": {
        "selectedRecoveryAzureNetworkId": NETWORK.upper(),
        "recoveryAzureResourceGroupId": GROUP.upper(),
    },
    "what the service does not tell": {
        "useManagedDisks": None,
        "enableRdpOnTargetOption": None,
        "licenseType": None,
        "recoveryAzureVMSize": None,
        "targetVmTags": None,
    },
}


@pytest.mark.parametrize("details", CASES.values(), ids=CASES)
def test_a_vm_is_declared_as_the_service_has_it(details: dict[str, Any], tmp_path: Path) -> None:
    _holds([live_item("sql01", **details)], [], tmp_path)


@pytest.mark.parametrize("left_out", [[DATA], [DATA, SCRATCH], []], ids=["of one name", "two", "none"])
def test_the_disks_that_replicate_are_those_declared(left_out: list[dict[str, Any]], tmp_path: Path) -> None:
    replicated = [disk for disk in (OS, DATA, SCRATCH) if disk not in left_out]
    item = live_item("sql01", azureVmDiskDetails=replicated)
    properties = {
        "friendlyName": "sql01",
        "replicationProtectedItemId": item.id,
        "customDetails": {"diskDetails": [OS, DATA, SCRATCH]},
    }
    _holds([item], [parse_protectable_item({"id": "/vm", "properties": properties})], tmp_path)


def test_vms_of_several_sites_and_policies_keep_theirs(tmp_path: Path) -> None:
    items = [
        live_item("sql01"),
        replace(live_item("app01", site="other"), policy_id="/policies/QUARTER", policy_name="quarter"),
        live_item("web01", site="other", active="Recovery"),
    ]
    declared = _holds(items, [], tmp_path)
    assert {name: (vm["site"], last_segment(vm["policyId"])) for name, vm in declared.items()} == {
        "sql01": ("contoso", "five"),
        "app01": ("other", "quarter"),
        "web01": ("other", "five"),
    }


def _holds(items: list[ItemRecord], machines: list[ProtectableItemRecord], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Each VM's inputs of its protected item, none of which differs from what the service says."""
    vault = replace(
        live_vault(*items, machines=tuple(machines)), policies=(live_policy(), replace(live_policy(), name="quarter"))
    )
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(written(drafted(vault), VaultId(SUBSCRIPTION, "contoso-dr", "v1")), encoding="utf-8")
    program = registered(load_stack_file(path))
    declared = {one.name: one.inputs for one in program if one.kind.endswith(":ProtectedItem")}
    assert declared.keys() == {item.friendly_name for item in items}
    for item in items:
        inputs = declared[item.friendly_name]
        assert differing(item, inputs["azure"]) == {}
        assert settled_otherwise(item, inputs["azure"]) == {}
        for machine in machines:
            assert disk_problems(item, machine, inputs["source"]) == ()
            assert unknown_disks(machine, inputs["source"]) == ()
    return declared
