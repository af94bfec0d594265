"""The gate of a stack's moves."""

import pulumi

from components.protected_vm import ProtectedVm
from components.settings import Settings
from providers.move_gate import MoveGate as Gate


class MoveGate(pulumi.ComponentResource):
    """Registered last: it fails the preview, with every VM's blockers, when any VM that would move is blocked."""

    def __init__(self, settings: Settings, vms: list[ProtectedVm], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("siteRecovery:components:MoveGate", "moves", None, opts)
        self.gate = Gate(
            "moves",
            vault=settings.vault.name,
            max_moves=settings.max_moves,
            directions=[_summary(vm) for vm in vms],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[vm.direction for vm in vms]),
        )
        self.register_outputs({})


def _summary(vm: ProtectedVm) -> dict[str, pulumi.Output[object]]:
    known = vm.direction
    return {"vm": known.vm, "direction": known.direction, "plan": known.plan, "blockers": known.blockers}
