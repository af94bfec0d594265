"""The properties of a protected item as a stack would declare it over a prepared vault."""

from __future__ import annotations

from typing import Any

from site_recovery.connection import SiteRecovery
from tests.site_recovery.prepared import GROUP, SITE, VAULT, policy_id

Props = dict[str, Any]


def declared_item(service: SiteRecovery, vm: str = "app01", **azure: Any) -> Props:
    target, group = service.target, f"/subscriptions/{service.vault.subscription_id}/resourceGroups/{GROUP}"
    (container,) = service.containers(SITE)
    return {
        "target": {
            "cloud": target.cloud,
            "subscriptionId": target.subscription_id,
            "tenantId": target.tenant_id,
        },
        "vault": {"resourceGroup": GROUP, "name": VAULT},
        "site": SITE,
        "vm": vm,
        "containerId": container.id,
        "policyId": policy_id(service),
        "azure": {
            "vmName": vm,
            "resourceGroupId": group,
            "networkId": f"{group}/providers/Microsoft.Network/virtualNetworks/prod",
            "subnet": "data",
            "storageAccountId": f"{group}/providers/Microsoft.Storage/storageAccounts/contosodr",
            "managedDisks": False,
            **azure,
        },
        "source": {},
        "waitForInitialReplication": False,
    }
