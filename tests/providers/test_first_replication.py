"""`waitForInitialReplication` waits for a first replication, and for nothing else that a VM may be at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.operation import Operation, serving
from providers.protected_item import ItemProvider
from site_recovery.connection import SiteRecovery
from site_recovery.errors import NotFoundError
from site_recovery.records import ItemRecord, last_segment
from tests.providers.declared_item import declared_item
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import protect, settled

pytestmark = pytest.mark.timeout(120)
ITEM = ItemProvider()
FAST = 1000.0


@pytest.fixture
def clock(simulator: RunningSimulator) -> Iterator[Callable[..., None]]:
    """Stops the service, so that what is waited for never comes; `clock(manual=False)` lets it go on."""

    def run(*, manual: bool) -> None:
        simulator.admin("PUT", "clock", {"manual": manual, **({} if manual else {"speed": FAST})})

    yield run
    run(manual=False)


def _declared(service: SiteRecovery, vm: str, **azure: Any) -> dict[str, Any]:
    return {**declared_item(service, vm, **azure), "waitForInitialReplication": True}


def _updated(service: SiteRecovery, item: ItemRecord, vm: str) -> dict[str, Any]:
    """The outputs of an `up` that gives the VM a tag, which is cancelled where it waits for a minute."""
    olds = {**_declared(service, vm), "itemId": item.id}
    operation = Operation()
    limit = threading.Timer(60, operation.cancelled.set)
    limit.start()
    service.invalidate()
    try:
        with serving(operation):
            outs = ITEM.update(item.id, olds, _declared(service, vm, tags={"owner": "me"})).outs
    finally:
        limit.cancel()
    assert outs is not None
    return outs


def test_a_failover_by_hand_is_not_waited_for_in_any_of_its_stages(
    simulator: RunningSimulator, service: SiteRecovery, clock: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    item = protect(service, "sql01")
    clock(manual=True)
    simulator.admin("POST", "portal", {"vm": "sql01", "operation": "UnplannedFailover", "shutdownSource": True})
    assert _updated(service, item, "sql01")["deferred"] == ["tags"]
    assert "sql01: DEFERRED tags: the VM is busy (UnplannedFailover)" in capsys.readouterr().err
    clock(manual=False)
    settled(service, item.id, "Commit")
    simulator.admin("POST", "portal", {"vm": "sql01", "operation": "Commit"})
    settled(service, item.id, "ReverseReplicate")
    assert _updated(service, item, "sql01")["deferred"] == ["tags"]
    simulator.admin("POST", "portal", {"vm": "sql01", "operation": "ReverseReplicate"})
    settled(service, item.id, "Failback")
    job = simulator.admin("POST", "portal", {"vm": "sql01", "operation": "Failback"})["job"]
    for _ in range(200):
        simulator.advance(60)
        if [one.state for one in service.jobs() if one.name == job] == ["Suspended"]:
            break
    waiting = service.item(item.id)
    assert waiting is not None
    assert waiting.allowed_operations == ()
    assert _updated(service, item, "sql01")["deferred"] == ["tags"], "a failback that waits for Complete Failover"


def test_a_protection_that_is_ended_while_its_first_replication_is_waited_for_is_an_error(
    simulator: RunningSimulator, service: SiteRecovery, clock: Callable[..., None]
) -> None:
    clock(manual=False)
    props = ITEM.check({}, _declared(service, "web01")).inputs
    act = {"machine": "web01", "move": "DisableProtection"}
    read = {"operation": "ReplicationProtectedItems_*", "method": "GET"}
    rule = {"name": "a colleague", "request": read, "act": act}
    simulator.admin("POST", "faults", {"faults": [rule]})
    with pytest.raises(NotFoundError, match="ended while its initial replication was waited for") as gone:
        ITEM.create(props)
    assert "pulumi refresh" in str(gone.value)
    simulator.admin("DELETE", "faults")
    assert not [item for item in service.fresh_inventory().items if item.friendly_name == "web01"]


def test_a_first_replication_is_waited_for_until_a_failover_is_offered(service: SiteRecovery) -> None:
    outs = ITEM.create(ITEM.check({}, _declared(service, "app01")).inputs).outs
    assert outs is not None
    item = service.item(outs["itemId"])
    assert item is not None
    assert last_segment(item.id) == outs["itemName"]
    assert "UnplannedFailover" in item.allowed_operations
