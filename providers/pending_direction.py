"""A direction whose VM cannot be protected yet, because no Hyper-V host has registered with its site.

It stands as pending, with an empty `itemId`: nothing is asked of the service and nothing moves. The `up` that finds a
host protects the VM, and the direction then is what it always is.
"""

from collections.abc import Mapping
from typing import Any

from executor.stops import Blocked
from lifecycle.directions import Direction
from providers.direction_facts import COMPUTED, OUTPUTS, first_direction, still_to_begin
from providers.properties import is_unknown

_TEXT = "runs on premises, unprotected: no Hyper-V host has registered with its site yet"


def is_pending(props: Mapping[str, Any]) -> bool:
    """Whether a direction's VM has no protected item yet, and none is on its way in this `up`."""
    item_id = props.get("itemId")
    return not is_unknown(item_id) and item_id == ""


def pending_outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    """Where a pending VM stands. Raises Blocked for one that is declared to begin in Azure."""
    if Direction(props["direction"]) is not Direction.ON_PREMISES_TO_AZURE:
        raise Blocked((first_direction(props["vm"], still_to_begin(props["vm"])),), None)
    nothing: dict[str, Any] = dict.fromkeys(OUTPUTS, "")
    lists: dict[str, Any] = {
        key: [] for key in ("plan", "irreversible", "blockers", "allowedOperations", "verification")
    }
    declared = {key: value for key, value in props.items() if key not in COMPUTED}
    stands = {"applied": props["direction"], "stageText": _TEXT, "waiting": _TEXT, "lastJob": {}, "lastMove": {}}
    return {key: value for key, value in {**nothing, **lists, **declared, **stands}.items() if key != "rpoSeconds"}
