"""The target of a protected item in Azure: name, size, network, addresses, disks, as enabled and as changed later."""

from __future__ import annotations

from simulator.asr.azure_vm import default_size
from simulator.asr.item_inputs import EnableSettings
from simulator.asr.records import ProtectedItem
from simulator.ids import derived_guid
from simulator.inventory import HostVm
from simulator.store import Document
from simulator.world import Profile, Settings


def chosen_disks(settings: EnableSettings) -> list[str]:
    """The ids of the disks that are to be replicated; none named means all."""
    managed = [disk.disk_id for disk in settings.disks_to_include_for_managed_disks or [] if disk.disk_id]
    chosen = settings.disks_to_include or managed
    return [disk.lower() for disk in chosen]


def default_managed_disks(profile: Profile) -> str:
    """The tutorial's service keeps disks in a storage account unless told otherwise; today's makes managed ones."""
    return "true" if profile is Profile.RECORDED else "false"


def target_settings(world: Settings, item_id: str, vm: HostVm, given: EnableSettings) -> Document:
    """The target as the recorded body names its parts. Without a resource group it is the vault's own."""
    group = given.target_azure_v2_resource_group_id or given.target_azure_v1_resource_group_id
    parts = item_id.split("/")
    own_group = f"/subscriptions/{parts[2]}/resourceGroups/{parts[4]}"
    nic = derived_guid("nic", vm.id, 0)
    return {
        "disks": chosen_disks(given) or [disk.id for disk in vm.disks],
        # A disk that is resized on its host keeps its replica's size until the machine is protected anew.
        "diskSizes": {disk.id: disk.size_mb for disk in vm.disks},
        "recoveryAzureVmName": given.target_azure_vm_name or vm.name,
        "recoveryAzureVMSize": given.target_vm_size or default_size(vm),
        "recoveryAzureStorageAccount": given.target_storage_account_id,
        "recoveryAzureLogStorageAccountId": given.log_storage_account_id,
        "selectedRecoveryAzureNetworkId": given.target_azure_network_id or "",
        "selectedSourceNicId": nic,
        "enableRdpOnTargetOption": given.enable_rdp_on_target_option or "Never",
        "recoveryAzureResourceGroupId": group or own_group,
        "recoveryAvailabilitySetId": given.target_availability_set_id,
        "targetAvailabilityZone": given.target_availability_zone,
        "targetProximityPlacementGroupId": given.target_proximity_placement_group_id,
        "useManagedDisks": given.use_managed_disks or default_managed_disks(world.profile),
        "licenseType": given.license_type or "NotSpecified",
        "sqlServerLicenseType": given.sql_server_license_type or "NotSpecified",
        "targetVmTags": given.target_vm_tags or {},
        "seedManagedDiskTags": given.seed_managed_disk_tags,
        "targetManagedDiskTags": given.target_managed_disk_tags,
        "targetNicTags": given.target_nic_tags or {},
        "diskTargets": _disk_targets(vm, given),
        **{name: value for name, value in _newer(given).items() if value},
    }


def _newer(given: EnableSettings) -> Document:
    """What only newer versions of the service have: it is given back where it was given, and else left out, as it is in
    the recorded body.
    """
    return {
        "linuxLicenseType": given.linux_license_type,
        "userSelectedOSName": given.user_selected_os_name,
        "targetVmSecurityProfile": given.target_vm_security_profile,
        "targetCapacityReservationGroupId": given.target_capacity_reservation_group_id,
    }


def _disk_targets(vm: HostVm, given: EnableSettings) -> Document:
    """What was asked for each disk in Azure, by the disk's id and the names of the recorded body."""
    named = {disk.disk_id.lower(): disk for disk in given.disks_to_include_for_managed_disks or [] if disk.disk_id}
    targets: Document = {}
    for disk in vm.disks:
        asked = named.get(disk.id)
        encryption = (asked.disk_encryption_set_id if asked else None) or given.disk_encryption_set_id
        target = {"diskEncryptionSetId": encryption, "customTargetDiskName": asked.target_disk_name if asked else None}
        targets[disk.id] = {name: value for name, value in target.items() if value}
    return targets


def target_nics(vm: HostVm, settings: EnableSettings) -> list[Document]:
    """`vmNics` as the recorded body has them."""
    network = settings.target_azure_network_id or ""
    subnet = (settings.target_azure_subnet_id or "").rsplit("/", 1)[-1]
    return [
        {
            "nicId": derived_guid("nic", vm.id, number),
            "replicaNicId": None,
            "sourceNicArmId": None,
            "vMNetworkName": nic["network"],
            "recoveryVMNetworkId": network,
            "ipConfigs": [_ip_config(subnet)],
            # All are taken along until somebody leaves one out, says the documentation; the word is inferred.
            "selectionType": "SelectedByUser" if number == 0 else "SelectedByDefault",
            "recoveryNetworkSecurityGroupId": None,
            "enableAcceleratedNetworkingOnRecovery": None,
            "tfoVMNetworkId": None,
            "tfoNetworkSecurityGroupId": None,
            "enableAcceleratedNetworkingOnTfo": None,
            "recoveryNicName": None,
            "recoveryNicResourceGroupName": None,
            "reuseExistingNic": False,
            "tfoRecoveryNicName": None,
            "tfoRecoveryNicResourceGroupName": None,
            "tfoReuseExistingNic": False,
            "targetNicName": f"{settings.target_azure_vm_name or vm.name}-nic",
        }
        for number, nic in enumerate(vm.nics)
    ]


def _ip_config(subnet: str, *, primary: bool = True) -> Document:
    """One of an adapter's `ipConfigs`: in a subnet, with any address of it."""
    return {
        "name": None,
        "isPrimary": primary,
        "subnetName": "",
        "staticIPAddress": None,
        "ipAddressType": "Dynamic",
        "isSeletedForFailover": True,
        "recoverySubnetName": subnet,
        "recoveryStaticIPAddress": "",
        "recoveryIPAddressType": "Dynamic",
        "recoveryPublicIPAddressId": None,
        "recoveryLBBackendAddressPoolIds": None,
        "tfoSubnetName": None,
        "tfoStaticIPAddress": None,
        "tfoPublicIPAddressId": None,
        "tfoLBBackendAddressPoolIds": None,
    }


# Names in the update's input and in the item's details, where they are kept.
_RENAMED = {
    "recoveryAzureVMName": "recoveryAzureVmName",
    "recoveryAzureVMSize": "recoveryAzureVMSize",
    "selectedRecoveryAzureNetworkId": "selectedRecoveryAzureNetworkId",
    "selectedSourceNicId": "selectedSourceNicId",
    "enableRdpOnTargetOption": "enableRdpOnTargetOption",
    "licenseType": "licenseType",
    "recoveryAvailabilitySetId": "recoveryAvailabilitySetId",
    "recoveryAzureV2ResourceGroupId": "recoveryAzureResourceGroupId",
    "recoveryAzureV1ResourceGroupId": "recoveryAzureResourceGroupId",
    "useManagedDisks": "useManagedDisks",
    "targetProximityPlacementGroupId": "targetProximityPlacementGroupId",
    "targetAvailabilityZone": "targetAvailabilityZone",
    "targetVmTags": "targetVmTags",
    "targetManagedDiskTags": "targetManagedDiskTags",
    "targetNicTags": "targetNicTags",
    "sqlServerLicenseType": "sqlServerLicenseType",
    "linuxLicenseType": "linuxLicenseType",
    "userSelectedOSName": "userSelectedOSName",
    "targetCapacityReservationGroupId": "targetCapacityReservationGroupId",
}


_RENAMED_OF_NIC = {
    "tfoNicName": "tfoRecoveryNicName",
    "tfoNicResourceGroupName": "tfoRecoveryNicResourceGroupName",
    "ipConfigName": "name",
}


def apply_update(item: ProtectedItem, update: Document) -> None:
    """Apply a PATCH, in which nothing is null: what its input and the item's details name differently is kept under the
    latter's names.
    """
    details = update.get("providerSpecificDetails", {})
    for name, value in {**update, **details}.items():
        if name in _RENAMED:
            item.settings[_RENAMED[name]] = value
    if "selectedRecoveryAzureNetworkId" in update:
        for nic in item.nics:
            nic["recoveryVMNetworkId"] = update["selectedRecoveryAzureNetworkId"]
    if "selectedTfoAzureNetworkId" in update:
        for nic in item.nics:
            nic["tfoVMNetworkId"] = update["selectedTfoAzureNetworkId"]
    if "vmNics" in update:
        _apply_nics(item, update["vmNics"])
    for disk in details.get("vmDisks", []):
        if "targetDiskName" in disk:
            item.settings["diskTargets"][disk["diskId"].lower()]["customTargetDiskName"] = disk["targetDiskName"]
    if "diskIdToDiskEncryptionMap" in details:
        sets = {disk.lower(): encryption for disk, encryption in details["diskIdToDiskEncryptionMap"].items()}
        for disk_id, target in item.settings["diskTargets"].items():
            target["diskEncryptionSetId"] = sets.get(disk_id)


def updated_disks(update: Document) -> list[str]:
    """The ids of the disks that a PATCH names."""
    details = update.get("providerSpecificDetails", {})
    named = [disk["diskId"] for disk in details.get("vmDisks", [])]
    return [disk.lower() for disk in [*named, *details.get("diskIdToDiskEncryptionMap", {})]]


def updated_cards(update: Document) -> list[str]:
    """The ids of the network cards that a PATCH names; empty for a change of a card that it does not name."""
    selected = [update["selectedSourceNicId"]] if update.get("selectedSourceNicId") else []
    return [*selected, *(nic.get("nicId", "") for nic in update.get("vmNics", []))]


def updated_name(item: ProtectedItem, update: Document) -> tuple[str, str]:
    """The name and the resource group that a machine has in Azure after a PATCH."""
    details = update.get("providerSpecificDetails", {})
    group = details.get("recoveryAzureV2ResourceGroupId") or details.get("recoveryAzureV1ResourceGroupId")
    name = update.get("recoveryAzureVMName", item.settings["recoveryAzureVmName"])
    return str(name), group or item.settings["recoveryAzureResourceGroupId"]


def _apply_nics(item: ProtectedItem, given: list[Document]) -> None:
    """The list is the whole of it (inferred: the service's own tools send all adapters back): one that it leaves out is
    not taken to Azure, and forgets what it was to be there.
    """
    told = {nic["nicId"].lower(): nic for nic in given}
    for nic in item.nics:
        change = told.get(nic["nicId"].lower())
        if change is None:
            nic.update(selectionType="NotSelected", ipConfigs=[_ip_config("")])
        else:
            _apply_nic(nic, change)


def _apply_nic(nic: Document, given: Document) -> None:
    """One adapter's change. Its list of addresses, too, is the whole of it."""
    changed = {_RENAMED_OF_NIC.get(name, name): value for name, value in given.items()}
    nic.update({name: value for name, value in changed.items() if name in nic and name not in {"nicId", "ipConfigs"}})
    if given.get("ipConfigs"):
        nic["ipConfigs"] = [
            _changed_address(nic["ipConfigs"], change, number) for number, change in enumerate(given["ipConfigs"])
        ]


def _changed_address(known: list[Document], change: Document, number: int) -> Document:
    """An address is known by its name, or without one by its place; any other is a new one. A fixed address makes it
    static.
    """
    name = change.get("ipConfigName")
    here = [one for one in known[number : number + 1] if name is None or one["name"] is None]
    same_named = [one for one in known if name is not None and one["name"] == name]
    address = dict(next(iter([*same_named, *here]), _ip_config("", primary=False)))
    changes = {_RENAMED_OF_NIC.get(key, key): value for key, value in change.items()}
    address.update({key: value for key, value in changes.items() if key in address})
    address["recoveryIPAddressType"] = "Static" if address["recoveryStaticIPAddress"] else "Dynamic"
    return address
