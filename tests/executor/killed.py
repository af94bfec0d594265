"""Runs of the executor in a process that can be killed, at the instants where a run can die.

The child is killed by its own connection to the service, at the edge of the process: the product has no hook for it.
A run's second process has to be a new one too: what the first knew is gone with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from site_recovery.errors import SiteRecoveryError
from tests.executor.site import Connection, Told

_ENDS_WITHIN = 120.0


class Instant(Enum):
    """Where in a step the process dies."""

    BEFORE_POST = "before the POST"
    AFTER_POST = "after the POST, before its answer is read"
    WHILE_POLLING = "while its job is polled"
    AFTER_SUCCESS = "after its job has succeeded, before anything is done about it"


@dataclass(frozen=True)
class Death:
    """At which instant of which operation: `verb` is the last segment of the operation's POST."""

    verb: str
    instant: Instant


@dataclass(frozen=True)
class Ended:
    """How a child ended: killed, or with its goal reached (`stop` is empty), or stopped with these words."""

    killed: bool
    stop: str
    notes: tuple[str, ...] = ()


def run_in_child(connection: Connection, order: Any, death: Death | None) -> Ended:
    """Carry an order out in a fresh process, which dies at that instant if one is given."""
    context = multiprocessing.get_context("forkserver")
    # Not the executor itself: when its process began is something that it knows.
    context.set_forkserver_preload(["site_recovery.connection", "azure.mgmt.recoveryservicessiterecovery.models"])
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_carry_out, args=(connection, order, death, there), daemon=True)
    child.start()
    there.close()
    try:
        said = here.recv() if here.poll(_ENDS_WITHIN) else None
    except EOFError:
        said = None
    child.join(_ENDS_WITHIN)
    if child.exitcode is None:
        child.kill()
        child.join()
        raise AssertionError(f"a run did not end within {_ENDS_WITHIN:.0f} s")
    if child.exitcode == -signal.SIGKILL:
        return Ended(killed=True, stop="")
    assert child.exitcode == 0, f"the child ended with {child.exitcode}"
    assert said is not None
    return Ended(killed=False, stop=said[0], notes=tuple(said[1]))


def _carry_out(connection: Connection, order: Any, death: Death | None, report: Any) -> None:
    from executor.move import Outcome, carry_out  # noqa: PLC0415 - see set_forkserver_preload
    from executor.stops import MoveStopped  # noqa: PLC0415

    if death is not None:
        _die_at(death)
    told = Told()
    try:
        carry_out(order, connection.open(), told, threading.Event(), Outcome())
        report.send(("", told.notes))
    except (MoveStopped, SiteRecoveryError) as stop:
        report.send((f"{type(stop).__name__}: {stop}", told.notes))


def _die_at(death: Death) -> None:
    """Wrap what sends requests, so that the process ends itself at the instant."""
    send = HTTPAdapter.send
    state = _Progress(death)

    def watched(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        state.before(request)
        response = send(self, request, *args, **options)
        state.after(request, response)
        return response

    HTTPAdapter.send = watched  # type: ignore[method-assign]


class _Progress:
    """How far the operation in question has come in this process."""

    _LOOKS_BEFORE_DEATH = 2

    def __init__(self, death: Death) -> None:
        self._death = death
        self._job = ""
        self._looks = 0

    def before(self, request: requests.PreparedRequest) -> None:
        if self._is_meant(request) and self._death.instant is Instant.BEFORE_POST:
            _die()

    def after(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        if self._is_meant(request):
            self._job = _job_of(request, response)
            if self._death.instant is Instant.AFTER_POST:
                _die()
            return
        if not self._job or request.method != "GET" or "/replicationJobs" not in str(request.url):
            return
        self._looks += 1
        if self._death.instant is Instant.WHILE_POLLING and self._looks == self._LOOKS_BEFORE_DEATH:
            _die()
        if self._death.instant is Instant.AFTER_SUCCESS and self._tells_of_the_end(response):
            _die()

    def _is_meant(self, request: requests.PreparedRequest) -> bool:
        path = str(request.url).split("?", 1)[0]
        return request.method == "POST" and path.casefold().endswith(f"/{self._death.verb.casefold()}")

    def _tells_of_the_end(self, response: requests.Response) -> bool:
        """The job was read, by itself or in a list, and has done its part: a failback that has synchronized waits."""
        body = response.json()
        mine = [job for job in body.get("value", [body]) if job.get("name") == self._job]
        return any(job["properties"]["state"] in {"Succeeded", "Suspended"} for job in mine)


def _job_of(request: requests.PreparedRequest, response: requests.Response) -> str:
    """The id of an operation is the name of its job; to resume a job is an operation on that job."""
    *_, collection, name, _verb = urlsplit(str(request.url)).path.split("/")
    if collection == "replicationJobs":
        return name
    return urlsplit(response.headers.get("Azure-AsyncOperation", "")).path.rpartition("/")[2]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
