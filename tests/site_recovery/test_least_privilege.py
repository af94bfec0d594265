"""The custom role of docs/real-azure.md has an action for every call that the product makes, and knows no other."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from site_recovery.compute import PowerState
from site_recovery.connection import SiteRecovery, connect
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, connected, prepare
from tests.site_recovery.sdk_calls import action, actions_of, called, on_items, plain_requests

ROOT = Path(__file__).resolve().parents[2]
ROOM = ROOT / "site_recovery"
PAGE = ROOT / "docs" / "real-azure.md"


@dataclass(frozen=True)
class Sent:
    """A request that the product made without an operation of the SDK: where in its source, and what."""

    file: str
    line: int
    method: str
    url: str
    params: Mapping[str, str]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    prepare(running)
    yield running
    running.stop()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Every plain request from here on. The SDK's own requests, made elsewhere, are not among them."""
    found: list[Sent] = []
    made = HttpRequest.__init__

    def noted(request: HttpRequest, method: str, url: str, **options: Any) -> None:
        caller = sys._getframe(1)
        if Path(caller.f_code.co_filename).parent == ROOM:
            place = Path(caller.f_code.co_filename).name
            found.append(Sent(place, caller.f_lineno, method, url, options.get("params") or {}))
        made(request, method, url, **options)

    monkeypatch.setattr(HttpRequest, "__init__", noted)
    return found


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


def test_the_role_has_every_action_of_the_table() -> None:
    role = set(_role()["Actions"])
    assert not {one for one in _table().values() if not _allowed(one, role)}


def test_the_role_has_the_action_of_every_plain_request_that_is_sent(
    simulator: RunningSimulator, sent: list[Sent]
) -> None:
    known = connected(simulator)
    # Another environment is another connection, which does not know the service's pace yet.
    environment = {**simulator.environment, "AZURE_TEST_CLIENT": "anew"}
    _ask_for_everything(connect(known.target, known.vault, environment=environment))
    wanted = {one for each in sent for one in actions_of(each.method, each.url, each.params)}
    role = set(_role()["Actions"])
    assert not {one for one in wanted if not _allowed(one, role)}
    assert wanted == set(_plain_table())
    unsent = [
        (source.name, lines)
        for source in ROOM.glob("*.py")
        for lines in plain_requests(source)
        if not any(each.file == source.name and each.line in lines for each in sent)
    ]
    assert unsent == [], "a request that this test does not send: let _ask_for_everything send it"


def _ask_for_everything(service: SiteRecovery) -> None:
    """Each plain request of the product, sent at least once."""
    subscription = f"/subscriptions/{service.vault.subscription_id}"
    group = f"{subscription}/resourceGroups/{GROUP}"
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/contosodr"
    service.learn_pace("any")
    service.fresh_inventory()
    service.estate.vault_location()
    assert service.vault_settings().there
    for place in ("Microsoft.Network/virtualNetworks/prod", "Microsoft.Compute/availabilitySets/front"):
        service.landing_place(f"{group}/providers/{place}")
    service.landing_place(account)
    service.landing_place(group)
    machine = f"{group}/providers/Microsoft.Compute/virtualMachines/sql01"
    assert service.power_state(machine) is PowerState.ABSENT
    service.power_states()
    service.vm_names(group)
    service.leftovers.in_group(GROUP)
    assert service.leftovers.in_account(account) == ()
    service.leftovers.delete_account(account)
    service.leftovers.delete_group("never-there")


def test_the_role_gives_no_right_to_everything() -> None:
    assert not {one for one in _role()["Actions"] if one in {"*", "*/read", "Microsoft.RecoveryServices/*"}}


def _calls() -> set[tuple[str, str]]:
    return {pair for source in ROOM.glob("*.py") for pair in called(source) | on_items(source)}


def _table() -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+\.\w+)` \| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def _plain_table() -> list[str]:
    page = PAGE.read_text(encoding="utf-8")
    below = page[page.index("Beside these there are plain requests") :]
    return re.findall(r"^\| [^|`]+ \| `(Microsoft\.[^`]+)` \|$", below, re.MULTILINE)


def _role() -> dict[str, list[str]]:
    block = re.search(r"```json\n(\{.*?\n\})\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    role: dict[str, list[str]] = json.loads(block.group(1))
    return role


def _allowed(wanted: str, role: set[str]) -> bool:
    """Azure compares actions without regard to case, and knows `*` as any text."""
    patterns = (re.escape(one).replace(r"\*", ".*") for one in role)
    return any(re.fullmatch(pattern, wanted, re.IGNORECASE) for pattern in patterns)
