"""One reading of something in a vault for everybody who asks at about the same time.

A preview of a hundred machines asks a hundred times within a second, from many threads. The first to ask reads, the
others wait for that reading; a failure is everybody's too, or a hundred would each try in turn to reach what is down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

Reading = TypeVar("Reading")

# Between two fresh readings, at most: a service that answers slowly is not asked for more by those who wait.
_LONGEST_PAUSE_SECONDS = 2.0


@dataclass
class _Flight(Generic[Reading]):
    """A reading under way: when it began, and which generation of the vault it reads."""

    generation: int
    began: float
    outcome: Future[Reading]


class SharedReading(Generic[Reading]):
    """Caches and shares readings; an invalidation makes whatever was read, or is being read, too old."""

    def __init__(
        self,
        read: Callable[[], Reading],
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._pause = pause
        self._lock = threading.Lock()
        self._generation = 0
        self._kept: Reading | None = None
        self._kept_since = 0.0
        self._flight: _Flight[Reading] | None = None
        # When the last reading ended, and how long it took.
        self._landed, self._took = float("-inf"), 0.0

    def get(self, max_age_seconds: float) -> Reading:
        with self._lock:
            if self._kept is not None and self._monotonic() - self._kept_since <= max_age_seconds:
                return self._kept
            flight = self._flight
            # One that began too long ago is not joined: what is asked about may have happened during it.
            old = flight is not None and self._monotonic() - flight.began > max_age_seconds
            mine = flight is None or old or flight.generation != self._generation
            if flight is None or mine:
                flight = self._flight = _Flight(self._generation, self._monotonic(), Future())
        return self._fly(flight) if mine else flight.outcome.result()

    def fresh(self) -> Reading:
        """A reading that began after this call, shared with all who call until it begins.

        However many ask at about the same time, two readings one after the other serve them all. After a reading there
        is a pause as long as it took: of a hundred who come one after another, those who come meanwhile share the next.
        """
        asked = self._monotonic()
        with self._lock:
            rest = self._landed + min(self._took, _LONGEST_PAUSE_SECONDS) - asked
        if rest > 0:
            self._pause(rest)
        while True:
            with self._lock:
                if self._kept is not None and self._kept_since >= asked:
                    return self._kept
                flight = self._flight
                mine = flight is None
                if flight is None:
                    flight = self._flight = _Flight(self._generation, self._monotonic(), Future())
            if mine:
                return self._fly(flight)
            if flight.began >= asked:
                return flight.outcome.result()
            # Too old by itself; whether it fails is no matter of ours.
            flight.outcome.exception()

    def invalidate(self) -> None:
        with self._lock:
            self._generation += 1
            self._kept = None

    def _fly(self, flight: _Flight[Reading]) -> Reading:
        try:
            reading = self._read()
        except BaseException as error:
            self._land(flight)
            flight.outcome.set_exception(error)
            raise
        self._land(flight, reading)
        flight.outcome.set_result(reading)
        return reading

    def _land(self, flight: _Flight[Reading], reading: Reading | None = None) -> None:
        with self._lock:
            self._landed = self._monotonic()
            self._took = self._landed - flight.began
            if self._flight is flight:
                self._flight = None
            if reading is not None and flight.generation == self._generation:
                # Its age counts from the start of the reading: what happened during it may not be in it.
                self._kept, self._kept_since = reading, flight.began
