"""Every room of the simulator, and every operation they answer together."""

from __future__ import annotations

from simulator.admin import admin_routes
from simulator.arm import arm_routes, open_arm
from simulator.asr.operations import asr_routes, open_site_recovery
from simulator.fault_acts import open_fault_acts
from simulator.faults import FaultBook
from simulator.identity import identity_routes
from simulator.routing import OperationRoute
from simulator.vaults import open_vaults, vault_routes
from simulator.world import World


def open_rooms(world: World) -> None:
    """Make the rooms whose events may already be due in a reopened world."""
    world.room(FaultBook)
    open_arm(world)
    open_site_recovery(world)
    open_vaults(world)
    open_fault_acts(world)


def all_routes() -> list[OperationRoute]:
    """The operations of every room."""
    return [*arm_routes(), *identity_routes(), *vault_routes(), *asr_routes(), *admin_routes()]
