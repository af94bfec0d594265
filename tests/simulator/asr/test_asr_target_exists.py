"""What a failover needs in Azure has to be there when it makes the machine."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, Estate


def change(estate: Estate, **properties: Any) -> None:
    """Change sql01."""
    items = estate.client.replication_protected_items
    estate.finish(items.begin_update(*estate.path(), {"properties": properties}), 20)


def interface(estate: Estate, name: str) -> Any:
    """The address of a machine's network interface: its ARM properties."""
    nic = f"{estate.group_id}/providers/Microsoft.Network/networkInterfaces/{name}-nic"
    return estate.simulator.arm("GET", nic).json()["properties"]["ipConfigurations"][0]["properties"]


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ({"recoveryAzureVMSize": "Bogus_Size"}, "The size 'Bogus_Size' does not exist"),
        ({"selectedRecoveryAzureNetworkId": "/no/network"}, "The virtual network '/no/network' was not found"),
        ({"subnet": "nowhere"}, "has no subnet 'nowhere'"),
    ],
)
def test_a_failover_to_what_does_not_exist_fails(recorded: Estate, missing: dict[str, str], why: str) -> None:
    if "subnet" in missing:
        nic = recorded.item().provider_specific_details.vm_nics[0].nic_id
        change(recorded, vmNics=[{"nicId": nic, "ipConfigs": [{"recoverySubnetName": missing["subnet"]}]}])
    else:
        change(recorded, **missing)
    with pytest.raises(HttpResponseError, match=why) as failed:
        recorded.failover()
    assert failed.value.error is not None
    assert failed.value.error.code == "SimulatorTargetMissing"
    assert recorded.view()["azure"] is None
    assert "UnplannedFailover" in recorded.item().allowed_operations


def test_a_failover_whose_storage_account_is_gone_fails(tutorial: Estate) -> None:
    account = f"{tutorial.group_id}/providers/Microsoft.Storage/storageAccounts/contosodr"
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}
    assert tutorial.simulator.arm("PUT", account, body).status_code in (200, 201, 202)
    tutorial.advance(60)
    tutorial.protect("app01", useManagedDisks="false", targetStorageAccountId=account)
    assert tutorial.simulator.arm("DELETE", account).status_code in (200, 202)
    with pytest.raises(HttpResponseError, match=f"The storage account '{account}' does not exist"):
        tutorial.failover("app01")


def test_machines_take_the_first_free_addresses_of_their_subnet(recorded: Estate) -> None:
    recorded.protect("app01")
    recorded.failover()
    recorded.failover("app01")
    seen = [interface(recorded, name) for name in ("sql01", "app01")]
    assert [one["privateIPAddress"] for one in seen] == ["10.1.0.4", "10.1.0.5"]
    assert {one["subnet"]["id"] for one in seen} == {f"{recorded.network_id}/subnets/data"}


def test_a_failover_to_a_static_address_that_another_machine_has_fails(recorded: Estate) -> None:
    recorded.protect("app01")
    recorded.failover("app01")
    nic = recorded.item().provider_specific_details.vm_nics[0].nic_id
    address = {
        "recoverySubnetName": "data",
        "recoveryStaticIPAddress": interface(recorded, "app01")["privateIPAddress"],
    }
    change(recorded, vmNics=[{"nicId": nic, "ipConfigs": [address]}])
    with pytest.raises(HttpResponseError, match="is already allocated to another resource"):
        recorded.failover()
    assert recorded.view()["azure"] is None


def test_a_test_machine_without_a_subnet_takes_the_first_of_the_test_network(recorded: Estate) -> None:
    network = recorded.network_id.replace("/recovery", "/isolated")
    body = {
        "location": "westeurope",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
            "subnets": [{"name": "lab", "properties": {"addressPrefix": "10.9.3.0/24"}}],
        },
    }
    assert recorded.simulator.arm("PUT", network, body).status_code in (200, 201)
    asked = {"properties": {"networkId": network, "providerSpecificDetails": {"instanceType": HYPER_V}}}
    recorded.finish(recorded.client.replication_protected_items.begin_test_failover(*recorded.path(), asked))
    seen = interface(recorded, "sql01-test")
    assert (seen["subnet"]["id"], seen["privateIPAddress"]) == (f"{network}/subnets/lab", "10.9.3.4")
