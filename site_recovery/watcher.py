"""Waits for jobs, and for items to show what a job did; finds the job of a call whose answer was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from itertools import islice, takewhile
from typing import Protocol

from site_recovery.errors import JobFailedError, NotFoundError
from site_recovery.pace import Pace
from site_recovery.polling import PASSING, Limits, OnTrouble, SharedPoll
from site_recovery.records import ItemRecord, JobErrorRecord, JobRecord, TaskRecord, is_job_of, last_segment, same_id

# In seconds of the service: the job list lags the answer that named the job; tasks are looked at this often at most.
_APPEARS_WITHIN = 120.0
_TASKS_EVERY = 10.0
_SEARCH_EVERY = 2.0

# Jobs of an item that are read, newest first, in search of a lost answer; more than one move leaves behind.
_JOBS_SEARCHED = 10


class Reader(Protocol):
    """What a watcher reads with; SiteRecovery is one."""

    def learn_pace(self, job_id: str) -> None: ...
    def newest_jobs(self, *, named: frozenset[str] | None = None) -> Iterator[JobRecord]: ...
    def job(self, job_id: str) -> JobRecord | None: ...
    def item(self, item_id: str) -> ItemRecord | None: ...
    def items(self) -> tuple[ItemRecord, ...]: ...


class JobWatcher:
    """One a vault and process: however many threads wait, one job list is read for all of them.

    Single jobs are read for their tasks within a fifth of the read budget, and once more when they end.
    """

    def __init__(self, reader: Reader, pace: Pace) -> None:
        self._reader = reader
        self._pace = pace
        self._jobs = SharedPoll("site-recovery-jobs", self._read_jobs, pace)
        self._items = SharedPoll("site-recovery-items", self._read_items, pace)

    def wait(
        self,
        job_id: str,
        *,
        until: Callable[[JobRecord], bool] = lambda job: job.finished,
        on_progress: Callable[[JobRecord], None] | None = None,
        on_trouble: OnTrouble | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
        tasks_wanted: bool = True,
    ) -> JobRecord:
        """The job, with tasks and errors, as soon as `until` holds of it. It is not judged: see raise_if_failed.

        `until` is asked of what the list has (state, description, allowed actions). `on_progress` gets each new look
        with tasks, `on_trouble` each failed reading that the wait goes on in spite of; both in the caller's thread.
        timeout_seconds are seconds of the service. Without tasks_wanted a job that succeeded is returned as listed,
        without tasks and activity id: one read less, which tells when a hundred machines end a step at once.

        Raises StillRunningError when the time has passed or `cancelled` is set, NotFoundError when no such job appears,
        AccessDeniedError when reading is refused.
        """
        name = last_segment(job_id)
        limits = Limits(f"Waiting for job {name}.", self._pace, timeout_seconds, cancelled)
        listed: JobRecord | None = None
        read_at = float("-inf")
        with closing(self._jobs.looks(name.casefold(), limits, on_trouble)) as looks:
            for look in looks:
                over = look is not None and until(look)
                if look is not None and over and look.succeeded and not tasks_wanted:
                    return look
                news = look != listed or limits.elapsed_seconds - read_at >= _TASKS_EVERY
                listed = look
                if not over and not (news and self._pace.progress_read_allowed()):
                    continue
                read_at = limits.elapsed_seconds
                try:
                    self._reader.learn_pace(name)
                    job = self._reader.job(name)
                except PASSING as trouble:
                    if on_trouble is not None:
                        on_trouble(trouble)
                    continue
                if job is None:
                    self._refuse_absent(name, limits)
                    continue
                limits.last_seen = job
                if on_progress is not None:
                    on_progress(job)
                if until(job):
                    return job
        raise AssertionError("the looks at a job end by a return or an exception")

    def wait_for_item(
        self,
        item_id: str,
        *,
        until: Callable[[ItemRecord | None], bool],
        on_progress: Callable[[ItemRecord | None], None] | None = None,
        on_trouble: OnTrouble | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
    ) -> ItemRecord | None:
        """The item as soon as `until` holds of it, None being an item that is not there. All else as in wait()."""
        where = f"Waiting for protected item '{last_segment(item_id)}'."
        limits = Limits(where, self._pace, timeout_seconds, cancelled)
        with closing(self._items.looks(_item_key(item_id), limits, on_trouble)) as looks:
            for item in looks:
                if on_progress is not None:
                    on_progress(item)
                if until(item):
                    return item
        raise AssertionError("the looks at an item end by a return or an exception")

    def find_job(
        self,
        client_request_id: str,
        item: ItemRecord,
        *,
        newer_than: str | None = None,
        settle_seconds: float = 60.0,
        cancelled: threading.Event | None = None,
    ) -> JobRecord | None:
        """The job that our call with this id started, or None when none has appeared within settle_seconds.

        `newer_than` is a job that had ended before the call was made: it and what is older are not looked at.
        Whose a job is, only a read of that job tells: its activityId begins with the id of the call. None means that
        the call may be sent again, so it is returned only after a search that was complete; while the service cannot
        be read the search goes on, for ten times settle_seconds, and then raises what stood in its way.
        """
        candidates = partial(self._candidates, item, newer_than)
        return self._found(client_request_id, f"a job of '{item.friendly_name}'", candidates, settle_seconds, cancelled)

    def find_job_of_scenario(
        self,
        client_request_id: str,
        scenario: str,
        *,
        settle_seconds: float = 60.0,
        cancelled: threading.Event | None = None,
    ) -> JobRecord | None:
        """The same for a call that is about no item: its job is among the latest with this scenario name."""

        def candidates() -> list[str]:
            jobs = (job.name for job in self._newest_jobs() if same_id(job.scenario_name, scenario))
            return list(islice(jobs, _JOBS_SEARCHED))

        return self._found(client_request_id, f"a job {scenario}", candidates, settle_seconds, cancelled)

    def _found(
        self,
        client_request_id: str,
        what: str,
        candidates: Callable[[], list[str]],
        settle_seconds: float,
        cancelled: threading.Event | None,
    ) -> JobRecord | None:
        limits = Limits(f"Looking for {what}.", self._pace, settle_seconds * 10, cancelled)
        others: set[str] = set()
        while True:
            try:
                job = self._search(client_request_id, candidates(), others)
            except PASSING:
                if limits.passed:
                    raise
            else:
                if job is not None or limits.elapsed_seconds >= settle_seconds:
                    return job
            limits.pause(_SEARCH_EVERY)

    def _search(self, client_request_id: str, candidates: list[str], others: set[str]) -> JobRecord | None:
        """One look at the candidates; `others` collects those known to be somebody else's."""
        for name in candidates:
            job = None if name in others else self._reader.job(name)
            started_by = job.client_request_id if job is not None else None
            if started_by is None:
                continue
            if started_by.casefold() == client_request_id.casefold():
                return job
            others.add(name)
        return None

    def _candidates(self, item: ItemRecord, newer_than: str | None) -> list[str]:
        """The names of the job the item is in, of its unfinished jobs, and of its latest ones."""
        current = self._reader.item(item.id) or item
        scenario = current.current_scenario
        names = [last_segment(scenario.job_id)] if scenario is not None and scenario.job_id else []
        newer = takewhile(lambda job: not same_id(job.name, newer_than), self._newest_jobs())
        jobs = [job for job in newer if is_job_of(job, current)]
        names += [job.name for job in jobs if not job.finished]
        names += [job.name for job in jobs[:_JOBS_SEARCHED]]
        return list(dict.fromkeys(names))

    def _newest_jobs(self) -> Iterator[JobRecord]:
        for number, job in enumerate(self._reader.newest_jobs()):
            if number == 0:
                # The search may be over with the first job: it waits as long as the service's pace has it.
                self._reader.learn_pace(job.name)
            yield job

    def _read_jobs(self, names: frozenset[str]) -> Mapping[str, JobRecord]:
        """The waited-for jobs out of the list, which is read no further than the last of them."""
        found: dict[str, JobRecord] = {}
        for job in self._reader.newest_jobs(named=names):
            found[job.name.casefold()] = job
            if len(found) == len(names):
                break
        return found

    def _read_items(self, keys: frozenset[str]) -> Mapping[str, ItemRecord]:
        return {_item_key(item.id): item for item in self._reader.items() if _item_key(item.id) in keys}

    @staticmethod
    def _refuse_absent(name: str, limits: Limits) -> None:
        if limits.last_seen is None and limits.elapsed_seconds > _APPEARS_WITHIN:
            raise NotFoundError(
                f"The service has no job {name}.",
                f"It has not appeared within {_APPEARS_WITHIN:.0f} seconds.",
                "Look at the jobs of the vault; the operation may have been started under another one.",
            )


def raise_if_failed(job: JobRecord) -> JobRecord:
    """The job itself when it succeeded; else JobFailedError with task, service and provider error, causes, actions."""
    if job.succeeded:
        return job
    task = _failed_task(job.tasks)
    errors = job.errors or (task.errors if task is not None else ())
    said = "; ".join(dict.fromkeys(text for error in errors for text in _said(error))) or "It gave no reason."
    causes = " ".join(dict.fromkeys(error.possible_causes for error in errors if error.possible_causes))
    actions = " ".join(dict.fromkeys(error.recommended_action for error in errors if error.recommended_action))
    failed_in = f" in the task '{task.friendly_name}'" if task is not None else ""
    raise JobFailedError(
        f"The job '{job.friendly_name}' ended {job.state}{failed_in}: {said}",
        f"Job {job.name} of '{job.target_object_name or 'the vault'}', activity {job.activity_id or 'not known'}.",
        " ".join(part for part in (f"Possible causes: {causes}" if causes else "", actions) if part)
        or "Look at the job in the portal, mend what it names, then run it again.",
        job=job,
        task=task.friendly_name if task is not None else None,
        causes=causes,
    )


def _failed_task(tasks: tuple[TaskRecord, ...]) -> TaskRecord | None:
    """The innermost task that failed."""
    for task in tasks:
        if task.state.casefold() in {"failed", "cancelled"}:
            return _failed_task(task.children) or task
    return None


def _said(error: JobErrorRecord) -> Iterator[str]:
    if error.service_message:
        yield f"{error.service_message} ({error.service_code})"
    if error.provider_message:
        yield f"provider: {error.provider_message} ({error.provider_code})"


def _item_key(item_id: str) -> str:
    return item_id.strip("/").casefold()
