"""Finding a declared VM among those that the service has discovered on the hosts of a site."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from providers.item_disks import is_included
from site_recovery.errors import NotFoundError, RefusedError
from site_recovery.paths import is_in_container
from site_recovery.protection import EnableProtection
from site_recovery.records import ItemRecord, ProtectableItemRecord, same_id
from site_recovery.service import SiteRecovery


def find_vm(
    service: SiteRecovery, container_id: str, name: str, vm_id: str | None, *, max_age_seconds: float = 0.0
) -> ProtectableItemRecord:
    """The discovered VM with this name (and, where it is given, this id in Hyper-V).

    Raises NotFoundError when the service does not show it, RefusedError when the name is not unique.
    """
    known = service.discovered(container_id, max_age_seconds=max_age_seconds)
    if vm_id is not None:
        found = [vm for vm in known if same_id(vm.vm_id or vm.name, vm_id) or same_id(vm.name, vm_id)]
    else:
        found = [vm for vm in known if vm.friendly_name.casefold() == name.casefold()]
    if not found:
        raise _undiscovered(service, name, known)
    if len(found) > 1:
        ids = ", ".join(vm.vm_id or vm.name for vm in found)
        raise RefusedError(
            f"{name}: {len(found)} VMs of the site have this name ({ids})",
            f"{service.vault}",
            f"say which one: `pulumi config set --path 'site-recovery:vms[\"{name}\"].source.vmId' ID`",
        )
    return found[0]


def find_item(service: SiteRecovery, container_id: str, name: str, vm_id: str | None) -> ItemRecord | None:
    """The protected item of a VM that its host does not show any more, by its id in Hyper-V or its name.

    None where there is none, or more than one of the name.
    """
    items = [item for item in service.inventory().items if is_in_container(item.id, container_id)]
    if vm_id is not None:
        found = [item for item in items if same_id(item.vm_id, vm_id)]
    else:
        found = [item for item in items if item.friendly_name.casefold() == name.casefold()]
    return found[0] if len(found) == 1 else None


def enable_settings(vm: ProtectableItemRecord, props: Mapping[str, Any]) -> EnableProtection:
    """What enabling the protection of a discovered VM takes. Raises RefusedError for a VM that Azure cannot take.

    A static address and the network of a test failover are not among it: they are changed once the VM is protected.
    """
    if vm.readiness_errors:
        raise RefusedError(
            f"{vm.friendly_name} does not meet Azure's requirements: {'; '.join(vm.readiness_errors)}",
            "its protection was not started",
            "change the VM on its host, or take it out of the stack",
        )
    azure, source, os_type = props["azure"], props.get("source") or {}, os_type_of(vm, props)
    if os_type is None:
        raise untold_system(vm)
    os_disk = next((disk for disk in vm.disks if disk.kind == "OperatingSystem"), vm.disks[0] if vm.disks else None)
    return EnableProtection(
        policy_id=props["policyId"],
        protectable_item_id=vm.id,
        hv_host_vm_id=vm.vm_id or vm.name,
        vm_name=vm.friendly_name,
        os_type=os_type,
        vhd_id=(os_disk.vhd_id or os_disk.id) if os_disk else "",
        disks_to_include=tuple(disk.vhd_id or disk.id for disk in vm.disks if is_included(disk, source)),
        target_vm_name=azure["vmName"],
        target_resource_group_id=azure["resourceGroupId"],
        target_network_id=azure.get("networkId"),
        target_subnet=_subnet_id(azure),
        storage_account_id=azure.get("storageAccountId"),
        log_storage_account_id=azure.get("logStorageAccountId"),
        managed_disks=bool(azure.get("managedDisks", True)),
        target_vm_size=azure.get("size"),
        target_availability_zone=azure.get("zone"),
        target_availability_set_id=azure.get("availabilitySetId"),
        license_type=azure.get("licenseType"),
        sql_server_license_type=azure.get("sqlServerLicenseType"),
        disk_type=azure.get("diskType"),
        rdp=azure.get("rdp"),
        tags=azure.get("tags"),
    )


def os_type_of(vm: ProtectableItemRecord, props: Mapping[str, Any]) -> str | None:
    """`Windows` or `Linux`, as it is declared, or else as the service knows it; None where nobody says."""
    told = (props.get("source") or {}).get("osType") or vm.system.type
    return str(told).capitalize() if told else None


def untold_system(vm: ProtectableItemRecord) -> RefusedError:
    """Azure makes another VM of Windows than of Linux, and what it was protected as cannot be changed later."""
    return RefusedError(
        f"{vm.friendly_name}: the service does not know its operating system, which it has to be protected by",
        "its protection was not started",
        f"say it: `pulumi config set --path 'site-recovery:vms[\"{vm.friendly_name}\"].source.osType' linux`, "
        "or windows",
    )


def _subnet_id(azure: Mapping[str, Any]) -> str | None:
    """Enabling takes a subnet's ARM id (recorded), though everything later speaks of its name."""
    network, subnet = azure.get("networkId"), azure.get("subnet")
    return f"{network}/subnets/{subnet}" if network and subnet else None


def _undiscovered(service: SiteRecovery, name: str, known: tuple[ProtectableItemRecord, ...]) -> NotFoundError:
    names = sorted(vm.friendly_name for vm in known)
    close = get_close_matches(name, names, n=1)
    if not names:
        what = f"{name}: no VM has been discovered on the hosts of the site yet"
        mend = "wait until its Hyper-V host has registered and been discovered (up to 15 minutes), then try again"
    else:
        what = f"{name}: no such VM on the hosts of the site; discovered are {', '.join(names)}"
        mend = f"did you mean {close[0]}? " if close else ""
        mend += "A VM made a moment ago is discovered within 15 minutes"
    return NotFoundError(what, f"{service.vault}", mend)
