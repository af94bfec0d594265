"""The admin API under `/_simulator`: what nobody can do over Azure's own. No token, no api-version, never struck by a
fault.

It moves the clock, breaks and mends things on premises, acts as somebody in the portal, declares faults, and tells
what was asked of the simulator. docs/simulator.md lists it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simulator.admin_onprem import camelled, onprem_routes
from simulator.arm.compute import power_of
from simulator.asr.by_hand import item_of_machine, move_by_hand
from simulator.asr.job_routes import show_named_job
from simulator.asr.jobs import cancel_job, resume_job
from simulator.asr.records import JobState, ProtectedItem
from simulator.asr.replication import settle
from simulator.asr.site_recovery import SiteRecovery
from simulator.audit import AuditLog
from simulator.clock import written
from simulator.errors import AsyncError, ServiceError
from simulator.faults import FaultBook, MoveByHand, Scenario
from simulator.routing import Call, OperationRoute, Reply
from simulator.store import Document, Snapshot
from simulator.world import World

_PREFIX = "/_simulator"


class _Input(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Advance(_Input):
    """How far to move the clock, in virtual seconds."""

    seconds: Annotated[float, Field(ge=0, le=10 * 366 * 86400)]


class ClockSettings(_Input):
    """How the clock runs."""

    speed: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    manual: bool | None = None


class PortalAction(_Input):
    """What somebody does by hand to the item of a virtual machine."""

    vm: str
    operation: MoveByHand
    shutdown_source: bool = False
    full_download: bool = False
    recovery_point_id: str = ""


class Snapshots:
    """Snapshots by name, kept while the process lives."""

    def __init__(self, _world: World) -> None:
        self.kept: dict[str, Snapshot] = {}


def admin_routes() -> list[OperationRoute]:
    """The operations of the admin API."""
    return [
        _route("GET", "/clock", show_clock),
        _route("PUT", "/clock", set_clock, ClockSettings),
        _route("POST", "/clock/advance", advance_clock, Advance),
        _route("POST", "/reset", reset),
        _route("GET", "/snapshots", list_snapshots),
        _route("PUT", "/snapshots/{name}", take_snapshot),
        _route("POST", "/snapshots/{name}/restore", restore_snapshot),
        _route("GET", "/faults", show_faults),
        _route("POST", "/faults", declare_faults, Scenario),
        _route("DELETE", "/faults", clear_faults),
        _route("DELETE", "/faults/{name}", remove_fault),
        _route("GET", "/audit", show_audit),
        _route("DELETE", "/audit", clear_audit),
        _route("GET", "/items", list_views),
        _route("GET", "/jobs/{job}", show_named_job),
        _route("POST", "/portal", act_by_hand, PortalAction),
        _route("POST", "/portal/jobs/{job}/resume", resume_by_hand),
        _route("POST", "/portal/jobs/{job}/cancel", cancel_by_hand),
        *onprem_routes(_route),
    ]


def show_clock(call: Call) -> Reply:
    """GET the clock."""
    clock = call.world.clock
    now = clock.now()
    return Reply(200, {"now": written(now), "epochSeconds": now, "speed": clock.speed, "manual": clock.manual})


def set_clock(call: Call) -> Reply:
    """PUT speed or manual; the clock does not jump."""
    call.world.clock.run(speed=call.body.speed, manual=call.body.manual)
    return show_clock(call)


def advance_clock(call: Call) -> Reply:
    """POST clock/advance: time passes, and everything due in it happens."""
    call.world.clock.advance(call.body.seconds)
    call.world.look()
    return show_clock(call)


def reset(call: Call) -> Reply:
    """POST reset: a new world, with the hosts of the inventory, at the present instant."""
    call.world.restore({})
    return Reply(204)


def list_snapshots(call: Call) -> Reply:
    """GET the names of the snapshots."""
    return Reply(200, {"value": sorted(call.world.room(Snapshots).kept)})


def take_snapshot(call: Call) -> Reply:
    """PUT a snapshot of everything, clock included, under a name."""
    call.world.look()
    call.world.room(Snapshots).kept[call.parameters["name"]] = call.world.snapshot()
    return Reply(204)


def restore_snapshot(call: Call) -> Reply:
    """POST restore: everything is as it was, the clock too."""
    snapshot = call.world.room(Snapshots).kept.get(call.parameters["name"])
    if snapshot is None:
        raise ServiceError(404, "SnapshotNotFound", f"There is no snapshot '{call.parameters['name']}'.")
    call.world.restore(snapshot)
    return Reply(204)


def show_faults(call: Call) -> Reply:
    """GET the fault rules, with how often each matched and struck."""
    return Reply(200, {"value": call.world.room(FaultBook).show()})


def declare_faults(call: Call) -> Reply:
    """POST fault rules, in the form of a scenario file."""
    call.world.room(FaultBook).declare(call.body)
    return show_faults(call)


def clear_faults(call: Call) -> Reply:
    """DELETE every fault rule."""
    call.world.room(FaultBook).clear()
    return Reply(204)


def remove_fault(call: Call) -> Reply:
    """DELETE one fault rule."""
    if not call.world.room(FaultBook).remove(call.parameters["name"]):
        raise ServiceError(404, "FaultNotFound", f"There is no fault rule '{call.parameters['name']}'.")
    return Reply(204)


def show_audit(call: Call) -> Reply:
    """GET the mutating requests (narrowed by `operation` and `path`), and counts of reads by operation."""
    log = call.world.room(AuditLog)
    entries = log.entries(operation=call.query.get("operation", ""), path=call.query.get("path", ""))
    return Reply(200, {"mutations": camelled(entries), "reads": log.reads()})


def clear_audit(call: Call) -> Reply:
    """DELETE what was noted so far."""
    call.world.room(AuditLog).clear()
    return Reply(204)


def list_views(call: Call) -> Reply:
    """GET every protected item as it truly is, with both of its copies."""
    call.world.look()
    asr = call.world.room(SiteRecovery)
    return Reply(200, {"value": [_view(asr, item, call.world.look_at) for item in asr.items.values()]})


def act_by_hand(call: Call) -> Reply:
    """POST portal: somebody fails over, commits, fails back, reprotects by hand. The job is not the caller's."""
    now = call.world.look()
    asr, wanted = call.world.room(SiteRecovery), call.body
    item = item_of_machine(asr, wanted.vm)
    if item is None:
        raise ServiceError(404, "ItemNotFound", f"No protected item belongs to '{wanted.vm}'.")
    done = move_by_hand(
        asr,
        item,
        wanted.operation,
        now,
        shutdown_source=wanted.shutdown_source,
        full_download=wanted.full_download,
        recovery_point=wanted.recovery_point_id,
    )
    if isinstance(done, AsyncError):
        raise ServiceError(409, done.service_code, done.message)
    return Reply(202, {"job": done.name, "id": done.id})


def resume_by_hand(call: Call) -> Reply:
    """POST portal/jobs/{job}/resume: somebody completes a failback."""
    now = call.world.look()
    asr = call.world.room(SiteRecovery)
    job = asr.job(call.parameters["job"])
    if job is None or job.state != JobState.SUSPENDED:
        raise ServiceError(409, "JobNotSuspended", f"The job '{call.parameters['job']}' does not wait for anybody.")
    resume_job(asr, job, now)
    return Reply(204)


def cancel_by_hand(call: Call) -> Reply:
    """POST portal/jobs/{job}/cancel: somebody cancels a job."""
    now = call.world.look()
    asr = call.world.room(SiteRecovery)
    job = asr.job(call.parameters["job"])
    if job is None or job.over:
        raise ServiceError(409, "JobOver", f"The job '{call.parameters['job']}' is over, or never was.")
    cancel_job(asr, job, now)
    return Reply(204)


def _route(method: str, path: str, handler: Any, body: type[BaseModel] | None = None) -> OperationRoute:
    return OperationRoute(
        method,
        f"{_PREFIX}{path}",
        handler,
        f"Simulator {method} {path}",
        body=body,
        body_required=body is not None,
        authenticated=False,
        versioned=False,
        look=False,
    )


def _view(asr: SiteRecovery, item: ProtectedItem, now: float) -> Document:
    settle(asr, item, now)
    vm = asr.inventory.vm(item.vm)
    here = vm is not None and vm.running
    azure = power_of(asr.world, item.azure_vm) if item.azure_vm else None
    there = azure is not None and azure.value == "running"
    copies = {(True, True): "both", (True, False): "onPremises", (False, True): "azure", (False, False): "neither"}
    return {
        "id": item.id,
        "machine": vm.name if vm is not None else "",
        "stage": item.standing.value,
        "job": item.job,
        "running": copies[here, there],
        "onPremises": {"power": vm.power, "corrupted": vm.corrupted} if vm and not vm.deleted else None,
        "azure": {"id": item.azure_vm, "power": azure.value} if azure is not None else None,
        "testMachine": item.test_vm or None,
        "replication": {**camelled(asdict(item.replication)), "points": len(item.replication.points)},
    }
