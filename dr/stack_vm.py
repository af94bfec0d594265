"""One VM of a stack file as a move needs it: what is declared, and where the VM is. No engine, no state."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from components.settings import Settings, VmSettings
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from site_recovery.connection import connect
from site_recovery.records import ItemRecord, VaultId, same_id
from site_recovery.service import SiteRecovery
from site_recovery.target import Target


class NoSuchVm(Exception):  # noqa: N818 - a name or a state, not a failure
    """The VM is not declared, or has no protected item, or more than one. `str()` is for a person."""


@dataclass(frozen=True)
class StackVm:
    """A declared VM. `direction` is the one in the stack file, whatever is asked for on a command line."""

    settings: Settings
    vm: VmSettings
    declared: Declared

    @property
    def name(self) -> str:
        return self.vm.name

    @property
    def direction(self) -> Direction:
        return Direction(self.vm.direction)


def stack_vm(settings: Settings, name: str) -> StackVm:
    """The VM by its name in Hyper-V. Raises NoSuchVm when the stack file does not declare it."""
    vm = next((each for key, each in settings.vms.items() if key.casefold() == name.casefold()), None)
    if vm is None:
        near = get_close_matches(name, settings.vms, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"It declares {', '.join(settings.vms) or 'none'}."
        raise NoSuchVm(f"The stack file declares no VM {name}. {hint}")
    return StackVm(settings, vm, Declared.from_inputs(settings.move_inputs(vm), settings.permit_inputs(vm.name)))


def service_of(settings: Settings) -> SiteRecovery:
    """The vault of the stack file. Raises WrongTargetError or AccessDeniedError; nothing is sent yet."""
    target, vault = settings.target, settings.vault
    return connect(
        Target(target.cloud.value, target.subscription_id, target.tenant_id),
        VaultId(target.subscription_id, vault.resource_group, vault.name),
    )


def item_of(service: SiteRecovery, vm: VmSettings) -> ItemRecord:
    """The protected item of the VM. Raises NoSuchVm when there is none, or more than one."""
    found = item_among(service.items(), vm, service.vault)
    if found is None:
        raise NoSuchVm(f"{vm.name} has no protected item in {service.vault}: it is not replicated there.")
    return found


def item_among(items: Iterable[ItemRecord], vm: VmSettings, vault: VaultId) -> ItemRecord | None:
    """By its Hyper-V id where that is declared, else by its name. Raises NoSuchVm when there is more than one."""
    found = [item for item in items if _is(item, vm)]
    if len(found) <= 1:
        return found[0] if found else None
    ids = ", ".join(item.vm_id or item.name for item in found)
    raise NoSuchVm(
        f"{vault} has {len(found)} protected items of the name {vm.name}. Write which one is meant into the "
        f"stack file: source.vmId of {vm.name}, one of {ids}."
    )


def _is(item: ItemRecord, vm: VmSettings) -> bool:
    if vm.source.vm_id is not None:
        return same_id(item.vm_id, vm.source.vm_id)
    return item.friendly_name.casefold() == vm.name.casefold()
