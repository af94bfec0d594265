"""The bare Starlette endpoint that reads of the simulator are held against: `python -m benchmarks.bare PAYLOAD
READY`.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.tls import server_certificate


def main(payload_file: Path, ready_file: Path) -> None:
    """Serve one payload at every path, over TLS, on a free port of loopback, until SIGTERM."""
    payload = payload_file.read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(payload, media_type="application/json")

    certificate = server_certificate(ready_file.parent / "keys")
    # With the protocol named, or asyncio would not turn Nagle's algorithm off.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        url = f"https://localhost:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            Starlette(routes=[Route("/{path:path}", answer)]),
            http="httptools",
            lifespan="off",
            log_level="warning",
            access_log=False,
            ssl_context_factory=lambda *_: certificate.server_context(),
        )
        ready_file.write_text(json.dumps({"url": url, "ca_bundle": str(certificate.bundle)}), encoding="utf-8")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
