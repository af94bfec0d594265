"""The guard of what the estate stands on, and what a stack shares with others that use its vault."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.azure_landing import AzureLanding
from components.settings import Settings
from providers.estate_guard import EstateGuard


def declared_guard(settings: Settings) -> EstateGuard:
    """Registered before anything else, which all waits for it."""
    home = settings.vault
    place = {"resourceGroup": home.resource_group, "location": home.location}
    return EstateGuard(
        "estate",
        target=settings.target.as_inputs(),
        vault={"name": home.name, **place, **_chosen(home.as_inputs(), "redundancy", "immutability", "tags", "adopt")},
        parts={
            "resourceGroups": {
                name: {"location": home.location, **_chosen(group.as_inputs(), "location", "adopt")}
                for name, group in settings.resource_groups.items()
            },
            "sites": {name: {"adopt": site.adopt} for name, site in settings.sites.items()},
            "policies": {name: {"adopt": policy.adopt} for name, policy in settings.policies.items()},
            "networks": {
                name: made_network(settings, name) for name, network in settings.networks.items() if network.id is None
            },
            "storageAccounts": {
                name: {**place, **_chosen(account.as_inputs(), "resourceGroup", "location", "sku")}
                for name, account in settings.storage_accounts.items()
                if account.id is None
            },
            "vms": {name: {} for name in settings.vms},
            "associations": {
                f"{site}/{policy}": {} for site in settings.sites for policy in settings.policies_of_site(site)
            },
            "networkMappings": {name: {"adopt": mapping.adopt} for name, mapping in settings.network_mappings.items()},
        },
        dismantle=settings.dismantle is not None,
        shared=_shared_by(settings.shared_stack),
    )


def made_network(settings: Settings, name: str) -> dict[str, Any]:
    """A network that the stack makes, as far as a change of it is looked at before it is made."""
    network, home = settings.networks[name], settings.vault
    return {
        "resourceGroup": network.resource_group or home.resource_group,
        "location": network.location or home.location,
        "addressSpace": [str(prefix) for prefix in network.address_space],
        "subnets": {subnet: str(made.prefix) for subnet, made in network.subnets.items()},
        "tags": dict(network.tags),
    }


def shared_with_others(settings: Settings, landing: AzureLanding) -> dict[str, Any]:
    """The output `shared`: what a stack that names this one as its `sharedStack` is held to, and may refer to."""
    home = settings.vault
    return {
        "subscriptionId": settings.target.subscription_id,
        "vault": {"name": home.name, "resourceGroup": home.resource_group, "location": home.location},
        "sites": sorted(settings.sites),
        "policies": sorted(settings.policies),
        **landing.ids(),
    }


def _shared_by(stack: str | None) -> pulumi.Output[Any] | None:
    if stack is None:
        return None
    return pulumi.StackReference(stack).get_output("shared").apply(lambda shared: shared or {})


def _chosen(inputs: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: inputs[key] for key in keys if key in inputs}
