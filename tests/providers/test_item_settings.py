"""Which settings of a protected item differ, and the one update that brings it in line."""

from __future__ import annotations

from typing import Any

import pytest
from azure.mgmt.recoveryservicessiterecovery.models import HyperVReplicaAzureUpdateReplicationProtectedItemInput

from providers.item_settings import change_to, differing, names_of, settled_otherwise
from site_recovery.declarations import ItemUpdate, as_it_is, update_body
from site_recovery.parsing import parse_item
from site_recovery.records import ItemRecord

NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/prod"


def _item(**details: Any) -> ItemRecord:
    known = {
        "recoveryAzureVmName": "sql01",
        "recoveryAzureVMSize": "Standard_D2s_v5",
        "selectedRecoveryAzureNetworkId": NETWORK.replace("/subscriptions", "/Subscriptions"),
        "useManagedDisks": "true",
        "licenseType": "NotSpecified",
        "targetVmTags": {},
        "vmNics": [
            {
                "nicId": "nic-1",
                "selectionType": "SelectedByUser",
                "enableAcceleratedNetworkingOnRecovery": True,
                "tfoRecoveryNicName": "test-nic",
                "ipConfigs": [
                    {"isPrimary": True, "recoverySubnetName": "data", "recoveryPublicIPAddressId": "/public"},
                ],
            },
            {"nicId": "nic-2", "selectionType": "NotSelected", "ipConfigs": [{"recoverySubnetName": "other"}]},
        ],
    }
    return parse_item({"id": "/item", "properties": {"providerSpecificDetails": {**known, **details}}})


def test_ids_in_another_case_and_what_is_not_declared_are_no_difference() -> None:
    assert differing(_item(), {"networkId": NETWORK, "managedDisks": True, "subnet": "data"}) == {}


def test_only_what_differs_is_told() -> None:
    assert differing(_item(), {"size": "Standard_D4s_v5", "subnet": "data"}) == {"size": "Standard_D2s_v5"}


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"staticIp": "10.1.0.4"}, {"recovery_static_ip": ""}),
        ({"zone": "1"}, {"availability_zone": ""}),
        ({"licenseType": "WindowsServer"}, {"license_type": "NoLicenseType"}),
        ({"tags": {"a": "b"}}, {"tags": {}}),
    ],
    ids=["address", "zone", "licence", "tags"],
)
def test_what_is_no_longer_declared_goes_back_to_nothing(before: dict[str, Any], change: dict[str, Any]) -> None:
    item = _item(
        licenseType="WindowsServer",
        targetAvailabilityZone="1",
        targetVmTags={"a": "b"},
        vmNics=[{"nicId": "nic-1", "ipConfigs": [{"isPrimary": True, "recoveryStaticIPAddress": "10.1.0.4"}]}],
    )
    assert change_to(before, {}, item) == ItemUpdate(**change)


def test_what_the_service_does_not_tell_is_no_difference_and_sent_where_it_changes() -> None:
    item = _item(useManagedDisks=None, enableRdpOnTargetOption=None)
    assert differing(item, {"managedDisks": True, "rdp": "Never"}) == {}
    assert change_to({"managedDisks": False}, {"managedDisks": True}, item) == ItemUpdate(managed_disks=True)


def test_a_size_that_is_no_longer_declared_stays() -> None:
    assert change_to({"size": "Standard_D2s_v5"}, {}, _item()) is None


def test_what_azure_has_already_is_not_sent() -> None:
    assert change_to({"size": "Standard_D8s_v5"}, {"size": "Standard_D2s_v5"}, _item()) is None


def test_an_account_that_cannot_be_changed_is_told_where_the_service_tells_it() -> None:
    item = _item(recoveryAzureStorageAccount="/accounts/one")
    assert settled_otherwise(item, {"storageAccountId": "/accounts/two"}) == {"storageAccountId": "/accounts/one"}
    assert settled_otherwise(_item(), {"storageAccountId": "/accounts/two"}) == {}


def test_an_update_sends_every_card_as_it_is_but_for_the_change() -> None:
    body = update_body(_item(), ItemUpdate(recovery_static_ip="10.1.0.9")).as_dict()["properties"]
    first, second = body["vmNics"]
    assert first["ipConfigs"] == [
        {
            "isPrimary": True,
            "isSeletedForFailover": True,
            "recoverySubnetName": "data",
            "recoveryStaticIPAddress": "10.1.0.9",
            "recoveryPublicIPAddressId": "/public",
        }
    ]
    assert first["enableAcceleratedNetworkingOnRecovery"] is True
    assert first["tfoNicName"] == "test-nic"
    assert second["ipConfigs"][0]["recoverySubnetName"] == "other"
    assert second["selectionType"] == "NotSelected"
    assert body["recoveryAzureVMSize"] == "Standard_D2s_v5"


def test_an_update_sends_every_address_of_a_card() -> None:
    addresses = [
        {"name": "second", "isPrimary": False, "isSeletedForFailover": False, "recoveryStaticIPAddress": "10.1.0.5"},
        {"name": "first", "isPrimary": True, "isSeletedForFailover": True, "recoveryStaticIPAddress": "10.1.0.4"},
    ]
    item = _item(vmNics=[{"nicId": "nic-1", "ipConfigs": addresses}])
    (card,) = update_body(item, ItemUpdate(recovery_static_ip="10.1.0.9")).as_dict()["properties"]["vmNics"]
    sent = {one.pop("ipConfigName"): one for one in card["ipConfigs"]}
    assert sent["second"] == {
        "isPrimary": False,
        "isSeletedForFailover": False,
        "recoveryStaticIPAddress": "10.1.0.5",
    }
    assert sent["first"]["recoveryStaticIPAddress"] == "10.1.0.9"


def test_the_card_that_is_meant_is_the_one_that_azure_puts_first() -> None:
    item = _item(selectedSourceNicId="NIC-2")
    assert as_it_is(item).recovery_subnet == "other"
    first, second = update_body(item, ItemUpdate(recovery_subnet="data2")).as_dict()["properties"]["vmNics"]
    assert (first["ipConfigs"][0]["recoverySubnetName"], second["ipConfigs"][0]["recoverySubnetName"]) == (
        "data",
        "data2",
    )


def test_without_a_chosen_card_the_first_that_is_taken_along_is_meant() -> None:
    known = _item().raw_details["vmNics"]
    assert as_it_is(_item(vmNics=list(reversed(known)))).nic_id == "nic-1"


def test_an_update_sends_what_was_chosen_for_disks_and_system() -> None:
    item = _item(
        oSDetails={"osType": "Windows", "userSelectedOSName": "Windows Server 2022"},
        azureVmDiskDetails=[
            {"diskId": "one", "vhdId": "one", "customTargetDiskName": "sql01-os", "diskEncryptionSetId": "/sets/a"},
            {"diskId": "two", "vhdId": "two", "diskEncryptionSetId": None},
        ],
        protectedManagedDisks=[{"diskId": "one", "iops": 4000, "throughputInMbps": 200, "diskSizeInGB": 128}],
    )
    sent = update_body(item, ItemUpdate(rdp="Never")).as_dict()["properties"]["providerSpecificDetails"]
    assert sent["userSelectedOSName"] == "Windows Server 2022"
    assert sent["diskIdToDiskEncryptionMap"] == {"one": "/sets/a"}
    assert sent["vmDisks"] == [
        {"diskId": "one", "targetDiskName": "sql01-os", "iops": 4000, "throughputInMbps": 200, "diskSizeInGB": 128}
    ]


def test_no_field_of_an_update_is_forgotten() -> None:
    """Of an item that tells everything, every field is sent that the SDK has: one that is not would be reset."""
    sent = update_body(_item(**EVERYTHING), ItemUpdate()).properties
    assert sent is not None
    provider = sent.provider_specific_details
    assert isinstance(provider, HyperVReplicaAzureUpdateReplicationProtectedItemInput)
    (card,), (disk,) = sent.vm_nics or [], provider.vm_disks or []
    (address,) = card.ip_configs or []
    assert _not_sent(sent) == set()
    assert _not_sent(provider) == {"recovery_azure_v1_resource_group_id"}, "of the classic deployment, which is gone"
    assert _not_sent(card) | _not_sent(address) | _not_sent(disk) == set()


def _not_sent(model: Any) -> set[str]:
    names = {name for kind in type(model).__mro__ for name in vars(kind).get("__annotations__", {}) if name[0] != "_"}
    assert names
    return {name for name in names if getattr(model, name) is None}


EVERYTHING: dict[str, Any] = {
    "selectedSourceNicId": "nic-1",
    "enableRdpOnTargetOption": "Never",
    "recoveryAvailabilitySetId": "/sets/availability",
    "recoveryAzureResourceGroupId": "/groups/g",
    "targetAvailabilityZone": "1",
    "targetProximityPlacementGroupId": "/groups/near",
    "targetCapacityReservationGroupId": "/groups/kept",
    "targetVmTags": {"a": "b"},
    "targetManagedDiskTags": {"a": "b"},
    "targetNicTags": {"a": "b"},
    "sqlServerLicenseType": "AHUB",
    "linuxLicenseType": "LinuxServer",
    "oSDetails": {"osType": "Windows", "userSelectedOSName": "Windows Server 2022"},
    "azureVmDiskDetails": [{"diskId": "one", "customTargetDiskName": "os", "diskEncryptionSetId": "/sets/a"}],
    "protectedManagedDisks": [{"diskId": "one", "iops": 4000, "throughputInMbps": 200, "diskSizeInGB": 128}],
    "vmNics": [
        {
            "nicId": "nic-1",
            "selectionType": "SelectedByUser",
            "recoveryNetworkSecurityGroupId": "/rules",
            "enableAcceleratedNetworkingOnRecovery": True,
            "tfoVMNetworkId": "/networks/test",
            "tfoNetworkSecurityGroupId": "/rules",
            "enableAcceleratedNetworkingOnTfo": False,
            "recoveryNicName": "card",
            "recoveryNicResourceGroupName": "cards",
            "reuseExistingNic": False,
            "tfoRecoveryNicName": "test-card",
            "tfoRecoveryNicResourceGroupName": "cards",
            "tfoReuseExistingNic": False,
            "targetNicName": "card",
            "ipConfigs": [
                {
                    "name": "first",
                    "isPrimary": True,
                    "isSeletedForFailover": True,
                    "recoverySubnetName": "data",
                    "recoveryStaticIPAddress": "10.1.0.4",
                    "recoveryPublicIPAddressId": "/public",
                    "recoveryLBBackendAddressPoolIds": ["/pool"],
                    "tfoSubnetName": "test",
                    "tfoStaticIPAddress": "10.9.0.4",
                    "tfoPublicIPAddressId": "/public",
                    "tfoLBBackendAddressPoolIds": ["/pool"],
                }
            ],
        }
    ],
}


def test_an_update_to_what_is_there_changes_nothing() -> None:
    item = _item()
    assert update_body(item, as_it_is(item)) == update_body(item, ItemUpdate())


def test_settings_are_called_as_in_the_stack_file() -> None:
    assert names_of(["testNetworkId", "size"]) == "size, test.network"
