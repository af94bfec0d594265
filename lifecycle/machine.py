"""What a VM is made of, and what it becomes in Azure: what requirements are checked against and a preview tells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Disk:
    """One replicated disk. `size_mb` is None where the service does not say."""

    name: str
    operating_system: bool
    size_mb: int | None


@dataclass(frozen=True)
class Machine:
    """The VM as the service knows it. None is "not known", never "no". `nics` are all its network cards: a size is held
    against them whether each is taken along to Azure or not.
    """

    name: str
    os_type: str | None = None
    generation: int | None = None
    disks: tuple[Disk, ...] = ()
    nics: int | None = None
    physical_disk: bool | None = None
    fibre_channel: bool | None = None
    shared_disk: bool | None = None
    # Whether some of its disks do not replicate. Of a physical or shared disk its host tells that the VM has one, and
    # not which it is.
    disks_left_out: bool = False
    # Of its operating system, in the service's words: `10.0`, `ServerDatacenter`, `VER_NT_SERVER`.
    os_version: str | None = None
    os_edition: str | None = None
    os_product: str | None = None

    @property
    def data_disks(self) -> tuple[Disk, ...]:
        return tuple(disk for disk in self.disks if not disk.operating_system)


@dataclass(frozen=True)
class Card:
    """One address of a network card, in Azure. `name` tells it from the VM's others. `made` is whether the Azure VM
    gets the card at all: one may be left out. `reuses` is the name of a network interface of Azure that it becomes."""

    name: str
    network_id: str | None = None
    subnet: str | None = None
    static_ip: str | None = None
    made: bool = True
    reuses: str | None = None


@dataclass(frozen=True)
class Landing:
    """What the VM becomes, or is, in Azure. Ids are ARM ids; a part that nobody chose is None.

    Network, subnet and address are of its first network card, which is the one that a stack declares; `more_cards` are
    all others, and further addresses of that one.
    """

    name: str | None
    size: str | None = None
    resource_group_id: str | None = None
    network_id: str | None = None
    subnet: str | None = None
    static_ip: str | None = None
    reuses: str | None = None
    storage_account_id: str | None = None
    managed_disks: bool | None = None
    availability_set_id: str | None = None
    # The same `up` makes the group first.
    resource_group_to_come: bool = False
    # Of a declared VM alone: where replication keeps its logs.
    log_storage_account_id: str | None = None
    more_cards: tuple[Card, ...] = ()

    @property
    def cards(self) -> tuple[Card, ...]:
        """All that the Azure VM gets, the first one first."""
        first = Card("network card 1", self.network_id, self.subnet, self.static_ip, reuses=self.reuses)
        return (first, *(card for card in self.more_cards if card.made))
