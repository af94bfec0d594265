"""What each operation takes: request bodies, checked field by field. Names and types follow the published
specification.

Unknown fields are refused unless the simulator was started with --loose. `useManagedDisks` and its kin are strings,
"true" or "false", as the service has them. Names compare without regard to case where the service's own clients differ.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Input(BaseModel):
    """A body or a piece of one: camelCase on the wire, everything optional unless it says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)


def _spelt(*known: str) -> BeforeValidator:
    """Accept a word in any case, and keep the service's own spelling."""
    spellings = {word.lower(): word for word in known}
    return BeforeValidator(lambda value: spellings.get(value.lower(), value) if isinstance(value, str) else value)


Direction = Annotated[
    Literal["PrimaryToRecovery", "RecoveryToPrimary"], _spelt("PrimaryToRecovery", "RecoveryToPrimary")
]
YesNo = Annotated[Literal["true", "false"], _spelt("true", "false")]
HyperV = Annotated[Literal["HyperVReplicaAzure"], _spelt("HyperVReplicaAzure")]
Tags = dict[str, str]


class FabricProperties(Input):
    """Nothing of a Hyper-V site is set: the service's own clients send an empty object."""

    custom_details: dict[str, Any] | None = None


class FabricInput(Input):
    """FabricCreationInput."""

    properties: FabricProperties = FabricProperties()


class PolicySettings(Input):
    """HyperVReplicaAzurePolicyInput. Hours, hours, seconds."""

    instance_type: HyperV
    recovery_point_history_duration: Annotated[int, Field(ge=0, le=72)] = 2
    application_consistent_snapshot_frequency_in_hours: Annotated[int, Field(ge=0, le=12)] = 1
    replication_interval: Annotated[int, Field(ge=1, le=86400)] = 300
    online_replication_start_time: str | None = None
    storage_accounts: list[str] | None = None


class PolicyProperties(Input):
    """CreatePolicyInputProperties."""

    provider_specific_input: PolicySettings


class PolicyInput(Input):
    """CreatePolicyInput."""

    properties: PolicyProperties


class PolicyUpdateProperties(Input):
    """UpdatePolicyInputProperties."""

    replication_provider_settings: PolicySettings


class PolicyUpdate(Input):
    """UpdatePolicyInput."""

    properties: PolicyUpdateProperties


class MappingProperties(Input):
    """CreateProtectionContainerMappingInputProperties. azure-native cannot send the provider's input, so it may be
    missing.
    """

    policy_id: str
    target_protection_container_id: str = "Microsoft Azure"
    provider_specific_input: dict[str, Any] | None = None


class MappingInput(Input):
    """CreateProtectionContainerMappingInput."""

    properties: MappingProperties


class MappingUpdateProperties(Input):
    """UpdateProtectionContainerMappingInputProperties."""

    provider_specific_input: dict[str, Any] | None = None


class MappingUpdate(Input):
    """UpdateProtectionContainerMappingInput."""

    properties: MappingUpdateProperties = MappingUpdateProperties()


class MappingRemoval(Input):
    """RemoveProtectionContainerMappingInput."""

    properties: MappingUpdateProperties = MappingUpdateProperties()


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
    target_azure_vm_name: str | None = None
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

    recovery_azure_vm_name: Annotated[str | None, Field(alias="recoveryAzureVMName")] = None
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


DataSync = Annotated[Literal["ForDownTime", "ForSynchronization"], _spelt("ForDownTime", "ForSynchronization")]


class ToOnPremises(Input):
    """HyperVReplicaAzureFailbackProviderInput. The service's own tools default to ForSynchronization."""

    instance_type: Annotated[Literal["HyperVReplicaAzureFailback"], _spelt("HyperVReplicaAzureFailback")]
    data_sync_option: DataSync = "ForSynchronization"
    recovery_vm_creation_option: (
        Annotated[Literal["NoAction", "CreateVmIfNotFound"], _spelt("NoAction", "CreateVmIfNotFound")] | None
    ) = None
    provider_id_for_alternate_recovery: str | None = None


class PlannedFailoverProperties(Input):
    """PlannedFailoverInputProperties: to Azure, or back."""

    failover_direction: Direction
    provider_specific_details: ToAzure | ToOnPremises


class PlannedFailoverInput(Input):
    """PlannedFailoverInput."""

    properties: PlannedFailoverProperties


class UnplannedFailoverProperties(Input):
    """UnplannedFailoverInputProperties."""

    failover_direction: Direction
    source_site_operations: Annotated[Literal["Required", "NotRequired"], _spelt("Required", "NotRequired")] | None = (
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


class Comments(Input):
    """A remark."""

    comments: str | None = None


class TestFailoverCleanupInput(Input):
    """TestFailoverCleanupInput."""

    properties: Comments = Comments()


class ResumeInput(Input):
    """ResumeJobParams."""

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
