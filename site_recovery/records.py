"""What Azure Site Recovery says, as plain frozen values.

Everything outside this package works with these records and never with a type of the SDK. Every field is what the
service answered, under the field's own name; nothing is interpreted here beyond these rules:

- datetimes are timezone-aware UTC, and the service's words for "never" (the years 1 and 1753) are None;
- the idle scenario (name "None", job ".../replicationJobs/None") is None;
- a value the service left out, or sent in a type nobody expected, is None or empty, never an exception.

ARM ids keep the case the service used and are compared with same_id(), since the service answers "/Subscriptions/..."
to a question about "/subscriptions/...".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_ENDED_JOB_STATES = frozenset({"succeeded", "failed", "cancelled", "canceled"})


def same_id(one: str | None, other: str | None) -> bool:
    """Whether two ARM ids (or names) are the same thing; ARM ids differ in case from answer to answer."""
    return one is not None and other is not None and one.strip("/").casefold() == other.strip("/").casefold()


def last_segment(arm_id: str) -> str:
    """The name at the end of an ARM id (or the name itself, when a bare name is given)."""
    return arm_id.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class VaultId:
    """A Recovery Services vault."""

    subscription_id: str
    resource_group: str
    name: str

    @property
    def arm_id(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.RecoveryServices/vaults/{self.name}"
        )

    def __str__(self) -> str:
        return f"vault '{self.name}' (resource group '{self.resource_group}', subscription {self.subscription_id})"


@dataclass(frozen=True)
class HealthErrorRecord:
    code: str
    level: str  # "Warning", "Error", ...
    category: str
    message: str
    possible_causes: str
    recommended_action: str
    created: datetime | None


@dataclass(frozen=True)
class ScenarioRecord:
    """The job that is at work on an item now; an idle item has none."""

    name: str
    job_id: str | None
    start_time: datetime | None


@dataclass(frozen=True)
class AddressRecord:
    """One address that a network card gets in Azure."""

    recovery_subnet_name: str | None
    recovery_static_ip: str | None


@dataclass(frozen=True)
class NicRecord:
    """A network card. Subnets and addresses are those of its main address."""

    id: str
    vm_network_name: str | None
    recovery_network_id: str | None
    subnet_name: str | None
    static_ip: str | None
    recovery_subnet_name: str | None
    recovery_static_ip: str | None
    recovery_ip_type: str | None
    recovery_network_security_group_id: str | None
    selection_type: str | None
    target_nic_name: str | None
    reused_nic_name: str | None  # of a network interface that is there already and is to be used
    more_addresses: tuple[AddressRecord, ...] = ()

    @property
    def taken_along(self) -> bool:
        """Whether the Azure VM gets it."""
        return self.selection_type != "NotSelected"


@dataclass(frozen=True)
class DiskRecord:
    """A disk of the virtual machine; `kind` is "OperatingSystem" or "Data"."""

    id: str
    vhd_id: str | None
    name: str | None
    kind: str | None
    size_mb: int | None
    target_name: str | None
    managed: bool

    @property
    def ids(self) -> frozenset[str]:
        """What it goes by, in lower case: host and service may each name only one of them."""
        return frozenset(name.casefold() for name in (self.id, self.vhd_id) if name)


@dataclass(frozen=True)
class SystemRecord:
    """The operating system of a virtual machine, in the service's words; a part that it leaves out or empty is None."""

    type: str | None  # "Windows" or "Linux"
    version: str | None  # as 10.0
    edition: str | None
    product: str | None  # tells a Windows server from a client


@dataclass(frozen=True)
class ItemRecord:
    """A replication protected item: one Hyper-V virtual machine under protection."""

    id: str
    name: str
    friendly_name: str
    protection_state: str
    protection_state_description: str
    active_location: str  # "Primary" (on premises) or "Recovery" (Azure)
    allowed_operations: tuple[str, ...]
    test_failover_state: str | None
    replication_health: str
    failover_health: str
    health_errors: tuple[HealthErrorRecord, ...]
    current_scenario: ScenarioRecord | None
    policy_id: str | None
    policy_name: str | None
    protectable_item_id: str | None
    recovery_services_provider_id: str | None
    failover_recovery_point_id: str | None
    last_successful_failover_time: datetime | None
    last_successful_test_failover_time: datetime | None
    vm_id: str | None
    vm_protection_state: str | None
    rpo_seconds: int | None
    last_rpo_calculated_time: datetime | None
    last_replicated_time: datetime | None
    last_recovery_point_received: datetime | None
    initial_replication_percent: int | None
    uses_managed_disks: bool | None
    recovery_vm_name: str | None
    recovery_vm_size: str | None
    recovery_resource_group_id: str | None
    recovery_network_id: str | None
    nics: tuple[NicRecord, ...]
    disks: tuple[DiskRecord, ...]
    system: SystemRecord
    storage_account_id: str | None
    log_storage_account_id: str | None
    raw_details: Mapping[str, Any] = field(compare=False, repr=False)  # providerSpecificDetails as answered

    @property
    def recovery_vm_id(self) -> str | None:
        """ARM id of the Azure VM that a failover makes, or None while group or name are not known."""
        if self.recovery_resource_group_id is None or self.recovery_vm_name is None:
            return None
        group = self.recovery_resource_group_id.rstrip("/")
        return f"{group}/providers/Microsoft.Compute/virtualMachines/{self.recovery_vm_name}"

    @property
    def disk_type(self) -> str | None:
        """Kind of the managed disks that a failover makes, as `Premium_LRS`; None where it is not told, or not one kind
        for all."""
        told = {disk.get("targetDiskAccountType") for disk in self.raw_details.get("protectedManagedDisks") or ()}
        return str(told.pop()) if len(told) == 1 and None not in told else None

    @property
    def main_nic(self) -> NicRecord | None:
        """The network card that becomes the Azure VM's first one: `selectedSourceNicId`, or else the first card that
        is taken along; None for a VM without any.
        """
        chosen = str(self.raw_details.get("selectedSourceNicId") or "").casefold()
        taken = [nic for nic in self.nics if nic.taken_along]
        return next((nic for nic in self.nics if nic.id.casefold() == chosen), next(iter([*taken, *self.nics]), None))


@dataclass(frozen=True)
class JobErrorRecord:
    """One error of a job: what the service says and, where there was one, what the provider on the host says."""

    level: str
    service_code: str
    service_message: str
    provider_code: str
    provider_message: str
    possible_causes: str
    recommended_action: str
    task_id: str | None
    created: datetime | None


@dataclass(frozen=True)
class TaskRecord:
    """A task of a job. A group task (of a recovery plan) is named "Unknown"; its friendly_name tells what it is."""

    id: str
    name: str
    friendly_name: str
    state: str
    state_description: str
    start_time: datetime | None
    end_time: datetime | None
    allowed_actions: tuple[str, ...]
    errors: tuple[JobErrorRecord, ...]
    children: tuple[TaskRecord, ...] = ()

    @property
    def skipped(self) -> bool:
        """The service says "Other" with the description "Skipped" of a task that was not needed."""
        return self.state_description.casefold() == "skipped"


@dataclass(frozen=True)
class FailedOverRecord:
    """A protected item in the details of a job that failed it over, and the recovery point that it was started from."""

    name: str
    recovery_point_id: str | None
    recovery_point_time: datetime | None


@dataclass(frozen=True)
class JobRecord:
    """A Site Recovery job. Tasks, errors, activity_id and what it failed over come only from a GET of the job, never
    from the list."""

    id: str
    name: str
    scenario_name: str
    friendly_name: str
    state: str  # NotStarted, InProgress, Suspended, Succeeded, Failed, Cancelled, Cancelling, Other
    state_description: str
    start_time: datetime | None
    end_time: datetime | None
    target_object_id: str | None
    target_object_name: str | None
    target_instance_type: str | None
    allowed_actions: tuple[str, ...]
    activity_id: str | None
    tasks: tuple[TaskRecord, ...]
    errors: tuple[JobErrorRecord, ...]
    failed_over: tuple[FailedOverRecord, ...] = ()

    @property
    def finished(self) -> bool:
        # "Other" is said of a running job as well as of one that ended in no named way: only its end time tells.
        state = self.state.casefold()
        return state in _ENDED_JOB_STATES or (state == "other" and self.end_time is not None)

    @property
    def succeeded(self) -> bool:
        return self.state.casefold() == "succeeded"

    @property
    def suspended(self) -> bool:
        """Waiting for a person (or for us) to resume it: a failback that has synchronized its data."""
        return self.state.casefold() == "suspended"

    @property
    def client_request_id(self) -> str | None:
        """The x-ms-client-request-id of the call that started the job.

        The service puts it at the start of activityId: "<client-request-id> ActivityId: <guid>".
        """
        if not self.activity_id:
            return None
        return self.activity_id.split(" ActivityId:", 1)[0].strip() or None

    @property
    def current_task(self) -> TaskRecord | None:
        """The first task at work, looking into groups; else None."""
        return _first_running(self.tasks)


def _first_running(tasks: tuple[TaskRecord, ...]) -> TaskRecord | None:
    for task in tasks:
        if task.state.casefold() in {"inprogress", "suspended"}:
            return _first_running(task.children) or task
    return None


@dataclass(frozen=True)
class RecoveryPointRecord:
    """`kind` is "crash" or "app" (crash- or application-consistent), or the service's own word for anything else."""

    id: str
    name: str
    time: datetime | None
    kind: str


@dataclass(frozen=True)
class ProtectableItemRecord:
    """A virtual machine the service has discovered on a host of the site."""

    id: str
    name: str
    friendly_name: str
    protection_status: str  # "Protected" or "Unprotected"
    protected_item_id: str | None
    provider_id: str | None
    readiness_errors: tuple[str, ...]
    vm_id: str | None  # the VM's id on its host: hvHostVmId of the enabling call
    host_id: str | None
    generation: str | None
    system: SystemRecord
    disks: tuple[DiskRecord, ...]
    has_physical_disk: bool | None  # of the whole VM, whichever of its disks replicate; None where it is not told
    has_fibre_channel_adapter: bool | None
    has_shared_vhd: bool | None


@dataclass(frozen=True)
class SizeRecord:
    """A size that an Azure VM can have, with what it takes. A limit is None where the service does not name it."""

    name: str
    data_disks: int | None
    nics: int | None


@dataclass(frozen=True)
class Inventory:
    """One reading of a vault: all items, all jobs (newest first, as listed: no tasks), and when the service said so."""

    items: tuple[ItemRecord, ...]
    jobs: tuple[JobRecord, ...]
    read_at: datetime

    def item(self, item_id: str) -> ItemRecord | None:
        return next((item for item in self.items if same_id(item.id, item_id)), None)

    def jobs_of(self, item: ItemRecord) -> tuple[JobRecord, ...]:
        """The jobs whose target is this item, newest first."""
        return tuple(job for job in self.jobs if is_job_of(job, item))


def is_job_of(job: JobRecord, item: ItemRecord) -> bool:
    """Whether a job's target is the item: by the VM's id or, where the job has no id, by its name."""
    target = job.target_object_id
    if target:
        return any(same_id(last_segment(target), known) for known in (item.vm_id, item.name, item.id) if known)
    return bool(job.target_object_name) and same_id(job.target_object_name, item.friendly_name)


@dataclass(frozen=True)
class Accepted:
    """The service took an operation on. It runs as the job; nobody waits for it here."""

    job_id: str
    operation_url: str | None
    client_request_id: str
    retry_after_seconds: float | None = None
