"""Replication: cycles that send what changed, recovery points, and what lags when they cannot.

Cycles are not events. Whoever looks at an item settles it: every cycle since the last look is carried out, so the
result is the same however often somebody looked, and a read writes nothing. Whatever changes the conditions (power,
heartbeat, policy) settles first.
"""

from __future__ import annotations

from collections.abc import Collection

from simulator.asr.records import ProtectedItem, Replication
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Stage
from simulator.clock import written
from simulator.ids import derived_guid, same
from simulator.inventory import HostVm
from simulator.store import Document

HOUR = 3600.0
# The source gives up tracking when its logs reach half of the disks (documented for Hyper-V Replica).
RESYNC_SHARE = 0.5
# How often the RPO is calculated, in seconds (inferred: the service gives the instant, not the rhythm).
RPO_EVERY = 60.0
# Of the interval: from when replication counts as behind, and as far behind.
WARNING_INTERVALS, CRITICAL_INTERVALS = 3.0, 12.0


def settle(asr: SiteRecovery, item: ProtectedItem, now: float) -> None:
    """Bring an item's replication up to now."""
    replication = item.replication
    if replication.phase == "tracking":
        replication.backlog += _churn(asr, item) * (now - replication.settled)
        replication.settled = now
        return
    if replication.phase != "running" or now < replication.settled + replication.interval:
        return
    asr.stale(item.key)
    churn, reachable = _churn(asr, item), asr.inventory.reachable(item.vm)
    cycles = int((now - replication.settled) // replication.interval)
    changed, capacity = churn * replication.interval, replication.bandwidth * replication.interval
    limit = full_size(asr, item) * RESYNC_SHARE
    while cycles:
        if not reachable or replication.resync:
            _away(replication, changed, limit, cycles, reachable=reachable)
            return
        if changed <= capacity and replication.backlog + changed <= capacity:
            _steady(item, cycles)
            return
        if changed == capacity:
            # It neither falls further behind nor catches up.
            _away(replication, 0.0, limit, cycles, reachable=True)
            return
        _cycle(replication, changed, capacity, limit)
        cycles -= 1


def settle_items_of(asr: SiteRecovery, vm_ids: list[str], now: float) -> None:
    """Settle and keep the items of some virtual machines: called before anything that their replication depends on
    changes.
    """
    wanted = set(vm_ids)
    for item in asr.items.values():
        if item.vm in wanted:
            settle(asr, item, now)
            asr.save_item(item)


def begin_cycles(item: ProtectedItem, now: float, *, reverse: bool) -> None:
    """Replication runs from now on. A first recovery point exists at once, on the way to Azure."""
    replication = item.replication
    replication.phase, replication.settled, replication.last_replicated = "running", now, now
    replication.backlog, replication.remaining, replication.broken, replication.resync = 0.0, 0.0, False, False
    replication.reverse = reverse
    replication.points, replication.last_app = ([], None) if reverse else ([(now, True)], now)


def replicate_back_again(item: ProtectedItem, now: float) -> None:
    """Azure replicates to on premises again after a failback failed; what was not sent waits."""
    replication = item.replication
    replication.phase, replication.settled, replication.reverse = "running", now, True
    replication.backlog, item.azure_delta = item.azure_delta, 0.0


def track_changes(item: ProtectedItem, now: float) -> None:
    """Nothing is sent, but what the source writes from now on is counted."""
    replication = item.replication
    replication.phase, replication.settled, replication.backlog, replication.reverse = "tracking", now, 0.0, False


def pause(item: ProtectedItem) -> None:
    """Nothing is sent for now, but what the source writes is counted, so that it can go on as if nothing had been."""
    if item.replication.phase == "running":
        item.replication.phase = "tracking"


def go_on(asr: SiteRecovery, item: ProtectedItem, now: float) -> None:
    """Replication that was paused goes on: its points stay, and what was written meanwhile waits to be sent."""
    settle(asr, item, now)
    if item.replication.phase == "tracking":
        item.replication.phase = "running"


def stop(item: ProtectedItem) -> None:
    """Nothing is sent any more."""
    item.replication.phase = "stopped"


def full_size(asr: SiteRecovery, item: ProtectedItem) -> float:
    """Megabytes in use of all disks that are replicated."""
    vm = asr.inventory.vm(item.vm)
    return used_on(vm, item.settings["disks"]) if vm is not None else 0.0


def used_on(vm: HostVm, disks: Collection[str]) -> float:
    """Megabytes in use on some of a machine's disks, by their ids."""
    return sum(disk.used_mb for disk in vm.disks if disk.id in disks)


def delta_to_on_premises(asr: SiteRecovery, item: ProtectedItem, now: float) -> float:
    """Megabytes written in Azure that are not on premises yet."""
    settle(asr, item, now)
    if item.replication.phase == "running":
        return item.replication.backlog + _churn(asr, item) * (now - item.replication.settled)
    written = _rate(asr, item) * (now - item.azure_since) if item.azure_since is not None else 0.0
    return min(item.azure_delta + written, full_size(asr, item))


def azure_vm_switched(asr: SiteRecovery, vm_id: str, now: float, *, runs: bool) -> None:
    """The machine in Azure is switched by hand: what it wrote so far waits, and it writes only while it runs."""
    for item in asr.items.values():
        if same(item.azure_vm, vm_id):
            settle(asr, item, now)
            if item.replication.phase != "running":
                item.azure_delta = delta_to_on_premises(asr, item, now)
            item.azure_since = now if runs else None
            asr.save_item(item)


def recovery_points(item: ProtectedItem) -> list[Document]:
    """The bodies of an item's recovery points, newest first."""
    return [recovery_point(item, at, consistent=consistent) for at, consistent in reversed(item.replication.points)]


def recovery_point(item: ProtectedItem, at: float, *, consistent: bool) -> Document:
    """The body of one recovery point."""
    name = recovery_point_name(item, at)
    return {
        "id": f"{item.id}/recoveryPoints/{name}",
        "name": name,
        "type": "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/"
        "replicationProtectedItems/recoveryPoints",
        "properties": {
            "recoveryPointTime": written(at),
            "recoveryPointType": "Application Consistent" if consistent else "Crash Consistent",
            "providerSpecificDetails": None,
        },
    }


def recovery_point_name(item: ProtectedItem, at: float) -> str:
    """The name of the recovery point of an instant; the same whenever it is asked for."""
    return derived_guid(item.id.lower(), round(at * 1000))


def point_of(item: ProtectedItem, recovery_point_id: str) -> tuple[float, bool] | None:
    """The recovery point of an id (or a bare name), or None if the item has no such point."""
    name = recovery_point_id.rstrip("/").rsplit("/", 1)[-1].lower()
    return next((point for point in item.replication.points if recovery_point_name(item, point[0]) == name), None)


def chosen_point(item: ProtectedItem, recovery_point_id: str) -> tuple[float, bool] | None:
    """The recovery point of an id, or the latest one if none is named; None if there is none."""
    if recovery_point_id:
        return point_of(item, recovery_point_id)
    return item.replication.points[-1] if item.replication.points else None


def health(item: ProtectedItem) -> str:
    """`replicationHealth`."""
    replication = item.replication
    if item.stage == Stage.FAILOVER_CANCELLED or replication.resync:
        return "Critical"
    if replication.phase != "running" or replication.last_replicated is None:
        return "Normal" if replication.phase in {"running", "initial"} else "None"
    behind = (replication.settled - replication.last_replicated) / replication.interval
    return "Critical" if behind >= CRITICAL_INTERVALS else "Warning" if behind >= WARNING_INTERVALS else "Normal"


def rpo_of(item: ProtectedItem, now: float) -> tuple[float, int]:
    """When the recovery point objective was last calculated (every RPO_EVERY seconds while cycles run), and the seconds
    that the newest recovery point was old then.
    """
    replication = item.replication
    at = replication.settled
    if replication.phase == "running":
        at = max(at, now // RPO_EVERY * RPO_EVERY)
    last = replication.last_replicated
    return at, round(at - last) if last is not None else 0


def _steady(item: ProtectedItem, cycles: int) -> None:
    """Many cycles at once when each sends all that changed; only those still within the history make points."""
    replication = item.replication
    first, last = replication.settled, replication.settled + cycles * replication.interval
    kept = int(replication.history_hours * HOUR // replication.interval) + 1
    app_every = replication.app_hours * HOUR
    if app_every and replication.last_app is not None and cycles > kept:
        # Keep the rhythm of consistent points through the cycles that are passed over.
        passed = first + (cycles - kept) * replication.interval
        step = max(1, round(app_every / replication.interval)) * replication.interval
        replication.last_app += ((passed - replication.last_app) // step) * step if passed > replication.last_app else 0
    for number in range(max(1, cycles - kept + 1), cycles + 1):
        _add_point(replication, first + number * replication.interval, replication.reverse)
    replication.backlog, replication.broken = 0.0, False
    replication.settled = replication.last_replicated = last
    _prune(replication)


def _away(replication: Replication, changed: float, limit: float, cycles: int, *, reachable: bool) -> None:
    """Many cycles at once in which nothing is sent: what changes waits, until there is too much of it."""
    replication.settled += cycles * replication.interval
    replication.backlog += cycles * changed
    replication.broken = not reachable
    replication.resync = replication.resync or replication.backlog > limit > 0
    _prune(replication)


def _cycle(replication: Replication, changed: float, capacity: float, limit: float) -> None:
    """One cycle of a source that is behind: send what fits, and make a recovery point if nothing is left."""
    replication.settled += replication.interval
    replication.backlog = max(0.0, replication.backlog + changed - capacity)
    replication.broken = False
    if replication.backlog > limit > 0:
        replication.resync = True
    elif replication.backlog == 0.0:
        replication.last_replicated = replication.settled
        _add_point(replication, replication.settled, replication.reverse)
    _prune(replication)


def _add_point(replication: Replication, at: float, reverse: bool) -> None:
    if reverse:
        return
    every = replication.app_hours * HOUR
    consistent = bool(every) and (replication.last_app is None or at - replication.last_app >= every)
    if consistent:
        replication.last_app = at
    replication.points.append((at, consistent))


def _prune(replication: Replication) -> None:
    """Forget points older than the history; the newest stays, whatever its age."""
    oldest = replication.settled - replication.history_hours * HOUR
    kept = [point for point in replication.points[:-1] if point[0] >= oldest]
    replication.points = [*kept, *replication.points[-1:]]


def _churn(asr: SiteRecovery, item: ProtectedItem) -> float:
    """Megabytes a second that the present source writes."""
    if item.replication.reverse:
        return _rate(asr, item) if item.azure_since is not None else 0.0
    vm = asr.inventory.vm(item.vm)
    return vm.churn_mbps if vm is not None and vm.running else 0.0


def _rate(asr: SiteRecovery, item: ProtectedItem) -> float:
    vm = asr.inventory.vm(item.vm)
    return vm.churn_mbps if vm is not None else 0.0
