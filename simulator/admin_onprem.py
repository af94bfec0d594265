"""The admin API's part on premises: hosts, their virtual machines, whole sites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simulator.asr.fabrics import fabric_body, host_added, register_host, register_vmm_server
from simulator.asr.premises import add_disk, darken_site, delete_host_vm, resize_disk, set_heartbeat, switch_host_vm
from simulator.asr.replication import settle_items_of
from simulator.asr.site_recovery import SiteRecovery
from simulator.errors import ServiceError
from simulator.ids import asr_vault_id, same
from simulator.inventory import DeclaredDisk, DeclaredHost, Disk, Host, HostVm, Inventory, Power, new_disk
from simulator.routing import Call, OperationRoute, Reply
from simulator.store import Document


class _Input(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Registration(_Input):
    """The site to register with, by name."""

    site: str


class VmmServer(_Input):
    """A VMM server and its VM networks; it registers with the vault of this name."""

    name: Annotated[str, Field(min_length=1)]
    vault: str
    networks: list[str] = []


class HeartbeatInput(_Input):
    """Whether the service hears of the host."""

    beats: bool


class MachineChange(_Input):
    """What changes on a virtual machine; what is left out stays."""

    power: Power | None = None
    checkpoints: list[str] | None = None
    churn_mbps: Annotated[float | None, Field(ge=0, alias="churnMBps")] = None


class DiskChange(_Input):
    """A disk's new sizes; what is left out stays."""

    size_gb: Annotated[float | None, Field(gt=0, alias="sizeGB")] = None
    used_gb: Annotated[float | None, Field(ge=0, alias="usedGB")] = None


MakeRoute = Callable[..., OperationRoute]


def onprem_routes(route: MakeRoute) -> list[OperationRoute]:
    """The operations on hosts and machines."""
    return [
        route("GET", "/hosts", list_hosts),
        route("POST", "/hosts", add_host, DeclaredHost),
        route("POST", "/hosts/{host}/register", register, Registration),
        route("POST", "/vmm-servers", add_vmm_server, VmmServer),
        route("PUT", "/hosts/{host}/heartbeat", change_heartbeat, HeartbeatInput),
        route("GET", "/machines", list_machines),
        route("GET", "/machines/{machine}", show_machine),
        route("PATCH", "/machines/{machine}", change_machine, MachineChange),
        route("DELETE", "/machines/{machine}", delete_machine),
        route("POST", "/machines/{machine}/disks", add_machine_disk, DeclaredDisk),
        route("PATCH", "/machines/{machine}/disks/{disk}", change_machine_disk, DiskChange),
        route("POST", "/sites/{site}/dark", go_dark),
        route("POST", "/sites/{site}/light", come_back),
    ]


def list_hosts(call: Call) -> Reply:
    """GET the hosts."""
    return Reply(200, {"value": [camelled(asdict(host)) for host in call.world.room(Inventory).hosts.values()]})


def add_host(call: Call) -> Reply:
    """POST a host, in the form of the inventory file. It registers by itself with the site that it names, after its
    delay; on command if it names none.
    """
    now = call.world.look()
    inventory = call.world.room(Inventory)
    known = inventory.hosts.get(call.body.name)
    if known is not None and known.fabric:
        raise ServiceError(409, "HostRegistered", f"The host '{known.name}' is registered with a site.")
    host = inventory.add(call.body)
    host_added(call.world.room(SiteRecovery), host, now)
    return Reply(201, camelled(asdict(host)))


def register(call: Call) -> Reply:
    """POST register: the host registers with a site now."""
    now = call.world.look()
    asr, host = call.world.room(SiteRecovery), _host(call)
    fabric = next((one for one in asr.fabrics.values() if one["name"].lower() == call.body.site.lower()), None)
    if fabric is None:
        raise ServiceError(404, "SiteNotFound", f"There is no Hyper-V site '{call.body.site}'.")
    if host.fabric:
        raise ServiceError(409, "HostRegistered", f"The host '{host.name}' is registered with a site already.")
    register_host(asr, host, fabric, now)
    return Reply(200, camelled(asdict(host)))


def add_vmm_server(call: Call) -> Reply:
    """POST a VMM server: it registers with a vault now."""
    call.world.look()
    asr = call.world.room(SiteRecovery)
    vault = next((one for one in asr.vaults.values() if same(one["name"], call.body.vault)), None)
    if vault is None:
        raise ServiceError(404, "VaultNotFound", f"There is no vault '{call.body.vault}'.")
    parts = vault["id"].split("/")
    vault_id = asr_vault_id(parts[2], parts[4], parts[8])
    fabric = register_vmm_server(asr, vault_id, call.body.name, call.body.networks)
    return Reply(201, fabric_body(asr, fabric))


def change_heartbeat(call: Call) -> Reply:
    """PUT heartbeat: the service stops hearing of the host, or hears of it again."""
    now = call.world.look()
    host = _host(call)
    set_heartbeat(call.world.room(SiteRecovery), host, beats=call.body.beats, now=now)
    return Reply(200, camelled(asdict(host)))


def list_machines(call: Call) -> Reply:
    """GET the virtual machines on premises as they truly are."""
    call.world.look()
    return Reply(200, {"value": [_shown(vm) for vm in call.world.room(Inventory).vms.values() if not vm.deleted]})


def show_machine(call: Call) -> Reply:
    """GET one virtual machine on premises."""
    call.world.look()
    return Reply(200, _shown(_machine(call)))


def change_machine(call: Call) -> Reply:
    """PATCH power, checkpoints or churn of a machine on premises."""
    now = call.world.look()
    asr, vm, wanted = call.world.room(SiteRecovery), _machine(call), call.body
    if wanted.power is not None:
        switch_host_vm(asr, vm, wanted.power, now)
    if wanted.churn_mbps is not None:
        settle_items_of(asr, [vm.id], now)
        vm.churn_mbps = wanted.churn_mbps
    if wanted.checkpoints is not None:
        vm.checkpoints = list(wanted.checkpoints)
    asr.inventory.vms.put(vm.id, vm)
    return Reply(200, _shown(vm))


def delete_machine(call: Call) -> Reply:
    """DELETE a machine on premises, with its disks. What the service has of it stays."""
    now = call.world.look()
    delete_host_vm(call.world.room(SiteRecovery), _machine(call), now)
    return Reply(204)


def add_machine_disk(call: Call) -> Reply:
    """POST a disk, in the form of the inventory file, to a machine on premises."""
    now = call.world.look()
    vm, declared = _machine(call), call.body
    if any(disk.name.lower() == declared.name.lower() for disk in vm.disks):
        raise ServiceError(409, "DiskExists", f"The virtual machine '{vm.name}' has a disk '{declared.name}' already.")
    add_disk(call.world.room(SiteRecovery), vm, new_disk(vm.host, vm.name, declared), now)
    return Reply(201, _shown(vm))


def change_machine_disk(call: Call) -> Reply:
    """PATCH the sizes of a disk of a machine on premises."""
    now = call.world.look()
    vm, wanted = _machine(call), call.body
    disk = _disk(vm, call.parameters["disk"])
    size = disk.size_mb if wanted.size_gb is None else round(wanted.size_gb * 1024)
    used = disk.used_mb if wanted.used_gb is None else wanted.used_gb * 1024
    if used > size:
        raise ServiceError(
            409, "DiskTooSmall", f"The disk '{disk.name}' of {size} MB cannot hold the {used:g} MB that are in use."
        )
    resize_disk(call.world.room(SiteRecovery), vm, disk, size_mb=size, used_mb=used, now=now)
    return Reply(200, _shown(vm))


def go_dark(call: Call) -> Reply:
    """POST dark: every host of the site loses power and connection."""
    now = call.world.look()
    asr = call.world.room(SiteRecovery)
    for fabric in _sites(asr, call):
        darken_site(asr, fabric["id"].lower(), now)
    return Reply(204)


def come_back(call: Call) -> Reply:
    """POST light: the hosts are heard of again; the machines stay off until somebody switches them on."""
    now = call.world.look()
    asr = call.world.room(SiteRecovery)
    for fabric in _sites(asr, call):
        for host in asr.inventory.hosts_of(fabric["id"]):
            set_heartbeat(asr, host, beats=True, now=now)
    return Reply(204)


def camelled(value: Any) -> Any:
    """A record's fields as JSON names them everywhere else: camelCase."""
    if isinstance(value, dict):
        return {to_camel(name): camelled(part) for name, part in value.items()}
    if isinstance(value, list):
        return [camelled(part) for part in value]
    return value


def _sites(asr: SiteRecovery, call: Call) -> list[Document]:
    name = call.parameters["site"].lower()
    found = [fabric for fabric in asr.fabrics.values() if fabric["name"].lower() == name]
    if not found:
        raise ServiceError(404, "SiteNotFound", f"There is no Hyper-V site '{call.parameters['site']}'.")
    return found


def _host(call: Call) -> Host:
    host = call.world.room(Inventory).hosts.get(call.parameters["host"])
    if host is None:
        raise ServiceError(404, "HostNotFound", f"There is no host '{call.parameters['host']}'.")
    return host


def _machine(call: Call) -> HostVm:
    wanted = call.parameters["machine"].lower()
    for vm in call.world.room(Inventory).vms.values():
        if wanted in {vm.id, vm.name.lower()} and not vm.deleted:
            return vm
    raise ServiceError(404, "MachineNotFound", f"There is no virtual machine '{call.parameters['machine']}'.")


def _disk(vm: HostVm, wanted: str) -> Disk:
    disk = next((disk for disk in vm.disks if wanted.lower() in {disk.id, disk.name.lower()}), None)
    if disk is None:
        raise ServiceError(404, "DiskNotFound", f"The virtual machine '{vm.name}' has no disk '{wanted}'.")
    return disk


def _shown(vm: HostVm) -> Document:
    return dict(camelled(asdict(vm)))
