"""What a change of a network that the stack makes would take away in Azure.

azure-native writes such a network whole: what others gave it there, and the stack does not declare, would be gone. So
the network is looked at before it is changed: in the preview by the estate's guard, and once more by a hook just before
azure-native's own call, which also comes where a refresh alone has made it see a difference.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.dynamic import CheckFailure

from providers.properties import changed_keys
from providers.vault_access import service_of
from site_recovery.errors import RefusedError, SiteRecoveryError
from site_recovery.landing_place import LandingPlace

Networks = Mapping[str, Mapping[str, Any]]
_WRITTEN = ("addressSpace", "subnets", "tags")


def retired_subnets(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, list[str]]:
    """By network, the subnets that its last change has taken out of the declaration: those are meant to go.

    `olds` and `news` are the guard's inputs. Kept while nothing changes, so that an `up` that failed can be repeated.
    """
    found = {}
    for name, network in (news.get("networks") or {}).items():
        before = (olds.get("networks") or {}).get(name) or {}
        if changed_keys(before, network, _WRITTEN):
            gone = sorted((before.get("subnets") or {}).keys() - (network.get("subnets") or {}).keys())
        else:
            gone = (olds.get("retired") or {}).get(name) or []
        if gone:
            found[name] = gone
    return found


def harmful_changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """Each network whose declaration has changed, and that would lose something by it; inputs of the guard."""
    retired = retired_subnets(olds, news)
    for name, network in (news.get("networks") or {}).items():
        before = (olds.get("networks") or {}).get(name) or {}
        # A state of an earlier release does not tell how it was declared: the hook looks before anything is written.
        if "addressSpace" in before and changed_keys(before, network, _WRITTEN):
            why = _why_not(news, name, network, retired.get(name, ()))
            if why:
                yield CheckFailure(f"networks.{name}", why)


def refuse_harmful_change(inputs: Mapping[str, Any], name: str, network: Mapping[str, Any], retired: Any) -> None:
    """Raises RefusedError where writing the network would take something away. `inputs` have `target` and `vault`."""
    why = _why_not(inputs, name, network, retired or ())
    if why:
        raise RefusedError(why, "nothing of it has been changed", "Then run `pulumi up --strict` again.")


def _why_not(inputs: Mapping[str, Any], name: str, network: Mapping[str, Any], retired: Any) -> str:
    arm_id = (
        f"/subscriptions/{inputs['target']['subscriptionId']}/resourceGroups/{network['resourceGroup']}"
        f"/providers/Microsoft.Network/virtualNetworks/{name}"
    )
    try:
        place = service_of(inputs).landing_place(arm_id)
    except SiteRecoveryError as error:
        place = LandingPlace(there=None, unread=error.what)
    if place.there is None:
        return (
            f"network {name} is to be changed, which writes it whole, and what it has in Azure could not be looked at "
            f"({place.unread}). Let the identity read it, or take the change back"
        )
    lost = "; ".join(_lost(place, network.get("subnets") or {}, {each.casefold() for each in retired}))
    if not lost:
        return ""
    return (
        f"network {name} is to be changed, which writes it whole, and it has in Azure what is not declared here and "
        f"would be lost: {lost}. Declare a further subnet as it is there, take one out of the declaration only when "
        f"it is empty, or refer to the network instead of making it, which changes nothing in Azure: "
        f"networks.{name}: {{id: {arm_id}}}"
    )


def _lost(place: LandingPlace, declared: Mapping[str, str], retired: set[str]) -> Iterator[str]:
    prefixes = {name.casefold(): prefix for name, prefix in declared.items()}
    for subnet, found in place.subnets.items():
        used = place.taken.get(subnet, 0)
        in_use = f" ({used} in use)" if used else ""
        if subnet not in prefixes:
            if used or subnet not in retired:
                yield f"subnet {subnet}{in_use}"
            continue
        if used and found and prefixes[subnet] not in found:
            yield f"subnet {subnet} with {', '.join(found)}{in_use}"
        if place.attached.get(subnet):
            yield f"{', '.join(place.attached[subnet])} of subnet {subnet}"
    if place.attached.get(""):
        yield f"{', '.join(place.attached[''])} of the network"
