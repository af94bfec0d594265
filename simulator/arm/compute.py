"""Microsoft.Compute: the virtual machines and disks that a failover leaves in Azure, and their network interfaces.

Clients can look at them, start and stop them, and delete them by hand. Only Site Recovery makes them, with
`create_failover_vm`, and takes them away with `delete_failover_vm` when a failback is committed or a test failover is
cleaned up; it turns one off and on with `set_power`. `hidden["power"]` of a machine is a `Power`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.arm.addresses import address_in
from simulator.arm.operations import ArmOperations, accepted
from simulator.arm.resources import GROUP, bodies, found, id_of, remove_with_children
from simulator.clock import written
from simulator.errors import ServiceError
from simulator.ids import arm_id, derived_guid
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document
from simulator.world import Resource, World

VIRTUAL_MACHINES = "Microsoft.Compute/virtualMachines"
DISKS = "Microsoft.Compute/disks"
NETWORK_INTERFACES = "Microsoft.Network/networkInterfaces"

_START_SECONDS = 40.0
_STOP_SECONDS = 30.0
_DELETE_SECONDS = 20.0
_SET_POWER = "vm.setPower"
_DELETE_VM = "vm.delete"
_DELETE_DISK = "disk.delete"


class Power(StrEnum):
    """Power states of a virtual machine; the value is what follows `PowerState/` in its instance view."""

    RUNNING = "running"
    STOPPED = "stopped"
    DEALLOCATED = "deallocated"


@dataclass(frozen=True)
class FailoverDisk:
    """A disk of a machine that fails over. `blob_uri` is where an unmanaged disk lies; None makes a managed disk."""

    name: str
    size_gb: int
    operating_system: bool = False
    blob_uri: str | None = None


@dataclass(frozen=True)
class FailoverAddress:
    """One address of a network interface: `subnet_id` is the ARM id of a subnet or None. `ip_address` None takes the
    first free one of the subnet; without a subnet there is none.
    """

    subnet_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True)
class FailoverVm:
    """What Site Recovery makes in Azure of a protected item.

    `group_id` is the ARM id of the target resource group. `cards` are its network interfaces by their addresses, of
    both the primary one first. `size` is like `Standard_D4s_v5`.
    """

    group_id: str
    name: str
    location: str
    size: str
    os_type: str
    disks: tuple[FailoverDisk, ...]
    cards: tuple[tuple[FailoverAddress, ...], ...] = ((FailoverAddress(),),)
    generation: int = 2
    tags: tuple[tuple[str, str], ...] = ()


def create_failover_vm(world: World, vm: FailoverVm, now: float) -> str:
    """Make the machine, running, with its disks and network interfaces; returns the id of the machine.

    One that is there already is replaced, as the service does with what a failover left behind half made.
    Raises ServiceError if the group, the network or the subnet is not there, or the subnet is full.
    """
    group = vm.group_id.rstrip("/").rpartition("/")[2]
    if world.resource_groups.get(group) is None:
        raise ServiceError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    subscription = world.settings.subscription
    vm_id = arm_id(subscription, group, f"{VIRTUAL_MACHINES}/{vm.name}")
    names = (f"{vm.name}-nic" if number == 1 else f"{vm.name}-nic{number}" for number in range(1, len(vm.cards) + 1))
    nic_ids = [arm_id(subscription, group, f"{NETWORK_INTERFACES}/{name}") for name in names]
    # Before anything is made: it says what is missing.
    found = list(_addresses_of(world, vm, nic_ids))
    for disk in vm.disks:
        if disk.blob_uri is None:
            disk_id = arm_id(subscription, group, f"{DISKS}/{disk.name}")
            world.resources.put(disk_id, Resource(body=_disk_body(disk, disk_id, vm, vm_id, now)))
    for nic_id, card, addresses in zip(nic_ids, vm.cards, found, strict=True):
        primary = nic_id == nic_ids[0]
        configurations = [
            _ip_configuration(nic_id, number, asked, address)
            for number, (asked, address) in enumerate(zip(card, addresses, strict=True), 1)
        ]
        world.resources.put(nic_id, Resource(body=_nic_body(nic_id, vm, vm_id, configurations, primary=primary)))
    body = _vm_body(vm, vm_id, nic_ids, now)
    world.resources.put(
        vm_id, Resource(body=body, hidden={"power": Power.RUNNING.value, "generation": f"V{vm.generation}"})
    )
    return vm_id


def _addresses_of(world: World, vm: FailoverVm, nic_ids: list[str]) -> Iterator[list[str | None]]:
    """The addresses that each network interface gets, none of them twice."""
    given = {asked.ip_address for card in vm.cards for asked in card if asked.ip_address is not None}
    for card in vm.cards:
        addresses: list[str | None] = []
        for asked in card:
            address = asked.ip_address
            if asked.subnet_id is not None:
                address = address_in(world, asked.subnet_id, address, interface_ids=nic_ids, besides=given)
            given |= {address} if address else set()
            addresses.append(address)
        yield addresses


def delete_failover_vm(world: World, vm_id: str) -> None:
    """Take a machine away with its managed disks and network interfaces; one that is gone already is fine."""
    machine = world.resources.get(vm_id)
    if machine is None:
        return
    properties = machine.body["properties"]
    storage = properties["storageProfile"]
    for disk in (storage["osDisk"], *storage["dataDisks"]):
        if "managedDisk" in disk:
            world.resources.delete(disk["managedDisk"]["id"])
    for nic in properties["networkProfile"]["networkInterfaces"]:
        world.resources.delete(nic["id"])
    remove_with_children(world, vm_id)


def set_power(world: World, vm_id: str, power: Power) -> None:
    """Turn a machine on or off at once; one that is gone is left alone."""
    machine = world.resources.get(vm_id)
    if machine is not None:
        machine.hidden["power"] = power.value
        world.resources.put(vm_id, machine)


def power_of(world: World, vm_id: str) -> Power | None:
    """Return the power state of a machine, or None if there is none of that id."""
    machine = world.resources.get(vm_id)
    return Power(machine.hidden["power"]) if machine is not None else None


def open_compute(world: World) -> None:
    """Say what the operations of this room do when they end."""
    operations = world.room(ArmOperations)
    operations.on(_SET_POWER, _switched)
    operations.on(_DELETE_VM, _deleted)
    operations.on(_DELETE_DISK, lambda here, target, _detail: here.resources.delete(target))


class PowerWatch:
    """Who is told that somebody switches a machine on or off by hand, or deletes it (None), just before it happens: a
    listener takes the machine's id, what it will be, and the instant.
    """

    def __init__(self, world: World) -> None:
        self._operations = world.room(ArmOperations)
        self.listeners: list[Callable[[str, Power | None, float], None]] = []

    def tell(self, vm_id: str, power: Power | None) -> None:
        """Tell everybody who listens."""
        for listener in self.listeners:
            listener(vm_id, power, self._operations.at)


def _switched(world: World, vm_id: str, power: str) -> None:
    world.room(PowerWatch).tell(vm_id, Power(power))
    set_power(world, vm_id, Power(power))


def _deleted(world: World, vm_id: str, _detail: str) -> None:
    """A machine deleted by hand leaves its disks behind, as in life; only Site Recovery takes them along."""
    world.room(PowerWatch).tell(vm_id, None)
    remove_with_children(world, vm_id)


def compute_routes() -> list[OperationRoute]:
    """The operations on virtual machines, disks and network interfaces."""
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{{name}}"
    disk = f"{GROUP}/providers/Microsoft.Compute/disks/{{name}}"
    nic = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/{{name}}"
    read = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "machines made by failover only")
    power = Parity(Extent.PARTIAL, Evidence.INFERRED, "durations inferred")
    routes = [
        OperationRoute("GET", machine, _show_vm, "VirtualMachines_Get", parity=read),
        OperationRoute(
            "GET", f"{machine}/instanceView", _show_instance_view, "VirtualMachines_InstanceView", parity=read
        ),
        OperationRoute("DELETE", machine, _delete_vm, "VirtualMachines_Delete", parity=power),
        OperationRoute("POST", f"{machine}/start", _change_power, "VirtualMachines_Start", parity=power),
        OperationRoute("POST", f"{machine}/powerOff", _change_power, "VirtualMachines_PowerOff", parity=power),
        OperationRoute("POST", f"{machine}/deallocate", _change_power, "VirtualMachines_Deallocate", parity=power),
        OperationRoute("GET", disk, _show, "Disks_Get", parity=read),
        OperationRoute("DELETE", disk, _delete_disk, "Disks_Delete", parity=power),
        OperationRoute("GET", nic, _show, "NetworkInterfaces_Get", parity=read),
    ]
    for plural, name in (("virtualMachines", "VirtualMachines"), ("disks", "Disks")):
        for scope, suffix in ((GROUP, "List"), ("/subscriptions/{subscription}", "ListAll")):
            template = f"{scope}/providers/Microsoft.Compute/{plural}"
            routes.append(OperationRoute("GET", template, _list, f"{name}_{suffix}", parity=read))
    return routes


_POWER_ACTIONS = {
    "VirtualMachines_Start": (Power.RUNNING, _START_SECONDS),
    "VirtualMachines_PowerOff": (Power.STOPPED, _STOP_SECONDS),
    "VirtualMachines_Deallocate": (Power.DEALLOCATED, _STOP_SECONDS),
}


def _kind(call: Call) -> str:
    if "networkinterfaces" in call.route.template.lower():
        return NETWORK_INTERFACES
    return DISKS if call.route.name.startswith("Disks") else VIRTUAL_MACHINES


def _show(call: Call) -> Reply:
    kind = _kind(call)
    return Reply(200, found(call, id_of(call, kind, "name"), kind).body)


def _list(call: Call) -> Reply:
    """`statusOnly=true` of all virtual machines of the subscription shows their instance views."""
    listed = bodies(call, _kind(call))
    if call.route.name == "VirtualMachines_ListAll" and call.query.get("statusonly", "").lower() == "true":
        machines = (call.world.resources.get(body["id"]) for body in listed)
        listed = [_with_instance_view(machine) for machine in machines if machine is not None]
    return Reply(200, {"value": listed})


def _with_instance_view(machine: Resource) -> Document:
    properties = {**machine.body["properties"], "instanceView": _instance_view(machine)}
    return {**machine.body, "properties": properties}


def _machine(call: Call) -> tuple[str, Resource]:
    vm_id = id_of(call, VIRTUAL_MACHINES, "name")
    return vm_id, found(call, vm_id, VIRTUAL_MACHINES)


def _show_vm(call: Call) -> Reply:
    _, machine = _machine(call)
    expand = {part.strip().lower() for part in call.query.get("$expand", "").split(",")}
    if "instanceview" not in expand:
        return Reply(200, machine.body)
    return Reply(200, _with_instance_view(machine))


def _show_instance_view(call: Call) -> Reply:
    _, machine = _machine(call)
    return Reply(200, _instance_view(machine))


def _instance_view(machine: Resource) -> Document:
    power = machine.hidden["power"]
    return {
        "hyperVGeneration": machine.hidden["generation"],
        "statuses": [
            {
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Provisioning succeeded",
                "time": machine.body["properties"]["timeCreated"],
            },
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
        ],
    }


def _change_power(call: Call) -> Reply:
    vm_id, machine = _machine(call)
    power, seconds = _POWER_ACTIONS[call.route.name]
    name = call.world.room(ArmOperations).start(
        call.now, effect=_SET_POWER, target=vm_id, seconds=seconds, detail=power.value
    )
    return accepted(call, name, namespace="Microsoft.Compute", location=machine.body["location"])


def _delete_vm(call: Call) -> Reply:
    return _delete(call, VIRTUAL_MACHINES, _DELETE_VM)


def _delete_disk(call: Call) -> Reply:
    return _delete(call, DISKS, _DELETE_DISK)


def _delete(call: Call, kind: str, effect: str) -> Reply:
    resource_id = id_of(call, kind, "name")
    resource = call.world.resources.get(resource_id)
    if resource is None:
        return Reply(204)
    owner = resource.body.get("managedBy")
    if owner and owner in call.world.resources:
        raise ServiceError(
            409,
            "OperationNotAllowed",
            f"Disk {resource.body['name']} is attached to VM {owner}. It has to be detached before it can be deleted.",
        )
    name = call.world.room(ArmOperations).start(call.now, effect=effect, target=resource_id, seconds=_DELETE_SECONDS)
    return accepted(call, name, namespace="Microsoft.Compute", location=resource.body["location"])


def _vm_body(vm: FailoverVm, vm_id: str, nic_ids: list[str], now: float) -> Document:
    siblings = vm_id.rpartition(f"/{VIRTUAL_MACHINES}/")[0]
    disks = [_attached(disk, index, siblings) for index, disk in enumerate(_data_disks(vm))]
    system = next((disk for disk in vm.disks if disk.operating_system), None)
    if system is None:
        raise ValueError(f"the machine {vm.name} that fails over has no disk with an operating system")
    return {
        "id": vm_id,
        "name": vm.name,
        "type": VIRTUAL_MACHINES,
        "location": vm.location,
        "tags": dict(vm.tags),
        "properties": {
            "vmId": derived_guid("vm", vm_id, now),
            "hardwareProfile": {"vmSize": vm.size},
            "storageProfile": {
                "osDisk": {**_attached(system, None, siblings), "osType": vm.os_type},
                "dataDisks": disks,
            },
            "networkProfile": {
                "networkInterfaces": [
                    {"id": nic_id, "properties": {"primary": number == 0}} for number, nic_id in enumerate(nic_ids)
                ]
            },
            "provisioningState": "Succeeded",
            "timeCreated": written(now),
        },
    }


def _data_disks(vm: FailoverVm) -> list[FailoverDisk]:
    return [disk for disk in vm.disks if not disk.operating_system]


def _attached(disk: FailoverDisk, lun: int | None, siblings: str) -> Document:
    document: dict[str, Any] = {"name": disk.name, "createOption": "Attach", "caching": "ReadWrite"}
    if lun is not None:
        document = {"lun": lun, **document, "caching": "None"}
    document["diskSizeGB"] = disk.size_gb
    if disk.blob_uri is not None:
        return {**document, "vhd": {"uri": disk.blob_uri}}
    managed = {"id": f"{siblings}/{DISKS}/{disk.name}", "storageAccountType": "Premium_LRS"}
    return {**document, "managedDisk": managed}


def _disk_body(disk: FailoverDisk, disk_id: str, vm: FailoverVm, vm_id: str, now: float) -> Document:
    body: Document = {
        "id": disk_id,
        "name": disk.name,
        "type": DISKS,
        "location": vm.location,
        "managedBy": vm_id,
        "sku": {"name": "Premium_LRS", "tier": "Premium"},
        "tags": dict(vm.tags),
        "properties": {
            "creationData": {"createOption": "Restore"},
            "diskSizeGB": disk.size_gb,
            "diskState": "Attached",
            "provisioningState": "Succeeded",
            "timeCreated": written(now),
            "uniqueId": derived_guid("disk", disk_id, now),
        },
    }
    if disk.operating_system:
        body["properties"] |= {"osType": vm.os_type, "hyperVGeneration": f"V{vm.generation}"}
    return body


def _nic_body(nic_id: str, vm: FailoverVm, vm_id: str, configurations: list[Document], *, primary: bool) -> Document:
    return {
        "id": nic_id,
        "name": nic_id.rpartition("/")[2],
        "type": NETWORK_INTERFACES,
        "location": vm.location,
        "properties": {
            "provisioningState": "Succeeded",
            "primary": primary,
            "virtualMachine": {"id": vm_id},
            "ipConfigurations": configurations,
        },
    }


def _ip_configuration(nic_id: str, number: int, asked: FailoverAddress, ip_address: str | None) -> Document:
    address: Document = {
        "privateIPAddress": ip_address,
        "privateIPAllocationMethod": "Static" if asked.ip_address else "Dynamic",
        "primary": number == 1,
        "provisioningState": "Succeeded",
    }
    if asked.subnet_id is not None:
        address["subnet"] = {"id": asked.subnet_id}
    name = f"ipconfig{number}"
    return {"id": f"{nic_id}/ipConfigurations/{name}", "name": name, "properties": address}
