"""The end of a dismantling: what the stack made to hold things is deleted where it holds nothing, and else left.

A resource group or a storage account is deleted with all that is in it, which may be somebody's. So each is looked
into, and one that is not empty, or cannot be looked into, is left and told.
"""

from collections.abc import Mapping
from typing import Any

from providers.dismantling import dismantled
from providers.operation import Operation, Severity, current_operation
from providers.vault_access import service_of
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import last_segment
from site_recovery.service import SiteRecovery

# Azure's list of what is in a group lags behind what was just deleted there.
_LAG_SECONDS = 120.0
_SHOWN = 3


def clear_away(props: Mapping[str, Any]) -> None:
    """Deletes the storage accounts and resource groups that the stack made and that are empty; `props` are the guard's.

    Says of each what became of it. Raises RefusedError where Azure will not delete an empty one.
    """
    service, operation = service_of(props), current_operation()
    deleted = {str(props["vault"]["name"]).casefold(), *(name.casefold() for name in props.get("networks") or {})}
    for name, account in _made(props, "storageAccounts").items():
        if _clear_account(service, operation, name, str(account["resourceGroup"])):
            deleted.add(name.casefold())
    for name in _groups(props):
        _clear_group(service, operation, name, deleted)


def _made(props: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    return {name: entry for name, entry in (props.get(kind) or {}).items() if not entry.get("adopt")}


def _groups(props: Mapping[str, Any]) -> list[str]:
    """The groups that the stack made; the vault's own comes last, unless it was there with its vault."""
    vault, made = props["vault"], _made(props, "resourceGroups")
    home = str(vault["resourceGroup"])
    adopted = {name.casefold() for name in (props.get("resourceGroups") or {}).keys() - made.keys()}
    with_the_vault = [] if vault.get("adopt") or home.casefold() in adopted else [home]
    others = [name for name in made if not with_the_vault or name.casefold() != home.casefold()]
    return [*others, *with_the_vault]


def _clear_account(service: SiteRecovery, operation: Operation, name: str, group: str) -> bool:
    """Whether there is no such account any more."""
    account_id = (
        f"/subscriptions/{service.vault.subscription_id}/resourceGroups/{group}"
        f"/providers/Microsoft.Storage/storageAccounts/{name}"
    )
    try:
        found = service.leftovers.in_account(account_id)
    except SiteRecoveryError as error:
        _left(operation, f"storage account {name}", f"it could not be looked into: {error.what}")
        return False
    if found:
        _left(operation, f"storage account {name}", _listed(found))
        return False
    if found is not None:
        with dismantled(f"the empty storage account {name}"):
            service.leftovers.delete_account(account_id)
        operation.say(Severity.INFO, f"storage account {name} was empty, and is deleted")
    return True


def _clear_group(service: SiteRecovery, operation: Operation, name: str, deleted: set[str]) -> None:
    try:
        found = _in_group_at_last(service, operation, name, deleted)
    except SiteRecoveryError as error:
        _left(operation, f"resource group {name}", f"it could not be looked into: {error.what}")
        return
    if found:
        _left(operation, f"resource group {name}", _listed(tuple(each.partition("/providers/")[2] for each in found)))
    elif found is not None:
        with dismantled(f"the empty resource group {name}"):
            service.leftovers.delete_group(name, cancelled=operation.cancelled)
        operation.say(Severity.INFO, f"resource group {name} was empty, and is deleted")


def _in_group_at_last(
    service: SiteRecovery, operation: Operation, name: str, deleted: set[str]
) -> tuple[str, ...] | None:
    """What is in a group, once what this stack has just deleted there no longer shows."""
    began = service.now()
    while found := service.leftovers.in_group(name):
        strange = {last_segment(each).casefold() for each in found} - deleted
        if strange or (service.now() - began).total_seconds() > _LAG_SECONDS:
            break
        if operation.cancelled.wait(_LAG_SECONDS / 24 * service.wait_scale):
            break
    return found


def _listed(found: tuple[str, ...]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"it holds {', '.join(found[:_SHOWN])}{more}"


def _left(operation: Operation, what: str, why: str) -> None:
    operation.say(Severity.WARNING, f"{what} is left to you: {why}")
