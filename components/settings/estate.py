"""What the VMs rest on: target, vault, sites, policies, networks, storage accounts and resource groups."""

from enum import IntEnum, StrEnum
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from components.settings.base import (
    Guid,
    Location,
    Model,
    NetworkId,
    NetworkName,
    NetworkReference,
    Prefix,
    ResourceGroupName,
    ServiceName,
    StorageAccountId,
    Tags,
    TimeOfDay,
    Words,
)


class Cloud(StrEnum):
    """Where a stack works. `simulator` is Azure Site Recovery on loopback."""

    AZURE = "azure"
    AZURE_CHINA = "azureChina"
    AZURE_US_GOVERNMENT = "azureUSGovernment"
    SIMULATOR = "simulator"


class Redundancy(StrEnum):
    """How the vault keeps its own data."""

    LOCALLY_REDUNDANT = "locallyRedundant"
    GEO_REDUNDANT = "geoRedundant"
    ZONE_REDUNDANT = "zoneRedundant"

    @property
    def in_azure(self) -> str:
        """The word that the vault's REST interface has for it: `LocallyRedundant`."""
        return _capitalized(self)


class PublicNetworkAccess(StrEnum):
    """Whether the vault is reached over public addresses."""

    ENABLED = "enabled"
    DISABLED = "disabled"

    @property
    def in_azure(self) -> str:
        """The word that the vault's REST interface has for it: `Enabled`."""
        return _capitalized(self)


class Immutability(StrEnum):
    """Whether the vault refuses to lose recovery data. `locked` cannot be taken back, by nobody."""

    DISABLED = "disabled"
    UNLOCKED = "unlocked"
    LOCKED = "locked"

    @property
    def in_azure(self) -> str:
        """The word that the vault's REST interface has for it: `Unlocked`."""
        return _capitalized(self)


class ReplicationInterval(IntEnum):
    """How often Hyper-V replicates, in seconds: the three values that Hyper-V Replica knows."""

    HALF_MINUTE = 30
    FIVE_MINUTES = 300
    QUARTER_HOUR = 900


class StorageSku(StrEnum):
    """Kind of a storage account, in Azure's own words."""

    STANDARD_LRS = "Standard_LRS"
    STANDARD_GRS = "Standard_GRS"
    STANDARD_RAGRS = "Standard_RAGRS"
    STANDARD_ZRS = "Standard_ZRS"
    PREMIUM_LRS = "Premium_LRS"


class Target(Model):
    """The only source of cloud, subscription and tenant. Before the first call, endpoint and credentials are compared
    with it.
    """

    cloud: Cloud
    """Where the stack works."""
    subscription_id: Guid
    """The subscription of the vault."""
    tenant_id: Guid
    """The directory (Microsoft Entra tenant) of the subscription."""


class Vault(Model):
    """The Recovery Services vault."""

    name: ServiceName
    """Its name."""
    resource_group: ResourceGroupName
    """Its resource group; made with the vault, unless the vault is adopted, or the group is in `resourceGroups`."""
    location: Location
    """Its region, and the region of everything else that this stack makes and that names none."""
    adopt: StrictBool = False
    """The vault exists: use it, and never change or delete it."""
    redundancy: Redundancy = Redundancy.GEO_REDUNDANT
    """How the vault keeps its own data. Azure lets it be changed only while nothing is protected."""
    public_network_access: PublicNetworkAccess = PublicNetworkAccess.ENABLED
    """Whether the vault is reached over public addresses."""
    immutability: Immutability = Immutability.DISABLED
    """Whether the vault refuses to lose recovery data. `locked` cannot be taken back."""
    tags: Tags = Field(default_factory=dict)
    """Tags of the vault."""


class ResourceGroup(Model):
    """A resource group that the stack makes, or has found. Any other group that is named has to exist."""

    adopt: StrictBool = False
    """The group exists: use it, and never change or delete it."""
    location: Location | None = None
    """Its region; the vault's if not written."""
    tags: Tags = Field(default_factory=dict)
    """Tags of the group."""


class Site(Model):
    """A Hyper-V site: the hosts of one place. Hosts register by the installer, which cannot be done through Azure."""

    adopt: StrictBool = False
    """The site exists: use it, and never change or delete it."""
    wait_for_host_minutes: Annotated[StrictInt, Field(ge=0, le=1440)] = 0
    """How long an `up` waits for the first Hyper-V host to register; 0 goes on at once, without what needs a host."""


class Policy(Model):
    """A replication policy for Hyper-V to Azure."""

    replication_interval_seconds: ReplicationInterval = ReplicationInterval.FIVE_MINUTES
    """How often changes are sent to Azure."""
    recovery_point_history_hours: Annotated[StrictInt, Field(ge=0, le=24)] = 24
    """For how long recovery points are kept; 0 keeps the latest only."""
    app_consistent_frequency_hours: Annotated[StrictInt, Field(ge=0, le=12)] = 4
    """How often an application-consistent recovery point is taken; 0 takes none."""
    initial_replication_start: TimeOfDay | None = None
    """Time of day at which initial replication starts, as the service takes it; at once if not written."""
    adopt: StrictBool = False
    """The policy exists: use it, and never change or delete it."""


class Subnet(Model):
    """A subnet of a network."""

    prefix: Prefix
    """Its addresses, as `10.1.0.0/24`."""


class Network(Model):
    """A virtual network in Azure: one that exists (`id`), or one that the stack makes (`addressSpace`, `subnets`)."""

    id: NetworkId | None = None
    """ARM id of a network that exists; it is then never changed or deleted."""
    address_space: tuple[Prefix, ...] = ()
    """Addresses of a network that the stack makes."""
    subnets: dict[NetworkName, Subnet] = Field(default_factory=dict)
    """Subnets by name. For a network that exists they are not made, but static addresses are checked against them."""
    resource_group: ResourceGroupName | None = None
    """Group of a network that the stack makes; the vault's if not written."""
    location: Location | None = None
    """Region of a network that the stack makes; the vault's if not written."""
    tags: Tags = Field(default_factory=dict)
    """Tags of a network that the stack makes."""


class NetworkMapping(Model):
    """Which Azure network the VMs of a VM network come up in. Only a VMM server of the same vault has such networks; a
    Hyper-V site has none, and its VMs come up in their `target.network`.
    """

    vmm_server: Words
    """The VMM server, by its name, as the service shows it. It registers by its own installer."""
    source_network: Words
    """The VM network's name, as the service shows it."""
    network: NetworkReference
    """The Azure network: a name in `networks`, or an ARM id."""
    adopt: StrictBool = False
    """The mapping exists: use it, and never change or delete it."""


class StorageAccount(Model):
    """A storage account for replicas or for replication logs: one that exists (`id`), or one that the stack makes."""

    id: StorageAccountId | None = None
    """ARM id of an account that exists; it is then never changed or deleted."""
    sku: StorageSku = StorageSku.STANDARD_LRS
    """Kind of an account that the stack makes. Changed in place among `Standard_LRS`, `_GRS` and `_RAGRS` alone."""
    resource_group: ResourceGroupName | None = None
    """Group of an account that the stack makes; the vault's if not written."""
    location: Location | None = None
    """Region of an account that the stack makes; the vault's if not written."""
    tags: Tags = Field(default_factory=dict)
    """Tags of an account that the stack makes."""


def _capitalized(word: StrEnum) -> str:
    return word.value[0].upper() + word.value[1:]
