"""What Azure requires of a VM, checked whenever the VM is declared and again before it is failed over there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from executor.survey import Survey, survey_of
from lifecycle.blockers import Blocker, Code
from lifecycle.machine import Disk, Landing, Machine
from lifecycle.observation import Observation
from lifecycle.requirements import SizeLimits, Unmet, unmet
from providers.item_disks import is_included
from providers.properties import is_unknown
from providers.vault_access import service_of
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import ProtectableItemRecord, same_id

_READ_AGAIN_AFTER_SECONDS = 30.0


def unmet_by(news: Mapping[str, Any], vm: ProtectableItemRecord) -> tuple[Unmet, ...]:
    """What a discovered VM does not meet as it is declared. Raises the errors of site_recovery."""
    azure = news.get("azure")
    landing = _landing(azure if isinstance(azure, Mapping) else {})
    found = unmet(_machine(vm, news.get("source") or {}), landing, _size(survey_of(service_of(news)), landing.size))
    said = [Unmet(f"Site Recovery says of {vm.friendly_name}: {text}", "change it") for text in vm.readiness_errors]
    return (*found, *said)


def requirement_blockers(survey: Survey, seen: Observation) -> list[Blocker]:
    """What a VM that is to be failed over to Azure does not meet. What the service does not tell is not held against
    it: this VM is protected already."""
    if seen.machine is None or seen.landing is None:
        return []
    try:
        machine = _with_host(survey, seen, seen.machine)
        found = unmet(machine, seen.landing, _size(survey, seen.landing.size))
    except SiteRecoveryError:
        found = unmet(seen.machine, seen.landing)
    return [Blocker(Code.REQUIREMENT, seen.vm, cause=each.cause, mend=each.mend) for each in found]


def _with_host(survey: Survey, seen: Observation, machine: Machine) -> Machine:
    """`machine` with what only the host knows: generation and adapters."""
    container = seen.item_id.partition("/replicationProtectedItems/")[0]
    known = survey.service.discovered(container, max_age_seconds=_READ_AGAIN_AFTER_SECONDS)
    vm = next((each for each in known if same_id(each.protected_item_id, seen.item_id)), None)
    if vm is None:
        return machine
    host = _machine(vm, {})
    return replace(
        machine,
        generation=host.generation,
        physical_disk=host.physical_disk,
        shared_disk=host.shared_disk,
        fibre_channel=host.fibre_channel,
    )


def _machine(vm: ProtectableItemRecord, source: Mapping[str, Any]) -> Machine:
    """The VM with the disks that are to be replicated. A disk that is left out may be anything."""
    disks = tuple(
        Disk(disk.name or disk.id, disk.kind == "OperatingSystem", disk.size_mb)
        for disk in vm.disks
        if is_included(disk, source)
    )
    whole = len(disks) == len(vm.disks)
    return Machine(
        name=vm.friendly_name,
        os_type=source.get("osType") or vm.os_type,
        generation=int(vm.generation) if vm.generation and vm.generation.isdigit() else None,
        disks=disks,
        physical_disk=vm.has_physical_disk and whole,
        fibre_channel=vm.has_fibre_channel_adapter,
        shared_disk=vm.has_shared_vhd and whole,
    )


def _landing(azure: Mapping[str, Any]) -> Landing:
    known = {key: None if is_unknown(azure.get(key)) else azure.get(key) for key in ("vmName", "size", "managedDisks")}
    return Landing(name=known["vmName"], size=known["size"], managed_disks=known["managedDisks"])


def _size(survey: Survey, name: str | None) -> SizeLimits | None:
    if name is None:
        return None
    size = survey.size(name)
    return SizeLimits(size.name, size.data_disks, size.nics) if size is not None else None
