"""What somebody does in the portal: the same moves, with a caller's id that is nobody's."""

from __future__ import annotations

from simulator.asr.moves import Move, begin_move, why_not
from simulator.asr.protection import disable_by_hand
from simulator.asr.records import Job, ProtectedItem
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Operation
from simulator.errors import AsyncError


def item_of_machine(asr: SiteRecovery, machine: str) -> ProtectedItem | None:
    """The item of a virtual machine, by the machine's name or id or by its own name."""
    wanted = machine.lower()
    for item in asr.items.values():
        vm = asr.inventory.vm(item.vm)
        if wanted in {item.vm, item.name.lower(), vm.name.lower() if vm is not None else ""}:
            return item
    return None


def move_by_hand(
    asr: SiteRecovery,
    item: ProtectedItem,
    operation: Operation,
    now: float,
    *,
    shutdown_source: bool = False,
    full_download: bool = False,
    recovery_point: str = "",
) -> Job | AsyncError:
    """Start a move, or disable protection, for nobody we know; returns its job, or the refusal."""
    if operation is Operation.DISABLE_PROTECTION:
        return disable_by_hand(asr, item, now)
    skip = []
    if operation is Operation.FAILBACK and full_download:
        skip = ["DataSyncForFailback", "WaitForUserInputForFailback"]
    if operation is Operation.UNPLANNED_FAILOVER and not shutdown_source:
        skip = ["VmPrepareForUnPlannedFailover"]
    move = Move(
        operation,
        recovery_point=recovery_point,
        network=item.settings["selectedRecoveryAzureNetworkId"] or "",
        shutdown_source=shutdown_source,
        full_download=full_download,
        skip=skip,
    )
    refused = why_not(asr, item, operation, move.payload(), now)
    if refused is not None:
        return refused
    return begin_move(asr, item, move, now, client_request_id="", refused=None, origin="portal")
