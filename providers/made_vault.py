"""What a change of the vault that the stack makes would take away in Azure.

azure-native writes a vault with a PUT, which replaces its tags and the blocks of settings that it names. What others
have set there, and the stack does not declare, would be gone. So the vault is looked at just before it is changed, and
in the preview that plans the change; what a transform has added to the declaration counts as declared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.vault_access import service_of
from site_recovery.errors import RefusedError
from site_recovery.vault_settings import VaultSettings


def retired_tags(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """The vault's tags that the last change of them has taken out of the declaration: those are meant to go.

    `olds` and `news` are the guard's inputs. Kept while nothing changes, so that an `up` that failed can be repeated.
    """
    before, after = (inputs.get("vault") or {} for inputs in (olds, news))
    was, now = before.get("tags") or {}, after.get("tags") or {}
    if was == now:
        return list(olds.get("retiredTags") or ())
    return sorted(was.keys() - now.keys())


def refuse_harmful_vault_change(inputs: Mapping[str, Any], declared: Mapping[str, Any], retired: Any) -> None:
    """Raises RefusedError where writing the vault would take something away. `inputs` have `target` and `vault`,
    `declared` is what azure-native is to write, and `retired` are the tags that are meant to go.
    """
    found, name = service_of(inputs).vault_settings(), inputs["vault"]["name"]
    what = f"vault {name} is to be changed, which writes it whole, and"
    if found.there is None:
        why = f"{what} what it has in Azure could not be looked at ({found.unread})"
        raise RefusedError(why, "nothing of it has been changed", "Let the identity read it, or take the change back.")
    lost = list(_lost(found, declared, {tag.casefold() for tag in retired or ()}))
    if lost:
        raise RefusedError(
            f"{what} it has in Azure what is not declared here and would be lost: {'; '.join(lost)}",
            "nothing of it has been changed",
            "Write a tag into `vault.tags`, with its value, or take it off the vault in Azure. For anything else take "
            "the change back here, and make it in Azure. Then run `pulumi up --strict` again.",
        )


def _lost(found: VaultSettings, declared: Mapping[str, Any], retired: set[str]) -> Iterator[str]:
    kept = {tag.casefold() for tag in declared.get("tags") or {}} | retired
    for tag, value in found.tags.items():
        if tag.casefold() not in kept:
            yield f"tag {tag}: {value}"
    for path, words in found.beside.items():
        if not _is_declared(declared, path.split(".")):
            yield words


def _is_declared(declared: Any, path: list[str]) -> bool:
    for key in path:
        declared = declared.get(key) if isinstance(declared, Mapping) else None
    return declared is not None
