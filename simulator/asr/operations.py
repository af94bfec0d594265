"""Every operation of Site Recovery that the simulator answers, and the events that its jobs and items wait for."""

from __future__ import annotations

from collections.abc import Callable

from simulator.arm.compute import Power, PowerWatch
from simulator.asr import (
    fabrics,
    jobs,
    move_effects,
    move_ends,
    moves,
    networks,
    occupancy,
    policies,
    protection,
    recovery_plans,
    replication,
    vault_views,
)
from simulator.asr import operations_status as status
from simulator.asr.operation_table import route, site_recovery_table
from simulator.asr.refused import refused_routes
from simulator.asr.site_recovery import SiteRecovery, listing
from simulator.routing import Call, Evidence, Extent, OperationRoute, Reply
from simulator.store import Document
from simulator.world import World

Handler = Callable[[Call], Reply]
OPERATIONS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/operations"


def open_site_recovery(world: World) -> SiteRecovery:
    """Make the room and say who carries out its events; due events may be waiting in a reopened world."""
    asr = world.room(SiteRecovery)
    for part in (fabrics, policies, protection, moves, move_effects, move_ends, networks, recovery_plans):
        part.add_effects(asr.effects)
    world.room(PowerWatch).listeners.append(
        lambda vm_id, power, now: replication.azure_vm_switched(asr, vm_id, now, runs=power is Power.RUNNING)
    )
    asr.effects.ends["*"] = vault_views.tell_end
    asr.effects.abandon = occupancy.abandon
    world.on(jobs.STEP, jobs.carry_on, amends=jobs.give_up)
    world.on(occupancy.QUIET, occupancy.item_quiet)
    world.on(occupancy.SETTLED, occupancy.item_settled)
    world.on(occupancy.POINT, occupancy.item_point)
    world.on(fabrics.REGISTER, fabrics.registration_due)
    world.on(protection.INITIAL_REPLICATION, protection.initial_replication_due)
    return asr


def asr_routes() -> list[OperationRoute]:
    """The operations, those that are refused among them."""
    listed = route("GET", OPERATIONS, list_operations, "Operations_List", Evidence.SPECIFIED)
    answered = [*site_recovery_table(), listed]
    return [*answered, *_result_routes(answered), *refused_routes()]


def list_operations(_call: Call) -> Reply:
    """GET the provider's operations: those that the simulator answers."""
    names = sorted({one.name for one in asr_routes() if one.parity and one.parity.extent is not Extent.REFUSED})
    return Reply(200, listing([_operation_body(name) for name in names]))


def _operation_body(name: str) -> Document:
    resource, _, operation = name.partition("_")
    return {
        "name": f"Microsoft.RecoveryServices/{resource}/{operation}",
        "display": {
            "provider": "Microsoft Recovery Services",
            "resource": resource,
            "operation": operation,
            "description": name,
        },
        "origin": "user",
        "properties": None,
    }


def _result_routes(answered: list[OperationRoute]) -> list[OperationRoute]:
    """`operationresults` under every resource that a mutation works on."""
    templates = {
        one.template.rsplit("/", 1)[0] if one.method == "POST" else one.template
        for one in answered
        if one.mutates and "replicationVaultHealth" not in one.template
    }
    return [
        route(
            "GET",
            f"{template}/operationresults/{{operation}}",
            status.show_operation_result,
            f"OperationResults_Get under {template.rsplit('/', 2)[1]}",
            Evidence.SPECIFIED,
        )
        for template in sorted(templates)
    ]
