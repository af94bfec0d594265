"""What a stack declares of a protected item, and the bodies that the service takes for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.mgmt.recoveryservicessiterecovery.models import (
    EnableProtectionInput,
    EnableProtectionInputProperties,
    HyperVReplicaAzureEnableProtectionInput,
    HyperVReplicaAzureUpdateReplicationProtectedItemInput,
    IPConfigInputDetails,
    UpdateReplicationProtectedItemInput,
    UpdateReplicationProtectedItemInputProperties,
    VMNicInputDetails,
)

from site_recovery.records import ItemRecord, NicRecord


@dataclass(frozen=True)
class EnableProtection:
    """What enabling the replication of a Hyper-V machine to Azure takes (HyperVReplicaAzureEnableProtectionInput)."""

    policy_id: str
    protectable_item_id: str
    hv_host_vm_id: str  # the machine's id on its host: ProtectableItemRecord.vm_id
    vm_name: str
    os_type: str  # "Windows" or "Linux"
    vhd_id: str  # the disk with the operating system
    disks_to_include: tuple[str, ...]  # vhd ids
    target_vm_name: str
    target_resource_group_id: str
    target_network_id: str | None
    target_subnet: str | None
    storage_account_id: str | None
    log_storage_account_id: str | None
    managed_disks: bool
    target_vm_size: str | None = None
    target_availability_zone: str | None = None
    license_type: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)  # further fields of the input, under the SDK's names


@dataclass(frozen=True)
class ItemUpdate:
    """What may be changed of a protected item; None leaves a value as it is."""

    recovery_vm_name: str | None = None
    recovery_vm_size: str | None = None
    recovery_network_id: str | None = None
    recovery_resource_group_id: str | None = None
    managed_disks: bool | None = None
    nic_id: str | None = None  # the card that subnet and address are for; the first one if left out
    recovery_subnet: str | None = None
    recovery_static_ip: str | None = None
    license_type: str | None = None


def enable_body(settings: EnableProtection) -> EnableProtectionInput:
    """The body of the PUT that enables protection. useManagedDisks is a text, not a flag."""
    values: dict[str, Any] = {
        "hv_host_vm_id": settings.hv_host_vm_id,
        "vm_name": settings.vm_name,
        "os_type": settings.os_type,
        "vhd_id": settings.vhd_id,
        "disks_to_include": list(settings.disks_to_include),
        "target_azure_vm_name": settings.target_vm_name,
        "target_azure_v2_resource_group_id": settings.target_resource_group_id,
        "target_azure_network_id": settings.target_network_id,
        "target_azure_subnet_id": settings.target_subnet,
        "target_storage_account_id": settings.storage_account_id,
        "log_storage_account_id": settings.log_storage_account_id,
        "use_managed_disks": _text(settings.managed_disks),
        "target_vm_size": settings.target_vm_size,
        "target_availability_zone": settings.target_availability_zone,
        "license_type": settings.license_type,
        **settings.extra,
    }
    return EnableProtectionInput(
        properties=EnableProtectionInputProperties(
            policy_id=settings.policy_id,
            protectable_item_id=settings.protectable_item_id,
            provider_specific_details=HyperVReplicaAzureEnableProtectionInput(**_given(values)),
        )
    )


def update_body(item: ItemRecord, change: ItemUpdate) -> UpdateReplicationProtectedItemInput:
    """The body of the PATCH. What is not to change is sent as it is: the service resets what it is not told."""
    details = item.raw_details
    values: dict[str, Any] = {
        "recovery_azure_vm_name": change.recovery_vm_name or item.recovery_vm_name,
        "recovery_azure_vm_size": change.recovery_vm_size or item.recovery_vm_size,
        "selected_recovery_azure_network_id": change.recovery_network_id or item.recovery_network_id,
        "selected_source_nic_id": details.get("selectedSourceNicId"),
        "enable_rdp_on_target_option": details.get("enableRdpOnTargetOption"),
        "license_type": change.license_type or details.get("licenseType"),
        "recovery_availability_set_id": details.get("recoveryAvailabilitySetId"),
        "vm_nics": [_nic(nic, change if _is_meant(nic, item, change) else ItemUpdate()) for nic in item.nics] or None,
    }
    managed = item.uses_managed_disks if change.managed_disks is None else change.managed_disks
    provider: dict[str, Any] = {
        "recovery_azure_v2_resource_group_id": change.recovery_resource_group_id or item.recovery_resource_group_id,
        "use_managed_disks": None if managed is None else _text(managed),
        "target_availability_zone": details.get("targetAvailabilityZone"),
        "target_proximity_placement_group_id": details.get("targetProximityPlacementGroupId"),
        "sql_server_license_type": details.get("sqlServerLicenseType"),
        "target_vm_tags": details.get("targetVmTags"),
        "target_managed_disk_tags": details.get("targetManagedDiskTags"),
        "target_nic_tags": details.get("targetNicTags"),
    }
    return UpdateReplicationProtectedItemInput(
        properties=UpdateReplicationProtectedItemInputProperties(
            provider_specific_details=HyperVReplicaAzureUpdateReplicationProtectedItemInput(**_given(provider)),
            **_given(values),
        )
    )


def _is_meant(nic: NicRecord, item: ItemRecord, change: ItemUpdate) -> bool:
    return nic.id == change.nic_id if change.nic_id is not None else nic == item.nics[0]


def _nic(nic: NicRecord, change: ItemUpdate) -> VMNicInputDetails:
    address: dict[str, Any] = {
        "is_primary": True,
        "is_seleted_for_failover": True,  # the service's own spelling
        "recovery_subnet_name": change.recovery_subnet or nic.recovery_subnet_name,
        "recovery_static_ip_address": change.recovery_static_ip or nic.recovery_static_ip,
    }
    values: dict[str, Any] = {
        "nic_id": nic.id,
        "selection_type": nic.selection_type or "SelectedByUser",
        "recovery_network_security_group_id": nic.recovery_network_security_group_id,
        "target_nic_name": nic.target_nic_name,
    }
    return VMNicInputDetails(ip_configs=[IPConfigInputDetails(**_given(address))], **_given(values))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is given: the service tells an absent value from a null."""
    return {name: value for name, value in values.items() if value is not None}


def _text(flag: bool) -> str:
    return "true" if flag else "false"
