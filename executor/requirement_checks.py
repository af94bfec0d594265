"""What Azure requires of a VM, checked with what the vault knows of it: as it is protected and as it was discovered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from executor.address_checks import missing_subnet, unfit_address
from executor.survey import Survey
from lifecycle.blockers import Blocker
from lifecycle.machine import Disk, Landing, Machine
from lifecycle.observation import Observation
from lifecycle.requirements import SizeLimits, Unmet, requirement_blockers_of, size_not_offered, unchecked, unmet
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import DiskRecord, ProtectableItemRecord, same_id

_READ_AGAIN_AFTER_SECONDS = 30.0


def requirement_blockers(survey: Survey, seen: Observation) -> list[Blocker]:
    """What a VM that is to be failed over to Azure does not meet. What the service does not tell is not held against
    it: this VM is protected already."""
    if seen.machine is None or seen.landing is None:
        return []
    try:
        machine = _with_host(survey, seen, seen.machine)
        # A subnet that is gone is a missing network, which landing_checks tells of.
        found = (*_unmet(survey, machine, seen.landing), *unfit_address(survey, seen.vm, seen.landing))
    except SiteRecoveryError:
        found = unmet(seen.machine, seen.landing)
    return requirement_blockers_of(seen.vm, found)


@dataclass(frozen=True)
class DeclaredVm:
    """A VM that its host shows, as it is declared; None is "not known".

    `disks` are those of it that are to be replicated, `os_type` is what is declared of its system, `test` is where a
    test failover lands, `nics` how many network cards its protected item has.
    """

    vm: ProtectableItemRecord
    disks: Sequence[DiskRecord]
    os_type: str | None
    landing: Landing
    test: Landing
    nics: int | None = None

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
        *missing_subnet(survey, name, landing),
        *unfit_address(survey, name, landing),
        *missing_subnet(survey, name, declared.test, "target.test"),
        *unfit_address(survey, name, declared.test, "target.test"),
        *said,
    )


def unchecked_of(declared: DeclaredVm) -> tuple[str, ...]:
    """What Azure requires and nobody here can tell of the VM, each in words."""
    return unchecked(declared.machine)


def _with_host(survey: Survey, seen: Observation, machine: Machine) -> Machine:
    """`machine` with what only the host knows: generation and adapters."""
    container = seen.item_id.partition("/replicationProtectedItems/")[0]
    known = survey.service.discovered(container, max_age_seconds=_READ_AGAIN_AFTER_SECONDS)
    vm = next((each for each in known if same_id(each.protected_item_id, seen.item_id)), None)
    if vm is None:
        return machine
    host = _machine(vm, vm.disks, None)
    return replace(
        machine,
        generation=host.generation,
        physical_disk=host.physical_disk,
        shared_disk=host.shared_disk,
        fibre_channel=host.fibre_channel,
    )


def _machine(vm: ProtectableItemRecord, replicated: Sequence[DiskRecord], os_type: str | None) -> Machine:
    """The VM with the disks that are to be replicated. A disk that is left out may be anything."""
    whole = len(replicated) == len(vm.disks)
    return Machine(
        name=vm.friendly_name,
        os_type=os_type or vm.os_type,
        os_version=vm.os_version,
        generation=int(vm.generation) if vm.generation and vm.generation.isdigit() else None,
        disks=tuple(Disk(disk.name or disk.id, disk.kind == "OperatingSystem", disk.size_mb) for disk in replicated),
        physical_disk=vm.has_physical_disk and whole,
        fibre_channel=vm.has_fibre_channel_adapter,
        shared_disk=vm.has_shared_vhd and whole,
    )


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
