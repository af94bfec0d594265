"""The simulator as an ASGI application, built from the rooms' route tables.

A request passes, in this order: the route (404, 405), the token, the api-version, throttling and other gates, faults
declared for it, the body (size, JSON, fields), the world brought up to the present, the handler, the audit log, the
disk, the answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from starlette.types import Receive, Scope, Send

from simulator.audit import AuditLog
from simulator.clock import written_http
from simulator.errors import ServiceError
from simulator.fault_acts import perform
from simulator.faults import Cut, FaultBook, Strike
from simulator.ids import derived_guid
from simulator.request_bodies import LARGEST_BODY, take_body
from simulator.request_numbers import RequestNumbers
from simulator.rooms import all_routes, open_rooms
from simulator.routing import Call, Gate, OperationRoute, Reply, RouteTable
from simulator.world import World

_log = logging.getLogger("simulator")


@dataclass(frozen=True)
class AppOptions:
    """What serves a world besides the rooms.

    Args:
        authenticate: demands a valid token on routes that want one; None serves everybody.
        gates: looked at after the token and the api-version: throttling, the registration of resource providers.
    """

    authenticate: Gate | None = None
    gates: Sequence[Gate] = field(default_factory=tuple)


def build_app(world: World, *, options: AppOptions | None = None) -> Dispatcher:
    """The application over one world. Serve it with one process: the world lives in its memory."""
    dispatcher = Dispatcher(world, RouteTable(all_routes()), options or AppOptions())
    open_rooms(world)
    return dispatcher


class Dispatcher:
    """The ASGI callable that carries requests through."""

    def __init__(self, world: World, routes: RouteTable, options: AppOptions) -> None:
        self._world = world
        self._routes = routes
        self._options = options
        self._faults = world.room(FaultBook)
        self._audit = world.room(AuditLog)
        self._numbers = world.room(RequestNumbers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        raw_body = await _read(receive)
        call = self._recognise(scope)
        fault, added = None, {}
        try:
            call.raw_body = raw_body or b""
            added = self._admit(call)
            fault = self._faults.strike(call)
            if fault is not None:
                await self._suffer(fault)
                if fault.cut is Cut.BEFORE:
                    # A rule that strikes once has struck, even if this process is killed now.
                    self._world.commit()
                    _sever(receive)
                    return
            take_body(call, raw_body, loose=self._world.settings.loose)
            reply = self._answer(call, fault)
        except ServiceError as refused:
            reply = self._refusal(refused, call)
        except Exception:  # noqa: BLE001 # whatever breaks, the caller gets the envelope and the log the reason
            _log.exception("%s %s failed inside the simulator", call.route.method, call.path)
            self._world.roll_back()
            reply = self._refusal(_broken(), call)
        reply.headers = {**added, **reply.headers}
        self._audit.record(call, reply.status)
        self._world.commit()
        if fault is not None and fault.cut is Cut.AFTER:
            _sever(receive)
            return
        await _send(send, scope["method"], reply)

    async def _suffer(self, fault: Strike) -> None:
        """What a fault does before the request is carried out."""
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.act is not None:
            perform(self._world, fault.act, self._world.look())
        if fault.error is not None:
            raise fault.error

    def _recognise(self, scope: Scope) -> Call:
        request_id = derived_guid(self._world.settings.seed, "request", self._numbers.take())
        route, parameters, methods = self._routes.match(scope["method"], scope["path"])
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query_string = scope["query_string"].decode("latin-1")
        return Call(
            world=self._world,
            route=route or _unknown(scope["method"], methods),
            path=scope["path"],
            parameters=parameters,
            query=dict(_query(query_string)),
            headers=headers,
            now=self._world.clock.now(),
            base_url=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
            client_request_id=headers.get("x-ms-client-request-id", request_id),
            request_id=request_id,
        )

    def _admit(self, call: Call) -> dict[str, str]:
        added: dict[str, str] = {}
        if call.route.authenticated and self._options.authenticate is not None:
            added.update(self._options.authenticate(call))
        if call.route.versioned and not call.api_version:
            raise ServiceError(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        for gate in self._options.gates:
            added.update(gate(call))
        return added

    def _answer(self, call: Call, fault: Strike | None) -> Reply:
        if fault is not None and fault.reply is not None:
            return self._with_common_headers(fault.reply, call)
        if call.route.look:
            call.now = self._world.look()
        return self._with_common_headers(call.route.handler(call), call)

    def _refusal(self, refused: ServiceError, call: Call) -> Reply:
        body = refused.body(client_request_id=call.client_request_id, activity_id=call.request_id)
        return self._with_common_headers(Reply(refused.status, body, dict(refused.headers)), call)

    def _with_common_headers(self, reply: Reply, call: Call) -> Reply:
        defaults = {
            "date": written_http(call.now),
            "x-ms-request-id": call.request_id,
            "x-ms-correlation-request-id": call.request_id,
            "x-ms-client-request-id": call.client_request_id,
            "cache-control": "no-cache",
        }
        reply.headers = {**defaults, **{name.lower(): value for name, value in reply.headers.items()}}
        return reply


@lru_cache(maxsize=1024)
def _query(text: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a query string, names folded to lower case."""
    return tuple((name.lower(), value) for name, value in parse_qsl(text, keep_blank_values=True))


def _unknown(method: str, methods: frozenset[str]) -> OperationRoute:
    """A route for a path or a method that nobody declared. It wants a token first, as ARM does."""

    def answer(call: Call) -> Reply:
        if methods:
            raise ServiceError(
                405,
                "MethodNotAllowed",
                f"{method} is not known here; {', '.join(sorted(methods))} is.",
                headers={"allow": ", ".join(sorted(methods))},
            )
        raise ServiceError(404, "InvalidResourceType", f"The simulator knows no operation at '{call.path}'.")

    return OperationRoute(method, "", answer, "unknown", versioned=False)


def _broken() -> ServiceError:
    return ServiceError(500, "InternalServerError", "The simulator failed to carry this request out; its log says why.")


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None if it is larger than LARGEST_BODY (the rest is read and dropped)."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        if not message.get("more_body", False):
            break
    return b"".join(chunks) if size <= LARGEST_BODY else None


async def _send(send: Send, method: str, reply: Reply) -> None:
    payload = b""
    if isinstance(reply.body, bytes):
        payload = reply.body
    elif reply.body is not None:
        payload = json.dumps(reply.body, separators=(",", ":")).encode()
    headers = [(name.encode("latin-1"), _on_the_wire(str(value))) for name, value in reply.headers.items()]
    if payload:
        headers.append((b"content-type", reply.content_type.encode()))
    headers.append((b"content-length", str(len(payload)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else payload})


def _on_the_wire(value: str) -> bytes:
    """A header's value. URLs in it are quoted by who made them; nothing else may end a header or fail to be sent."""
    return "".join(one if " " <= one <= "\xff" and one != "\x7f" else quote(one) for one in value).encode("latin-1")


def _sever(receive: Receive) -> None:
    """Cut the connection with no answer, as a broken network does.

    ASGI has no word for it: uvicorn's receive is a method of the request's cycle, which holds the transport.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("a connection can be cut only when the simulator is served by uvicorn")
    transport.abort()
