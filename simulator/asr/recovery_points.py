"""Recovery points of a protected item, and the sizes that its target may have."""

from __future__ import annotations

from simulator.asr.azure_vm import SIZES, shortcomings
from simulator.asr.protection import ITEM
from simulator.asr.replication import recovery_points, settle
from simulator.asr.site_recovery import SiteRecovery, listing
from simulator.errors import resource_not_found
from simulator.routing import Call, Reply

RECOVERY_POINTS = f"{ITEM}/recoveryPoints"
RECOVERY_POINT = f"{RECOVERY_POINTS}/{{point}}"
TARGET_SIZES = f"{ITEM}/targetComputeSizes"


def list_recovery_points(call: Call) -> Reply:
    """GET the recovery points of an item, newest first."""
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    settle(asr, item, call.now)
    return Reply(200, listing(recovery_points(item)))


def show_recovery_point(call: Call) -> Reply:
    """GET a recovery point."""
    asr = call.world.room(SiteRecovery)
    item, name = asr.item(call), call.parameters["point"]
    settle(asr, item, call.now)
    found = next((point for point in recovery_points(item) if point["name"] == name.lower()), None)
    if found is None:
        raise resource_not_found(name)
    return Reply(200, found)


def list_target_sizes(call: Call) -> Reply:
    """GET the sizes for an item, each with what speaks against it."""
    asr = call.world.room(SiteRecovery)
    item = asr.item(call)
    vm = asr.inventory.vm(item.vm)
    if vm is None:
        raise resource_not_found(item.name)
    bodies = [
        {
            "id": f"{item.id}/targetComputeSizes/{size.name}",
            "name": size.name,
            "type": "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/"
            "replicationProtectedItems/targetComputeSizes",
            "properties": {
                "name": size.name,
                "friendlyName": size.name,
                "cpuCoresCount": size.cores,
                "vCPUsAvailable": size.cores,
                "memoryInGB": size.memory_gb,
                "maxDataDiskCount": size.data_disks,
                "maxNicsCount": size.nics,
                "errors": [{"message": reason, "severity": "Error"} for reason in shortcomings(size, vm)],
                "highIopsSupported": "Supported",
                "hyperVGenerations": list(size.generations),
            },
        }
        for size in SIZES
    ]
    return Reply(200, listing(bodies))
