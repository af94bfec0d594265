"""Jobs as clients see them: list, get, cancel, restart, resume."""

from __future__ import annotations

import re
from collections.abc import Callable

from simulator.asr.bodies import job_body, job_json, listed_job_json
from simulator.asr.jobs import Target, cancel_job, restart_job, resume_job, start_job
from simulator.asr.operations_status import accepted, start_operation
from simulator.asr.records import Job
from simulator.asr.refusals import action_not_allowed, at_once
from simulator.asr.site_recovery import VAULT, SiteRecovery
from simulator.asr.states import Action, job_row
from simulator.errors import AsyncError, resource_not_found
from simulator.ids import derived_guid
from simulator.routing import Call, Reply

JOBS = f"{VAULT}/replicationJobs"
JOB = f"{JOBS}/{{job}}"
# One comparison of a filter: `State eq 'InProgress'`. The service's grammar is published nowhere, so others pass
# everything.
_COMPARISON = re.compile(r"^\s*(\w+)\s+(eq|ne|ge|gt|le|lt)\s+'?([^']*)'?\s*$", re.IGNORECASE)
_FIELDS: dict[str, Callable[[Job], str]] = {
    "state": lambda job: job.state,
    "jobstatus": lambda job: job.state,
    "status": lambda job: job.state,
    "scenarioname": lambda job: job.scenario,
    "jobname": lambda job: job.name,
    "name": lambda job: job.name,
    "targetobjectid": lambda job: job.target_id,
    "targetobjectname": lambda job: job.target_name,
    "targetinstancetype": lambda job: job.target_type,
}


def list_jobs(call: Call) -> Reply:
    """GET the jobs of a vault, newest first; a job that has just started may not be on the list yet."""
    asr = call.world.room(SiteRecovery)
    jobs = [job for job in asr.jobs.of(asr.vault_id(call)) if job.listed <= call.now]
    passes = _filter(call.query.get("$filter", ""))
    bodies = [listed_job_json(asr, job) for job in reversed(jobs) if passes(job)]
    return Reply(200, b'{"value":[' + b",".join(bodies) + b'],"nextLink":null}')


def show_job(call: Call) -> Reply:
    """GET a job, with its tasks and its activity id."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, job_json(asr, _job(asr, call)))


def show_named_job(call: Call) -> Reply:
    """The admin API's GET of a job by its name alone, whatever vault it is of; it shows who started it, too."""
    call.world.look()
    job = call.world.room(SiteRecovery).job(call.parameters["job"])
    if job is None:
        raise resource_not_found(call.parameters["job"])
    return Reply(200, {**job_body(job), "origin": job.origin})


def cancel(call: Call) -> Reply:
    """POST cancel: the job stops where it is, with the consequences that has."""
    return _act(call, Action.CANCEL, cancel_job, _short_operation)


def resume(call: Call) -> Reply:
    """POST resume: Complete Failover of a failback that has synchronized its data."""
    return _act(call, Action.RESUME, resume_job, _short_operation)


def restart(call: Call) -> Reply:
    """POST restart: a failed job runs again. The restart is a job itself (recorded)."""
    return _act(call, Action.RESTART, restart_job, _restart_operation)


def _act(
    call: Call,
    action: Action,
    carry_out: Callable[[SiteRecovery, Job, float], None],
    answer: Callable[[Call, SiteRecovery, Job, AsyncError | None], Reply],
) -> Reply:
    asr = call.world.room(SiteRecovery)
    job = _job(asr, call)
    allowed = job_row(job.state).actions
    refused = None if action in allowed else action_not_allowed(job.name, job.state, action, allowed)
    at_once(asr, refused)
    if refused is None:
        carry_out(asr, job, call.now)
    return answer(call, asr, job, refused)


def _short_operation(call: Call, asr: SiteRecovery, job: Job, refused: AsyncError | None) -> Reply:
    """No job of a cancel or a resume was recorded: its operation is its own, and it names the job that it acts on."""
    return accepted(call, asr, start_operation(call, asr, result=job.id, refused=refused), job.id, job=job)


def _restart_operation(call: Call, asr: SiteRecovery, job: Job, refused: AsyncError | None) -> Reply:
    name = job.vault.rsplit("/", 1)[-1]
    started = start_job(
        asr,
        "RestartJob",
        Target(job.vault, derived_guid(job.vault.lower()), name),
        now=call.now,
        client_request_id=call.client_request_id,
        result=job.id,
        refused=refused,
    )
    return accepted(call, asr, started.name, job.id, job=started)


def _job(asr: SiteRecovery, call: Call) -> Job:
    job = asr.job(call.parameters["job"])
    if job is None or job.vault.lower() != asr.vault_id(call).lower():
        raise resource_not_found(call.parameters["job"])
    return job


def _filter(expression: str) -> Callable[[Job], bool]:
    """A lenient reading: comparisons of known fields joined by `and`; what is not understood narrows nothing."""
    tests: list[tuple[Callable[[Job], str], str, str]] = []
    for piece in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE):
        found = _COMPARISON.match(piece)
        if found is not None and found[1].lower() in _FIELDS and found[2].lower() in {"eq", "ne"}:
            tests.append((_FIELDS[found[1].lower()], found[2].lower(), found[3].lower()))
    return lambda job: all((field(job).lower() == value) == (operator == "eq") for field, operator, value in tests)
