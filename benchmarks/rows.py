"""What a measurement is, and the registry of all of them.

A room adds a module with functions marked `@row("name", ...)` and names it in MODULES. A function measures and gives
one `Measured`; it does nothing when it is imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

MODULES = ("benchmarks.simulator_start", "benchmarks.simulator_reads", "benchmarks.simulator_lifecycle")


@dataclass(frozen=True)
class Measured:
    """A value with its unit; `against` says what it is held against, and `ratio` is the value over that."""

    value: float
    unit: str
    against: str = ""
    ratio: float | None = None


Measurement = Callable[[], Measured]
_REGISTRY: dict[str, Measurement] = {}


def row(name: str) -> Callable[[Measurement], Measurement]:
    """Mark a function as the measurement of a row."""

    def register(measurement: Measurement) -> Measurement:
        if name in _REGISTRY:
            raise ValueError(f"the row {name!r} is measured twice")
        _REGISTRY[name] = measurement
        return measurement

    return register


def all_rows() -> dict[str, Measurement]:
    """Every row by name, in the order of MODULES."""
    for module in MODULES:
        importlib.import_module(module)
    return dict(_REGISTRY)
