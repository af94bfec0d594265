"""Send a call that changes something: once, without following it, and note which job it became."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from azure.core.exceptions import AzureError

from site_recovery.errors import ServiceFaultError
from site_recovery.pace import retry_after_seconds
from site_recovery.records import Accepted, last_segment
from site_recovery.translation import translate

_JOBS = "/replicationjobs/"
_OPERATION_RESULTS = "/operationresults/"


def send_once(begin: Callable[..., Any], *arguments: object, client_request_id: str, where: str) -> Accepted:
    """Call a begin_ method of the SDK without its poller. Raises a SiteRecoveryError, see its outcome_unknown.

    Raises ServiceFaultError with outcome_unknown also for an answer that took the call on without naming a job.
    """
    status, headers = _send(begin, arguments, client_request_id, where)
    job_id = _job_id(headers)
    if job_id is None:
        raise ServiceFaultError(
            f"The service took the call on (status {status}) but named no job for it.",
            f"{where} Whether it is carried out is not known; its jobs tell.",
            "Run it again: the job is searched for before anything is sent.",
            outcome_unknown=True,
        )
    return _accepted(job_id, headers, client_request_id)


def send_declaration(
    begin: Callable[..., Any], *arguments: object, client_request_id: str, where: str
) -> Accepted | None:
    """The same for what may be done already: None when the service answered without starting a job."""
    _, headers = _send(begin, arguments, client_request_id, where)
    job_id = _job_id(headers)
    return None if job_id is None else _accepted(job_id, headers, client_request_id)


def _send(
    begin: Callable[..., Any], arguments: tuple[object, ...], client_request_id: str, where: str
) -> tuple[int, Mapping[str, str]]:
    answers: list[tuple[int, Mapping[str, str]]] = []

    def note(response: Any) -> None:
        answers.append((response.http_response.status_code, response.http_response.headers))

    try:
        begin(*arguments, polling=False, request_id=client_request_id, raw_response_hook=note)
    except AzureError as error:
        # An answer that said yes counts, even if the rest of it was lost on the way or means nothing to the SDK.
        if not _said_yes(answers):
            raise translate(error, where, changes=True) from error
    except ValueError:
        # The SDK cannot read a Retry-After that is not a whole number; the call was taken on all the same.
        if not _said_yes(answers):
            raise
    return answers[-1]


def _said_yes(answers: list[tuple[int, Mapping[str, str]]]) -> bool:
    return bool(answers) and 200 <= answers[-1][0] < 300  # noqa: PLR2004 - HTTP success


def _accepted(job_id: str, headers: Mapping[str, str], client_request_id: str) -> Accepted:
    return Accepted(
        job_id=job_id,
        operation_url=headers.get("Azure-AsyncOperation"),
        client_request_id=client_request_id,
        retry_after_seconds=retry_after_seconds(headers),
    )


def _job_id(headers: Mapping[str, str]) -> str | None:
    """x-ms-request-id is the job's ARM id; where it is a bare id, the last segment of Location is the job's name."""
    request_id = headers.get("x-ms-request-id") or ""
    if _JOBS in request_id.casefold():
        return request_id
    location = (headers.get("Location") or "").split("?", 1)[0]
    return last_segment(location) if _OPERATION_RESULTS in location.casefold() else None
