"""From the service's JSON to records, without ever failing on what the service left out or sends in another shape.

The input is a Mapping with the names of the REST interface: a model of the SDK (which is such a Mapping over the answer
as it came) or decoded JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from site_recovery.records import (
    ContainerRecord,
    DiskRecord,
    FabricRecord,
    HealthErrorRecord,
    HostRecord,
    ItemRecord,
    JobErrorRecord,
    JobRecord,
    MappingRecord,
    NetworkMappingRecord,
    NetworkRecord,
    NicRecord,
    PolicyRecord,
    ProtectableItemRecord,
    ProviderRecord,
    RecoveryPointRecord,
    ScenarioRecord,
    SizeRecord,
    TaskRecord,
    last_segment,
)

Json = Mapping[str, Any]

# The service writes a time that has never been as one of these years (0001 in tasks, 1753 in idle scenarios).
_LAST_YEAR_OF_NEVER = 1753
_FRACTION = re.compile(r"\.(\d+)")


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time of the service, with up to seven digits of a second and with or without a zone, as UTC."""
    if not isinstance(value, str) or not value:
        return None
    text = _FRACTION.sub(lambda match: "." + match.group(1)[:6].ljust(6, "0"), value.strip(), count=1)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return time.astimezone(UTC) if time.year > _LAST_YEAR_OF_NEVER else None


def parse_item(data: Json) -> ItemRecord:
    properties = _mapping(data, "properties")
    details = _mapping(properties, "providerSpecificDetails")
    managed = tuple(_managed_disk(disk) for disk in _mappings(details, "protectedManagedDisks"))
    return ItemRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        protection_state=_text(properties, "protectionState"),
        protection_state_description=_text(properties, "protectionStateDescription"),
        active_location=_text(properties, "activeLocation"),
        allowed_operations=_texts(properties, "allowedOperations"),
        test_failover_state=_optional(properties, "testFailoverState"),
        replication_health=_text(properties, "replicationHealth"),
        failover_health=_text(properties, "failoverHealth"),
        health_errors=_health_errors(properties, "healthErrors"),
        current_scenario=_scenario(_mapping(properties, "currentScenario")),
        policy_id=_optional(properties, "policyId"),
        policy_name=_optional(properties, "policyFriendlyName"),
        protectable_item_id=_optional(properties, "protectableItemId"),
        recovery_services_provider_id=_optional(properties, "recoveryServicesProviderId"),
        failover_recovery_point_id=_optional(properties, "failoverRecoveryPointId"),
        last_successful_failover_time=parse_time(properties.get("lastSuccessfulFailoverTime")),
        last_successful_test_failover_time=parse_time(properties.get("lastSuccessfulTestFailoverTime")),
        vm_id=_optional(details, "vmId"),
        vm_protection_state=_optional(details, "vmProtectionState"),
        rpo_seconds=_integer(details.get("rpoInSeconds")),
        last_rpo_calculated_time=parse_time(details.get("lastRpoCalculatedTime")),
        last_replicated_time=parse_time(details.get("lastReplicatedTime")),
        last_recovery_point_received=parse_time(details.get("lastRecoveryPointReceived")),
        initial_replication_percent=_integer(
            _mapping(details, "initialReplicationDetails").get("initialReplicationProgressPercentage")
        ),
        uses_managed_disks=_flag(details.get("useManagedDisks")),
        recovery_vm_name=_optional(details, "recoveryAzureVmName"),
        recovery_vm_size=_optional(details, "recoveryAzureVMSize"),
        recovery_resource_group_id=_optional(details, "recoveryAzureResourceGroupId"),
        recovery_network_id=_optional(details, "selectedRecoveryAzureNetworkId"),
        nics=tuple(_nic(nic) for nic in _mappings(details, "vmNics")),
        disks=tuple(_disk(disk) for disk in _mappings(details, "azureVmDiskDetails")) or managed,
        os_type=_optional(_mapping(details, "oSDetails"), "osType"),
        storage_account_id=_optional(details, "recoveryAzureStorageAccount"),
        log_storage_account_id=_optional(details, "recoveryAzureLogStorageAccountId"),
        raw_details=details,
    )


def parse_job(data: Json) -> JobRecord:
    properties = _mapping(data, "properties")
    return JobRecord(
        id=_text(data, "id"),
        name=_text(data, "name") or last_segment(_text(data, "id")),
        scenario_name=_text(properties, "scenarioName"),
        friendly_name=_text(properties, "friendlyName"),
        state=_text(properties, "state"),
        state_description=_text(properties, "stateDescription"),
        start_time=parse_time(properties.get("startTime")),
        end_time=parse_time(properties.get("endTime")),
        target_object_id=_optional(properties, "targetObjectId"),
        target_object_name=_optional(properties, "targetObjectName"),
        target_instance_type=_optional(properties, "targetInstanceType"),
        allowed_actions=_texts(properties, "allowedActions"),
        activity_id=_optional(properties, "activityId"),
        tasks=tuple(_task(task) for task in _mappings(properties, "tasks")),
        errors=tuple(_job_error(error) for error in _mappings(properties, "errors")),
    )


def parse_recovery_point(data: Json) -> RecoveryPointRecord:
    properties = _mapping(data, "properties")
    kind = _text(properties, "recoveryPointType")
    return RecoveryPointRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        time=parse_time(properties.get("recoveryPointTime")),
        kind=_recovery_point_kind(kind),
    )


def parse_protectable_item(data: Json) -> ProtectableItemRecord:
    properties = _mapping(data, "properties")
    details = _mapping(properties, "customDetails")
    return ProtectableItemRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        protection_status=_text(properties, "protectionStatus"),
        protected_item_id=_optional(properties, "replicationProtectedItemId"),
        provider_id=_optional(properties, "recoveryServicesProviderId"),
        readiness_errors=_texts(properties, "protectionReadinessErrors"),
        vm_id=_optional(details, "sourceItemId"),
        host_id=_optional(details, "hyperVHostId"),
        generation=_optional(details, "generation"),
        os_type=_optional(_mapping(details, "osDetails"), "osType"),
        disks=tuple(_disk(disk) for disk in _mappings(details, "diskDetails")),
        has_physical_disk=_present(details, "hasPhysicalDisk"),
        has_fibre_channel_adapter=_present(details, "hasFibreChannelAdapter"),
        has_shared_vhd=_present(details, "hasSharedVhd"),
    )


def parse_size(data: Json) -> SizeRecord:
    properties = _mapping(data, "properties")
    return SizeRecord(
        name=_text(properties, "name") or _text(data, "name"),
        data_disks=_integer(properties.get("maxDataDiskCount")),
        nics=_integer(properties.get("maxNicsCount")),
    )


def parse_fabric(data: Json) -> FabricRecord:
    properties = _mapping(data, "properties")
    details = _mapping(properties, "customDetails")
    return FabricRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        kind=_text(details, "instanceType"),
        internal_identifier=_optional(properties, "internalIdentifier"),
        state=_text(properties, "bcdrState"),
        health=_text(properties, "health"),
        health_errors=_health_errors(properties, "healthErrorDetails"),
        hosts=tuple(
            HostRecord(_text(host, "id"), _text(host, "name"), _optional(host, "marsAgentVersion"))
            for host in _mappings(details, "hyperVHosts")
        ),
    )


def parse_container(data: Json) -> ContainerRecord:
    properties = _mapping(data, "properties")
    return ContainerRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        fabric_friendly_name=_text(properties, "fabricFriendlyName"),
        pairing_status=_text(properties, "pairingStatus"),
        protected_item_count=_integer(properties.get("protectedItemCount")),
    )


def parse_mapping(data: Json) -> MappingRecord:
    properties = _mapping(data, "properties")
    return MappingRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        policy_id=_optional(properties, "policyId"),
        policy_name=_optional(properties, "policyFriendlyName"),
        state=_text(properties, "state"),
        health=_text(properties, "health"),
    )


def parse_policy(data: Json) -> PolicyRecord:
    properties = _mapping(data, "properties")
    details = _mapping(properties, "providerSpecificDetails")
    return PolicyRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        kind=_text(details, "instanceType"),
        replication_interval_seconds=_integer(details.get("replicationInterval")),
        recovery_point_history_hours=_integer(details.get("recoveryPointHistoryDurationInHours")),
        app_consistent_frequency_hours=_integer(details.get("applicationConsistentSnapshotFrequencyInHours")),
    )


def parse_provider(data: Json) -> ProviderRecord:
    properties = _mapping(data, "properties")
    return ProviderRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        version=_optional(properties, "providerVersion"),
        connection_status=_text(properties, "connectionStatus"),
        last_heartbeat=parse_time(properties.get("lastHeartBeat")),
        allowed_scenarios=_texts(properties, "allowedScenarios"),
        health_errors=_health_errors(properties, "healthErrorDetails"),
    )


def parse_network(data: Json) -> NetworkRecord:
    properties = _mapping(data, "properties")
    return NetworkRecord(
        id=_text(data, "id"),
        name=_text(data, "name"),
        friendly_name=_text(properties, "friendlyName"),
        kind=_optional(properties, "networkType"),
        subnets=tuple(_text(subnet, "name") for subnet in _mappings(properties, "subnets")),
    )


def parse_network_mapping(data: Json) -> NetworkMappingRecord:
    azure = _optional(_mapping(data, "properties"), "recoveryNetworkId")
    return NetworkMappingRecord(id=_text(data, "id"), name=_text(data, "name"), azure_network_id=azure)


def _scenario(data: Json) -> ScenarioRecord | None:
    name = _text(data, "scenarioName")
    if name in ("", "None"):
        return None
    job_id = _optional(data, "jobId")
    if job_id is not None and last_segment(job_id) == "None":
        job_id = None
    return ScenarioRecord(name=name, job_id=job_id, start_time=parse_time(data.get("startTime")))


def _task(data: Json) -> TaskRecord:
    return TaskRecord(
        id=_text(data, "taskId"),
        name=_text(data, "name"),
        friendly_name=_text(data, "friendlyName"),
        state=_text(data, "state"),
        state_description=_text(data, "stateDescription"),
        start_time=parse_time(data.get("startTime")),
        end_time=parse_time(data.get("endTime")),
        allowed_actions=_texts(data, "allowedActions"),
        errors=tuple(_job_error(error) for error in _mappings(data, "errors")),
        children=tuple(_task(child) for child in _mappings(_mapping(data, "groupTaskCustomDetails"), "childTasks")),
    )


def _job_error(data: Json) -> JobErrorRecord:
    service = _mapping(data, "serviceErrorDetails")
    provider = _mapping(data, "providerErrorDetails")
    return JobErrorRecord(
        level=_text(data, "errorLevel"),
        service_code=_text(service, "code"),
        service_message=_text(service, "message"),
        provider_code=_text(provider, "errorCode"),
        provider_message=_text(provider, "errorMessage"),
        possible_causes=_text(service, "possibleCauses") or _text(provider, "possibleCauses"),
        recommended_action=_text(service, "recommendedAction") or _text(provider, "recommendedAction"),
        task_id=_optional(data, "taskId"),
        created=parse_time(data.get("creationTime")),
    )


def _health_errors(data: Json, name: str) -> tuple[HealthErrorRecord, ...]:
    return tuple(
        HealthErrorRecord(
            code=_text(error, "errorCode"),
            level=_text(error, "errorLevel"),
            category=_text(error, "errorCategory"),
            message=_text(error, "errorMessage") or _text(error, "summaryMessage"),
            possible_causes=_text(error, "possibleCauses"),
            recommended_action=_text(error, "recommendedAction"),
            created=parse_time(error.get("creationTimeUtc")),
        )
        for error in _mappings(data, name)
    )


def _nic(data: Json) -> NicRecord:
    addresses = _mappings(data, "ipConfigs")
    primary = next((address for address in addresses if address.get("isPrimary") is True), None)
    address: Json = primary if primary is not None else (addresses[0] if addresses else {})
    return NicRecord(
        id=_text(data, "nicId"),
        vm_network_name=_optional(data, "vMNetworkName"),
        recovery_network_id=_optional(data, "recoveryVMNetworkId"),
        subnet_name=_optional(address, "subnetName"),
        static_ip=_optional(address, "staticIPAddress"),
        recovery_subnet_name=_optional(address, "recoverySubnetName"),
        recovery_static_ip=_optional(address, "recoveryStaticIPAddress"),
        recovery_ip_type=_optional(address, "recoveryIPAddressType"),
        recovery_network_security_group_id=_optional(data, "recoveryNetworkSecurityGroupId"),
        selection_type=_optional(data, "selectionType"),
        target_nic_name=_optional(data, "targetNicName"),
    )


def _disk(data: Json) -> DiskRecord:
    """A disk of a protected item or of a protectable one: both name the VHD alike."""
    return DiskRecord(
        id=_text(data, "diskId") or _text(data, "vhdId"),
        vhd_id=_optional(data, "vhdId"),
        name=_optional(data, "vhdName"),
        kind=_optional(data, "vhdType"),
        size_mb=_integer(data.get("maxSizeMB")),
        target_name=_optional(data, "customTargetDiskName") or _optional(data, "targetDiskName"),
        managed=False,
    )


def _managed_disk(data: Json) -> DiskRecord:
    return DiskRecord(
        id=_text(data, "diskId"),
        vhd_id=None,
        name=None,
        kind=None,
        size_mb=None if (size := _integer(data.get("diskSizeInGB"))) is None else size * 1024,
        target_name=None,
        managed=True,
    )


def _recovery_point_kind(service_word: str) -> str:
    """The service says "CrashConsistent" or "ApplicationConsistent", its older interfaces shorter words of the same."""
    word = service_word.casefold()
    if "crash" in word:
        return "crash"
    return "app" if "app" in word else service_word


def _mapping(data: Json, name: str) -> Json:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def _mappings(data: Json, name: str) -> tuple[Json, ...]:
    value = data.get(name)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(entry for entry in value if isinstance(entry, Mapping))


def _texts(data: Json, name: str) -> tuple[str, ...]:
    value = data.get(name)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(entry for entry in value if isinstance(entry, str))


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    return str(value) if isinstance(value, str | int) else ""


def _optional(data: Json, name: str) -> str | None:
    return _text(data, name) or None


def _integer(value: object) -> int | None:
    """A whole number, which the service writes as a number in one field and as text in the next."""
    try:
        return int(float(value)) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def _flag(value: object) -> bool | None:
    """useManagedDisks and its like are the texts "true" and "false"."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().casefold()) if isinstance(value, str) else None


def _present(data: Json, name: str) -> bool:
    """hasPhysicalDisk and its like say "Present", "NotPresent" or "Unknown"."""
    return _text(data, name).casefold() == "present"
