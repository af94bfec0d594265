"""What cancelled, failed and interrupted moves leave behind."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, Estate
from tests.simulator.conftest import FreshSimulator


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


def fail_at(estate: Estate, scenario: str, task: str) -> None:
    """Let the next job of a scenario fail at a task, once."""
    fault = {"name": "once", "job": {"scenario": scenario, "task": task}, "when": {"once": True}, "effect": "fail"}
    estate.admin("POST", "faults", {"faults": [fault]})


def test_a_failover_that_fails_leaves_replication_as_it_was(recorded: Estate) -> None:
    recorded.advance(3600)
    before = [point.name for point in recorded.points()]
    behind = recorded.view()["replication"]["lastReplicated"]
    fail_at(recorded, "UnplannedFailover", "VmFoStartVmOnSecondary")
    recorded.begin_failover()
    recorded.advance(190)
    assert recorded.latest_job("UnplannedFailover").properties.state == "Failed"
    assert [point.name for point in recorded.points()] == before
    assert recorded.view()["replication"]["lastReplicated"] == behind
    assert recorded.item().failover_recovery_point_id is None
    assert recorded.view()["azure"] is None
    recorded.advance(600)
    assert recorded.points()[0].name not in before
    assert set(before[:12]) <= {point.name for point in recorded.points()}


def test_what_a_machine_writes_during_a_failover_that_fails_is_sent_afterwards(recorded: Estate) -> None:
    recorded.admin("PATCH", "machines/sql01", {"churnMBps": 50})
    fail_at(recorded, "UnplannedFailover", "VmFoStartVmOnSecondary")
    recorded.begin_failover()
    recorded.advance(160)
    recorded.advance(40)
    assert recorded.view()["replication"]["backlog"] > 50 * 100


@pytest.mark.parametrize("task", ["VmFoStartVmOnSecondary", "VmFailover"])
def test_a_failed_failover_that_is_restarted_makes_its_machine(recorded: Estate, task: str) -> None:
    fail_at(recorded, "UnplannedFailover", task)
    with pytest.raises(HttpResponseError, match="declared as a fault"):
        recorded.failover()
    job = recorded.latest_job("UnplannedFailover").name
    recorded.finish(recorded.client.replication_jobs.begin_restart(*recorded.vault, job))
    assert recorded.job(job).state == "Succeeded"
    assert recorded.view()["azure"]["power"] == "running"
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01"
    assert recorded.simulator.arm("GET", machine).status_code == 200


def test_a_failed_test_failover_that_is_restarted_makes_its_machine(recorded: Estate) -> None:
    fail_at(recorded, "TestFailover", "VmTfoBootTestVm")
    body = {"properties": {"networkId": recorded.network_id, "providerSpecificDetails": {"instanceType": HYPER_V}}}
    with pytest.raises(HttpResponseError, match="declared as a fault"):
        recorded.finish(recorded.client.replication_protected_items.begin_test_failover(*recorded.path(), body))
    assert recorded.item().failover_recovery_point_id is None
    job = recorded.latest_job("TestFailover").name
    recorded.finish(recorded.client.replication_jobs.begin_restart(*recorded.vault, job))
    assert recorded.simulator.arm("GET", recorded.view()["testMachine"]).status_code == 200


def test_a_restart_right_after_the_failure_keeps_its_item(recorded: Estate) -> None:
    fail_at(recorded, "UnplannedFailover", "VmFailover")
    recorded.begin_failover()
    recorded.advance(145)
    job = recorded.latest_job("UnplannedFailover").name
    for _ in range(20):
        if recorded.job(job).state == "Failed":
            break
        recorded.advance(0.5)
    recorded.client.replication_jobs.begin_restart(*recorded.vault, job)
    recorded.advance(30)
    assert recorded.item().allowed_operations == []
    recorded.advance(600)
    assert recorded.item().active_location == "Recovery"


def test_an_enable_that_failed_and_is_restarted_protects(recorded: Estate) -> None:
    fail_at(recorded, "EnableDr", "EnableProtection")
    with pytest.raises(HttpResponseError, match="declared as a fault"):
        recorded.protect("app01")
    assert recorded.simulator.arm("GET", recorded.item_path("app01")).status_code == 404
    job = recorded.latest_job("EnableDr", "app01").name
    recorded.finish(recorded.client.replication_jobs.begin_restart(*recorded.vault, job))
    assert recorded.job(job).state == "Succeeded"
    recorded.advance(1200)
    assert "PlannedFailover" in recorded.item("app01").allowed_operations


def test_a_refused_job_that_is_restarted_is_judged_anew(tutorial: Estate) -> None:
    items, jobs = tutorial.client.replication_protected_items, tutorial.client.replication_jobs
    tutorial.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    with pytest.raises(HttpResponseError, match="couldn't be enabled"):
        tutorial.finish(items.begin_create(*tutorial.path("app01"), tutorial.enable_input("app01")))
    enable = tutorial.latest_job("EnableDr", "app01").name
    jobs.begin_restart(*tutorial.vault, enable)
    tutorial.advance(60)
    assert tutorial.job(enable).state == "Failed"
    tutorial.admin("PUT", "hosts/hv01/heartbeat", {"beats": True})
    tutorial.finish(jobs.begin_restart(*tutorial.vault, enable))
    tutorial.advance(1200)
    assert "PlannedFailover" in tutorial.item("app01").allowed_operations

    first = tutorial.begin_failover(planned=True)
    items.begin_update(*tutorial.path(), {"properties": {"recoveryAzureVMName": "renamed"}})
    items.begin_delete(*tutorial.path(), {"properties": {}})
    tutorial.advance(30)
    update, disable = (tutorial.latest_job(name).name for name in ("UpdateVmProperties", "DisableDr"))
    assert [tutorial.job(name).state for name in (update, disable)] == ["Failed", "Failed"]
    jobs.begin_restart(*tutorial.vault, update)
    jobs.begin_restart(*tutorial.vault, disable)
    tutorial.advance(30)
    assert [tutorial.job(name).state for name in (update, disable)] == ["Failed", "Failed"]
    tutorial.finish(first)
    tutorial.finish(jobs.begin_restart(*tutorial.vault, update), 20)
    assert tutorial.item().provider_specific_details.recovery_azure_vm_name == "renamed"
    tutorial.finish(jobs.begin_restart(*tutorial.vault, disable))
    assert tutorial.simulator.arm("GET", tutorial.item_path()).status_code == 404


def test_a_failback_that_fails_sends_its_delta_again_and_heals_nothing(recorded: Estate) -> None:
    recorded.begin_to_azure()
    recorded.advance(86400)
    recorded.begin_failback()
    recorded.advance(120)
    recorded.cancel(recorded.latest_job("Failback").name)
    recorded.advance(60)
    corrupted = recorded.machine()["corrupted"]
    assert corrupted
    fail_at(recorded, "Failback", "VmFoStartVmOnPrimary")
    with pytest.raises(HttpResponseError, match="declared as a fault"):
        recorded.finish(recorded.begin_failback("ForSynchronization"), 3000)
    assert recorded.machine()["corrupted"] == corrupted
    recorded.begin_failback()
    recorded.advance(3000)
    task = recorded.latest_job("Failback").properties.tasks[2]
    # A day at 1 MB a second, at 100 MB a second.
    assert (task.end_time - task.start_time).total_seconds() > 800


def test_a_failback_of_what_replicates_back_fails_and_replicates_on(tutorial: Estate) -> None:
    tutorial.begin_to_azure()
    tutorial.advance(3600)
    fail_at(tutorial, "Failback", "VmFoStartVmOnPrimary")
    with pytest.raises(HttpResponseError, match="declared as a fault"):
        tutorial.finish(tutorial.begin_failback("ForSynchronization"), 1300)
    now = tutorial.view()["replication"]
    # The machine in Azure was switched off for the failback and stays so; what it wrote before is still to be sent.
    assert (now["phase"], now["reverse"], tutorial.view()["azure"]["power"]) == ("running", True, "deallocated")
    assert "Failback" in tutorial.item().allowed_operations


def test_protection_that_is_not_finalized_offers_no_failover(recorded: Estate) -> None:
    fail_at(recorded, "IrCompletion", "*")
    recorded.finish(
        recorded.client.replication_protected_items.begin_create(
            *recorded.path("app01"), recorded.enable_input("app01")
        )
    )
    recorded.advance(1200)
    item = recorded.item("app01")
    assert (item.protection_state, item.allowed_operations) == (
        "InitialReplicationRecoveryCompletionPending",
        ["DisableProtection"],
    )
    job = recorded.latest_job("IrCompletion", "app01").name
    recorded.finish(recorded.client.replication_jobs.begin_restart(*recorded.vault, job))
    assert "PlannedFailover" in recorded.item("app01").allowed_operations
    assert recorded.points("app01")


@pytest.mark.parametrize(("after", "power"), [(20, "running"), (60, "running"), (150, "running"), (300, None)])
def test_a_change_of_the_recovery_point_that_is_cancelled(recorded: Estate, after: float, power: str | None) -> None:
    points = recorded.points()
    recorded.advance(900)
    recorded.failover(shutdown=True)
    body = {"properties": {"recoveryPointId": points[0].id, "providerSpecificDetails": {"instanceType": HYPER_V}}}
    apply = recorded.client.replication_protected_items.begin_apply_recovery_point
    apply(*recorded.path(), body)
    recorded.advance(after)
    recorded.cancel(recorded.latest_job("ChangePit").name)
    recorded.advance(10)
    azure = recorded.view()["azure"]
    assert (azure["power"] if azure else None) == power
    assert "ChangePit" in recorded.item().allowed_operations
    if power is None:
        with pytest.raises(HttpResponseError, match="no virtual machine in Azure"):
            recorded.commit()
        recorded.finish(apply(*recorded.path(), body))
        assert recorded.view()["azure"]["power"] == "running"
    recorded.commit()
    assert "Failback" in recorded.item().allowed_operations


def test_what_azure_sends_to_a_machine_with_checkpoints_is_not_to_be_trusted(tutorial: Estate) -> None:
    """The tutorial: make sure that there are no snapshots on the machine, for the sake of consistent data."""
    tutorial.admin("PATCH", "machines/sql01", {"checkpoints": ["before-update"]})
    tutorial.begin_to_azure()
    assert "checkpoints" in tutorial.machine()["corrupted"]
    tutorial.finish(tutorial.begin_failback("ForSynchronization"), 3000)
    assert "checkpoints" in tutorial.machine()["corrupted"]


def test_without_lag_lists_and_items_are_up_to_date(fresh_simulator: FreshSimulator) -> None:
    estate = Estate(fresh_simulator("--manual-clock", "--job-list-lag", "0", "--item-lag", "0"))
    estate.prepare()
    estate.protect("sql01")
    estate.begin_failover()
    assert estate.jobs()[-1].properties.scenario_name == "UnplannedFailover"
    name = estate.jobs()[-1].name
    while estate.job(name).state != "Succeeded":
        assert estate.item().active_location == "Primary"
        estate.advance(1)
    assert estate.item().active_location == "Recovery"


def test_a_machine_that_somebody_switched_off_in_azure_writes_nothing(recorded: Estate) -> None:
    recorded.begin_to_azure()
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01"
    recorded.simulator.arm("POST", f"{machine}/deallocate")
    recorded.advance(86400)
    assert recorded.view()["running"] == "neither"
    recorded.begin_failback()
    recorded.advance(2000)
    task = recorded.latest_job("Failback").properties.tasks[2]
    # 90 s of its own, and what the machine wrote before: not the day that it was off.
    assert 90 <= (task.end_time - task.start_time).total_seconds() < 120
    recorded.simulator.arm("POST", f"{machine}/start")
    recorded.advance(3600)
    assert recorded.view()["running"] == "azure"
