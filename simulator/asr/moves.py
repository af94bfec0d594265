"""The verbs that move a virtual machine: failovers, commit, change of recovery point, reprotect, resynchronize.

Each verb looks at the item first (direction, state, what the verb needs), then starts its job. What the job does to
the world as its tasks end stands in move_effects.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.asr.alternate_recovery import why_no_host
from simulator.asr.item_inputs import ToAzure
from simulator.asr.jobs import Target, start_job
from simulator.asr.occupancy import occupy
from simulator.asr.operations_status import accepted
from simulator.asr.records import Job, ProtectedItem
from simulator.asr.refusals import (
    at_once,
    busy,
    item_gone,
    managed_disks,
    no_such_point,
    not_allowed,
    source_running,
    wrong_direction,
)
from simulator.asr.replication import point_of, settle
from simulator.asr.site_recovery import Effects, SiteRecovery
from simulator.asr.states import Location, Operation, Stage, row, transition
from simulator.errors import AsyncError, not_there
from simulator.routing import Call, Reply
from simulator.store import Document
from simulator.world import Profile

# What effects note in a job's payload to take back if it fails; a restart begins without.
KEPT = ("pointBefore", "wasRunning", "wasCorrupted", "sent")
_SCENARIOS = {
    Operation.PLANNED_FAILOVER: "PlannedFailover",
    Operation.UNPLANNED_FAILOVER: "UnplannedFailover",
    Operation.TEST_FAILOVER: "TestFailover",
    Operation.TEST_FAILOVER_CLEANUP: "TestFailoverCleanup",
    Operation.COMMIT: "CommitFailover",
    Operation.CHANGE_PIT: "ChangePit",
    Operation.FAILBACK: "Failback",
    Operation.REVERSE_REPLICATE: "ReprotectReplicationGroup",
    Operation.REPAIR_REPLICATION: "RepairVMReplication",
}


@dataclass
class Move:
    """What was asked of an item. `skip` names the tasks that the job passes over."""

    operation: Operation
    recovery_point: str = ""
    network: str = ""
    comments: str = ""
    shutdown_source: bool = True
    full_download: bool = False
    create_vm: bool = False
    provider: str = ""
    skip: list[str] = field(default_factory=list)

    def payload(self) -> Document:
        """As the job keeps it."""
        return {
            "operation": self.operation.value,
            "recoveryPoint": self.recovery_point,
            "network": self.network,
            "comments": self.comments,
            "shutdownSource": self.shutdown_source,
            "fullDownload": self.full_download,
            "createVm": self.create_vm,
            "provider": self.provider,
        }


def planned_failover(call: Call) -> Reply:
    """POST plannedFailover: to Azure, or back to on premises."""
    asr = call.world.room(SiteRecovery)
    item, wanted = asr.item(call), call.body.properties
    details = wanted.provider_specific_details
    to_azure = isinstance(details, ToAzure)
    _check_direction(asr, item, wanted.failover_direction)
    if to_azure != (wanted.failover_direction == "PrimaryToRecovery"):
        raise wrong_direction()
    if isinstance(details, ToAzure):
        _only_as_it_is(call, details)
        return _start(call, asr, item, Move(Operation.PLANNED_FAILOVER, recovery_point=details.recovery_point_id or ""))
    create = details.recovery_vm_creation_option == "CreateVmIfNotFound"
    provider = details.provider_id_for_alternate_recovery or ""
    if provider and not create:
        raise not_there(call.route.name, "a host is named only for a virtual machine that may be made anew")
    full = details.data_sync_option == "ForSynchronization"
    # Without a synchronization before the failover there is nothing to wait for either (recorded: both are skipped).
    skip = ["DataSyncForFailback", "WaitForUserInputForFailback"] if full else []
    move = Move(Operation.FAILBACK, full_download=full, create_vm=create, provider=provider, skip=skip)
    return _start(call, asr, item, move)


def unplanned_failover(call: Call) -> Reply:
    """POST unplannedFailover: to Azure, with or without shutting the source down first."""
    asr = call.world.room(SiteRecovery)
    item, wanted = asr.item(call), call.body.properties
    _check_direction(asr, item, wanted.failover_direction)
    _only_as_it_is(call, wanted.provider_specific_details)
    shutdown = wanted.source_site_operations == "Required"
    move = Move(
        Operation.UNPLANNED_FAILOVER,
        recovery_point=wanted.provider_specific_details.recovery_point_id or "",
        shutdown_source=shutdown,
        skip=[] if shutdown else ["VmPrepareForUnPlannedFailover"],
    )
    return _start(call, asr, item, move)


def test_failover(call: Call) -> Reply:
    """POST testFailover: a machine beside the real one, in a network of its own."""
    asr = call.world.room(SiteRecovery)
    item, wanted = asr.item(call), call.body.properties
    _check_direction(asr, item, wanted.failover_direction)
    _only_as_it_is(call, wanted.provider_specific_details)
    move = Move(
        Operation.TEST_FAILOVER,
        recovery_point=wanted.provider_specific_details.recovery_point_id or "",
        network=wanted.network_id or item.settings["selectedRecoveryAzureNetworkId"] or "",
    )
    return _start(call, asr, item, move)


def test_failover_cleanup(call: Call) -> Reply:
    """POST testFailoverCleanup: the test machine is deleted."""
    asr = call.world.room(SiteRecovery)
    comments = call.body.properties.comments if call.body is not None else ""
    return _start(call, asr, asr.item(call), Move(Operation.TEST_FAILOVER_CLEANUP, comments=comments or ""))


def failover_commit(call: Call) -> Reply:
    """POST failoverCommit, in both directions."""
    asr = call.world.room(SiteRecovery)
    return _start(call, asr, asr.item(call), Move(Operation.COMMIT))


def apply_recovery_point(call: Call) -> Reply:
    """POST applyRecoveryPoint: another recovery point, while the commit is pending."""
    asr = call.world.room(SiteRecovery)
    point = call.body.properties.recovery_point_id or ""
    return _start(call, asr, asr.item(call), Move(Operation.CHANGE_PIT, recovery_point=point))


def reprotect(call: Call) -> Reply:
    """POST reProtect: reverse replicate after a failback; in the tutorial's service, also from Azure to on premises."""
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    _check_direction(asr, item, call.body.properties.failover_direction)
    return _start(call, asr, item, Move(Operation.REVERSE_REPLICATE))


def repair_replication(call: Call) -> Reply:
    """POST repairReplication: compare all disks anew."""
    asr = call.world.room(SiteRecovery)
    return _start(call, asr, asr.item(call), Move(Operation.REPAIR_REPLICATION))


def why_not(
    asr: SiteRecovery, item: ProtectedItem, operation: Operation, payload: Document, now: float, *, own_job: str = ""
) -> AsyncError | None:
    """Why an item does not take an operation now, or None. A job that looks at its own item names itself."""
    settle(asr, item, now)
    if item.job and item.job != own_job:
        return busy(item)
    if transition(operation, item.standing, asr.world.settings.profile) is None:
        return not_allowed(asr, item, operation)
    point = payload["recoveryPoint"]
    if point and point_of(item, point) is None:
        return no_such_point(point)
    if operation is Operation.CHANGE_PIT and not point:
        return no_such_point("(none given)")
    return why_no_host(asr, item, payload) or _tutorial_limits(asr, item, operation)


def begin_move(
    asr: SiteRecovery,
    item: ProtectedItem,
    move: Move,
    now: float,
    *,
    client_request_id: str,
    refused: AsyncError | None,
    origin: str = "service",
) -> Job:
    """Start the job of a move. A refused one fails in its prerequisites check and does not hold the item."""
    vm = asr.inventory.vm(item.vm)
    name = vm.name if vm is not None else item.name
    going = transition(move.operation, item.standing, asr.world.settings.profile)
    job = start_job(
        asr,
        _SCENARIOS[move.operation],
        Target(item.vault, item.vm, name),
        now=now,
        client_request_id=client_request_id,
        item=item.key,
        result=item.id,
        payload={
            **move.payload(),
            "before": item.stage,
            "after": going.after.value if going else "",
            **_about(item, name),
        },
        skip=move.skip,
        refused=refused,
        origin=origin,
    )
    if refused is None:
        occupy(asr, item, job, now)
    return job


def add_effects(effects: Effects) -> None:
    """A failed move that is restarted is looked at anew."""
    for scenario in _SCENARIOS.values():
        effects.restarts[scenario] = _look_again


def _tutorial_limits(asr: SiteRecovery, item: ProtectedItem, operation: Operation) -> AsyncError | None:
    if asr.world.settings.profile is not Profile.TUTORIAL:
        return None
    if operation is Operation.FAILBACK and item.settings["useManagedDisks"] == "true":
        return managed_disks()
    vm = asr.inventory.vm(item.vm)
    to_on_premises = operation is Operation.REVERSE_REPLICATE and item.standing is not Stage.FAILBACK_COMMITTED
    if to_on_premises and vm is not None and vm.running:
        return source_running(vm.name)
    return None


def _check_direction(asr: SiteRecovery, item: ProtectedItem, direction: str) -> None:
    """A direction has to begin where the machine is active; otherwise 400 at once, with the recorded body."""
    active = row(item.standing, asr.world.settings.profile).active
    if (direction == "PrimaryToRecovery") != (active is Location.PRIMARY):
        raise wrong_direction()


def _only_as_it_is(call: Call, details: ToAzure) -> None:
    if details.os_upgrade_version:
        raise not_there(call.route.name, "the guest's operating system is not upgraded during a failover")


def _start(call: Call, asr: SiteRecovery, item: ProtectedItem, move: Move) -> Reply:
    refused = why_not(asr, item, move.operation, move.payload(), call.now)
    at_once(asr, refused)
    job = begin_move(asr, item, move, call.now, client_request_id=call.client_request_id, refused=refused)
    return accepted(call, asr, job.name, item.id, job=job)


def _look_again(asr: SiteRecovery, job: Job, now: float) -> AsyncError | None:
    """The check of a restarted job; if it passes, the job takes its item again."""
    item = asr.items.get(job.item)
    if item is None:
        return item_gone()
    operation = Operation(job.payload["operation"])
    refused = why_not(asr, item, operation, job.payload, now, own_job=job.name)
    if refused is None:
        going = transition(operation, item.standing, asr.world.settings.profile)
        job.payload["before"], job.payload["after"] = item.stage, going.after.value if going else item.stage
        for kept in KEPT:
            job.payload.pop(kept, None)
        occupy(asr, item, job, now)
    return refused


def _about(item: ProtectedItem, name: str) -> Document:
    """The custom details' part: which item and which machine."""
    return {
        "affected": {
            "primaryVmId": item.vm,
            "primaryVmName": name,
            "recoveryVmName": item.settings["recoveryAzureVmName"],
        },
        "protectedItems": [
            {
                "name": item.name,
                "friendlyName": name,
                "testVmName": None,
                "testVmFriendlyName": None,
                "networkConnectionStatus": None,
                "networkFriendlyName": None,
                "subnet": None,
                "recoveryPointId": None,
                "recoveryPointTime": None,
            }
        ],
    }
