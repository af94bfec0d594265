"""What somebody does in the portal, on command or by a fault rule: every word that is taken is carried out."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.asr.estate import Estate


def ask(estate: Estate, path: str, body: Any) -> requests.Response:
    """Ask the admin API; gives the answer, whatever it is."""
    return estate.simulator.session.post(f"{estate.simulator.url}/_simulator/{path}", json=body, timeout=30)


def names(estate: Estate) -> list[str]:
    """The protected items."""
    return [item.name for item in estate.client.replication_protected_items.list(*estate.vault)]


def test_somebody_disables_protection_by_hand(recorded: Estate) -> None:
    started = recorded.admin("POST", "portal", {"vm": "sql01", "operation": "DisableProtection"})
    recorded.advance(600)
    assert names(recorded) == []
    assert recorded.admin("GET", f"jobs/{started['job']}")["origin"] == "portal"
    assert recorded.latest_job("DisableDr").properties.state == "Succeeded"


def test_somebody_disables_protection_after_a_time(recorded: Estate) -> None:
    act = {"machine": "sql01", "move": "DisableProtection"}
    recorded.admin("POST", "faults", {"faults": [{"name": "a colleague", "afterSeconds": 60, "act": act}]})
    recorded.advance(600)
    assert names(recorded) == []


def test_protection_of_a_busy_item_is_not_disabled_by_hand(recorded: Estate) -> None:
    recorded.begin_failover()
    refused = ask(recorded, "portal", {"vm": "sql01", "operation": "DisableProtection"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "SimulatorOperationInProgress")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("portal", {"vm": "sql01", "operation": "CompleteMigration"}),
        (
            "faults",
            {
                "faults": [
                    {"name": "x", "afterSeconds": 1, "act": {"machine": "sql01", "move": "CompleteMigration"}},
                ]
            },
        ),
    ],
)
def test_a_word_that_nothing_is_done_for_is_refused_when_it_is_said(
    recorded: Estate, path: str, body: dict[str, Any]
) -> None:
    refused = ask(recorded, path, body)
    assert refused.status_code == 400
    assert "'CompleteMigration' is offered and not simulated" in refused.json()["error"]["message"]
