"""The read budget, the scale of waits and the service's clock, on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from site_recovery.pace import Pace, TokenBucket, retry_after_seconds


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def taken(bucket: TokenBucket) -> int:
    """How many tokens there are."""
    count = 0
    while bucket.try_take():
        count += 1
    return count


def test_reads_go_on_at_half_the_documented_rate_and_writes_stay_below_theirs() -> None:
    clock = Clock()
    pace = Pace(scaled=False, monotonic=clock)
    assert (taken(pace.reads), taken(pace.writes)) == (200, 180)
    clock.seconds += 2
    assert (taken(pace.reads), taken(pace.writes)) == (25, 18)
    clock.seconds += 3600
    assert (taken(pace.reads), taken(pace.writes)) == (200, 180)


def test_progress_takes_a_fifth_and_nothing_while_the_bucket_is_drawn_down() -> None:
    clock = Clock()
    pace = Pace(scaled=False, monotonic=clock)
    assert [pace.progress_read_allowed() for _ in range(51)] == [True] * 50 + [False]
    clock.seconds += 2
    assert [pace.progress_read_allowed() for _ in range(11)] == [True] * 10 + [False]
    clock.seconds += 3600
    for _ in range(80):
        pace.reads.take()
    assert not pace.progress_read_allowed()
    clock.seconds += 1
    assert pace.progress_read_allowed()


def test_a_read_beyond_the_budget_waits_for_its_token() -> None:
    clock = Clock()
    reads = Pace(scaled=False, monotonic=clock).reads
    assert [reads.take() for _ in range(200)] == [0.0] * 200
    assert [reads.take() for _ in range(3)] == pytest.approx([0.08, 0.16, 0.24])
    clock.seconds += 0.24
    assert reads.take() == pytest.approx(0.08)


def test_a_simulator_scales_waits_and_clock_and_the_real_service_does_not() -> None:
    accepted = {"Retry-After": "1", "x-ms-retry-after-ms": "500", "Date": "Mon, 05 Jan 2026 08:00:00 GMT"}
    clock = Clock()
    simulated, real = Pace(scaled=True, monotonic=clock), Pace(scaled=False, monotonic=clock)
    for pace in (simulated, real):
        pace.observe(202, accepted)
    clock.seconds += 10
    assert simulated.scale == pytest.approx(1 / 60)
    assert real.scale == 1.0
    at_eight = datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert abs(simulated.now() - (at_eight + timedelta(minutes=10))) < timedelta(seconds=1)
    assert real.now() == at_eight + timedelta(seconds=10)
    assert taken(simulated.reads) == 200
    clock.seconds += 0.1
    assert taken(simulated.reads) == 75  # 12.5 a second of the service, which has sixty in one of ours


def test_an_error_does_not_tell_the_scale() -> None:
    pace = Pace(scaled=True)
    pace.observe(429, {"x-ms-retry-after-ms": "5"})
    assert pace.scale == 1.0


def test_skew_is_the_services_clock_minus_ours() -> None:
    pace = Pace(scaled=False)
    ahead = datetime.now(UTC) + timedelta(seconds=90)
    pace.observe(200, {"Date": ahead.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    assert 85 < pace.clock_skew_seconds <= 90


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "1", "x-ms-retry-after-ms": "100"}, 0.1),
        ({"retry-after-ms": "250"}, 0.25),
        ({"Retry-After": "Mon, 05 Jan 2015 08:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_in_any_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds
