"""The Recovery Services vault with its resource group, its Hyper-V sites and their hosts."""

import pulumi
from pulumi_azure_native import recoveryservices, resources

from components.adopted_look import tell_of_vault
from components.azure import kept, vault_inputs
from components.create_look import look_before_create
from components.settings import Settings, Vault
from components.vault_look import look_before_vault_update
from components.vault_set_up import set_up_before_create
from providers.estate_guard import EstateGuard
from providers.hyperv_hosts import HyperVHosts


class RecoveryVault(pulumi.ComponentResource):
    """A vault and its Hyper-V sites, made or adopted. What is adopted is never changed or deleted.

    `sites` has each site's resource by its name, `hosts` its Hyper-V hosts. `group` is what everything in the vault's
    resource group waits for: the group, or the estate's guard where the group is not made here. `made` are options of
    whatever the stack makes through azure-native, `set_up` those of what is made in the vault.
    """

    def __init__(
        self, name: str, settings: Settings, guard: EstateGuard, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("siteRecovery:components:RecoveryVault", name, None, opts)
        self._settings = settings
        self._dismantles = settings.dismantle is not None
        vault = settings.vault
        self._guard = guard
        self.made = look_before_create(settings)
        self.group = self._group(vault) if settings.makes_group_of_the_vault() else guard
        self.vault = self._vault(vault)
        self.set_up = pulumi.ResourceOptions.merge(self.made, set_up_before_create(settings))
        self.sites = {site: self._site(site, adopt=declared.adopt) for site, declared in settings.sites.items()}
        self.hosts = {site: self._hosts(site) for site in settings.sites}
        self.register_outputs({"vaultId": self.vault.id})

    def _group(self, vault: Vault) -> resources.ResourceGroup:
        """The vault's own group, with what `resourceGroups` may say of it: one resource, written there or not."""
        declared = self._settings.group_of_the_vault()
        return resources.ResourceGroup(
            vault.resource_group,
            resource_group_name=vault.resource_group,
            location=(declared and declared.location) or vault.location,
            tags=dict(declared.tags) or None if declared else None,
            opts=pulumi.ResourceOptions.merge(
                kept(parent=self, depends_on=[self._guard]),
                pulumi.ResourceOptions.merge(
                    self.made, pulumi.ResourceOptions(aliases=_as_one_of_many(self._settings))
                ),
            ),
        )

    def _vault(self, vault: Vault) -> recoveryservices.Vault:
        if vault.adopt:
            found = recoveryservices.Vault.get(
                vault.name, _vault_id(self._settings), pulumi.ResourceOptions(parent=self, depends_on=[self._guard])
            )
            tell_of_vault(vault, found)
            return found
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
            opts=pulumi.ResourceOptions.merge(
                kept(parent=self, depends_on=[self.group], until=self._dismantles),
                pulumi.ResourceOptions.merge(look_before_vault_update(self._settings, self._guard), self.made),
            ),
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
            opts=pulumi.ResourceOptions.merge(
                kept(parent=self, depends_on=[self.vault], until=self._dismantles), self.set_up
            ),
        )

    def _hosts(self, site: str) -> HyperVHosts:
        declared = self._settings.sites[site]
        return HyperVHosts(
            site,
            target=self._settings.target.as_inputs(),
            vault=vault_inputs(self._settings),
            site=site,
            wait_for_host_minutes=declared.wait_for_host_minutes,
            dismantle=self._dismantles and not declared.adopt,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.sites[site]]),
        )


def _as_one_of_many(settings: Settings) -> list[pulumi.Alias]:
    """Earlier releases made a vault's group that was written in `resourceGroups` where they made the other groups."""
    landing = pulumi.create_urn("azure", "siteRecovery:components:AzureLanding")
    home = settings.vault.resource_group
    spelled = [name for name in settings.resource_groups if name.casefold() == home.casefold()]
    return [pulumi.Alias(name=name, parent=landing) for name in {*spelled, home}]


def _vault_id(settings: Settings) -> str:
    vault = settings.vault
    return (
        f"/subscriptions/{settings.target.subscription_id}/resourceGroups/{vault.resource_group}"
        f"/providers/Microsoft.RecoveryServices/vaults/{vault.name}"
    )
