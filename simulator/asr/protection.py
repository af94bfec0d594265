"""Enable, change, disable and purge protection, and the initial replication that follows an enable."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from simulator.asr.bodies import item_json
from simulator.asr.enabling import new_item, unmanaged_retired, warn_of_name, why_not_enabled
from simulator.asr.fabrics import CONTAINER
from simulator.asr.item_inputs import EnableProperties, UpdateProperties
from simulator.asr.jobs import Target, cancel_job, start_job
from simulator.asr.occupancy import held, occupy, release
from simulator.asr.operations_status import accepted
from simulator.asr.protectable_items import machine
from simulator.asr.records import Job, JobState, ProtectedItem
from simulator.asr.refusals import (
    at_once,
    busy,
    check_name,
    enabling_failed,
    item_gone,
    no_such_card,
    no_such_disk,
    not_allowed,
    unmanaged_refused,
)
from simulator.asr.replication import begin_cycles, settle
from simulator.asr.site_recovery import VAULT, Effects, SiteRecovery
from simulator.asr.states import Operation, Stage
from simulator.asr.targets import apply_update, updated_cards, updated_disks
from simulator.errors import AsyncError, resource_not_found
from simulator.routing import Call, Reply
from simulator.store import Document
from simulator.world import World

ITEMS = f"{CONTAINER}/replicationProtectedItems"
ITEM = f"{ITEMS}/{{item}}"
VAULT_ITEMS = f"{VAULT}/replicationProtectedItems"
INITIAL_REPLICATION = "asr.initialReplication"
# From the end of the transfer to the first recovery point, and how often it is tried again
# while the host is away or another job works on the item, in seconds.
FIRST_POINT_AFTER, RETRY_AFTER = 60.0, 60.0


def enable(call: Call) -> Reply:
    """PUT a protected item: EnableDr, then initial replication by itself, then IrCompletion."""
    asr = call.world.room(SiteRecovery)
    container, name = asr.container(call), call.parameters["item"]
    check_name(name)
    wanted: EnableProperties = call.body.properties
    vm = machine(asr, wanted.protectable_item_id, container)
    if vm is None:
        raise resource_not_found(wanted.protectable_item_id.rsplit("/", 1)[-1])
    policy = asr.policies.get(wanted.policy_id)
    if policy is None:
        raise resource_not_found(wanted.policy_id.rsplit("/", 1)[-1])
    item_id = f"{container['id']}/replicationProtectedItems/{name}"
    settings = wanted.provider_specific_details
    refused = why_not_enabled(asr, item_id, vm, policy, settings)
    at_once(asr, refused)
    item = None if refused is not None else new_item(asr, item_id, vm, policy, settings, call.now)
    job = start_job(
        asr,
        "EnableDr",
        Target(asr.vault_id(call), vm.id, vm.name),
        now=call.now,
        client_request_id=call.client_request_id,
        item=item.key if item is not None else "",
        result=item_id,
        payload={"enable": wanted.model_dump(by_alias=True, exclude_none=True)},
        refused=refused,
    )
    if item is not None:
        occupy(asr, item, job, call.now)
        warn_of_name(asr, item, job)
    return accepted(call, asr, job.name, item_id, job=job)


def update(call: Call) -> Reply:
    """PATCH a protected item: the target's name, size, network, addresses."""
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    properties: UpdateProperties = call.body.properties
    # A null says nothing: what it would set stays as it is.
    wanted = properties.model_dump(by_alias=True, exclude_none=True)
    refused = _why_no_update(asr, item, wanted)
    at_once(asr, refused)
    job = start_job(
        asr,
        "UpdateVmProperties",
        _target(asr, item),
        now=call.now,
        client_request_id=call.client_request_id,
        item="" if refused else item.key,
        result=item.id,
        payload={"item": item.key, "update": wanted},
        refused=refused,
    )
    if refused is None:
        occupy(asr, item, job, call.now)
        warn_of_name(asr, item, job)
    return accepted(call, asr, job.name, item.id, job=job)


def disable(call: Call) -> Reply:
    """POST remove: disable protection. Accepted in every stage (recorded even before a failback's commit) but one:
    a test failover has to be cleaned up first.
    """
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    refused = _why_not_disabled(asr, item)
    at_once(asr, refused)
    return _remove(call, asr, item, "DisableDr", refused)


def disable_by_hand(asr: SiteRecovery, item: ProtectedItem, now: float) -> Job | AsyncError:
    """Somebody disables protection in the portal: the job, which is nobody's we know, or the refusal."""
    refused = _why_not_disabled(asr, item)
    if refused is not None:
        return refused
    return _begin_removal(asr, item, "DisableDr", None, now, origin="portal")


def purge(call: Call) -> Reply:
    """DELETE: the item goes from the vault at once, whatever works on it."""
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    _stop_what_runs(asr, item, call.now)
    return _remove(call, asr, item, "PurgeVm", None)


def show_item(call: Call) -> Reply:
    """GET a protected item."""
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    settle(asr, item, call.now)
    return Reply(200, item_json(asr, item))


def list_items(call: Call) -> Reply:
    """GET the items of a container, or of the vault; `$filter=RecoveryPlanName eq 'x'` narrows to a plan's."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    container = asr.container(call)["id"].lower() if "container" in call.parameters else ""
    found = [item for item in asr.items.of(vault) if item.visible and (not container or item.container == container)]
    plan = _plan_named(asr, vault, call.query.get("$filter", ""))
    if plan is not None:
        found = [item for item in found if item.key in plan]
    for item in found:
        settle(asr, item, call.now)
    return Reply(200, b'{"value":[' + b",".join(item_json(asr, item) for item in found) + b'],"nextLink":null}')


def add_effects(effects: Effects) -> None:
    """What the jobs of this file do when they end."""
    effects.ends["EnableDr"] = _enabled
    effects.ends["IrCompletion"] = _completed
    effects.ends["UpdateVmProperties"] = _updated
    effects.ends["DisableDr"] = effects.ends["PurgeVm"] = _disabled
    effects.restarts["EnableDr"] = _enable_again
    effects.restarts["IrCompletion"] = _complete_again
    effects.restarts["UpdateVmProperties"] = _update_again
    effects.restarts["DisableDr"] = _disable_again
    effects.restarts["PurgeVm"] = _purge_again


def initial_replication_due(world: World, due: float, payload: Document) -> None:
    """The event of initial replication: the transfer is done, then the first recovery point is there."""
    asr = world.room(SiteRecovery)
    item = asr.items.get(payload["item"])
    if item is None or item.correlation != payload["correlation"]:
        return
    if not asr.inventory.reachable(item.vm) or item.job:
        world.schedule(due + RETRY_AFTER, INITIAL_REPLICATION, payload)
    elif item.stage == Stage.INITIAL_REPLICATION:
        item.stage = Stage.FIRST_RECOVERY_POINT
        item.replication.remaining = 0.0
        asr.save_item(item)
        world.schedule(due + FIRST_POINT_AFTER, INITIAL_REPLICATION, payload)
    elif item.stage == Stage.FIRST_RECOVERY_POINT:
        item.stage = Stage.CONFIGURING_REPLICA
        job = start_job(asr, "IrCompletion", _target(asr, item), now=due, item=item.key, result=item.id)
        occupy(asr, item, job, due)


def _enabled(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state != JobState.SUCCEEDED:
        asr.forget_item(item)
        return
    item.stage, item.job, item.scenario = Stage.INITIAL_REPLICATION, "", None
    replication = item.replication
    replication.phase, replication.settled = "initial", now
    asr.save_item(item)
    payload = {"item": item.key, "correlation": item.correlation}
    asr.world.schedule(now + replication.total / replication.bandwidth, INITIAL_REPLICATION, payload)


def _completed(asr: SiteRecovery, job: Job, now: float) -> None:
    """Failover is offered from now on; if the job failed, the item waits until it is restarted."""
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        begin_cycles(item, now, reverse=False)
        release(asr, item, job, now, Stage.PROTECTED)
    else:
        release(asr, item, job, now, Stage.FIRST_RECOVERY_POINT)


def _updated(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        apply_update(item, job.payload["update"])
    release(asr, item, job, now, Stage(item.stage))


def _disabled(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        asr.forget_item(item)
    else:
        release(asr, item, job, now, Stage(item.stage))


def _enable_again(asr: SiteRecovery, job: Job, now: float) -> AsyncError | None:
    """A restarted EnableDr: its failure took the item away, so it is made anew."""
    wanted = EnableProperties.model_validate(job.payload["enable"])
    container = asr.containers.get(job.result.rsplit("/", 2)[0])
    vm = machine(asr, wanted.protectable_item_id, container) if container is not None else None
    policy = asr.policies.get(wanted.policy_id)
    if vm is None or policy is None:
        return enabling_failed(job.target_name, "The virtual machine, or the policy, does not exist any more.")
    refused = why_not_enabled(asr, job.result, vm, policy, wanted.provider_specific_details)
    if refused is None:
        item = new_item(asr, job.result, vm, policy, wanted.provider_specific_details, now)
        job.item = item.key
        occupy(asr, item, job, now)
        warn_of_name(asr, item, job)
    return refused


def _complete_again(asr: SiteRecovery, job: Job, now: float) -> AsyncError | None:
    item = asr.items.get(job.item)
    if item is None or item.stage != Stage.FIRST_RECOVERY_POINT:
        return item_gone() if item is None else busy(item)
    item.stage = Stage.CONFIGURING_REPLICA
    occupy(asr, item, job, now)
    return None


def _update_again(asr: SiteRecovery, job: Job, now: float) -> AsyncError | None:
    return _take_again(asr, job, now, partial(_why_no_update, update=job.payload["update"]))


def _disable_again(asr: SiteRecovery, job: Job, now: float) -> AsyncError | None:
    return _take_again(asr, job, now, _why_not_disabled)


def _purge_again(asr: SiteRecovery, job: Job, now: float) -> AsyncError | None:
    item = asr.items.get(job.payload["item"])
    if item is not None:
        _stop_what_runs(asr, item, now)
    return _take_again(asr, job, now, lambda _asr, _item, **_: None)


def _take_again(
    asr: SiteRecovery, job: Job, now: float, why_not: Callable[..., AsyncError | None]
) -> AsyncError | None:
    """Judge a restarted job by its item of the moment, and let it take the item if nothing speaks against it."""
    item = asr.items.get(job.payload["item"])
    if item is None:
        return item_gone()
    refused = why_not(asr, item, own_job=job.name)
    if refused is None:
        job.item = item.key
        occupy(asr, item, job, now)
    return refused


def _why_no_update(asr: SiteRecovery, item: ProtectedItem, update: Document, *, own_job: str = "") -> AsyncError | None:
    if item.job and item.job != own_job:
        return busy(item)
    unknown = [disk for disk in updated_disks(update) if disk not in item.settings["disks"]]
    if unknown:
        return no_such_disk(item.name, unknown[0])
    cards = {nic["nicId"].lower() for nic in item.nics}
    missing = [card for card in updated_cards(update) if card.lower() not in cards]
    if missing:
        return no_such_card(item.name, missing[0])
    managed = update.get("providerSpecificDetails", {}).get("useManagedDisks")
    return unmanaged_refused(item.name) if unmanaged_retired(asr, managed) else None


def _why_not_disabled(asr: SiteRecovery, item: ProtectedItem, *, own_job: str = "") -> AsyncError | None:
    if item.job and item.job != own_job:
        return busy(item)
    return not_allowed(asr, item, Operation.DISABLE_PROTECTION) if item.stage == Stage.TEST_FAILOVER_UP else None


def _stop_what_runs(asr: SiteRecovery, item: ProtectedItem, now: float) -> None:
    running = asr.job(item.job) if item.job else None
    if running is not None and not running.over:
        cancel_job(asr, running, now)


def _remove(call: Call, asr: SiteRecovery, item: ProtectedItem, scenario: str, refused: AsyncError | None) -> Reply:
    job = _begin_removal(asr, item, scenario, refused, call.now, client_request_id=call.client_request_id)
    return accepted(call, asr, job.name, item.id, job=job)


def _begin_removal(
    asr: SiteRecovery,
    item: ProtectedItem,
    scenario: str,
    refused: AsyncError | None,
    now: float,
    *,
    client_request_id: str = "",
    origin: str = "service",
) -> Job:
    job = start_job(
        asr,
        scenario,
        _target(asr, item),
        now=now,
        client_request_id=client_request_id,
        item="" if refused else item.key,
        payload={"item": item.key},
        refused=refused,
        origin=origin,
    )
    if refused is None:
        occupy(asr, item, job, now)
    return job


def _plan_named(asr: SiteRecovery, vault: str, expression: str) -> set[str] | None:
    """The keys of a plan's items, for `RecoveryPlanName eq 'x'`; None for no such filter."""
    left, _, right = expression.partition(" eq ")
    if left.strip().lower() != "recoveryplanname":
        return None
    plan = asr.plans.get(f"{vault}/replicationRecoveryPlans/{right.strip().strip(chr(39))}")
    groups = plan["properties"]["groups"] if plan is not None else []
    return {one["id"].lower() for group in groups for one in group["replicationProtectedItems"]}


def _target(asr: SiteRecovery, item: ProtectedItem) -> Target:
    vm = asr.inventory.vm(item.vm)
    return Target(item.vault, item.vm, vm.name if vm is not None else item.name)
