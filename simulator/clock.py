"""The one clock of a simulated world: real time at a speed, or moved by hand.

All instants of the simulator are seconds since 1970 as a float, in virtual time. While the process is down the clock
stands still: a restart goes on from the latest instant that anybody can have seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

# A manual clock starts here unless told otherwise, so that the same calls give the same bodies on any day.
MANUAL_START = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC).timestamp()
# .NET writes seven digits; the service's "never" dates are constants of it.
NEVER = "0001-01-01T00:00:00"


class Clock:
    """Virtual time.

    Args:
        speed: virtual seconds a real second; ignored while manual.
        manual: the clock moves by `advance` alone.
        start: the first instant; the real time, or MANUAL_START for a manual clock, if left out.
        real: the source of real seconds.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        manual: bool = False,
        start: float | None = None,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"a clock's speed is above 0, not {speed}")
        self._real = real
        self._speed = speed
        self._manual = manual
        self._virtual_base = start if start is not None else (MANUAL_START if manual else time.time())
        self._real_base = real()

    @property
    def speed(self) -> float:
        """Virtual seconds a real second, when the clock runs by itself."""
        return self._speed

    @property
    def manual(self) -> bool:
        """Whether the clock moves by `advance` alone."""
        return self._manual

    def now(self) -> float:
        """The instant, in virtual seconds since 1970."""
        if self._manual:
            return self._virtual_base
        return self._virtual_base + (self._real() - self._real_base) * self._speed

    def advance(self, seconds: float) -> float:
        """Move the clock forward, manual or not, and return the new instant."""
        if seconds < 0:
            raise ValueError(f"a clock moves forward, not by {seconds} seconds")
        self.jump(self.now() + seconds)
        return self.now()

    def run(self, *, speed: float | None = None, manual: bool | None = None) -> None:
        """Change speed, or between running and manual, without a jump."""
        if speed is not None and speed <= 0:
            raise ValueError(f"a clock's speed is above 0, not {speed}")
        self.jump(self.now())
        self._speed = speed if speed is not None else self._speed
        self._manual = manual if manual is not None else self._manual

    def jump(self, instant: float) -> None:
        """Go on from an instant; used when a world is opened or restored."""
        self._virtual_base = instant
        self._real_base = self._real()

    def real_seconds(self, seconds: float) -> float:
        """How long a virtual duration is for a client that waits, in real seconds. A manual clock does not scale."""
        return seconds if self._manual else seconds / self._speed


def instant(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time such as the service writes (up to seven digits, Z)."""
    head, _, fraction = text.rstrip("Z").partition(".")
    whole = datetime.fromisoformat(head).replace(tzinfo=UTC).timestamp()
    return whole + (float(f"0.{fraction}") if fraction else 0.0)


def written(seconds: float) -> str:
    """An instant as the service writes it: seven digits and Z, `2023-08-11T03:25:04.8710809Z`."""
    ticks = round(seconds * 10_000_000)
    whole, fraction = divmod(ticks, 10_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:07d}Z"


def written_whole(seconds: float) -> str:
    """An instant with its sub-second part zeroed, as in the endTime of an operation status (recorded)."""
    return written(int(seconds))


def written_http(seconds: float) -> str:
    """An instant as the Date header has it."""
    return _http_date(int(seconds))


@lru_cache(maxsize=16)
def _http_date(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%a, %d %b %Y %H:%M:%S} GMT"
