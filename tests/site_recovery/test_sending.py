"""A call that changes something is sent once, whatever happens, and what became of it is told apart."""

from __future__ import annotations

import socket

import pytest

from site_recovery.connection import SiteRecovery, connect
from site_recovery.errors import (
    AccessDeniedError,
    BusyError,
    NotFoundError,
    RefusedError,
    ServiceFaultError,
    SiteRecoveryError,
    ThrottledError,
    UnreachableError,
)
from site_recovery.records import Accepted
from tests.site_recovery.stub import ACCEPTED, ITEM_ID, JOB_ID, JOB_NAME, TARGET, VAULT, Answer, Stub

FAILOVER = "/unplannedFailover"


def fail_over(service: SiteRecovery) -> Accepted:
    return service.operations.unplanned_failover(
        ITEM_ID, shutdown_source=True, recovery_point_id=None, client_request_id="ours-1"
    )


def failure(code: str, message: str = "No.", **detail: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "details": [{"code": code, **detail}]}}


def test_an_accepted_operation_names_its_job_and_is_not_polled(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("POST", FAILOVER, ACCEPTED)
    accepted = fail_over(service)
    assert accepted.job_id == JOB_ID
    assert accepted.operation_url is not None
    assert accepted.retry_after_seconds == 30
    assert [request.method for request in stub.requests if "oauth2" not in request.path.lower()].count("POST") == 1
    assert not [request for request in stub.sent("GET") if "openid" not in request.path]


def test_the_call_carries_our_client_request_id(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("POST", FAILOVER, ACCEPTED)
    fail_over(service)
    (request,) = stub.sent("POST", FAILOVER)
    assert request.headers["x-ms-client-request-id"] == "ours-1"
    assert request.body == {
        "properties": {
            "failoverDirection": "PrimaryToRecovery",
            "sourceSiteOperations": "Required",
            "providerSpecificDetails": {"instanceType": "HyperVReplicaAzure"},
        }
    }


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_a_fault_leaves_the_outcome_open_and_is_sent_once(
    stub: Stub, service: SiteRecovery, status: int, headers: dict[str, str]
) -> None:
    stub.answer("POST", FAILOVER, Answer(status, failure("InternalServerError"), headers))
    with pytest.raises(ServiceFaultError) as caught:
        fail_over(service)
    assert caught.value.outcome_unknown
    assert len(stub.sent("POST", FAILOVER)) == 1


@pytest.mark.parametrize(
    "case",
    [
        (400, "BadRequest", RefusedError),
        (401, "ExpiredAuthenticationToken", AccessDeniedError),
        (403, "AuthorizationFailed", AccessDeniedError),
        (404, "NotFound", NotFoundError),
        (409, "Conflict", BusyError),
        (409, "MissingSubscriptionRegistration", RefusedError),
        (429, "TooManyRequests", ThrottledError),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_a_refusal_is_sent_once_and_known_not_to_be_carried_out(
    stub: Stub, service: SiteRecovery, case: tuple[int, str, type[SiteRecoveryError]], headers: dict[str, str]
) -> None:
    status, code, kind = case
    stub.answer("POST", FAILOVER, Answer(status, failure(code), headers))
    with pytest.raises(kind) as caught:
        fail_over(service)
    assert not caught.value.outcome_unknown
    assert len(stub.sent("POST", "/subscriptions/")) == 1  # nor did the SDK register a provider in between
    assert "contoso-vault" in caught.value.where


def test_a_connection_cut_after_the_request_leaves_the_outcome_open(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("POST", FAILOVER, Answer(cut=True))
    with pytest.raises(UnreachableError) as caught:
        fail_over(service)
    assert caught.value.outcome_unknown
    assert "not known" in caught.value.where
    assert len(stub.sent("POST", FAILOVER)) == 1


def test_nobody_listening_means_that_nothing_was_carried_out(stub: Stub) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections to it are refused
        endpoint = f"https://localhost:{taken.getsockname()[1]}"
        service = connect(TARGET, VAULT, environment={**stub.environment, "ARM_ENDPOINT": endpoint})
        with pytest.raises(UnreachableError) as caught:
            fail_over(service)
    assert not caught.value.outcome_unknown
    assert "did not carry" in caught.value.where


def test_an_answer_that_the_sdk_cannot_read_was_still_accepted(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("POST", FAILOVER, Answer(202, headers={**ACCEPTED.headers, "Retry-After": "0.5"}))
    accepted = fail_over(service)
    assert accepted.job_id == JOB_ID
    assert accepted.retry_after_seconds == 0.5


def test_the_job_is_also_found_in_the_location(stub: Stub, service: SiteRecovery) -> None:
    headers = {**ACCEPTED.headers, "x-ms-request-id": "66666666-6666-6666-6666-666666666666"}
    stub.answer("POST", FAILOVER, Answer(202, headers=headers))
    assert fail_over(service).job_id == JOB_NAME


def test_an_acceptance_without_a_job_is_to_be_searched_for(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("POST", FAILOVER, Answer(202))
    with pytest.raises(ServiceFaultError) as caught:
        fail_over(service)
    assert caught.value.outcome_unknown


def test_a_refusal_tells_what_the_service_recommends(stub: Stub, service: SiteRecovery) -> None:
    body = {
        "error": {
            "code": "BadRequest",
            "message": "Invalid failover direction was specified.",
            "details": [
                {
                    "code": "InvalidFailoverDirection",
                    "message": "Invalid failover direction was specified.",
                    "possibleCauses": "Invalid parameters were specified.",
                    "recommendedAction": "Verify the input and try again.",
                }
            ],
        }
    }
    stub.answer("POST", FAILOVER, Answer(400, body))
    with pytest.raises(RefusedError) as caught:
        fail_over(service)
    text = str(caught.value)
    assert "Invalid failover direction was specified. (BadRequest InvalidFailoverDirection, status 400)" in text
    assert "protected item 'sql01'" in text
    assert "Possible causes: Invalid parameters were specified. Verify the input and try again." in text


def test_each_operation_is_the_call_that_the_service_documents(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("POST", "/replication", ACCEPTED)
    operations = service.operations
    operations.planned_failover_to_azure(ITEM_ID, client_request_id="a")
    operations.failback(ITEM_ID, data_sync="ForDownTime", client_request_id="b")
    operations.commit(ITEM_ID, client_request_id="c")
    operations.apply_recovery_point(ITEM_ID, recovery_point_id="point", client_request_id="d")
    operations.reprotect(ITEM_ID, direction="RecoveryToPrimary", vhd_id="vhd", client_request_id="e")
    operations.test_failover(ITEM_ID, network_id="network", client_request_id="f")
    operations.test_failover_cleanup(ITEM_ID, comments="done", client_request_id="g")
    operations.resume_job(JOB_ID, comments="complete", client_request_id="h")
    kind = {"instanceType": "HyperVReplicaAzure"}
    failback = {
        "instanceType": "HyperVReplicaAzureFailback",
        "dataSyncOption": "ForDownTime",
        "recoveryVmCreationOption": "NoAction",
    }
    to_azure = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": kind}
    network = {"networkType": "VmNetworkAsInput", "networkId": "network"}
    sent = [
        (request.path.split("?")[0].rsplit("/", 1)[-1], request.body and request.body["properties"])
        for request in stub.sent("POST", "/replication")
    ]
    assert sent == [
        ("plannedFailover", to_azure),
        ("plannedFailover", {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": failback}),
        ("failoverCommit", ""),
        ("applyRecoveryPoint", {"recoveryPointId": "point", "providerSpecificDetails": kind}),
        ("reProtect", {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": {"vHDId": "vhd", **kind}}),
        ("testFailover", {**to_azure, **network}),
        ("testFailoverCleanup", {"comments": "done"}),
        ("resume", {"comments": "complete"}),
    ]
