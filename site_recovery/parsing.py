"""From the service's JSON to records of VMs: protected, protectable, and what is known of each."""

from __future__ import annotations

from site_recovery.json_values import Json, flag, parse_time, part, parts, present, text, text_or_none, texts, whole
from site_recovery.records import (
    AddressRecord,
    DiskRecord,
    HealthErrorRecord,
    ItemRecord,
    NicRecord,
    ProtectableItemRecord,
    RecoveryPointRecord,
    ScenarioRecord,
    SizeRecord,
    SystemRecord,
    last_segment,
)


def parse_item(data: Json) -> ItemRecord:
    properties = part(data, "properties")
    details = part(properties, "providerSpecificDetails")
    managed = tuple(_managed_disk(disk) for disk in parts(details, "protectedManagedDisks"))
    return ItemRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        protection_state=text(properties, "protectionState"),
        protection_state_description=text(properties, "protectionStateDescription"),
        active_location=text(properties, "activeLocation"),
        allowed_operations=texts(properties, "allowedOperations"),
        test_failover_state=text_or_none(properties, "testFailoverState"),
        replication_health=text(properties, "replicationHealth"),
        failover_health=text(properties, "failoverHealth"),
        health_errors=parse_health_errors(properties, "healthErrors"),
        current_scenario=_scenario(part(properties, "currentScenario")),
        policy_id=text_or_none(properties, "policyId"),
        policy_name=text_or_none(properties, "policyFriendlyName"),
        protectable_item_id=text_or_none(properties, "protectableItemId"),
        recovery_services_provider_id=text_or_none(properties, "recoveryServicesProviderId"),
        failover_recovery_point_id=text_or_none(properties, "failoverRecoveryPointId"),
        last_successful_failover_time=parse_time(properties.get("lastSuccessfulFailoverTime")),
        last_successful_test_failover_time=parse_time(properties.get("lastSuccessfulTestFailoverTime")),
        vm_id=text_or_none(details, "vmId"),
        vm_protection_state=text_or_none(details, "vmProtectionState"),
        rpo_seconds=whole(details.get("rpoInSeconds")),
        last_rpo_calculated_time=parse_time(details.get("lastRpoCalculatedTime")),
        last_replicated_time=parse_time(details.get("lastReplicatedTime")),
        last_recovery_point_received=parse_time(details.get("lastRecoveryPointReceived")),
        initial_replication_percent=whole(
            part(details, "initialReplicationDetails").get("initialReplicationProgressPercentage")
        ),
        uses_managed_disks=flag(details.get("useManagedDisks")),
        recovery_vm_name=text_or_none(details, "recoveryAzureVmName"),
        recovery_vm_size=text_or_none(details, "recoveryAzureVMSize"),
        recovery_resource_group_id=text_or_none(details, "recoveryAzureResourceGroupId"),
        recovery_network_id=text_or_none(details, "selectedRecoveryAzureNetworkId"),
        nics=tuple(_nic(nic) for nic in parts(details, "vmNics")),
        disks=tuple(_disk(disk) for disk in parts(details, "azureVmDiskDetails")) or managed,
        system=_system(part(details, "oSDetails")),
        storage_account_id=text_or_none(details, "recoveryAzureStorageAccount"),
        log_storage_account_id=text_or_none(details, "recoveryAzureLogStorageAccountId"),
        raw_details=details,
    )


def parse_recovery_point(data: Json) -> RecoveryPointRecord:
    properties = part(data, "properties")
    kind = text(properties, "recoveryPointType")
    return RecoveryPointRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        time=parse_time(properties.get("recoveryPointTime")),
        kind=_recovery_point_kind(kind),
    )


def parse_protectable_item(data: Json) -> ProtectableItemRecord:
    properties = part(data, "properties")
    details = part(properties, "customDetails")
    return ProtectableItemRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        protection_status=text(properties, "protectionStatus"),
        protected_item_id=text_or_none(properties, "replicationProtectedItemId"),
        provider_id=text_or_none(properties, "recoveryServicesProviderId"),
        readiness_errors=texts(properties, "protectionReadinessErrors"),
        vm_id=text_or_none(details, "sourceItemId"),
        host_id=text_or_none(details, "hyperVHostId"),
        generation=text_or_none(details, "generation"),
        system=_system(part(details, "osDetails")),
        disks=tuple(_disk(disk) for disk in parts(details, "diskDetails")),
        has_physical_disk=present(details, "hasPhysicalDisk"),
        has_fibre_channel_adapter=present(details, "hasFibreChannelAdapter"),
        has_shared_vhd=present(details, "hasSharedVhd"),
    )


def parse_size(data: Json) -> SizeRecord:
    properties = part(data, "properties")
    return SizeRecord(
        name=text(properties, "name") or text(data, "name"),
        data_disks=whole(properties.get("maxDataDiskCount")),
        nics=whole(properties.get("maxNicsCount")),
    )


def parse_health_errors(data: Json, name: str) -> tuple[HealthErrorRecord, ...]:
    return tuple(
        HealthErrorRecord(
            code=text(error, "errorCode"),
            level=text(error, "errorLevel"),
            category=text(error, "errorCategory"),
            message=text(error, "errorMessage") or text(error, "summaryMessage"),
            possible_causes=text(error, "possibleCauses"),
            recommended_action=text(error, "recommendedAction"),
            created=parse_time(error.get("creationTimeUtc")),
        )
        for error in parts(data, name)
    )


def _system(data: Json) -> SystemRecord:
    numbers = [text_or_none(data, name) for name in ("oSMajorVersion", "oSMinorVersion")]
    # The version as one word, or else its numbers: which of them is filled in differs.
    version = text_or_none(data, "oSVersion") or ".".join(number for number in numbers if number)
    return SystemRecord(
        type=text_or_none(data, "osType"),
        version=version or None,
        edition=text_or_none(data, "osEdition"),
        product=text_or_none(data, "productType"),
    )


def _scenario(data: Json) -> ScenarioRecord | None:
    name = text(data, "scenarioName")
    if name in ("", "None"):
        return None
    job_id = text_or_none(data, "jobId")
    if job_id is not None and last_segment(job_id) == "None":
        job_id = None
    return ScenarioRecord(name=name, job_id=job_id, start_time=parse_time(data.get("startTime")))


def _nic(data: Json) -> NicRecord:
    addresses = parts(data, "ipConfigs")
    primary = next((address for address in addresses if address.get("isPrimary") is True), None)
    address: Json = primary if primary is not None else (addresses[0] if addresses else {})
    more = tuple(
        AddressRecord(text_or_none(one, "recoverySubnetName"), text_or_none(one, "recoveryStaticIPAddress"))
        for one in addresses
        if one is not address
    )
    return NicRecord(
        id=text(data, "nicId"),
        vm_network_name=text_or_none(data, "vMNetworkName"),
        recovery_network_id=text_or_none(data, "recoveryVMNetworkId"),
        subnet_name=text_or_none(address, "subnetName"),
        static_ip=text_or_none(address, "staticIPAddress"),
        recovery_subnet_name=text_or_none(address, "recoverySubnetName"),
        recovery_static_ip=text_or_none(address, "recoveryStaticIPAddress"),
        recovery_ip_type=text_or_none(address, "recoveryIPAddressType"),
        recovery_network_security_group_id=text_or_none(data, "recoveryNetworkSecurityGroupId"),
        selection_type=text_or_none(data, "selectionType"),
        target_nic_name=text_or_none(data, "targetNicName"),
        reused_nic_name=text_or_none(data, "recoveryNicName") if flag(data.get("reuseExistingNic")) else None,
        more_addresses=more,
    )


def _disk(data: Json) -> DiskRecord:
    """A disk of a protected item or of a protectable one: both name the VHD alike."""
    return DiskRecord(
        id=text(data, "diskId") or text(data, "vhdId"),
        vhd_id=text_or_none(data, "vhdId"),
        name=text_or_none(data, "vhdName"),
        kind=text_or_none(data, "vhdType"),
        size_mb=whole(data.get("maxSizeMB")),
        target_name=text_or_none(data, "customTargetDiskName") or text_or_none(data, "targetDiskName"),
        managed=False,
    )


def _managed_disk(data: Json) -> DiskRecord:
    return DiskRecord(
        id=text(data, "diskId"),
        vhd_id=None,
        name=None,
        kind=None,
        size_mb=None if (size := whole(data.get("diskSizeInGB"))) is None else size * 1024,
        target_name=None,
        managed=True,
    )


def _recovery_point_kind(service_word: str) -> str:
    """The service says "CrashConsistent" or "ApplicationConsistent", its older interfaces shorter words of the same."""
    word = service_word.casefold()
    if "crash" in word:
        return "crash"
    return "app" if "app" in word else service_word
