"""The whole room against the simulator: protect, move to Azure and back, and take apart again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from site_recovery.compute import PowerState
from site_recovery.connection import SiteRecovery, Target, connect
from site_recovery.errors import AccessDeniedError, JobFailedError, NotFoundError, WrongTargetError
from site_recovery.paths import item_path
from site_recovery.protection import ItemUpdate
from site_recovery.records import VaultId
from site_recovery.watcher import raise_if_failed
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import (
    GROUP,
    HOURS,
    POLICY,
    SITE,
    VAULT,
    connected,
    discovered,
    finished,
    ours,
    policy_id,
    prepare,
    protect,
    settled,
)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def service(simulator: RunningSimulator) -> SiteRecovery:
    return prepare(simulator)


def test_a_machine_goes_to_azure_and_back_as_the_tutorial_tells(service: SiteRecovery) -> None:
    item = protect(service, "sql01")
    assert item.active_location == "Primary"
    assert item.uses_managed_disks is False
    assert service.recovery_points(item.id)
    operations = service.operations

    sent = operations.unplanned_failover(
        item.id, shutdown_source=True, recovery_point_id=None, client_request_id=ours()
    )
    assert finished(service, sent).scenario_name == "UnplannedFailover"
    item = settled(service, item.id, "Commit")
    assert item.active_location == "Recovery"
    assert item.recovery_vm_id is not None
    assert service.power_state(item.recovery_vm_id) is PowerState.RUNNING
    assert finished(service, operations.commit(item.id, client_request_id=ours())).scenario_name == "CommitFailover"

    settled(service, item.id, "ReverseReplicate")
    sent = operations.reprotect(item.id, direction="RecoveryToPrimary", client_request_id=ours())
    assert finished(service, sent).scenario_name == "ReprotectReplicationGroup"
    settled(service, item.id, "Failback")

    sent = operations.failback(item.id, data_sync="ForDownTime", client_request_id=ours())
    paused = service.watcher.wait(sent.job_id, until=lambda job: job.finished or job.suspended, timeout_seconds=HOURS)
    assert "Resume" in paused.allowed_actions
    assert paused.current_task is not None
    operations.resume_job(paused.id, comments="complete failover", client_request_id=ours())
    assert finished(service, sent).scenario_name == "Failback"
    settled(service, item.id, "Commit")
    finished(service, operations.commit(item.id, client_request_id=ours()))

    item = settled(service, item.id, "ReverseReplicate")
    assert item.active_location == "Primary"
    finished(service, operations.reprotect(item.id, direction="PrimaryToRecovery", client_request_id=ours()))
    item = settled(service, item.id, "UnplannedFailover")
    assert item.protection_state == "Protected"
    assert item.recovery_vm_id is not None
    assert service.power_state(item.recovery_vm_id) is PowerState.ABSENT
    moves = [
        job.scenario_name
        for job in reversed(service.inventory().jobs_of(item))
        if "Protection" not in job.scenario_name
    ]
    assert [name for name in moves if name not in ("EnableDr", "IrCompletion")] == [
        "UnplannedFailover",
        "CommitFailover",
        "ReprotectReplicationGroup",
        "Failback",
        "CommitFailover",
        "ReprotectReplicationGroup",
    ]


def test_what_is_declared_twice_is_done_once(service: SiteRecovery) -> None:
    first = protect(service, "app01")
    before = len(service.jobs())
    assert protect(service, "app01").id == first.id
    (container,) = service.containers(SITE)
    service.protection.associate_policy(container.id, policy_id=policy_id(service), mapping_name="default")
    assert len(service.jobs()) == before


def test_what_the_azure_machine_will_be_like_can_be_changed_and_the_rest_stays(service: SiteRecovery) -> None:
    item = protect(service, "app01")
    changed = service.protection.update(item.id, change=ItemUpdate(recovery_vm_size="Standard_D4s_v5"))
    assert changed.recovery_vm_size == "Standard_D4s_v5"
    assert changed.recovery_vm_name == item.recovery_vm_name
    assert changed.recovery_network_id == item.recovery_network_id
    assert [nic.recovery_subnet_name for nic in changed.nics] == [nic.recovery_subnet_name for nic in item.nics]


def test_a_change_of_one_address_keeps_the_others_and_what_was_chosen_for_disks(
    simulator: RunningSimulator, service: SiteRecovery
) -> None:
    item = protect(service, "app01")
    settled(service, item.id, "PlannedFailover")
    (nic,), (disk,) = item.nics, item.disks
    addresses = [
        {"ipConfigName": "one", "isPrimary": True, "recoveryStaticIPAddress": "10.1.0.4"},
        {"ipConfigName": "two", "isPrimary": False, "recoveryStaticIPAddress": "10.1.0.5"},
    ]
    by_hand = {
        "vmNics": [{"nicId": nic.id, "ipConfigs": addresses}],
        "providerSpecificDetails": {
            "instanceType": "HyperVReplicaAzure",
            "userSelectedOSName": "Windows Server 2022",
            "diskIdToDiskEncryptionMap": {disk.id: "/sets/a"},
            "vmDisks": [{"diskId": disk.id, "targetDiskName": "app01-system"}],
        },
    }
    with simulator.site_recovery() as client:
        path = item_path(item.id)
        names = (GROUP, VAULT, path.fabric, path.container, path.name)
        client.replication_protected_items.begin_update(*names, {"properties": by_hand}).result(60)
    settled(service, item.id, "PlannedFailover")
    changed = service.protection.update(item.id, change=ItemUpdate(recovery_static_ip="10.1.0.9"))
    found = changed.raw_details["vmNics"][0]["ipConfigs"]
    assert [one["recoveryStaticIPAddress"] for one in found] == ["10.1.0.9", "10.1.0.5"]
    assert changed.raw_details["oSDetails"]["userSelectedOSName"] == "Windows Server 2022"
    (details,) = changed.raw_details["azureVmDiskDetails"]
    assert (details["diskEncryptionSetId"], details["customTargetDiskName"]) == ("/sets/a", "app01-system")


def test_a_job_that_fails_raises_with_what_the_service_says(service: SiteRecovery) -> None:
    item = protect(service, "app01")
    sent = service.operations.commit(item.id, client_request_id=ours())
    with pytest.raises(JobFailedError) as caught:
        raise_if_failed(service.watcher.wait(sent.job_id, timeout_seconds=HOURS))
    assert caught.value.task is not None
    assert caught.value.mend


def test_a_lost_answer_is_found_by_a_process_that_knows_only_the_id_it_sent(
    service: SiteRecovery, simulator: RunningSimulator
) -> None:
    item = protect(service, "app01")
    mine = ours()
    sent = service.operations.test_failover(item.id, network_id=None, client_request_id=mine)
    fresh = connect(service.target, service.vault, environment={**simulator.environment, "AZURE_NOTE": mine})
    assert fresh is not service
    found = fresh.watcher.find_job(mine, item)
    assert found is not None
    assert found.name == sent.job_id.rsplit("/", 1)[-1]
    assert fresh.wait_scale < 1
    assert fresh.watcher.find_job(ours(), item, settle_seconds=30) is None
    finished(service, sent)
    settled(service, item.id, "TestFailoverCleanup")
    finished(service, service.operations.test_failover_cleanup(item.id, comments="done", client_request_id=ours()))
    settled(service, item.id, "UnplannedFailover")


def test_protection_is_taken_away_and_then_the_association(service: SiteRecovery) -> None:
    item = protect(service, "web01")
    service.protection.disable(item.id)
    assert service.item(item.id) is None
    service.protection.disable(item.id)  # gone already: nothing to do


def test_the_unfit_machine_says_why(service: SiteRecovery) -> None:
    machine = discovered(service, "legacy01")
    assert machine.has_physical_disk
    assert machine.has_shared_vhd
    assert machine.readiness_errors


def test_the_provider_and_the_policy_are_read(service: SiteRecovery) -> None:
    (provider,) = service.providers(SITE)
    assert provider.connection_status == "Connected"
    assert provider.last_heartbeat is not None
    (policy,) = service.policies()
    assert (policy.name, policy.replication_interval_seconds) == (POLICY, 300)


def test_a_missing_vault_is_named(simulator: RunningSimulator, service: SiteRecovery) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        connected(simulator, "nowhere").items()


def test_a_wrong_secret_is_refused_without_being_shown(simulator: RunningSimulator) -> None:
    environment = {**simulator.environment, "AZURE_CLIENT_SECRET": "a-wrong-secret"}
    ready = simulator.ready
    target = Target("simulator", ready.subscription_id, ready.tenant_id)
    vault = VaultId(ready.subscription_id, GROUP, VAULT)
    with pytest.raises(AccessDeniedError) as caught:
        connect(target, vault, environment=environment).items()
    assert "AADSTS7000215" in str(caught.value)
    assert "a-wrong-secret" not in str(caught.value)


def test_another_tenants_stack_is_refused_before_anything_is_sent(simulator: RunningSimulator) -> None:
    ready = simulator.ready
    target = Target("simulator", ready.subscription_id, str(uuid.uuid4()))
    with pytest.raises(WrongTargetError, match="AZURE_TENANT_ID"):
        connect(target, VaultId(ready.subscription_id, GROUP, VAULT), environment=simulator.environment)
