"""Declarations: done once, found again by their effect when an answer is lost, and failing with what the job says."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from site_recovery.connection import SiteRecovery
from site_recovery.errors import JobFailedError, RefusedError, StillRunningError, ThrottledError
from site_recovery.parsing import parse_protectable_item
from tests.site_recovery.stub import (
    ACCEPTED,
    CONTAINER_ID,
    ITEM_ID,
    JOB_ID,
    JOB_NAME,
    VAULT,
    Answer,
    Stub,
    item_body,
    job_body,
    listed,
)

MAPPING = "/replicationProtectionContainerMappings/default"
POLICY_ID = f"{VAULT.arm_id}/replicationPolicies/gold"
ABSENT = Answer(404, {"error": {"code": "NotFound", "message": "Specified resource does not exist."}})
PAIRED = Answer(
    body={
        "id": f"{CONTAINER_ID}{MAPPING}",
        "name": "default",
        "properties": {"policyId": POLICY_ID, "policyFriendlyName": "gold", "state": "Paired", "health": "Normal"},
    }
)
TAKEN_ON = Answer(202, headers={**ACCEPTED.headers, "x-ms-retry-after-ms": "30"})
FAULT = Answer(503, {"error": {"code": "ServiceUnavailable", "message": "Try later."}})


def associate(service: SiteRecovery, cancelled: threading.Event | None = None) -> str:
    mapping = service.protection.associate_policy(
        CONTAINER_ID, policy_id=POLICY_ID, mapping_name="default", client_request_id="ours-1", cancelled=cancelled
    )
    return mapping.state


@pytest.fixture
def job_succeeds(stub: Stub) -> None:
    stub.answer("GET", r"/replicationJobs\?", Answer(body=listed(job_body("Succeeded"))))
    stub.answer("GET", f"/replicationJobs/{JOB_NAME}", Answer(body=job_body("Succeeded", full=True)))


def test_what_is_there_is_not_asked_for(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", MAPPING, PAIRED)
    assert associate(quick) == "Paired"
    assert not stub.sent("PUT")


@pytest.mark.usefixtures("job_succeeds")
def test_a_declaration_ends_when_its_effect_shows(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", MAPPING, ABSENT, ABSENT, PAIRED)  # the object lags its job
    stub.answer("PUT", MAPPING, TAKEN_ON)
    assert associate(quick) == "Paired"
    (request,) = stub.sent("PUT", MAPPING)
    assert request.headers["x-ms-client-request-id"] == "ours-1"
    assert request.body["properties"] == {
        "policyId": POLICY_ID,
        "targetProtectionContainerId": "Microsoft Azure",
        "providerSpecificInput": {"instanceType": "HyperVReplicaAzure"},
    }


@pytest.mark.parametrize("lost", [FAULT, Answer(cut=True)])
def test_a_lost_answer_is_found_by_its_effect(stub: Stub, quick: SiteRecovery, lost: Answer) -> None:
    stub.answer("GET", MAPPING, ABSENT, PAIRED)
    stub.answer("PUT", MAPPING, lost)
    assert associate(quick) == "Paired"
    assert len(stub.sent("PUT", MAPPING)) == 1


@pytest.mark.usefixtures("job_succeeds")
@pytest.mark.parametrize("first", [FAULT, Answer(409, {"error": {"code": "Conflict", "message": "Busy."}})])
def test_what_had_no_effect_is_sent_again_as_the_same_call(stub: Stub, quick: SiteRecovery, first: Answer) -> None:
    stub.answer("GET", MAPPING, ABSENT, ABSENT, PAIRED)
    stub.answer("PUT", MAPPING, first, TAKEN_ON)
    assert associate(quick) == "Paired"
    assert [request.headers["x-ms-client-request-id"] for request in stub.sent("PUT", MAPPING)] == ["ours-1"] * 2


def test_a_throttled_declaration_gives_up_after_a_few_attempts(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", MAPPING, ABSENT)
    body = {"error": {"code": "TooManyRequests", "message": "Wait."}}
    stub.answer("PUT", MAPPING, Answer(429, body, {"x-ms-retry-after-ms": "5"}))
    with pytest.raises(ThrottledError):
        associate(quick)
    assert len(stub.sent("PUT", MAPPING)) == 4


def test_what_is_refused_for_good_is_not_sent_again(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", MAPPING, ABSENT)
    stub.answer("PUT", MAPPING, Answer(400, {"error": {"code": "506", "message": "invalid ReplicationProviderInput"}}))
    with pytest.raises(RefusedError, match="invalid ReplicationProviderInput"):
        associate(quick)
    assert len(stub.sent("PUT", MAPPING)) == 1


def test_a_failed_job_is_the_declarations_failure(stub: Stub, quick: SiteRecovery) -> None:
    error = {"serviceErrorDetails": {"code": "150261", "message": "Replication policy creation failed."}}
    stub.answer("GET", MAPPING, ABSENT)
    stub.answer("PUT", MAPPING, TAKEN_ON)
    stub.answer("GET", r"/replicationJobs\?", Answer(body=listed(job_body("Failed"))))
    stub.answer("GET", f"/replicationJobs/{JOB_NAME}", Answer(body=job_body("Failed", full=True, errors=[error])))
    with pytest.raises(JobFailedError, match=r"Replication policy creation failed\. \(150261\)"):
        associate(quick)


def test_a_cancelled_declaration_stops_waiting_and_says_so(stub: Stub, quick: SiteRecovery) -> None:
    cancelled = threading.Event()
    cancelled.set()
    stub.answer("GET", MAPPING, ABSENT)
    stub.answer("PUT", MAPPING, TAKEN_ON)
    stub.answer("GET", r"/replicationJobs\?", Answer(body=listed(job_body("InProgress"))))
    with pytest.raises(StillRunningError) as caught:
        associate(quick, cancelled)
    assert caught.value.cancelled


ITEM = "/replicationProtectedItems/sql01"
ENABLING: dict[str, Any] = {"scenarioName": "EnableDr", "friendlyName": "Enable replication"}
REFUSED = {"serviceErrorDetails": {"code": "70094", "message": "Protection couldn't be enabled."}}
SQL01 = parse_protectable_item(
    {
        "id": f"{CONTAINER_ID}/replicationProtectableItems/vm-guid",
        "name": "vm-guid",
        "properties": {"friendlyName": "sql01", "replicationProtectedItemId": ITEM_ID},
    }
)


def jobs_are(stub: Stub, *states: str, ended: str = "2099-01-01T00:00:00Z") -> None:
    """What the list of jobs has, look by look, and the job by its name as it ends."""
    bodies = [job_body(state, **ENABLING) for state in states]
    for body in bodies:
        body["properties"]["endTime"] = ended
    stub.answer("GET", r"/replicationJobs\?", *[Answer(body=listed(body)) for body in bodies])
    last = job_body(states[-1], full=True, **ENABLING, errors=[REFUSED])
    stub.answer("GET", f"/replicationJobs/{JOB_NAME}", Answer(body=last))


def test_an_enabling_that_somebody_else_began_is_waited_for(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", ITEM, ABSENT, ABSENT, Answer(body=item_body()))
    jobs_are(stub, "InProgress", "InProgress", "Succeeded")
    assert quick.protection.wait_enabled(ITEM_ID, vm=SQL01).friendly_name == "sql01"
    assert not stub.sent("PUT")


@pytest.mark.parametrize("states", [("InProgress", "Failed"), ("Failed",)], ids=["while waited for", "just before"])
def test_an_enabling_of_somebody_else_that_fails_ends_the_wait_with_its_error(
    stub: Stub, quick: SiteRecovery, states: tuple[str, ...]
) -> None:
    stub.answer("GET", ITEM, ABSENT)
    jobs_are(stub, *states)
    with pytest.raises(JobFailedError, match=r"Protection couldn't be enabled\. \(70094\)"):
        quick.protection.wait_enabled(ITEM_ID, vm=SQL01)


def test_an_earlier_enabling_that_failed_says_nothing_of_the_one_that_has_begun(
    stub: Stub, service: SiteRecovery
) -> None:
    stub.answer("GET", ITEM, ABSENT, Answer(body=item_body()))
    jobs_are(stub, "Failed", ended="2020-01-01T00:00:00Z")
    assert service.protection.wait_enabled(ITEM_ID, vm=SQL01).friendly_name == "sql01"


def test_a_failed_enabling_after_which_no_other_comes_is_believed(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", ITEM, ABSENT)
    jobs_are(stub, "Failed", ended="2020-01-01T00:00:00Z")
    with pytest.raises(JobFailedError):
        quick.protection.wait_enabled(ITEM_ID, vm=SQL01)


def test_a_disabling_that_is_under_way_is_waited_for_and_not_asked_for_again(stub: Stub, quick: SiteRecovery) -> None:
    scenario = {"scenarioName": "DisableDr", "jobId": JOB_ID, "startTime": "2026-01-05T08:00:00Z"}
    disabling = Answer(body=item_body(currentScenario=scenario, allowedOperations=[]))
    stub.answer("GET", ITEM, disabling, ABSENT)
    stub.answer("GET", r"/replicationJobs\?", Answer(body=listed(job_body("Succeeded"))))
    stub.answer("GET", f"/replicationJobs/{JOB_NAME}", Answer(body=job_body("Succeeded", full=True)))
    quick.protection.disable(ITEM_ID)
    assert not stub.sent("POST", "/remove")


@pytest.mark.usefixtures("job_succeeds")
def test_a_disabling_that_failed_is_tried_again(stub: Stub, quick: SiteRecovery) -> None:
    failed = "66666666-6666-6666-6666-666666666666"
    scenario = {"scenarioName": "DisableDr", "jobId": JOB_ID.replace(JOB_NAME, failed), "startTime": None}
    disabling = Answer(body=item_body(currentScenario=scenario, allowedOperations=[]))
    stub.answer("GET", ITEM, disabling, Answer(body=item_body()), ABSENT)
    jobs = listed(job_body("Succeeded"), job_body("Failed", name=failed))
    stub.answer("GET", r"/replicationJobs\?", Answer(body=jobs))
    stub.answer("GET", f"/replicationJobs/{failed}", Answer(body=job_body("Failed", name=failed, full=True)))
    stub.answer("POST", "/remove", TAKEN_ON)
    quick.protection.disable(ITEM_ID)
    assert len(stub.sent("POST", "/remove")) == 1
