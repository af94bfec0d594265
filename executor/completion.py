"""Complete Failover: the resumption of a failback's own job, once it has synchronized and waits.

There is no job of its own to look for when an answer is lost: whether the call was taken shows in the failback's job,
which then no longer waits.
"""

from executor.calls import not_taken, raise_refused
from executor.enduring import Enduring
from executor.request_ids import request_id
from executor.stops import Interrupted
from lifecycle.observation import Job, Observation
from lifecycle.steps import Step
from site_recovery.errors import SiteRecoveryError, StillRunningError
from site_recovery.service import SiteRecovery

# How long a resumed job may still be listed as waiting, in seconds of the service.
_SHOWS_WITHIN = 60.0

# A resumed job shows at once that it goes on; more lost answers than this are a service out of order.
_SENDS = 3


def complete_failover(service: SiteRecovery, job: Job, seen: Observation, enduring: Enduring) -> None:
    """Lets the waiting job go on. Returns when it does, whoever's call it was.

    Raises NotTaken when it may be asked again later, StepFailed when the service refuses while the job still waits.
    """
    lost: SiteRecoveryError | None = None
    for _ in range(_SENDS):
        try:
            service.operations.resume_job(
                job.id,
                comments="Complete Failover, as the stack declares",
                client_request_id=request_id(seen.item_id, Step.COMPLETE_FAILOVER, job.id),
            )
        except SiteRecoveryError as error:
            lost = error
            if error.outcome_unknown:
                if _goes_on(service, job, seen, enduring):
                    return
            elif _waits(service, job, enduring):
                raise_refused(seen, Step.COMPLETE_FAILOVER, error)
            else:
                return
        else:
            return
    assert lost is not None  # noqa: S101 - the loop has run
    raise not_taken(seen, Step.COMPLETE_FAILOVER, lost) from lost


def _waits(service: SiteRecovery, job: Job, enduring: Enduring) -> bool:
    now = enduring.read(lambda: service.job(job.id))
    return now is None or now.suspended


def _goes_on(service: SiteRecovery, job: Job, seen: Observation, enduring: Enduring) -> bool:
    """Whether the job was resumed after all, for which it is watched a while: from when it can be read."""
    enduring.read(lambda: service.job(job.id))
    try:
        service.watcher.wait(
            job.id,
            until=lambda look: not look.suspended,
            on_trouble=enduring.trouble,
            cancelled=enduring.cancelled,
            timeout_seconds=_SHOWS_WITHIN,
        )
    except StillRunningError as stopped:
        if stopped.cancelled:
            raise Interrupted(
                f"{seen.vm}: the answer to Complete Failover was lost, and watching its job was stopped as asked",
                "run `pulumi up --strict` again to go on from here",
                seen,
            ) from stopped
        return not _waits(service, job, enduring)
    return True
