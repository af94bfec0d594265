"""An item that is gone when the engine comes back to it: closed for a flip, open for what changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from providers.protection_direction import DirectionProvider
from site_recovery.connection import SiteRecovery
from site_recovery.errors import NotFoundError, SiteRecoveryError
from site_recovery.records import ItemRecord
from tests.providers.declared_item import declared_item
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import HOURS, protect

DIRECTION = DirectionProvider()
HERE, AWAY = "onPremisesToAzure", "azureToOnPremises"
OLDS = {"applied": HERE, "direction": HERE, "stage": "protected", "lastMove": {"job": "j0"}}


@pytest.fixture
def item(service: SiteRecovery) -> ItemRecord:
    """A VM that is protected, for one test to lose."""
    return protect(service, "app01")


def _lose(service: SiteRecovery, item: ItemRecord) -> None:
    """Somebody disables its protection, in another process: ours has it in its readings still."""
    service.protection.disable(item.id, timeout_seconds=HOURS)


def _declared(service: SiteRecovery, item: ItemRecord, direction: str, **settings: Any) -> dict[str, Any]:
    given = {key: value for key, value in declared_item(service).items() if key in {"target", "vault", "vm"}}
    failover = {"mode": "planned", "commit": "automatic"}
    return {
        **given,
        "itemId": item.id,
        "direction": direction,
        "settings": {"failover": failover, **settings},
        "permits": {},
        "maxMoves": 1,
    }


def test_a_flip_whose_item_vanishes_after_its_check_is_refused_and_calls_nothing(
    service: SiteRecovery, item: ItemRecord
) -> None:
    olds = {**_declared(service, item, HERE), **OLDS}
    checked = DIRECTION.check(olds, _declared(service, item, AWAY)).inputs
    assert (checked["plan"][0], checked["blockers"]) == ("failover", [])
    _lose(service, item)
    jobs = [job.name for job in service.jobs()]
    assert DIRECTION.diff(item.id, olds, checked).changes, "a difference is of the declaration, and asks nobody"
    with pytest.raises(NotFoundError) as refused:
        DIRECTION.update(item.id, olds, checked)
    assert "app01: its protected item is not in the vault" in str(refused.value)
    assert [job.name for job in service.jobs()] == jobs
    again = DIRECTION.check(olds, _declared(service, item, AWAY)).inputs
    assert ([blocker["code"] for blocker in again["blockers"]], again["plan"]) == (["notFound"], [])


def test_a_vm_that_does_not_move_is_told_of_and_its_changed_settings_are_taken_note_of(
    service: SiteRecovery, item: ItemRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    olds = {**_declared(service, item, HERE), **OLDS}
    news = DIRECTION.check(olds, _declared(service, item, HERE, maxDataLossMinutes=15)).inputs
    _lose(service, item)
    assert not DIRECTION.diff(item.id, olds, {**olds}).changes
    assert DIRECTION.diff(item.id, olds, news).changes
    outs = DIRECTION.update(item.id, olds, news).outs or {}
    assert (
        "app01 could not be looked at, so it stays as it was last seen: app01: its protected" in capfd.readouterr().err
    )
    assert outs["settings"]["maxDataLossMinutes"] == 15
    assert {key: outs[key] for key in OLDS} == OLDS
    assert (outs["plan"], outs["blockers"]) == ([], [])


def test_a_service_that_falls_silent_after_the_check_is_as_an_item_that_vanishes(
    service: SiteRecovery, item: ItemRecord, simulator: RunningSimulator, capfd: pytest.CaptureFixture[str]
) -> None:
    olds = {**_declared(service, item, HERE), **OLDS}
    flipped = DIRECTION.check(olds, _declared(service, item, AWAY)).inputs
    stays = DIRECTION.check(olds, _declared(service, item, HERE, maxDataLossMinutes=15)).inputs
    down = {"status": 503, "code": "ServiceUnavailable", "message": "The service does not answer."}
    rule = {"name": "down", "request": {"method": "GET", "operation": "Replication*"}, "answer": down}
    url = f"{simulator.url}/_simulator/faults"
    assert simulator.session.post(url, json={"faults": [rule]}, timeout=30).ok
    try:
        with pytest.raises(SiteRecoveryError):
            DIRECTION.update(item.id, olds, flipped)
        assert (DIRECTION.update(item.id, olds, stays).outs or {})["applied"] == HERE
        assert "app01 could not be looked at" in capfd.readouterr().err
    finally:
        simulator.session.delete(url, timeout=30)
        service.invalidate()
        _lose(service, item)
