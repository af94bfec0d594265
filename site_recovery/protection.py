"""What a stack declares rather than moves: associations and protected items. These wait for their job to end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from site_recovery.records import ItemRecord, JobRecord, MappingRecord

OnJobProgress = Callable[[JobRecord], None]


@dataclass(frozen=True)
class EnableProtection:
    """What enabling replication of a Hyper-V VM to Azure takes (HyperVReplicaAzureEnableProtectionInput)."""

    policy_id: str
    protectable_item_id: str
    hv_host_vm_id: str
    vm_name: str
    os_type: str  # "Windows" or "Linux"
    vhd_id: str  # the disk with the operating system
    disks_to_include: tuple[str, ...]
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
    extra: Mapping[str, Any] | None = None  # further fields of the input, under the service's names


@dataclass(frozen=True)
class ItemUpdate:
    """What may be changed of a protected item; None leaves a value as it is."""

    recovery_vm_name: str | None = None
    recovery_vm_size: str | None = None
    recovery_network_id: str | None = None
    recovery_resource_group_id: str | None = None
    managed_disks: bool | None = None
    nic_id: str | None = None
    recovery_subnet: str | None = None
    recovery_static_ip: str | None = None
    license_type: str | None = None


class Protection:
    def associate_policy(
        self,
        container_id: str,
        *,
        policy_id: str,
        mapping_name: str,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> MappingRecord:
        raise NotImplementedError

    def dissociate_policy(
        self,
        mapping_id: str,
        *,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> None:
        raise NotImplementedError

    def enable(
        self,
        container_id: str,
        *,
        item_name: str,
        settings: EnableProtection,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 3600.0,
    ) -> ItemRecord:
        raise NotImplementedError

    def update(
        self,
        item_id: str,
        *,
        change: ItemUpdate,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> ItemRecord:
        raise NotImplementedError

    def disable(
        self,
        item_id: str,
        *,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 1800.0,
    ) -> None:
        raise NotImplementedError

    def wait_protected(
        self,
        item_id: str,
        *,
        on_progress: Callable[[ItemRecord], None] | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
    ) -> ItemRecord:
        """Until the first replication has ended and operations are offered."""
        raise NotImplementedError
