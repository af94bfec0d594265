"""A client that costs less than what it measures: raw HTTP/1.1 over kept TLS connections."""

from __future__ import annotations

import asyncio
import ssl
import time
from urllib.parse import urlsplit

from benchmarks.serving import Served

CONNECTIONS = 4


def reads_a_second(served: Served, path: str, *, seconds: float) -> float:
    """How many GETs of a path are answered in a second, over CONNECTIONS connections."""
    return asyncio.run(_reads(served, path, seconds))


async def _reads(served: Served, path: str, seconds: float) -> float:
    parts = urlsplit(served.url)
    request = (
        f"GET {path}?api-version=2025-08-01 HTTP/1.1\r\nhost: {parts.netloc}\r\n"
        f"authorization: Bearer {served.token}\r\naccept: application/json\r\n\r\n"
    ).encode()
    context = ssl.create_default_context(cafile=served.ca_bundle)
    until = time.perf_counter() + seconds
    began = time.perf_counter()
    counts = await asyncio.gather(
        *(_one(parts.hostname or "", parts.port or 0, context, request, until) for _ in range(CONNECTIONS))
    )
    return sum(counts) / (time.perf_counter() - began)


async def _one(host: str, port: int, context: ssl.SSLContext, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        lower = head.lower()
        at = lower.index(b"content-length:") + len(b"content-length:")
        await reader.readexactly(int(lower[at : lower.index(b"\r\n", at)]))
        count += 1
    writer.close()
    return count
