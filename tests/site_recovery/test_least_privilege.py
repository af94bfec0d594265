"""The custom role of docs/real-azure.md has an action for every call that the product makes, and knows no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.site_recovery.sdk_calls import action, called, on_items, plain_requests

ROOT = Path(__file__).resolve().parents[2]
ROOM = ROOT / "site_recovery"
PAGE = ROOT / "docs" / "real-azure.md"
# Requests without an operation of the SDK, by the file that makes them.
PLAIN = {
    "service.py": (
        "Microsoft.RecoveryServices/vaults/replicationOperationStatus/read",
        "Microsoft.RecoveryServices/vaults/replicationProtectedItems/read",
        "Microsoft.RecoveryServices/vaults/replicationJobs/read",
    ),
    "estate.py": ("Microsoft.RecoveryServices/vaults/read",),
    "landing_place.py": (
        "Microsoft.Network/virtualNetworks/read",
        "Microsoft.Storage/storageAccounts/read",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Compute/availabilitySets/read",
    ),
    "leftovers.py": (
        "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
        "Microsoft.Resources/subscriptions/resourceGroups/delete",
        "Microsoft.Storage/storageAccounts/delete",
        "Microsoft.Storage/storageAccounts/blobServices/containers/read",
        "Microsoft.Storage/storageAccounts/fileServices/shares/read",
        "Microsoft.Storage/storageAccounts/queueServices/queues/read",
        "Microsoft.Storage/storageAccounts/tableServices/tables/read",
    ),
    "compute.py": ("Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/instanceView/read"),
}


def test_every_call_of_the_product_has_its_action_in_the_table() -> None:
    table = _table()
    calls = _calls()
    assert len(calls) > 25
    missing = {f"{group}.{method}: {action(group, method)}" for group, method in calls} - {
        f"{operation}: {act}" for operation, act in table.items()
    }
    assert not missing


def test_the_table_has_no_operation_that_is_not_called() -> None:
    assert set(_table()) == {f"{group}.{method}" for group, method in _calls()}


def test_the_role_has_every_action_of_the_table_and_of_plain_requests() -> None:
    role = set(_role()["Actions"])
    wanted = set(_table().values()) | {one for actions in PLAIN.values() for one in actions}
    assert not {one for one in wanted if not _allowed(one, role)}


def test_every_plain_request_is_known() -> None:
    counted = {source.name: plain_requests(source) for source in ROOM.glob("*.py")}
    known = {"service.py": 2, "estate.py": 1, "landing_place.py": 1, "compute.py": 2, "leftovers.py": 2}
    assert {name: count for name, count in counted.items() if count} == known
    assert PLAIN.keys() == known.keys()


def test_the_role_gives_no_right_to_everything() -> None:
    assert not {one for one in _role()["Actions"] if one in {"*", "*/read", "Microsoft.RecoveryServices/*"}}


def _calls() -> set[tuple[str, str]]:
    return {pair for source in ROOM.glob("*.py") for pair in called(source) | on_items(source)}


def _table() -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+\.\w+)` \| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def _role() -> dict[str, list[str]]:
    block = re.search(r"```json\n(\{.*?\n\})\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    role: dict[str, list[str]] = json.loads(block.group(1))
    return role


def _allowed(wanted: str, role: set[str]) -> bool:
    """Azure compares actions without regard to case, and knows `*` as any text."""
    patterns = (re.escape(one).replace(r"\*", ".*") for one in role)
    return any(re.fullmatch(pattern, wanted, re.IGNORECASE) for pattern in patterns)
