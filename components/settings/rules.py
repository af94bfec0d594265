"""What two settings together can get wrong. Each rule yields all that it finds; none of them stops another."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from components.settings.addresses import network_rules, vm_address_rules
from components.settings.base import AZURE_VM_NAME, is_arm_id
from components.settings.draft import Draft, DraftVm, at
from components.settings.explain import unknown_key
from components.settings.moves import Completion, Move, RecoveryVm, WindowedCompletion
from components.settings.permits import Attested, Permit
from components.settings.problems import Path, Problem
from components.settings.vm import OF_ONE_VM
from lifecycle.blockers import RULES, Code
from lifecycle.options import DataSync, FailoverMode, RecoveryPointChoice
from lifecycle.steps import Step
from site_recovery.estate_records import SET_UP_POLICY


def broken_rules(draft: Draft) -> Iterator[Problem]:
    """Every rule that the configuration breaks. Problems of values inherited by many VMs come once for each."""
    for rule in _RULES:
        yield from rule(draft)
    for vm in draft.vms:
        for vm_rule in _VM_RULES:
            yield from vm_rule(draft, vm)


def _shared_stack(draft: Draft) -> Iterator[Problem]:
    if draft.file.shared_stack is not None and not draft.file.vault.adopt:
        yield Problem(
            at("sharedStack"),
            "takes the vault from another stack, but vault.adopt is false",
            "write adopt: true in vault, or take sharedStack out",
        )


def _storage_accounts(draft: Draft) -> Iterator[Problem]:
    for name, account in draft.file.storage_accounts.items():
        written = sorted(account.model_fields_set - {"id"})
        if account.id is not None and written:
            keys = ", ".join(written)
            what = f"refers to an account that exists (id), and says how to make it ({keys})"
            yield Problem(at("storageAccounts", name), what, "write one or the other")


def _network_mappings(draft: Draft) -> Iterator[Problem]:
    for name, mapping in draft.file.network_mappings.items():
        path = at("networkMappings", name)
        if mapping.vmm_server.casefold() in {site.casefold() for site in draft.declared("sites")}:
            what = f"'{mapping.vmm_server}' is a Hyper-V site, which has no networks to map: only a VMM server has"
            yield Problem((*path, "vmmServer"), what, "take the mapping out: VMs of a site come up in target.network")
        yield from _reference((*path, "network"), mapping.network, "networks", draft)


def _dismantle(draft: Draft) -> Iterator[Problem]:
    dismantle, vault = draft.file.dismantle, draft.file.vault.name
    if dismantle is None or "vault" not in draft.values:
        return
    for key, name in (("vault", dismantle.vault), ("confirm", dismantle.confirm)):
        if name != vault:
            what = f"'{name}' is not the vault of this stack"
            yield Problem(at("dismantle", key), what, f"write {vault} if it is to be dismantled")


_NAMED = ("vms", "tiers", "sites", "policies", "networks", "networkMappings", "storageAccounts", "resourceGroups")


def _same_but_for_case(draft: Draft) -> Iterator[Problem]:
    """Azure and Hyper-V compare names without regard to case: two such names would be one thing."""
    for key in _NAMED:
        first: dict[str, str] = {}
        for name in draft.declared(key):
            other = first.setdefault(name.lower(), name)
            if other != name:
                yield Problem(at(key, name), f"is '{other}' but for upper and lower case", "keep one of the two")


def _reserved(draft: Draft) -> Iterator[Problem]:
    """A policy of this name is deleted wherever a vault is set up, whoever made it."""
    for name in draft.declared("policies"):
        if name.lower() == SET_UP_POLICY:
            what = "is the name of the policy by which this project sets a vault up, and which it deletes again"
            yield Problem(at("policies", name), what, "choose another name")


def _of_one_vm(draft: Draft) -> Iterator[Problem]:
    places: list[tuple[Path, object]] = [(at("defaults"), draft.values.get("defaults"))]
    tiers = draft.values.get("tiers")
    places += [(at("tiers", name), tier) for name, tier in tiers.items()] if isinstance(tiers, Mapping) else []
    for path, values in places:
        for keys in OF_ONE_VM:
            if len(keys) > 1 and _is_written(values, keys):
                written = ".".join(keys)
                what, mend = f"{written} belongs to one VM", f"write it for each VM: {at('vms')[0]}.NAME.{written}"
                yield Problem((*path, *keys), what, mend)


def _is_written(values: object, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(values, Mapping) or values.get(key) is None:
            return False
        values = values[key]
    return True


def _permits(draft: Draft) -> Iterator[Problem]:
    lists: tuple[tuple[str, tuple[Permit, ...]], ...] = (
        ("waivers", draft.file.waivers),
        ("attestations", draft.file.attestations),
        ("approvals", draft.file.approvals),
    )
    for key, permits in lists:
        for index, permit in enumerate(permits):
            yield from _reference(at(key, index, "vm"), permit.vm, "vms", draft)


def _about_a_failover(draft: Draft) -> Iterator[Problem]:
    for index, stated in enumerate(draft.file.attestations):
        if stated.failover_job is not None and stated.what is not Attested.SOURCE_OFF:
            what = f"is written, but {stated.what} is about no failover that was made"
            yield Problem(at("attestations", index, "failoverJob"), what, "take it out, or write what: sourceOff")


def _waived_codes(draft: Draft) -> Iterator[Problem]:
    for index, waiver in enumerate(draft.file.waivers):
        if waiver.code not in set(Code):
            what = f"'{waiver.code}' is not the code of a blocker"
            yield Problem(at("waivers", index, "code"), what, unknown_key(waiver.code, Code))
        elif not RULES[Code(waiver.code)].waivable:
            # It would stand there as if it allowed something.
            what = f"'{waiver.code}' is a blocker that cannot be waived"
            yield Problem(at("waivers", index, "code"), what, "take the waiver out, and do what the blocker asks for")


def _default_tier(draft: Draft) -> Iterator[Problem]:
    if draft.file.defaults.tier is not None:
        yield from _reference(at("defaults", "tier"), draft.file.defaults.tier, "tiers", draft)


def _one_azure_name(draft: Draft) -> Iterator[Problem]:
    """Two VMs of one resource group cannot have one name in Azure."""
    taken: dict[tuple[str, str], str] = {}
    for vm in draft.vms:
        target = vm.settings.target
        name, group = target.name or vm.settings.name, target.resource_group or draft.file.vault.resource_group
        other = taken.setdefault((group.lower(), name.lower()), vm.settings.name)
        if other.lower() != vm.settings.name.lower():
            what = f"'{name}' is the name of {other} in resource group {group} as well"
            yield vm.problem(("target", "name"), what, "give one of the two another name or resource group")


def _one_vm_id(draft: Draft) -> Iterator[Problem]:
    users: dict[str, list[DraftVm]] = defaultdict(list)
    for vm in draft.vms:
        if vm.settings.source.vm_id is not None:
            users[vm.settings.source.vm_id.lower()].append(vm)
    for first, *others in users.values():
        for vm in others:
            what = f"is the id of {first.settings.name} as well"
            yield vm.problem(("source", "vmId"), what, "declare the VM once")


def _azure_name(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    """Hyper-V takes nearly any name, Azure does not, and nobody but the operator can say what it is to be there."""
    name = vm.settings.name
    if vm.settings.target.name is None and not AZURE_VM_NAME.fits(name):
        what = f"is not written, and '{name}' is not a name that an Azure VM can have"
        yield vm.problem(("target", "name"), what, f"write the VM's name in Azure: {AZURE_VM_NAME.mend}")


def _references(draft: Draft, vm: DraftVm) -> Iterator[Problem]:
    settings = vm.settings
    named = (
        (("tier",), settings.tier, "tiers"),
        (("target", "storageAccount"), settings.target.storage_account, "storageAccounts"),
        (("target", "logStorageAccount"), settings.target.log_storage_account, "storageAccounts"),
    )
    for keys, name, declared_in in named:
        if name is not None:
            yield from _reference(vm.problem(keys, "", "").path, name, declared_in, draft)


def _reference(path: Path, name: str, declared_in: str, draft: Draft) -> Iterator[Problem]:
    known = draft.declared(declared_in)
    if not is_arm_id(name) and name not in known:
        yield Problem(path, f"'{name}' is not declared in site-recovery:{declared_in}", unknown_key(name, known))


def _planned(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    failover = vm.settings.failover
    if failover.mode is not FailoverMode.PLANNED:
        return
    mend = "write failover.mode: unplanned, or take this out"
    if not failover.shutdown_source:
        what = "is false, but a planned failover always shuts the source down"
        yield vm.problem(("failover", "shutdownSource"), what, mend)
    if failover.recovery_point != RecoveryPointChoice.LATEST:
        what = f"is '{failover.recovery_point}', but a planned failover sends the last changes and uses no older point"
        yield vm.problem(("failover", "recoveryPoint"), what, mend)
    if failover.change_recovery_point is not None:
        what = "is written, but a planned failover loses nothing and has no other recovery point"
        yield vm.problem(("failover", "changeRecoveryPoint"), what, mend)


def _changed_point(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    if vm.settings.failover.change_recovery_point == RecoveryPointChoice.LATEST:
        what = "is latest, but a change starts from a point that exists: no new one is made for it"
        mend = "write latestProcessed, latestAppConsistent, the id of one, or a time with its zone"
        yield vm.problem(("failover", "changeRecoveryPoint"), what, mend)


def _app_consistent(draft: Draft, vm: DraftVm) -> Iterator[Problem]:
    policy = draft.file.policies.get(vm.settings.policy)
    if policy is None or policy.app_consistent_frequency_hours > 0:
        return
    failover = vm.settings.failover
    for key, point in (
        ("recoveryPoint", failover.recovery_point),
        ("changeRecoveryPoint", failover.change_recovery_point),
    ):
        if point == RecoveryPointChoice.LATEST_APP_CONSISTENT:
            what = f"is latestAppConsistent, but policy {vm.settings.policy} takes no application-consistent points"
            yield vm.problem(
                ("failover", key), what, "choose another point, or set the policy's appConsistentFrequencyHours"
            )


def _failback(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    failback = vm.settings.failback
    if isinstance(failback.completion, WindowedCompletion):
        window = failback.completion.window
        if window.to <= window.from_:
            what = f"the window ends ({window.to.isoformat()}) before it begins ({window.from_.isoformat()})"
            yield vm.problem(("failback", "completion", "window", "to"), what, "write a later end")
    if failback.recovery_host is not None and failback.recovery_vm is not RecoveryVm.CREATE:
        what = "is written, but recoveryVm is noAction: the VM is failed back to where it is"
        mend = "write failback.recoveryVm: create, or take this out"
        yield vm.problem(("failback", "recoveryHost"), what, mend)
    if failback.data_sync is DataSync.DURING_FAILOVER:
        why = "dataSync: duringFailover runs through without a stop"
        mend = "write failback.dataSync: beforeFailover, or take this out"
        if failback.completion is not Completion.AUTOMATIC:
            what = f"says when the failover is completed, but {why}"
            yield vm.problem(("failback", "completion"), what, mend)
        if vm.settings.hold_after is Step.SYNCHRONIZE:
            yield vm.problem(("holdAfter",), f"is synchronize, but {why}", mend)


def _hold_after_verify(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    # Of both moves: the flip of a direction on a bad day must not be what makes the file wrong.
    unchecked = [move for move in Move if not any(check.applies_after(move) for check in vm.settings.verification)]
    if vm.settings.hold_after is Step.VERIFY and unchecked:
        where = f" after a {unchecked[0]}" if vm.settings.verification else ""
        what = f"is verify, but no verification is declared{where}"
        yield vm.problem(("holdAfter",), what, "declare one, or hold after failover or completeFailover")


def _hold_after_changed_point(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    if vm.settings.hold_after is Step.CHANGE_RECOVERY_POINT and vm.settings.failover.change_recovery_point is None:
        what = "is changeRecoveryPoint, but failover.changeRecoveryPoint is not written"
        yield vm.problem(("holdAfter",), what, "write it, or hold after failover")


def _verification(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    for index, check in enumerate(vm.settings.verification):
        kinds = [key for key in ("tcp", "http", "tls", "command") if getattr(check, key) is not None]
        if len(kinds) != 1:
            found = vm.problem(("verification",), "", "").path
            what = f"holds {', '.join(kinds)}" if kinds else "holds no check"
            yield Problem(
                (*found, index), what, "write exactly one of tcp, http, tls, command; one entry for each check"
            )


def _disks(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    disks = vm.settings.source.disks
    if disks.include and disks.exclude:
        what = "is written beside include, which leaves out all others already"
        yield vm.problem(("source", "disks", "exclude"), what, "write one of the two")


def _hardware(_: Draft, vm: DraftVm) -> Iterator[Problem]:
    target = vm.settings.target
    if target.availability_set is not None and target.zone is not None:
        what = "is written beside availabilitySet: a VM is in a zone or in a set"
        yield vm.problem(("target", "zone"), what, "write one of the two")
    if target.managed_disks:
        return
    if target.storage_account is None:
        what = "is false, but there is no storageAccount to keep the disks in"
        yield vm.problem(("target", "managedDisks"), what, "write target.storageAccount, or managedDisks: true")
    for key, value in (("zone", target.zone), ("diskType", target.disk_type)):
        if value is not None:
            what = "is written, but managedDisks is false"
            yield vm.problem(("target", key), what, "write managedDisks: true, or take this out")


_RULES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    _shared_stack,
    network_rules,
    _storage_accounts,
    _network_mappings,
    _dismantle,
    _same_but_for_case,
    _reserved,
    _of_one_vm,
    _permits,
    _about_a_failover,
    _waived_codes,
    _default_tier,
    _one_azure_name,
    _one_vm_id,
)

_VM_RULES: tuple[Callable[[Draft, DraftVm], Iterator[Problem]], ...] = (
    _azure_name,
    _references,
    _planned,
    _changed_point,
    _app_consistent,
    _failback,
    _hold_after_verify,
    _hold_after_changed_point,
    _verification,
    _disks,
    _hardware,
    vm_address_rules,
)
