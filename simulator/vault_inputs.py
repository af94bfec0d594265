"""What the operations on vaults take, by the published specification. Parts that the simulator does nothing with are
kept as they are given; what a GET gives back may be sent again.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.arm.inputs import ArmInput, Part, Tags


class Sku(ArmInput):
    """The vault's sku."""

    name: str
    tier: str | None = None
    family: str | None = None
    size: str | None = None
    capacity: str | None = None


class SoftDelete(ArmInput):
    """SoftDeleteSettings."""

    soft_delete_state: str | None = None
    soft_delete_retention_period_in_days: int | None = None
    enhanced_security_state: str | None = None


class Security(ArmInput):
    """SecuritySettings."""

    immutability_settings: Part | None = None
    multi_user_authorization: str | None = None
    soft_delete_settings: SoftDelete | None = None
    source_scan_configuration: Part | None = None


class AzureMonitorAlerts(ArmInput):
    """AzureMonitorAlertSettings."""

    alerts_for_all_job_failures: str | None = None
    alerts_for_all_replication_issues: str | None = None
    alerts_for_all_failover_issues: str | None = None


class ClassicAlerts(ArmInput):
    """ClassicAlertSettings."""

    alerts_for_critical_operations: str | None = None
    email_notifications_for_site_recovery: str | None = None


class Monitoring(ArmInput):
    """MonitoringSettings."""

    azure_monitor_alert_settings: AzureMonitorAlerts | None = None
    classic_alert_settings: ClassicAlerts | None = None


class Redundancy(ArmInput):
    """VaultPropertiesRedundancySettings."""

    standard_tier_storage_redundancy: str | None = None
    cross_region_restore: str | None = None


class CrossSubscriptionRestore(ArmInput):
    """CrossSubscriptionRestoreSettings."""

    cross_subscription_restore_state: str | None = None


class Restore(ArmInput):
    """RestoreSettings."""

    cross_subscription_restore_settings: CrossSubscriptionRestore | None = None


class CostManagement(ArmInput):
    """CostManagementSettings."""

    granularity_level: str | None = None


class VaultProperties(ArmInput):
    """VaultProperties."""

    backup_storage_version: str | None = None
    bcdr_security_level: str | None = None
    cost_management_settings: CostManagement | None = None
    encryption: Part | None = None
    monitoring_settings: Monitoring | None = None
    move_details: Part | None = None
    move_state: str | None = None
    private_endpoint_connections: list[Part] | None = None
    private_endpoint_state_for_backup: str | None = None
    private_endpoint_state_for_site_recovery: str | None = None
    provisioning_state: str | None = None
    public_network_access: str | None = None
    redundancy_settings: Redundancy | None = None
    region_of_choice_settings: Part | None = None
    resource_guard_operation_requests: list[str] | None = None
    restore_settings: Restore | None = None
    secure_score: str | None = None
    security_settings: Security | None = None
    upgrade_details: Part | None = None


class VaultInput(ArmInput):
    """PUT of a vault."""

    location: Annotated[str, Field(min_length=1)]
    sku: Sku = Sku(name="Standard")
    properties: VaultProperties | None = None
    tags: Tags | None = None
    identity: Part | None = None
    etag: str | None = None
    id: str | None = None
    name: str | None = None
    type: str | None = None
    system_data: Part | None = None


class VaultPatch(ArmInput):
    """PATCH of a vault."""

    location: str | None = None
    sku: Sku | None = None
    properties: VaultProperties | None = None
    tags: Tags | None = None
    identity: Part | None = None
    etag: str | None = None
