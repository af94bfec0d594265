"""What cancelled, failed and interrupted moves leave behind."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import Estate


def test_after_a_cancelled_failover_the_machine_does_not_replicate_until_protected_anew(recorded: Estate) -> None:
    poller = recorded.begin_failover(planned=True)
    recorded.advance(100)
    recorded.cancel(recorded.latest_job("PlannedFailover").name)
    with pytest.raises(HttpResponseError, match=r"invalid status|[Cc]ancel"):
        poller.result(30)
    recorded.advance(10)
    job = recorded.latest_job("PlannedFailover").properties
    assert (job.state, job.allowed_actions) == ("Cancelled", [])
    points = len(recorded.points())
    recorded.advance(3600)
    assert len(recorded.points()) == points
    item = recorded.item()
    assert (item.replication_health, item.allowed_operations) == ("Critical", ["DisableProtection"])
    assert recorded.view()["running"] == "neither"
    recorded.finish(recorded.client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}}))
    recorded.admin("PATCH", "machines/sql01", {"power": "running"})
    recorded.protect("sql01")
    assert recorded.points()


def test_a_failover_cancelled_during_its_checks_changes_nothing(recorded: Estate) -> None:
    recorded.begin_failover(planned=True)
    recorded.advance(40)
    recorded.cancel(recorded.latest_job("PlannedFailover").name)
    recorded.advance(10)
    assert "PlannedFailover" in recorded.item().allowed_operations
    assert recorded.view()["running"] == "onPremises"


def test_a_failback_cancelled_while_it_synchronizes_corrupts_the_on_premises_machine(tutorial: Estate) -> None:
    tutorial.begin_to_azure()
    tutorial.begin_failback()
    tutorial.advance(80)
    job = tutorial.latest_job("Failback")
    assert job.properties.tasks[2].state == "InProgress"
    tutorial.cancel(job.name)
    tutorial.advance(10)
    assert "synchronized" in tutorial.machine()["corrupted"]
    assert "Failback" in tutorial.item().allowed_operations
    assert tutorial.view()["running"] == "azure"
    tutorial.finish(tutorial.begin_failback("ForSynchronization"), 3000)
    assert tutorial.machine()["corrupted"] == ""


def test_a_failback_cancelled_while_it_waits_corrupts_nothing(recorded: Estate) -> None:
    recorded.begin_to_azure()
    recorded.begin_failback()
    recorded.advance(900)
    recorded.cancel(recorded.latest_job("Failback").name)
    recorded.advance(10)
    assert recorded.machine()["corrupted"] == ""
    assert recorded.view()["running"] == "azure"
    assert "Failback" in recorded.item().allowed_operations


def test_without_a_shutdown_both_copies_run(recorded: Estate) -> None:
    recorded.failover(shutdown=False)
    assert recorded.view()["running"] == "both"


def test_an_unplanned_failover_goes_on_when_the_shutdown_fails(tutorial: Estate) -> None:
    fault = {
        "name": "guest does not answer",
        "job": {"scenario": "UnplannedFailover", "task": "VmShutdownVmOnPrimary"},
        "effect": "shutdownFails",
    }
    tutorial.admin("POST", "faults", {"faults": [fault]})
    tutorial.failover(shutdown=True)
    job = tutorial.latest_job("UnplannedFailover").properties
    assert (job.state, job.state_description) == ("Succeeded", "CompletedWithInformation")
    assert [task.state for task in job.tasks[:2]] == ["Succeeded", "Failed"]
    status = tutorial.simulator.arm(
        "GET", f"{tutorial.vault_path}/replicationOperationStatus/{tutorial.latest_job('UnplannedFailover').name}"
    ).json()
    assert (status["status"], status["error"]["code"]) == ("Succeeded", "SimulatorSourceShutdownFailed")
    assert tutorial.view()["running"] == "both"


def test_a_planned_failover_stops_when_the_shutdown_fails(tutorial: Estate) -> None:
    fault = {"name": "guest does not answer", "job": {"task": "ShutdownVmOnPrimary"}, "effect": "shutdownFails"}
    tutorial.admin("POST", "faults", {"faults": [fault]})
    with pytest.raises(HttpResponseError, match="could not be shut down"):
        tutorial.failover(planned=True)
    tutorial.advance(10)
    assert "PlannedFailover" in tutorial.item().allowed_operations
    assert tutorial.view()["running"] == "onPremises"


def test_a_dark_site_still_fails_over_unplanned(recorded: Estate) -> None:
    recorded.admin("POST", "sites/contoso-hyperv/dark")
    recorded.advance(600)
    assert recorded.view()["running"] == "neither"
    with pytest.raises(HttpResponseError, match="cannot be reached"):
        recorded.failover(planned=True)
    recorded.advance(10)
    recorded.failover(shutdown=True)
    assert recorded.view()["running"] == "azure"
    assert recorded.item().protection_state == "UnplannedFailoverCommitPendingStatesBegin"


def test_a_heartbeat_lost_while_synchronizing_fails_the_failback(recorded: Estate) -> None:
    fault = {"name": "uplink", "job": {"scenario": "Failback", "task": "DataSync*"}, "effect": "heartbeatLost"}
    recorded.begin_to_azure()
    recorded.admin("POST", "faults", {"faults": [fault]})
    with pytest.raises(HttpResponseError, match="cannot be reached"):
        recorded.finish(recorded.begin_failback())
    assert recorded.machine()["corrupted"]
    provider = next(iter(recorded.client.replication_recovery_services_providers.list(*recorded.vault)))
    assert provider.properties.connection_status == "NotConnected"


def test_somebody_in_the_portal_fails_over_by_hand(recorded: Estate) -> None:
    started = recorded.admin("POST", "portal", {"vm": "sql01", "operation": "UnplannedFailover"})
    recorded.advance(600)
    assert recorded.item().active_location == "Recovery"
    assert recorded.latest_job("UnplannedFailover").name == started["job"]
    assert recorded.admin("GET", f"jobs/{started['job']}")["origin"] == "portal"


def test_a_failback_fails_when_somebody_deleted_the_azure_machine(recorded: Estate) -> None:
    recorded.begin_to_azure()
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01"
    recorded.simulator.arm("DELETE", machine)
    recorded.advance(60)
    with pytest.raises(HttpResponseError, match="does not exist any more"):
        recorded.finish(recorded.begin_failback())


def test_switching_the_on_premises_machine_on_while_azure_replicates_to_it_destroys_it(tutorial: Estate) -> None:
    tutorial.begin_to_azure()
    tutorial.admin("PATCH", "machines/sql01", {"power": "running"})
    assert "switched on" in tutorial.machine()["corrupted"]
    assert tutorial.view()["running"] == "both"
