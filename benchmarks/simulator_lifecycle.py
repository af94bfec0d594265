"""The whole way to Azure and back for 100 machines, in virtual time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.rows import Measured, row
from benchmarks.serving import simulator
from benchmarks.vaults import HYPER_V, Estate, prepare, write_inventory

MACHINES = 100
ALLOWED_SECONDS = 60.0
_TO_AZURE = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": {"instanceType": HYPER_V}}
_BACK = {
    "failoverDirection": "RecoveryToPrimary",
    "providerSpecificDetails": {"instanceType": "HyperVReplicaAzureFailback", "dataSyncOption": "ForDownTime"},
}


@row("lifecycle-100")
def lifecycle_100() -> Measured:
    """Wall seconds: enable, unplanned failover, commit, reprotect, failback with completion, commit, reverse replicate,
    disable. Every item is read back after every step.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        inventory, state = write_inventory(Path(directory), MACHINES), Path(directory) / "world.sqlite"
        with simulator("--manual-clock", "--inventory", str(inventory), "--state", str(state)) as served:
            estate = prepare(served)
            began = time.perf_counter()
            _whole_way(estate)
            taken = time.perf_counter() - began
    return Measured(taken, "s", f"{ALLOWED_SECONDS:.0f} s allowed", taken / ALLOWED_SECONDS)


def _whole_way(estate: Estate) -> None:
    estate.protect_all()
    _all(estate, "unplannedFailover", {**_TO_AZURE, "sourceSiteOperations": "Required"}, "Commit")
    _all(estate, "failoverCommit", None, "ReverseReplicate")
    _all(estate, "reProtect", {"failoverDirection": "RecoveryToPrimary"}, "Failback")
    _all(estate, "plannedFailover", _BACK, "")
    for job in estate.served.ask("GET", f"{estate.vault}/replicationJobs")["value"]:
        if job["properties"]["state"] == "Suspended":
            estate.served.ask("POST", f"{job['id']}/resume", {"properties": {}})
    estate.advance(1200)
    _all(estate, "failoverCommit", None, "ReverseReplicate")
    _all(estate, "reProtect", {"failoverDirection": "PrimaryToRecovery"}, "PlannedFailover")
    for name in estate.machines:
        estate.served.ask("POST", f"{estate.item(name)}/remove", {"properties": {}})
    estate.advance(600)
    left = estate.served.ask("GET", f"{estate.vault}/replicationProtectedItems")["value"]
    if left:
        raise RuntimeError(f"{len(left)} items were not removed")


def _all(estate: Estate, verb: str, properties: Any, offered: str) -> None:
    """One verb for every machine; afterwards every item offers what comes next."""
    for name in estate.machines:
        estate.served.ask("POST", f"{estate.item(name)}/{verb}", {"properties": properties} if properties else None)
    estate.advance(1200)
    for name in estate.machines:
        allowed = estate.served.ask("GET", estate.item(name))["properties"]["allowedOperations"]
        if offered and offered not in allowed:
            raise RuntimeError(f"{name} offers {allowed} after {verb}, not {offered}")
