"""Waiting: one poll for all who wait, through failures, within limits; and the search for a lost answer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from site_recovery.connection import SiteRecovery
from site_recovery.errors import (
    AccessDeniedError,
    JobFailedError,
    NotFoundError,
    SiteRecoveryError,
    StillRunningError,
    UnreachableError,
)
from site_recovery.job_parsing import parse_job
from site_recovery.parsing import parse_item
from site_recovery.records import JobRecord
from site_recovery.watcher import raise_if_failed
from tests.site_recovery.stub import (
    ITEM_ID,
    JOB_ID,
    JOB_NAME,
    VAULT,
    Answer,
    Request,
    Stub,
    item_body,
    job_body,
    listed,
)

JOBS = r"/replicationJobs\?"
JOB = rf"/replicationJobs/{JOB_NAME}\?"
ITEMS = r"/replicationProtectedItems\?"
ITEM = r"/replicationProtectedItems/sql01\?"


def jobs(*states: str) -> list[Answer]:
    return [Answer(body=listed(job_body(state))) for state in states]


def test_a_wait_ends_with_the_job_and_its_tasks(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("NotStarted", "InProgress", "Succeeded"))
    stub.answer("GET", JOB, Answer(body=job_body(full=True)), Answer(body=job_body("Succeeded", full=True)))
    seen: list[str] = []
    job = quick.watcher.wait(JOB_ID, on_progress=lambda look: seen.append(look.state), timeout_seconds=1e6)
    assert job.succeeded
    assert job.client_request_id == "ours-1"
    assert seen[-1] == "Succeeded"


def test_a_job_whose_tasks_nobody_wants_is_returned_as_listed(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("Succeeded"))
    job = quick.watcher.wait(JOB_ID, timeout_seconds=1e6, tasks_wanted=False)
    assert job.succeeded
    assert not stub.sent("GET", JOB)


def test_a_failed_job_is_read_in_full_even_when_its_tasks_are_not_wanted(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("Failed"))
    stub.answer("GET", JOB, Answer(body=job_body("Failed", full=True, tasks=[{"name": "VmCommit", "state": "Failed"}])))
    assert quick.watcher.wait(JOB_ID, timeout_seconds=1e6, tasks_wanted=False).tasks


def test_a_suspended_job_can_be_waited_for(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("InProgress", "Suspended"))
    stub.answer("GET", JOB, Answer(body=job_body("Suspended", full=True, allowedActions=["Cancel", "Resume"])))

    def waits(job: JobRecord) -> bool:
        return job.finished or job.suspended

    job = quick.watcher.wait(JOB_ID, until=waits, timeout_seconds=1e6)
    assert job.allowed_actions == ("Cancel", "Resume")


def test_many_waits_share_one_poll(stub: Stub, quick: SiteRecovery) -> None:
    names = [f"job-{number}" for number in range(40)]
    all_waiting = threading.Barrier(len(names))
    counting = threading.Lock()
    lists_read = [0]
    at_once = [0]
    most_at_once = [0]

    def listing(_: Request) -> Answer:
        with counting:
            at_once[0] += 1
            most_at_once[0] = max(most_at_once[0], at_once[0])
        time.sleep(0.05)  # long enough that a second poller would be seen beside the first
        with counting:
            at_once[0] -= 1
            lists_read[0] += 1
            state = "Succeeded" if lists_read[0] > 3 else "InProgress"
        return Answer(body=listed(*(job_body(state, name=name) for name in names)))

    def single(request: Request) -> Answer:
        return Answer(body=job_body("Succeeded", name=request.path.split("?")[0].rsplit("/", 1)[-1], full=True))

    def wait(name: str) -> str:
        all_waiting.wait(timeout=60)
        return quick.watcher.wait(name, timeout_seconds=1e6).name

    stub.answer_by("GET", JOBS, listing)
    stub.answer_by("GET", r"/replicationJobs/job-", single)
    with ThreadPoolExecutor(len(names)) as pool:
        assert sorted(pool.map(wait, names)) == sorted(names)
    assert most_at_once == [1]


def test_the_list_is_read_no_further_than_what_is_waited_for(stub: Stub, quick: SiteRecovery) -> None:
    following = f"{stub.url}{VAULT.arm_id}/replicationJobs?api-version=2025-08-01&page=2"
    stub.answer("GET", JOBS, Answer(body={"value": [job_body("Succeeded")], "nextLink": following}))
    stub.answer("GET", JOB, Answer(body=job_body("Succeeded", full=True)))
    quick.watcher.wait(JOB_ID, timeout_seconds=1e6)
    assert not stub.sent("GET", "page=2")


def test_a_wait_goes_on_through_failures_and_tells_of_them(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *[Answer(cut=True)] * 6, *jobs("Succeeded"))
    stub.answer("GET", JOB, *[Answer(503, {"error": {"code": "Fault"}})] * 6, Answer(body=job_body("Succeeded")))
    troubles: list[SiteRecoveryError] = []
    assert quick.watcher.wait(JOB_ID, on_trouble=troubles.append, timeout_seconds=1e6).succeeded
    assert [type(trouble).__name__ for trouble in troubles] == ["UnreachableError", "ServiceFaultError"]


def test_a_wait_ends_where_reading_is_refused(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, Answer(403, {"error": {"code": "AuthorizationFailed", "message": "No."}}))
    with pytest.raises(AccessDeniedError):
        quick.watcher.wait(JOB_ID, timeout_seconds=1e6)


def test_a_cancelled_wait_says_that_the_job_goes_on(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("InProgress"))
    stub.answer("GET", JOB, Answer(body=job_body(full=True)))
    cancelled = threading.Event()
    with pytest.raises(StillRunningError) as caught:
        quick.watcher.wait(JOB_ID, on_progress=lambda _: cancelled.set(), cancelled=cancelled, timeout_seconds=1e6)
    assert caught.value.cancelled
    assert caught.value.job is not None
    assert f"Job {JOB_NAME} (Failover) is InProgress." in str(caught.value)


def test_a_time_limit_ends_the_wait_and_not_the_job(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("InProgress"))
    stub.answer("GET", JOB, Answer(body=job_body(full=True)))
    with pytest.raises(StillRunningError) as caught:
        quick.watcher.wait(JOB_ID, timeout_seconds=300)
    assert not caught.value.cancelled
    assert "within 300 seconds" in str(caught.value)
    assert not stub.sent("POST", "/cancel")


def test_a_job_that_never_appears_is_not_waited_for_forever(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, Answer(body=listed()))
    with pytest.raises(NotFoundError, match=JOB_NAME):
        quick.watcher.wait(JOB_ID, timeout_seconds=1e6)


def test_the_polling_thread_ends_with_the_last_wait(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, *jobs("Succeeded"))
    stub.answer("GET", JOB, Answer(body=job_body("Succeeded", full=True)))
    for _ in range(2):
        quick.watcher.wait(JOB_ID, timeout_seconds=1e6)
        for thread in threading.enumerate():
            if thread.name.startswith("site-recovery-"):
                thread.join(timeout=30)
                assert not thread.is_alive()


def test_an_item_can_be_waited_for_until_it_shows_what_a_job_did(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer(
        "GET",
        ITEMS,
        Answer(body=listed()),
        Answer(body=listed(item_body())),
        Answer(body=listed(item_body(activeLocation="Recovery"))),
    )
    item = quick.watcher.wait_for_item(
        ITEM_ID.upper(), until=lambda look: look is not None and look.active_location == "Recovery", timeout_seconds=1e6
    )
    assert item is not None
    assert item.name == "sql01"


def test_a_lost_answer_is_found_by_the_id_of_its_call_once_the_job_appears(stub: Stub, quick: SiteRecovery) -> None:
    others = [job_body("Succeeded", name="other-1"), job_body("Succeeded", name="elsewhere", targetObjectId="vm-2")]
    stub.answer(
        "GET",
        JOBS,
        Answer(body=listed(*others)),
        Answer(body=listed(*others)),
        Answer(body=listed(job_body(), *others)),
    )
    stub.answer("GET", JOB, Answer(body=job_body(full=True)))
    stub.answer("GET", "/replicationJobs/other-1", Answer(body=job_body(full=True, activityId="theirs ActivityId: x")))
    stub.answer("GET", ITEM, Answer(body=item_body()))
    job = quick.watcher.find_job("OURS-1", parse_item(item_body()), settle_seconds=1e4)
    assert job is not None
    assert job.name == JOB_NAME
    assert len(stub.sent("GET", "other-1")) == 1  # known to be somebody else's, not read again
    assert not stub.sent("GET", "elsewhere")


def test_the_job_that_the_item_is_in_is_searched_even_when_the_list_lags(stub: Stub, quick: SiteRecovery) -> None:
    scenario = {"scenarioName": "UnplannedFailover", "jobId": JOB_ID, "startTime": "2026-01-05T08:00:00Z"}
    stub.answer("GET", JOBS, Answer(body=listed()))
    stub.answer("GET", JOB, Answer(body=job_body(full=True)))
    stub.answer("GET", ITEM, Answer(body=item_body(currentScenario=scenario)))
    assert quick.watcher.find_job("ours-1", parse_item(item_body())) is not None


def test_no_job_of_ours_after_the_settle_time_means_that_none_was_started(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, Answer(body=listed()))
    stub.answer("GET", ITEM, Answer(body=item_body()))
    assert quick.watcher.find_job("ours-1", parse_item(item_body()), settle_seconds=100) is None
    assert len(stub.sent("GET", JOBS)) > 1


def test_a_search_that_could_not_read_does_not_claim_that_there_is_no_job(stub: Stub, quick: SiteRecovery) -> None:
    stub.answer("GET", JOBS, Answer(cut=True))
    stub.answer("GET", ITEM, Answer(body=item_body()))
    with pytest.raises(UnreachableError):
        quick.watcher.find_job("ours-1", parse_item(item_body()), settle_seconds=10)


def test_a_failed_job_tells_task_errors_causes_and_what_to_do() -> None:
    error = {
        "serviceErrorDetails": {
            "code": "70094",
            "message": "Protection couldn't be enabled.",
            "possibleCauses": "The host is busy.",
            "recommendedAction": "Try again later.",
        },
        "providerErrorDetails": {"errorCode": 31389, "errorMessage": "Hyper-V failed."},
        "errorLevel": "Error",
    }
    task = {"name": "EnableProtection", "friendlyName": "Enable replication", "state": "Failed"}
    with pytest.raises(JobFailedError) as caught:
        raise_if_failed(parse_job(job_body("Failed", full=True, errors=[error], tasks=[task])))
    assert str(caught.value) == (
        "The job 'Failover' ended Failed in the task 'Enable replication': Protection couldn't be enabled. (70094); "
        "provider: Hyper-V failed. (31389)\n"
        f"Job {JOB_NAME} of 'sql01', activity ours-1 ActivityId: 55555555-5555-5555-5555-555555555555.\n"
        "Possible causes: The host is busy. Try again later."
    )
    assert caught.value.task == "Enable replication"
    assert caught.value.code == "70094"
