"""What a measurement is, and the registry of all of them.

A room adds a module with functions marked `@row("name", ...)` and names it in MODULES. A function measures and gives
one `Measured`; it does nothing when it is imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

MODULES = (
    "benchmarks.simulator_start",
    "benchmarks.simulator_reads",
    "benchmarks.simulator_lifecycle",
    "benchmarks.moves",
    "benchmarks.no_change",
)


@dataclass(frozen=True)
class Measured:
    """A value with its unit; `against` says what it is held against, and `ratio` is the value over that."""

    value: float
    unit: str
    against: str = ""
    ratio: float | None = None


Measurement = Callable[[], Measured]


@dataclass(frozen=True)
class Row:
    """A row of the table. `long` ones take minutes each and are measured only when they are named."""

    measure: Measurement
    long: bool = False


_REGISTRY: dict[str, Row] = {}


def row(name: str, *, long: bool = False) -> Callable[[Measurement], Measurement]:
    """Mark a function as the measurement of a row."""

    def register(measurement: Measurement) -> Measurement:
        if name in _REGISTRY:
            raise ValueError(f"the row {name!r} is measured twice")
        _REGISTRY[name] = Row(measurement, long)
        return measurement

    return register


def all_rows() -> dict[str, Row]:
    """Every row by name, in the order of MODULES."""
    for module in MODULES:
        importlib.import_module(module)
    return dict(_REGISTRY)
