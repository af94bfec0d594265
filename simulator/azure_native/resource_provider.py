"""The gRPC ResourceProvider that the engine meets in place of azure-native.

The engine calls, in this order: Handshake, GetPluginInfo, CheckConfig, DiffConfig, Configure, and then for each
resource Check, Diff and one of Create, Read, Update, Delete; Invoke for functions; Cancel on Ctrl-C.
"""

from __future__ import annotations

import os
import threading
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from simulator.azure_native.arm_client import ArmClient, ArmError, CancelledError
from simulator.azure_native.catalogue import FUNCTIONS, RESOURCE_TYPES, ResourceType
from simulator.azure_native.configuration import Configuration, RefusedError, configuration_of
from simulator.azure_native.properties import Properties, differences, has_unknown, marshal, parse
from simulator.azure_native.resources import Changes, CreationFailedError, Resources, State, preview

VERSION = "3.29.0"
"""The version of the SDK whose plugin this stands in for; the engine refuses a lower one."""

CLIENT_CONFIG = "azure-native:authorization:getClientConfig"
_KIND = provider_pb2.PropertyDiff
_KINDS = {
    "add": (_KIND.ADD, _KIND.ADD_REPLACE),
    "delete": (_KIND.DELETE, _KIND.DELETE_REPLACE),
    "update": (_KIND.UPDATE, _KIND.UPDATE_REPLACE),
}


class AzureNativeStandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one configured provider. Each call runs in a thread of its own."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._configuration: Configuration | None = None
        self._resources: Resources | None = None

    def cancel(self) -> None:
        """End every wait; the operations waited for go on in Azure."""
        self._cancelled.set()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ProviderHandshakeResponse:  # noqa: ARG002, N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        arguments = _parsed(request.news, context)
        response = provider_pb2.CheckResponse(inputs=request.news)
        if not any(has_unknown(value) for value in arguments.values.values()):
            try:
                configuration_of(arguments, os.environ)
            except RefusedError as refusal:
                response.failures.add(property=refusal.argument, reason=str(refusal))
        return response

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        old, new = _parsed(request.old_inputs, context), _parsed(request.news, context)
        return _diff_response(Changes(tuple(differences(old.values, new.values)), frozenset(), False))

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        try:
            self._configuration = configuration_of(_parsed(request.args, context), os.environ)
        except RefusedError as refusal:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refusal))
        self._resources = Resources(self._configuration, ArmClient(self._configuration.endpoint, self._cancelled))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        kind = _kind(request.urn, context)
        old, new = _parsed(request.olds, context), _parsed(request.news, context)
        try:
            inputs, failures = self._ready(context).check(kind, _name(request.urn), request.randomSeed, old, new)
        except ArmError as error:
            _abort(context, request.urn, error)
        response = provider_pb2.CheckResponse(inputs=marshal(inputs))
        for failure in failures:
            response.failures.add(property=failure.argument, reason=failure.reason)
        return response

    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        kind = _kind(request.urn, context)
        old, new = _parsed(request.old_inputs, context), _parsed(request.news, context)
        return _diff_response(self._ready(context).diff(kind, old, new))

    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        kind = _kind(request.urn, context)
        new = _parsed(request.properties, context)
        if request.preview:
            return provider_pb2.CreateResponse(properties=marshal(preview(kind, new)))
        try:
            state = self._ready(context).create(kind, new)
        except CreationFailedError as failure:
            _abort_keeping_state(context, request.urn, failure.state, new, str(failure))
        except (ArmError, CancelledError) as error:
            _abort(context, request.urn, error)
        return provider_pb2.CreateResponse(id=state.id, properties=marshal(state.outputs))

    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        kind = _kind(request.urn, context)
        try:
            found = self._ready(context).read(kind, request.id, _parsed(request.inputs, context))
        except (ArmError, ValueError) as error:
            _abort(context, request.urn, error)
        if found is None:
            return provider_pb2.ReadResponse()
        state, inputs = found
        return provider_pb2.ReadResponse(id=state.id, properties=marshal(state.outputs), inputs=marshal(inputs))

    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        kind = _kind(request.urn, context)
        new = _parsed(request.news, context)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=marshal(preview(kind, new)))
        try:
            state = self._ready(context).update(kind, request.id, new)
        except (ArmError, CancelledError) as error:
            _abort(context, request.urn, error)
        return provider_pb2.UpdateResponse(properties=marshal(state.outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        kind = _kind(request.urn, context)
        try:
            self._ready(context).delete(kind, request.id)
        except (ArmError, CancelledError) as error:
            _abort(context, request.urn, error)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        resources = self._ready(context)
        function = FUNCTIONS.get(request.tok)
        if request.tok != CLIENT_CONFIG and function is None:
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"{request.tok}: the simulator's stand-in for azure-native does not serve this function; "
                f"it serves {_listed([*FUNCTIONS, CLIENT_CONFIG])}.",
            )
        try:
            results = resources.call(function, _parsed(request.args, context)) if function else self._client_config()
        except ArmError as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"{request.tok}: {error}")
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(marshal(Properties(results)))  # the field's name is a Python keyword
        return response

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        self.cancel()
        return empty_pb2.Empty()

    def _client_config(self) -> dict[str, Any]:
        assert self._configuration is not None  # noqa: S101 - Invoke has called _ready
        client = os.environ.get("AZURE_CLIENT_ID", "")
        return {
            "clientId": client,
            "objectId": client,
            "subscriptionId": self._configuration.subscription,
            "tenantId": os.environ.get("AZURE_TENANT_ID", ""),
        }

    def _ready(self, context: grpc.ServicerContext) -> Resources:
        if self._resources is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "The azure-native stand-in has not been configured.")
        return self._resources


def _diff_response(changes: Changes) -> provider_pb2.DiffResponse:
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changes.differences else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({change.root for change in changes.differences}),
        replaces=sorted(changes.replaces),
        deleteBeforeReplace=changes.delete_before_replace,
        hasDetailedDiff=True,
    )
    for change in changes.differences:
        plain, replacing = _KINDS[change.kind]
        response.detailedDiff[change.path].kind = replacing if change.root in changes.replaces else plain
        response.detailedDiff[change.path].inputDiff = True
    return response


def _kind(urn: str, context: grpc.ServicerContext) -> ResourceType:
    token = urn.split("::")[2].rpartition("$")[2]
    kind = RESOURCE_TYPES.get(token)
    if kind is None:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{token} '{_name(urn)}': the simulator's stand-in for azure-native does not serve this type; "
            f"it serves {_listed(RESOURCE_TYPES)}.",
        )
    return kind


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _listed(tokens: Any) -> str:
    return ", ".join(sorted(token.removeprefix("azure-native:") for token in tokens))


def _parsed(struct: Any, context: grpc.ServicerContext) -> Properties:
    try:
        return parse(struct)
    except ValueError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def _abort(context: grpc.ServicerContext, urn: str, error: Exception) -> NoReturn:
    text = str(error)
    if isinstance(error, CancelledError):
        text = "stopped waiting because the update was cancelled; the operation goes on in Azure. Run `pulumi refresh`."
    context.abort(grpc.StatusCode.UNKNOWN, f"{_kind(urn, context).kind} '{_name(urn)}': {text}")


def _abort_keeping_state(
    context: grpc.ServicerContext, urn: str, state: State, inputs: Properties, reason: str
) -> NoReturn:
    """Fail, but have the engine record the resource: it is there, and the next update must not create it again."""
    message = f"{_kind(urn, context).kind} '{_name(urn)}': {reason}"
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=state.id, properties=marshal(state.outputs), inputs=marshal(inputs), reasons=[message]
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
