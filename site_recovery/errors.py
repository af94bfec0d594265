"""What can go wrong between this project and Azure, each with what happened, where, and what to do.

Every error is one of a few kinds that a caller can act on. `str(error)` is the three parts, ready for a person.
`outcome_unknown` is the one question an executor has to ask after a call that changes something: True means that the
service may have taken the call although no answer says so, and that it has to be searched for before it is sent again.
"""

from __future__ import annotations

from site_recovery.records import JobRecord


class SiteRecoveryError(Exception):
    """Base of all. `what` happened, `where` (operation and object), how to `mend` it."""

    def __init__(
        self,
        what: str,
        where: str,
        mend: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend
        self.code = code
        self.status = status
        self.request_id = request_id
        self.outcome_unknown = outcome_unknown

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.where, self.mend) if part)


class NotFoundError(SiteRecoveryError):
    """The vault, item, job or other object is not there."""


class NeverSetUpError(NotFoundError):
    """The vault is there, and Site Recovery was never set up in it: nothing is in it, and any PUT sets it up."""


class RefusedError(SiteRecoveryError):
    """The service understood the call and will not do it now (its state, its input, or its rules)."""


class BusyError(RefusedError):
    """Another operation is at work on the same object; it may be asked again when that one has ended."""


class AccessDeniedError(SiteRecoveryError):
    """No credentials, credentials refused, or not enough rights."""


class WrongTargetError(SiteRecoveryError):
    """Endpoint, tenant or subscription are not those the stack declares; nothing was sent."""


class UnreachableError(SiteRecoveryError):
    """The service could not be reached, or its answer was lost."""


class ThrottledError(SiteRecoveryError):
    """Too many calls; `retry_after_seconds` is the wait that the service asked for. The call was not carried out."""

    def __init__(self, what: str, where: str, mend: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(what, where, mend, status=429)
        self.retry_after_seconds = retry_after_seconds


class ServiceFaultError(SiteRecoveryError):
    """The service failed by itself (5xx), or answered what nobody can read."""


class JobFailedError(SiteRecoveryError):
    """A job ended in another state than Succeeded; `job` has its tasks and errors."""

    def __init__(self, what: str, where: str, mend: str, *, job: JobRecord, task: str | None, causes: str) -> None:
        super().__init__(what, where, mend, code=job.errors[0].service_code if job.errors else None)
        self.job = job
        self.task = task
        self.causes = causes


class StillRunningError(SiteRecoveryError):
    """A wait was cancelled or its time limit has passed. The job goes on in the service; `job` is the last look."""

    def __init__(self, what: str, where: str, mend: str, *, job: JobRecord | None, cancelled: bool) -> None:
        super().__init__(what, where, mend)
        self.job = job
        self.cancelled = cancelled
