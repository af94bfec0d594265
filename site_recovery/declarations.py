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
    UpdatePolicyInput,
    UpdatePolicyInputProperties,
    UpdateReplicationProtectedItemInput,
    UpdateReplicationProtectedItemInputProperties,
    VMNicInputDetails,
)

from site_recovery.records import ItemRecord

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

    Subnets and addresses are of the network card `nic_id`, or of the first one.
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
    """A Hyper-V to Azure policy. Seconds, hours, hours, and a time of day as the service takes it."""

    replication_interval_seconds: int
    recovery_point_history_hours: int
    app_consistent_frequency_hours: int
    initial_replication_start: str | None = None


def as_it_is(item: ItemRecord) -> ItemUpdate:
    """What the service says of an item, as the update that would change nothing."""
    details = item.raw_details
    card = _cards(item)[0] if _cards(item) else {}
    address = _primary(card)
    return ItemUpdate(
        recovery_vm_name=item.recovery_vm_name,
        recovery_vm_size=item.recovery_vm_size,
        recovery_network_id=item.recovery_network_id,
        recovery_resource_group_id=item.recovery_resource_group_id,
        managed_disks=item.uses_managed_disks,
        nic_id=card.get("nicId"),
        recovery_subnet=address.get("recoverySubnetName"),
        recovery_static_ip=address.get("recoveryStaticIPAddress"),
        test_network_id=card.get("tfoVMNetworkId"),
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
    """The body of the PATCH. What is not to change is sent as it is: the service resets what it is not told."""
    now, details = as_it_is(item), item.raw_details
    cards = [_card(card, change if _is_meant(card, item, change) else ItemUpdate()) for card in _cards(item)]
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
    }
    return UpdateReplicationProtectedItemInput(
        properties=UpdateReplicationProtectedItemInputProperties(
            provider_specific_details=HyperVReplicaAzureUpdateReplicationProtectedItemInput(**_given(provider)),
            **_given(values),
        )
    )


def policy_update_body(settings: PolicySettings) -> UpdatePolicyInput:
    """The body of the PATCH of a policy."""
    values = {
        "replication_interval": settings.replication_interval_seconds,
        "recovery_point_history_duration": settings.recovery_point_history_hours,
        "application_consistent_snapshot_frequency_in_hours": settings.app_consistent_frequency_hours,
        "online_replication_start_time": settings.initial_replication_start,
    }
    return UpdatePolicyInput(
        properties=UpdatePolicyInputProperties(
            replication_provider_settings=HyperVReplicaAzurePolicyInput(**_given(values))
        )
    )


Card = Mapping[str, Any]  # a member of `vmNics`, as answered

# Answer and input name most parts of a network card alike; a few are renamed.
_OF_CARD = (
    "nicId",
    "recoveryNetworkSecurityGroupId",
    "enableAcceleratedNetworkingOnRecovery",
    "tfoNetworkSecurityGroupId",
    "enableAcceleratedNetworkingOnTfo",
    "recoveryNicName",
    "recoveryNicResourceGroupName",
    "reuseExistingNic",
    "tfoReuseExistingNic",
    "targetNicName",
)
_RENAMED_OF_CARD = {"tfoRecoveryNicName": "tfoNicName", "tfoRecoveryNicResourceGroupName": "tfoNicResourceGroupName"}
_OF_ADDRESS = (
    "recoveryPublicIPAddressId",
    "recoveryLBBackendAddressPoolIds",
    "tfoPublicIPAddressId",
    "tfoLBBackendAddressPoolIds",
)


def _cards(item: ItemRecord) -> list[Card]:
    cards = item.raw_details.get("vmNics")
    return [card for card in cards if isinstance(card, Mapping)] if isinstance(cards, list | tuple) else []


def _primary(card: Card) -> Mapping[str, Any]:
    addresses = card.get("ipConfigs") or [{}]
    return next((address for address in addresses if address.get("isPrimary")), addresses[0])


def _is_meant(card: Card, item: ItemRecord, change: ItemUpdate) -> bool:
    return card.get("nicId") == change.nic_id if change.nic_id is not None else card is _cards(item)[0]


def _card(card: Card, change: ItemUpdate) -> VMNicInputDetails:
    """A network card as the service takes it: always as a whole."""
    old = _primary(card)
    address: dict[str, Any] = {
        **{name: old.get(name) for name in _OF_ADDRESS},
        "ipConfigName": old.get("name"),
        "isPrimary": True,
        "isSeletedForFailover": True,  # the service's own spelling
        "recoverySubnetName": _chosen(change.recovery_subnet, old.get("recoverySubnetName")),
        "recoveryStaticIPAddress": _chosen(change.recovery_static_ip, old.get("recoveryStaticIPAddress")),
        "tfoSubnetName": _chosen(change.test_subnet, old.get("tfoSubnetName")),
        "tfoStaticIPAddress": _chosen(change.test_static_ip, old.get("tfoStaticIPAddress")),
    }
    values: dict[str, Any] = {
        **{name: card.get(name) for name in _OF_CARD},
        **{theirs: card.get(ours) for ours, theirs in _RENAMED_OF_CARD.items()},
        "selectionType": card.get("selectionType") or "SelectedByUser",
    }
    return VMNicInputDetails({**_given(values), "ipConfigs": [_given(address)]})


def _chosen(changed: Value | None, present: Value | None) -> Value | None:
    return present if changed is None else changed


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is given: the service tells an absent value from a null."""
    return {name: value for name, value in values.items() if value is not None}


def _text(flag: bool) -> str:
    return "true" if flag else "false"
