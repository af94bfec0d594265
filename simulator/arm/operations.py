"""Long operations of Azure Resource Manager outside Site Recovery: what is due when, and how a client asks.

An operation is one event of the world: it takes effect when its time has come and somebody looks, and outlives a
restart.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.asr.operations_status import MANUAL_POLL_SECONDS
from simulator.clock import written
from simulator.errors import ServiceError
from simulator.ids import quoted
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document, Table
from simulator.world import World

Effect = Callable[[World, str, str], None]
"""What an operation does when it ends: given the world, the id of its target, and one detail such as a power state."""

_EVENT = "arm.operation"
_POLL_SECONDS = 10.0
"""What Azure Resource Manager asks of clients between two polls, in its own seconds; shorter than Site Recovery's."""


class ArmOperations:
    """The operations of a world, and the effects that they may have, by name.

    Attributes:
        at: the instant of the effect that is being carried out, which may be long before the look that does it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._table: Table[Document] = world.store.table("arm.operation")
        self._effects: dict[str, Effect] = {}
        self.at = 0.0
        world.on(_EVENT, self._finish)

    def on(self, effect: str, carry_out: Effect) -> None:
        """Say who carries out an effect. Rooms do this once, when the world is opened."""
        self._effects[effect] = carry_out

    def start(self, now: float, *, effect: str, target: str, seconds: float, detail: str = "") -> str:
        """Have an effect carried out on `target` in `seconds` of virtual time; returns the operation's name."""
        name = self._world.guid("armOperation")
        self._table.put(name, {"effect": effect, "target": target, "detail": detail, "started": now, "ended": None})
        self._world.schedule(now + seconds, _EVENT, {"name": name})
        return name

    def get(self, name: str) -> Document:
        """Return what is known of an operation; 404 if there is none of that name."""
        kept = self._table.get(name)
        if kept is None:
            raise ServiceError(404, "OperationNotFound", f"The operation '{name}' could not be found.")
        return kept

    def _finish(self, world: World, due: float, payload: Document) -> None:
        kept = self._table.get(payload["name"])
        if kept is None:
            return
        self.at = due
        self._effects[kept["effect"]](world, kept["target"], kept["detail"])
        self._table.put(payload["name"], {**kept, "ended": due})


def accepted(call: Call, name: str, *, namespace: str | None = None, location: str = "") -> Reply:
    """The answer to an accepted operation: 202 with `Location`, and `Azure-AsyncOperation` where the provider
    (`namespace`) has one.
    """
    subscription = f"{call.base_url}/subscriptions/{call.world.settings.subscription}"
    version = f"?api-version={quoted(call.api_version)}"
    seconds = _seconds_to_wait(call.world)
    headers = {
        "location": f"{subscription}/operationresults/{name}{version}",
        # A whole number, and never 0: clients read 0 as 30 seconds.
        "retry-after": str(max(1, math.ceil(seconds))),
        **_poll_again(call.world),
    }
    if namespace is not None:
        headers["azure-asyncoperation"] = (
            f"{subscription}/providers/{namespace}/locations/{quoted(location)}/operations/{name}{version}"
        )
    return Reply(202, None, headers)


def operation_routes() -> list[OperationRoute]:
    """How clients ask for the end of an operation."""
    parity = Parity(Extent.FULL, Evidence.SPECIFIED)
    subscription = "/subscriptions/{subscription}"
    status = f"{subscription}/providers/{{namespace}}/locations/{{location}}/operations/{{operation}}"
    return [
        OperationRoute("GET", status, _show_status, "Operations_Status", parity=parity),
        OperationRoute(
            "GET", f"{subscription}/operationresults/{{operation}}", _show_result, "Operations_Result", parity=parity
        ),
    ]


def _show_status(call: Call) -> Reply:
    name = call.parameters["operation"]
    kept = call.world.room(ArmOperations).get(name)
    ended = kept["ended"]
    body = {"name": name, "status": "Succeeded" if ended else "InProgress", "startTime": written(kept["started"])}
    return Reply(200, {**body, "endTime": written(ended)} if ended else body, _poll_again(call.world))


def _show_result(call: Call) -> Reply:
    kept = call.world.room(ArmOperations).get(call.parameters["operation"])
    if kept["ended"]:
        return Reply(200)
    # Without Retry-After: clients that know the milliseconds would ignore them beside it.
    here = f"{call.base_url}{quoted(call.path)}?api-version={quoted(call.api_version)}"
    return Reply(202, None, {"location": here, **_poll_again(call.world)})


def _poll_again(world: World) -> dict[str, str]:
    return {"x-ms-retry-after-ms": str(max(1, round(_seconds_to_wait(world) * 1000)))}


def _seconds_to_wait(world: World) -> float:
    return MANUAL_POLL_SECONDS if world.clock.manual else world.clock.real_seconds(_POLL_SECONDS)
