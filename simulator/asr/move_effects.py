"""What the jobs of moves do to the world at the end of each task; what they leave at their own end stands in move_ends.

A refused job works on nothing: its item belongs to another job, or to none, so every effect first asks whether the job
holds its item.
"""

from __future__ import annotations

from simulator.arm.compute import Power as AzurePower
from simulator.arm.compute import delete_failover_vm, power_of, set_power
from simulator.asr.alternate_recovery import make_anew, require_premises
from simulator.asr.azure_vm import create_vm
from simulator.asr.jobs import error_document
from simulator.asr.occupancy import held
from simulator.asr.premises import darken_site, inconsistent, set_heartbeat, switch_host_vm
from simulator.asr.records import Job, ProtectedItem
from simulator.asr.refusals import item_gone, no_such_point, out_of_reach
from simulator.asr.replication import (
    chosen_point,
    delta_to_on_premises,
    pause,
    recovery_point_name,
    settle,
    stop,
    track_changes,
)
from simulator.asr.site_recovery import Effects, JobFailure, SiteRecovery
from simulator.asr.states import Stage
from simulator.clock import written
from simulator.errors import AsyncError
from simulator.faults import JobEffect
from simulator.inventory import HostVm, Power

_SHUTDOWN_FAILED = AsyncError(
    "SimulatorSourceShutdownFailed",
    "The source virtual machine could not be shut down.",
    "The host or the guest did not answer the request to shut down.",
    "Turn the source virtual machine off by hand before you use the one in Azure.",
)


def add_effects(effects: Effects) -> None:
    """Say what happens at the end of which task."""
    effects.tasks.update(
        {
            ("PlannedFailover", "VmPfoPrerequisitesCheck"): _check_source,
            ("PlannedFailover", "VmShutdownVmOnPrimary"): _shut_source_down,
            ("PlannedFailover", "VmPrepareForFailover"): _send_the_rest,
            ("PlannedFailover", "VmFailover"): _make_azure_vm,
            ("PlannedFailover", "VmFoStartVmOnSecondary"): _start_azure_vm,
            ("UnplannedFailover", "VmShutdownVmOnPrimary"): _try_to_shut_source_down,
            ("UnplannedFailover", "VmPrepareForUnPlannedFailover"): _send_the_rest_if_possible,
            ("UnplannedFailover", "VmFailover"): _make_azure_vm,
            ("UnplannedFailover", "VmFoStartVmOnSecondary"): _start_azure_vm,
            ("ChangePit", "ShutdownVmRecovery"): _stop_azure_vm,
            ("ChangePit", "CancelFailoverRecovery"): _unmake_azure_vm,
            ("ChangePit", "VmFailover"): _make_azure_vm,
            ("ChangePit", "VmFoStartVmOnSecondary"): _start_azure_vm,
            ("CommitFailover", "VmCommitPrerequisitesCheck"): _check_commit,
            ("CommitFailover", "VmCommit"): _commit,
            ("Failback", "VmPfoPrerequisitesCheck"): _check_both_sides,
            ("Failback", "PrepareVmOnPremForFailback"): _prepare_on_premises,
            ("Failback", "DataSyncForFailback"): _synchronized,
            ("Failback", "VmShutdownVmOnSecondary"): _stop_azure_vm,
            ("Failback", "VmFailover"): _all_on_premises,
            ("Failback", "VmFoStartVmOnPrimary"): _start_on_premises,
            ("ReprotectReplicationGroup", "EnableProtection"): _check_source,
            ("TestFailover", "VmTfoPrepareTestVm"): _make_test_vm,
            ("TestFailover", "VmTfoBootTestVm"): _start_test_vm,
            ("TestFailoverCleanup", "VmTfoDeleteTestVm"): _delete_test_vm,
            ("*", JobEffect.SHUTDOWN_FAILS.value): _nothing_at_once,
            ("*", JobEffect.HEARTBEAT_LOST.value): _lose_heartbeat,
            ("*", JobEffect.SITE_DARK.value): _site_goes_dark,
        }
    )


def _required(asr: SiteRecovery, job: Job) -> tuple[ProtectedItem, HostVm]:
    item = held(asr, job)
    vm = asr.inventory.vm(item.vm) if item is not None else None
    if item is None or vm is None:
        raise JobFailure(item_gone())
    return item, vm


def _check_source(asr: SiteRecovery, job: Job, _now: float) -> None:
    """What has to be copied or switched on premises needs the host."""
    _, vm = _required(asr, job)
    if not asr.inventory.reachable(vm.id):
        raise JobFailure(out_of_reach(vm))


def _check_both_sides(asr: SiteRecovery, job: Job, _now: float) -> None:
    """A failback needs the host, and the Azure machine whose data it takes."""
    item, vm = _required(asr, job)
    require_premises(asr, item, vm, job)
    if power_of(asr.world, item.azure_vm) is None:
        raise JobFailure(
            AsyncError(
                "SimulatorAzureMachineGone",
                f"The Azure virtual machine of '{item.name}' does not exist any more.",
                "Somebody deleted it.",
                "There is nothing to fail back; disable replication and protect the machine anew.",
            )
        )


def _shut_source_down(asr: SiteRecovery, job: Job, now: float) -> None:
    """A planned failover does not go on without the shutdown: it promises that nothing is lost."""
    _, vm = _required(asr, job)
    if JobEffect.SHUTDOWN_FAILS.value in job.payload.get("effects", []) or not asr.inventory.reachable(vm.id):
        raise JobFailure(_SHUTDOWN_FAILED)
    switch_host_vm(asr, vm, Power.OFF, now)


def _try_to_shut_source_down(asr: SiteRecovery, job: Job, now: float) -> None:
    """An unplanned failover goes on even if the shutdown fails, and says so."""
    _, vm = _required(asr, job)
    if not job.payload["shutdownSource"]:
        return
    if JobEffect.SHUTDOWN_FAILS.value not in job.payload.get("effects", []) and asr.inventory.reachable(vm.id):
        switch_host_vm(asr, vm, Power.OFF, now)
        return
    task = job.task
    if task is not None:
        task.errors.append(error_document(_SHUTDOWN_FAILED, task.task_id, now))
        task.end("Failed", "Failed", now)
    job.warning = {"code": _SHUTDOWN_FAILED.service_code, "message": _SHUTDOWN_FAILED.message}


def _send_the_rest_if_possible(asr: SiteRecovery, job: Job, now: float) -> None:
    _, vm = _required(asr, job)
    if asr.inventory.reachable(vm.id):
        _send_the_rest(asr, job, now)


def _send_the_rest(asr: SiteRecovery, job: Job, now: float) -> None:
    """The source's last changes arrive, and make the newest recovery point."""
    item, vm = _required(asr, job)
    if not asr.inventory.reachable(vm.id):
        raise JobFailure(out_of_reach(vm))
    settle(asr, item, now)
    replication = item.replication
    replication.backlog, replication.settled, replication.last_replicated = 0.0, now, now
    replication.points.append((now, False))
    asr.save_item(item)


def _make_azure_vm(asr: SiteRecovery, job: Job, now: float) -> None:
    """Replication pauses, and the machine appears in Azure with the data of the chosen recovery point."""
    item, _ = _required(asr, job)
    settle(asr, item, now)
    _note_point(item, job)
    pause(item)
    item.azure_vm, warning = create_vm(asr, item, now)
    job.warning = job.warning or warning
    asr.save_item(item)


def _note_point(item: ProtectedItem, job: Job) -> None:
    """The item and the job's own details name the recovery point that is used; a failed job leaves the one before.

    Raises JobFailure if the named point is gone: replication went on after the request was accepted, and pruned it.
    """
    job.payload["pointBefore"] = item.failover_point
    asked = job.payload["recoveryPoint"]
    point = chosen_point(item, asked)
    if point is None and asked:
        raise JobFailure(no_such_point(asked))
    if point is None:
        return
    item.failover_point = f"{item.id}/recoveryPoints/{recovery_point_name(item, point[0])}"
    job.payload["protectedItems"][0].update(recoveryPointId=item.failover_point, recoveryPointTime=written(point[0]))


def _start_azure_vm(asr: SiteRecovery, job: Job, now: float) -> None:
    item, _ = _required(asr, job)
    set_power(asr.world, item.azure_vm, AzurePower.RUNNING)
    item.azure_since, item.azure_delta = now, 0.0
    asr.save_item(item)


def _stop_azure_vm(asr: SiteRecovery, job: Job, now: float) -> None:
    item, _ = _required(asr, job)
    job.payload["wasRunning"] = power_of(asr.world, item.azure_vm) is AzurePower.RUNNING
    item.azure_delta = delta_to_on_premises(asr, item, now)
    item.azure_since = None
    stop(item)
    set_power(asr.world, item.azure_vm, AzurePower.DEALLOCATED)
    asr.save_item(item)


def _unmake_azure_vm(asr: SiteRecovery, job: Job, _now: float) -> None:
    item, _ = _required(asr, job)
    delete_failover_vm(asr.world, item.azure_vm)
    item.azure_vm = ""
    asr.save_item(item)


def _check_commit(asr: SiteRecovery, job: Job, _now: float) -> None:
    """A change of the recovery point that stopped midway has left nothing in Azure to commit."""
    item, _ = _required(asr, job)
    if not item.azure_vm:
        raise JobFailure(
            AsyncError(
                "SimulatorNothingToCommit",
                f"'{item.name}' has no virtual machine in Azure that could be committed.",
                "A change of its recovery point did not come to its end.",
                "Apply a recovery point, and commit then.",
            )
        )


def _commit(asr: SiteRecovery, job: Job, _now: float) -> None:
    """Committed in Azure, the recovery points go; committed on premises, the Azure machine and its disks go."""
    item, _ = _required(asr, job)
    item.replication.points = []
    if job.payload["after"] == Stage.FAILBACK_COMMITTED:
        delete_failover_vm(asr.world, item.azure_vm)
        item.azure_vm, item.azure_since, item.azure_delta = "", None, 0.0
    asr.save_item(item)


def _prepare_on_premises(asr: SiteRecovery, job: Job, now: float) -> None:
    """The on-premises machine is switched off, or made anew; from here on its disks are written to."""
    item, vm = _required(asr, job)
    make_anew(asr, item, vm, job, now)
    switch_host_vm(asr, vm, Power.OFF, now)


def _synchronized(asr: SiteRecovery, job: Job, now: float) -> None:
    """The delta arrived while the Azure machine went on; what it wrote meanwhile is the next delta."""
    item, vm = _required(asr, job)
    if not asr.inventory.reachable(vm.id):
        raise JobFailure(out_of_reach(vm))
    began = job.task.started if job.task is not None and job.task.started is not None else now
    waited = delta_to_on_premises(asr, item, now)
    stop(item)
    item.azure_delta = 0.0
    item.azure_since = began if power_of(asr.world, item.azure_vm) is AzurePower.RUNNING else None
    job.payload["sent"] = max(0.0, waited - delta_to_on_premises(asr, item, now))
    asr.save_item(item)


def _all_on_premises(asr: SiteRecovery, job: Job, now: float) -> None:
    """Everything is on premises. Noted are what was sent and what was healed: a failure after this takes them back."""
    item, vm = _required(asr, job)
    if not asr.inventory.reachable(vm.id):
        raise JobFailure(out_of_reach(vm))
    job.payload["sent"] = job.payload.get("sent", 0.0) + delta_to_on_premises(asr, item, now)
    job.payload["wasCorrupted"] = vm.corrupted
    item.azure_delta = 0.0
    vm.corrupted = inconsistent(asr, vm)
    asr.inventory.vms.put(vm.id, vm)
    asr.save_item(item)


def _start_on_premises(asr: SiteRecovery, job: Job, now: float) -> None:
    item, vm = _required(asr, job)
    if vm.deleted:
        raise JobFailure(out_of_reach(vm))
    switch_host_vm(asr, vm, Power.RUNNING, now)
    track_changes(item, now)
    asr.save_item(item)


def _make_test_vm(asr: SiteRecovery, job: Job, now: float) -> None:
    item, _ = _required(asr, job)
    settle(asr, item, now)
    _note_point(item, job)
    item.test_vm, warning = create_vm(asr, item, now, test_network=job.payload["network"])
    job.warning = job.warning or warning
    job.payload["protectedItems"][0]["testVmName"] = item.test_vm.rsplit("/", 1)[-1]
    asr.save_item(item)


def _start_test_vm(asr: SiteRecovery, job: Job, _now: float) -> None:
    item, _ = _required(asr, job)
    set_power(asr.world, item.test_vm, AzurePower.RUNNING)


def _delete_test_vm(asr: SiteRecovery, job: Job, _now: float) -> None:
    item, _ = _required(asr, job)
    delete_failover_vm(asr.world, item.test_vm)
    item.test_vm = ""
    asr.save_item(item)


def _nothing_at_once(_asr: SiteRecovery, _job: Job, _now: float) -> None:
    """The task that shuts the source down reads the effect from its job."""


def _lose_heartbeat(asr: SiteRecovery, job: Job, now: float) -> None:
    item = asr.items.get(job.item) if job.item else None
    host = asr.inventory.host_of(item.vm) if item is not None else None
    if host is not None:
        set_heartbeat(asr, host, beats=False, now=now)


def _site_goes_dark(asr: SiteRecovery, job: Job, now: float) -> None:
    """Every host of the site loses its connection, and every machine on them stops."""
    item = asr.items.get(job.item) if job.item else None
    if item is not None:
        darken_site(asr, item.fabric, now)
