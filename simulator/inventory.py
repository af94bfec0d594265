"""The Hyper-V side: hosts, their virtual machines, and whether the service can reach them.

A host is declared in an inventory (YAML) and registers with a Hyper-V site: with the first one that is made, with a
named one, or on command. What is true on premises (power, checkpoints, a corrupted disk) can be read over the admin
API only, as in life: the service tells a client nothing of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from ruamel.yaml import YAML

from simulator.ids import derived_guid
from simulator.store import Document, Table
from simulator.world import World

LARGEST_OS_DISK_GB = 2048
LARGEST_DATA_DISK_GB = 4095


class Power(StrEnum):
    """Of a virtual machine on its host."""

    RUNNING = "running"
    OFF = "off"


class _Declared(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True)


class DeclaredDisk(_Declared):
    """A disk. `shared` is a shared VHDX, `physical` a pass-through disk."""

    name: str
    size_gb: Annotated[float, Field(gt=0, alias="sizeGB")]
    used_gb: Annotated[float, Field(ge=0, alias="usedGB")] = 1.0
    operating_system: bool = False
    shared: bool = False
    physical: bool = False


class DeclaredNic(_Declared):
    """A network adapter."""

    name: str = "Network Adapter"
    network: str = ""
    ip_address: str = ""


class DeclaredVm(_Declared):
    """A virtual machine. Its id is derived from host and name unless given. One that runs no integration services
    tells nobody its operating system (`tells_os`)."""

    name: Annotated[str, Field(min_length=1)]
    id: str = ""
    os: Literal["Windows", "Linux"] = "Windows"
    os_version: str = "10.0"
    os_edition: str = "ServerDatacenter"
    tells_os: bool = True
    generation: Literal[1, 2] = 2
    memory_mb: Annotated[int, Field(gt=0, alias="memoryMB")] = 4096
    cpus: Annotated[int, Field(gt=0)] = 2
    churn_mbps: Annotated[float, Field(ge=0, alias="churnMBps")] = 0.1
    power: Power = Power.RUNNING
    checkpoints: list[str] = []
    fibre_channel: bool = False
    disks: Annotated[list[DeclaredDisk], Field(min_length=1)]
    nics: list[DeclaredNic] = [DeclaredNic()]


class DeclaredHost(_Declared):
    """A host. `site` is "first" (the first Hyper-V site made), a site's name, or null: it registers on command."""

    name: Annotated[str, Field(min_length=1)]
    site: str | None = "first"
    registers_after_seconds: Annotated[float, Field(ge=0)] = 30.0
    bandwidth_mbps: Annotated[float, Field(gt=0, alias="bandwidthMBps")] = 100.0
    provider_version: str = "5.1.2250.0"
    agent_version: str = "2.0.9944.0"
    virtual_machines: list[DeclaredVm] = []


class DeclaredInventory(_Declared):
    """A whole inventory file."""

    hosts: list[DeclaredHost] = []


@dataclass
class Disk:
    """A disk of a virtual machine on its host."""

    id: str
    name: str
    size_mb: int
    used_mb: float
    operating_system: bool
    shared: bool
    physical: bool


@dataclass
class HostVm:
    """A virtual machine on its host, as it truly is. `corrupted` says why its disks are not to be trusted, or
    nothing. One that was deleted is remembered for the items that still name it.
    """

    id: str
    host: str
    name: str
    os: str
    os_version: str
    os_edition: str
    generation: int
    memory_mb: int
    cpus: int
    churn_mbps: float
    power: str
    checkpoints: list[str]
    fibre_channel: bool
    disks: list[Disk]
    nics: list[Document]
    corrupted: str = ""
    deleted: bool = False
    tells_os: bool = True

    @property
    def used_mb(self) -> float:
        """What initial replication has to move."""
        return sum(disk.used_mb for disk in self.disks)

    @property
    def running(self) -> bool:
        """Whether it is switched on."""
        return self.power == Power.RUNNING

    def unfit_for_azure(self) -> list[str]:
        """Why Azure cannot take it; empty if it can (limits of the support matrix)."""
        reasons = []
        if not any(disk.operating_system for disk in self.disks):
            reasons.append("The virtual machine has no disk with an operating system.")
        for disk in self.disks:
            largest = LARGEST_OS_DISK_GB if disk.operating_system else LARGEST_DATA_DISK_GB
            if disk.size_mb > largest * 1024:
                reasons.append(f"The disk '{disk.name}' is larger than {largest} GB.")
            if disk.shared:
                reasons.append(f"The disk '{disk.name}' is a shared virtual hard disk.")
            if disk.physical:
                reasons.append(f"The disk '{disk.name}' is a physical (pass-through) disk.")
        if self.fibre_channel:
            reasons.append("The virtual machine has a virtual fibre channel adapter.")
        return reasons


@dataclass
class Host:
    """A Hyper-V host. `fabric` is the key of the site it is registered with, or empty."""

    id: str
    name: str
    site: str | None
    registers_after: float
    bandwidth_mbps: float
    provider_version: str
    agent_version: str
    fabric: str = ""
    provider: str = ""
    heartbeat: bool = True
    last_heartbeat: float = 0.0
    vms: list[str] = field(default_factory=list)


class Inventory:
    """The hosts of a world. Filled from the inventory file when the world is new."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.hosts: Table[Host] = world.store.table("host", encode=asdict, decode=lambda document: Host(**document))
        self.vms: Table[HostVm] = world.store.table("hostVm", encode=asdict, decode=_vm_of)
        self._fill()
        world.on_reopen(self._fill)

    def add(self, declared: DeclaredHost) -> Host:
        """Add a host with its virtual machines; one of the same name is replaced."""
        host = Host(
            id=derived_guid("host", declared.name),
            name=declared.name,
            site=declared.site,
            registers_after=declared.registers_after_seconds,
            bandwidth_mbps=declared.bandwidth_mbps,
            provider_version=declared.provider_version,
            agent_version=declared.agent_version,
        )
        for declared_vm in declared.virtual_machines:
            vm = _host_vm(host.name, declared_vm)
            self.vms.put(vm.id, vm)
            host.vms.append(vm.id)
        return self.hosts.put(host.name, host)

    def vm(self, vm_id: str) -> HostVm | None:
        """A virtual machine by its id."""
        return self.vms.get(vm_id)

    def host_of(self, vm_id: str) -> Host | None:
        """The host of a virtual machine."""
        vm = self.vms.get(vm_id)
        return self.hosts.get(vm.host) if vm else None

    def reachable(self, vm_id: str) -> bool:
        """Whether the service can have anything done to a virtual machine: it exists, and its host is heard of."""
        vm, host = self.vms.get(vm_id), self.host_of(vm_id)
        return vm is not None and not vm.deleted and host is not None and host.heartbeat

    def vms_of(self, fabric: str) -> list[HostVm]:
        """The virtual machines on the hosts that are registered with a site, by the site's key."""
        found = (self.vms.get(vm_id) for host in self.hosts_of(fabric) for vm_id in host.vms)
        return [vm for vm in found if vm is not None and not vm.deleted]

    def hosts_of(self, fabric: str) -> list[Host]:
        """The hosts registered with a site, by the site's key."""
        return [host for host in self.hosts.values() if host.fabric == fabric.lower()]

    def _fill(self) -> None:
        if len(self.hosts):
            return
        for host in load_inventory(self._world.settings.inventory).hosts:
            self.add(host)


def load_inventory(path: Path | None) -> DeclaredInventory:
    """Read an inventory, the default one if the path is None; raises ValueError (pydantic's) that names the wrong
    key.
    """
    source = path if path is not None else files("simulator").joinpath("default_inventory.yaml")
    return DeclaredInventory.model_validate(YAML(typ="safe").load(source.read_text(encoding="utf-8")) or {})


def _host_vm(host: str, declared: DeclaredVm) -> HostVm:
    return HostVm(
        id=(declared.id or derived_guid("vm", host, declared.name)).lower(),
        host=host,
        name=declared.name,
        os=declared.os,
        os_version=declared.os_version,
        os_edition=declared.os_edition,
        generation=declared.generation,
        memory_mb=declared.memory_mb,
        cpus=declared.cpus,
        churn_mbps=declared.churn_mbps,
        power=declared.power.value,
        checkpoints=list(declared.checkpoints),
        fibre_channel=declared.fibre_channel,
        disks=[new_disk(host, declared.name, disk) for disk in declared.disks],
        nics=[nic.model_dump() for nic in declared.nics],
        tells_os=declared.tells_os,
    )


def new_disk(host: str, vm: str, declared: DeclaredDisk) -> Disk:
    """A declared disk of a virtual machine."""
    return Disk(
        id=derived_guid("disk", host, vm, declared.name),
        name=declared.name,
        size_mb=round(declared.size_gb * 1024),
        used_mb=declared.used_gb * 1024,
        operating_system=declared.operating_system,
        shared=declared.shared,
        physical=declared.physical,
    )


def _vm_of(document: Document) -> HostVm:
    return HostVm(**{**document, "disks": [Disk(**disk) for disk in document["disks"]]})
