"""Which machine each VM of a stack is: one machine is declared once, and under its own name unless that is meant.

A VM is found by its name, or by `source.vmId`, which may be the id of anything. All checks of one command are served by
one process, so each check tells what its VM is, and the later of two sees the earlier.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.dynamic import CheckFailure

from providers.operation import Severity, current_operation


@dataclass(frozen=True)
class Machine:
    """What a declared VM was found to be: its name in Hyper-V, and the ids of the machine and of its protected item."""

    name: str
    ids: frozenset[str]

    @classmethod
    def of(cls, name: str, *ids: str | None) -> "Machine":
        return cls(name, frozenset(each.rstrip("/").casefold() for each in ids if each))


def told_apart(news: Mapping[str, Any], machine: Machine) -> list[CheckFailure]:
    """Takes note of which machine a VM is, and returns what is wrong with that beside the other VMs of the stack."""
    place, home, vm = news["target"], news["vault"], str(news["vm"])
    vault = "/".join((str(place["subscriptionId"]), str(home["resourceGroup"]), str(home["name"]))).casefold()
    with _lock:
        known = _found.setdefault(vault, {})
        others = [(name, other) for name, other in known.items() if name.casefold() != vm.casefold()]
        known[vm] = machine
    same = next((name for name, other in others if other.ids & machine.ids), None)
    if same is not None:
        text = (
            f"{vm} is the same machine as {same} of this stack ({machine.name} in Hyper-V): two VMs would be moved as "
            f"one. Take one of the two out, which changes nothing in Azure, or give {vm} the source.vmId of the "
            "machine that is meant"
        )
        return [CheckFailure("source.vmId", text)]
    return _misnamed(vm, machine, others)


def _misnamed(vm: str, machine: Machine, others: Iterable[tuple[str, Machine]]) -> list[CheckFailure]:
    """Two machines may have one name in Hyper-V; of two that are each declared under the other's, neither is meant."""
    if _same(machine.name, vm):
        return []
    for name, other in others:
        if (_same(machine.name, name) or _same(other.name, vm)) and not _same(other.name, name):
            text = (
                f"{vm} is the machine {machine.name} by its source.vmId, and {name} is the machine {other.name}: each "
                "would be moved under another's name. Write the ids of the machines that are meant"
            )
            return [CheckFailure("source.vmId", text)]
    text = (
        f"{vm}: its source.vmId is that of the machine {machine.name}, which is protected and moved as {vm}. If "
        "another machine is meant, write the id of that one"
    )
    current_operation().say(Severity.WARNING, text)
    return []


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


_lock = threading.Lock()
_found: dict[str, dict[str, Machine]] = {}
