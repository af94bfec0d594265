"""Every room of the simulator, and every operation they answer together."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from simulator.asr.operations import asr_routes, open_site_recovery
from simulator.faults import FaultBook
from simulator.routing import OperationRoute
from simulator.vaults import open_vaults, vault_routes
from simulator.world import World


def open_rooms(world: World) -> None:
    """Make the rooms whose events may already be due in a reopened world."""
    world.room(FaultBook)
    open_site_recovery(world)
    open_vaults(world)


def all_routes() -> list[OperationRoute]:
    """The operations of every room."""
    return [
        *_other("simulator.arm", "arm_routes"),
        *_other("simulator.identity", "identity_routes"),
        *vault_routes(),
        *asr_routes(),
    ]


def _other(module: str, name: str) -> list[OperationRoute]:
    try:
        routes: Callable[[], list[OperationRoute]] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        return []
    return routes()
