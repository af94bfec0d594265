"""What the preview finds out about a declared VM before anything is done: what cannot be, and what it will adopt."""

from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckFailure

from executor.survey import survey_of
from providers.item_disks import are_comparable, choice_of, disk_problems, unknown_disks
from providers.item_settings import CHANGEABLE, differing, is_settled_so, names_of, settled_otherwise
from providers.one_machine import Machine, told_apart
from providers.operation import Severity, current_operation
from providers.properties import changed_keys, is_unknown
from providers.protectable_vms import find_item, find_vm, os_type_of, untold_system
from providers.requirement_checks import unchecked_by, unmet_by
from providers.vault_access import service_of
from site_recovery.errors import AccessDeniedError, NotFoundError, SiteRecoveryError, WrongTargetError
from site_recovery.records import ItemRecord, ProtectableItemRecord, last_segment, same_id

FIXED: dict[str, str] = {
    "target": "declare the VM in a stack of the other cloud instead",
    "vault": "declare the VM in a stack of the other vault instead",
    "site": "a VM belongs to the site of its host; declare it where it is",
    "vm": "declare the other VM beside this one",
    "policyId": "the service has no call that moves a protected VM to another policy: change the policy's own "
    "settings, or disable the VM's protection in Azure and protect it anew with the other policy",
}
_ANEW = "disable its protection in Azure and protect it anew (this copies all its data again), or take the change back"
# One reading of the discovered VMs serves a preview of many VMs.
_READ_AGAIN_AFTER_SECONDS = 30.0


def checked_new(news: Mapping[str, Any]) -> tuple[str | None, list[CheckFailure]]:
    """The id of the item that the VM has already, if it has one, and what is wrong with a first declaration."""
    if is_unknown(news.get("containerId")):
        return None, []
    if not news.get("containerId"):
        return "", []
    try:
        vm = _discovered(news)
        failures = told_apart(news, Machine.of(vm.friendly_name, vm.id, vm.protected_item_id))
        failures = failures or _misnamed_disks(news, vm)
        if vm.protected_item_id is None:
            return None, failures or _cannot_be_protected(news, vm)
        item = survey_of(service_of(news)).inventory().item(vm.protected_item_id)
    except NotFoundError as error:
        return _gone_from_its_host(news, error)
    except SiteRecoveryError as error:
        return None, [CheckFailure("vm", str(error))]
    if not failures and item is not None:
        failures = _cannot_be_adopted(news, item, vm)
    return vm.protected_item_id, failures


def _gone_from_its_host(news: Mapping[str, Any], error: NotFoundError) -> tuple[str | None, list[CheckFailure]]:
    """The VM may run in Azure, and be gone from its host for good: then its item alone is adopted."""
    vm_id = (news.get("source") or {}).get("vmId")
    try:
        item = find_item(service_of(news), news["containerId"], news["vm"], vm_id)
    except SiteRecoveryError:
        item = None
    if item is None:
        return None, [CheckFailure("vm", str(error))]
    text = f"{news['vm']}: its host does not show it any more, so its disks are not compared with what replicates"
    current_operation().say(Severity.WARNING, text)
    twice = told_apart(news, Machine.of(item.friendly_name, item.id))
    return item.id, twice or _cannot_be_adopted(news, item, None)


def checked_again(olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[str | None, list[CheckFailure]]:
    """The id of the VM's item, and what of its changed declaration cannot be carried out."""
    known = olds.get("itemId") or None
    failures = _unconfirmed(_fixed_failures(olds, news), known, news)
    if failures or is_unknown(news.get("containerId")):
        return known, failures
    if not olds.get("containerId") or not news.get("containerId"):
        return checked_new(news)  # no host had registered, or none has yet
    try:
        vm = _discovered(news)
        known = known or vm.protected_item_id
        item = survey_of(service_of(news)).inventory().item(known) if known else None
        _say_unmet(news, item, vm)
    except (WrongTargetError, AccessDeniedError) as error:
        return known, [CheckFailure("target", f"{news['vm']}: {error}")]
    except SiteRecoveryError as error:
        # A dead site must not stand in the way of anything: the VM is declared as it was.
        text = f"{news['vm']}: what Azure requires and what its host shows could not be compared: {error.what}"
        current_operation().say(Severity.WARNING, text)
        twice = told_apart(news, Machine.of(str(news["vm"]), known))
        return known, twice or _unproven_disks(olds, news)
    twice = told_apart(news, Machine.of(vm.friendly_name, vm.id, known))
    misnamed = twice or _misnamed_again(olds, news, vm)
    if item is None or twice:
        return known, misnamed
    _say_other_cards(news, item)
    _say_other_policy(news, item)
    unproven = [] if are_comparable(item, vm) else _unproven_disks(olds, news)
    return known, misnamed + _unlike_its_host(news, item, vm) + unproven


def _cannot_be_protected(news: Mapping[str, Any], vm: ProtectableItemRecord) -> list[CheckFailure]:
    found = unmet_by(news, vm)
    for each in found:
        if not each.certain:
            current_operation().say(Severity.WARNING, f"a planned failover to Azure would be blocked: {each}")
    failures = [CheckFailure("vm", str(each)) for each in found if each.certain]
    if os_type_of(vm, news) is None:
        failures.append(CheckFailure("source.osType", str(untold_system(vm))))
    unchecked = "; ".join(unchecked_by(news, vm))
    if unchecked and not failures:
        current_operation().say(Severity.INFO, f"{vm.friendly_name}: not known, and so not checked: {unchecked}")
    return failures


def _misnamed_disks(news: Mapping[str, Any], vm: ProtectableItemRecord) -> list[CheckFailure]:
    return [CheckFailure("source.disks", problem) for problem in unknown_disks(vm, news.get("source") or {})]


def _misnamed_again(olds: Mapping[str, Any], news: Mapping[str, Any], vm: ProtectableItemRecord) -> list[CheckFailure]:
    """A disk that was taken off the VM since it was declared stands in the way of no move: it is only told."""
    found = _misnamed_disks(news, vm)
    if choice_of(olds.get("source") or {}) != choice_of(news.get("source") or {}):
        return found
    for each in found:
        current_operation().say(Severity.WARNING, str(each.reason))
    return []


def _say_unmet(news: Mapping[str, Any], item: ItemRecord | None, vm: ProtectableItemRecord) -> None:
    """A VM that is protected already is not stopped by what it does not meet, until it is to be failed over."""
    if item is None or item.active_location.casefold() != "primary":
        return
    for each in unmet_by(news, vm, item):
        current_operation().say(Severity.WARNING, f"a planned failover to Azure would be blocked: {each}")


def _say_other_cards(news: Mapping[str, Any], item: ItemRecord) -> None:
    """A network is of all cards, a subnet of one: what the stack does not declare of the others stays as it is."""
    wanted = (news.get("azure") or {}).get("networkId") if not is_unknown(news.get("azure")) else None
    if wanted is None or is_unknown(wanted) or same_id(wanted, item.recovery_network_id):
        return
    others = [nic for nic in item.nics if nic != item.main_nic and nic.taken_along]
    subnets = ", ".join(sorted({nic.recovery_subnet_name for nic in others if nic.recovery_subnet_name}))
    if subnets:
        text = (
            f"{news['vm']}: target.network is of all its network cards, target.subnet of the first one alone. "
            f"Other cards of it keep their subnet ({subnets}): see that the new network has it, or change it by hand"
        )
        current_operation().say(Severity.WARNING, text)


def _unlike_its_host(news: Mapping[str, Any], item: ItemRecord, vm: ProtectableItemRecord) -> list[CheckFailure]:
    if vm.protected_item_id is not None and not same_id(vm.protected_item_id, item.id):
        return [CheckFailure("source.vmId", f"{news['vm']}: this is the id of another VM. {_ANEW}")]
    return _disk_failures(news, item, vm)


def _unproven_disks(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[CheckFailure]:
    """Another choice of disks than the state's, while what replicates cannot be held against the host's disks."""
    if choice_of(olds.get("source") or {}) == choice_of(news.get("source") or {}):
        return []
    text = (
        f"{news['vm']}: its source.disks are declared otherwise than before. Which disks replicate is settled when it "
        f"is protected, and whether the new choice fits cannot be told now, while the VM is not on premises or its "
        f"host's disks are not known. Take the change back, and make it when the VM is back on premises. To replicate "
        f"other disks, {_ANEW}"
    )
    return [CheckFailure("source.disks", text)]


def _discovered(news: Mapping[str, Any]) -> ProtectableItemRecord:
    vm_id = (news.get("source") or {}).get("vmId")
    return find_vm(service_of(news), news["containerId"], news["vm"], vm_id, max_age_seconds=_READ_AGAIN_AFTER_SECONDS)


def _fixed_failures(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[CheckFailure]:
    vm = news.get("vm")
    if not olds.get("containerId"):
        return []  # nothing is protected yet, so everything can still be another
    failures = [
        CheckFailure(key, f"{vm}: its {_WORDS.get(key, key)} cannot be changed while it is protected: {FIXED[key]}")
        for key in changed_keys(olds, news, FIXED)
    ]
    before, after = olds.get("azure") or {}, news.get("azure") or {}
    settled = sorted(key for key in {*before, *after} if key not in CHANGEABLE)
    failures += [
        CheckFailure(f"azure.{key}", f"{vm}: its {names_of([key])} cannot be changed while it is protected: {_ANEW}")
        for key in changed_keys(before, after, settled)
    ]
    if changed_keys(olds.get("source") or {}, news.get("source") or {}, ["osType"]):
        failures.append(CheckFailure("source.osType", f"{vm}: its osType is settled when it is protected: {_ANEW}"))
    return failures


def _unconfirmed(failures: list[CheckFailure], item_id: str | None, news: Mapping[str, Any]) -> list[CheckFailure]:
    """Without those by which the stack only takes up what the VM has in Azure: somebody protected it anew by hand."""
    if not failures or not item_id:
        return failures
    try:
        item = survey_of(service_of(news)).inventory().item(item_id)
    except SiteRecoveryError:
        return failures
    return [failure for failure in failures if item is None or not _is_so(item, failure.property, news)]


def _is_so(item: ItemRecord, key: str, news: Mapping[str, Any]) -> bool:
    if key == "policyId":
        return same_id(item.policy_id, news.get("policyId"))
    setting = key.removeprefix("azure.")
    return setting != key and is_settled_so(item, setting, (news.get("azure") or {}).get(setting))


def _say_other_policy(news: Mapping[str, Any], item: ItemRecord) -> None:
    policy = news.get("policyId")
    if policy is None or is_unknown(policy) or item.policy_id is None or same_id(item.policy_id, policy):
        return
    name = item.policy_name or last_segment(item.policy_id)
    text = (
        f"{news['vm']} is protected with policy {name} in Azure, by hand: declare that one, which changes nothing there"
    )
    current_operation().say(Severity.WARNING, text)


_WORDS = {"policyId": "policy"}


def _cannot_be_adopted(
    news: Mapping[str, Any], item: ItemRecord, vm: ProtectableItemRecord | None
) -> list[CheckFailure]:
    name, wanted = news["vm"], news["azure"]
    failures = _disk_failures(news, item, vm) if vm is not None else []
    policy = news.get("policyId")
    if not is_unknown(policy) and not same_id(item.policy_id, policy):
        text = f"{name} is protected already, with policy {item.policy_name}: declare it with that one. "
        failures.append(CheckFailure("policyId", text + FIXED["policyId"][0].upper() + FIXED["policyId"][1:]))
    if is_unknown(wanted):
        return failures
    failures += [
        CheckFailure(f"azure.{key}", f"{name} is protected already, with {names_of([key])} {value}: declare that one")
        for key, value in settled_otherwise(item, wanted).items()
    ]
    other = differing(item, wanted)
    text = f"{name} is protected already: it is adopted as it is, and nothing is changed in Azure by this `up`"
    if other:
        text += f". Declared otherwise, and changed by the next one: {told(other, wanted)}"
    current_operation().say(Severity.WARNING if other else Severity.INFO, text)
    return failures


def told(seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Differences, as `size (Azure: Standard_D2s_v5, declared: Standard_D4s_v5)`."""
    return ", ".join(f"{names_of([key])} (Azure: {seen[key] or 'none'}, declared: {wanted[key]})" for key in seen)


def _disk_failures(news: Mapping[str, Any], item: ItemRecord, vm: ProtectableItemRecord) -> list[CheckFailure]:
    problems = disk_problems(item, vm, news.get("source") or {})
    one = f"--target '**ProtectionDirection::{news['vm']}'"
    past = f". VMs can be moved past this: `pulumi up --strict {one}` moves this one"
    return [CheckFailure("source.disks", problem + past) for problem in problems]
