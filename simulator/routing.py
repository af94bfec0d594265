"""How a room says what it answers: a table of operations.

A room contributes a list of `OperationRoute`. A handler takes a `Call` and gives a `Reply`, or raises `ServiceError`:

    ROUTES = [
        OperationRoute(
            "GET", "/subscriptions/{subscription}/resourcegroups/{group}", show_group, "ResourceGroups_Get",
            parity=Parity(Extent.FULL, Evidence.RECORDED),
        ),
    ]

Paths are matched without regard to case; parameters keep the caller's case. Handlers are plain functions: they find the
world already brought up to `call.now`, change it, and return. What they changed is on disk before the answer leaves.
A handler checks everything first and changes the world after, so that an error leaves no half of a change behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from simulator.world import World


class Extent(StrEnum):
    """How much of an operation is there."""

    FULL = "full"
    PARTIAL = "partial"
    REFUSED = "refused"


class Evidence(StrEnum):
    """What its behaviour rests on."""

    RECORDED = "recorded"
    SPECIFIED = "specified"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Parity:
    """A row of the parity table in docs/simulator.md."""

    extent: Extent
    evidence: Evidence
    note: str = ""


@dataclass
class Reply:
    """An answer. `body` is JSON to be written, bytes that already are JSON, or None for an empty body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class OperationRoute:
    """One operation.

    Args:
        method: GET, HEAD, PUT, PATCH, POST or DELETE.
        template: the path with `{parameters}`; each stands for one segment.
        handler: carries it out.
        name: the operation's name, as in the specification: `ReplicationProtectedItems_PlannedFailover`.
        parity: its row of the parity table; None keeps it out of the table (the admin API).
        body: the pydantic model of the body, validated before the handler is called; `call.body` then is an instance.
            None hands on whatever JSON came, or None.
        body_required: whether an empty body is a 400.
        authenticated: whether a token is demanded.
        versioned: whether `api-version` is demanded.
        form: the body is a form (the token endpoint): `call.body` is a dict of text.
        look: whether due events are carried out first. Only the admin API says no.
    """

    method: str
    template: str
    handler: Callable[[Call], Reply]
    name: str
    parity: Parity | None = None
    body: type[BaseModel] | None = None
    body_required: bool = False
    authenticated: bool = True
    versioned: bool = True
    form: bool = False
    look: bool = True

    @property
    def mutates(self) -> bool:
        """Whether it counts as a write."""
        return self.method not in {"GET", "HEAD"}


@dataclass
class Call:
    """One request, matched and read.

    Attributes:
        parameters: the template's parameters in the caller's case, percent-decoded.
        query: query parameters; names folded to lower case (`$filter`, `api-version`).
        headers: header names folded to lower case.
        now: the instant of the request, in virtual seconds since 1970.
        base_url: scheme and authority as the caller wrote them, from the Host header, without a slash at the end.
        body: see OperationRoute.
        client_request_id: the caller's `x-ms-client-request-id`, or one made here.
        request_id: ours, for `x-ms-correlation-request-id`.
        job: set by a handler that started a job; kept in the audit log.
    """

    world: World
    route: OperationRoute
    path: str
    parameters: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    now: float
    base_url: str
    client_request_id: str
    request_id: str
    raw_body: bytes = b""
    body: Any = None
    job: str = ""

    @property
    def api_version(self) -> str:
        """The caller's api-version."""
        return self.query.get("api-version", "")


# Clients ask the same paths again and again: the way through the tree is remembered for so many of them.
REMEMBERED_PATHS = 8192

# A gate looks at a call before its handler does. It raises ServiceError to refuse, and returns headers for the answer.
Gate = Callable[[Call], Mapping[str, str]]


class RouteTable:
    """Finds the operation of a method and a path: a tree of segments, literal ones first."""

    def __init__(self, routes: Iterable[OperationRoute]) -> None:
        self.routes = list(routes)
        self._root = _Node()
        self._known: dict[tuple[str, str], tuple[OperationRoute, dict[str, str], frozenset[str]]] = {}
        for route in self.routes:
            self._add(route)

    def match(self, method: str, path: str) -> tuple[OperationRoute | None, dict[str, str], frozenset[str]]:
        """The route with its parameters, and the methods known at this path (empty if the path itself is unknown)."""
        known = self._known.get((method, path))
        if known is not None:
            return known[0], dict(known[1]), known[2]
        segments = [segment for segment in path.split("/") if segment]
        found = self._root.find(segments, 0, [], method)
        if found is None:
            other = self._root.find(segments, 0, [], None)
            return None, {}, frozenset(other[0].routes) if other else frozenset()
        node, values = found
        route, names = node.routes[method]
        parameters = dict(zip(names, values, strict=True))
        if len(self._known) >= REMEMBERED_PATHS:
            self._known.clear()
        self._known[method, path] = (route, parameters, frozenset(node.routes))
        return route, dict(parameters), frozenset(node.routes)

    def _add(self, route: OperationRoute) -> None:
        node, names = self._root, []
        for segment in route.template.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.literal.setdefault(segment.lower(), _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.template} is declared twice")
        node.routes[route.method] = (route, names)


class _Node:
    """A place in the tree: what follows, and the operations that end here by method."""

    __slots__ = ("any", "literal", "routes")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.routes: dict[str, tuple[OperationRoute, list[str]]] = {}

    def find(
        self, segments: list[str], index: int, values: list[str], method: str | None
    ) -> tuple[_Node, list[str]] | None:
        """The node at the end of the segments that knows the method (any method, if None)."""
        if index == len(segments):
            return (self, values) if (method in self.routes or (method is None and self.routes)) else None
        segment = segments[index]
        node = self.literal.get(segment.lower())
        if node is not None:
            found = node.find(segments, index + 1, values, method)
            if found is not None:
                return found
        if self.any is not None:
            return self.any.find(segments, index + 1, [*values, segment], method)
        return None
