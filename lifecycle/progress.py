"""A step in progress in one line: what the service is at, since when, and about how long to go."""

from datetime import datetime

from lifecycle.durations import RECORDED
from lifecycle.spans import span
from lifecycle.steps import Step


def progress_line(step: Step, task: str, since: datetime | None, now: datetime) -> str:
    """`failover: Start failover, 40 s so far, about 2 min to 10 min to go`. `since` is when the step's job began."""
    so_far = max((now - since).total_seconds(), 0.0) if since else 0.0
    return f"{step}: {task}, {span(so_far)} so far{_rest(step, so_far)}"


def _rest(step: Step, so_far: float) -> str:
    low, high = RECORDED.get(step, (0.0, 0.0))
    if high <= so_far:
        return ""
    return f", about {span(max(low - so_far, 0.0))} to {span(high - so_far)} to go"
