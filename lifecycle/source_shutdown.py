"""Whether the failover that brought a VM to Azure has shut its on-premises VM down: told from that failover's own job.

Azure cannot see whether a VM runs on premises. All that it tells is what became of the failover's task of shutting it
down, and an unplanned failover goes on where that fails.
"""

from datetime import datetime

from lifecycle.directions import Place
from lifecycle.observation import Job, Observation, Scenario
from lifecycle.options import MoveOptions

_MADE, _LEFT_OUT = "Succeeded", "Skipped"


def both_may_run(seen: Observation, options: MoveOptions) -> str:
    """What has to be told of a VM whose failover, under way or made, has left its on-premises VM on; empty where it has
    not, or where somebody has stated that the VM is off."""
    made = _failover_of(seen)
    if made is None or made.scenario != Scenario.UNPLANNED_FAILOVER or options.source_is_stated_off(made.id, seen.at):
        return ""
    why = left_on(made.source_shutdown)
    if not why or (made.running and made.source_shutdown is None):
        return ""
    return (
        f"BOTH COPIES OF {seen.vm} MAY RUN: {why} (job {made.id}). What the one on premises goes on to write is lost. "
        f"Turn it off, see that it stays off, and state that (attestation sourceOff, failoverJob: {made.id}). Before "
        "that commit nothing, which deletes all recovery points, and fail nothing back, which overwrites the VM on "
        "premises"
    )


def _failover_of(seen: Observation) -> Job | None:
    """The failover to Azure that is under way, or has brought the VM there."""
    job = seen.job
    if job is not None and job.scenario == Scenario.UNPLANNED_FAILOVER and (job.running or job.succeeded):
        return job
    return seen.brought_here if seen.active is Place.AZURE else None


def off_since(made: Job) -> datetime | None:
    """By when the failover `made` had shut its source down; None where it did not, or does not tell."""
    if not is_shut_down(made.scenario, made.source_shutdown):
        return None
    return made.source_off or made.ended


def is_shut_down(scenario: str, task: str | None) -> bool | None:
    """What the job of a failover tells by its scenario and the state of its task; None where it does not tell."""
    if scenario == Scenario.PLANNED_FAILOVER:
        # It does not go on without.
        return True
    return None if task is None else task == _MADE


def left_on(task: str | None) -> str:
    """Why the on-premises VM may still run, of an unplanned failover by the state of its task; empty where it was shut
    down."""
    if task == _MADE:
        return ""
    if task is None:
        return "nothing tells whether the failover has shut the on-premises VM down"
    if task == _LEFT_OUT:
        return "the failover was not asked to shut the on-premises VM down"
    return f"the failover could not shut the on-premises VM down (that task of its job ended {task})"
