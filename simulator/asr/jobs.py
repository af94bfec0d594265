"""The job engine: a declared list of tasks, advanced from timestamps when somebody looks.

A job starts NotStarted; its first task begins a moment later. When a task ends its effect changes the world; when the
last one ends, the job succeeds and its end effect runs, as it does when the job fails or is cancelled. A task that
waits suspends the job until it is resumed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simulator.asr.durations import task_seconds
from simulator.asr.records import Job, JobState, Task, new_tasks
from simulator.asr.scenarios import job_spec
from simulator.asr.site_recovery import JobFailure, SiteRecovery
from simulator.asr.states import WITH_INFORMATION, job_row
from simulator.clock import written
from simulator.errors import AsyncError
from simulator.faults import FaultBook, JobEffect
from simulator.store import Document
from simulator.world import World

STEP = "asr.job.step"
# Between the 202 and the first task, so that an operation can be seen NotStarted as in the recordings.
FIRST_TASK_AFTER = 0.2
_BROKEN = AsyncError(
    "SimulatorInternalError",
    "The simulator failed to carry the task out; its log says why.",
    "The simulator has a defect, or its state was changed by hand.",
    "Restart the job, or do without this step; tell the simulator's maintainers what the log says.",
)


@dataclass(frozen=True)
class Target:
    """What a job works on: the id and name it shows, and the vault."""

    vault: str
    id: str
    name: str


def start_job(
    asr: SiteRecovery,
    scenario: str,
    target: Target,
    *,
    now: float,
    client_request_id: str = "",
    item: str = "",
    result: str = "",
    payload: Document | None = None,
    skip: Collection[str] = (),
    refused: AsyncError | None = None,
    tasks: list[Task] | None = None,
    origin: str = "service",
) -> Job:
    """Start a job.

    Args:
        scenario: its declared scenario.
        client_request_id: of the request that started it; `activityId` begins with it (recorded).
        item: key of the protected item it works on.
        result: id of the resource that `operationresults` gives.
        payload: what its effects need to know.
        skip: names of tasks that are skipped.
        refused: why its first task, the prerequisites check, will fail.
        tasks: the tasks, where the declared ones do not do.
        origin: "service", or "portal" for what somebody did by hand.
    """
    world = asr.world
    spec = job_spec(scenario)
    name = world.guid("job")
    caller = client_request_id or world.guid("client-request")
    job = Job(
        name=name,
        vault=target.vault,
        scenario=spec.scenario,
        friendly_name=spec.friendly_name,
        target_type=spec.target_type,
        target_id=target.id,
        target_name=target.name,
        activity_id=f"{caller} ActivityId: {world.guid('activity')}",
        created=now,
        tasks=tasks if tasks is not None else new_tasks(spec),
        item=item,
        result=result,
        payload=dict(payload or {}),
        listed=now + world.settings.lag.job_list * world.chance("list", name),
        origin=origin,
    )
    job.payload["skip"] = sorted(skip)
    if refused is not None:
        job.payload["refused"] = error_document(refused, "", now)
    asr.save_job(job)
    _next_look(world, job, now + FIRST_TASK_AFTER)
    return job


def cancel_job(asr: SiteRecovery, job: Job, now: float) -> None:
    """Stop a job where it is."""
    if job.task is not None and job.task.ended is None:
        job.task.end("Cancelled", "Cancelled", now)
    _end(asr, job, JobState.CANCELLED, now)


def resume_job(asr: SiteRecovery, job: Job, now: float) -> None:
    """End the task that waits, and go on."""
    job.state, job.description = JobState.IN_PROGRESS, "InProgress"
    job.turn += 1
    _finish_task(asr, job, now)


def restart_job(asr: SiteRecovery, job: Job, now: float) -> None:
    """Run a failed job again, from its first task: whether it may run is judged anew, and what its failure took back is
    made anew.
    """
    job.turn += 1
    job.state, job.description, job.ended, job.errors = JobState.IN_PROGRESS, "InProgress", None, []
    job.warning, job.current = None, -1
    job.payload.pop("effects", None)
    check = asr.effects.restarts.get(job.scenario)
    if check is not None or job.scenario in asr.effects.judges:
        job.payload.pop("refused", None)
    refused = check(asr, job, now) if check is not None else None
    if refused is not None:
        job.payload["refused"] = error_document(refused, "", now)
    for task in job.tasks:
        task.state = task.description = "NotStarted"
        task.started, task.ended, task.errors = None, None, []
    asr.save_job(job)
    _next_look(asr.world, job, now + FIRST_TASK_AFTER)


def hold_job(asr: SiteRecovery, job: Job) -> None:
    """Leave a job where it is for ever; only a cancel ends it."""
    job.turn += 1
    asr.save_job(job)


def carry_on(world: World, due: float, payload: Document) -> None:
    """The event of a job: its present task ends, or its first one begins."""
    asr = world.room(SiteRecovery)
    job = asr.job(payload["job"])
    if job is None or job.over or payload["turn"] != job.turn:
        return
    if job.state == JobState.NOT_STARTED or job.task is None or job.task.ended is not None:
        job.state, job.description = JobState.IN_PROGRESS, "InProgress"
        _begin_next(asr, job, due)
    else:
        _finish_task(asr, job, due)


def give_up(world: World, due: float, payload: Document, failures: int) -> None:
    """Instead of a step that broke inside the simulator: the job fails, and its item is free for other jobs.

    If the job's end breaks as well, the job ends without it, and the item stays at its stage.
    """
    asr = world.room(SiteRecovery)
    job = asr.job(payload["job"])
    if job is None or job.over or payload["turn"] != job.turn:
        return
    job.current = max(job.current, 0)
    task = job.tasks[min(job.current, len(job.tasks) - 1)]
    if failures > 1:
        asr.effects.abandon(asr, job)
    _fail(asr, job, task, error_document(_BROKEN, task.task_id, due), due, told=failures == 1)


def error_document(error: AsyncError, task_id: str, now: float) -> Document:
    """An entry of a job's errors (3.4 of the specification's JobErrorDetails)."""
    return {
        "serviceErrorDetails": {
            "code": error.service_code,
            "message": error.message,
            "possibleCauses": error.possible_causes,
            "recommendedAction": error.recommended_action,
            "activityId": None,
        },
        "providerErrorDetails": {
            "errorCode": error.provider_code or 0,
            "errorMessage": error.provider_message or None,
            "errorId": None,
            "possibleCauses": None,
            "recommendedAction": None,
        },
        "errorLevel": error.level,
        "creationTime": written(now),
        "taskId": error.task_id or task_id,
    }


def _begin_next(asr: SiteRecovery, job: Job, now: float) -> None:
    """Begin the task after the present one; skipped tasks and tasks of no length are passed in the same look."""
    job.current += 1
    task = job.task
    if task is None:
        _end(asr, job, JobState.SUCCEEDED, now)
        return
    if task.name in job.payload["skip"]:
        task.end("Other", "Skipped", now)
        _begin_next(asr, job, now)
        return
    task.started, task.state, task.description = now, "InProgress", "InProgress"
    if _struck(asr, job, task, now):
        return
    if task.waits:
        job.state = JobState.SUSPENDED
        job.description = job_row(job.state).description
        task.state, task.description = job.state, job.description
        asr.save_job(job)
        return
    asr.save_job(job)
    # The moment before the first task is part of that task's time.
    already = FIRST_TASK_AFTER if job.current == 0 else 0.0
    _next_look(asr.world, job, now + max(0.0, task_seconds(asr, job, task, now) - already))


def _struck(asr: SiteRecovery, job: Job, task: Task, now: float) -> bool:
    """Apply a declared fault to a task that begins; True if the job does not go on by itself."""
    fault = asr.world.room(FaultBook).strike_job(job.scenario, (task.name, task.task_id), job.target_name)
    if fault is None:
        return False
    effect, error = fault
    if effect is JobEffect.HANG:
        hold_job(asr, job)
        return True
    if effect is JobEffect.FAIL:
        job.payload["fault"] = error_document(error, task.task_id, now)
        return False
    job.payload.setdefault("effects", []).append(effect.value)
    asr.effects.tasks[("*", effect.value)](asr, job, now)
    return False


def _finish_task(asr: SiteRecovery, job: Job, now: float) -> None:
    task = job.task
    if task is None:
        raise RuntimeError(f"the job {job.name} has no task to finish")
    error = job.payload.pop("fault", None) or (_refusal(asr, job, now) if job.current == 0 else None)
    if error is None:
        error = _apply(asr, job, task, now)
    if error is not None:
        _fail(asr, job, task, error, now)
        return
    if task.ended is None:
        task.end("Succeeded", "Completed", now)
    _begin_next(asr, job, now)


def _refusal(asr: SiteRecovery, job: Job, now: float) -> Document | None:
    """Why the first task, the check, fails: what the request was refused for, or what has come about since."""
    if "refused" in job.payload:
        refused: Document = job.payload["refused"]
        return refused
    judge = asr.effects.judges.get(job.scenario)
    error = judge(asr, job) if judge is not None else None
    return error_document(error, "", now) if error is not None else None


def _apply(asr: SiteRecovery, job: Job, task: Task, now: float) -> Document | None:
    effect = asr.effects.tasks.get((job.scenario, task.name))
    if effect is None:
        return None
    try:
        effect(asr, job, now)
    except JobFailure as failure:
        return error_document(failure.error, task.task_id, now)
    return None


def _fail(asr: SiteRecovery, job: Job, task: Task, error: Document, now: float, *, told: bool = True) -> None:
    error["taskId"] = error["taskId"] or task.task_id
    task.errors.append(error)
    task.end("Failed", "Failed", now)
    job.errors.append(error)
    _end(asr, job, JobState.FAILED, now, told=told)


def _end(asr: SiteRecovery, job: Job, state: JobState, now: float, *, told: bool = True) -> None:
    """The job is over; whoever waits for its end is told, unless that is what broke."""
    job.state, job.ended = state, now
    informs = state is JobState.SUCCEEDED and job.warning
    job.description = WITH_INFORMATION if informs else job_row(state).description
    job.turn += 1
    asr.save_job(job)
    if not told:
        return
    for effect in (asr.effects.ends.get(job.scenario), asr.effects.ends.get("*")):
        if effect is not None:
            effect(asr, job, now)


def _next_look(world: World, job: Job, due: float) -> None:
    world.schedule(due, STEP, {"job": job.name, "turn": job.turn})
