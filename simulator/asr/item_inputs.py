"""What the operations on a protected item take: enable, update, disable, and the moves.

`useManagedDisks` and its kin are strings, "true" or "false", as the service has them; two names are misspelt as the
service misspells them (`isSeletedForFailover`, `vHDId`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from simulator.asr.inputs import Comments, Direction, HyperV, Input, Tags, YesNo, spelt

# What Azure takes as the name of a virtual machine.
_NOT_IN_A_NAME = r'\\/"\[\]:|<>+=;,?*@&#%\s'
VmName = Annotated[str, Field(min_length=1, max_length=64, pattern=f"^[^{_NOT_IN_A_NAME}_][^{_NOT_IN_A_NAME}]*$")]


class DiskInput(Input):
    """HyperVReplicaAzureDiskInputDetails."""

    disk_id: str | None = None
    log_storage_account_id: str | None = None
    disk_type: str | None = None
    disk_encryption_set_id: str | None = None
    sector_size_in_bytes: int | None = None
    iops: int | None = None
    throughput_in_mbps: int | None = None
    disk_size_in_gb: Annotated[int | None, Field(alias="diskSizeInGB")] = None
    target_disk_name: str | None = None


class EnableSettings(Input):
    """HyperVReplicaAzureEnableProtectionInput."""

    instance_type: HyperV
    hv_host_vm_id: str | None = None
    vm_name: str | None = None
    os_type: str | None = None
    user_selected_os_name: Annotated[str | None, Field(alias="userSelectedOSName")] = None
    vhd_id: str | None = None
    target_storage_account_id: str | None = None
    log_storage_account_id: str | None = None
    target_azure_network_id: str | None = None
    target_azure_subnet_id: str | None = None
    enable_rdp_on_target_option: str | None = None
    target_azure_vm_name: VmName | None = None
    disks_to_include: list[str] | None = None
    disks_to_include_for_managed_disks: list[DiskInput] | None = None
    target_azure_v1_resource_group_id: Annotated[str | None, Field(alias="targetAzureV1ResourceGroupId")] = None
    target_azure_v2_resource_group_id: Annotated[str | None, Field(alias="targetAzureV2ResourceGroupId")] = None
    use_managed_disks: YesNo | None = None
    use_managed_disks_for_replication: YesNo | None = None
    target_availability_set_id: str | None = None
    target_availability_zone: str | None = None
    license_type: str | None = None
    sql_server_license_type: str | None = None
    linux_license_type: str | None = None
    target_vm_security_profile: dict[str, Any] | None = None
    target_vm_size: str | None = None
    target_proximity_placement_group_id: str | None = None
    disk_type: str | None = None
    disk_encryption_set_id: str | None = None
    target_vm_tags: Tags | None = None
    seed_managed_disk_tags: Tags | None = None
    target_managed_disk_tags: Tags | None = None
    target_nic_tags: Tags | None = None
    target_capacity_reservation_group_id: str | None = None


class EnableProperties(Input):
    """EnableProtectionInputProperties."""

    policy_id: str
    protectable_item_id: str
    provider_specific_details: EnableSettings


class EnableInput(Input):
    """EnableProtectionInput."""

    properties: EnableProperties


class IpConfigInput(Input):
    """IPConfigInputDetails; `isSeletedForFailover` is spelt as the service spells it."""

    ip_config_name: str | None = None
    is_primary: bool | None = None
    is_seleted_for_failover: bool | None = None
    recovery_subnet_name: str | None = None
    recovery_static_ip_address: Annotated[str | None, Field(alias="recoveryStaticIPAddress")] = None
    recovery_public_ip_address_id: Annotated[str | None, Field(alias="recoveryPublicIPAddressId")] = None
    recovery_lb_backend_address_pool_ids: Annotated[
        list[str] | None, Field(alias="recoveryLBBackendAddressPoolIds")
    ] = None
    tfo_subnet_name: str | None = None
    tfo_static_ip_address: Annotated[str | None, Field(alias="tfoStaticIPAddress")] = None
    tfo_public_ip_address_id: Annotated[str | None, Field(alias="tfoPublicIPAddressId")] = None
    tfo_lb_backend_address_pool_ids: Annotated[list[str] | None, Field(alias="tfoLBBackendAddressPoolIds")] = None


class NicInput(Input):
    """VMNicInputDetails."""

    nic_id: str | None = None
    ip_configs: list[IpConfigInput] | None = None
    selection_type: str | None = None
    recovery_network_security_group_id: str | None = None
    enable_accelerated_networking_on_recovery: bool | None = None
    tfo_network_security_group_id: str | None = None
    enable_accelerated_networking_on_tfo: bool | None = None
    recovery_nic_name: str | None = None
    recovery_nic_resource_group_name: str | None = None
    reuse_existing_nic: bool | None = None
    tfo_nic_name: str | None = None
    tfo_nic_resource_group_name: str | None = None
    tfo_reuse_existing_nic: bool | None = None
    target_nic_name: str | None = None


class UpdateDisk(Input):
    """UpdateDiskInput."""

    disk_id: str
    target_disk_name: str | None = None
    iops: int | None = None
    throughput_in_mbps: int | None = None
    disk_size_in_gb: Annotated[int | None, Field(alias="diskSizeInGB")] = None


class UpdateSettings(Input):
    """HyperVReplicaAzureUpdateReplicationProtectedItemInput."""

    instance_type: HyperV
    recovery_azure_v1_resource_group_id: Annotated[str | None, Field(alias="recoveryAzureV1ResourceGroupId")] = None
    recovery_azure_v2_resource_group_id: Annotated[str | None, Field(alias="recoveryAzureV2ResourceGroupId")] = None
    use_managed_disks: YesNo | None = None
    disk_id_to_disk_encryption_map: dict[str, str] | None = None
    target_proximity_placement_group_id: str | None = None
    target_availability_zone: str | None = None
    target_vm_tags: Tags | None = None
    target_managed_disk_tags: Tags | None = None
    target_nic_tags: Tags | None = None
    sql_server_license_type: str | None = None
    linux_license_type: str | None = None
    user_selected_os_name: Annotated[str | None, Field(alias="userSelectedOSName")] = None
    vm_disks: list[UpdateDisk] | None = None
    target_capacity_reservation_group_id: str | None = None


class UpdateProperties(Input):
    """UpdateReplicationProtectedItemInputProperties."""

    recovery_azure_vm_name: Annotated[VmName | None, Field(alias="recoveryAzureVMName")] = None
    recovery_azure_vm_size: Annotated[str | None, Field(alias="recoveryAzureVMSize")] = None
    selected_recovery_azure_network_id: str | None = None
    selected_tfo_azure_network_id: str | None = None
    selected_source_nic_id: str | None = None
    enable_rdp_on_target_option: str | None = None
    vm_nics: list[NicInput] | None = None
    license_type: str | None = None
    recovery_availability_set_id: str | None = None
    provider_specific_details: UpdateSettings | None = None


class UpdateInput(Input):
    """UpdateReplicationProtectedItemInput."""

    properties: UpdateProperties = UpdateProperties()


class DisableProperties(Input):
    """DisableProtectionInputProperties."""

    disable_protection_reason: Literal["NotSpecified", "MigrationComplete"] | None = None
    replication_provider_input: dict[str, Any] | None = None


class DisableInput(Input):
    """DisableProtectionInput."""

    properties: DisableProperties = DisableProperties()


class ToAzure(Input):
    """The provider's part of a planned, unplanned or test failover to Azure."""

    instance_type: HyperV
    recovery_point_id: str | None = None
    primary_kek_certificate_pfx: str | None = None
    secondary_kek_certificate_pfx: str | None = None
    os_upgrade_version: str | None = None
    target_capacity_reservation_group_id: str | None = None


DataSync = Annotated[Literal["ForDownTime", "ForSynchronization"], spelt("ForDownTime", "ForSynchronization")]


class ToOnPremises(Input):
    """HyperVReplicaAzureFailbackProviderInput. The service's own tools default to ForSynchronization."""

    instance_type: Annotated[Literal["HyperVReplicaAzureFailback"], spelt("HyperVReplicaAzureFailback")]
    data_sync_option: DataSync = "ForSynchronization"
    recovery_vm_creation_option: (
        Annotated[Literal["NoAction", "CreateVmIfNotFound"], spelt("NoAction", "CreateVmIfNotFound")] | None
    ) = None
    provider_id_for_alternate_recovery: str | None = None


def _way(given: Any) -> str:
    """Which of the two inputs of a planned failover is meant, by its instanceType."""
    kind = given.get("instanceType") if isinstance(given, dict) else getattr(given, "instance_type", None)
    return str(kind).lower()


class PlannedFailoverProperties(Input):
    """PlannedFailoverInputProperties: to Azure, or back."""

    failover_direction: Direction
    provider_specific_details: Annotated[
        Annotated[ToAzure, Tag("hypervreplicaazure")] | Annotated[ToOnPremises, Tag("hypervreplicaazurefailback")],
        Discriminator(_way),
    ]


class PlannedFailoverInput(Input):
    """PlannedFailoverInput."""

    properties: PlannedFailoverProperties


class UnplannedFailoverProperties(Input):
    """UnplannedFailoverInputProperties."""

    failover_direction: Direction
    source_site_operations: Annotated[Literal["Required", "NotRequired"], spelt("Required", "NotRequired")] | None = (
        None
    )
    provider_specific_details: ToAzure


class UnplannedFailoverInput(Input):
    """UnplannedFailoverInput."""

    properties: UnplannedFailoverProperties


class TestFailoverProperties(Input):
    """TestFailoverInputProperties."""

    failover_direction: Direction = "PrimaryToRecovery"
    network_type: str | None = None
    network_id: str | None = None
    provider_specific_details: ToAzure


class TestFailoverInput(Input):
    """TestFailoverInput."""

    properties: TestFailoverProperties


class TestFailoverCleanupInput(Input):
    """TestFailoverCleanupInput."""

    properties: Comments = Comments()


class ApplyPointSettings(Input):
    """HyperVReplicaAzureApplyRecoveryPointInput."""

    instance_type: HyperV
    primary_kek_certificate_pfx: str | None = None
    secondary_kek_certificate_pfx: str | None = None


class ApplyPointProperties(Input):
    """ApplyRecoveryPointInputProperties."""

    recovery_point_id: str | None = None
    provider_specific_details: ApplyPointSettings


class ApplyPointInput(Input):
    """ApplyRecoveryPointInput."""

    properties: ApplyPointProperties


class ReprotectSettings(Input):
    """HyperVReplicaAzureReprotectInput; `vHDId` is spelt as the service spells it."""

    instance_type: HyperV
    hv_host_vm_id: str | None = None
    vm_name: str | None = None
    os_type: str | None = None
    vhd_id: Annotated[str | None, Field(alias="vHDId")] = None
    storage_account_id: str | None = None
    log_storage_account_id: str | None = None


class ReprotectProperties(Input):
    """ReverseReplicationInputProperties."""

    failover_direction: Direction
    provider_specific_details: ReprotectSettings | None = None


class ReprotectInput(Input):
    """ReverseReplicationInput."""

    properties: ReprotectProperties
