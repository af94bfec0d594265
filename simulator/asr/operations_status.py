"""Long-running operations on the wire: the 202 and its headers, the operation status, and the result.

The id of an operation is the name of its job, except for what is done to a job (cancel, restart, resume), which has a
short operation of its own.
"""

from __future__ import annotations

import math

from simulator.asr.bodies import body_of
from simulator.asr.records import Job, JobState
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import job_row
from simulator.clock import written, written_whole
from simulator.errors import AsyncError, ServiceError, resource_not_found
from simulator.ids import quoted
from simulator.routing import Call, Reply
from simulator.store import Document
from simulator.world import World

# What the service asks of clients between two polls, in its own seconds (recorded).
POLL_SECONDS = 30.0
# A manual clock does not run, so a client need not wait for it.
MANUAL_POLL_SECONDS = 0.1
# How long an operation takes that is no job, in the service's seconds.
SHORT_SECONDS = 1.0


def accepted(call: Call, asr: SiteRecovery, name: str, resource: str, *, job: Job) -> Reply:
    """The answer to an accepted mutation: 202, nothing in it, and where to ask.

    Args:
        name: of the operation.
        resource: id of the resource under which `operationresults` is asked.
        job: the job that was started, or is acted on; its ARM id stands in x-ms-request-id.
    """
    vault = asr.vault_id(call)
    call.job = name
    return Reply(
        202,
        headers={
            "azure-asyncoperation": f"{call.base_url}{quoted(vault)}/replicationOperationStatus/{name}"
            f"?api-version={quoted(call.api_version)}",
            "location": f"{call.base_url}{quoted(resource)}/operationresults/{name}"
            f"?api-version={quoted(call.api_version)}",
            # A whole number, and never 0: clients read 0 as 30 seconds, and a fraction as an error.
            "retry-after": str(max(1, math.ceil(poll_seconds(call.world)))),
            **poll_again(call.world),
            "x-ms-request-id": quoted(job.id),
            "server": "Kestrel",
        },
    )


def poll_seconds(world: World) -> float:
    """How long a client is asked to wait between polls, in real seconds."""
    return MANUAL_POLL_SECONDS if world.clock.manual else world.clock.real_seconds(POLL_SECONDS)


def poll_again(world: World) -> dict[str, str]:
    """The header by which a reply to a poll asks for the next one: milliseconds, for clients that can wait less than a
    second.
    """
    return {"x-ms-retry-after-ms": str(max(1, round(poll_seconds(world) * 1000)))}


def start_operation(call: Call, asr: SiteRecovery, *, result: str, refused: AsyncError | None = None) -> str:
    """A short operation that is no job; returns its name. A refused one fails."""
    name = call.world.guid("operation")
    error = {"code": refused.service_code, "message": refused.message} if refused is not None else None
    document = {"created": call.now, "done": call.now + SHORT_SECONDS, "result": result, "error": error}
    asr.operations.put(name, {**document, "vault": asr.vault_id(call)})
    return name


def show_operation_status(call: Call) -> Reply:
    """GET replicationOperationStatus/{operation}: always 200, with the error inside if it failed."""
    job, operation = _found(call)
    if job is not None:
        body = _job_status(job)
    else:
        body = _short_status(call.parameters["operation"], operation or {}, call.now)
    # Polls name the job as the 202 did (seen in a public log of 2026).
    named = {"x-ms-request-id": quoted(job.id)} if job is not None else {}
    return Reply(200, body, {**poll_again(call.world), **named})


def show_operation_result(call: Call) -> Reply:
    """GET .../operationresults/{operation}: 202 while it runs; then the resource, or 204 if there is none to show."""
    job, operation = _found(call)
    if job is not None and job.state in {JobState.FAILED, JobState.CANCELLED}:
        error = _status_error(job) or {"code": "OperationCanceled", "message": "The operation was cancelled."}
        raise ServiceError(400, error["code"], error["message"])
    if operation is not None and operation["error"] is not None and call.now >= operation["done"]:
        raise ServiceError(400, operation["error"]["code"], operation["error"]["message"])
    running = not job.over if job is not None else call.now < (operation or {})["done"]
    if running:
        # Without Retry-After: clients that know the milliseconds would ignore them beside it.
        here = f"{call.base_url}{quoted(call.path)}?api-version={quoted(call.api_version)}"
        return Reply(202, headers={"location": here, **poll_again(call.world)})
    result = job.result if job is not None else (operation or {})["result"]
    body = body_of(call.world.room(SiteRecovery), result) if result else None
    return Reply(200, body) if body is not None else Reply(204)


def _found(call: Call) -> tuple[Job | None, Document | None]:
    """The job or the short operation that the path names, of the vault that it names; 404 if there is neither."""
    asr = call.world.room(SiteRecovery)
    vault, name = asr.vault_id(call).lower(), call.parameters["operation"]
    job, operation = asr.job(name), asr.operations.get(name)
    if job is not None and job.vault.lower() == vault:
        return job, None
    if operation is not None and operation["vault"].lower() == vault:
        return None, operation
    raise resource_not_found(name)


def _job_status(job: Job) -> Document:
    return _status(job.name, job_row(job.state).operation_status, job.created, job.ended, _status_error(job))


def _short_status(name: str, operation: Document, now: float) -> Document:
    if now < operation["done"]:
        return _status(name, "InProgress", operation["created"], None, None)
    status = "Failed" if operation["error"] is not None else "Succeeded"
    return _status(name, status, operation["created"], operation["done"], operation["error"])


def _status(name: str, status: str, started: float, ended: float | None, error: Document | None) -> Document:
    return {
        "error": error,
        "id": None,
        "name": name,
        "properties": None,
        "status": status,
        "startTime": written(started),
        "endTime": written_whole(ended) if ended is not None else None,
        "percentComplete": None,
    }


def _status_error(job: Job) -> Document | None:
    if job.errors:
        details = job.errors[0]["serviceErrorDetails"]
        return {"code": details["code"], "message": details["message"]}
    return job.warning
