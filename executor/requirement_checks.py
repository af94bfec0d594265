"""What Azure requires of a VM, checked with what the vault knows of it: as it is protected and as it was discovered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from executor.address_checks import address_of_another, missing_network, unfit_address, unread_networks
from executor.landing_checks import missing_parts, unread_parts
from executor.survey import Survey
from lifecycle.machine import Disk, Landing, Machine
from lifecycle.observation import Observation
from lifecycle.operating_systems import unjudged
from lifecycle.requirements import (
    MAY_NOT_FAIL_BACK,
    SizeLimits,
    Unmet,
    requirement_blockers_of,
    size_not_offered,
    unchecked,
    unchecked_disks,
    unmet,
)
from lifecycle.unseen import Findings, Unseen
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import DiskRecord, ProtectableItemRecord, same_id

_READ_AGAIN_AFTER_SECONDS = 30.0


def checked_requirements(survey: Survey, seen: Observation) -> Findings:
    """What a VM that is to be failed over to Azure does not meet, and what of it could not be seen.

    What the service does not tell is not held against the VM, which is protected already: it is said.
    """
    if seen.machine is None or seen.landing is None:
        return Findings()
    machine, of_host = _with_host(survey, seen, seen.machine)
    found, of_size = _unmet_read(survey, machine, seen.landing)
    # A subnet that is gone, or a network that cannot be read, is landing_checks' to tell of.
    found = (*found, *unfit_address(survey, seen.vm, seen.landing))
    others, of_others = _addresses_read(survey, seen, seen.landing)
    unseen = (*of_host, *of_size, *of_others, *_system_unseen(machine))
    return Findings(tuple(requirement_blockers_of(seen.vm, (*found, *others))), unseen)


@dataclass(frozen=True)
class DeclaredVm:
    """A VM that its host shows, as it is declared; None is "not known".

    `disks` are those of it that are to be replicated, `os_type` is what is declared of its system, `test` is where a
    test failover lands, `nics` how many network cards its protected item has, whose id is `item_id`.
    """

    vm: ProtectableItemRecord
    disks: Sequence[DiskRecord]
    os_type: str | None
    landing: Landing
    test: Landing
    nics: int | None = None
    item_id: str | None = None

    @property
    def machine(self) -> Machine:
        # How many network cards a VM has, its host does not tell: only a protected item has them.
        return replace(_machine(self.vm, self.disks, self.os_type), nics=self.nics)


def unmet_by_declared(survey: Survey, declared: DeclaredVm) -> tuple[Unmet, ...]:
    """What a declared VM does not meet. Raises the errors of site_recovery."""
    vm, landing, name = declared.vm, declared.landing, declared.vm.friendly_name
    said = [Unmet(f"Site Recovery says of {name}: {text}", "change it") for text in vm.readiness_errors]
    return (
        *_unmet(survey, declared.machine, landing),
        *missing_parts(survey, name, landing),
        *missing_network(survey, name, landing),
        *unfit_address(survey, name, landing),
        *address_of_another(survey, name, declared.item_id, landing),
        *missing_network(survey, name, declared.test, "target.test"),
        *unfit_address(survey, name, declared.test, "target.test"),
        *said,
    )


def unchecked_of(survey: Survey, declared: DeclaredVm) -> tuple[str, ...]:
    """What Azure requires and nobody here can tell of the VM, each in words. Raises nothing."""
    home = (MAY_NOT_FAIL_BACK,) if declared.landing.managed_disks else ()
    unread = (*unread_parts(survey, declared.landing), *unread_networks(survey, declared.landing, declared.test))
    return (*unchecked(declared.machine), *unread, *home)


def _with_host(survey: Survey, seen: Observation, machine: Machine) -> tuple[Machine, tuple[Unseen, ...]]:
    """`machine` with what only the host knows, generation and adapters; and what of it is not known."""
    container = seen.item_id.partition("/replicationProtectedItems/")[0]
    try:
        known = survey.service.discovered(container, max_age_seconds=_READ_AGAIN_AFTER_SECONDS)
    except SiteRecoveryError as error:
        return machine, (_host_unseen(seen.vm, error.what),)
    vm = next((each for each in known if same_id(each.protected_item_id, seen.item_id)), None)
    if vm is None:
        return machine, (_host_unseen(seen.vm, "the VM is not among those that its site shows"),)
    host = _machine(vm, vm.disks, None)
    told = replace(
        machine,
        generation=host.generation,
        physical_disk=host.physical_disk,
        shared_disk=host.shared_disk,
        fibre_channel=host.fibre_channel,
        disks_left_out=_are_left_out(machine, vm),
    )
    if machine.os_version is None:
        told = _with_version(told, vm)
    why = "the host does not tell it of each disk"
    return told, tuple(Unseen(f"{seen.vm}: {what}", why, _LOOK_AT_THE_VM) for what in unchecked_disks(told))


_LOOK_AT_THE_VM = "look at the VM's settings on its host (Azure takes no physical, shared or fibre channel disks)"


def _host_unseen(vm: str, why: str) -> Unseen:
    what = f"what the host of {vm} shows of it (generation; whether it has physical, shared or fibre channel disks)"
    return Unseen(what, why, f"preview again once Azure answers, or {_LOOK_AT_THE_VM}")


def _are_left_out(machine: Machine, vm: ProtectableItemRecord) -> bool:
    """Whether the VM has disks on its host that do not replicate."""
    return len(machine.disks) < len(vm.disks)


def _machine(vm: ProtectableItemRecord, replicated: Sequence[DiskRecord], os_type: str | None) -> Machine:
    """The VM with the disks that are to be replicated. A disk that is left out may be anything."""
    machine = Machine(
        name=vm.friendly_name,
        os_type=os_type or vm.system.type,
        generation=int(vm.generation) if vm.generation and vm.generation.isdigit() else None,
        disks=tuple(Disk(disk.name or disk.id, disk.kind == "OperatingSystem", disk.size_mb) for disk in replicated),
        physical_disk=vm.has_physical_disk,
        fibre_channel=vm.has_fibre_channel_adapter,
        shared_disk=vm.has_shared_vhd,
        disks_left_out=len(replicated) < len(vm.disks),
    )
    return _with_version(machine, vm)


def _with_version(machine: Machine, vm: ProtectableItemRecord) -> Machine:
    """`machine` with the version that its host tells; of another system than is declared, that says nothing."""
    system = vm.system
    if (system.type or "").casefold() != (machine.os_type or "").casefold():
        return machine
    return replace(machine, os_version=system.version, os_edition=system.edition, os_product=system.product)


def _system_unseen(machine: Machine) -> tuple[Unseen, ...]:
    system = unjudged(machine)
    return (replace(system, what=f"{machine.name}: {system.what}"),) if system is not None else ()


def _addresses_read(
    survey: Survey, seen: Observation, landing: Landing
) -> tuple[tuple[Unmet, ...], tuple[Unseen, ...]]:
    try:
        return tuple(address_of_another(survey, seen.vm, seen.item_id, landing)), ()
    except SiteRecoveryError as error:
        what = f"whether another VM of the vault has an address of {seen.vm}"
        return (), (Unseen(what, error.what, "preview again once Azure answers"),)


def _unmet_read(survey: Survey, machine: Machine, landing: Landing) -> tuple[tuple[Unmet, ...], tuple[Unseen, ...]]:
    """As _unmet; what the sizes take is not known where they cannot be read."""
    try:
        if landing.size is None or survey.sizes():
            return _unmet(survey, machine, landing), ()
        why = "the service lists no sizes"
    except SiteRecoveryError as error:
        why = error.what
    what = f"whether the size {landing.size} of {machine.name} takes its disks and network cards"
    unseen = Unseen(what, why, "preview again once Azure answers, or look the size up")
    return unmet(machine, landing), (unseen,)


def _unmet(survey: Survey, machine: Machine, landing: Landing) -> tuple[Unmet, ...]:
    """With the sizes of the vault's region. Raises the errors of site_recovery."""
    if landing.size is None:
        return unmet(machine, landing)
    sizes = survey.sizes()
    size = next((each for each in sizes if each.name.casefold() == str(landing.size).casefold()), None)
    if size is not None:
        return unmet(machine, landing, SizeLimits(size.name, size.data_disks, size.nics))
    missing = (size_not_offered(machine, landing.size),) if sizes else ()
    return (*unmet(machine, landing), *missing)
