"""The Azure side of a failover: the virtual machine, its disks and its network interface, made and deleted as ARM
resources.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count

from simulator.arm.compute import (
    DISKS,
    VIRTUAL_MACHINES,
    FailoverAddress,
    FailoverDisk,
    FailoverVm,
    Power,
    create_failover_vm,
    set_power,
)
from simulator.asr.records import ProtectedItem
from simulator.asr.refusals import name_modified, name_unavailable, target_missing
from simulator.asr.site_recovery import JobFailure, SiteRecovery
from simulator.errors import AsyncError, ServiceError
from simulator.ids import arm_id, same
from simulator.inventory import HostVm
from simulator.store import Document


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


def create_vm(
    asr: SiteRecovery, item: ProtectedItem, now: float, *, test_network: str = ""
) -> tuple[str, Document | None]:
    """Make the virtual machine of a failover, switched off; returns its ARM id, and a warning if its name was taken. A
    test one stands beside it, `-test`.

    Raises JobFailure if something of its target does not exist: resource group, network, subnet, storage account, size.
    """
    vm = asr.inventory.vm(item.vm)
    if vm is None:
        raise JobFailure(AsyncError("SimulatorMachineGone", f"The virtual machine of '{item.name}' does not exist."))
    settings = item.settings
    network = test_network or settings["selectedRecoveryAzureNetworkId"]
    _require_size_and_account(asr, item)
    asked = f"{settings['recoveryAzureVmName']}{'-test' if test_network else ''}"
    name = _free_name(asr, settings["recoveryAzureResourceGroupId"], asked)
    wanted = FailoverVm(
        group_id=settings["recoveryAzureResourceGroupId"],
        name=name,
        location=_location(asr, item),
        size=settings["recoveryAzureVMSize"],
        os_type=vm.os,
        disks=_disks(asr, item, vm, name),
        cards=_cards(asr, item, network, test=bool(test_network)),
        generation=vm.generation,
        tags=tuple((settings["targetVmTags"] or {}).items()),
    )
    try:
        vm_id = create_failover_vm(asr.world, wanted, now)
    except ServiceError as refused:
        raise JobFailure(target_missing(name, refused.message)) from refused
    set_power(asr.world, vm_id, Power.STOPPED)
    return vm_id, None if name == asked else name_modified(asked, name)


def _cards(
    asr: SiteRecovery, item: ProtectedItem, network: str, *, test: bool
) -> tuple[tuple[FailoverAddress, ...], ...]:
    """The addresses of every adapter that is taken along, the chosen one first; a free one without any adapter."""
    chosen = [nic for nic in item.nics if same(nic["nicId"], item.settings["selectedSourceNicId"])]
    others = [nic for nic in item.nics if nic not in chosen and nic["selectionType"] != "NotSelected"]
    cards = [
        tuple(_address(asr, configuration, network, test=test) for configuration in _primary_first(nic))
        for nic in [*chosen, *others]
    ]
    # Of more adapters than the size takes, as many are made as it does (documented).
    takes = next((size.nics for size in SIZES if same(size.name, item.settings["recoveryAzureVMSize"])), len(cards))
    return tuple(cards[:takes]) or ((_address(asr, {}, network, test=test),),)


def _primary_first(nic: Document) -> list[Document]:
    """The addresses that are taken along; the primary one always is."""
    wanted = [one for one in nic["ipConfigs"] if one["isPrimary"] or one["isSeletedForFailover"]]
    return sorted(wanted or nic["ipConfigs"][:1], key=lambda one: not one["isPrimary"])


def _address(asr: SiteRecovery, configuration: Document, network: str, *, test: bool) -> FailoverAddress:
    asked = configuration.get("tfoStaticIPAddress" if test else "recoveryStaticIPAddress") or None
    if not network:
        return FailoverAddress(None, asked)
    named = configuration.get("tfoSubnetName" if test else "recoverySubnetName")
    subnet = named or _subnet_of(asr, network, configuration.get("recoverySubnetName") or "default")
    return FailoverAddress(f"{network}/subnets/{subnet}", asked)


def _subnet_of(asr: SiteRecovery, network: str, wanted: str) -> str:
    """The subnet where none was chosen: the one of the wanted name, or else the network's first (inferred)."""
    known = asr.world.resources.get(network or "")
    names = [subnet["name"] for subnet in known.body["properties"].get("subnets", [])] if known is not None else []
    return next((name for name in names if name.lower() == wanted.lower()), names[0] if names else wanted)


def _require_size_and_account(asr: SiteRecovery, item: ProtectedItem) -> None:
    settings = item.settings
    name, size = settings["recoveryAzureVmName"], settings["recoveryAzureVMSize"]
    if size.lower() not in {known.name.lower() for known in SIZES}:
        raise JobFailure(target_missing(name, f"The size '{size}' does not exist."))
    account = settings["recoveryAzureStorageAccount"]
    if settings["useManagedDisks"] != "true" and account and account not in asr.world.resources:
        raise JobFailure(target_missing(name, f"The storage account '{account}' does not exist."))


def name_warning(asr: SiteRecovery, item: ProtectedItem, name: str, group: str) -> Document | None:
    """What the service warns of when an item is to have a name in Azure that it may not get, or None."""
    taken = _vm_id(asr, group, name)
    if taken in asr.world.resources and not same(taken, item.azure_vm):
        return name_unavailable(name)
    others = (other.settings for other in asr.items.values() if other.key != item.key)
    if any(
        same(other["recoveryAzureResourceGroupId"], group) and other["recoveryAzureVmName"].lower() == name.lower()
        for other in others
    ):
        return name_unavailable(name)
    return None


def _free_name(asr: SiteRecovery, group: str, name: str) -> str:
    """The name, or if another machine of the resource group has it, that name with a number."""
    candidates = (f"{name}-{number}" for number in count(1))
    return next(one for one in chain((name,), candidates) if _vm_id(asr, group, one) not in asr.world.resources)


def _vm_id(asr: SiteRecovery, group: str, name: str) -> str:
    return _in_group(asr, group, f"{VIRTUAL_MACHINES}/{name}")


def _in_group(asr: SiteRecovery, group: str, provider_path: str) -> str:
    return arm_id(asr.world.settings.subscription, group.rstrip("/").rsplit("/", 1)[-1], provider_path)


def _disks(asr: SiteRecovery, item: ProtectedItem, vm: HostVm, name: str) -> tuple[FailoverDisk, ...]:
    """The chosen disks, the operating system's first. Unmanaged ones lie as blobs in the target's storage account."""
    managed = item.settings["useManagedDisks"] == "true"
    account = (item.settings["recoveryAzureStorageAccount"] or "").rsplit("/", 1)[-1]
    chosen = [disk for disk in vm.disks if disk.id in item.settings["disks"]]
    given, used = item.settings["diskTargets"], set[str]()
    made = []
    for disk in sorted(chosen, key=lambda disk: not disk.operating_system):
        asked = given.get(disk.id, {}).get("customTargetDiskName") or f"{name}-{disk.name.rsplit('.', 1)[0]}"
        free = _free_disk_name(asr, item.settings["recoveryAzureResourceGroupId"], asked, used)
        used.add(free.lower())
        made.append(
            FailoverDisk(
                name=free,
                size_gb=-(-item.settings["diskSizes"][disk.id] // 1024),
                operating_system=disk.operating_system,
                blob_uri=None if managed else f"https://{account}.blob.storage.localhost/vhds/{name}-{disk.name}",
            )
        )
    return tuple(made)


def _free_disk_name(asr: SiteRecovery, group: str, name: str, used: set[str]) -> str:
    """The name, or if another machine's disk has it, that name with a number. A disk of no machine is replaced."""

    def free(one: str) -> bool:
        disk = asr.world.resources.get(_in_group(asr, group, f"{DISKS}/{one}"))
        attached = disk is not None and disk.body.get("managedBy", "") in asr.world.resources
        return one.lower() not in used and not attached

    return next(filter(free, chain((name,), (f"{name}-{number}" for number in count(1)))))


def _location(asr: SiteRecovery, item: ProtectedItem) -> str:
    network = asr.world.resources.get(item.settings["selectedRecoveryAzureNetworkId"] or "")
    if network is not None:
        return str(network.body.get("location", ""))
    vault = asr.vaults.get(item.vault)
    return str(vault["location"]) if vault is not None else ""
