"""What Site Recovery has and the simulator has not: 501 with the envelope, never a plausible success."""

from __future__ import annotations

from collections.abc import Callable

from simulator.asr.site_recovery import VAULT
from simulator.errors import not_there
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply

Handler = Callable[[Call], Reply]
_FABRIC = f"{VAULT}/replicationFabrics/{{fabric}}"
_CONTAINER = f"{_FABRIC}/replicationProtectionContainers/{{container}}"
_ITEM = f"{_CONTAINER}/replicationProtectedItems/{{item}}"
_PLAN = f"{VAULT}/replicationRecoveryPlans/{{plan}}"
_OTHER_PROVIDERS = "it belongs to other replication providers than Hyper-V to Azure."
_REFUSED: tuple[tuple[str, str, str, str], ...] = (
    ("POST", f"{_ITEM}/failoverCancel", "ReplicationProtectedItems_FailoverCancel", _OTHER_PROVIDERS),
)


def refused_routes(answered: list[OperationRoute]) -> list[OperationRoute]:
    """A route of 501 for each operation that is known and not answered."""
    known = {(route.method, route.template) for route in answered}
    return [
        OperationRoute(
            method, template, _refusing(name, reason), name, parity=Parity(Extent.REFUSED, Evidence.SPECIFIED, reason)
        )
        for method, template, name, reason in _REFUSED
        if (method, template) not in known
    ]


def _refusing(name: str, reason: str) -> Handler:
    def refuse(_call: Call) -> Reply:
        raise not_there(name, reason)

    return refuse
