"""Request limits of Azure Resource Manager, as documented since 2024: token buckets for each principal and
subscription.

Off by default: then the buckets are counted down and told, and nothing is refused. They fill with the world's clock,
and what a client is asked to wait is that time divided by the clock's speed: a client that is throttled at speed 1 is
throttled alike at any speed. Under a manual clock they fill only when the clock is moved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.errors import ServiceError
from simulator.identity import Directory
from simulator.routing import Call


@dataclass(frozen=True)
class Limit:
    """The size of a bucket in requests and the requests a second that fill it."""

    capacity: float
    per_second: float


READS = Limit(250, 25)
WRITES = Limit(200, 10)
DELETES = Limit(200, 10)
_KINDS = {"GET": ("reads", READS), "HEAD": ("reads", READS), "DELETE": ("deletes", DELETES)}


class Throttle:
    """A gate: takes one token for each authenticated request, or refuses it with 429 and Retry-After.

    Args:
        refuses: whether an empty bucket refuses. Otherwise a last token is always left.
    """

    def __init__(self, *, refuses: bool) -> None:
        self._refuses = refuses
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def __call__(self, call: Call) -> Mapping[str, str]:
        """Return the header of what is left; raise ServiceError 429 when nothing is."""
        if not call.route.authenticated:
            return {}
        kind, limit = _KINDS.get(call.route.method, ("writes", WRITES))
        key = (_principal(call), call.world.settings.subscription, kind)
        bucket = self._buckets.setdefault(key, _Bucket(limit, limit.capacity, call.now))
        bucket.fill(call.now)
        if bucket.tokens < 1 and self._refuses:
            wait = call.world.clock.real_seconds((1 - bucket.tokens) / limit.per_second)
            raise _too_many(kind, max(1, math.ceil(wait)))
        bucket.tokens = max(bucket.tokens - 1, 0.0 if self._refuses else 1.0)
        return {f"x-ms-ratelimit-remaining-subscription-{kind}": str(int(bucket.tokens))}


@dataclass
class _Bucket:
    limit: Limit
    tokens: float
    filled_at: float

    def fill(self, now: float) -> None:
        # A restored world may be earlier than the last request: a bucket is never emptied by that.
        passed = max(0.0, now - self.filled_at)
        self.tokens = min(self.limit.capacity, self.tokens + passed * self.limit.per_second)
        self.filled_at = now


def _principal(call: Call) -> str:
    token = call.headers["authorization"].partition(" ")[2].strip()
    return call.world.room(Directory).tokens.verify(token).application


def _too_many(kind: str, seconds: int) -> ServiceError:
    return ServiceError(
        429,
        "TooManyRequests",
        f"The request is being throttled as the limit has been reached for subscription {kind}. "
        f"Please try again after '{seconds}' seconds.",
        headers={"retry-after": str(seconds), f"x-ms-ratelimit-remaining-subscription-{kind}": "0"},
    )
