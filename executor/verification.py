"""Probing a VM before its failover or failback is committed: TCP, HTTP, TLS or a command of the operator's.

Every probe of the stack file is tried until it passes, its retries are used up or its time is over. The results go into
the outputs of the VM, so they are kept with the move that they belong to.
"""

import http.client
import math
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

_CANCELLED_SEEN_WITHIN = 0.25


@dataclass(frozen=True)
class ProbeResult:
    """One probe's end: `said` is the last answer or error in words."""

    probe: str
    passed: bool
    attempts: int
    said: str

    def as_output(self) -> dict[str, Any]:
        return {"probe": self.probe, "passed": self.passed, "attempts": self.attempts, "said": self.said}


def verify(
    probes: Sequence[Mapping[str, Any]], cancelled: threading.Event, limit_seconds: float | None = None
) -> tuple[ProbeResult, ...]:
    """Runs all probes, one after the other, and returns one result for each; a failed one does not hide the rest.

    A probe is one of {"tcp": {host, port}}, {"http": {url, status}}, {"tls": {host, port}},
    {"command": [program, argument...]}, with "retries", "intervalSeconds" between tries and "timeoutSeconds" for one
    try beside it. `limit_seconds` is for all of them together: what has not passed by then has failed. A page has to
    answer with its status itself: redirects are not followed, and no proxy is used. Never raises: what goes wrong is
    the result.
    """
    over = time.monotonic() + limit_seconds if limit_seconds is not None else None
    return tuple(_tried(probe, cancelled, over) for probe in probes)


def _tried(probe: Mapping[str, Any], cancelled: threading.Event, over: float | None) -> ProbeResult:
    kind, attempt = _attempt_of(probe, cancelled)
    retries, pause = int(probe.get("retries", 10)), float(probe.get("intervalSeconds", 15))
    limit = float(probe.get("timeoutSeconds", 10))
    attempts, passed, said = 0, False, "not tried"
    while not passed and attempts <= retries and not cancelled.is_set():
        if attempts:
            cancelled.wait(min(pause, _left(over)))
        seconds = min(limit, _left(over))
        if seconds <= 0:
            said += "; the time for all verifications together (stepLimits.verify) is over"
            break
        attempts += 1
        passed, said = _in_a_thread(partial(attempt, seconds), seconds, cancelled)
    return ProbeResult(kind, passed, attempts, said)


def _attempt_of(
    probe: Mapping[str, Any], cancelled: threading.Event
) -> tuple[str, Callable[[float], tuple[bool, str]]]:
    if "tcp" in probe:
        host, port = probe["tcp"]["host"], int(probe["tcp"]["port"])
        return f"tcp {host}:{port}", lambda seconds: _tcp(host, port, seconds)
    if "tls" in probe:
        host, port = probe["tls"]["host"], int(probe["tls"]["port"])
        return f"tls {host}:{port}", lambda seconds: _tls(host, port, seconds)
    if "http" in probe:
        wanted = dict(probe["http"])
        return f"http {wanted['url']}", lambda seconds: _http(wanted, seconds)
    words = [str(word) for word in probe["command"]]
    return f"command {words[0]}", lambda seconds: _command(words, seconds, cancelled)


def _left(over: float | None) -> float:
    return max(over - time.monotonic(), 0.0) if over is not None else math.inf


def _in_a_thread(
    attempt: Callable[[], tuple[bool, str]], seconds: float, cancelled: threading.Event
) -> tuple[bool, str]:
    """What an attempt brought within its time; when the run is to stop, an answer is not waited for.

    A socket's own timeout is for each of its operations: a server that sends a little now and then never meets it.
    """
    brought: list[tuple[bool, str]] = []
    thread = threading.Thread(target=lambda: brought.append(attempt()), daemon=True)
    thread.start()
    # Who ends by itself in time says better what was wrong.
    over = time.monotonic() + seconds + 2 * _CANCELLED_SEEN_WITHIN
    while thread.is_alive() and not cancelled.is_set() and time.monotonic() < over:
        thread.join(min(_CANCELLED_SEEN_WITHIN, _left(over)))
    if cancelled.is_set():
        # A command ends itself then, and all that it has started.
        thread.join(2 * _CANCELLED_SEEN_WITHIN)
    if brought:
        return brought[0]
    return False, "interrupted" if cancelled.is_set() else f"not done after {seconds:g} s"


def _tcp(host: str, port: int, seconds: float) -> tuple[bool, str]:
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True, "connected"
    except OSError as error:
        return False, f"no connection: {error}"


def _tls(host: str, port: int, seconds: float) -> tuple[bool, str]:
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            return True, f"handshake done, {secured.version()}"
    except (OSError, ssl.SSLError) as error:
        return False, f"no TLS handshake: {error}"


def _http(wanted: Mapping[str, Any], seconds: float) -> tuple[bool, str]:
    url = str(wanted["url"])
    status = int(wanted.get("status", 200))
    try:
        got = _status_of(urlsplit(url), seconds)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return False, f"no answer: {error}"
    if got != status:
        return False, f"status {got}, not {status}"
    return True, f"status {got}"


def _status_of(address: SplitResult, seconds: float) -> int:
    """The status that the page itself answers with, from the VM itself: a shell's proxy knows no private address."""
    kinds: dict[str, type[http.client.HTTPConnection]] = {
        "http": http.client.HTTPConnection,
        "https": http.client.HTTPSConnection,
    }
    if address.scheme not in kinds or not address.hostname:
        raise ValueError(f"{address.geturl()} is no address of http or https")
    connection = kinds[address.scheme](address.hostname, address.port, timeout=seconds)
    with closing(connection):
        target = urlunsplit(("", "", address.path or "/", address.query, ""))
        connection.request("GET", target, headers={"Connection": "close"})
        answer: http.client.HTTPResponse = connection.getresponse()
        return int(answer.status)


def _command(words: Sequence[str], seconds: float, cancelled: threading.Event) -> tuple[bool, str]:
    """Runs the command in a process group of its own, all of which is ended when its time is over."""
    # Into a file: a grandchild that outlives the command would keep a pipe open, and us waiting for its end.
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own words, without a shell
                words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            return False, f"cannot be run: {error}"
        if not _ended(process, seconds, cancelled):
            why = "interrupted" if cancelled.is_set() else f"not done after {seconds:g} s"
            return False, f"{why}, and ended"
        said.seek(0)
        last = said.read().decode(errors="replace").strip().splitlines()[-1:] or [""]
    return process.returncode == 0, f"exit code {process.returncode}{': ' + last[0][:200] if last[0] else ''}"


def _ended(process: "subprocess.Popen[bytes]", seconds: float, cancelled: threading.Event) -> bool:
    """Waits for the end of a command; ends it and returns False when its time is over or the run is to stop."""
    over = time.monotonic() + seconds
    while time.monotonic() < over and not cancelled.is_set():
        try:
            process.wait(min(_CANCELLED_SEEN_WITHIN, max(over - time.monotonic(), 0.001)))
        except subprocess.TimeoutExpired:
            continue
        return True
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    return False
