"""What Azure will refuse of a declared dismantling, told before anything is taken apart.

What the stack made through azure-native is deleted by azure-native, which shows a refusal as Azure words it. What
stands in the way is there to be seen before, so it is told while the dismantling is still only declared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.vault_access import service_of
from site_recovery.errors import SiteRecoveryError
from site_recovery.estate_records import VMM_SERVER, FabricRecord, PolicyRecord
from site_recovery.records import last_segment
from site_recovery.service import SiteRecovery


def refusals_to_come(news: Mapping[str, Any]) -> tuple[str, ...]:
    """What `pulumi destroy` will stop at, each with what to do; `news` are the guard's inputs.

    VMs that others protect in a site of this stack are not among it: the provider of its hosts refuses those by itself.
    """
    service = service_of(news)
    try:
        return tuple(_to_come(service, news))
    except SiteRecoveryError as error:
        return (f"what others have in vault {news['vault']['name']} could not be looked at: {error.what}",)


def _to_come(service: SiteRecovery, news: Mapping[str, Any]) -> Iterator[str]:
    sites, policies = _made(news, "sites"), _made(news, "policies")
    theirs = [fabric for fabric in service.fabrics() if fabric.name.casefold() not in sites]
    known = [policy for policy in service.policies() if policy.name.casefold() not in policies]
    for fabric in theirs:
        yield from _policies_of_ours(service, fabric, policies)
    if not news["vault"].get("adopt"):
        left = [*map(_fabric, theirs), *map(_policy, known)]
        if left:
            yield (
                f"the vault will not be deleted, as it holds what this stack does not take away: {', '.join(left)}. "
                "Take that out of the vault by hand, or with the stack that made it, first"
            )
    for name, network in (news.get("networks") or {}).items():
        place = service.landing_place(
            f"/subscriptions/{news['target']['subscriptionId']}/resourceGroups/{network['resourceGroup']}"
            f"/providers/Microsoft.Network/virtualNetworks/{name}"
        )
        used = [f"subnet {subnet} ({count} in use)" for subnet, count in sorted(place.taken.items()) if count]
        if used:
            yield (
                f"network {name} will not be deleted, as something is in it: {', '.join(used)}. Look at its connected "
                "devices in Azure, and move or delete them first, or take the network out of the stack file, which "
                "leaves it in Azure"
            )


def _policies_of_ours(service: SiteRecovery, fabric: FabricRecord, policies: set[str]) -> Iterator[str]:
    for container in service.containers(fabric.name):
        for mapping in service.mappings(container.id):
            name = last_segment(mapping.policy_id or "")
            if name.casefold() in policies:
                yield (
                    f"policy {name} will not be deleted, as it is associated with {_fabric(fabric)}, which is not of "
                    "this stack. Remove that association first"
                )


def _made(news: Mapping[str, Any], kind: str) -> set[str]:
    return {name.casefold() for name, entry in (news.get(kind) or {}).items() if not entry.get("adopt")}


def _fabric(fabric: FabricRecord) -> str:
    return f"{'VMM server' if fabric.kind == VMM_SERVER else 'site'} {fabric.friendly_name}"


def _policy(policy: PolicyRecord) -> str:
    return f"policy {policy.name}"
