"""What the update of a protected item would change of the VM's landing in Azure, for the preview of its move.

One `up` changes the settings of a VM first and fails it over then. The engine diffs an item before it checks the VM's
direction, in the same process, so that the direction's preview can tell of the VM as it will be by then.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lifecycle.observation import Observation
from providers.properties import is_unknown

# Of the keys of an item's `azure`; those that are left out stay as they are in Azure, or are cleared.
_STAY = {"vmName": "name", "size": "size", "resourceGroupId": "resource_group_id", "networkId": "network_id"}
_CLEARED = {"subnet": "subnet", "staticIp": "static_ip", "availabilitySetId": "availability_set_id"}

_MADE = "made"

_lock = threading.Lock()
_to_come: dict[str, Mapping[str, Any]] = {}


def will_become(item_id: str, changed: Mapping[str, Any], made: Sequence[str] = ()) -> None:
    """The item's update, which is not made yet, sets these keys of `azure`; None for those left out. `made` are the
    keys of what the stack itself makes, which may be to come as well."""
    with _lock:
        _to_come[item_id.casefold()] = {**changed, _MADE: tuple(made)}


def stays_or_has_become(item_id: str) -> None:
    """Nothing of the item is to be changed (any more), or not now."""
    with _lock:
        _to_come.pop(item_id.casefold(), None)


def after_the_update(seen: Observation) -> Observation:
    """`seen` with the landing that the VM has after its item's update. What is not known yet is left as it is."""
    with _lock:
        changed = _to_come.get(seen.item_id.casefold(), {})
    landing = seen.landing
    if not changed or landing is None:
        return seen
    known = {key: value for key, value in changed.items() if not is_unknown(value)}
    fields = {field: known[key] for key, field in _STAY.items() if known.get(key)}
    fields |= {field: known[key] or None for key, field in _CLEARED.items() if key in known}
    if "network_id" in fields:  # of all network cards
        fields["more_cards"] = tuple(replace(card, network_id=fields["network_id"]) for card in landing.more_cards)
    to_come = "resource_group_id" in fields and "resourceGroupId" in changed[_MADE]
    return replace(seen, landing=replace(landing, **fields, resource_group_to_come=to_come))
