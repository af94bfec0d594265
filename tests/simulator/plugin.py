"""The azure-native stand-in as a process, and what the engine would call on it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tests.simulator.running import PROJECT

PLUGIN = PROJECT / "simulator" / "azure_native" / "bin" / "pulumi-resource-azure-native"
GROUP = "azure-native:resources:ResourceGroup"
STORAGE = "azure-native:storage:StorageAccount"
NETWORK = "azure-native:network:VirtualNetwork"
TIMEOUT = 60


class Plugin:
    """One running plugin process, and what the engine would call."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configure(self, **arguments: Any) -> Any:
        return self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(arguments)), timeout=TIMEOUT)

    def check(self, kind: str, name: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(
            urn=urn(kind, name), news=struct(news), olds=struct(olds or {}), randomSeed=b"seed of the engine"
        )
        return self.stub.Check(request, timeout=TIMEOUT)

    def create(self, kind: str, name: str, inputs: dict[str, Any], *, preview: bool = False) -> Any:
        request = provider_pb2.CreateRequest(urn=urn(kind, name), properties=struct(inputs), preview=preview)
        return self.stub.Create(request, timeout=TIMEOUT)

    def diff(self, kind: str, name: str, old: dict[str, Any], new: dict[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(urn=urn(kind, name), old_inputs=struct(old), news=struct(new))
        return self.stub.Diff(request, timeout=TIMEOUT)

    def read(self, kind: str, name: str, id_: str, inputs: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.ReadRequest(urn=urn(kind, name), id=id_, inputs=struct(inputs or {}))
        return self.stub.Read(request, timeout=TIMEOUT)

    def update(self, kind: str, name: str, id_: str, news: dict[str, Any]) -> Any:
        request = provider_pb2.UpdateRequest(urn=urn(kind, name), id=id_, news=struct(news))
        return self.stub.Update(request, timeout=TIMEOUT)

    def delete(self, kind: str, name: str, id_: str) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn(kind, name), id=id_), timeout=TIMEOUT)

    def invoke(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = self.stub.Invoke(provider_pb2.InvokeRequest(tok=function, args=struct(arguments)), timeout=TIMEOUT)
        results: dict[str, Any] = plain(getattr(answer, "return"))
        return results


@contextmanager
def started(environment: dict[str, str], engine: str = "") -> Iterator[Plugin]:
    """Start the plugin with an environment; end its process group afterwards."""
    process = subprocess.Popen(
        [str(PLUGIN), *filter(None, [engine])],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        plugin = Plugin(int(process.stdout.readline()), process)
        yield plugin
        plugin.channel.close()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            process.stdout.close()


def details(error: grpc.RpcError) -> str:
    call: Any = error  # what a stub raises is the call as well
    return str(call.details())


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:local::project::{kind}::{name}"


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def plain(value: Any) -> Any:
    if isinstance(value, struct_pb2.Struct):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, struct_pb2.ListValue):
        return [plain(item) for item in value]
    return value
