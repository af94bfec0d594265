"""Which operating systems Azure takes, judged by the version that the service tells of a VM; part of the one table of
requirements (docs/requirements.md).

Site Recovery takes every 64-bit system that Azure supports, but Nano Server. Azure's list names versions of Windows
Server, and distributions of Linux: which distribution a VM runs, or which edition of a client, no answer of the service
tells for sure. What is not told is left to a person, and said.
"""

import re
from collections.abc import Mapping

from lifecycle.machine import Machine
from lifecycle.unseen import Unseen

WINDOWS_SOURCE = (
    "[Microsoft server software support for Azure virtual machines, Windows Server]"
    "(https://learn.microsoft.com/troubleshoot/azure/virtual-machines/server-software-support#windows-server)"
)
WINDOWS_DATED = "2023-04-03"
LINUX_LIST = "https://learn.microsoft.com/azure/virtual-machines/linux/endorsed-distros"
WINDOWS_LIST = "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/server-software-support"
# By the version of the system's kernel, which is what the service tells.
WINDOWS_SERVERS: Mapping[tuple[int, int], str] = {
    (5, 2): "Windows Server 2003",
    (6, 0): "Windows Server 2008",
    (6, 1): "Windows Server 2008 R2",
    (6, 2): "Windows Server 2012",
    (6, 3): "Windows Server 2012 R2",
    (10, 0): "Windows Server 2016 and later",
}
SYSTEMS = ("Windows", "Linux")
_VERSION = re.compile(r"(\d+)\.(\d+)")


def unsupported(machine: Machine) -> str:
    """Why Azure does not take the version or edition that the VM is known to run; empty where nothing speaks against
    it, or it is not known."""
    if not _is_windows(machine):
        return ""
    if "nano" in (machine.os_edition or "").casefold():
        return f"{machine.name} runs Windows Server as Nano Server ({machine.os_edition}), which is not replicated"
    version = _version(machine)
    if version is not None and version < min(WINDOWS_SERVERS):
        oldest = f"{WINDOWS_SERVERS[min(WINDOWS_SERVERS)]} ({_dotted(min(WINDOWS_SERVERS))})"
        return f"{machine.name} runs Windows {machine.os_version}, and Azure takes {oldest} and later"
    return ""


def unjudged(machine: Machine) -> Unseen | None:
    """What of the VM's operating system nobody here can judge; None where it is judged.

    Worth a word and no more: a VM that replicates runs a system that its protection was enabled with.
    """
    if machine.os_type is None:
        what, why, mend = "which operating system it runs", "the service does not tell it", "write source.osType"
        return Unseen(what, why, mend, critical=False)
    why, where = _why_unjudged(machine)
    if not why:
        return None
    told = machine.os_version or machine.os_edition
    what = f"whether Azure supports its version of {machine.os_type}{f', {told}' if told else ''}"
    return Unseen(what, why, f"look it up in {where}", critical=False)


def _why_unjudged(machine: Machine) -> tuple[str, str]:
    """Empty where it is judged, and the list to look it up in."""
    if not _is_windows(machine):
        linux = (machine.os_type or "").casefold() == "linux"
        return "Azure's list is of distributions, which the service does not tell" if linux else "", LINUX_LIST
    version = _version(machine)
    if version is None:
        return "the service does not tell it", WINDOWS_LIST
    if "workstation" in (machine.os_product or "").casefold():
        return f"it is a client ({machine.os_product}), and Azure's list is of servers", WINDOWS_LIST
    newer = version > max(WINDOWS_SERVERS)
    return f"it is newer than the table, which is of {WINDOWS_DATED}" if newer else "", WINDOWS_LIST


def _is_windows(machine: Machine) -> bool:
    return (machine.os_type or "").casefold() == "windows"


def _version(machine: Machine) -> tuple[int, int] | None:
    found = _VERSION.match(machine.os_version or "")
    return (int(found[1]), int(found[2])) if found else None


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
