"""Azure Resource Manager around the vault: groups, networks, storage accounts, and what a failover leaves in Azure."""

from __future__ import annotations

from simulator.arm.availability_sets import availability_set_routes
from simulator.arm.compute import compute_routes, open_compute
from simulator.arm.groups import group_routes, open_groups
from simulator.arm.network import network_routes
from simulator.arm.operations import operation_routes
from simulator.arm.storage import storage_routes
from simulator.arm.storage_contents import storage_contents_routes
from simulator.arm.subscriptions import subscription_routes
from simulator.routing import OperationRoute
from simulator.world import World


def arm_routes() -> list[OperationRoute]:
    """The operations of Azure Resource Manager outside Microsoft.RecoveryServices."""
    return [
        *subscription_routes(),
        *operation_routes(),
        *group_routes(),
        *storage_routes(),
        *storage_contents_routes(),
        *network_routes(),
        *compute_routes(),
        *availability_set_routes(),
    ]


def open_arm(world: World) -> None:
    """Make the rooms whose operations may already be under way in a reopened world."""
    open_groups(world)
    open_compute(world)
