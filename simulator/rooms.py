"""Every room of the simulator, and every operation they answer together."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from simulator.faults import FaultBook
from simulator.routing import OperationRoute
from simulator.world import World


def open_rooms(world: World) -> None:
    """Make the rooms whose events may already be due in a reopened world."""
    world.room(FaultBook)


def all_routes() -> list[OperationRoute]:
    """The operations of every room."""
    return [*_other("simulator.arm", "arm_routes"), *_other("simulator.identity", "identity_routes")]


def _other(module: str, name: str) -> list[OperationRoute]:
    try:
        routes: Callable[[], list[OperationRoute]] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        return []
    return routes()
