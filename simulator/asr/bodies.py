"""What a client sees of jobs and protected items, with the nulls and omissions of the recorded answers."""

from __future__ import annotations

from typing import Any

from simulator.asr.records import Job, ProtectedItem, Task
from simulator.asr.replication import health, rpo_of
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Stage, job_row, row
from simulator.clock import NEVER, written
from simulator.ids import AZURE_CONTAINER, AZURE_FABRIC, derived_guid
from simulator.inventory import HostVm
from simulator.store import Document

AZURE = "Microsoft Azure"
ITEM_TYPE = (
    "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems"
)
JOB_TYPE = "Microsoft.RecoveryServices/vaults/replicationJobs"
_TEST_FAILOVER = {
    "None": "None",
    "WaitingForCompletion": "Waiting for user input",
    "MarkedForDeletion": "Cleaning up test environment",
}
# Settings that are kept for disks, whose details show them, and for the guest's system.
_NOT_SHOWN = frozenset({"disks", "diskSizes", "diskTargets", "userSelectedOSName"})
_WINDOWS_PRODUCT = "VER_NT_SERVER"


def body_of(asr: SiteRecovery, resource: str) -> Any:
    """The GET body of a resource of Site Recovery by its id, or None if it is gone."""
    item = asr.items.get(resource)
    if item is not None:
        return item_json(asr, item) if item.visible else None
    job = asr.jobs.get(resource.rsplit("/", 1)[-1])
    if job is not None and job.id.lower() == resource.lower():
        return job_json(asr, job)
    tables = (
        asr.fabrics,
        asr.providers,
        asr.containers,
        asr.mappings,
        asr.policies,
        asr.network_mappings,
        asr.plans,
    )
    return next((table.get(resource) for table in tables if resource in table), None)


def item_json(asr: SiteRecovery, item: ProtectedItem) -> bytes:
    """The JSON of a protected item. Progress of initial replication moves by itself and is not kept."""
    if item.stage == Stage.INITIAL_REPLICATION:
        asr.stale(item.key)
    return asr.rendered(item.key, lambda: _item_body(asr, item), of=rpo_of(item, asr.world.look_at)[0])


def job_json(asr: SiteRecovery, job: Job) -> bytes:
    """The JSON of a job as GET gives it: everything."""
    return asr.rendered(job.name, lambda: job_body(job))


def listed_job_json(asr: SiteRecovery, job: Job) -> bytes:
    """The JSON of a job as the list gives it: no tasks, no custom details, no activity id (recorded)."""
    return asr.rendered(f"listed {job.name}", lambda: _listed_job_body(job))


def job_body(job: Job) -> Document:
    """A job as GET gives it. A job that runs has no endTime."""
    properties: Document = {
        "activityId": job.activity_id,
        "scenarioName": job.scenario,
        "friendlyName": job.friendly_name,
        "state": str(job.state),
        "stateDescription": job.description,
        "tasks": [_task_body(task) for task in job.tasks],
        "errors": [*job.errors, *([_warning_body(job)] if job.warning else [])],
        "startTime": written(job.created),
        "allowedActions": list(job_row(job.state).actions),
        "targetObjectId": job.target_id,
        "targetObjectName": job.target_name,
        "targetInstanceType": job.target_type,
        "customDetails": _custom_details(job),
    }
    if job.ended is not None:
        properties["endTime"] = written(job.ended)
    return {"id": job.id, "name": job.name, "type": JOB_TYPE, "properties": properties}


def _listed_job_body(job: Job) -> Document:
    body = job_body(job)
    body["properties"].update(tasks=[], customDetails=None, activityId=None)
    return body


def _task_body(task: Task) -> Document:
    return {
        "taskId": task.task_id,
        "name": task.name,
        "startTime": written(task.started) if task.started is not None else NEVER,
        "endTime": written(task.ended) if task.ended is not None else NEVER,
        "allowedActions": [],
        "friendlyName": task.friendly_name,
        "state": task.state,
        "stateDescription": task.description,
        "taskType": task.task_type,
        # The key was recorded; that it repeats the task's type, as it does for the groups of a plan, is inferred.
        "customDetails": {"instanceType": task.task_type},
        "groupTaskCustomDetails": None,
        "errors": task.errors,
    }


def _warning_body(job: Job) -> Document:
    warning = job.warning or {}
    return {
        "serviceErrorDetails": {**warning, "possibleCauses": None, "recommendedAction": None, "activityId": None},
        "providerErrorDetails": None,
        "errorLevel": "Warning",
        "creationTime": written(job.created),
        "taskId": None,
    }


def _custom_details(job: Job) -> Document:
    affected = job.payload.get("affected", {})
    if job.scenario == "TestFailover":
        return {
            "instanceType": "TestFailoverJobDetails",
            "affectedObjectDetails": affected,
            "testFailoverStatus": "Completed" if job.over else "InProgress",
            "comments": job.payload.get("comments", ""),
            "networkName": (job.payload.get("network") or "").rsplit("/", 1)[-1],
            "networkFriendlyName": (job.payload.get("network") or "").rsplit("/", 1)[-1],
            "networkType": "VmNetworkAsInput",
            "protectedItemDetails": job.payload.get("protectedItems", []),
        }
    if job.scenario in {"PlannedFailover", "UnplannedFailover", "Failback"}:
        return {
            "instanceType": "FailoverJobDetails",
            "affectedObjectDetails": affected,
            "protectedItemDetails": job.payload.get("protectedItems", []),
        }
    return {"instanceType": "AsrJobDetails", "affectedObjectDetails": affected}


def _item_body(asr: SiteRecovery, item: ProtectedItem) -> Document:
    vm = asr.inventory.vm(item.vm)
    if vm is None:
        raise RuntimeError(f"the virtual machine of {item.id} is not in the inventory")
    shown = row(item.standing, asr.world.settings.profile)
    fabric = asr.fabrics.get(item.fabric) or {"properties": {"friendlyName": ""}}
    policy = asr.policies.get(item.policy) or {"properties": {"friendlyName": ""}}
    busy = item.scenario is not None or item.quiet
    properties: Document = {
        "friendlyName": vm.name,
        "protectedItemType": "HyperVVirtualMachine",
        "protectableItemId": item.protectable,
        "recoveryServicesProviderId": _provider_id(asr, item),
        "primaryFabricFriendlyName": fabric["properties"]["friendlyName"],
        "primaryFabricProvider": "SingleHostHyperVFabric",
        "recoveryFabricFriendlyName": AZURE,
        "recoveryFabricId": AZURE,
        "primaryProtectionContainerFriendlyName": fabric["properties"]["friendlyName"],
        "recoveryProtectionContainerFriendlyName": AZURE,
        "protectionState": shown.protection_state,
        "protectionStateDescription": shown.description,
        "activeLocation": shown.active.value,
        "testFailoverState": item.test_failover,
        "testFailoverStateDescription": _TEST_FAILOVER[item.test_failover],
        "switchProviderState": "None",
        "switchProviderStateDescription": None,
        "allowedOperations": [] if busy else [operation.value for operation in shown.allowed],
        "replicationHealth": health(item),
        "failoverHealth": "Normal" if item.last_test_failover is not None else "Warning",
        "healthErrors": _health_errors(item, vm),
        "policyId": item.policy,
        "policyFriendlyName": policy["properties"]["friendlyName"],
        "currentScenario": item.scenario
        or item.test_scenario
        or {"scenarioName": "None", "jobId": f"{item.vault}/replicationJobs/None", "startTime": "1753-01-01T01:01:01Z"},
        "failoverRecoveryPointId": item.shown_point,
        "providerSpecificDetails": _details(
            item, vm, shown.vm_protection_state, shown.vm_description, asr.world.look_at
        ),
        "recoveryContainerId": f"{item.vault}/replicationFabrics/{AZURE_FABRIC}/replicationProtectionContainers/"
        f"{AZURE_CONTAINER}",
        "eventCorrelationId": item.correlation,
    }
    # A time that was never set is left out, not null (recorded).
    if item.last_failover is not None:
        properties["lastSuccessfulFailoverTime"] = written(item.last_failover)
    if item.last_test_failover is not None:
        properties["lastSuccessfulTestFailoverTime"] = written(item.last_test_failover)
    return {"id": item.id, "name": item.name, "type": ITEM_TYPE, "properties": properties}


def _provider_id(asr: SiteRecovery, item: ProtectedItem) -> str:
    """The id of the provider on the machine's host; empty once that has been purged."""
    host, fabric = asr.inventory.host_of(item.vm), asr.fabrics.get(item.fabric)
    if host is None or fabric is None or not host.provider:
        return ""
    return f"{fabric['id']}/replicationRecoveryServicesProviders/{host.provider}"


def _details(item: ProtectedItem, vm: HostVm, vm_state: str, vm_description: str, now: float) -> Document:
    """`providerSpecificDetails`: HyperVReplicaAzureReplicationDetails."""
    replication, settings = item.replication, item.settings
    calculated, rpo = rpo_of(item, now)
    details: Document = {
        "instanceType": "HyperVReplicaAzure",
        "azureVmDiskDetails": [
            {
                "vhdType": "OperatingSystem" if disk.operating_system else "Data",
                "vhdId": disk.id,
                "diskId": disk.id,
                "vhdName": disk.name,
                "maxSizeMB": str(settings["diskSizes"][disk.id]),
                "targetDiskLocation": None,
                "targetDiskName": None,
                "lunId": str(number),
                "diskEncryptionSetId": None,
                "customTargetDiskName": None,
                **settings["diskTargets"].get(disk.id, {}),
            }
            for number, disk in enumerate(vm.disks)
            if disk.id in settings["disks"]
        ],
        **{name: value for name, value in settings.items() if name not in _NOT_SHOWN},
        "rpoInSeconds": rpo,
        "lastRpoCalculatedTime": written(calculated),
        "vmId": item.vm,
        "vmProtectionState": vm_state,
        "vmProtectionStateDescription": vm_description,
        "initialReplicationDetails": {
            "initialReplicationType": "OverNetwork",
            "initialReplicationProgressPercentage": str(_progress(item, now)),
        },
        "vmNics": item.nics,
        "encryption": "Disabled",
        "oSDetails": {
            "osType": vm.os,
            "productType": _WINDOWS_PRODUCT if vm.os == "Windows" else "",
            "osEdition": vm.os_edition,
            "oSVersion": vm.os_version,
            "oSMajorVersion": vm.os_version.partition(".")[0],
            "oSMinorVersion": vm.os_version.partition(".")[2],
            **({"userSelectedOSName": chosen} if (chosen := settings.get("userSelectedOSName")) else {}),
        },
        "sourceVmRamSizeInMB": vm.memory_mb,
        "sourceVmCpuCount": vm.cpus,
        "protectedManagedDisks": [],
    }
    if replication.last_replicated is not None:
        details["lastReplicatedTime"] = written(replication.last_replicated)
        details["lastRecoveryPointReceived"] = written(replication.last_replicated)
    return details


def _progress(item: ProtectedItem, now: float) -> int:
    replication = item.replication
    if replication.phase != "initial" or not replication.remaining:
        return 100
    moved = (now - replication.settled) * replication.bandwidth + replication.total - replication.remaining
    return max(0, min(99, int(100 * moved / replication.total)))


def _health_errors(item: ProtectedItem, vm: HostVm) -> list[Document]:
    errors = []
    if item.last_test_failover is None:
        errors.append(
            _health_error(
                item,
                "161011",
                f"No successful test failover has been done on the virtual machine '{vm.name}'.",
                level="Warning",
                category="TestFailover",
                action="Do a test failover, so that the virtual machine can be failed over when it matters.",
                source="ReplicationUnitFailoverValidatorError",
            )
        )
    grade = health(item)
    if grade in {"Warning", "Critical"}:
        what = "has stopped: a resynchronization is required" if item.replication.resync else "is behind"
        errors.append(
            _health_error(
                item,
                "SimulatorReplicationBehind",
                f"Replication of the virtual machine '{vm.name}' {what}.",
                level=grade if grade == "Warning" else "Error",
                category="Replication",
                action="See that the Hyper-V host is connected and has the bandwidth that the changes need.",
                source="SimulatorReplication",
            )
        )
    return errors


def _health_error(
    item: ProtectedItem, code: str, message: str, *, level: str, category: str, action: str, source: str
) -> Document:
    return {
        "innerHealthErrors": [],
        "errorSource": source,
        "errorType": "8010",
        "errorLevel": level,
        "errorCategory": category,
        "errorCode": code,
        "summaryMessage": "",
        "errorMessage": message,
        "possibleCauses": message,
        "recommendedAction": action,
        "creationTimeUtc": written(item.replication.last_replicated or item.replication.settled),
        "recoveryProviderErrorMessage": None,
        "entityId": item.vm,
        "errorId": f"6:{derived_guid(item.vm, code)[:8]}",
        "customerResolvability": "NotAllowed",
    }
