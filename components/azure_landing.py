"""What VMs need in Azure to come up in: resource groups, networks with subnets, storage accounts."""

# Annotations are not evaluated: azure-native loads each of its parts at the first use, that of networks takes a second.
from __future__ import annotations

import pulumi
from pulumi_azure_native import network, resources, storage

from components.azure import kept
from components.recovery_vault import RecoveryVault
from components.settings import Network, Settings, StorageAccount, VmSettings


class AzureLanding(pulumi.ComponentResource):
    """The resource groups, networks and storage accounts that the stack makes or refers to.

    `network_id` and `storage_account_id` give the ARM id of what a VM's settings name, made here or not. Everything
    here waits for the `group` of the vault. `look` are options of the networks that are made.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        vault: RecoveryVault,
        look: pulumi.ResourceOptions,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("siteRecovery:components:AzureLanding", name, None, opts)
        self._look = look
        self._settings = settings
        self._vault_group = vault.group
        self._made = vault.made
        # The vault's own group is made with it, and is what everything here waits for. Azure has no regard to the case
        # of a group's name.
        home = settings.vault.resource_group.casefold() if settings.makes_group_of_the_vault() else None
        self._groups = {
            name.casefold(): self._group(name)
            for name, declared in settings.resource_groups.items()
            if not declared.adopt and name.casefold() != home
        }
        self._networks = {
            name: self._network(name, declared) for name, declared in settings.networks.items() if declared.id is None
        }
        self._accounts = {
            name: self._account(name, declared)
            for name, declared in settings.storage_accounts.items()
            if declared.id is None
        }
        self.register_outputs({})

    def network_id(self, reference: str) -> pulumi.Input[str]:
        """The ARM id of a network that a VM names."""
        made = self._networks.get(reference)
        return made.id if made is not None else str(self._settings.network_id(reference))

    def storage_account_id(self, reference: str) -> pulumi.Input[str]:
        """The ARM id of a storage account that a VM names."""
        made = self._accounts.get(reference)
        return made.id if made is not None else str(self._settings.storage_account_id(reference))

    def group_id(self, name: str) -> str:
        """The ARM id of a resource group."""
        return f"/subscriptions/{self._settings.target.subscription_id}/resourceGroups/{name}"

    def network_of(self, reference: str) -> list[pulumi.Resource]:
        """The network that a setting names, where the stack makes it: what names it waits for it, and is left alone
        where it fails. Its id alone would not say so: the engine leaves that out then, with what it stands for."""
        return [made for name, made in self._networks.items() if name == reference]

    def all_for(self, vm: VmSettings) -> list[pulumi.Resource]:
        """Everything that a VM lands in and the stack makes, its resource group first."""
        wanted = vm.target
        found = self._rests_on(wanted.resource_group or self._settings.vault.resource_group)
        for reference in (wanted.network, wanted.test.network):
            found += self.network_of(reference) if reference is not None else []
        accounts = {wanted.storage_account, wanted.log_storage_account}
        return found + [made for name, made in self._accounts.items() if name in accounts]

    def made_for(self, vm: VmSettings) -> list[str]:
        """Which parts of what a VM lands in the stack makes, by their keys in its `azure`: they may not be there yet
        or not as they are declared."""
        wanted, home = vm.target, self._settings.vault
        group = wanted.resource_group or home.resource_group
        of_the_vault = not home.adopt and group.casefold() == home.resource_group.casefold()
        known = {
            "networkId": wanted.network in self._networks,
            "testNetworkId": wanted.test.network in self._networks,
            "storageAccountId": wanted.storage_account in self._accounts,
            "logStorageAccountId": wanted.log_storage_account in self._accounts,
            "resourceGroupId": group.casefold() in self._groups or of_the_vault,
        }
        return [key for key, made in known.items() if made]

    def ids(self) -> dict[str, dict[str, pulumi.Input[str]]]:
        """The ARM ids of every network and storage account that is declared, by name: what other stacks refer to."""
        return {
            "networks": {name: self.network_id(name) for name in self._settings.networks},
            "storageAccounts": {name: self.storage_account_id(name) for name in self._settings.storage_accounts},
        }

    def _group(self, name: str) -> resources.ResourceGroup:
        declared = self._settings.resource_groups[name]
        return resources.ResourceGroup(
            name,
            resource_group_name=name,
            location=declared.location or self._settings.vault.location,
            tags=dict(declared.tags) or None,
            opts=pulumi.ResourceOptions.merge(kept(parent=self, depends_on=[self._vault_group]), self._made),
        )

    def _network(self, name: str, declared: Network) -> network.VirtualNetwork:
        group = declared.resource_group or self._settings.vault.resource_group
        return network.VirtualNetwork(
            name,
            virtual_network_name=name,
            resource_group_name=group,
            location=declared.location or self._settings.vault.location,
            address_space=network.AddressSpaceArgs(address_prefixes=[str(prefix) for prefix in declared.address_space]),
            subnets=[
                network.SubnetArgs(name=subnet, address_prefix=str(made.prefix))
                for subnet, made in declared.subnets.items()
            ],
            tags=dict(declared.tags) or None,
            opts=pulumi.ResourceOptions.merge(
                kept(parent=self, depends_on=self._rests_on(group), until=self._settings.dismantle is not None),
                pulumi.ResourceOptions.merge(self._look, self._made),
            ),
        )

    def _account(self, name: str, declared: StorageAccount) -> storage.StorageAccount:
        group = declared.resource_group or self._settings.vault.resource_group
        return storage.StorageAccount(
            name,
            account_name=name,
            resource_group_name=group,
            location=declared.location or self._settings.vault.location,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=declared.sku.value),
            tags=dict(declared.tags) or None,
            opts=pulumi.ResourceOptions.merge(kept(parent=self, depends_on=self._rests_on(group)), self._made),
        )

    def _rests_on(self, group: str) -> list[pulumi.Resource]:
        return [self._groups.get(group.casefold()) or self._vault_group]
