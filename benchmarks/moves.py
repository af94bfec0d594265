"""How long it takes to move many VMs, beside the longest chain of jobs that the service needs for any one of them."""

from __future__ import annotations

import functools
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from benchmarks.many_vms import ManyVms, many_vms
from benchmarks.rows import Measured, row
from tests.engine.stack_under_test import VAULT

# Ten seconds of the service in one of ours. What our side costs weighs ten times as much as it does at speed 1.
FAST = 10.0
# As documented by Azure Resource Manager: the bucket of a principal, subscription and region, and its filling.
READS_A_SECOND, READ_BURST = 25.0, 250.0


@dataclass(frozen=True)
class Flip:
    """One `up` that moved every VM. Seconds of the service's clock; `reads` as the service counted them."""

    wall: float
    speed: float
    chain: float
    reads: int

    @property
    def ratio(self) -> float:
        return self.wall * self.speed / self.chain

    @property
    def share_of_reads(self) -> float:
        """Of what the budget would have allowed in that time, whatever was in the bucket at the beginning."""
        return self.reads / (READS_A_SECOND * self.wall * self.speed)


@row("flip-1")
def flip_1() -> Measured:
    """One VM to Azure by `pulumi up`, at speed 10."""
    return _row(flip(1, FAST))


@row("flip-10")
def flip_10() -> Measured:
    """10 VMs to Azure by one `up`, at speed 10."""
    return _row(flip(10, FAST))


@row("flip-100")
def flip_100() -> Measured:
    """100 VMs to Azure by one `up`, at speed 10."""
    return _row(flip(100, FAST))


@row("reads-100", long=True)
def reads_100() -> Measured:
    """Reads during `flip-100-real`, against the documented budget. Goal: under 0.5."""
    made = flip(100, 1.0)
    seconds = made.wall * made.speed
    against = f"{READS_A_SECOND:.0f} reads/s for {seconds:.0f} s"
    return Measured(made.reads / seconds, "reads/s", against, made.share_of_reads)


@row("flip-100-real", long=True)
def flip_100_real() -> Measured:
    """100 VMs to Azure by one `up`, at speed 1. Goal: at most 1.05."""
    return _row(flip(100, 1.0))


@row("flip-500", long=True)
def flip_500() -> Measured:
    """500 VMs to Azure by one `up`, at speed 1."""
    return _row(flip(500, 1.0))


@row("interrupt-10")
def interrupt_10() -> Measured:
    """From Ctrl-C to the end of an `up` while 10 VMs fail over, at speed 1. Goal: 2 s."""
    with many_vms(10) as vms:
        vms.flip()
        vms.run_at(1.0)
        with vms.start_up() as process:
            vms.wait_until_moving()
            asked = time.perf_counter()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
            taken = time.perf_counter() - asked
    return Measured(taken, "s", "2 s", taken / 2)


@row("runbook-threads-10")
def runbook_threads_10() -> Measured:
    """10 VMs to Azure by a plain script over the SDK, a thread each, with the SDK's own polling, at speed 10."""
    with many_vms(10) as vms:
        vms.run_at(FAST)
        began = time.perf_counter()
        with vms.simulator.site_recovery() as client, ThreadPoolExecutor(10) as threads:
            list(threads.map(functools.partial(_by_script, client), vms.names))
        wall = time.perf_counter() - began
        chain = max(each.seconds for each in vms.chains())
    return _row(Flip(wall, FAST, chain, 0))


@functools.cache
def flip(count: int, speed: float) -> Flip:
    """Moves so many VMs to Azure, once for all rows that tell of it."""
    with many_vms(count) as vms:
        vms.flip()
        vms.run_at(speed)
        vms.forget_reads()
        wall = vms.up()
        reads = sum(vms.reads().values())
        return Flip(wall, speed, _longest(vms), reads)


def _longest(vms: ManyVms) -> float:
    return max(each.seconds for each in vms.chains())


def _row(made: Flip) -> Measured:
    seconds = made.wall * made.speed
    return Measured(seconds, "s of the service", f"longest chain of jobs, {made.chain:.1f} s", made.ratio)


def _by_script(client: SiteRecoveryManagementClient, vm: str) -> None:
    items = client.replication_protected_items
    found = next(item for item in items.list(*VAULT) if item.as_dict()["properties"]["friendlyName"] == vm)
    parts = (found.id or "").split("/")
    where = (*VAULT, parts[-5], parts[-3], parts[-1])
    items.begin_unplanned_failover(*where, _FAILOVER).result()
    _until_offered(client, where, "Commit")
    items.begin_failover_commit(*where).result()
    _until_offered(client, where, "ReverseReplicate")
    items.begin_reprotect(*where, _REPROTECT).result()
    _until_offered(client, where, "Failback")


_AZURE: dict[str, Any] = {"instanceType": "HyperVReplicaAzure"}
_FAILOVER: Any = {
    "properties": {
        "failoverDirection": "PrimaryToRecovery",
        "sourceSiteOperations": "Required",
        "providerSpecificDetails": _AZURE,
    }
}
_REPROTECT: Any = {"properties": {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": _AZURE}}


def _until_offered(client: SiteRecoveryManagementClient, where: tuple[str, ...], operation: str) -> None:
    """A script, too, has to wait until the item shows what its job did; it looks as often as the SDK polls."""
    for _ in range(100):
        item = client.replication_protected_items.get(*where).as_dict()["properties"]
        if operation in item["allowedOperations"]:
            return
        time.sleep(30 / FAST)
    raise RuntimeError(f"{where[-1]} never offered {operation}")
