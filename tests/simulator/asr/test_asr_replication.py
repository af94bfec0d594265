"""Replication by itself: recovery points, policies, lag and what a delta costs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, Estate, policy_input


def ages(points: list[Any]) -> list[float]:
    """Seconds between neighbouring recovery points."""
    return [(one.properties.recovery_point_time - two.properties.recovery_point_time).total_seconds()
            for one, two in pairwise(points)]  # fmt: skip


def test_recovery_points_come_by_the_interval_and_go_by_the_history(recorded: Estate) -> None:
    recorded.advance(6 * 3600)
    points = recorded.points()
    assert set(ages(points)) == {300.0}
    assert len(points) == 2 * 12 + 1
    kinds = [point.properties.recovery_point_type for point in points]
    assert 2 <= kinds.count("Application Consistent") <= 3
    one = recorded.client.recovery_points.get(*recorded.path(), points[3].name)
    assert one.properties.recovery_point_time == points[3].properties.recovery_point_time


def test_how_often_somebody_looks_makes_no_difference(recorded: Estate) -> None:
    for _ in range(25):
        recorded.advance(777)
        recorded.item()
    often = [(point.name, point.properties.recovery_point_type) for point in recorded.points()]
    recorded.admin("POST", "snapshots/protected/restore")
    recorded.advance(25 * 777)
    assert [(point.name, point.properties.recovery_point_type) for point in recorded.points()] == often


def test_a_changed_policy_changes_the_rhythm(recorded: Estate) -> None:
    recorded.advance(3600)
    settings = policy_input(interval=30, history=1)["properties"]["providerSpecificInput"]
    body = {"properties": {"replicationProviderSettings": settings}}
    recorded.finish(recorded.client.replication_policies.begin_update(*recorded.vault, "every-5-minutes", body), 2)
    recorded.advance(2 * 3600)
    points = recorded.points()
    assert len(points) == 3600 // 30 + 1
    assert set(ages(points)) == {30.0}
    details = recorded.client.replication_policies.get(*recorded.vault, "every-5-minutes").properties
    assert details.provider_specific_details.recovery_point_history_duration_in_hours == 1


def test_replication_that_cannot_keep_up_falls_behind_and_recovers(recorded: Estate) -> None:
    recorded.advance(600)
    newest = recorded.points()[0].name
    recorded.admin("PATCH", "machines/sql01", {"churnMBps": 110})
    recorded.advance(1500)
    behind = recorded.item()
    assert behind.replication_health == "Warning"
    assert behind.provider_specific_details.rpo_in_seconds >= 900
    assert any(error.error_category == "Replication" for error in behind.health_errors)
    assert recorded.points()[0].name == newest
    recorded.admin("PATCH", "machines/sql01", {"churnMBps": 1})
    recorded.advance(900)
    assert recorded.item().replication_health == "Normal"
    assert recorded.points()[0].name != newest


def test_a_host_that_is_away_for_long_has_to_resynchronize(recorded: Estate) -> None:
    recorded.admin("PATCH", "machines/sql01", {"churnMBps": 20})
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    recorded.advance(3600)
    away = recorded.item()
    assert away.replication_health == "Critical"
    assert "RepairReplication" in away.allowed_operations
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": True})
    recorded.advance(3600)
    assert "RepairReplication" in recorded.item().allowed_operations
    recorded.finish(recorded.client.replication_protected_items.begin_repair_replication(*recorded.path()))
    assert recorded.item().replication_health == "Normal"
    assert "RepairReplication" not in recorded.item().allowed_operations


def test_synchronization_takes_the_time_that_its_delta_needs(recorded: Estate) -> None:
    def seconds_after(days: int) -> float:
        recorded.admin("POST", "snapshots/protected/restore")
        recorded.begin_to_azure()
        recorded.advance(days * 86400)
        recorded.begin_failback()
        recorded.advance(2000)
        task = recorded.latest_job("Failback").properties.tasks[2]
        assert task.state == "Succeeded"
        return float((task.end_time - task.start_time).total_seconds())

    soon, later, latest = seconds_after(0), seconds_after(1), seconds_after(30)
    # 1 MB a second for a day, at 100 MB a second; never more than the 90 GB of the disks.
    assert later - soon == pytest.approx(864, abs=15)
    assert latest - 90 == pytest.approx(90 * 1024 / 100, abs=1)


def test_initial_replication_waits_for_a_host_that_is_away(recorded: Estate) -> None:
    poller = recorded.client.replication_protected_items.begin_create(
        *recorded.path("web01"), recorded.enable_input("web01")
    )
    recorded.finish(poller, 57)
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    recorded.advance(3600)
    assert recorded.item("web01").protection_state == "InitialReplicationInProgress"
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": True})
    recorded.advance(300)
    assert recorded.item("web01").protection_state == "Protected"


def test_in_the_tutorials_service_azure_replicates_back(tutorial: Estate) -> None:
    tutorial.begin_to_azure()
    tutorial.advance(86400)
    assert tutorial.points() == []
    assert tutorial.item().replication_health == "Normal"
    tutorial.begin_failback()
    tutorial.advance(900)
    task = tutorial.latest_job("Failback").properties.tasks[2]
    # A day has passed, but what is not on premises is at most one interval old.
    assert (task.end_time - task.start_time).total_seconds() < 95


def test_protecting_with_a_policy_that_is_not_associated_fails(recorded: Estate) -> None:
    other = recorded.finish(
        recorded.client.replication_policies.begin_create(*recorded.vault, "hourly", policy_input(interval=900)), 2
    )
    body = recorded.enable_input("app01")
    body["properties"]["policyId"] = other.id
    answer = recorded.simulator.arm("PUT", recorded.item_path("app01"), body, version="2025-08-01")
    assert answer.status_code == 400
    assert HYPER_V not in answer.json()["error"]["message"]
    assert "not associated" in answer.json()["error"]["details"][0]["possibleCauses"]


def test_ten_years_pass_in_a_moment(recorded: Estate) -> None:
    settings = policy_input(interval=30, history=1)["properties"]["providerSpecificInput"]
    body = {"properties": {"replicationProviderSettings": settings}}
    recorded.finish(recorded.client.replication_policies.begin_update(*recorded.vault, "every-5-minutes", body), 2)
    recorded.advance(5 * 365 * 86400)
    assert len(recorded.points()) == 121
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    recorded.advance(5 * 365 * 86400)
    assert recorded.item().replication_health == "Critical"


def test_the_rpo_is_the_age_of_the_newest_point(recorded: Estate) -> None:
    seen = []
    for _ in range(12):
        recorded.advance(60)
        details = recorded.item().provider_specific_details
        newest = recorded.points()[0].properties.recovery_point_time
        assert details.last_replicated_time == newest
        expected = (details.last_rpo_calculated_time - newest).total_seconds()
        assert details.rpo_in_seconds == pytest.approx(max(0.0, expected), abs=1)
        seen.append(details.rpo_in_seconds)
    assert max(seen) > 200
    assert max(seen) < 300 + 60


def test_a_host_that_is_away_lets_the_rpo_grow(recorded: Estate) -> None:
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    recorded.advance(1000)
    assert recorded.item().provider_specific_details.rpo_in_seconds >= 900


@pytest.mark.parametrize("scenario", ["UnplannedFailover", "TestFailover"])
def test_a_point_that_is_pruned_while_the_job_runs_fails_it(recorded: Estate, scenario: str) -> None:
    recorded.advance(3 * 3600)
    first = recorded.points()[-1].name
    for _ in range(31):
        if recorded.points()[-1].name != first:
            break
        recorded.advance(10)
    oldest = recorded.points()[-1]
    assert oldest.name != first
    # The next cycle, which prunes the point, comes within the job.
    recorded.advance(280)
    details = {"instanceType": HYPER_V, "recoveryPointId": oldest.id}
    body = {"properties": {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": details}}
    items = recorded.client.replication_protected_items
    begin = items.begin_test_failover if scenario == "TestFailover" else items.begin_unplanned_failover
    poller = begin(*recorded.path(), body)
    with pytest.raises(HttpResponseError, match=f"The recovery point '{oldest.name}' does not exist"):
        recorded.finish(poller)
    assert recorded.latest_job(scenario).properties.state == "Failed"
    seen = recorded.view()
    assert (seen["azure"], seen["testMachine"], recorded.item().failover_recovery_point_id) == (None, None, None)
    assert scenario in recorded.item().allowed_operations
