"""One reading for all who wait: a thread that polls while anybody does, and tells each what concerns it.

The interval is short while somebody's wait is young, since most tasks take seconds, and grows with it: what somebody
waits for is seen within a hundredth of the time it took, and a hundred waits cost no more readings than one.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from site_recovery.errors import (
    ServiceFaultError,
    SiteRecoveryError,
    StillRunningError,
    ThrottledError,
    UnreachableError,
)
from site_recovery.pace import Pace
from site_recovery.records import JobRecord

# In seconds of the service.
SHORTEST_INTERVAL = 0.5
LONGEST_INTERVAL = 10.0
INTERVAL_PER_AGE = 1 / 100
LONGEST_BACKOFF = 60.0

# In our own seconds: the least between two readings, and how soon a waiting thread sees that it was cancelled.
_LEAST_INTERVAL = 0.05
_CANCELLED_SEEN_WITHIN = 0.25

# A wait goes on in spite of these: they are about the way to the service, not about what is waited for.
PASSING = (ThrottledError, ServiceFaultError, UnreachableError)

Found = TypeVar("Found")
OnTrouble = Callable[[SiteRecoveryError], None]


class Limits:
    """When a wait gives up: after timeout_seconds of the service, or when `cancelled` is set.

    `last_seen` is the job that the error then shows.
    """

    def __init__(self, where: str, pace: Pace, timeout_seconds: float, cancelled: threading.Event | None) -> None:
        self._where = where
        self._pace = pace
        self._timeout = timeout_seconds
        self._cancelled = cancelled if cancelled is not None else threading.Event()
        self._since = time.monotonic()
        self.last_seen: JobRecord | None = None

    @property
    def elapsed_seconds(self) -> float:
        """Seconds of the service since the wait began."""
        return (time.monotonic() - self._since) / self._pace.scale

    @property
    def passed(self) -> bool:
        return self.elapsed_seconds >= self._timeout

    def check_cancelled(self) -> None:
        """Raise StillRunningError when the wait was cancelled."""
        if self._cancelled.is_set():
            raise self._still_running("The wait was cancelled", cancelled=True)

    def check(self) -> None:
        """Raise StillRunningError when the wait is to end."""
        self.check_cancelled()
        if self.passed:
            raise self._still_running(f"It has not come to an end within {self._timeout:.0f} seconds", cancelled=False)

    def pause(self, seconds: float, *, at_least: float | None = None) -> None:
        """Sleep these seconds of the service (and at_least of our own), or until the wait is cancelled: that raises."""
        self._cancelled.wait(max(seconds * self._pace.scale, at_least or 0.0, _LEAST_INTERVAL))
        if self._cancelled.is_set():
            self.check()

    def _still_running(self, what: str, *, cancelled: bool) -> StillRunningError:
        job = self.last_seen
        state = ""
        if job is not None:
            task = job.current_task
            state = f" Job {job.name} ({job.friendly_name}) is {job.state}"
            state += f", in the task '{task.friendly_name}'." if task is not None else "."
        return StillRunningError(
            f"{what}; what was waited for goes on in the service.",
            self._where + state,
            "Run it again: it takes the wait up where it is.",
            job=job,
            cancelled=cancelled,
        )


@dataclass(eq=False)
class _Wait(Generic[Found]):
    """One thread's wait. `fresh` is set when there is something new to see: a look, or a failure."""

    key: str
    since: float
    fresh: threading.Event = field(default_factory=threading.Event)
    look: Found | None = None
    failure: Exception | None = None


class SharedPoll(Generic[Found]):
    """Polls `read`, which takes the keys that are waited for and returns what it found of them."""

    def __init__(self, name: str, read: Callable[[frozenset[str]], Mapping[str, Found]], pace: Pace) -> None:
        self._name = name
        self._read = read
        self._pace = pace
        self._changed = threading.Condition()
        self._waits: list[_Wait[Found]] = []
        self._thread: threading.Thread | None = None
        self._last_read = float("-inf")
        self._backoff: float | None = None
        self._failures = 0

    def looks(self, key: str, limits: Limits, on_trouble: OnTrouble | None) -> Generator[Found | None]:
        """What each reading found under the key (None: not there), in the caller's thread, until it stops iterating.

        Raises what `limits` raises, and failures that no waiting mends. To be closed when left (contextlib.closing).
        """
        wait = _Wait[Found](key, time.monotonic())
        self._join(wait)
        try:
            while True:
                # One look more when the time is over: a machine that was busy, or asleep, may have missed the end.
                last = limits.passed
                if last:
                    wait.fresh.clear()
                while not wait.fresh.wait(_CANCELLED_SEEN_WITHIN):
                    limits.check_cancelled()
                wait.fresh.clear()
                failure = wait.failure
                if failure is None:
                    yield wait.look
                elif isinstance(failure, PASSING):
                    if on_trouble is not None:
                        on_trouble(failure)
                else:
                    raise failure
                limits.check_cancelled()
                if last:
                    limits.check()
        finally:
            self._leave(wait)

    def _join(self, wait: _Wait[Found]) -> None:
        with self._changed:
            self._waits.append(wait)
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _leave(self, wait: _Wait[Found]) -> None:
        with self._changed:
            self._waits.remove(wait)
            self._changed.notify_all()

    def _poll(self) -> None:
        while (waits := self._due()) is not None:
            found: Mapping[str, Found] = {}
            failure: Exception | None = None
            try:
                found = self._read(frozenset(wait.key for wait in waits))
            except Exception as error:  # noqa: BLE001 - it is raised in every waiting thread
                failure = error
            self._note(failure)
            for wait in waits:
                wait.look, wait.failure = found.get(wait.key), failure
                wait.fresh.set()

    def _due(self) -> list[_Wait[Found]] | None:
        """The waits to read for, once the interval has passed; None, and the thread is over, when there are none."""
        with self._changed:
            while self._waits:
                rest = self._last_read + self._interval() - time.monotonic()
                if rest <= 0:
                    return list(self._waits)
                self._changed.wait(rest)
            self._thread = None
            return None

    def _interval(self) -> float:
        if self._backoff is not None:
            return max(self._backoff, _LEAST_INTERVAL)
        youngest = (time.monotonic() - max(wait.since for wait in self._waits)) / self._pace.scale
        interval = min(max(youngest * INTERVAL_PER_AGE, SHORTEST_INTERVAL), LONGEST_INTERVAL)
        return max(interval * self._pace.scale, _LEAST_INTERVAL)

    def _note(self, failure: Exception | None) -> None:
        with self._changed:
            self._last_read = time.monotonic()
            self._failures = 0 if failure is None else self._failures + 1
            self._backoff = None if failure is None else self._wait_after(failure)

    def _wait_after(self, failure: Exception) -> float:
        """What the service asks for, or twice as long after each failure, with jitter."""
        asked = failure.retry_after_seconds if isinstance(failure, ThrottledError) else None
        if asked is not None:
            return asked
        backoff = min(SHORTEST_INTERVAL * 2**self._failures, LONGEST_BACKOFF)
        return float(backoff * random.uniform(0.75, 1.25) * self._pace.scale)  # noqa: S311 - nothing secret in it
