"""One running simulator: its socket, its certificate, its ready file, and an orderly end."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn

from simulator.app import AppOptions, build_app
from simulator.arm.subscriptions import require_registration
from simulator.authentication import require_token
from simulator.identity import Directory
from simulator.throttle import Throttle
from simulator.tls import ServerCertificate, server_certificate, write_private
from simulator.world import World

_KEEP_ALIVE_SECONDS = 120
"""Clients poll every 30 s by default; below that each poll would open a connection anew."""
_GRACE_SECONDS = 5
_FIRST_ANSWER_SECONDS = 30.0


class ServerError(Exception):
    """The simulator cannot be started; the text is for the person who starts it."""


@dataclass(frozen=True)
class ServerOptions:
    """Where and how a world is served.

    ``port`` 0 takes any free one. ``keys`` is the directory of what has to outlive a restart (authority, token key,
    application); None makes one that is gone with the process. ``http`` serves without TLS, which most clients refuse
    to send a token to.
    """

    host: str = "127.0.0.1"
    port: int = 0
    keys: Path | None = None
    ready_file: Path | None = None
    throttle: bool = False
    http: bool = False


@dataclass(frozen=True)
class Ready:
    """What a client needs to know of a running simulator; the content of the ready file.

    ``ca_bundle`` is the usual roots with the simulator's own authority, ``authority`` that authority alone.
    """

    pid: int
    url: str
    subscription_id: str
    tenant_id: str
    client_id: str
    client_secret: str
    authority: str | None
    ca_bundle: str | None


def serve(world: World, options: ServerOptions) -> None:
    """Serve ``world`` until SIGTERM or SIGINT, then answer what has begun, and return.

    The ready file is written, whole, when the first request has been answered, and removed at the end.
    Raises ServerError when the address is not loopback or not free, or the keys are in use by another simulator.
    """
    with _key_directory(options.keys) as keys, _listening(options.host, options.port) as listener:
        world.room(Directory).keep_in(keys)
        certificate = None if options.http else server_certificate(keys)
        ready = _ready(world, options, listener, certificate)
        app = build_app(
            world,
            options=AppOptions(
                authenticate=require_token, gates=(Throttle(refuses=options.throttle), require_registration)
            ),
        )
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            # The service's own Date header follows the simulated clock.
            date_header=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            ssl_context_factory=(lambda *_: certificate.server_context()) if certificate else None,
        )
        # uvicorn raises the signal that stopped it once more when it is done; without these the process would die of it
        # before the world is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            _AnnouncingServer(config, ready, options.ready_file).run(sockets=[listener])
        finally:
            if options.ready_file is not None:
                options.ready_file.unlink(missing_ok=True)


class _AnnouncingServer(uvicorn.Server):
    """Says that it is ready when it has answered a request of its own."""

    def __init__(self, config: uvicorn.Config, ready: Ready, ready_file: Path | None) -> None:
        super().__init__(config)
        self._ready = ready
        self._ready_file = ready_file
        self._announcement: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announcement = asyncio.create_task(asyncio.to_thread(self._announce))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # An idle client never answers the end of its TLS session: waiting for it would take the whole grace.
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            transport = getattr(connection, "transport", None)
            if transport is not None and (cycle is None or cycle.response_complete):
                transport.abort()
        await super().shutdown(sockets)

    def _announce(self) -> None:
        _ask(self._ready)
        if self._ready_file is not None:
            self._ready_file.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._ready_file, (json.dumps(asdict(self._ready), indent=2) + "\n").encode())
        print(f"Azure Site Recovery is simulated at {self._ready.url} (process {self._ready.pid}).", flush=True)


def _ask(ready: Ready) -> None:
    context = ssl.create_default_context(cafile=ready.authority) if ready.authority else None
    # An opener of our own: the process's proxy settings are not for loopback.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(f"{ready.url}/metadata/endpoints?api-version=2022-09-01", timeout=_FIRST_ANSWER_SECONDS) as answer:
        answer.read()


def _ready(
    world: World, options: ServerOptions, listener: socket.socket, certificate: ServerCertificate | None
) -> Ready:
    port = listener.getsockname()[1]
    host = "[::1]" if options.host == "::1" else "localhost"
    directory = world.room(Directory)
    return Ready(
        pid=os.getpid(),
        url=f"{'http' if options.http else 'https'}://{host}:{port}",
        subscription_id=world.settings.subscription,
        tenant_id=directory.tenant,
        client_id=directory.application.client_id,
        client_secret=directory.application.client_secret,
        authority=str(certificate.authority) if certificate else None,
        ca_bundle=str(certificate.bundle) if certificate else None,
    )


@contextmanager
def _key_directory(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        temporary = Path(tempfile.mkdtemp(prefix="site-recovery-simulator-"))
        try:
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    # An exclusive transaction is a lock that every platform has and that ends with the process, however that ends.
    lock = sqlite3.connect(kept / "lock.db", timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise ServerError(
            f"Another simulator is using the state beside {kept}. Stop it first, or give this one another --state."
        ) from error
    try:
        yield kept.resolve()
    finally:
        lock.close()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ServerError(f"--host is '{host}'. The simulator serves loopback only: localhost, 127.0.0.1 or ::1.")
    # With the protocol named, or asyncio would not turn Nagle's algorithm off: 40 ms more for each answer.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with closing(listener):
        try:
            if os.name == "posix":  # elsewhere the option would let two servers share a port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
        except OSError as error:
            raise ServerError(
                f"Port {port} of {host} cannot be had ({error.strerror}). Stop what is listening there, or use "
                f"--port 0 for any free one."
            ) from error
        yield listener
