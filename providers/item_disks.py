"""Which disks of a VM replicate, held against what is declared and what the VM has on its host."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from site_recovery.records import DiskRecord, ItemRecord, ProtectableItemRecord

_ANEW = (
    "Hyper-V replication cannot take this up: disable the VM's protection in Azure and protect it anew (which copies "
    "all its data again)"
)


def is_included(disk: DiskRecord, source: Mapping[str, Any]) -> bool:
    """Whether a disk is to be replicated, by its name or id."""
    names = _names(disk)
    included, excluded = choice_of(source)
    return (not included or bool(names & included)) and not names & excluded


def unknown_disks(vm: ProtectableItemRecord, source: Mapping[str, Any]) -> tuple[str, ...]:
    """What is declared of disks that the VM does not have on its host, each with the nearest name.

    Nothing is said where the host tells of no disks.
    """
    known = set[str]().union(*map(_names, vm.disks))
    return tuple(
        _unknown(vm, key, str(name))
        for key in ("include", "exclude")
        for name in (source.get("disks") or {}).get(key) or ()
        if vm.disks and str(name).casefold() not in known
    )


def disk_problems(item: ItemRecord, vm: ProtectableItemRecord, source: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a VM's disks does not replicate as declared, each with the safe way.

    Nothing is said where service and host do not name the disks alike, or the VM runs in Azure.
    """
    if not are_comparable(item, vm):
        return ()
    return tuple(problem for disk in vm.disks if (problem := _problem(item, disk, source)))


def _unknown(vm: ProtectableItemRecord, key: str, name: str) -> str:
    shown = {(disk.name or disk.id).casefold(): disk.name or disk.id for disk in vm.disks}
    close = get_close_matches(name.casefold(), shown, n=1)
    mend = f"Did you mean {shown[close[0]]}? " if close else ""
    has = f"It has {', '.join(shown.values())}"
    return f"{vm.friendly_name}: source.disks.{key} names {name}, which is no disk of the VM. {mend}{has}"


def are_comparable(item: ItemRecord, vm: ProtectableItemRecord) -> bool:
    """Whether the disks that replicate can be held against those of the VM on its host."""
    return item.active_location.casefold() == "primary" and any(_replica(item, disk) for disk in vm.disks)


def choice_of(source: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """The declared choice of disks, included and excluded, to be compared: order and case say nothing."""
    disks = source.get("disks") or {}
    included, excluded = (
        frozenset(str(name).casefold() for name in disks.get(key) or ()) for key in ("include", "exclude")
    )
    return included, excluded


def _problem(item: ItemRecord, disk: DiskRecord, source: Mapping[str, Any]) -> str:
    name, replica = disk.name or disk.id, _replica(item, disk)
    if replica is None and is_included(disk, source):
        return (
            f"{item.friendly_name}: its disk {name} does not replicate. {_ANEW}, or leave the disk out: "
            f"add it to source.disks.exclude"
        )
    if replica is not None and not is_included(disk, source):
        return f"{item.friendly_name}: its disk {name} replicates, but is declared not to. {_ANEW}, or declare it again"
    if replica is not None and _size(replica) and _size(disk) and _size(replica) != _size(disk):
        return (
            f"{item.friendly_name}: its disk {name} was resized on the host, from {replica.size_mb} MB to "
            f"{disk.size_mb} MB, and its replica was not. {_ANEW}"
        )
    return ""


def _replica(item: ItemRecord, disk: DiskRecord) -> DiskRecord | None:
    return next((replica for replica in item.disks if replica.ids & disk.ids), None)


def _names(disk: DiskRecord) -> set[str]:
    return {*disk.ids, *([disk.name.casefold()] if disk.name else [])}


def _size(disk: DiskRecord) -> int | None:
    """In GB, rounded up: that is how a managed disk's size is told."""
    return None if disk.size_mb is None else -(-disk.size_mb // 1024)
