"""Jobs and long-running operations on the wire."""

from __future__ import annotations

import re

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, Estate

UNPLANNED = {
    "properties": {
        "failoverDirection": "PrimaryToRecovery",
        "sourceSiteOperations": "NotRequired",
        "providerSpecificDetails": {"instanceType": HYPER_V},
    }
}
NEVER = "0001-01-01T00:00:00"


def test_an_accepted_mutation_answers_as_recorded(recorded: Estate) -> None:
    simulator = recorded.simulator
    answer = simulator.arm(
        "POST",
        f"{recorded.item_path()}/unplannedFailover",
        UNPLANNED,
        version="2022-08-01",
        headers={"x-ms-client-request-id": "caller-7"},
    )
    assert (answer.status_code, answer.content) == (202, b"")
    headers = answer.headers
    status = re.fullmatch(
        rf"{simulator.url}(/Subscriptions/.+/replicationOperationStatus/([0-9a-f-]{{36}}))\?api-version=2022-08-01",
        headers["Azure-AsyncOperation"],
    )
    assert status is not None
    name = status[2]
    assert headers["Location"].startswith(f"{simulator.url}/Subscriptions/")
    assert headers["Location"].endswith(
        f"/replicationProtectedItems/sql01/operationresults/{name}?api-version=2022-08-01"
    )
    assert re.fullmatch(r"[1-9][0-9]*", headers["Retry-After"])
    assert int(headers["x-ms-retry-after-ms"]) >= 1
    assert headers["x-ms-request-id"].endswith(f"/replicationJobs/{name}")
    first = simulator.arm("GET", status[1])
    assert "Retry-After" not in first.headers
    assert int(first.headers["x-ms-retry-after-ms"]) >= 1
    started = first.json().pop("startTime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", started)
    assert first.json() == {
        "error": None,
        "id": None,
        "name": name,
        "properties": None,
        "status": "NotStarted",
        "startTime": started,
        "endTime": None,
        "percentComplete": None,
    }
    recorded.advance(60)
    assert simulator.arm("GET", status[1]).json()["status"] == "InProgress"
    assert (
        simulator.session.get(
            headers["Location"], headers={"Authorization": f"Bearer {simulator.token()}"}, timeout=30
        ).status_code
        == 202
    )
    recorded.advance(600)
    done = simulator.arm("GET", status[1]).json()
    assert done["status"] == "Succeeded"
    assert done["endTime"].endswith(".0000000Z")
    result = simulator.session.get(
        headers["Location"], headers={"Authorization": f"Bearer {simulator.token()}"}, timeout=30
    )
    assert result.json()["name"] == "sql01"
    assert recorded.job(name).activity_id.startswith("caller-7 ActivityId: ")


def test_the_list_of_jobs_is_the_short_form_newest_first(recorded: Estate) -> None:
    recorded.failover()
    recorded.commit()
    listed = recorded.simulator.arm("GET", f"{recorded.vault_path}/replicationJobs").json()
    assert listed["nextLink"] is None
    scenarios = [job["properties"]["scenarioName"] for job in listed["value"]]
    assert scenarios[:3] == ["CommitFailover", "UnplannedFailover", "IrCompletion"]
    for job in listed["value"]:
        properties = job["properties"]
        assert (properties["tasks"], properties["customDetails"], properties["activityId"]) == ([], None, None)
    whole = recorded.simulator.arm("GET", listed["value"][1]["id"]).json()["properties"]
    assert [task["name"] for task in whole["tasks"]] == [
        "VmUfoPrerequisitesCheck",
        "VmShutdownVmOnPrimary",
        "VmPrepareForUnPlannedFailover",
        "VmFailover",
        "VmFoStartVmOnSecondary",
    ]
    skipped = whole["tasks"][2]
    assert (skipped["state"], skipped["stateDescription"]) == ("Other", "Skipped")
    assert whole["targetObjectName"] == "sql01"
    assert whole["targetInstanceType"] == "ProtectionEntity"
    assert whole["friendlyName"] == "Failover"


def test_a_task_that_has_not_ended_has_the_date_that_never_was(recorded: Estate) -> None:
    recorded.begin_failover(planned=True)
    recorded.advance(84)
    job = recorded.latest_job("PlannedFailover")
    body = recorded.simulator.arm("GET", job.id).json()["properties"]
    assert "endTime" not in body
    assert [task["endTime"] == NEVER for task in body["tasks"]] == [False, True, True, True, True]
    assert body["allowedActions"] == ["Cancel"]


def test_jobs_can_be_filtered_and_what_is_not_understood_narrows_nothing(recorded: Estate) -> None:
    recorded.failover()
    jobs = recorded.client.replication_jobs

    def found(expression: str) -> list[str]:
        return [job.properties.scenario_name for job in jobs.list(*recorded.vault, filter=expression)]

    assert found("scenarioName eq 'UnplannedFailover'") == ["UnplannedFailover"]
    assert found("State eq 'InProgress'") == []
    assert len(found("something odd (1 2 3)")) == len(list(jobs.list(*recorded.vault)))


def test_the_list_and_the_item_run_behind(recorded: Estate) -> None:
    recorded.begin_failover()
    assert recorded.jobs()[-1].properties.scenario_name == "IrCompletion"
    recorded.advance(3)
    assert recorded.jobs()[-1].properties.scenario_name == "UnplannedFailover"
    name = recorded.jobs()[-1].name
    recorded.advance(140)
    for _ in range(40):
        recorded.advance(0.5)
        if recorded.job(name).state == "Succeeded":
            break
    seen = [recorded.item().protection_state]
    for _ in range(12):
        recorded.advance(0.25)
        seen.append(recorded.item().protection_state)
    assert seen[0] == "Protected"
    assert seen[-1] == "UnplannedFailoverCommitPendingStatesBegin"


def test_a_failed_job_can_be_restarted(recorded: Estate) -> None:
    fault = {
        "name": "no quota",
        "job": {"scenario": "UnplannedFailover", "task": "FailoverTask", "item": "sql01"},
        "when": {"once": True},
        "effect": "fail",
        "error": {"serviceCode": "150097", "message": "No quota.", "providerCode": 31389, "providerMessage": "cores"},
    }
    recorded.admin("POST", "faults", {"faults": [fault]})
    with pytest.raises(HttpResponseError, match="No quota") as failed:
        recorded.failover()
    assert failed.value.error is not None
    assert failed.value.error.code == "150097"
    job = recorded.latest_job("UnplannedFailover")
    assert [task.state for task in job.properties.tasks] == [
        "Succeeded",
        "Succeeded",
        "Other",
        "Failed",
        "NotStarted",
    ]
    error = job.properties.errors[0]
    assert (error.service_error_details.code, error.provider_error_details.error_code) == ("150097", 31389)
    assert error.task_id == "FailoverTask"
    recorded.finish(recorded.client.replication_jobs.begin_restart(*recorded.vault, job.name))
    assert recorded.job(job.name).state == "Succeeded"
    assert recorded.item().active_location == "Recovery"


def test_a_job_refuses_an_action_it_does_not_offer(recorded: Estate) -> None:
    done = recorded.jobs()[-1].name
    with pytest.raises(HttpResponseError, match="does not allow 'Cancel'"):
        recorded.client.replication_jobs.begin_cancel(*recorded.vault, done)
    with pytest.raises(HttpResponseError, match="does not allow 'Resume'"):
        recorded.client.replication_jobs.begin_resume(*recorded.vault, done, {"properties": {}})


def test_a_cancelled_job_and_its_operation_are_spelt_differently(recorded: Estate) -> None:
    recorded.begin_failover(planned=True)
    recorded.advance(40)
    name = recorded.latest_job("PlannedFailover").name
    recorded.cancel(name)
    status = recorded.simulator.arm("GET", f"{recorded.vault_path}/replicationOperationStatus/{name}").json()
    assert (recorded.job(name).state, status["status"]) == ("Cancelled", "Canceled")


def test_a_fast_clock_divides_the_waits_it_asks_for(recorded: Estate) -> None:
    recorded.admin("PUT", "clock", {"manual": False, "speed": 60})
    try:
        answer = recorded.simulator.arm("POST", f"{recorded.item_path()}/unplannedFailover", UNPLANNED)
        assert (answer.headers["Retry-After"], answer.headers["x-ms-retry-after-ms"]) == ("1", "500")
    finally:
        recorded.admin("PUT", "clock", {"manual": True})
