"""What a stack declares of a protected item, and the bodies that the service takes for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from azure.mgmt.recoveryservicessiterecovery.models import (
    EnableProtectionInput,
    EnableProtectionInputProperties,
    HyperVReplicaAzureEnableProtectionInput,
    HyperVReplicaAzurePolicyInput,
    HyperVReplicaAzureUpdateReplicationProtectedItemInput,
    UpdateDiskInput,
    UpdatePolicyInput,
    UpdatePolicyInputProperties,
    UpdateReplicationProtectedItemInput,
    UpdateReplicationProtectedItemInputProperties,
)

from site_recovery.network_cards import card_input, cards_of, main_address, main_card
from site_recovery.records import ItemRecord, same_id

Value = TypeVar("Value")


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
    target_availability_set_id: str | None = None
    license_type: str | None = None
    sql_server_license_type: str | None = None
    disk_type: str | None = None
    rdp: str | None = None  # "Never", "OnlyOnTestFailover" or "Always"
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ItemUpdate:
    """What may be changed of a protected item. None leaves a value as it is, an empty text or map takes it back.

    Subnets and addresses are of the main address of the network card `nic_id`, or of the item's main card.
    """

    recovery_vm_name: str | None = None
    recovery_vm_size: str | None = None
    recovery_network_id: str | None = None
    recovery_resource_group_id: str | None = None
    managed_disks: bool | None = None
    nic_id: str | None = None
    recovery_subnet: str | None = None
    recovery_static_ip: str | None = None
    test_network_id: str | None = None
    test_subnet: str | None = None
    test_static_ip: str | None = None
    license_type: str | None = None
    sql_server_license_type: str | None = None
    rdp: str | None = None
    availability_set_id: str | None = None
    availability_zone: str | None = None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True)
class PolicySettings:
    """A Hyper-V to Azure policy. Seconds, hours, hours, and a time of day, as 22:30; None starts at once."""

    replication_interval_seconds: int
    recovery_point_history_hours: int
    app_consistent_frequency_hours: int
    initial_replication_start: str | None = None


def as_it_is(item: ItemRecord) -> ItemUpdate:
    """What the service says of an item, as the update that would change nothing."""
    details = item.raw_details
    card = main_card(item)
    address = main_address(card)
    return ItemUpdate(
        recovery_vm_name=item.recovery_vm_name,
        recovery_vm_size=item.recovery_vm_size,
        recovery_network_id=item.recovery_network_id,
        recovery_resource_group_id=item.recovery_resource_group_id,
        managed_disks=item.uses_managed_disks,
        nic_id=card.get("nicId"),
        recovery_subnet=address.get("recoverySubnetName"),
        recovery_static_ip=address.get("recoveryStaticIPAddress"),
        # One network for all cards, as for the failover itself.
        test_network_id=next((one["tfoVMNetworkId"] for one in cards_of(item) if one.get("tfoVMNetworkId")), None),
        test_subnet=address.get("tfoSubnetName"),
        test_static_ip=address.get("tfoStaticIPAddress"),
        license_type=details.get("licenseType"),
        sql_server_license_type=details.get("sqlServerLicenseType"),
        rdp=details.get("enableRdpOnTargetOption"),
        availability_set_id=details.get("recoveryAvailabilitySetId"),
        availability_zone=details.get("targetAvailabilityZone"),
        tags=details.get("targetVmTags"),
    )


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
        "target_availability_set_id": settings.target_availability_set_id,
        "license_type": settings.license_type,
        "sql_server_license_type": settings.sql_server_license_type,
        "disk_type": settings.disk_type,
        "enable_rdp_on_target_option": settings.rdp,
        "target_vm_tags": None if settings.tags is None else dict(settings.tags),
    }
    return EnableProtectionInput(
        properties=EnableProtectionInputProperties(
            policy_id=settings.policy_id,
            protectable_item_id=settings.protectable_item_id,
            provider_specific_details=HyperVReplicaAzureEnableProtectionInput(**_given(values)),
        )
    )


def update_body(item: ItemRecord, change: ItemUpdate) -> UpdateReplicationProtectedItemInput:
    """The body of the PATCH. What is not to change is sent as it is: the service may reset what it is not told.

    Whether it does is not specified for every field. The service's own tools read the item and send it back whole.
    """
    now, details = as_it_is(item), item.raw_details
    meant, wanted = change.nic_id or now.nic_id, _card_change(change)
    cards = [card_input(card, wanted if same_id(card.get("nicId"), meant) else {}) for card in cards_of(item)]
    values: dict[str, Any] = {
        "recovery_azure_vm_name": _chosen(change.recovery_vm_name, now.recovery_vm_name),
        "recovery_azure_vm_size": _chosen(change.recovery_vm_size, now.recovery_vm_size),
        "selected_recovery_azure_network_id": _chosen(change.recovery_network_id, now.recovery_network_id),
        "selected_tfo_azure_network_id": _chosen(change.test_network_id, now.test_network_id),
        "selected_source_nic_id": details.get("selectedSourceNicId"),
        "enable_rdp_on_target_option": _chosen(change.rdp, now.rdp),
        "license_type": _chosen(change.license_type, now.license_type),
        "recovery_availability_set_id": _chosen(change.availability_set_id, now.availability_set_id),
        "vm_nics": cards or None,
    }
    managed = _chosen(change.managed_disks, now.managed_disks)
    tags = _chosen(change.tags, now.tags)
    provider: dict[str, Any] = {
        "recovery_azure_v2_resource_group_id": _chosen(
            change.recovery_resource_group_id, now.recovery_resource_group_id
        ),
        "use_managed_disks": None if managed is None else _text(managed),
        "target_availability_zone": _chosen(change.availability_zone, now.availability_zone),
        "target_proximity_placement_group_id": details.get("targetProximityPlacementGroupId"),
        "sql_server_license_type": _chosen(change.sql_server_license_type, now.sql_server_license_type),
        "linux_license_type": details.get("linuxLicenseType"),
        "target_vm_tags": None if tags is None else dict(tags),
        "target_managed_disk_tags": details.get("targetManagedDiskTags"),
        "target_nic_tags": details.get("targetNicTags"),
        "target_capacity_reservation_group_id": details.get("targetCapacityReservationGroupId"),
        "user_selected_os_name": (details.get("oSDetails") or {}).get("userSelectedOSName"),
        "disk_id_to_disk_encryption_map": _encryption_sets(details),
        "vm_disks": _disk_inputs(details),
    }
    return UpdateReplicationProtectedItemInput(
        properties=UpdateReplicationProtectedItemInputProperties(
            provider_specific_details=HyperVReplicaAzureUpdateReplicationProtectedItemInput(**_given(provider)),
            **_given(values),
        )
    )


def policy_update_body(settings: PolicySettings) -> UpdatePolicyInput:
    """The body of the PATCH of a policy. The time of day is a .NET time span, as the service's own tools send it."""
    start = settings.initial_replication_start
    values = {
        "replication_interval": settings.replication_interval_seconds,
        "recovery_point_history_duration": settings.recovery_point_history_hours,
        "application_consistent_snapshot_frequency_in_hours": settings.app_consistent_frequency_hours,
        "online_replication_start_time": f"{start}:00" if start else None,
    }
    return UpdatePolicyInput(
        properties=UpdatePolicyInputProperties(
            replication_provider_settings=HyperVReplicaAzurePolicyInput(**_given(values))
        )
    )


def _card_change(change: ItemUpdate) -> dict[str, Any]:
    """What an update says of the main address of the card that it means."""
    values = {
        "recoverySubnetName": change.recovery_subnet,
        "recoveryStaticIPAddress": change.recovery_static_ip,
        "tfoSubnetName": change.test_subnet,
        "tfoStaticIPAddress": change.test_static_ip,
    }
    return _given(values)


def _encryption_sets(details: Mapping[str, Any]) -> dict[str, str] | None:
    """The disk encryption set of each disk that has one, by the disk's id."""
    sets = {disk["diskId"]: disk["diskEncryptionSetId"] for disk in _disks(details) if disk.get("diskEncryptionSetId")}
    return sets or None


def _disk_inputs(details: Mapping[str, Any]) -> list[UpdateDiskInput] | None:
    """What was chosen for each disk in Azure; the service tells names in one list, performance in another."""
    chosen: dict[str, dict[str, Any]] = {}
    for disk in _disks(details):
        values = {theirs: disk.get(ours) for ours, theirs in _OF_DISK.items()}
        chosen.setdefault(disk["diskId"], {}).update(_given(values))
    inputs = [UpdateDiskInput({"diskId": disk_id, **values}) for disk_id, values in chosen.items() if values]
    return inputs or None


_OF_DISK = {
    "customTargetDiskName": "targetDiskName",
    "iops": "iops",
    "throughputInMbps": "throughputInMbps",
    "diskSizeInGB": "diskSizeInGB",
}


def _disks(details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = [*(details.get("azureVmDiskDetails") or ()), *(details.get("protectedManagedDisks") or ())]
    return [disk for disk in listed if disk.get("diskId")]


def _chosen(changed: Value | None, present: Value | None) -> Value | None:
    return present if changed is None else changed


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is given: the service tells an absent value from a null."""
    return {name: value for name, value in values.items() if value is not None}


def _text(flag: bool) -> str:
    return "true" if flag else "false"
