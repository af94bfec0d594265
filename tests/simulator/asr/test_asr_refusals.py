"""What the service refuses: at once with the recorded body or the envelope, or in the job's prerequisites task."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError

from tests.simulator.asr.estate import HYPER_V, Estate, policy_input
from tests.simulator.conftest import FreshSimulator


def inner(error: HttpResponseError) -> dict[str, Any]:
    """The inner error of the envelope."""
    response: Any = error.response
    details: dict[str, Any] = response.json()["error"]["details"][0]
    return details


def test_a_wrong_direction_gets_the_recorded_body(recorded: Estate) -> None:
    with pytest.raises(HttpResponseError) as refused:
        recorded.reprotect("RecoveryToPrimary")
    assert refused.value.status_code == 400
    assert refused.value.error is not None
    assert refused.value.error.code == "BadRequest"
    assert inner(refused.value) | {"clientRequestId": "", "activityId": ""} == {
        "code": "InvalidFailoverDirection",
        "message": "Invalid failover direction was specified. Verify input and try operation again.",
        "possibleCauses": "Invalid parameters were specified.",
        "recommendedAction": "Verify the input and try again.",
        "clientRequestId": "",
        "activityId": "",
    }


def test_an_operation_that_is_not_offered_is_refused_at_once(recorded: Estate) -> None:
    with pytest.raises(HttpResponseError) as refused:
        recorded.commit()
    assert refused.value.status_code == 400
    assert inner(refused.value)["code"] == "SimulatorOperationNotAllowed"
    assert recorded.jobs()[-1].properties.scenario_name == "IrCompletion"


def test_or_it_is_accepted_and_its_job_fails(tutorial: Estate) -> None:
    with pytest.raises(HttpResponseError) as refused:
        tutorial.commit()
    assert refused.value.error is not None
    assert refused.value.error.code == "SimulatorOperationNotAllowed"
    job = tutorial.latest_job("CommitFailover").properties
    assert (job.state, job.allowed_actions) == ("Failed", ["Restart"])
    assert [task.state for task in job.tasks] == ["Failed", "NotStarted"]
    assert job.errors[0].service_error_details.code == "SimulatorOperationNotAllowed"
    assert "PlannedFailover" in tutorial.item().allowed_operations


def test_a_busy_item_refuses_a_second_job(recorded: Estate, tutorial: Estate) -> None:
    recorded.begin_failover(planned=True)
    with pytest.raises(ResourceExistsError) as refused:
        recorded.begin_failover()
    assert inner(refused.value)["code"] == "SimulatorOperationInProgress"
    assert "Retry-After" not in refused.value.response.headers  # type: ignore[union-attr] # there is a response
    first = tutorial.begin_failover(planned=True)
    second = tutorial.begin_failover()
    tutorial.advance(600)
    with pytest.raises(HttpResponseError, match="another operation is in progress"):
        second.result(30)
    assert first.result(30).properties.protection_state == "PlannedFailoverCommitRequired"


def test_managed_disks_do_not_fail_back_in_the_tutorials_service(tutorial: Estate) -> None:
    update = {"properties": {"providerSpecificDetails": {"instanceType": HYPER_V, "useManagedDisks": "true"}}}
    tutorial.finish(tutorial.client.replication_protected_items.begin_update(*tutorial.path(), update))
    tutorial.begin_to_azure()
    with pytest.raises(HttpResponseError, match="Managed disks aren't supported for failback"):
        tutorial.finish(tutorial.begin_failback())


def test_managed_disks_fail_back_in_the_recorded_service(recorded: Estate) -> None:
    update = {"properties": {"providerSpecificDetails": {"instanceType": HYPER_V, "useManagedDisks": "true"}}}
    recorded.finish(recorded.client.replication_protected_items.begin_update(*recorded.path(), update))
    recorded.begin_to_azure()
    recorded.finish(recorded.begin_failback("ForSynchronization"), 3000)
    assert recorded.item().active_location == "Primary"


def test_reprotecting_wants_the_on_premises_machine_off(tutorial: Estate) -> None:
    tutorial.failover()
    tutorial.commit()
    with pytest.raises(HttpResponseError, match="'sql01' is running"):
        tutorial.reprotect("RecoveryToPrimary")
    tutorial.admin("PATCH", "machines/sql01", {"power": "off"})
    tutorial.reprotect("RecoveryToPrimary")
    assert "Failback" in tutorial.item().allowed_operations


def test_a_recovery_point_that_is_not_there_is_refused(recorded: Estate) -> None:
    with pytest.raises(HttpResponseError) as refused:
        recorded.begin_failover(point=f"{recorded.item_path()}/recoveryPoints/00000000-0000-0000-0000-000000000000")
    assert inner(refused.value)["code"] == "SimulatorRecoveryPointNotFound"


def test_a_policy_in_use_is_not_deleted(recorded: Estate) -> None:
    with pytest.raises(HttpResponseError, match="associated with a protection container") as refused:
        recorded.client.replication_policies.begin_delete(*recorded.vault, "every-5-minutes")
    assert refused.value.status_code == 400


def test_what_holds_protected_items_is_not_removed(recorded: Estate) -> None:
    client, site = recorded.client, (*recorded.vault, "contoso-hyperv")
    provider = next(iter(client.replication_recovery_services_providers.list_by_replication_fabrics(*site)))
    with pytest.raises(HttpResponseError, match="protected items"):
        client.replication_recovery_services_providers.begin_delete(*site, provider.name)
    with pytest.raises(HttpResponseError, match="virtual machines are protected"):
        client.replication_protection_container_mappings.begin_delete(
            *site, recorded.container, "association", {"properties": {}}
        )
    with pytest.raises(HttpResponseError, match="protected items"):
        client.replication_fabrics.begin_delete(*site)


def test_a_machine_unfit_for_azure_is_not_protected(tutorial: Estate) -> None:
    assert tutorial.protectable("legacy01").properties.protection_readiness_errors
    poller = tutorial.client.replication_protected_items.begin_create(
        *tutorial.path("legacy01"), tutorial.enable_input("legacy01")
    )
    with pytest.raises(HttpResponseError, match="Protection couldn't be enabled") as refused:
        tutorial.finish(poller)
    assert refused.value.error is not None
    assert refused.value.error.code == "70094"
    job = tutorial.latest_job("EnableDr", "legacy01").properties
    assert job.errors[0].provider_error_details.error_code == 31389
    assert tutorial.simulator.arm("GET", tutorial.item_path("legacy01")).status_code == 404


def test_a_machine_is_protected_once(recorded: Estate) -> None:
    again = recorded.enable_input("sql01")
    with pytest.raises(HttpResponseError, match="already enabled"):
        recorded.client.replication_protected_items.begin_create(*recorded.path("another"), again)


@pytest.mark.parametrize("name", ["-front", "back-", "under_score", "a"])
def test_names_fit_the_services_pattern(recorded: Estate, name: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        recorded.client.replication_fabrics.begin_create(*recorded.vault, name, {"properties": {}})
    assert inner(refused.value)["code"] == "SimulatorInvalidResourceName"


def test_unknown_fields_are_refused_and_named(recorded: Estate) -> None:
    path = f"{recorded.vault_path}/replicationPolicies/other"
    body = policy_input()
    body["properties"]["providerSpecificInput"]["replicationIntervall"] = 300
    answer = recorded.simulator.arm("PUT", path, body)
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert "properties.providerSpecificInput.replicationIntervall" in message
    assert "is not a field of this request" in message


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (b"{", "could not be deserialized"),
        (b"[]", "not a JSON object"),
        (b"", "no body"),
        (b'{"properties": 7}', "properties"),
        (b'{"properties": {"a": "' + b"x" * 1_100_000 + b'"}}', "larger than"),
        (b"[" * 200_000, "could not be deserialized"),
    ],
)
def test_a_body_that_does_not_fit_gets_400_with_the_envelope(recorded: Estate, raw: bytes, part: str) -> None:
    answer = recorded.simulator.session.put(
        f"{recorded.simulator.url}{recorded.vault_path}/replicationPolicies/other?api-version=2025-08-01",
        data=raw,
        headers={"Authorization": f"Bearer {recorded.simulator.token()}"},
        timeout=30,
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert part in error["message"]
    assert error["details"][0]["possibleCauses"]


def test_each_service_has_its_own_disks_unless_told_otherwise(recorded: Estate, tutorial: Estate) -> None:
    assert recorded.item().provider_specific_details.use_managed_disks == "true"
    assert tutorial.item().provider_specific_details.use_managed_disks == "false"


def test_a_test_failover_is_cleaned_up_before_anything_else(recorded: Estate) -> None:
    recorded.finish(recorded.begin_test_failover())
    with pytest.raises(HttpResponseError, match="'DisableProtection' is not allowed"):
        recorded.client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}})


def test_loose_tolerates_unknown_fields(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--loose", "--speed", "1000")
    simulator.make_group("dr")
    vault = f"{simulator.subscription_path}/resourceGroups/dr/providers/Microsoft.RecoveryServices/vaults/loose"
    body = {"location": "westeurope", "properties": {}, "somethingNew": 1}
    assert simulator.arm("PUT", vault, body).status_code == 201
    settings = {**policy_input()["properties"]["providerSpecificInput"], "somethingNew": {"deep": True}}
    policy = {"properties": {"providerSpecificInput": settings}}
    assert simulator.arm("PUT", f"{vault}/replicationPolicies/policy", policy).status_code == 202
