"""`python -m dr requirements`: what Azure requires of a VM, as docs/requirements.md has it."""

import click

from lifecycle.operating_systems import LINUX_LIST, SYSTEMS, WINDOWS_DATED, WINDOWS_SERVERS, WINDOWS_SOURCE
from lifecycle.requirements import EDITIONS, Edition

_INTRODUCTION = """\
# What Azure requires of a VM

<!-- Made by `python -m dr requirements > docs/requirements.md`. Do not edit. -->

Checked in every preview that declares a VM: from what its host shows (generation, disks, adapters), from what is
declared (name, size, disks left out) and from the sizes that the vault's region has. A VM that is not protected yet and
does not meet them fails the preview, before anything is changed. One that is protected already is told so, and blocked
(`azureRequirement`, waivable) when it is to be failed over as planned; an unplanned failover is only warned.

What is not known is not held against a VM: its generation and disks are told by its host, its network cards only once
it is protected, and the sizes of the vault's region only once a VM of the vault is. A size that they do not have is a
warning where it is declared, and a blocker of a planned failover. When a VM is to be protected, and again when it is to
be failed over, the preview names what its host does not tell.

Site Recovery takes every 64-bit operating system that Azure supports. The version of Windows is judged where the
service tells it. A distribution of Linux it does not tell, nor whether a system has 64 bits, and Azure's list of
Windows is of servers: where the version is not judged, the preview says so, with the list to look it up in.

Whether a network and subnet are declared, and whether a static address is inside its subnet and used once among the VMs
of the stack, is checked when the stack file is read. Subnet and address are held against a network that is referred to
as it is in Azure, too, where that can be read; and the address once more, whoever made the network, before a failover.
A stack declares a VM's first network card; the others are checked as Azure has them: their networks, subnets and
addresses, and that no address is another card's as well, of this VM or of any other of the vault. That nothing else in
Azure has an address by then is checked before a failover (`addressTaken`).

| requirement | {names} |
|---|{dashes}|
"""


def requirements_document() -> str:
    """The whole document."""
    rows = [
        ("edition of", *(f"{each.dated}: {each.source}" for each in EDITIONS)),
        (
            "operating system",
            *(f"{' or '.join(SYSTEMS)}, as declared (source.osType) or as its host tells" for _ in EDITIONS),
        ),
        ("version of Windows", *(_windows() for _ in EDITIONS)),
        (
            "version of Linux",
            *(f"not told, so not judged: look it up in [Azure's list]({LINUX_LIST})" for _ in EDITIONS),
        ),
        ("generation 2 with Linux", *("yes" if each.linux_generation_2 else "no" for each in EDITIONS)),
        ("operating system disks", *("1" for _ in EDITIONS)),
        *((f"operating system disk, generation {number}", *_largest(number)) for number in (1, 2)),
        ("data disks", *(f"at most {each.data_disks}" for each in EDITIONS)),
        ("data disk", *(f"at most {each.data_disk_gb} GB" for each in EDITIONS)),
        ("physical, shared or fibre channel disks", *("no" for _ in EDITIONS)),
        ("name in Azure", *("1 to 63 letters, digits, hyphens, no hyphen at either end" for _ in EDITIONS)),
        ("static address", *("inside its subnet, none of the five that Azure keeps" for _ in EDITIONS)),
        ("target size", *("takes the data disks and network cards" for _ in EDITIONS)),
        ("failing back", *(_failing_back(each) for each in EDITIONS)),
    ]
    names = " | ".join(edition.name for edition in EDITIONS)
    head = _INTRODUCTION.format(names=names, dashes="|".join("---" for _ in EDITIONS))
    return head + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


@click.command(name="requirements")
def command() -> None:
    """Say what Azure requires of a VM (docs/requirements.md)."""
    click.echo(requirements_document(), nl=False)


def _windows() -> str:
    known = ", ".join(f"{name} ({major}.{minor})" for (major, minor), name in WINDOWS_SERVERS.items())
    return f"{known}; no Nano Server; {WINDOWS_DATED}: {WINDOWS_SOURCE}"


def _largest(generation: int) -> tuple[str, ...]:
    return tuple(f"at most {edition.os_disk_gb[generation]} GB" for edition in EDITIONS)


def _failing_back(edition: Edition) -> str:
    if edition.name == "managed disks":
        return "since update 530092 (November 2025); older providers refuse it"
    return "yes; Azure has retired unmanaged disks"
