"""Waits of this process, which end when it is asked to stop.

One event for the whole process: Ctrl-C is for all that it does. The provider host sets it, and `dr`.
"""

from __future__ import annotations

import threading

STOPPING = threading.Event()


def told_to_stop(seconds: float) -> bool:
    """Waits so many seconds of ours; True, and at once, when the process is to stop."""
    return STOPPING.wait(seconds)
