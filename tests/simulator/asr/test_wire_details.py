"""Details of answers that were recorded, or that clients lean on: who is named where, and in which headers."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, SITE, Estate, policy_input


def test_an_item_names_the_provider_on_its_host(recorded: Estate) -> None:
    provider = next(iter(recorded.client.replication_recovery_services_providers.list(*recorded.vault)))
    assert recorded.item().recovery_services_provider_id == provider.id
    assert recorded.protectable("sql01").properties.recovery_services_provider_id == provider.id


def test_an_item_names_the_test_failover_that_is_up_until_it_is_cleaned_up(recorded: Estate) -> None:
    items = recorded.client.replication_protected_items
    recorded.finish(recorded.begin_test_failover())
    job = recorded.latest_job("TestFailover")
    up = recorded.item().current_scenario
    assert (up.scenario_name, up.job_id) == ("TestFailover", job.id)
    assert up.start_time == job.properties.start_time
    recorded.finish(items.begin_update(*recorded.path(), {"properties": {"recoveryAzureVMSize": "Standard_D8s_v5"}}))
    assert recorded.item().current_scenario.job_id == job.id
    cleanup = {"properties": {"comments": "seen enough"}}
    recorded.finish(items.begin_test_failover_cleanup(*recorded.path(), cleanup))
    assert recorded.item().current_scenario.scenario_name == "None"


def test_a_task_says_what_kind_of_details_it_has(recorded: Estate) -> None:
    recorded.failover()
    job = recorded.simulator.arm("GET", recorded.latest_job("UnplannedFailover").id).json()
    for task in job["properties"]["tasks"]:
        assert task["customDetails"] == {"instanceType": task["taskType"]}
        assert task["groupTaskCustomDetails"] is None


@pytest.mark.parametrize("test", [False, True], ids=["failover", "test failover"])
def test_the_job_of_a_failover_names_the_recovery_point_that_it_took(recorded: Estate, *, test: bool) -> None:
    recorded.advance(1800)
    point = recorded.points()[1]
    details = {"instanceType": HYPER_V, "recoveryPointId": point.id}
    body: dict[str, Any] = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": details}
    items = recorded.client.replication_protected_items
    if test:
        body.update(networkType="VmNetworkAsInput", networkId=recorded.network_id)
        poller = items.begin_test_failover(*recorded.path(), {"properties": body})
    else:
        poller = recorded.begin_failover(point=point.id)
    recorded.advance(1)
    scenario = "TestFailover" if test else "UnplannedFailover"
    running = items.get(*recorded.path()).properties.current_scenario.job_id.rsplit("/", 1)[-1]
    assert recorded.job(running).custom_details.protected_item_details[0].recovery_point_id is None
    recorded.finish(poller)
    taken = recorded.latest_job(scenario).properties.custom_details.protected_item_details[0]
    assert taken.recovery_point_id == point.id
    assert taken.recovery_point_time == point.properties.recovery_point_time


def test_an_event_names_the_site_as_the_site_is_written(recorded: Estate) -> None:
    recorded.failover()
    event = next(iter(recorded.client.replication_events.list(*recorded.vault))).properties
    assert event.fabric_id == recorded.client.replication_fabrics.get(*recorded.vault, SITE).id
    assert event.provider_specific_details.fabric_name == SITE
    assert event.provider_specific_details.container_name == SITE


def test_a_refresh_of_the_health_ends_with_the_health(recorded: Estate) -> None:
    health = recorded.client.replication_vault_health
    refreshed = recorded.finish(health.begin_refresh(*recorded.vault))
    assert refreshed == health.get(*recorded.vault)
    assert refreshed.properties.protected_items_health.resource_count == 1


def test_an_accepted_change_is_answered_by_the_services_own_server(recorded: Estate) -> None:
    answer = recorded.simulator.arm("POST", f"{recorded.item_path()}/failoverCommit")
    assert answer.status_code == 400
    assert "server" not in answer.headers
    answer = recorded.simulator.arm("POST", f"{recorded.vault_path}/replicationVaultHealth/default/refresh")
    assert (answer.status_code, answer.headers["server"]) == (202, "Kestrel")


def test_a_result_that_is_awaited_asks_for_the_next_poll_in_milliseconds_alone(recorded: Estate) -> None:
    """A Retry-After beside them would make clients that know the milliseconds ignore them."""
    accepted = recorded.simulator.arm("POST", f"{recorded.vault_path}/replicationVaultHealth/default/refresh")
    path = accepted.headers["Location"].removeprefix(recorded.simulator.url).partition("?")[0]
    awaited = recorded.simulator.arm("GET", path)
    assert awaited.status_code == 202
    assert int(awaited.headers["x-ms-retry-after-ms"]) >= 1
    assert "Retry-After" not in awaited.headers
    made = recorded.simulator.arm(
        "PUT", recorded.vault_path.replace("contoso-vault", "second"), {"location": "westeurope", "properties": {}}
    )
    path = made.headers["Location"].removeprefix(recorded.simulator.url).partition("?")[0]
    awaited = recorded.simulator.arm("GET", path)
    assert (awaited.status_code, "Retry-After" in awaited.headers) == (202, False)


def test_the_request_id_of_what_is_done_to_a_job_is_a_job_that_can_be_read(recorded: Estate) -> None:
    recorded.begin_to_azure()
    recorded.begin_failback()
    recorded.advance(600)
    failback = recorded.latest_job("Failback")
    assert failback.properties.state == "Suspended"
    resumed = recorded.simulator.arm("POST", f"{failback.id}/resume", {"properties": {"comments": "go on"}})
    assert resumed.headers["x-ms-request-id"] == failback.id
    cancelled = recorded.simulator.arm("POST", f"{failback.id}/cancel")
    assert cancelled.headers["x-ms-request-id"] == failback.id


def test_a_poll_names_the_job_as_the_acceptance_did(recorded: Estate) -> None:
    accepted = recorded.simulator.arm("POST", f"{recorded.vault_path}/replicationVaultHealth/default/refresh")
    path = accepted.headers["Azure-AsyncOperation"].removeprefix(recorded.simulator.url).partition("?")[0]
    assert recorded.simulator.arm("GET", path).headers["x-ms-request-id"] == accepted.headers["x-ms-request-id"]


def test_a_restart_is_a_job_itself(recorded: Estate) -> None:
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    with pytest.raises(HttpResponseError):
        recorded.failover(planned=True)
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": True})
    failed = recorded.latest_job("PlannedFailover")
    accepted = recorded.simulator.arm("POST", f"{failed.id}/restart")
    recorded.advance(600)
    restart = recorded.client.replication_jobs.get(
        *recorded.vault, accepted.headers["x-ms-request-id"].rsplit("/", 1)[-1]
    )
    assert (restart.properties.scenario_name, restart.properties.state) == ("RestartJob", "Succeeded")
    assert restart.name in accepted.headers["Azure-AsyncOperation"]
    assert recorded.job(failed.name).state == "Succeeded"


def test_answers_tell_what_is_left_of_the_request_limits_though_nothing_is_refused(recorded: Estate) -> None:
    def left(method: str, path: str, kind: str) -> int:
        answer = recorded.simulator.arm(method, path)
        return int(answer.headers[f"x-ms-ratelimit-remaining-subscription-{kind}"])

    refresh = f"{recorded.vault_path}/replicationVaultHealth/default/refresh"
    calls = [("POST", refresh, "writes"), ("DELETE", f"{recorded.vault_path}/replicationPolicies/none", "deletes")]
    reads = [left("GET", recorded.vault_path, "reads") for _ in range(260)]
    assert reads[-1] == 1
    for call in calls:
        left(*call)
    recorded.advance(60)
    assert left("GET", recorded.vault_path, "reads") == 249
    assert [left(*call) for call in calls] == [199, 199]


def test_an_operation_is_one_of_its_own_vault(recorded: Estate) -> None:
    accepted = recorded.simulator.arm("POST", f"{recorded.vault_path}/replicationVaultHealth/default/refresh")
    name = accepted.headers["x-ms-request-id"].rsplit("/", 1)[-1]
    other = recorded.vault_path.replace("contoso-vault", "second")
    made = recorded.simulator.arm("PUT", other, {"location": "westeurope", "properties": {}})
    of_vault = made.headers["Location"].partition("?")[0].rsplit("/", 1)[-1]
    policy = f"{other}/replicationPolicies/policy"
    recorded.simulator.arm("PUT", policy, policy_input())
    recorded.advance(60)
    for path in (
        f"{other}/replicationOperationStatus/{name}",
        f"{policy}/operationresults/{name}",
        f"{other}/replicationOperationStatus/{of_vault}",
        f"{recorded.vault_path}/operationStatus/{of_vault}",
        f"{recorded.vault_path}/operationStatus/{name}",
    ):
        assert recorded.simulator.arm("GET", path).status_code == 404, path
