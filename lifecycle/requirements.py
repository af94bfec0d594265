"""What Azure requires of a VM that is replicated from Hyper-V: one table, with its source and date.

Two editions, since the limits have grown: the first is of the service that keeps replicas in storage accounts
(unmanaged disks), the second of today's, which replicates to managed disks. docs/requirements.md is made from it
(`python -m dr requirements`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lifecycle.blockers import Blocker, Code
from lifecycle.machine import Disk, Landing, Machine
from lifecycle.operating_systems import SYSTEMS, unjudged, unsupported

_GB = 1024


@dataclass(frozen=True)
class Edition:
    """One edition of the support matrix. Sizes in GB of 1024 MB; `source` is the page, `dated` its own date."""

    name: str
    source: str
    dated: str
    os_disk_gb: dict[int, int]
    data_disk_gb: int
    data_disks: int
    linux_generation_2: bool


_PAGE = (
    "[Support matrix for disaster recovery of on-premises Hyper-V VMs to Azure, Azure VM requirements]"
    "(https://learn.microsoft.com/azure/site-recovery/hyper-v-azure-support-matrix#azure-vm-requirements)"
)
UNMANAGED = Edition(
    name="unmanaged disks",
    source=_PAGE,
    dated="2018-08-01",
    os_disk_gb={1: 2048, 2: 300},
    data_disk_gb=4095,
    data_disks=16,
    linux_generation_2=False,
)
MANAGED = Edition(
    name="managed disks",
    source=_PAGE,
    dated="2026-05-05",
    # Of an operating system disk Azure takes 4,095 GB, one less than of a disk of 4 TB.
    os_disk_gb={1: 2048, 2: 4095},
    data_disk_gb=32 * 1024,
    data_disks=16,
    linux_generation_2=True,
)
EDITIONS = (UNMANAGED, MANAGED)
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True)
class SizeLimits:
    """What a size of Azure VM takes; None where that is not known."""

    name: str
    data_disks: int | None
    nics: int | None


@dataclass(frozen=True)
class Unmet:
    """A requirement that a VM does not meet."""

    cause: str
    mend: str
    # Of what a list leaves out nobody can be sure: it warns of a VM that is declared, and blocks its failover.
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.cause}: {self.mend}"


def edition_of(landing: Landing) -> Edition:
    """The edition that holds for a VM: its disks decide, where nothing is known today's."""
    return UNMANAGED if landing.managed_disks is False else MANAGED


def unmet(machine: Machine, landing: Landing, size: SizeLimits | None = None) -> tuple[Unmet, ...]:
    """Every requirement of Azure that the VM does not meet. What is not known about it is not held against it."""
    edition = edition_of(landing)
    return (
        *_system(machine, edition),
        *_disks(machine, edition),
        *_hardware(machine),
        *_name(machine, landing),
        *_size(machine, size),
    )


def requirement_blockers_of(vm: str, found: Iterable[Unmet]) -> list[Blocker]:
    """What a VM does not meet, in the way of its failover."""
    return [Blocker(Code.REQUIREMENT, vm, cause=each.cause, mend=each.mend) for each in found]


def unchecked(machine: Machine) -> tuple[str, ...]:
    """What Azure requires of a VM and its host does not tell, each in words: it is left to a person."""
    return tuple(_unchecked(machine))


def _unchecked(machine: Machine) -> Iterator[str]:
    system = unjudged(machine)
    if system is not None:
        yield f"{system.what} ({system.why}; {system.mend})"
    if machine.generation is None:
        yield "its generation, by which its operating system disk may be large"
    yield from unchecked_disks(machine)


def unchecked_disks(machine: Machine) -> Iterator[str]:
    """What of its disks and adapters its host does not tell."""
    for disk in machine.disks:
        if disk.size_mb is None:
            yield f"the size of its disk {disk.name}"
    for has, kind in ((machine.physical_disk, "a physical (pass-through) one"), (machine.shared_disk, "a shared one")):
        if has is None:
            yield f"whether one of its disks is {kind}"
        elif has and machine.disks_left_out:
            yield f"whether a disk that replicates is {kind}: the VM has such a disk, and some disks are left out"
    if machine.fibre_channel is None:
        yield "whether it has a virtual fibre channel adapter"


def _system(machine: Machine, edition: Edition) -> Iterator[Unmet]:
    if machine.os_type is not None and machine.os_type.casefold() not in {system.casefold() for system in SYSTEMS}:
        yield Unmet(
            f"{machine.name} runs {machine.os_type}, and Azure takes {' and '.join(SYSTEMS)}",
            "write source.osType if the service only does not know it",
        )
    version = unsupported(machine)
    if version:
        yield Unmet(version, "upgrade its operating system, or write source.osType if the service is wrong about it")
    linux = (machine.os_type or "").casefold() == "linux"
    if linux and machine.generation == 2 and not edition.linux_generation_2:  # noqa: PLR2004
        yield Unmet(
            f"{machine.name} is a generation 2 VM with Linux, which is not replicated to {edition.name}",
            "write target.managedDisks: true",
        )


def _disks(machine: Machine, edition: Edition) -> Iterator[Unmet]:
    system = [disk for disk in machine.disks if disk.operating_system]
    if machine.disks and len(system) != 1:
        yield Unmet(f"{machine.name} has {len(system)} operating system disks, and Azure takes one", "change the VM")
    largest = edition.os_disk_gb.get(machine.generation or 0, max(edition.os_disk_gb.values()))
    for disk in system:
        kind = f"of a generation {machine.generation} VM" if machine.generation else "of a VM"
        yield from _too_large(machine, disk, largest, f"an operating system disk {kind}", edition)
    for disk in machine.data_disks:
        yield from _too_large(machine, disk, edition.data_disk_gb, "a data disk", edition)
    if len(machine.data_disks) > edition.data_disks:
        yield Unmet(
            f"{machine.name} has {len(machine.data_disks)} data disks, and Azure takes {edition.data_disks}",
            "leave some out (source.disks.exclude)",
        )


def _too_large(machine: Machine, disk: Disk, largest: int, kind: str, edition: Edition) -> Iterator[Unmet]:
    if disk.size_mb is not None and disk.size_mb > largest * _GB:
        other = "" if edition is MANAGED else ", or write target.managedDisks: true, which takes larger ones"
        yield Unmet(
            f"disk {disk.name} of {machine.name} has {disk.size_mb / _GB:.0f} GB, and {kind} on {edition.name} has at "
            f"most {largest} GB",
            f"shrink it or leave it out{other}",
        )


def _hardware(machine: Machine) -> Iterator[Unmet]:
    if machine.physical_disk and not machine.disks_left_out:
        yield Unmet(f"{machine.name} has a physical (pass-through) disk", "leave it out, or make it a virtual one")
    if machine.shared_disk and not machine.disks_left_out:
        yield Unmet(f"{machine.name} has a virtual disk that is shared with another VM", "leave it out")
    if machine.fibre_channel:
        yield Unmet(f"{machine.name} has a virtual fibre channel adapter", "take it out of the VM")


def _name(machine: Machine, landing: Landing) -> Iterator[Unmet]:
    name = landing.name or machine.name
    if NAME.fullmatch(name) is None:
        yield Unmet(
            f"'{name}' is not a name that an Azure VM can have",
            "write target.name: at most 63 letters, digits and hyphens, starting and ending with a letter or digit",
        )


# What a stack learns when it is too late, if it is not said when the VM is declared.
MAY_NOT_FAIL_BACK = (
    "whether it can come home: VMs with managed disks fail back since update 530092 (November 2025), and not with an "
    "older provider on the host"
)


def size_not_offered(machine: Machine, size: str) -> Unmet:
    """The list of the vault's region has no such size."""
    return Unmet(
        f"{machine.name} is to become a {size}, which is none of the sizes that Azure offers for it",
        "write another target.size, or see that it is spelled as Azure spells it",
        certain=False,
    )


def _size(machine: Machine, size: SizeLimits | None) -> Iterator[Unmet]:
    if size is None:
        return
    for has, takes, what in (
        (len(machine.data_disks), size.data_disks, "data disks"),
        (machine.nics or 0, size.nics, "network cards"),
    ):
        if takes is not None and has > takes:
            yield Unmet(
                f"{machine.name} has {has} {what}, and size {size.name} takes {takes}", "write a larger target.size"
            )
