"""Which settings of a protected item differ, and the one update that brings it in line."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_an_update_to_what_is_there_changes_nothing() -> None:
    item = _item()
    assert update_body(item, as_it_is(item)) == update_body(item, ItemUpdate())


def test_settings_are_called_as_in_the_stack_file() -> None:
    assert names_of(["testNetworkId", "size"]) == "size, test.network"
