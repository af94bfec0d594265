"""What Azure requires of a VM, checked whenever it is declared: what the declaration says of it, for the executor."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from executor.observe import landing_of
from executor.requirement_checks import DeclaredVm, unchecked_of, unmet_by_declared
from executor.survey import survey_of
from lifecycle.machine import Landing
from lifecycle.requirements import Unmet
from providers.item_disks import is_included
from providers.properties import is_unknown
from providers.vault_access import service_of
from site_recovery.records import ItemRecord, ProtectableItemRecord


def unmet_by(news: Mapping[str, Any], vm: ProtectableItemRecord, item: ItemRecord | None = None) -> tuple[Unmet, ...]:
    """What a discovered VM does not meet as it is declared; `item` is its protected item, if it has one.

    Raises the errors of site_recovery.
    """
    return unmet_by_declared(survey_of(service_of(news)), _declared(news, vm, item))


def unchecked_by(news: Mapping[str, Any], vm: ProtectableItemRecord) -> tuple[str, ...]:
    """What of Azure's requirements nobody here can tell of a discovered VM, each in words."""
    return unchecked_of(survey_of(service_of(news)), _declared(news, vm, None))


def _declared(news: Mapping[str, Any], vm: ProtectableItemRecord, item: ItemRecord | None) -> DeclaredVm:
    source, azure = news.get("source") or {}, news.get("azure")
    known = {key: value for key, value in azure.items() if not is_unknown(value)} if isinstance(azure, Mapping) else {}
    # What the stack makes is held against its declaration; in Azure it may still be otherwise.
    for key in news.get("made") or ():
        known.pop(key, None)
    landing = Landing(
        name=known.get("vmName"),
        size=known.get("size"),
        resource_group_id=known.get("resourceGroupId"),
        storage_account_id=known.get("storageAccountId"),
        log_storage_account_id=known.get("logStorageAccountId"),
        availability_set_id=known.get("availabilitySetId"),
        managed_disks=known.get("managedDisks"),
        network_id=known.get("networkId"),
        subnet=known.get("subnet"),
        static_ip=known.get("staticIp"),
    )
    test = Landing(
        name=None,
        network_id=known.get("testNetworkId"),
        subnet=known.get("testSubnet"),
        static_ip=known.get("testStaticIp"),
    )
    replicated = [disk for disk in vm.disks if is_included(disk, source)]
    # What is not declared of a protected VM stays as it is: its other network cards.
    nics = len(item.nics) or None if item is not None else None
    landing = replace(landing, more_cards=landing_of(item).more_cards) if item is not None else landing
    return DeclaredVm(vm, replicated, source.get("osType"), landing, test, nics, item.id if item is not None else None)
