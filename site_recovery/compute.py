"""Whether the Azure copy of a virtual machine is running."""

from __future__ import annotations

from enum import Enum


class PowerState(Enum):
    RUNNING = "running"
    STOPPED = "stopped"  # stopped or deallocated
    CHANGING = "changing"  # starting, stopping, deallocating
    ABSENT = "absent"  # there is no such VM
    UNKNOWN = "unknown"  # not readable: no permission, no answer, or an answer nobody knows
