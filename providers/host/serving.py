"""Each call of the engine as an Operation: its context before, and the right kind of answer after."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import any_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from providers.host.lifetime import Lifetime
from providers.operation import Kind, Operation, PartialFailure, Severity, serving

PROVIDER_KEY = "__provider"
_CALLS = {
    "Check": Kind.CHECK,
    "Diff": Kind.DIFF,
    "Create": Kind.CREATE,
    "Read": Kind.READ,
    "Update": Kind.UPDATE,
    "Delete": Kind.DELETE,
}
_CHANGES = {Kind.CREATE, Kind.UPDATE, Kind.DELETE}
_SAVES_STATE = {Kind.CREATE, Kind.UPDATE, Kind.READ}


def serve_with_operations(servicer: Any, lifetime: Lifetime) -> Any:
    """The stock `servicer`, each of its calls on a resource wrapped, and its Cancel made to mean something."""
    for name, kind in _CALLS.items():
        setattr(servicer, name, _wrapped(getattr(servicer, name), kind, lifetime))
    stock_cancel = servicer.Cancel

    def cancel(request: Any, context: grpc.ServicerContext) -> Any:
        lifetime.cancelled.set()
        return stock_cancel(request, context)

    servicer.Cancel = cancel
    return servicer


def _wrapped(handler: Callable[..., Any], kind: Kind, lifetime: Lifetime) -> Callable[..., Any]:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        if kind in _CHANGES and lifetime.cancelled.is_set():
            # After Ctrl-C the engine still starts what it had queued.
            context.abort(grpc.StatusCode.CANCELLED, f"interrupted before this {kind} began; nothing was done")
        operation = Operation(
            urn=request.urn or None,
            kind=kind,
            timeout_seconds=getattr(request, "timeout", 0.0) or None,
            preview=request.preview if kind in {Kind.CREATE, Kind.UPDATE} else None,
            cancelled=lifetime.cancelled,
            under_our_host=True,
        )
        with lifetime.operation(), serving(operation):
            try:
                return handler(request, context)
            except PartialFailure as failure:
                if kind in _SAVES_STATE:
                    context.abort_with_status(_partial_failure_status(failure, request))
                context.abort(grpc.StatusCode.UNKNOWN, str(failure))
            except Exception as error:  # noqa: BLE001 - gRPC would put "Exception calling application" before the text
                operation.say(Severity.DEBUG, traceback.format_exc())  # `pulumi up --debug` shows it
                context.abort(grpc.StatusCode.UNKNOWN, _text_of(error))

    return handle


def _text_of(error: Exception) -> str:
    """The text alone where the error was written for a person; the type too where it says little by itself."""
    text = str(error)
    if not text or isinstance(error, (LookupError, TypeError, AttributeError)):
        return f"{type(error).__name__}: {text}"
    return text


@dataclass(frozen=True)
class _Status(grpc.Status):
    """What gRPC wants of a status with details (`grpc.Status`)."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def _partial_failure_status(failure: PartialFailure, request: Any) -> _Status:
    """`failure` as the engine knows it: an error with the detail ErrorResourceInitFailed."""
    given = request.news if isinstance(request, provider_pb2.UpdateRequest) else request.properties
    provider = given[PROVIDER_KEY]
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=failure.id,
            properties=_struct(failure.outputs, provider),
            inputs=_struct(failure.inputs, provider),
            reasons=failure.reasons,
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=str(failure), details=[detail])
    return _Status(code, str(failure), (("grpc-status-details-bin", status.SerializeToString()),))


def _struct(properties: dict[str, Any], provider: Any) -> struct_pb2.Struct:
    """`properties` as they travel, with the serialized provider that the stock module finds its code by."""
    return asyncio.run(rpc.serialize_properties({**properties, PROVIDER_KEY: provider}, {}))
