"""Microsoft.Compute's availability sets, as far as a failover is told to put its virtual machine into one."""

from __future__ import annotations

from simulator.arm.inputs import AvailabilitySetInput
from simulator.arm.resources import GROUP, found, id_of, put
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document

AVAILABILITY_SETS = "Microsoft.Compute/availabilitySets"


def availability_set_routes() -> list[OperationRoute]:
    """The operations on availability sets."""
    partial = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "its virtual machines are not counted")
    path = f"{GROUP}/providers/{AVAILABILITY_SETS}/{{set}}"
    return [
        OperationRoute("GET", path, _show, "AvailabilitySets_Get", parity=partial),
        OperationRoute(
            "PUT",
            path,
            _put,
            "AvailabilitySets_CreateOrUpdate",
            parity=partial,
            body=AvailabilitySetInput,
            body_required=True,
        ),
        OperationRoute("DELETE", path, _delete, "AvailabilitySets_Delete", parity=partial),
    ]


def _show(call: Call) -> Reply:
    return Reply(200, found(call, id_of(call, AVAILABILITY_SETS, "set"), AVAILABILITY_SETS).body)


def _put(call: Call) -> Reply:
    def properties(asked: Document, _before: Document | None) -> Document:
        return {"platformFaultDomainCount": 2, "platformUpdateDomainCount": 5, **asked}

    reply = put(call, id_of(call, AVAILABILITY_SETS, "set"), AVAILABILITY_SETS, properties)
    return Reply(200, reply.body)  # a new one, too


def _delete(call: Call) -> Reply:
    set_id = id_of(call, AVAILABILITY_SETS, "set")
    if set_id not in call.world.resources:
        return Reply(204)
    call.world.resources.delete(set_id)
    return Reply(200)
