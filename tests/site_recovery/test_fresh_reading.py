"""Many who ask at once for how things are now: nobody gets what was read before, and two readings serve them all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from site_recovery.inventory import SharedReading

ASKERS = 50


class _Slow:
    """Readings that end when they are let, numbered from 1."""

    def __init__(self) -> None:
        self.count = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def read(self) -> int:
        self.count += 1
        mine = self.count
        self.begun.set()
        assert self.may_end.wait(30)
        return mine


def test_who_asks_during_a_reading_gets_the_next_one_and_all_of_them_the_same() -> None:
    slow = _Slow()
    shared = SharedReading(slow.read)
    with ThreadPoolExecutor(ASKERS + 1) as threads:
        first = threads.submit(shared.fresh)
        assert slow.begun.wait(30)
        others = [threads.submit(shared.fresh) for _ in range(ASKERS)]
        slow.may_end.set()
        assert first.result(30) == 1
        got = [other.result(30) for other in others]
    # A thread that was scheduled late may have asked during the second reading, or after it.
    assert min(got) == 2
    assert slow.count == max(got)
    assert slow.count < ASKERS / 2


def test_what_was_read_before_is_never_what_is_now() -> None:
    readings = iter(range(1, 10))
    shared = SharedReading(lambda: next(readings))
    assert shared.fresh() == 1
    assert shared.get(60.0) == 1
    assert shared.fresh() == 2
    assert shared.get(60.0) == 2


def test_a_failure_of_the_reading_before_is_not_ours() -> None:
    slow = _Slow()

    def read() -> int:
        got = slow.read()
        if got == 1:
            raise OSError("down")
        return got

    shared = SharedReading(read)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(shared.fresh)
        assert slow.begun.wait(30)
        second = threads.submit(shared.fresh)
        slow.may_end.set()
        with pytest.raises(OSError, match="down"):
            first.result(30)
        assert second.result(30) == 2


@pytest.mark.parametrize(("took", "pause"), [(0.4, 0.4), (30.0, 2.0)])
def test_between_two_readings_there_is_a_pause_as_long_as_the_first_took_within_bounds(
    took: float, pause: float
) -> None:
    now, pauses = [0.0], list[float]()

    def read() -> float:
        now[0] += took
        return now[0]

    shared = SharedReading(read, monotonic=lambda: now[0], pause=pauses.append)
    shared.fresh()
    now[0] += pause / 4
    shared.fresh()
    assert pauses == [pytest.approx(pause * 3 / 4)]
    now[0] += pause * 2
    shared.fresh()
    assert len(pauses) == 1
