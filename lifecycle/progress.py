"""A step in progress in one line: what the service is at, since when, and about how long to go."""

from datetime import datetime

from lifecycle.durations import recorded
from lifecycle.spans import span
from lifecycle.steps import Step


def progress_line(step: Step, task: str, scenario: str, since: datetime | None, now: datetime) -> str:
    """`failover: Start failover, 40 s so far, about 2 min to 10 min to go`, of a step whose job has this scenario and
    began at `since`."""
    so_far = max((now - since).total_seconds(), 0.0) if since else 0.0
    return f"{step}: {task}, {span(so_far)} so far{_rest(step, scenario, so_far)}"


def _rest(step: Step, scenario: str, so_far: float) -> str:
    low, high = recorded(step, scenario)
    if high <= so_far:
        return ""
    return f", about {span(max(low - so_far, 0.0))} to {span(high - so_far)} to go"
