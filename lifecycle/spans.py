"""Lengths of time in words."""

_SECONDS_BELOW = 120
_MINUTES_BELOW = 7200


def span(seconds: float) -> str:
    """`90 s`, `12 min`, `3.5 h`: as exact as a person needs."""
    if seconds < _SECONDS_BELOW:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < _MINUTES_BELOW else f"{seconds / 3600:.1f} h"
