"""One declaration on its way: sent, its job waited for, its effect seen.

A call whose answer was lost is looked for by its effect where that is there to be seen, else by its job; then it is
sent again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from site_recovery.channel import Channel
from site_recovery.errors import BusyError, SiteRecoveryError, ThrottledError
from site_recovery.polling import Limits
from site_recovery.records import JobRecord
from site_recovery.sending import send_declaration
from site_recovery.watcher import raise_if_failed

if TYPE_CHECKING:
    from site_recovery.service import SiteRecovery

OnJobProgress = Callable[[JobRecord], None]
Find = Callable[[str], JobRecord | None]

Seen = TypeVar("Seen")

_LOOK_EVERY_SECONDS = 2.0
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 5.0


def declaration(
    service: SiteRecovery,
    channel: Channel,
    what: str,
    *,
    on_progress: OnJobProgress | None = None,
    cancelled: threading.Event | None = None,
    timeout_seconds: float = 900.0,
) -> Declaration:
    """A declaration that has not begun; `what` it does is told in errors. timeout_seconds are of the service."""
    where = f"{what} in {channel.vault}."
    limits = Limits(where, channel.pace, timeout_seconds, cancelled)
    return Declaration(service, channel, where, limits, on_progress, cancelled, timeout_seconds)


@dataclass(frozen=True)
class Declaration:
    """One declaration on its way."""

    service: SiteRecovery
    channel: Channel
    where: str
    limits: Limits
    on_progress: OnJobProgress | None
    cancelled: threading.Event | None
    timeout_seconds: float

    def until(
        self,
        seen: Callable[[], Seen | None],
        client_request_id: str | None,
        begin: Callable[..., Any],
        *arguments: object,
    ) -> Seen:
        """What `seen` returns as soon as that is true of the vault: at once, or after the call and its job."""
        found = seen()
        if found:
            return found
        self.once(client_request_id, begin, *arguments, seen=seen)
        return self.until_seen(seen)

    def until_seen(self, seen: Callable[[], Seen | None]) -> Seen:
        """What `seen` returns as soon as that is true.

        What a job has done shows in the object only after a moment, and some things happen by themselves.
        """
        while not (found := seen()):
            self.limits.check()
            self.limits.pause(_LOOK_EVERY_SECONDS)
        return found

    def once(
        self,
        client_request_id: str | None,
        begin: Callable[..., Any],
        *arguments: object,
        seen: Callable[[], object] = lambda: None,
        find: Find = lambda _: None,
    ) -> None:
        """The call and its job. Raises JobFailedError when the job fails.

        A call whose answer was lost is not sent again when `seen` is true, or `find` finds its job by the call's id.
        """
        job_id = self._job_id(client_request_id or str(uuid.uuid4()), begin, arguments, seen, find)
        if job_id is not None:
            self.job(job_id)

    def job(self, job_id: str) -> None:
        """Until a job has ended. Raises JobFailedError when it fails."""
        job = self.service.watcher.wait(
            job_id,
            on_progress=self.on_progress,
            cancelled=self.cancelled,
            timeout_seconds=self.timeout_seconds - self.limits.elapsed_seconds,
        )
        raise_if_failed(job)

    def _job_id(
        self,
        client_request_id: str,
        begin: Callable[..., Any],
        arguments: tuple[object, ...],
        seen: Callable[[], object],
        find: Find,
    ) -> str | None:
        """None when there is no job to wait for: the service said it was done, or the effect of a lost call shows."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                accepted = send_declaration(
                    begin, *self.channel.names, *arguments, client_request_id=client_request_id, where=self.where
                )
            except SiteRecoveryError as error:
                if error.outcome_unknown and (job := find(client_request_id)) is not None:
                    return job.id
                if attempt == _ATTEMPTS or not _may_be_sent_again(error):
                    raise
                asked = error.retry_after_seconds if isinstance(error, ThrottledError) else None
                self.limits.check()
                self.limits.pause(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), at_least=asked)
            else:
                return None if accepted is None else accepted.job_id
            finally:
                self.service.invalidate()
            if seen():
                return None
        raise AssertionError("the last attempt returns or raises")


def _may_be_sent_again(error: SiteRecoveryError) -> bool:
    """A declaration sent twice declares the same once more, so only what the service refused for good is final."""
    return error.outcome_unknown or isinstance(error, ThrottledError | BusyError)
