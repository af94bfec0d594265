"""What is left of a move at its end: where the item stands, and what a failure or a cancellation takes back."""

from __future__ import annotations

from simulator.arm.compute import Power as AzurePower
from simulator.arm.compute import delete_failover_vm, power_of, set_power
from simulator.asr.occupancy import held, release
from simulator.asr.premises import inconsistent
from simulator.asr.records import Job, JobState, ProtectedItem
from simulator.asr.replication import (
    begin_cycles,
    delta_to_on_premises,
    full_size,
    go_on,
    replicate_back_again,
    settle,
    stop,
)
from simulator.asr.site_recovery import Effects, SiteRecovery
from simulator.asr.states import Stage

_CORRUPTED = "a failback stopped while its data was being synchronized"


def add_effects(effects: Effects) -> None:
    """Say what happens at the end of which job."""
    effects.ends.update(
        {
            "PlannedFailover": _failover_ended,
            "UnplannedFailover": _failover_ended,
            "ChangePit": _change_of_point_ended,
            "CommitFailover": _move_ended,
            "Failback": _failback_ended,
            "ReprotectReplicationGroup": _reprotect_ended,
            "TestFailover": _test_failover_ended,
            "TestFailoverCleanup": _test_cleanup_ended,
            "RepairVMReplication": _repair_ended,
        }
    )


def _failover_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        # The start of the failover job, and it keeps this value through the failback (recorded).
        item.last_failover = job.created
        stop(item)
        release(asr, item, job, now, Stage(job.payload["after"]))
        return
    if item.azure_vm:
        delete_failover_vm(asr.world, item.azure_vm)
        item.azure_vm, item.azure_since = "", None
    item.failover_point = job.payload.pop("pointBefore", item.failover_point)
    in_progress = job.current > 0
    if job.state == JobState.CANCELLED and in_progress:
        settle(asr, item, now)
        stop(item)
        release(asr, item, job, now, Stage.FAILOVER_CANCELLED)
        return
    go_on(asr, item, now)
    release(asr, item, job, now, Stage(job.payload["before"]))


def _failback_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        release(asr, item, job, now, Stage(job.payload["after"]))
        return
    _blame(asr, item, job)
    _take_back(asr, item, job, now)
    release(asr, item, job, now, Stage(job.payload["before"]))


def _blame(asr: SiteRecovery, item: ProtectedItem, job: Job) -> None:
    """A failback that stops while it writes leaves a corrupted machine; one that stops later heals none."""
    vm = asr.inventory.vm(item.vm)
    if vm is None:
        return
    vm.corrupted = job.payload.pop("wasCorrupted", vm.corrupted)
    if job.task is not None and job.task.name in {"DataSyncForFailback", "VmFailover"}:
        vm.corrupted = _CORRUPTED
    asr.inventory.vms.put(vm.id, vm)


def _take_back(asr: SiteRecovery, item: ProtectedItem, job: Job, now: float) -> None:
    """What a failed failback has sent waits again: the machine in Azure is the true one, and only it is."""
    if item.replication.phase == "running":
        return
    waits = delta_to_on_premises(asr, item, now) + job.payload.pop("sent", 0.0)
    item.azure_delta = min(waits, full_size(asr, item))
    item.azure_since = now if power_of(asr.world, item.azure_vm) is AzurePower.RUNNING else None
    if job.payload["before"] == Stage.REPLICATING_BACK:
        replicate_back_again(item, now)


def _reprotect_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state != JobState.SUCCEEDED:
        release(asr, item, job, now, Stage(job.payload["before"]))
        return
    after = Stage(job.payload["after"])
    begin_cycles(item, now, reverse=after is Stage.REPLICATING_BACK)
    vm = asr.inventory.vm(item.vm)
    if vm is not None and after is Stage.REPLICATING_BACK:
        vm.corrupted = inconsistent(asr, vm) or vm.corrupted
        asr.inventory.vms.put(vm.id, vm)
    release(asr, item, job, now, after)


def _change_of_point_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    """Stopped before the old machine is gone, it runs again; stopped later, there is none until a point is applied."""
    item = held(asr, job)
    undone = job.payload.pop("wasRunning", False) and job.state != JobState.SUCCEEDED
    if item is not None and undone and power_of(asr.world, item.azure_vm) is AzurePower.DEALLOCATED:
        set_power(asr.world, item.azure_vm, AzurePower.RUNNING)
        item.azure_since = now
    _move_ended(asr, job, now)


def _move_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is not None:
        done = job.state == JobState.SUCCEEDED
        release(asr, item, job, now, Stage(job.payload["after" if done else "before"]))


def _test_failover_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        item.test_failover = "WaitingForCompletion"
        item.test_scenario = item.scenario
        item.last_test_failover = job.created
    else:
        delete_failover_vm(asr.world, item.test_vm)
        item.test_vm = ""
        item.failover_point = job.payload.pop("pointBefore", item.failover_point)
    _move_ended(asr, job, now)


def _test_cleanup_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        item.test_failover, item.test_scenario = "MarkedForDeletion", None
    _move_ended(asr, job, now)


def _repair_ended(asr: SiteRecovery, job: Job, now: float) -> None:
    item = held(asr, job)
    if item is None:
        return
    if job.state == JobState.SUCCEEDED:
        begin_cycles(item, now, reverse=False)
    _move_ended(asr, job, now)
