"""Reads: sent again within bounds, shared between those who ask, and lenient about what comes back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from site_recovery.compute import PowerState
from site_recovery.connection import SiteRecovery, connect
from site_recovery.errors import NotFoundError, ServiceFaultError, SiteRecoveryError, ThrottledError, UnreachableError
from site_recovery.job_parsing import parse_job
from site_recovery.json_values import parse_time
from site_recovery.parsing import parse_item, parse_protectable_item
from tests.site_recovery.stub import ITEM_ID, JOB_ID, TARGET, VAULT, Answer, Request, Stub, item_body, job_body, listed

ITEMS = r"/replicationProtectedItems\?"
JOBS = r"/replicationJobs\?"
NOTHING = Answer(404, {"error": {"code": "NotFound", "message": "Specified resource with name 'x' does not exist."}})


def test_a_read_is_sent_again_until_it_is_answered(stub: Stub, service: SiteRecovery) -> None:
    throttled = Answer(429, {"error": {"code": "TooManyRequests", "message": "Wait."}}, {"x-ms-retry-after-ms": "5"})
    stub.answer("GET", ITEMS, throttled, throttled, Answer(cut=True), Answer(body=listed(item_body())))
    assert [item.name for item in service.items()] == ["sql01"]
    assert len(stub.sent("GET", ITEMS)) == 4


def test_a_read_gives_up_after_a_bounded_number_of_attempts(stub: Stub, service: SiteRecovery) -> None:
    throttled = Answer(429, {"error": {"code": "TooManyRequests", "message": "Wait."}}, {"x-ms-retry-after-ms": "5"})
    stub.answer("GET", ITEMS, throttled)
    with pytest.raises(ThrottledError) as caught:
        service.items()
    assert len(stub.sent("GET", ITEMS)) == 6
    assert caught.value.retry_after_seconds == 0.005


def test_a_wait_too_long_to_sleep_is_reported_at_once(stub: Stub, service: SiteRecovery) -> None:
    body = {"error": {"code": "TooManyRequests", "message": "Wait."}}
    stub.answer("GET", ITEMS, Answer(429, body, {"Retry-After": "3600"}))
    with pytest.raises(ThrottledError) as caught:
        service.items()
    assert caught.value.retry_after_seconds == 3600
    assert len(stub.sent("GET", ITEMS)) == 1


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_refused_read_is_not_sent_again_even_when_the_answer_asks_for_it(
    stub: Stub, service: SiteRecovery, status: int
) -> None:
    stub.answer("GET", ITEM_ID.rsplit("/", 1)[-1], Answer(status, NOTHING.body, {"Retry-After": "1"}))
    if status == 404:
        assert service.item(ITEM_ID) is None
    else:
        with pytest.raises(Exception, match="does not exist"):
            service.item(ITEM_ID)
    assert len(stub.sent("GET", "sql01")) == 1


def test_an_absent_vault_is_an_error_where_an_absent_item_is_none(stub: Stub, service: SiteRecovery) -> None:
    message = "The Resource 'Microsoft.RecoveryServices/vaults/contoso-vault' under resource group 'x' was not found."
    stub.answer("GET", "sql01", Answer(404, {"error": {"code": "ResourceNotFound", "message": message}}))
    with pytest.raises(NotFoundError, match="was not found"):
        service.item(ITEM_ID)


def test_a_vault_in_which_nothing_was_ever_set_up_has_no_items(stub: Stub, service: SiteRecovery) -> None:
    body = {"error": {"code": "SubscriptionIdNotRegisteredWithSrs", "message": "The resource isn't registered."}}
    stub.answer("GET", "/replication", Answer(400, body))
    assert service.items() == ()
    assert service.policies() == ()


def test_lists_are_read_over_all_pages(stub: Stub, service: SiteRecovery) -> None:
    def page(request: Request) -> Answer:
        if "skipToken" in request.path:
            return Answer(body=listed(item_body(friendlyName="app01")))
        following = f"{stub.url}{VAULT.arm_id}/replicationProtectedItems?api-version=2025-08-01&skipToken=2"
        return Answer(body={"value": [item_body()], "nextLink": following})

    stub.answer_by("GET", ITEMS, page)
    assert [item.friendly_name for item in service.items()] == ["sql01", "app01"]


@pytest.mark.parametrize("body", [["odd"], "odd", 7])
def test_a_list_that_is_none_is_a_fault_of_the_service(stub: Stub, service: SiteRecovery, body: object) -> None:
    stub.answer("GET", ITEMS, Answer(body=body))
    with pytest.raises(ServiceFaultError):
        service.items()


def test_a_hundred_who_ask_at_once_share_one_reading(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("GET", ITEMS, Answer(body=listed(item_body())))
    stub.answer("GET", JOBS, Answer(body=listed(job_body())))
    together = threading.Barrier(100)

    def ask(_: int) -> str:
        together.wait(timeout=30)
        return service.inventory(max_age_seconds=600).items[0].name

    with ThreadPoolExecutor(100) as pool:
        assert set(pool.map(ask, range(100))) == {"sql01"}
    assert len(stub.sent("GET", ITEMS)) == len(stub.sent("GET", JOBS)) == 1


def test_a_failed_reading_fails_all_who_share_it_and_the_next_one_reads_again(
    stub: Stub, service: SiteRecovery
) -> None:
    refused = Answer(429, {"error": {"code": "TooManyRequests", "message": "Wait."}}, {"Retry-After": "3600"})
    stub.answer("GET", ITEMS, refused, Answer(body=listed(item_body())))
    stub.answer("GET", JOBS, Answer(body=listed()))
    with pytest.raises(ThrottledError):
        service.inventory()
    assert len(service.inventory().items) == 1


def test_an_operation_makes_what_was_read_before_too_old(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("GET", ITEMS, Answer(body=listed(item_body())), Answer(body=listed()))
    stub.answer("GET", JOBS, Answer(body=listed()))
    stub.answer("POST", "/failoverCommit", Answer(409, {"error": {"code": "Conflict", "message": "Busy."}}))
    assert len(service.inventory(max_age_seconds=600).items) == 1
    with pytest.raises(Exception, match="Busy"):
        service.operations.commit(ITEM_ID, client_request_id="ours-1")
    assert service.inventory(max_age_seconds=600).items == ()


def test_what_was_read_about_one_machine_outlives_an_operation_on_another(stub: Stub, service: SiteRecovery) -> None:
    stub.answer("GET", ITEMS, Answer(body=listed(item_body())), Answer(body=listed()))
    stub.answer("GET", JOBS, Answer(body=listed()))
    stub.answer("POST", "/failoverCommit", Answer(409, {"error": {"code": "Conflict", "message": "Busy."}}))
    service.inventory()
    with pytest.raises(Exception, match="Busy"):
        service.operations.commit(f"{ITEM_ID}-other", client_request_id="ours-1")
    assert len(service.inventory(max_age_seconds=600, about=ITEM_ID).items) == 1
    assert service.inventory(max_age_seconds=600, about=f"{ITEM_ID}-OTHER").items == ()


def test_recovery_points_are_shared_for_a_while_and_read_anew_after_an_operation(
    stub: Stub, service: SiteRecovery
) -> None:
    stub.answer("GET", "/recoveryPoints", Answer(body=listed()))
    stub.answer("POST", "/failoverCommit", Answer(409, {"error": {"code": "Conflict", "message": "Busy."}}))

    def reads() -> int:
        return sum("/recoveryPoints" in request.path for request in stub.requests)

    service.recovery_points(ITEM_ID, max_age_seconds=60)
    service.recovery_points(ITEM_ID.upper(), max_age_seconds=60)
    assert reads() == 1
    service.recovery_points(ITEM_ID)
    assert reads() == 2
    with pytest.raises(Exception, match="Busy"):
        service.operations.commit(ITEM_ID, client_request_id="ours-1")
    service.recovery_points(ITEM_ID, max_age_seconds=60)
    assert reads() == 3


def test_the_clock_is_the_services(stub: Stub, service: SiteRecovery) -> None:
    assert abs(service.now() - datetime.now(UTC)) < timedelta(minutes=1)
    stub.answer("GET", ITEMS, Answer(body=listed(), headers={"Date": "Mon, 05 Jan 2026 08:00:00 GMT"}))
    service.items()
    assert service.now() - datetime(2026, 1, 5, 8, tzinfo=UTC) < timedelta(minutes=5)
    assert service.clock_skew_seconds == 0.0  # a simulator's time is its own


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(body={"properties": {"instanceView": {"statuses": [{"code": "PowerState/running"}]}}}), "RUNNING"),
        (Answer(body={"properties": {"instanceView": {"statuses": [{"code": "PowerState/deallocated"}]}}}), "STOPPED"),
        (Answer(body={"properties": {"instanceView": {"statuses": [{"code": "PowerState/starting"}]}}}), "CHANGING"),
        (Answer(body={"properties": {"instanceView": {"statuses": ["odd", {"code": 7}]}}}), "UNKNOWN"),
        (Answer(body=["odd"]), "UNKNOWN"),
        (NOTHING, "ABSENT"),
        (Answer(403, {"error": {"code": "AuthorizationFailed", "message": "No."}}), "UNKNOWN"),
    ],
)
def test_the_power_state_of_the_azure_vm_is_read_or_unknown(
    stub: Stub, service: SiteRecovery, answer: Answer, state: str
) -> None:
    stub.answer("GET", "/virtualMachines/", answer)
    vm_id = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/sql01"
    assert service.power_state(vm_id) is PowerState[state]


def test_the_power_states_of_a_subscription_are_read_page_by_page(stub: Stub, service: SiteRecovery) -> None:
    def page(name: str, state: str, **more: Any) -> Answer:
        view = {"statuses": [{"code": f"PowerState/{state}"}]}
        return Answer(body={"value": [{"id": f"/VMs/{name}", "properties": {"instanceView": view}}, "odd"], **more})

    more = f"{stub.url}/more?api-version=2024-07-01&statusOnly=true"
    stub.answer("GET", "/virtualMachines", page("SQL01", "running", nextLink=more))
    stub.answer("GET", "/more", page("app01", "deallocated"))
    assert service.power_states() == {"/vms/sql01": PowerState.RUNNING, "/vms/app01": PowerState.STOPPED}
    assert "statusOnly=true" in stub.sent("GET", "/virtualMachines")[0].path


@pytest.mark.parametrize("answer", [Answer(403, {"error": {"code": "No", "message": "No."}}), Answer(body=["odd"])])
def test_power_states_that_cannot_be_read_are_no_empty_list(stub: Stub, service: SiteRecovery, answer: Answer) -> None:
    stub.answer("GET", "/virtualMachines", answer)
    with pytest.raises(SiteRecoveryError):
        service.power_states()


def test_a_job_is_read_with_its_tasks_errors_and_the_call_that_started_it(stub: Stub, service: SiteRecovery) -> None:
    task = {
        "taskId": "FailoverTask",
        "name": "VmFailover",
        "friendlyName": "Start failover",
        "state": "InProgress",
        "startTime": "2026-01-05T08:01:00Z",
        "endTime": "0001-01-01T00:00:00",
        "groupTaskCustomDetails": None,
    }
    stub.answer("GET", "/replicationJobs/", Answer(body=job_body(full=True, tasks=[task])))
    job = service.job(JOB_ID)
    assert job is not None
    assert job.client_request_id == "ours-1"
    assert job.start_time == datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC)
    assert job.end_time is None
    assert job.current_task is not None
    assert job.current_task.friendly_name == "Start failover"


def test_an_idle_item_has_no_scenario_and_text_flags_become_flags() -> None:
    item = parse_item(item_body())
    assert item.current_scenario is None
    assert item.uses_managed_disks is True
    assert item.last_successful_failover_time is None


@pytest.mark.parametrize("nonsense", [{}, {"properties": None}, {"properties": {"providerSpecificDetails": []}}])
def test_what_is_missing_or_odd_is_empty_and_never_an_exception(nonsense: dict[str, object]) -> None:
    assert parse_item(nonsense).allowed_operations == ()
    assert parse_job({**nonsense, "id": 7}).tasks == ()
    assert parse_protectable_item(nonsense).disks == ()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2023-08-11T03:25:04.8710809Z", datetime(2023, 8, 11, 3, 25, 4, 871080, tzinfo=UTC)),
        ("2023-08-11T03:25:04Z", datetime(2023, 8, 11, 3, 25, 4, tzinfo=UTC)),
        ("2023-08-11T05:25:04+02:00", datetime(2023, 8, 11, 3, 25, 4, tzinfo=UTC)),
        ("2023-08-11T03:25:04.5", datetime(2023, 8, 11, 3, 25, 4, 500000, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("1753-01-01T01:01:01Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_are_utc_and_never_is_none(text: str | None, time: datetime | None) -> None:
    assert parse_time(text) == time


def test_an_untrusted_certificate_is_one_clear_error_at_once(stub: Stub) -> None:
    environment = {name: value for name, value in stub.environment.items() if name != "REQUESTS_CA_BUNDLE"}
    with pytest.raises(UnreachableError) as caught:
        connect(TARGET, VAULT, environment=environment).items()
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert not stub.requests
