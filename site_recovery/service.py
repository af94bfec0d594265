"""A vault, as the rest of the project sees it: reads here, what changes things in `operations` and `protection`."""

from __future__ import annotations

from datetime import datetime

from site_recovery.compute import PowerState
from site_recovery.operations import Operations
from site_recovery.protection import Protection
from site_recovery.records import (
    ContainerRecord,
    FabricRecord,
    Inventory,
    ItemRecord,
    JobRecord,
    MappingRecord,
    NetworkRecord,
    PolicyRecord,
    ProtectableItemRecord,
    ProviderRecord,
    RecoveryPointRecord,
    VaultId,
)
from site_recovery.target import Target
from site_recovery.watcher import JobWatcher


class SiteRecovery:
    """One vault, for any number of threads. Raises the kinds of site_recovery.errors and nothing of the SDK."""

    target: Target
    vault: VaultId
    operations: Operations
    protection: Protection
    watcher: JobWatcher

    def now(self) -> datetime:
        """The service's clock: its last Date header plus the time since, by the monotonic clock. UTC."""
        raise NotImplementedError

    @property
    def clock_skew_seconds(self) -> float:
        """Service clock minus local clock at the last answer; 0.0 before the first."""
        raise NotImplementedError

    def inventory(self, *, max_age_seconds: float = 5.0) -> Inventory:
        """All items and jobs of the vault, read once for everybody who asks within max_age_seconds."""
        raise NotImplementedError

    def invalidate(self) -> None:
        """The next inventory() reads anew, whatever its age (called by every operation sent from here)."""
        raise NotImplementedError

    def item(self, item_id: str) -> ItemRecord | None:
        """The item as it is now, None when there is none."""
        raise NotImplementedError

    def items(self) -> tuple[ItemRecord, ...]:
        raise NotImplementedError

    def jobs(self) -> tuple[JobRecord, ...]:
        raise NotImplementedError

    def job(self, job_id: str) -> JobRecord | None:
        raise NotImplementedError

    def recovery_points(self, item_id: str) -> tuple[RecoveryPointRecord, ...]:
        raise NotImplementedError  # newest first

    def fabrics(self) -> tuple[FabricRecord, ...]:
        raise NotImplementedError

    def fabric(self, fabric_name: str) -> FabricRecord | None:
        raise NotImplementedError

    def containers(self, fabric_name: str) -> tuple[ContainerRecord, ...]:
        raise NotImplementedError

    def protectable_items(self, container_id: str) -> tuple[ProtectableItemRecord, ...]:
        raise NotImplementedError

    def providers(self, fabric_name: str) -> tuple[ProviderRecord, ...]:
        raise NotImplementedError

    def networks(self, fabric_name: str) -> tuple[NetworkRecord, ...]:
        raise NotImplementedError

    def policies(self) -> tuple[PolicyRecord, ...]:
        raise NotImplementedError

    def mappings(self, container_id: str) -> tuple[MappingRecord, ...]:
        raise NotImplementedError

    def power_state(self, vm_arm_id: str) -> PowerState:
        """Whether an Azure VM runs; UNKNOWN where that cannot be read, never an error."""
        raise NotImplementedError
