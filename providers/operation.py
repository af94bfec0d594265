"""The engine's call that provider code is serving right now: for which resource, for how long, and whether to stop.

A dynamic provider's methods are given properties and nothing else. The host in ``providers/host`` puts the rest of the
request into a context variable before it calls them, and provider code reads it here::

    operation = current_operation()
    operation.say(Severity.INFO, "failover: 40 s so far, about 60 s to go", ephemeral=True)
    if operation.cancelled.wait(timeout=5):
        raise PartialFailure(id, outputs, inputs, ["Interrupted: run `pulumi up --strict` again to go on."])

A context variable does not cross into threads that the provider starts by itself. Take it along explicitly::

    context = contextvars.copy_context()              # one copy for each thread: a context is entered once at a time
    executor.submit(context.run, work, argument)

Under the stock host (``python -m pulumi.dynamic``) the same code works with less: no URN, no time limit, ``cancelled``
is never set, and a ``PartialFailure`` is an ordinary failure, which keeps the old inputs and outputs.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class Kind(StrEnum):
    """What the engine asked for. ``UNKNOWN`` is the stock host, which does not tell."""

    CHECK = "check"
    DIFF = "diff"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How the engine shows a message. ``ERROR`` marks the row as failed, but does not by itself fail the command."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class PartialFailure(Exception):  # noqa: N818 - the engine's own term for it
    """The resource exists, but the operation on it did not finish: save where it stands, and update again next time.

    Raised from ``create``, ``update`` or ``read`` with the whole state to be saved. The next ``up`` calls ``update``
    even where nothing else has changed. The engine decides which inputs it saves beside the outputs: from ``create``
    the new ones, from ``update`` the OLD ones, and only from ``read`` the ones given here.

    id       -- the resource's id, as create would have returned it
    outputs  -- the outputs to save, in the shape that ``CreateResult.outs`` and ``UpdateResult.outs`` have
    inputs   -- the inputs that go with them (used after ``read``)
    reasons  -- one line for a person each: what did not finish, where it stands, what to do
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - as the engine and pulumi.dynamic name it
        outputs: Mapping[str, Any],
        inputs: Mapping[str, Any],
        reasons: Sequence[str],
    ) -> None:
        super().__init__("\n".join(reasons))
        self.id = id
        self.outputs = dict(outputs)
        self.inputs = dict(inputs)
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Operation:
    """One call of the engine.

    urn             -- of the resource; None under the stock host
    kind            -- what was asked for
    timeout_seconds -- the resource's customTimeouts for this kind of call, which the engine itself does not enforce;
                       None where there is none
    preview         -- True or False where the request tells; None for check and diff, which look the same in both
    cancelled       -- set once the engine has asked all calls to stop (Ctrl-C) or is gone; never under the stock host
    under_our_host  -- False under the stock host and outside of any host
    """

    urn: str | None = None
    kind: Kind = Kind.UNKNOWN
    timeout_seconds: float | None = None
    preview: bool | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    under_our_host: bool = False

    def say(self, severity: Severity, message: str, *, ephemeral: bool = False) -> None:
        """Show `message` on the resource's row, from any thread.

        An ephemeral message is live progress: it replaces the one before it on the row and is gone afterwards; the same
        one twice in a row is sent once. Without an engine to send to, the message goes to standard error.
        Never raises: the engine being out of reach is noticed by the host, not by the code that has something to say.
        """
        _engine().log(self.urn or "", severity, message, ephemeral)


def current_operation() -> Operation:
    """The operation being served in this context; outside of our host one that knows nothing and is never cancelled."""
    return _current.get() or _OUTSIDE


@contextlib.contextmanager
def serving(operation: Operation) -> Iterator[None]:
    """Make `operation` the current one inside the block. For the host; tests of providers may use it too."""
    token = _current.set(operation)
    try:
        yield
    finally:
        _current.reset(token)


_current: ContextVar[Operation | None] = ContextVar("operation", default=None)
_OUTSIDE = Operation()

_LOG_TIMEOUT_SECONDS = 10.0
_ENGINE_SEVERITY = {
    Severity.DEBUG: engine_pb2.DEBUG,
    Severity.INFO: engine_pb2.INFO,
    Severity.WARNING: engine_pb2.WARNING,
    Severity.ERROR: engine_pb2.ERROR,
}


class _Engine:
    """The engine's log, over one channel for the whole process."""

    def __init__(self, address: str | None) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None
        self._lock = threading.Lock()
        self._last_ephemeral: dict[str, str] = {}

    def log(self, urn: str, severity: Severity, message: str, ephemeral: bool) -> None:
        if self._stub is None:
            _print(severity, message)
            return
        if self._is_repeated(urn, message, ephemeral):
            return
        request = engine_pb2.LogRequest(
            severity=_ENGINE_SEVERITY[severity], message=message, urn=urn, ephemeral=ephemeral
        )
        try:
            self._stub.Log(request, timeout=_LOG_TIMEOUT_SECONDS)
        except grpc.RpcError:
            _print(severity, message)

    def _is_repeated(self, urn: str, message: str, ephemeral: bool) -> bool:
        with self._lock:
            if not ephemeral:
                self._last_ephemeral.pop(urn, None)
                return False
            repeated = self._last_ephemeral.get(urn) == message
            self._last_ephemeral[urn] = message
            return repeated


def _print(severity: Severity, message: str) -> None:
    if severity is not Severity.DEBUG:
        with contextlib.suppress(OSError):  # an engine that was killed took the other end of the pipe with it
            print(f"{severity}: {message}", file=sys.stderr, flush=True)


@functools.cache
def _engine() -> _Engine:
    return _Engine(_engine_address(sys.argv, _main_module_name()))


def _engine_address(arguments: Sequence[str], main_module: str) -> str | None:
    """The engine's address is the last argument of a provider process; in any other process there is no engine."""
    if main_module in {"pulumi.dynamic.__main__", "providers.host.__main__"} and len(arguments) > 1:
        return arguments[-1]
    return None


def _main_module_name() -> str:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec.name if spec else ""
