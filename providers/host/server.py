"""The gRPC server: room for every operation that the engine may start at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

# The engine never has more than PULUMI_PARALLEL operations under way, and a thread is made only when a call finds none
# idle. Far more than that, because Cancel is served by this pool too, and must not queue behind what it cancels.
WORKERS = 2048
MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024


def start_server(servicer: Any) -> tuple[grpc.Server, int]:
    """Serve on loopback. Returns the server, which stops when it is forgotten, and the port that the kernel chose."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="operation"),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
