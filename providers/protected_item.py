"""One Hyper-V VM protected in the vault: what the service calls a replication protected item.

Creating it adopts an item that exists. Removing it changes nothing in Azure. Nothing about it is ever a replace, since
a replace would end the protection of the VM: a setting that the service cannot change is an error in the preview.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Input, Output

from providers.operation import Operation, PartialFailure, Severity, current_operation
from providers.properties import SnakeCaseOutputs, changed_keys, is_unknown, plain
from providers.protectable_vms import enable_settings, find_vm
from providers.vault_access import service_of
from site_recovery.errors import NotFoundError, SiteRecoveryError, StillRunningError
from site_recovery.protection import ItemUpdate
from site_recovery.records import ItemRecord, JobRecord, last_segment
from site_recovery.service import SiteRecovery

# What the service changes in place: the keys of `azure` here, the fields of its update there.
_CHANGEABLE = {
    "vmName": "recovery_vm_name",
    "size": "recovery_vm_size",
    "networkId": "recovery_network_id",
    "resourceGroupId": "recovery_resource_group_id",
    "subnet": "recovery_subnet",
    "staticIp": "recovery_static_ip",
    "licenseType": "license_type",
}
_NIC = ("networkId", "subnet", "staticIp")
_FIXED: dict[str, str] = {
    "target": "declare the VM in a stack of the other cloud instead",
    "vault": "declare the VM in a stack of the other vault instead",
    "site": "a VM belongs to the site of its host; declare it where it is",
    "vm": "declare the other VM beside this one",
    "policyId": "the service has no call that moves a protected VM to another policy: change the policy itself, or "
    "disable the VM's protection in Azure and protect it anew with the other policy",
    "source": "which disks replicate is settled when protection is enabled: disable the VM's protection in Azure and "
    "protect it anew (this copies all its data again)",
}
_HOURS_OF_INITIAL_REPLICATION = 48


class ItemProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        olds, news = plain(olds), plain(news)
        failures = _unchangeable(olds, news) if olds.get("target") else _undiscovered(news)
        return CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=bool(changed_keys(plain(olds), plain(news), _COMPARED)), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        props = plain(props)
        service, operation = service_of(props), current_operation()
        vm = find_vm(service, props["containerId"], props["vm"], props.get("source", {}).get("vmId"))
        if vm.protected_item_id is not None:
            item = _existing(service, vm.protected_item_id)
            operation.say(Severity.INFO, f"{props['vm']} is protected already: adopted, nothing is changed in Azure")
        else:
            item = service.protection.enable(
                props["containerId"],
                item_name=vm.name,
                settings=enable_settings(vm, props),
                on_progress=_job_progress(operation, props["vm"]),
                cancelled=operation.cancelled,
            )
        service.invalidate()
        return CreateResult(item.id, _outputs(props, _waited(service, operation, item, props)))

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        olds, news = plain(olds), plain(news)
        service, operation = service_of(news), current_operation()
        item = _existing(service, id_)
        change = _item_update(olds.get("azure", {}), news.get("azure", {}), item)
        if change is not None:
            item = service.protection.update(
                id_, change=change, on_progress=_job_progress(operation, news["vm"]), cancelled=operation.cancelled
            )
            service.invalidate()
        return UpdateResult(_outputs(news, _waited(service, operation, item, news)))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = plain(props)
        item = service_of(props).inventory().item(id_)
        return ReadResult(id_, _outputs(props, item)) if item is not None else ReadResult("", {})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        current_operation().say(
            Severity.WARNING,
            f"{props.get('vm')} is no longer declared; nothing is changed in Azure, it stays protected as it is",
        )


_COMPARED = (*_FIXED, "azure", "waitForInitialReplication")


class ProtectedItem(SnakeCaseOutputs, Resource, module="siteRecovery", name="ProtectedItem"):
    """A VM that is protected. `azure` has what it becomes in Azure, all ids resolved:

    vmName, resourceGroupId, networkId?, subnet?, staticIp?, size?, storageAccountId?, logStorageAccountId?,
    managedDisks, licenseType?, zone?, and `extra` (further fields of the service's own input). `source` has osType?,
    vmId?, disks {include, exclude}.
    """

    item_name: Output[str]
    azure_vm_name: Output[str]
    replication_health: Output[str]

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
        wait_for_initial_replication: bool,
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
            "waitForInitialReplication": wait_for_initial_replication,
            "itemName": None,
            "azureVmName": None,
            "replicationHealth": None,
        }
        super().__init__(ItemProvider(), resource_name, props, opts)


def _undiscovered(news: Mapping[str, Any]) -> list[CheckFailure]:
    """A VM that the service does not show is an error of the preview, as soon as there is a site to look into."""
    if is_unknown(news.get("containerId")):
        return []
    try:
        find_vm(service_of(news), news["containerId"], news["vm"], news.get("source", {}).get("vmId"))
    except SiteRecoveryError as error:
        return [CheckFailure("vm", str(error))]
    return []


def _unchangeable(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[CheckFailure]:
    vm = news.get("vm")
    failures = [
        CheckFailure(key, f"{vm}: its {key} cannot be changed while it is protected: {_FIXED[key]}")
        for key in changed_keys(olds, news, _FIXED)
    ]
    before, after = olds.get("azure") or {}, news.get("azure") or {}
    keys = sorted(key for key in {*before, *after} if key not in _CHANGEABLE)
    failures += [
        CheckFailure(
            f"azure.{key}",
            f"{vm}: its {key} cannot be changed while it is protected: disable its protection in Azure and protect it "
            "anew (this copies all its data again), or take the change back",
        )
        for key in changed_keys(before, after, keys)
    ]
    return failures


def _existing(service: SiteRecovery, item_id: str) -> ItemRecord:
    item = service.item(item_id)
    if item is None:
        raise NotFoundError(
            f"the protected item {last_segment(item_id)} is not in the vault",
            f"{service.vault}",
            "run `pulumi refresh`",
        )
    return item


def _item_update(before: Mapping[str, Any], after: Mapping[str, Any], item: ItemRecord) -> ItemUpdate | None:
    changed = changed_keys(before, after, _CHANGEABLE)
    if not changed:
        return None
    change = ItemUpdate(**{_CHANGEABLE[key]: after.get(key) for key in changed})
    if any(key in _NIC for key in changed):
        nic = item.nics[0].id if item.nics else None
        # The service takes a network card as a whole.
        change = replace(
            change,
            nic_id=nic,
            recovery_network_id=after.get("networkId"),
            recovery_subnet=after.get("subnet"),
            recovery_static_ip=after.get("staticIp"),
        )
    return change


def _job_progress(operation: Operation, vm: str) -> Any:
    def tell(job: JobRecord) -> None:
        task = job.current_task
        doing = task.friendly_name if task else job.state_description
        operation.say(Severity.INFO, f"{vm}: {job.friendly_name}: {doing}", ephemeral=True)

    return tell


def _waited(service: SiteRecovery, operation: Operation, item: ItemRecord, props: Mapping[str, Any]) -> ItemRecord:
    """The item once its first replication is done, when the stack says to wait for that."""
    if not props.get("waitForInitialReplication"):
        return item
    vm = props["vm"]

    def tell(seen: ItemRecord) -> None:
        percent = seen.initial_replication_percent
        done = f", {percent} %" if percent is not None else ""
        operation.say(Severity.INFO, f"{vm}: {seen.protection_state_description}{done}", ephemeral=True)

    try:
        return service.protection.wait_protected(
            item.id,
            on_progress=tell,
            cancelled=operation.cancelled,
            timeout_seconds=_HOURS_OF_INITIAL_REPLICATION * 3600,
        )
    except StillRunningError as error:
        text = f"{vm}: initial replication is still running; it goes on by itself. Run `pulumi up` again to wait for it"
        raise PartialFailure(item.id, _outputs(props, item), dict(props), [text]) from error


def _outputs(props: Mapping[str, Any], item: ItemRecord) -> dict[str, Any]:
    outs: dict[str, Any] = plain(
        {
            **props,
            "itemName": item.name,
            "azureVmName": item.recovery_vm_name,
            "replicationHealth": item.replication_health,
        }
    )
    return outs
