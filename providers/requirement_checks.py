"""What Azure requires of a VM, checked whenever it is declared: what the declaration says of it, for the executor."""

from collections.abc import Mapping
from typing import Any

from executor.requirement_checks import Discovered, unmet_by_discovered
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
    source, azure = news.get("source") or {}, news.get("azure")
    replicated = [disk for disk in vm.disks if is_included(disk, source)]
    landing = _landing(azure if isinstance(azure, Mapping) else {})
    nics = len(item.nics) or None if item is not None else None
    known = Discovered(vm, replicated, source.get("osType"), nics)
    return unmet_by_discovered(survey_of(service_of(news)), known, landing)


def _landing(azure: Mapping[str, Any]) -> Landing:
    known = {key: None if is_unknown(azure.get(key)) else azure.get(key) for key in ("vmName", "size", "managedDisks")}
    return Landing(name=known["vmName"], size=known["size"], managed_disks=known["managedDisks"])
