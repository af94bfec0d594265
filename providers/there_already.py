"""What is to be made and is in Azure already: forgotten by this stack, made by hand, or left by a killed `up`.

azure-native refuses to make what is there, and says only what a program's author could do. So each is looked for just
before it is made, and in the preview that plans it, and what the stack file can say is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.vault_access import service_of
from site_recovery.errors import RefusedError, SiteRecoveryError
from site_recovery.service import SiteRecovery


@dataclass(frozen=True)
class _Kind:
    """`name` is the argument that names the resource; `found` looks for one of that name in a resource group."""

    word: str
    name: str
    key: str
    found: Callable[[SiteRecovery, str, str], bool]


def refuse_what_is_there(inputs: Mapping[str, Any], type_token: str, declared: Mapping[str, Any]) -> None:
    """Raises RefusedError where azure-native is to make, with the arguments `declared`, what is in Azure already.

    `inputs` have `target` and `vault`. What cannot be looked for is left to azure-native to tell.
    """
    kind = _KINDS.get(type_token)
    name = declared.get(kind.name) if kind is not None else None
    if kind is None or not isinstance(name, str):
        return
    group = str(declared.get("resourceGroupName") or name)
    try:
        found = kind.found(service_of(inputs), group, name)
    except SiteRecoveryError:
        return
    if found:
        raise RefusedError(
            f"{kind.word} {name} is to be made, and is in Azure already",
            "nothing of it has been changed: it is not in the state of this stack",
            f"To use it as it is, write {_as_it_is(inputs, kind, group, name)}: it is never changed then. To have this "
            "stack make and change it (again), import it: docs/estate.md, Forgetting.",
        )


def _as_it_is(inputs: Mapping[str, Any], kind: _Kind, group: str, name: str) -> str:
    if kind.key == "vault":
        return "vault: {adopt: true}"
    if kind.key in _PROVIDERS:
        return f"{kind.key}.{name}: {{id: {_arm_id(str(inputs['target']['subscriptionId']), kind.key, group, name)}}}"
    return f"{kind.key}.{name}: {{adopt: true}}"


_PROVIDERS = {
    "networks": "Microsoft.Network/virtualNetworks",
    "storageAccounts": "Microsoft.Storage/storageAccounts",
}


def _arm_id(subscription: str, key: str, group: str, name: str) -> str:
    place = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return f"{place}/providers/{_PROVIDERS[key]}/{name}" if key in _PROVIDERS else place


def _landing(key: str) -> Callable[[SiteRecovery, str, str], bool]:
    def found(service: SiteRecovery, group: str, name: str) -> bool:
        return bool(service.landing_place(_arm_id(service.vault.subscription_id, key, group, name)).there)

    return found


def _site(service: SiteRecovery, _group: str, name: str) -> bool:
    return any(name.casefold() in (site.name.casefold(), site.friendly_name.casefold()) for site in service.fabrics())


def _policy(service: SiteRecovery, _group: str, name: str) -> bool:
    return any(policy.name.casefold() == name.casefold() for policy in service.policies())


def _vault(service: SiteRecovery, _group: str, _name: str) -> bool:
    return bool(service.vault_settings().there)


_KINDS = {
    "azure-native:resources:ResourceGroup": _Kind(
        "resource group", "resourceGroupName", "resourceGroups", _landing("resourceGroups")
    ),
    "azure-native:recoveryservices:Vault": _Kind("vault", "vaultName", "vault", _vault),
    "azure-native:recoveryservices:ReplicationFabric": _Kind("site", "fabricName", "sites", _site),
    "azure-native:recoveryservices:ReplicationPolicy": _Kind("policy", "policyName", "policies", _policy),
    "azure-native:network:VirtualNetwork": _Kind("network", "virtualNetworkName", "networks", _landing("networks")),
    "azure-native:storage:StorageAccount": _Kind(
        "storage account", "accountName", "storageAccounts", _landing("storageAccounts")
    ),
}
