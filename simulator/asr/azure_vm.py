"""The Azure side of a failover: the virtual machine, its disks and its network interface, made and deleted as ARM
resources.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.asr.records import ProtectedItem
from simulator.asr.site_recovery import SiteRecovery
from simulator.clock import written
from simulator.ids import arm_id, derived_guid, parse
from simulator.inventory import HostVm
from simulator.store import Document
from simulator.world import Resource

VM_KIND, DISK_KIND, NIC_KIND = (
    "Microsoft.Compute/virtualMachines",
    "Microsoft.Compute/disks",
    "Microsoft.Network/networkInterfaces",
)


@dataclass(frozen=True)
class Size:
    """A size of virtual machine in Azure."""

    name: str
    cores: int
    memory_gb: float
    data_disks: int
    nics: int
    generations: tuple[str, ...]


SIZES = (
    Size("Standard_B2s", 2, 4, 4, 3, ("V1", "V2")),
    Size("Standard_D2s_v5", 2, 8, 4, 2, ("V1", "V2")),
    Size("Standard_D4s_v5", 4, 16, 8, 2, ("V1", "V2")),
    Size("Standard_D8s_v5", 8, 32, 16, 4, ("V1", "V2")),
    Size("Standard_E4s_v5", 4, 32, 8, 2, ("V1", "V2")),
    Size("Standard_E8s_v5", 8, 64, 16, 4, ("V1", "V2")),
    Size("Standard_D16s_v5", 16, 64, 32, 8, ("V1", "V2")),
    Size("Standard_E16s_v5", 16, 128, 32, 8, ("V1", "V2")),
    Size("Standard_M64s", 64, 1024, 64, 8, ("V1", "V2")),
)


def shortcomings(size: Size, vm: HostVm) -> list[str]:
    """Why a size does not fit a virtual machine; empty if it does."""
    reasons = []
    if size.memory_gb * 1024 < vm.memory_mb:
        reasons.append(f"The size has {size.memory_gb} GB of memory; the source has {vm.memory_mb} MB.")
    if size.cores < vm.cpus:
        reasons.append(f"The size has {size.cores} cores; the source has {vm.cpus}.")
    if size.data_disks < len(vm.disks) - 1:
        reasons.append(f"The size takes {size.data_disks} data disks; the source has {len(vm.disks) - 1}.")
    if size.nics < len(vm.nics):
        reasons.append(f"The size takes {size.nics} network adapters; the source has {len(vm.nics)}.")
    return reasons


def default_size(vm: HostVm) -> str:
    """The smallest size that fits, as the service chooses one."""
    return next((size.name for size in SIZES if not shortcomings(size, vm)), SIZES[-1].name)


def create_vm(asr: SiteRecovery, item: ProtectedItem, now: float, *, test_network: str = "") -> str:
    """Make the virtual machine of a failover, switched off; returns its ARM id. A test one stands beside it,
    `-test`.
    """
    vm = asr.inventory.vm(item.vm)
    group = parse(f"{item.settings['recoveryAzureResourceGroupId']}/providers/x/y/z")
    if vm is None or group is None:
        raise RuntimeError(f"{item.id} has no machine or no target resource group")
    name = f"{item.settings['recoveryAzureVmName']}{'-test' if test_network else ''}"
    vm_id = arm_id(group.subscription, group.group, f"{VM_KIND}/{name}")
    location = _location(asr, item)
    disks = _disks(asr, item, vm, vm_id, location)
    nic_id = _nic(asr, item, vm_id, location, test_network=test_network)
    os_disk, *data = disks
    body = {
        "id": vm_id,
        "name": name,
        "type": VM_KIND,
        "location": location,
        "tags": dict(item.settings["targetVmTags"] or {}),
        "properties": {
            "vmId": derived_guid(vm_id.lower(), written(now)),
            "hardwareProfile": {"vmSize": item.settings["recoveryAzureVMSize"]},
            "storageProfile": {"osDisk": os_disk, "dataDisks": data},
            "networkProfile": {"networkInterfaces": [{"id": nic_id, "properties": {"primary": True}}]},
            "provisioningState": "Succeeded",
            "timeCreated": written(now),
        },
    }
    asr.world.resources.put(vm_id, Resource(body, {"power": "stopped", "protectedItem": item.id}))
    return vm_id


def power(asr: SiteRecovery, vm_id: str) -> str:
    """ "running", "stopped" or "deallocated"; empty if there is no such machine."""
    resource = asr.world.resources.get(vm_id) if vm_id else None
    return str(resource.hidden.get("power", "")) if resource is not None else ""


def set_power(asr: SiteRecovery, vm_id: str, state: str) -> None:
    """Switch an Azure virtual machine: "running" or "deallocated"."""
    resource = asr.world.resources.get(vm_id)
    if resource is not None:
        resource.hidden["power"] = state
        asr.world.resources.put(vm_id, resource)


def delete_vm(asr: SiteRecovery, vm_id: str) -> None:
    """Delete a virtual machine with everything that the failover made for it."""
    for key, resource in asr.world.resources.items():
        if key == vm_id.lower() or resource.hidden.get("of", "").lower() == vm_id.lower():
            asr.world.resources.delete(key)


def _disks(asr: SiteRecovery, item: ProtectedItem, vm: HostVm, vm_id: str, location: str) -> list[Document]:
    managed = item.settings["useManagedDisks"] == "true"
    group = vm_id.split("/providers/", 1)[0]
    chosen = [disk for disk in vm.disks if disk.id in item.settings["disks"]]
    entries: list[Document] = []
    for number, disk in enumerate(sorted(chosen, key=lambda disk: not disk.operating_system)):
        name = f"{vm_id.rsplit('/', 1)[-1]}-{disk.name.rsplit('.', 1)[0]}"
        entry: Document = {"name": name, "createOption": "Attach", "diskSizeGB": -(-disk.size_mb // 1024)}
        if number == 0:
            entry["osType"] = vm.os
        else:
            entry["lun"] = number - 1
        if managed:
            disk_id = f"{group}/providers/{DISK_KIND}/{name}"
            body = {
                "id": disk_id,
                "name": name,
                "type": DISK_KIND,
                "location": location,
                "tags": dict(item.settings["targetManagedDiskTags"] or {}),
                "managedBy": vm_id,
                "sku": {"name": "StandardSSD_LRS", "tier": "Standard"},
                "properties": {
                    "diskSizeGB": entry["diskSizeGB"],
                    "diskState": "Attached",
                    "creationData": {"createOption": "Restore"},
                    "provisioningState": "Succeeded",
                },
            }
            asr.world.resources.put(disk_id, Resource(body, {"of": vm_id}))
            entry["managedDisk"] = {"id": disk_id}
        else:
            account = (item.settings["recoveryAzureStorageAccount"] or "").rsplit("/", 1)[-1]
            entry["vhd"] = {"uri": f"https://{account}.blob.storage.localhost/vhds/{name}.vhd"}
        entries.append(entry)
    return entries


def _nic(asr: SiteRecovery, item: ProtectedItem, vm_id: str, location: str, *, test_network: str) -> str:
    group, name = vm_id.split("/providers/", 1)[0], f"{vm_id.rsplit('/', 1)[-1]}-nic"
    nic_id = f"{group}/providers/{NIC_KIND}/{name}"
    configuration = item.nics[0]["ipConfigs"][0] if item.nics else {}
    network = test_network or item.settings["selectedRecoveryAzureNetworkId"]
    subnet = configuration.get("tfoSubnetName" if test_network else "recoverySubnetName") or "default"
    wanted = configuration.get("tfoStaticIPAddress" if test_network else "recoveryStaticIPAddress")
    address = wanted or f"10.{int(item.vm[:2], 16)}.{int(item.vm[2:4], 16)}.{4 + int(item.vm[4:6], 16) % 250}"
    body = {
        "id": nic_id,
        "name": name,
        "type": NIC_KIND,
        "location": location,
        "tags": dict(item.settings["targetNicTags"] or {}),
        "properties": {
            "provisioningState": "Succeeded",
            "primary": True,
            "virtualMachine": {"id": vm_id},
            "ipConfigurations": [
                {
                    "id": f"{nic_id}/ipConfigurations/ipconfig1",
                    "name": "ipconfig1",
                    "properties": {
                        "primary": True,
                        "privateIPAddress": address,
                        "privateIPAllocationMethod": "Static" if wanted else "Dynamic",
                        "provisioningState": "Succeeded",
                        "subnet": {"id": f"{network}/subnets/{subnet}"},
                    },
                }
            ],
        },
    }
    asr.world.resources.put(nic_id, Resource(body, {"of": vm_id}))
    return nic_id


def _location(asr: SiteRecovery, item: ProtectedItem) -> str:
    network = asr.world.resources.get(item.settings["selectedRecoveryAzureNetworkId"] or "")
    if network is not None:
        return str(network.body.get("location", ""))
    vault = asr.vaults.get(item.vault)
    return str(vault["location"]) if vault is not None else ""
