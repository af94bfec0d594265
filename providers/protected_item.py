"""One Hyper-V VM protected in the vault: what the service calls a replication protected item.

Creating it adopts an item that exists. Removing it changes nothing in Azure, unless the estate is being dismantled.
Nothing about it is ever a replace, since a replace would end the protection of the VM: what the service can change is
changed in place, at once or, where the VM's stage forbids it, by a later `up`; any other change is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import Input, Output

from providers.dismantling import dismantled, is_dismantled, refuse_while_in_the_way
from providers.item_checks import FIXED, checked_again, checked_new
from providers.item_settings import differing, names_of
from providers.item_update import brought_in_line, is_settling, must_wait
from providers.landing_to_come import stays_or_has_become, will_become
from providers.left_out import left_out_of_item, refuse_left_out, say_left_alone
from providers.operation import Operation, PartialFailure, Severity, current_operation
from providers.progress import job_progress
from providers.properties import SnakeCaseOutputs, changed_keys, plain
from providers.protectable_vms import enable_settings, find_item, find_vm
from providers.vault_access import service_of
from site_recovery.errors import NotFoundError, SiteRecoveryError, StillRunningError
from site_recovery.first_replication import is_replicating_first, shows_nothing_yet
from site_recovery.records import ItemRecord, ProtectableItemRecord, last_segment
from site_recovery.service import SiteRecovery

_HOURS_OF_INITIAL_REPLICATION = 48
# Many VMs are protected at once, and all are found in one reading of the site.
_SHARED_FOR_SECONDS = 5.0
_COMPARED = (*FIXED, "azure", "source", "waitForInitialReplication", "dismantle")
_INPUTS = (*_COMPARED, "containerId", "made", "stepLimitMinutes", "itemId")


class ItemProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        olds, news = plain(olds), plain(news)
        missing = left_out_of_item(news)
        if missing:
            say_left_alone(str(news.get("vm")), missing, "Nothing of it is changed in Azure")
            return CheckResult(plain({**news, "itemId": olds.get("itemId")}), [])
        item_id, failures = checked_again(olds, news) if olds.get("target") else checked_new(news)
        return CheckResult(news if item_id is None else {**news, "itemId": item_id}, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        olds, news = plain(olds), plain(news)
        changed = changed_keys(olds, news, _COMPARED)
        if olds.get("itemId"):
            stays_or_has_become(olds["itemId"])
            if "azure" in changed and not left_out_of_item(news):
                _tell_of_the_change(olds, news)
        appears = not olds.get("containerId") and bool(news.get("containerId"))
        return DiffResult(changes=bool(changed) or appears, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        props = plain(props)
        refuse_left_out(props["vm"], left_out_of_item(props))
        outs = _protected(props)
        return CreateResult(outs["itemId"] or f"pending:{outs['site']}/{outs['vm']}", outs)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        olds, news = plain(olds), plain(news)
        refuse_left_out(news["vm"], left_out_of_item(news))
        if not olds.get("itemId"):
            return UpdateResult(_protected(news))
        service, operation = service_of(news), current_operation()
        item = _existing(service, olds["itemId"])
        before, after = olds.get("azure", {}), news.get("azure", {})
        item, azure = brought_in_line(service, operation, item, before, after)
        stays_or_has_become(olds["itemId"])
        outs = _outputs({**news, "azure": azure}, _waited(service, operation, item, {**news, "azure": azure}))
        return UpdateResult({**outs, "deferred": sorted(changed_keys(azure, after, {*azure, *after}))})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = plain(props)
        if not props.get("itemId"):
            return ReadResult(id_, props)
        item = service_of(props).inventory().item(props["itemId"])
        if item is None:
            return ReadResult("", {})
        azure = {**props.get("azure", {}), **differing(item, props.get("azure", {}))}
        outs = {**_outputs({**props, "azure": azure}, item), "deferred": props.get("deferred", [])}
        return ReadResult(id_, outs, {key: value for key, value in outs.items() if key in _INPUTS})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props, operation = plain(props), current_operation()
        if not is_dismantled(props):
            left = "nothing is changed in Azure, it stays protected as it is"
            operation.say(Severity.WARNING, f"{props.get('vm')} is no longer declared; {left}")
        elif props.get("itemId"):
            service = service_of(props)
            refuse_while_in_the_way(service)
            why = "as the last `pulumi up` was told to dismantle this estate"
            operation.say(Severity.WARNING, f"{props['vm']}: its replication is disabled now, {why}")
            with dismantled(f"the protection of {props['vm']}"):
                service.protection.disable(
                    props["itemId"],
                    on_progress=job_progress(operation, props["vm"]),
                    cancelled=operation.cancelled,
                )
            service.invalidate()


class ProtectedItem(SnakeCaseOutputs, Resource, module="siteRecovery", name="ProtectedItem"):
    """A VM that is protected. `azure` has what it becomes in Azure, all ids resolved:

    vmName, resourceGroupId, networkId?, subnet?, staticIp?, testNetworkId?, testSubnet?, testStaticIp?, size?,
    storageAccountId?, logStorageAccountId?, managedDisks, diskType?, availabilitySetId?, zone?, licenseType?,
    sqlServerLicenseType?, rdp, tags?. `source` has osType?, vmId?, disks {include, exclude}. `made` are the keys of
    `azure` whose network, account or group the stack itself makes.

    `item_id` is empty while no host has registered with the site; `deferred` are the settings whose change waits.
    """

    item_id: Output[str]
    item_name: Output[str]
    azure_vm_name: Output[str]
    replication_health: Output[str]
    deferred: Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        site: str,
        vm: str,
        container_id: Input[str],
        policy_id: Input[str],
        azure: Input[Mapping[str, Any]],
        source: Mapping[str, Any],
        made: Sequence[str] = (),
        wait_for_initial_replication: bool,
        step_limit_minutes: float | None = None,
        dismantle: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "site": site,
            "vm": vm,
            "containerId": container_id,
            "policyId": policy_id,
            "azure": azure,
            "source": dict(source),
            "made": list(made),
            "waitForInitialReplication": wait_for_initial_replication,
            "stepLimitMinutes": step_limit_minutes,
            "dismantle": dismantle,
            "itemId": None,
            "itemName": None,
            "azureVmName": None,
            "replicationHealth": None,
            "deferred": None,
        }
        super().__init__(ItemProvider(), resource_name, props, opts)


def _protected(props: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a VM that is found protected, or is protected now; or pending, as long as there is no host."""
    if not props.get("containerId"):
        return {**props, "itemId": "", "itemName": "", "azureVmName": "", "replicationHealth": "", "deferred": []}
    service, operation, wanted = service_of(props), current_operation(), props["azure"]
    found = _found(service, operation, props)
    if isinstance(found, ItemRecord):
        item = found
        operation.say(Severity.INFO, f"{props['vm']} is protected already: adopted, nothing is changed in Azure")
        azure = {**wanted, **differing(item, wanted)}
    else:
        item = service.protection.enable(
            props["containerId"],
            item_name=found.name,
            settings=enable_settings(found, props),
            on_progress=job_progress(operation, props["vm"]),
            cancelled=operation.cancelled,
        )
        service.invalidate()
        item, azure = brought_in_line(service, operation, item, {**wanted, **differing(item, wanted)}, wanted)
    props = {**props, "azure": azure}
    outs = _outputs(props, _waited(service, operation, item, props))
    return {**outs, "deferred": sorted(changed_keys(azure, wanted, {*azure, *wanted}))}


def _tell_of_the_change(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    try:
        item = service_of(news).inventory().item(olds["itemId"])
    except SiteRecoveryError:
        return  # the check has told
    why = must_wait(item) if item is not None and not is_settling(item) else ""
    before, after = olds.get("azure") or {}, news.get("azure") or {}
    changed = changed_keys(before, after, {*before, *after})
    if why:
        current_operation().say(Severity.WARNING, f"{news['vm']}: {names_of(changed)} will be deferred: {why}")
    else:
        will_become(olds["itemId"], {key: after.get(key) for key in changed}, news.get("made") or ())


def _existing(service: SiteRecovery, item_id: str) -> ItemRecord:
    item = service.item(item_id)
    if item is None:
        raise NotFoundError(
            f"the protected item {last_segment(item_id)} is not in the vault",
            f"{service.vault}",
            "run `pulumi refresh`",
        )
    return item


def _found(service: SiteRecovery, operation: Operation, props: Mapping[str, Any]) -> ItemRecord | ProtectableItemRecord:
    """The VM's item or, while it has none, the VM. One that is gone from its host may have an item still."""
    container_id, name, vm_id = props["containerId"], props["vm"], (props.get("source") or {}).get("vmId")
    try:
        vm = find_vm(service, container_id, name, vm_id, max_age_seconds=_SHARED_FOR_SECONDS)
    except NotFoundError:
        item = find_item(service, container_id, name, vm_id)
        if item is None:
            raise
        return item
    return vm if vm.protected_item_id is None else _shown(service, operation, vm, vm.protected_item_id)


def _shown(service: SiteRecovery, operation: Operation, vm: ProtectableItemRecord, item_id: str) -> ItemRecord:
    """The item that a discovered VM names: named as soon as its enabling begins, and there only when that has ended.

    A run that was killed may have begun it, or somebody else. It ends with the job's error where that fails.
    """
    item = service.item(item_id)
    if item is None:
        name = vm.friendly_name
        operation.say(Severity.INFO, f"{name}: its protection has begun already; waiting for it to be there")
        item = service.protection.wait_enabled(
            item_id, vm=vm, on_progress=job_progress(operation, name), cancelled=operation.cancelled
        )
        service.invalidate()
    return item


def _waited(service: SiteRecovery, operation: Operation, item: ItemRecord, props: Mapping[str, Any]) -> ItemRecord:
    """The item once its first replication is done, when the stack says so. No other stage is waited for."""
    if not props.get("waitForInitialReplication"):
        return item
    if not is_replicating_first(item) and not shows_nothing_yet(item):
        return item
    vm = props["vm"]

    def tell(seen: ItemRecord) -> None:
        percent = seen.initial_replication_percent
        # In tens: an engine without a terminal prints every message on a line of its own.
        done = f", {percent // 10 * 10} %" if percent is not None else ""
        operation.say(Severity.INFO, f"{vm}: {seen.protection_state_description}{done}", ephemeral=True)

    try:
        return service.protection.wait_protected(
            item.id,
            on_progress=tell,
            cancelled=operation.cancelled,
            timeout_seconds=float(props.get("stepLimitMinutes") or _HOURS_OF_INITIAL_REPLICATION * 60) * 60,
        )
    except StillRunningError as error:
        waits = "it goes on by itself. Run `pulumi up --strict` again to wait for it"
        text = f"{vm}: initial replication is still running; {waits}"
        raise PartialFailure(item.id, _outputs(props, item), dict(props), [text]) from error


def _outputs(props: Mapping[str, Any], item: ItemRecord) -> dict[str, Any]:
    outs: dict[str, Any] = plain(
        {
            **props,
            "itemId": item.id,
            "itemName": item.name,
            "azureVmName": item.recovery_vm_name,
            "replicationHealth": item.replication_health,
            "deferred": [],
        }
    )
    return outs
