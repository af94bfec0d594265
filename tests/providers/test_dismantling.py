"""What forbids dismantling, at the instants when the service's item does not tell the whole truth yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.dismantling import in_the_way, refuse_while_in_the_way
from providers.estate_guard import EstateGuardProvider
from site_recovery.connection import SiteRecovery
from site_recovery.errors import RefusedError
from site_recovery.records import ItemRecord
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, VAULT, ours, prepare, protect

_MOST_STEPS = 6000
_STEP_SECONDS = 0.25


@pytest.fixture
def simulator(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path, "--speed", "1000")
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    yield running
    running.stop()


@pytest.fixture
def service(simulator: RunningSimulator) -> SiteRecovery:
    return prepare(simulator)


@pytest.fixture
def failing_over(simulator: RunningSimulator, service: SiteRecovery) -> ItemRecord:
    """A VM whose unplanned failover has been accepted a moment ago, in a service that moves on command only."""
    item = protect(service, "app01")
    _stop_clock(simulator)
    assert in_the_way(service.fresh_inventory()) == ()
    service.operations.unplanned_failover(
        item.id, shutdown_source=True, recovery_point_id=None, client_request_id=ours()
    )
    return item


def test_a_vm_whose_failover_has_ended_but_does_not_show_yet_stands_in_the_way(
    simulator: RunningSimulator, service: SiteRecovery, failing_over: ItemRecord
) -> None:
    def settles() -> bool:
        item, newest = _item(service, failing_over), service.jobs()[0]
        return newest.succeeded and item.current_scenario is None and not item.allowed_operations

    _advance_until(simulator, settles)
    assert _item(service, failing_over).active_location == "Primary", "as if it had never failed over"
    with pytest.raises(RefusedError, match="app01 has just ended a job whose outcome does not show yet"):
        refuse_while_in_the_way(service)

    _advance_until(simulator, lambda: _item(service, failing_over).active_location == "Recovery")
    with pytest.raises(RefusedError, match="app01 is active in Azure"):
        refuse_while_in_the_way(service)


def test_a_vm_whose_failover_has_only_just_begun_stands_in_the_way(
    service: SiteRecovery, failing_over: ItemRecord
) -> None:
    with pytest.raises(RefusedError, match="app01 is in the middle of a move"):
        refuse_while_in_the_way(service)


def test_what_was_read_a_moment_ago_is_not_enough_to_dismantle(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    protected = protect(service, "app01")
    _stop_clock(simulator)
    assert service.inventory().item(protected.id) is not None
    _fail_over_by_hand(simulator, protected)
    with pytest.raises(RefusedError, match="app01 is in the middle of a move"):
        refuse_while_in_the_way(service)


def test_a_preview_of_the_dismantling_judges_by_a_fresh_reading(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    protected, target = protect(service, "app01"), service.target
    _stop_clock(simulator)
    assert service.inventory().item(protected.id) is not None
    _fail_over_by_hand(simulator, protected)
    declared = {
        "target": {"cloud": target.cloud, "subscriptionId": target.subscription_id, "tenantId": target.tenant_id},
        "vault": {"name": VAULT, "resourceGroup": GROUP, "location": "westeurope"},
        "dismantle": True,
    }
    (failure,) = EstateGuardProvider().check({}, declared).failures
    assert "app01 is in the middle of a move" in failure.reason


def test_a_vm_whose_protection_is_being_disabled_does_not_keep_the_others(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    protected = protect(service, "app01")
    _stop_clock(simulator)
    path = protected.id.strip("/").split("/")
    body = {"properties": {"disableProtectionReason": "NotSpecified", "replicationProviderInput": {}}}
    with simulator.site_recovery() as client:
        client.replication_protected_items.begin_delete(GROUP, VAULT, path[-5], path[-3], path[-1], body, polling=False)

    def gone() -> bool:
        refuse_while_in_the_way(service)
        return service.item(protected.id) is None

    _advance_until(simulator, gone)


def _item(service: SiteRecovery, item: ItemRecord) -> ItemRecord:
    found = service.item(item.id)
    assert found is not None
    return found


def _fail_over_by_hand(simulator: RunningSimulator, item: ItemRecord) -> None:
    path = item.id.strip("/").split("/")
    body = {
        "properties": {
            "failoverDirection": "PrimaryToRecovery",
            "sourceSiteOperations": "Required",
            "providerSpecificDetails": {"instanceType": "HyperVReplicaAzure"},
        }
    }
    with simulator.site_recovery() as client:
        begin = client.replication_protected_items.begin_unplanned_failover
        begin(GROUP, VAULT, path[-5], path[-3], path[-1], body, polling=False)


def _advance_until(simulator: RunningSimulator, reached: Callable[[], bool]) -> None:
    for _ in range(_MOST_STEPS):
        if reached():
            return
        simulator.advance(_STEP_SECONDS)
    pytest.fail("the service never came there")


def _stop_clock(simulator: RunningSimulator) -> None:
    answer = simulator.session.put(f"{simulator.url}/_simulator/clock", json={"manual": True}, timeout=30)
    assert answer.ok, answer.text
