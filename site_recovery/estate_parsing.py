"""From the service's JSON to records of what protected VMs rest on."""

from __future__ import annotations

from site_recovery.estate_records import (
    ContainerRecord,
    FabricRecord,
    HostRecord,
    MappingRecord,
    NetworkMappingRecord,
    NetworkRecord,
    PolicyRecord,
    ProviderRecord,
)
from site_recovery.json_values import Json, parse_time, part, parts, text, text_or_none, texts, whole
from site_recovery.parsing import parse_health_errors


def parse_fabric(data: Json) -> FabricRecord:
    properties = part(data, "properties")
    details = part(properties, "customDetails")
    return FabricRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        kind=text(details, "instanceType"),
        internal_identifier=text_or_none(properties, "internalIdentifier"),
        state=text(properties, "bcdrState"),
        health=text(properties, "health"),
        health_errors=parse_health_errors(properties, "healthErrorDetails"),
        hosts=tuple(
            HostRecord(text(host, "id"), text(host, "name"), text_or_none(host, "marsAgentVersion"))
            for host in parts(details, "hyperVHosts")
        ),
    )


def parse_container(data: Json) -> ContainerRecord:
    properties = part(data, "properties")
    return ContainerRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        fabric_friendly_name=text(properties, "fabricFriendlyName"),
        pairing_status=text(properties, "pairingStatus"),
        protected_item_count=whole(properties.get("protectedItemCount")),
    )


def parse_mapping(data: Json) -> MappingRecord:
    properties = part(data, "properties")
    return MappingRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        policy_id=text_or_none(properties, "policyId"),
        policy_name=text_or_none(properties, "policyFriendlyName"),
        state=text(properties, "state"),
        health=text(properties, "health"),
    )


def parse_policy(data: Json) -> PolicyRecord:
    properties = part(data, "properties")
    details = part(properties, "providerSpecificDetails")
    return PolicyRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        kind=text(details, "instanceType"),
        replication_interval_seconds=whole(details.get("replicationInterval")),
        recovery_point_history_hours=whole(details.get("recoveryPointHistoryDurationInHours")),
        app_consistent_frequency_hours=whole(details.get("applicationConsistentSnapshotFrequencyInHours")),
        initial_replication_start=_time_of_day(text_or_none(details, "onlineReplicationStartTime")),
    )


def _time_of_day(told: str | None) -> str | None:
    """Hours and minutes of a .NET time span, as 22:30:00."""
    return ":".join(told.split(":")[:2]) if told else None


def parse_provider(data: Json) -> ProviderRecord:
    properties = part(data, "properties")
    return ProviderRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        version=text_or_none(properties, "providerVersion"),
        connection_status=text(properties, "connectionStatus"),
        last_heartbeat=parse_time(properties.get("lastHeartBeat")),
        allowed_scenarios=texts(properties, "allowedScenarios"),
        health_errors=parse_health_errors(properties, "healthErrorDetails"),
    )


def parse_network(data: Json) -> NetworkRecord:
    properties = part(data, "properties")
    return NetworkRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        friendly_name=text(properties, "friendlyName"),
        kind=text_or_none(properties, "networkType"),
        subnets=tuple(text(subnet, "name") for subnet in parts(properties, "subnets")),
    )


def parse_network_mapping(data: Json) -> NetworkMappingRecord:
    properties = part(data, "properties")
    return NetworkMappingRecord(
        id=text(data, "id"),
        name=text(data, "name"),
        azure_network_id=text_or_none(properties, "recoveryNetworkId"),
        server=text(properties, "primaryFabricFriendlyName"),
        network=text(properties, "primaryNetworkFriendlyName"),
    )
