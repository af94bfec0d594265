"""Live vaults as `python -m dr import` reads them."""

from __future__ import annotations

from typing import Any

from dr.live_vault import LiveVault
from site_recovery.estate_parsing import parse_policy
from site_recovery.estate_records import PolicyRecord
from site_recovery.parsing import parse_item
from site_recovery.records import ItemRecord, ProtectableItemRecord

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-dr"
CONTAINER = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v1/replicationFabrics/{{site}}"
CONTAINER += "/replicationProtectionContainers/cloud_1"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/prod"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/contosodr"


def live_item(name: str, *, site: str = "contoso", active: str = "Primary", **details: Any) -> ItemRecord:
    given = {
        "recoveryAzureVmName": name,
        "recoveryAzureVMSize": "Standard_D2s_v5",
        "recoveryAzureResourceGroupId": GROUP,
        "selectedRecoveryAzureNetworkId": NETWORK,
        "recoveryAzureStorageAccount": ACCOUNT,
        "useManagedDisks": "true",
        "enableRdpOnTargetOption": "Never",
        "licenseType": "NotSpecified",
        "vmId": f"id-of-{name}",
        "vmNics": [{"nicId": "n", "ipConfigs": [{"isPrimary": True, "recoverySubnetName": "data"}]}],
        **details,
    }
    properties = {
        "friendlyName": name,
        "activeLocation": active,
        "policyId": "/policies/five",
        "policyFriendlyName": "five",
        "providerSpecificDetails": given,
    }
    item_id = f"{CONTAINER.format(site=site)}/replicationProtectedItems/{name}-{site}"
    return parse_item({"id": item_id, "name": name, "properties": properties})


def live_policy(**details: int | str) -> PolicyRecord:
    given = {"instanceType": "HyperVReplicaAzure", "replicationInterval": 300, **details}
    return parse_policy({"id": "/policies/five", "name": "five", "properties": {"providerSpecificDetails": given}})


def live_vault(
    *items: ItemRecord, policy: PolicyRecord | None = None, machines: tuple[ProtectableItemRecord, ...] = ()
) -> LiveVault:
    return LiveVault(
        target={"cloud": "azure", "subscriptionId": SUBSCRIPTION, "tenantId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
        resource_group="contoso-dr",
        name="v1",
        location="westeurope",
        sites=("contoso", "other"),
        policies=(policy or live_policy(),),
        items=items,
        machines=machines,
    )
