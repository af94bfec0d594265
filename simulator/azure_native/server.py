"""The plugin's process: a gRPC server on a free loopback port, for as long as the engine lives."""

from __future__ import annotations

import signal
import socket
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from simulator.azure_native.resource_provider import AzureNativeStandIn

_CONCURRENT_CALLS = 128
_LARGEST_MESSAGE = 400 * 1024 * 1024
_ENGINE_CHECK_SECONDS = 2.0


def serve(engine: str | None) -> None:
    """Serve until the engine at ``engine`` (host:port) is gone, or the process is told to stop.

    The first line of standard output is the port and nothing else: the engine reads it from there.
    """
    stop = threading.Event()
    # SIGINT is how the engine ends a plugin; it waits 5 s for one that stays. A Ctrl-C at the terminal does not come
    # here: the engine starts plugins in process groups of their own.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_CONCURRENT_CALLS),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    stand_in = AzureNativeStandIn()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(stand_in, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while not stop.wait(_ENGINE_CHECK_SECONDS):
        if engine is not None and not _answers(engine):
            break
    stand_in.cancel()  # or a call that waits for Azure would keep the process
    server.stop(grace=None).wait()


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host or "127.0.0.1", int(port)), timeout=_ENGINE_CHECK_SECONDS):
            return True
    except (OSError, ValueError):
        return False
