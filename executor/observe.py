"""From the service's answers to an Observation: the one place that reads them for the planner."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from executor.request_ids import is_ours
from executor.told_by_tasks import completing_since, own_point, shut_down, source_shutdown
from lifecycle.directions import Place
from lifecycle.machine import Card, Disk, Landing, Machine
from lifecycle.observation import (
    ENABLING_SCENARIO,
    FAILOVER_SCENARIOS,
    MOVE_SCENARIOS,
    HealthError,
    Job,
    Observation,
    Operation,
    Owner,
    PowerState,
    RecoveryPoint,
    Scenario,
)
from site_recovery.compute import PowerState as AzurePower
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import (
    AddressRecord,
    ItemRecord,
    JobRecord,
    RecoveryPointRecord,
    is_job_of,
    last_segment,
    same_id,
)
from site_recovery.service import SiteRecovery

# In seconds of the service. Where the latest point is to be made by the failover itself, those that exist only tell
# what would be lost without it.
_POINTS_SHARED_FOR = 60.0

_BRINGS_ELSEWHERE = FAILOVER_SCENARIOS | {Scenario.FAILBACK.value}


@dataclass(frozen=True)
class Look:
    """What to read besides the item and the job list. Each costs reads, so a caller says what it decides on."""

    recovery_points: bool = False
    # Which point is newest decides what is asked for, so none of a while ago will do.
    newest_points: bool = False
    power: bool = False
    # Something is done by it: where Azure does not answer, the look fails.
    power_is_needed: bool = False
    # But not of a VM that can be failed over: an old copy in Azure that cannot be read keeps nobody in a lost site.
    leaves_the_site: bool = False
    owners: bool = True


def observe(service: SiteRecovery, item_id: str, look: Look, take_over: str | None = None) -> Observation | None:
    """The VM as the service shows it now. None when there is no such item.

    Reads all items and jobs of the vault, together with whoever observes a VM at the same moment: a hundred VMs that
    end a step at once cost as much as one. Raises the errors of site_recovery.
    """
    inventory = service.fresh_inventory()
    item = inventory.item(item_id)
    if item is None:
        return None
    return observation_of(service, item, inventory.jobs, look, take_over)


def observe_in_inventory(
    service: SiteRecovery, item_id: str, look: Look, take_over: str | None = None, *, max_age_seconds: float = 5.0
) -> Observation | None:
    """As `observe`, out of the one reading of the vault that all VMs of a preview share."""
    inventory = service.inventory(max_age_seconds=max_age_seconds)
    item = inventory.item(item_id)
    if item is None:
        return None
    return observation_of(service, item, inventory.jobs, look, take_over)


def observation_of(
    service: SiteRecovery, item: ItemRecord, jobs: tuple[JobRecord, ...], look: Look, take_over: str | None
) -> Observation:
    """The observation of an item that has been read, with the vault's jobs (newest first)."""
    mine = tuple(job for job in jobs if is_job_of(job, item))
    looked_at = _looked_at(service, item, mine)
    running = looked_at if looked_at is not None and not looked_at.finished else None
    if looked_at is not None:
        # The list may lag behind what the job says of itself.
        mine = (looked_at, *(job for job in mine if job.name != looked_at.name))
    finished = [job for job in mine if job.finished and job.scenario_name in MOVE_SCENARIOS]
    brought = next((job for job in finished if _brought(job)), None)
    open_end = not _is_steady(item)
    if look.owners and brought is not None and open_end:
        brought = service.job(brought.id) or brought
    power, unread = _power(service, item, look) if look.power else (PowerState.UNKNOWN, "")
    return Observation(
        vm=item.friendly_name,
        item_id=item.id,
        at=service.now(),
        active=place_of(item),
        protection_state=item.protection_state,
        protection_text=item.protection_state_description,
        allowed=frozenset(item.allowed_operations),
        scenario=item.current_scenario.name if item.current_scenario else None,
        job=job_of(running, item.id, take_over) if running else None,
        last_move=job_of(finished[0], item.id, take_over) if finished else None,
        brought_here=job_of(brought, item.id, take_over) if brought and open_end else None,
        last_change=_last_change(service, item, finished, take_over) if look.owners and open_end else None,
        recovery_points=_points_of(service, item, look) if look.recovery_points else None,
        replication_health=item.replication_health,
        failover_health=item.failover_health,
        health_errors=tuple(
            HealthError(e.code, e.level, e.message, e.possible_causes, e.recommended_action) for e in item.health_errors
        ),
        # Of a VM in Azure the service may still name the last one before its failover.
        rpo_seconds=item.rpo_seconds if place_of(item) is Place.ON_PREMISES else None,
        last_replicated=item.last_replicated_time,
        last_recovery_point=item.last_recovery_point_received,
        initial_replication_percent=item.initial_replication_percent,
        test_failover_active=item.test_failover_state == "WaitingForCompletion",
        last_test_failover=item.last_successful_test_failover_time,
        last_failover=item.last_successful_failover_time,
        managed_disks=item.uses_managed_disks,
        azure_vm_name=item.recovery_vm_name,
        azure_vm_size=item.recovery_vm_size,
        azure_vm_power=power,
        azure_vm_unread=unread,
        policy_id=item.policy_id,
        failover_recovery_point_id=item.failover_recovery_point_id,
        last_failover_job=_newest(finished, FAILOVER_SCENARIOS),
        last_failback_job=_newest(finished, frozenset({Scenario.FAILBACK.value})),
        protected_by_job=_newest(mine, frozenset({ENABLING_SCENARIO})),
        machine=machine_of(item),
        landing=landing_of(item),
    )


def machine_of(item: ItemRecord) -> Machine:
    """The VM as its protected item has it, which knows nothing of generation and adapters of the host."""
    disks = tuple(Disk(disk.name or disk.id, disk.kind == "OperatingSystem", disk.size_mb) for disk in item.disks)
    return Machine(
        item.friendly_name,
        item.system.type,
        disks=disks,
        nics=len(item.nics) or None,
        os_version=item.system.version,
        os_edition=item.system.edition,
        os_product=item.system.product,
    )


def landing_of(item: ItemRecord) -> Landing:
    """What the VM becomes, or is, in Azure."""
    nic = item.main_nic
    return Landing(
        name=item.recovery_vm_name,
        size=item.recovery_vm_size,
        resource_group_id=item.recovery_resource_group_id,
        network_id=item.recovery_network_id or (nic.recovery_network_id if nic else None),
        subnet=nic.recovery_subnet_name if nic else None,
        static_ip=nic.recovery_static_ip if nic else None,
        reuses=nic.reused_nic_name if nic else None,
        storage_account_id=item.storage_account_id,
        managed_disks=item.uses_managed_disks,
        availability_set_id=item.raw_details.get("recoveryAvailabilitySetId") or None,
        more_cards=tuple(_more_cards(item)),
    )


def _more_cards(item: ItemRecord) -> Iterator[Card]:
    main = item.main_nic
    others = [nic for nic in item.nics if nic is not main]
    for number, nic in enumerate([main, *others] if main is not None else others, 1):
        name = f"network card {number}"
        # A stack has one network for all cards; a card of its own is told by the card.
        network = nic.recovery_network_id or item.recovery_network_id
        addresses = [AddressRecord(nic.recovery_subnet_name, nic.recovery_static_ip), *nic.more_addresses]
        for place, address in enumerate(addresses, 1):
            if nic is main and place == 1:
                continue
            called = name if place == 1 else f"address {place} of card {number}"
            subnet, static_ip = address.recovery_subnet_name, address.recovery_static_ip
            yield Card(called, network, subnet, static_ip, made=nic.taken_along, reuses=nic.reused_nic_name)


def seen_at_work(seen: Observation, job: JobRecord | None, take_over: str | None) -> Observation:
    """An earlier observation, brought up to a job that was seen at work since; without another read."""
    if job is None or job.finished:
        return seen
    return replace(seen, job=job_of(job, seen.item_id, take_over), allowed=frozenset(), scenario=job.scenario_name)


def place_of(item: ItemRecord) -> Place | None:
    """Where the service says the VM is active."""
    return {"primary": Place.ON_PREMISES, "recovery": Place.AZURE}.get(item.active_location.casefold())


def _is_steady(item: ItemRecord) -> bool:
    """Protected and idle: nobody has to know whose job it was that brought it there."""
    return item.protection_state == "Protected" and item.current_scenario is None and bool(item.allowed_operations)


def _looked_at(service: SiteRecovery, item: ItemRecord, mine: tuple[JobRecord, ...]) -> JobRecord | None:
    """The job that is at work on the item by the list's word or the item's own, as it is now, with its tasks."""
    listed = next((job for job in mine if not job.finished), None)
    if listed is not None:
        return service.job(listed.id) or listed
    scenario = item.current_scenario
    if scenario is None or scenario.job_id is None or last_segment(scenario.job_id).casefold() == "none":
        return None
    return service.job(last_segment(scenario.job_id))


def _last_change(
    service: SiteRecovery, item: ItemRecord, finished: list[JobRecord], take_over: str | None
) -> Job | None:
    """The newest change of the recovery point since a failover: which choice it was for, only the job itself tells."""
    ends = (job for job in finished if job.scenario_name == Scenario.CHANGE_PIT or _brought(job))
    last = next(ends, None)
    if last is None or last.scenario_name != Scenario.CHANGE_PIT:
        return None
    return job_of(service.job(last.id) or last, item.id, take_over)


def _brought(job: JobRecord) -> bool:
    return job.succeeded and job.scenario_name in _BRINGS_ELSEWHERE


def _newest(finished: Iterable[JobRecord], scenarios: frozenset[str]) -> str | None:
    return next((job.name for job in finished if job.succeeded and job.scenario_name in scenarios), None)


def job_of(job: JobRecord, item_id: str, take_over: str | None) -> Job:
    """A job as the planner knows it."""
    task, point = job.current_task, own_point(job, item_id)
    return Job(
        id=job.name,
        scenario=job.scenario_name,
        friendly_name=job.friendly_name,
        state=job.state,
        state_description=job.state_description,
        started=job.start_time,
        ended=job.end_time if job.finished else None,
        owner=_owner(job, take_over),
        task=task.friendly_name if task else None,
        can_resume="Resume" in job.allowed_actions,
        client_request_id=job.client_request_id,
        source_shutdown=source_shutdown(job),
        source_off=shut_down(job)[1],
        completing_since=completing_since(job),
        point_id=point.recovery_point_id if point is not None else None,
        point_time=point.recovery_point_time if point is not None else None,
    )


def _owner(job: JobRecord, take_over: str | None) -> Owner:
    if take_over and same_id(last_segment(take_over), job.name):
        return Owner.TAKEN_OVER
    return Owner.OURS if is_ours(job.client_request_id) else Owner.SOMEBODY_ELSE


def _points_of(service: SiteRecovery, item: ItemRecord, look: Look) -> tuple[RecoveryPoint, ...]:
    """Asked for at every look before the first call: by the check, the decision, and the judgement."""
    oldest = 0.0 if look.newest_points else _POINTS_SHARED_FOR
    points: tuple[RecoveryPointRecord, ...] = service.recovery_points(item.id, max_age_seconds=oldest)
    dated = [RecoveryPoint(p.id, p.time, p.kind == "app") for p in points if p.time is not None]
    return tuple(sorted(dated, key=lambda point: point.time, reverse=True))


def _power(service: SiteRecovery, item: ItemRecord, look: Look) -> tuple[PowerState, str]:
    """Whether the Azure VM runs, and why that is not known; nothing where there is none that could run."""
    if not was_in_azure(item):
        return PowerState.UNKNOWN, ""
    if item.recovery_vm_id is None:
        return PowerState.UNKNOWN, NOT_NAMED
    try:
        power = service.power_state(item.recovery_vm_id)
    except SiteRecoveryError as error:
        if look.power_is_needed and not (look.leaves_the_site and _offers_unplanned_failover(item)):
            raise
        return PowerState.UNKNOWN, error.what
    return told_power(power)


def _offers_unplanned_failover(item: ItemRecord) -> bool:
    return place_of(item) is Place.ON_PREMISES and Operation.UNPLANNED_FAILOVER in item.allowed_operations


def was_in_azure(item: ItemRecord) -> bool:
    """Whether there may be an Azure VM of it: the item names the VM of a failover to come, too."""
    return place_of(item) is not Place.ON_PREMISES or item.last_successful_failover_time is not None


def told_power(power: AzurePower) -> tuple[PowerState, str]:
    """The state of an Azure VM, and why it is not known where it is not."""
    known = _POWER.get(power)
    return (known, "") if known is not None else (PowerState.UNKNOWN, _NOT_READ[power])


NOT_NAMED = "the service does not name it"
_POWER = {
    AzurePower.RUNNING: PowerState.RUNNING,
    AzurePower.STOPPED: PowerState.STOPPED,
    AzurePower.ABSENT: PowerState.ABSENT,
}
_NOT_READ = {
    AzurePower.CHANGING: "it is just being started or stopped",
    AzurePower.UNKNOWN: "the identity may not read it, or Azure answers in a way that this tool does not know",
}
