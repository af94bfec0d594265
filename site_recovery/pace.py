"""The service's clock, the scale of its waits, and how much may be read of it.

ARM gives each principal, subscription and region buckets of tokens (documented since 2024): 250 for reads, filled with
25 a second, and 200 for writes, filled with 10. Our reads go on at half that rate, so that others of the subscription
keep the other half; looks at single jobs, which are for progress lines alone, take no more than a fifth of the whole,
and none while a step of many machines at once has drawn the bucket down. Writes stay just below the limit: one that is
refused for it has to be sent again by hand.

A simulator runs its clock faster than ours, and divides the waits that it asks for by the same factor. Its answers
about operations (the 202 and the operation's status) therefore tell the scale, and every wait of this project is
multiplied by it. The real service's scale is 1, whatever wait it asks for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

READS_PER_SECOND = 25.0
READ_BURST = 250.0
WRITES_PER_SECOND = 10.0
WRITE_BURST = 200.0

_SHARE_OF_READS = 0.5
_SHARE_OF_READ_BURST = 0.8
_SHARE_OF_WRITES = 0.9
_PROGRESS_SHARE = 0.2
_PROGRESS_ABOVE = 0.6  # of the burst

# The wait that the service asks for in answers about an operation, in its own seconds.
_UNSCALED_RETRY_AFTER = 30.0
_RETRY_AFTER_MS = ("x-ms-retry-after-ms", "retry-after-ms")


class Pace:
    """Clock, scale and read budget of one connected vault; safe to use from many threads."""

    def __init__(self, *, scaled: bool, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._scaled = scaled
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._scale = 1.0
        self._scale_is_known = not scaled
        self._service_time: datetime | None = None
        self._observed_at = 0.0
        self._skew = 0.0

        def bucket(rate: float, burst: float) -> TokenBucket:
            return TokenBucket(rate, burst, self, monotonic)

        self.reads = bucket(READS_PER_SECOND * _SHARE_OF_READS, READ_BURST * _SHARE_OF_READ_BURST)
        self.writes = bucket(WRITES_PER_SECOND * _SHARE_OF_WRITES, WRITE_BURST * _SHARE_OF_WRITES)
        self._progress = bucket(READS_PER_SECOND * _PROGRESS_SHARE, READ_BURST * _PROGRESS_SHARE)

    def progress_read_allowed(self) -> bool:
        """Whether a read that only serves a progress line may be made now; one that is allowed is counted."""
        return self.reads.level > _PROGRESS_ABOVE and self._progress.try_take()

    @property
    def scale(self) -> float:
        """Our seconds for one of the service's: 1.0, or less while a simulator runs fast."""
        return self._scale

    @property
    def scale_is_known(self) -> bool:
        return self._scale_is_known

    @property
    def clock_skew_seconds(self) -> float:
        """The service's clock minus ours at the last answer. A simulator's time is its own: 0.0."""
        return 0.0 if self._scaled else self._skew

    def now(self) -> datetime:
        """The service's time: its last Date header and the time since. Ours before the first answer."""
        with self._lock:
            if self._service_time is None:
                return datetime.now(UTC)
            elapsed = (self._monotonic() - self._observed_at) / self._scale
            return self._service_time + timedelta(seconds=elapsed)

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer of the service."""
        if self._scaled and status in (200, 202):
            wait = retry_after_seconds(headers)
            if wait is not None:
                self._scale = min(1.0, max(wait, 0.001) / _UNSCALED_RETRY_AFTER)
                self._scale_is_known = True
        answered = _date(headers.get("Date"))
        if answered is None:
            return
        with self._lock:
            self._service_time = answered
            self._observed_at = self._monotonic()
            self._skew = (answered - datetime.now(UTC)).total_seconds()


class TokenBucket:
    """Tokens that fill at a rate (a second of the service) up to a capacity."""

    def __init__(self, rate: float, capacity: float, pace: Pace, monotonic: Callable[[], float]) -> None:
        self._rate = rate
        self._capacity = capacity
        self._pace = pace
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tokens = capacity
        self._filled_at = monotonic()

    @property
    def level(self) -> float:
        """How full it is, 0.0 to 1.0 (below 0.0 while tokens are lent)."""
        with self._lock:
            self._fill()
            return self._tokens / self._capacity

    def try_take(self) -> bool:
        """One token if there is one now."""
        with self._lock:
            self._fill()
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def take(self) -> float:
        """One token, now or from those to come; returns the seconds to wait before it may be used."""
        with self._lock:
            self._fill()
            self._tokens -= 1
            return max(0.0, -self._tokens / self._rate * self._pace.scale)

    def _fill(self) -> None:
        now = self._monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._rate / self._pace.scale)
        self._filled_at = now


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait an answer asks for, in seconds: of its milliseconds header, or else of Retry-After in any form."""
    for name in _RETRY_AFTER_MS:
        milliseconds = _number(headers.get(name))
        if milliseconds is not None:
            return milliseconds / 1000
    value = headers.get("Retry-After")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    at = _date(value)
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return None


def _date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
