"""What protected VMs rest on in a vault, as the service has it: sites and their hosts, policies, networks, mappings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from site_recovery.records import HealthErrorRecord

SET_UP_POLICY = "pulumi-site-recovery-set-up"
"""The replication policy that sets a vault up. It is deleted again at once; nothing is ever replicated by it."""

HYPER_V_SITE, VMM_SERVER = "HyperVSite", "VMM"
"""The kinds of fabrics that this project knows."""


@dataclass(frozen=True)
class HostRecord:
    id: str
    name: str
    agent_version: str | None


@dataclass(frozen=True)
class FabricRecord:
    """A Hyper-V site, a VMM server, or another fabric: see `kind`. Only a VMM server has networks to map."""

    id: str
    name: str
    friendly_name: str
    kind: str  # instanceType of its details: "HyperVSite", ...
    internal_identifier: str | None
    state: str
    health: str
    health_errors: tuple[HealthErrorRecord, ...]
    hosts: tuple[HostRecord, ...]


@dataclass(frozen=True)
class ContainerRecord:
    id: str
    name: str
    friendly_name: str
    fabric_friendly_name: str
    pairing_status: str
    protected_item_count: int | None


@dataclass(frozen=True)
class MappingRecord:
    """The association of a replication policy with a container."""

    id: str
    name: str
    policy_id: str | None
    policy_name: str | None
    state: str
    health: str


@dataclass(frozen=True)
class PolicyRecord:
    id: str
    name: str
    friendly_name: str
    kind: str
    replication_interval_seconds: int | None
    recovery_point_history_hours: int | None
    app_consistent_frequency_hours: int | None
    initial_replication_start: str | None  # a time of day, as 22:30; None: at once, or not told


@dataclass(frozen=True)
class ProviderRecord:
    """The Site Recovery provider of a Hyper-V site's hosts."""

    id: str
    name: str
    friendly_name: str
    version: str | None
    connection_status: str
    last_heartbeat: datetime | None
    allowed_scenarios: tuple[str, ...]
    health_errors: tuple[HealthErrorRecord, ...]

    def is_on(self, host: str) -> bool:
        """Whether it is the provider on the host of this name: the service calls a provider by its host's."""
        return self.friendly_name.casefold() == host.casefold()


@dataclass(frozen=True)
class NetworkRecord:
    """A VM network of a VMM server."""

    id: str
    name: str
    friendly_name: str
    kind: str | None
    subnets: tuple[str, ...]


@dataclass(frozen=True)
class NetworkMappingRecord:
    """Which Azure network the VMs of a VM network come up in. `server` and `network` are names of people."""

    id: str
    name: str
    azure_network_id: str | None
    server: str
    network: str
