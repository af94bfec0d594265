"""How long this process lives: until the engine stops it or is gone, and a moment more for operations to save state."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from site_recovery.patience import STOPPING

# Less than the 5 s after which the engine kills a plugin, and short: who presses Ctrl-C twice does not want to wait.
STOP_SECONDS = 2.0


class Lifetime:
    """Knows what is under way, tells it when to stop, and ends the process.

    cancelled -- set when the engine cancels (Ctrl-C), stops us, or is gone; operations watch it
    """

    def __init__(self, engine_address: str) -> None:
        self.cancelled = STOPPING
        self._engine_address = engine_address
        self._over = threading.Event()
        self._idle = threading.Condition()
        self._under_way = 0

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One call of the engine being served."""
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def wait_for_the_end(self) -> None:
        """Block until it is time to go, tell the operations, give them a moment, and end the process."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # SIGBREAK is how Windows asks a process group to stop
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self._over.set())
        threading.Thread(target=self._wait_until_engine_is_gone, daemon=True).start()
        while not self._over.wait(timeout=1.0):  # in slices: on Windows an endless wait would not let a signal in
            pass
        self.cancelled.set()
        with self._idle:
            self._idle.wait_for(lambda: self._under_way == 0, timeout=STOP_SECONDS)
        with suppress(OSError):  # an engine that was killed took the other ends of the pipes with it
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)  # what did not heed the event must not keep the process, nor the engine waiting for it

    def _wait_until_engine_is_gone(self) -> None:
        """The engine holds the other end of our standard input; it closes however the engine ends, kill -9 included.

        Where somebody started us without one, closed input alone proves nothing, so the engine's port has the last
        word.
        """
        while sys.stdin is not None and sys.stdin.buffer.read(4096):
            pass
        while _accepts(self._engine_address):
            time.sleep(1.0)
        self._over.set()


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.0):
            return True
    except (OSError, ValueError):
        return False
