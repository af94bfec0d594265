"""A virtual machine's way to Azure and back, in both services, as the real client sees it."""

from __future__ import annotations

from tests.simulator.asr.estate import HYPER_V, Estate

STEADY = ["PlannedFailover", "UnplannedFailover", "DisableProtection", "TestFailover"]
PENDING = ["CompleteMigration", "Commit", "DisableProtection", "ChangePit"]


def test_enabling_shows_the_recorded_states_one_after_the_other(tutorial: Estate) -> None:
    poller = tutorial.client.replication_protected_items.begin_create(
        *tutorial.path("app01"), tutorial.enable_input("app01")
    )
    tutorial.finish(poller, 57)
    assert tutorial.standing("app01") == (
        "InitialReplicationInProgress",
        "Initial replication is in progress",
        "Primary",
        ["DisableProtection"],
    )
    details = tutorial.item("app01").provider_specific_details
    assert details.vm_protection_state == "UnprotectedStatesBegin"
    # 24 GB at 100 MB a second.
    tutorial.advance(123)
    replication = tutorial.item("app01").provider_specific_details.initial_replication_details
    assert replication.initial_replication_progress_percentage == "50"
    tutorial.advance(125)
    assert tutorial.standing("app01")[:2] == (
        "InitialReplicationRecoveryCompletionPending",
        "Waiting for first recovery point",
    )
    tutorial.advance(60)
    between = tutorial.item("app01")
    assert (between.protection_state, between.allowed_operations) == ("Protected", [])
    assert between.current_scenario.scenario_name == "EnableProtection"
    tutorial.advance(30)
    assert tutorial.standing("app01") == ("Protected", "Protected", "Primary", STEADY)
    assert [job.properties.scenario_name for job in tutorial.jobs("app01")] == ["EnableDr", "IrCompletion"]


def test_the_tutorials_four_stages(tutorial: Estate) -> None:
    tutorial.failover(shutdown=True)
    assert tutorial.standing() == (
        "UnplannedFailoverCommitPendingStatesBegin",
        "Failover completed",
        "Recovery",
        PENDING,
    )
    tutorial.commit()
    assert tutorial.standing() == (
        "UnplannedFailoverCommitted",
        "Failover committed",
        "Recovery",
        ["CompleteMigration", "DisableProtection", "ReverseReplicate"],
    )
    tutorial.reprotect("RecoveryToPrimary")
    assert tutorial.standing() == ("Protected", "Protected", "Recovery", ["Failback", "DisableProtection"])
    failback = tutorial.begin_failback()
    tutorial.advance(600)
    waiting = tutorial.latest_job("Failback")
    tutorial.resume(waiting.name)
    failback.result(30)
    tutorial.advance(10)
    assert tutorial.standing() == ("PlannedFailoverCommitRequired", "Planned failover finished", "Primary", ["Commit"])
    tutorial.commit()
    assert tutorial.standing() == (
        "RestoreFinalized",
        "Failback finalized",
        "Primary",
        ["ReverseReplicate", "DisableProtection"],
    )
    tutorial.reprotect("PrimaryToRecovery")
    assert tutorial.standing() == ("Protected", "Protected", "Primary", STEADY)
    assert [(job.properties.scenario_name, job.properties.state) for job in tutorial.jobs()][2:] == [
        ("UnplannedFailover", "Succeeded"),
        ("CommitFailover", "Succeeded"),
        ("ReprotectReplicationGroup", "Succeeded"),
        ("Failback", "Succeeded"),
        ("CommitFailover", "Succeeded"),
        ("ReprotectReplicationGroup", "Succeeded"),
    ]


def test_the_recorded_service_fails_back_without_a_reprotect(recorded: Estate) -> None:
    recorded.failover(planned=True)
    assert recorded.standing() == ("PlannedFailoverCommitRequired", "Planned failover finished", "Recovery", PENDING)
    recorded.commit()
    assert recorded.standing() == (
        "PlannedFailoverStatesBegin",
        "Planned failover committed",
        "Recovery",
        ["CompleteMigration", "DisableProtection", "Failback"],
    )
    recorded.finish(recorded.begin_failback("ForSynchronization"), 3000)
    tasks = {task.name: task.state_description for task in recorded.latest_job("Failback").properties.tasks}
    assert tasks["DataSyncForFailback"] == tasks["WaitForUserInputForFailback"] == "Skipped"
    recorded.commit()
    recorded.reprotect("PrimaryToRecovery")
    assert recorded.standing() == ("Protected", "Protected", "Primary", STEADY)


def test_a_failback_that_synchronizes_first_waits_for_its_completion(recorded: Estate) -> None:
    recorded.begin_to_azure()
    recorded.begin_failback()
    recorded.advance(900)
    listed = recorded.latest_job("Failback")
    job = listed.properties
    assert (job.state, job.state_description) == ("Suspended", "WaitingForUserInputAfterDataSync")
    assert job.allowed_actions == ["Cancel", "Resume"]
    operation = recorded.simulator.arm("GET", f"{recorded.vault_path}/replicationOperationStatus/{listed.name}").json()
    assert operation["status"] == "InProgress"
    assert recorded.item().allowed_operations == []
    assert recorded.view()["running"] == "azure"


def test_a_job_shows_on_its_item_while_it_runs(recorded: Estate) -> None:
    poller = recorded.begin_failover(planned=True)
    recorded.advance(100)
    item = recorded.item()
    job = recorded.latest_job("PlannedFailover")
    assert item.allowed_operations == []
    assert item.current_scenario.scenario_name == "PlannedFailover"
    assert item.current_scenario.job_id == job.id
    assert job.properties.tasks[2].state == "InProgress"
    recorded.finish(poller)
    assert recorded.item().current_scenario.scenario_name == "None"


def test_a_planned_failover_takes_the_recorded_time(recorded: Estate) -> None:
    recorded.admin("PATCH", "machines/sql01", {"churnMBps": 0})
    recorded.failover(planned=True)
    job = recorded.latest_job("PlannedFailover").properties
    # The last changes of the 5 minutes before take their own time on top of 303 s.
    assert 303 <= (job.end_time - job.start_time).total_seconds() < 308
    first = job.tasks[0]
    assert 81 < (first.end_time - first.start_time).total_seconds() <= 82


def test_another_recovery_point_can_be_chosen_until_the_commit(recorded: Estate) -> None:
    recorded.advance(1200)
    points = recorded.points()
    recorded.failover()
    assert recorded.item().failover_recovery_point_id == recorded.points()[0].id
    items = recorded.client.replication_protected_items
    body = {"properties": {"recoveryPointId": points[2].id, "providerSpecificDetails": {"instanceType": HYPER_V}}}
    recorded.finish(items.begin_apply_recovery_point(*recorded.path(), body))
    assert recorded.item().failover_recovery_point_id == points[2].id
    assert recorded.standing()[3] == PENDING
    recorded.commit()
    assert recorded.points() == []


def test_a_test_failover_makes_a_machine_beside_the_real_one(recorded: Estate) -> None:
    recorded.finish(recorded.begin_test_failover())
    up = recorded.item()
    assert (up.test_failover_state, up.test_failover_state_description) == (
        "WaitingForCompletion",
        "Waiting for user input",
    )
    assert up.allowed_operations == ["TestFailoverCleanup"]
    assert recorded.view()["running"] == "onPremises"
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01-test"
    assert recorded.simulator.arm("GET", machine).status_code == 200
    cleanup = {"properties": {"comments": "went well"}}
    recorded.finish(recorded.client.replication_protected_items.begin_test_failover_cleanup(*recorded.path(), cleanup))
    down = recorded.item()
    assert down.test_failover_state == "MarkedForDeletion"
    assert down.last_successful_test_failover_time is not None
    assert down.failover_health == "Normal"
    assert recorded.simulator.arm("GET", machine).status_code == 404
    assert recorded.standing()[3] == STEADY


def test_commits_delete_what_the_service_deletes(recorded: Estate) -> None:
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01"
    assert _addresses_in_use(recorded) == 0
    recorded.begin_to_azure()
    assert recorded.simulator.arm("GET", machine).status_code == 200
    assert _addresses_in_use(recorded) == 1
    expanded = recorded.simulator.arm(
        "GET", recorded.network_id, version="2024-05-01", params={"$expand": "subnets/ipConfigurations"}
    ).json()
    (address,) = expanded["properties"]["subnets"][0]["properties"]["ipConfigurations"]
    nic = recorded.simulator.arm("GET", address["id"].partition("/ipConfigurations/")[0]).json()
    own = nic["properties"]["ipConfigurations"][0]
    assert address["properties"]["privateIPAddress"] == own["properties"]["privateIPAddress"]
    plain = recorded.simulator.arm("GET", recorded.network_id, version="2024-05-01").json()
    assert plain["properties"]["subnets"][0]["properties"]["ipConfigurations"] == [{"id": own["id"]}]
    recorded.finish(recorded.begin_failback("ForSynchronization"), 3000)
    assert recorded.simulator.arm("GET", machine).status_code == 200
    recorded.commit()
    assert recorded.simulator.arm("GET", machine).status_code == 404
    assert _addresses_in_use(recorded) == 0
    assert recorded.view()["running"] == "onPremises"


def _addresses_in_use(estate: Estate) -> int:
    """As the network shows them, which leaves the list out where there are none."""
    network = estate.simulator.arm("GET", estate.network_id, version="2024-05-01").json()
    (subnet,) = network["properties"]["subnets"]
    return len(subnet["properties"].get("ipConfigurations", ()))


def test_disabling_ends_protection_and_leaves_the_azure_machine(recorded: Estate) -> None:
    recorded.begin_to_azure()
    recorded.finish(recorded.client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}}))
    assert recorded.simulator.arm("GET", recorded.item_path()).status_code == 404
    assert recorded.protectable("sql01").properties.protection_status == "Unprotected"
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01"
    assert recorded.simulator.arm("GET", machine).status_code == 200


def test_purging_takes_an_item_away_whatever_works_on_it(recorded: Estate) -> None:
    recorded.begin_failover(planned=True)
    recorded.advance(100)
    recorded.finish(recorded.client.replication_protected_items.begin_purge(*recorded.path()))
    assert recorded.simulator.arm("GET", recorded.item_path()).status_code == 404


def test_the_targets_settings_can_be_changed(recorded: Estate) -> None:
    nic = recorded.item().provider_specific_details.vm_nics[0].nic_id
    update = {
        "properties": {
            "recoveryAzureVMName": "sql01-dr",
            "recoveryAzureVMSize": "Standard_E8s_v5",
            "vmNics": [{"nicId": nic, "ipConfigs": [{"recoveryStaticIPAddress": "10.1.0.44"}]}],
            "providerSpecificDetails": {"instanceType": HYPER_V, "useManagedDisks": "true"},
        }
    }
    changed = recorded.finish(recorded.client.replication_protected_items.begin_update(*recorded.path(), update))
    details = changed.properties.provider_specific_details
    assert (details.recovery_azure_vm_name, details.recovery_azure_vm_size) == ("sql01-dr", "Standard_E8s_v5")
    assert details.use_managed_disks == "true"
    configuration = details.vm_nics[0].ip_configs[0]
    assert (configuration.recovery_static_ip_address, configuration.recovery_ip_address_type) == ("10.1.0.44", "Static")
    recorded.advance(10)
    recorded.failover()
    machine = f"{recorded.group_id}/providers/Microsoft.Compute/virtualMachines/sql01-dr"
    body = recorded.simulator.arm("GET", machine).json()
    assert body["properties"]["hardwareProfile"]["vmSize"] == "Standard_E8s_v5"
    assert "managedDisk" in body["properties"]["storageProfile"]["osDisk"]


def test_times_are_kept_as_the_service_keeps_them(recorded: Estate) -> None:
    assert "lastSuccessfulFailoverTime" not in recorded.simulator.arm("GET", recorded.item_path()).json()["properties"]
    recorded.failover()
    job = recorded.latest_job("UnplannedFailover").properties
    assert recorded.item().last_successful_failover_time == job.start_time
    recorded.commit()
    recorded.finish(recorded.begin_failback("ForSynchronization"), 3000)
    assert recorded.item().last_successful_failover_time == job.start_time
