"""One VM: protected in the vault, and in which direction."""

import pulumi

from components.azure import vault_inputs
from components.azure_landing import AzureLanding
from components.azure_target import azure_target
from components.replication_policy import HyperVReplicationPolicy
from components.settings import Settings, VmSettings
from providers.protected_item import ProtectedItem
from providers.protection_direction import ProtectionDirection


class ProtectedVm(pulumi.ComponentResource):
    """A protected item and its direction: two resources, so that a flip is one small diff of its own."""

    def __init__(
        self,
        settings: Settings,
        vm: VmSettings,
        landing: AzureLanding,
        policy: HyperVReplicationPolicy,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("siteRecovery:components:ProtectedVm", vm.name, None, opts)
        self.name = vm.name
        association = policy.associations[vm.site]
        target = settings.target.as_inputs()
        vault = vault_inputs(settings)
        declared = vm.as_inputs()
        self.item = ProtectedItem(
            vm.name,
            target=target,
            vault=vault,
            site=vm.site,
            vm=vm.name,
            container_id=policy.home.hosts[vm.site].container_id,
            policy_id=policy.policy.id,
            azure=azure_target(settings, vm, landing),
            source=declared.get("source", {}),
            made=landing.made_for(vm),
            wait_for_initial_replication=vm.wait_for_initial_replication,
            step_limit_minutes=vm.step_limits.initial_replication,
            dismantle=settings.dismantle is not None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[association, *landing.all_for(vm)]),
        )
        self.direction = ProtectionDirection(
            vm.name,
            target=target,
            vault=vault,
            item_id=self.item.item_id,
            vm=vm.name,
            direction=vm.direction.value,
            settings=settings.move_inputs(vm),
            permits=settings.permit_inputs(vm.name),
            max_moves=settings.max_moves,
            freeze=settings.freeze,
            # Of an item that fails the engine knows no id, and without one no dependency.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.item]),
        )
        # No outputs: an output that a move changes would be one more writing of the whole state for each VM, at the end
        # of a move of many.
        self.register_outputs({})
