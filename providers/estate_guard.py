"""What must never change under an estate, held before anything else is looked at.

azure-native answers a changed name or location with a replacement, and a vault that is replaced takes the protection of
every VM with it. So what the estate stands on is kept here too, registered first, and compared with what it was: a
change is an error of the preview that names the safe way.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import Input, Output

from providers.clearing_away import clear_away
from providers.dismantling import declares_dismantling, in_the_way
from providers.made_networks import harmful_changes, retired_subnets
from providers.made_vault import retired_tags
from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, changed_keys, is_unknown, plain
from providers.refusals_to_come import refusals_to_come
from providers.taken_back import as_far_as_dismantled, gone_by_this_up, taken_out_with_it
from providers.vault_access import service_of
from site_recovery.errors import NotFoundError, SiteRecoveryError

# learn.microsoft.com/azure/storage/common/redundancy-migration: to and from zone redundancy is a conversion that
# is asked for apart, and premium accounts have one sku.
_SKUS_CHANGED_IN_PLACE = frozenset({"Standard_LRS", "Standard_GRS", "Standard_RAGRS"})
_NOTHING_RETIRED: Mapping[str, Any] = {"retired": {}, "retiredTags": []}
_ELSEWHERE = "declare it in a stack of its own instead; this one keeps what it has"


class EstateGuardProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        olds, news = plain(olds), plain(news)
        declares_dismantling(bool(news.get("dismantle")))
        failures = [*_changed(olds, news), *_not_shared(news), *taken_out_with_it(olds, news)]
        if not failures and (news.get("dismantle") or _redundancy_changes(olds, news)):
            failures = list(_of_the_vms(olds, news))
        failures = failures or list(harmful_changes(olds, news))
        if news.get("dismantle") and not failures:
            for gone in gone_by_this_up(olds, news):
                current_operation().say(Severity.WARNING, gone)
            for refusal in refusals_to_come(news):
                current_operation().say(Severity.WARNING, f"`pulumi destroy` will stop: {refusal}")
        kept = {key: value for key, value in news.items() if key != "shared"}
        kept |= {"retired": retired_subnets(olds, news), "retiredTags": retired_tags(olds, news)}
        return CheckResult(kept, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        # Bookkeeping: it shows when something that is kept here changes, or a dismantling is declared.
        olds, news = plain(olds), plain(news)
        before = {**_NOTHING_RETIRED, **as_far_as_dismantled(news, olds)}
        after = {**_NOTHING_RETIRED, **_as_far_as_kept(olds, news)}
        return DiffResult(changes=before != after, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(f"estate:{props['vault']['name']}", plain(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        news = plain(news)
        if news.get("dismantle"):
            text = "`pulumi destroy` will now end the protection of every VM of this stack, and delete what it made"
            current_operation().say(Severity.WARNING, f"DISMANTLE vault {news['vault']['name']}: {text}")
        return UpdateResult(news)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props, say = plain(props), current_operation().say
        name = props["vault"]["name"]
        if not props.get("dismantle"):
            how = f"`site-recovery:dismantle: {{vault: {name}, confirm: {name}}}`, `pulumi up`, `pulumi destroy`"
            say(Severity.WARNING, f"vault {name} and all that its VMs rest on stay in Azure. To take it apart: {how}")
            return
        clear_away(props)


class EstateGuard(SnakeCaseOutputs, Resource, module="siteRecovery", name="EstateGuard"):
    """`vault` {name, resourceGroup, location, redundancy, immutability, tags, adopt}; `resourceGroups`, `sites`,
    `policies`, `networks` and `storageAccounts` map a name to what of it must not change, or not without a look; `vms`,
    `associations` and `networkMappings` are there to tell which of them a dismantling would take away. `shared` is what
    another stack exports, where this one takes its vault from there. `retired` are the subnets, and `retiredTags` the
    tags of the vault, that are meant to go.
    """

    retired: Output[Mapping[str, Any]]
    retired_tags: Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        parts: Mapping[str, Mapping[str, Any]],
        dismantle: bool,
        shared: Input[Any] = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            **{kind: dict(entries) for kind, entries in parts.items()},
            "dismantle": dismantle,
            "shared": shared,
            "retired": None,
            "retiredTags": None,
        }
        super().__init__(EstateGuardProvider(), resource_name, props, opts)


_PARTS = {
    "resourceGroups": "resource group",
    "sites": "site",
    "policies": "policy",
    "networks": "network",
    "storageAccounts": "storage account",
}


def _as_far_as_kept(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Without what an earlier release did not keep of a network, an account or the vault, which is no change of it."""
    kept = as_far_as_dismantled(olds, news)
    for kind in ("networks", "storageAccounts"):
        before = olds.get(kind) or {}
        if kind in news:
            kept[kind] = {
                name: {key: value for key, value in entry.items() if key in before.get(name, entry)}
                for name, entry in news[kind].items()
            }
    if "tags" not in (olds.get("vault") or {}) and "vault" in news:
        kept["vault"] = {key: value for key, value in news["vault"].items() if key != "tags"}
    return kept


def _changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    if not olds.get("target"):
        return
    for key in changed_keys(olds["target"], news["target"], ("cloud", "subscriptionId", "tenantId")):
        was, now = olds["target"].get(key), news["target"].get(key)
        text = f"the {key} of a stack cannot be changed (it was {was}, and is {now} now): {_ELSEWHERE}"
        yield CheckFailure(f"target.{key}", text)
    yield from _entry("vault", f"vault {olds['vault']['name']}", olds["vault"], news["vault"])
    yield from _group_of_the_vault(olds, news)
    for kind, word in _PARTS.items():
        before, after = olds.get(kind) or {}, news.get(kind) or {}
        for name in sorted(before.keys() & after.keys()):
            yield from _entry(f"{kind}.{name}", f"{word} {name}", before[name], after[name])


def _group_of_the_vault(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """It is the same group whether it is written in `resourceGroups` or made with its vault alone."""
    (name, before), (_, after) = _home(olds), _home(news)
    kept = (olds.get("resourceGroups") or {}).keys() & (news.get("resourceGroups") or {}).keys()
    looked_at = name.casefold() in {group.casefold() for group in kept}
    if before is not None and after is not None and not looked_at:
        yield from _entry(f"resourceGroups.{name}", f"resource group {name}", before, after)


def _home(inputs: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """The name of the vault's group, and what is declared of it; None where it is not this stack's."""
    vault = inputs["vault"]
    name = str(vault["resourceGroup"])
    written = {group.casefold(): entry for group, entry in (inputs.get("resourceGroups") or {}).items()}
    made = None if vault.get("adopt") else {"location": vault["location"], "adopt": False}
    return name, written.get(name.casefold(), made)


def _entry(path: str, what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[CheckFailure]:
    for key in changed_keys(before, after, ("name", "resourceGroup", "location")):
        text = f"the {key} of {what} cannot be changed: it would be made anew, and what is in it lost. {_ELSEWHERE}"
        yield CheckFailure(f"{path}.{key}", f"{text}. Write {before.get(key)} again")
    if bool(before.get("adopt")) != bool(after.get("adopt")):
        made = "was adopted" if before.get("adopt") else "was made by this stack"
        mend = f"write adopt: {str(bool(before.get('adopt'))).lower()} again"
        yield CheckFailure(f"{path}.adopt", f"{what} {made}, which cannot be changed: {mend}")
    yield from _other_sku(path, what, before.get("sku"), after.get("sku"))
    if before.get("immutability") == "locked" and after.get("immutability") != "locked":
        yield CheckFailure(
            f"{path}.immutability", f"the immutability of {what} is locked, which Azure never takes back"
        )


def _other_sku(path: str, what: str, before: str | None, after: str | None) -> Iterator[CheckFailure]:
    if before is None or before == after or {before, after} <= _SKUS_CHANGED_IN_PLACE:
        return  # or a state of an earlier release, which does not tell
    text = (
        f"the sku of {what} cannot be changed from {before} to {after}: Azure changes it in place among "
        f"{', '.join(sorted(_SKUS_CHANGED_IN_PLACE))} alone, and what is in an account does not move by itself. "
        f"Declare another account beside it, or write {before} again"
    )
    yield CheckFailure(f"{path}.sku", text)


def _not_shared(news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """What is taken from another stack has to be declared there."""
    shared = news.get("shared")
    if shared is None or is_unknown(shared):
        return
    if not isinstance(shared, Mapping) or not shared.get("vault"):
        text = "that stack has no output `shared`: it is not one of this project, or was not brought up yet"
        yield CheckFailure("sharedStack", f"{text}. Run `pulumi up --strict` there first")
        return
    for key in changed_keys(shared["vault"], news["vault"], ("name", "resourceGroup", "location")):
        text = f"the shared stack's vault has {key} {shared['vault'].get(key)}, this one declares {news['vault'][key]}"
        yield CheckFailure(f"vault.{key}", f"{text}. Write what is there")
    if shared.get("subscriptionId", "").casefold() != news["target"]["subscriptionId"].casefold():
        text = f"the shared stack works in subscription {shared.get('subscriptionId')}"
        yield CheckFailure("target.subscriptionId", f"{text}. Declare the same one")
    for kind in ("sites", "policies"):
        known = {name.casefold() for name in shared.get(kind) or ()}
        for name, entry in (news.get(kind) or {}).items():
            if entry.get("adopt") and name.casefold() not in known:
                text = (
                    f"{_PARTS[kind]} {name} is adopted, but the shared stack has only {sorted(shared.get(kind) or ())}"
                )
                yield CheckFailure(f"{kind}.{name}", f"{text}. Declare it there first")


def _redundancy_changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    # An adopted vault is never changed: what is written of it is compared with what Azure has.
    changes = bool(olds.get("target")) and bool(changed_keys(olds["vault"], news["vault"], ("redundancy",)))
    return changes and not news["vault"].get("adopt")


def _of_the_vms(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    try:
        inventory = service_of(news).fresh_inventory()
    except NotFoundError:
        return  # no vault yet, or no longer
    except SiteRecoveryError as error:
        yield CheckFailure("vault", f"the VMs of the vault could not be looked at: {error}")
        return
    moving = in_the_way(inventory)
    if news.get("dismantle") and moving:
        what = f"the estate cannot be dismantled: {'; '.join(moving)}"
        yield CheckFailure("dismantle", f"{what}. Bring every VM back on premises and finish its move first")
    if _redundancy_changes(olds, news) and inventory.items:
        count = len(inventory.items)
        what = f"Azure lets the redundancy of a vault be changed only while nothing is protected; {count} VMs are"
        yield CheckFailure("vault.redundancy", f"{what}. Write {olds['vault'].get('redundancy')} again")
