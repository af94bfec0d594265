"""From the start of the process to its first answer."""

from __future__ import annotations

import statistics
import time

from benchmarks.rows import Measured, row
from benchmarks.serving import simulator

TIMES = 3


@row("start")
def start() -> Measured:
    """Seconds from the spawn of `python -m simulator serve` to an answered request and a token; the median of TIMES."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with simulator():
            taken.append(time.perf_counter() - began)
    return Measured(statistics.median(taken), "s")
