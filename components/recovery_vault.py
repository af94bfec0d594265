"""The Recovery Services vault with its resource group and its Hyper-V sites."""

import pulumi
from pulumi_azure_native import recoveryservices, resources

from components.azure import kept
from components.settings import Settings, Vault


class RecoveryVault(pulumi.ComponentResource):
    """A vault and its Hyper-V sites, made or adopted. What is adopted is never changed or deleted.

    `sites` has each site's resource by its name; `group` is None where the vault is adopted.
    """

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("siteRecovery:components:RecoveryVault", name, None, opts)
        self._settings = settings
        vault = settings.vault
        self.group = None if vault.adopt or vault.resource_group in settings.resource_groups else self._group(vault)
        self.vault = self._vault(vault)
        self.sites = {site: self._site(site, adopt=declared.adopt) for site, declared in settings.sites.items()}
        self.register_outputs({"vaultId": self.vault.id})

    def _group(self, vault: Vault) -> resources.ResourceGroup:
        return resources.ResourceGroup(
            vault.resource_group,
            resource_group_name=vault.resource_group,
            location=vault.location,
            opts=kept(parent=self),
        )

    def _vault(self, vault: Vault) -> recoveryservices.Vault:
        if vault.adopt:
            return recoveryservices.Vault.get(
                vault.name, _vault_id(self._settings), pulumi.ResourceOptions(parent=self)
            )
        return recoveryservices.Vault(
            vault.name,
            vault_name=vault.name,
            resource_group_name=vault.resource_group,
            location=vault.location,
            sku=recoveryservices.SkuArgs(name="RS0", tier="Standard"),
            properties=recoveryservices.VaultPropertiesArgs(
                public_network_access=vault.public_network_access.in_azure,
                redundancy_settings=recoveryservices.VaultPropertiesRedundancySettingsArgs(
                    standard_tier_storage_redundancy=vault.redundancy.in_azure
                ),
                security_settings=recoveryservices.SecuritySettingsArgs(
                    immutability_settings=recoveryservices.ImmutabilitySettingsArgs(state=vault.immutability.in_azure)
                ),
            ),
            tags=dict(vault.tags) or None,
            opts=kept(parent=self, depends_on=[self.group] if self.group else []),
        )

    def _site(self, site: str, *, adopt: bool) -> recoveryservices.ReplicationFabric:
        vault = self._settings.vault
        if adopt:
            fabric_id = f"{_vault_id(self._settings)}/replicationFabrics/{site}"
            return recoveryservices.ReplicationFabric.get(
                site, fabric_id, pulumi.ResourceOptions(parent=self, depends_on=[self.vault])
            )
        # The SDK's union has no input for a Hyper-V site: empty properties make one.
        return recoveryservices.ReplicationFabric(
            site,
            fabric_name=site,
            resource_group_name=vault.resource_group,
            resource_name_=vault.name,
            properties=recoveryservices.FabricCreationInputPropertiesArgs(),
            opts=kept(parent=self, depends_on=[self.vault]),
        )


def _vault_id(settings: Settings) -> str:
    vault = settings.vault
    return (
        f"/subscriptions/{settings.target.subscription_id}/resourceGroups/{vault.resource_group}"
        f"/providers/Microsoft.RecoveryServices/vaults/{vault.name}"
    )
