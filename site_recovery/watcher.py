"""One place that waits: for jobs, and for items to show what a job did."""

from __future__ import annotations

import threading
from collections.abc import Callable

from site_recovery.records import ItemRecord, JobRecord


class JobWatcher:
    """One a vault and process; polls one job list (and one item list) for all who wait."""

    def wait(
        self,
        job_id: str,
        *,
        until: Callable[[JobRecord], bool] = lambda job: job.finished,
        on_progress: Callable[[JobRecord], None] | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
    ) -> JobRecord:
        """The job, with tasks and errors, as soon as `until` holds of it. Does not judge it: see raise_if_failed.

        `until` must be answerable from what the list has (state, description, allowed actions). `on_progress` is called
        in the caller's thread at every new look with tasks. timeout_seconds counts by the clock of the service's
        durations. Raises StillRunningError on time-out and cancellation, NotFoundError when the job does not appear.
        """
        raise NotImplementedError

    def wait_for_item(
        self,
        item_id: str,
        *,
        until: Callable[[ItemRecord | None], bool],
        on_progress: Callable[[ItemRecord | None], None] | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
    ) -> ItemRecord | None:
        """The item as soon as `until` holds of it (settling after a job); None is an item that is not there."""
        raise NotImplementedError

    def find_job(
        self,
        client_request_id: str,
        item: ItemRecord,
        *,
        settle_seconds: float = 60.0,
        cancelled: threading.Event | None = None,
    ) -> JobRecord | None:
        """The job that a call of ours with this id started, or None when none has appeared within settle_seconds."""
        raise NotImplementedError


def raise_if_failed(job: JobRecord) -> JobRecord:
    """The job itself when it succeeded; else JobFailedError with task, service and provider error, causes and actions."""
    raise NotImplementedError(job)
