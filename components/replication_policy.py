"""A Hyper-V to Azure replication policy, and its association with the sites that use it."""

import pulumi
from pulumi_azure_native import recoveryservices

from components.adopted_look import tell_of_policy
from components.azure import kept, vault_inputs
from components.recovery_vault import RecoveryVault
from components.settings import Settings
from providers.policy_association import PolicyAssociation
from providers.policy_settings import ReplicationPolicySettings


class HyperVReplicationPolicy(pulumi.ComponentResource):
    """One policy of the vault, its `home`. `associations` has the association with each site whose VMs name it."""

    def __init__(
        self, name: str, settings: Settings, vault: RecoveryVault, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("siteRecovery:components:HyperVReplicationPolicy", name, None, opts)
        self._settings = settings
        self.home = vault
        self._dismantles = settings.dismantle is not None
        self.policy = self._policy(name, vault)
        self.settings = None if settings.policies[name].adopt else self._changed_in_place(name)
        self.associations = {
            site: self._association(name, site, vault)
            for site in settings.sites
            if name in settings.policies_of_site(site)
        }
        self.register_outputs({"policyId": self.policy.id})

    def _policy(self, name: str, vault: RecoveryVault) -> recoveryservices.ReplicationPolicy:
        declared, home = self._settings.policies[name], self._settings.vault
        if declared.adopt:
            found = recoveryservices.ReplicationPolicy.get(
                name,
                f"/subscriptions/{self._settings.target.subscription_id}/resourceGroups/{home.resource_group}/providers"
                f"/Microsoft.RecoveryServices/vaults/{home.name}/replicationPolicies/{name}",
                pulumi.ResourceOptions(parent=self, depends_on=[vault.vault]),
            )
            tell_of_policy(name, declared, found)
            return found
        start = declared.initial_replication_start
        return recoveryservices.ReplicationPolicy(
            name,
            policy_name=name,
            resource_group_name=home.resource_group,
            resource_name_=home.name,
            properties=recoveryservices.CreatePolicyInputPropertiesArgs(
                provider_specific_input=recoveryservices.HyperVReplicaAzurePolicyInputArgs(
                    instance_type="HyperVReplicaAzure",
                    replication_interval=int(declared.replication_interval_seconds),
                    recovery_point_history_duration=declared.recovery_point_history_hours,
                    application_consistent_snapshot_frequency_in_hours=declared.app_consistent_frequency_hours,
                    online_replication_start_time=f"{start}:00" if start else None,  # a .NET time span
                )
            ),
            # Made with a PUT, which says nothing of a policy that exists: what changes later goes another way.
            opts=pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions.merge(
                    kept(parent=self, depends_on=[vault.vault], until=self._dismantles), vault.set_up
                ),
                pulumi.ResourceOptions(ignore_changes=["properties"]),
            ),
        )

    def _changed_in_place(self, name: str) -> ReplicationPolicySettings:
        declared = self._settings.policies[name]
        return ReplicationPolicySettings(
            name,
            target=self._settings.target.as_inputs(),
            vault=vault_inputs(self._settings),
            policy_id=self.policy.id,
            policy_name=name,
            settings={key: value for key, value in declared.as_inputs().items() if key != "adopt"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy]),
        )

    def _association(self, name: str, site: str, vault: RecoveryVault) -> PolicyAssociation:
        return PolicyAssociation(
            f"{site}/{name}",
            target=self._settings.target.as_inputs(),
            vault=vault_inputs(self._settings),
            site=site,
            container_id=vault.hosts[site].container_id,
            policy_id=self.policy.id,
            policy_name=name,
            adopted=self._settings.policies[name].adopt and self._settings.sites[site].adopt,
            dismantle=self._dismantles,
            opts=kept(parent=self, depends_on=[vault.hosts[site], self.policy], until=self._dismantles),
        )
