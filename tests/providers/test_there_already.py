"""What is to be made and is in Azure already is told before, with what the stack file can say."""

from __future__ import annotations

from typing import Any

import pytest

from providers.there_already import refuse_what_is_there
from site_recovery.connection import SiteRecovery
from site_recovery.errors import RefusedError
from tests.providers.declared_item import Props
from tests.site_recovery.prepared import GROUP, POLICY, SITE, VAULT

OF_THE_VAULT = {"resourceGroupName": GROUP, "resourceName": VAULT}
PLACE = f"/resourceGroups/{GROUP}/providers"
KNOWN: list[tuple[str, dict[str, Any], str, str]] = [
    ("resources:ResourceGroup", {}, "resourceGroupName", f"resourceGroups.{GROUP}: {{adopt: true}}"),
    ("recoveryservices:Vault", {"resourceGroupName": GROUP}, "vaultName", "vault: {adopt: true}"),
    ("recoveryservices:ReplicationFabric", OF_THE_VAULT, "fabricName", f"sites.{SITE}: {{adopt: true}}"),
    ("recoveryservices:ReplicationPolicy", OF_THE_VAULT, "policyName", f"policies.{POLICY}: {{adopt: true}}"),
    (
        "network:VirtualNetwork",
        {"resourceGroupName": GROUP},
        "virtualNetworkName",
        f"{PLACE}/Microsoft.Network/virtualNetworks/prod}}",
    ),
    (
        "storage:StorageAccount",
        {"resourceGroupName": GROUP},
        "accountName",
        f"{PLACE}/Microsoft.Storage/storageAccounts/contosodr}}",
    ),
]
NAMES = {
    "resourceGroupName": GROUP,
    "vaultName": VAULT,
    "fabricName": SITE,
    "policyName": POLICY,
    "virtualNetworkName": "prod",
    "accountName": "contosodr",
}


@pytest.mark.parametrize(("kind", "declared", "name", "mend"), KNOWN)
def test_each_kind_that_is_there_is_told_and_one_of_another_name_is_not(
    service: SiteRecovery, kind: str, declared: dict[str, Any], name: str, mend: str
) -> None:
    inputs, kind = _inputs(service), f"azure-native:{kind}"
    with pytest.raises(RefusedError, match="is to be made, and is in Azure already") as refused:
        refuse_what_is_there(inputs, kind, {**declared, name: NAMES[name]})
    assert mend in str(refused.value)
    another = {**inputs, "vault": {**inputs["vault"], "name": "another"}} if name == "vaultName" else inputs
    refuse_what_is_there(another, kind, {**declared, name: "another"})


def test_what_cannot_be_looked_for_is_left_to_azure_native(service: SiteRecovery) -> None:
    nowhere = {**_inputs(service), "vault": {"resourceGroup": GROUP, "name": "never-made"}}
    declared = {**OF_THE_VAULT, "policyName": POLICY}
    refuse_what_is_there(nowhere, "azure-native:recoveryservices:ReplicationPolicy", declared)
    refuse_what_is_there(nowhere, "azure-native:compute:AvailabilitySet", {"availabilitySetName": "front"})


def _inputs(service: SiteRecovery) -> Props:
    target = service.target
    return {
        "target": {"cloud": target.cloud, "subscriptionId": target.subscription_id, "tenantId": target.tenant_id},
        "vault": {"name": VAULT, "resourceGroup": GROUP},
    }
