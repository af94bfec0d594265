"""One VM: protected in the vault, and in which direction."""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.azure_landing import AzureLanding
from components.replication_policy import HyperVReplicationPolicy
from components.settings import Attested, Settings, VmSettings
from components.settings.permits import Permit
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
        vault = {"resourceGroup": settings.vault.resource_group, "name": settings.vault.name}
        declared = vm.as_inputs()
        self.item = ProtectedItem(
            vm.name,
            target=target,
            vault=vault,
            site=vm.site,
            vm=vm.name,
            container_id=association.container_id,
            policy_id=policy.policy.id,
            azure=_in_azure(settings, vm, landing),
            source=declared.get("source", {}),
            wait_for_initial_replication=vm.wait_for_initial_replication,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[association]),
        )
        self.direction = ProtectionDirection(
            vm.name,
            target=target,
            vault=vault,
            item_id=self.item.id,
            vm=vm.name,
            direction=vm.direction.value,
            settings=_for_moving(settings, vm),
            permits=_permits(settings, vm),
            max_moves=settings.max_moves,
            freeze=settings.freeze,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"stage": self.direction.stage})


def _in_azure(settings: Settings, vm: VmSettings, landing: AzureLanding) -> dict[str, Any]:
    wanted = vm.target
    known: dict[str, Any] = {
        "vmName": wanted.name or vm.name,
        "resourceGroupId": landing.group_id(wanted.resource_group or settings.vault.resource_group),
        "networkId": landing.network_id(wanted.network) if wanted.network else None,
        "subnet": wanted.subnet,
        "staticIp": str(wanted.static_ip) if wanted.static_ip else None,
        "size": wanted.size,
        "storageAccountId": landing.storage_account_id(wanted.storage_account) if wanted.storage_account else None,
        "logStorageAccountId": (
            landing.storage_account_id(wanted.log_storage_account) if wanted.log_storage_account else None
        ),
        "managedDisks": wanted.managed_disks,
        "zone": wanted.zone.value if wanted.zone else None,
        "licenseType": wanted.license_type.in_azure if wanted.license_type else None,
    }
    return {key: value for key, value in known.items() if value is not None}


def _for_moving(settings: Settings, vm: VmSettings) -> dict[str, Any]:
    # What else is said of a VM beside its own lines is checked against the service's clock where it is used.
    off = [held for held in settings.attestations if held.vm == vm.name and held.what == Attested.SOURCE_OFF]
    chosen = {key: value for key, value in vm.direction_inputs().items() if key not in {"direction", "name"}}
    return {**chosen, "sourceOffUntil": max(held.until for held in off).isoformat()} if off else chosen


def _permits(settings: Settings, vm: VmSettings) -> dict[str, Any]:
    """What people have permitted and stated about the VM; whether it has run out is judged by the service's clock."""
    known: dict[str, Any] = {
        "waivers": _of_vm(settings.waivers, vm),
        "attestations": _of_vm(settings.attestations, vm),
        "approvals": _of_vm(settings.approvals, vm),
        "requireApproval": settings.require_approval,
    }
    return {key: value for key, value in known.items() if value}


def _of_vm(permits: Sequence[Permit], vm: VmSettings) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in held.as_inputs().items() if key != "vm"} for held in permits if held.vm == vm.name
    ]
