"""Where no step is due though the goal is not reached: the facts of the VM's stage, and the ways out. Pure."""

from lifecycle.blockers import Blocker, Code
from lifecycle.directions import Direction
from lifecycle.observation import Observation, Operation, PowerState
from lifecycle.stages import WORDS, Stage, lacks_vm_to_commit


def unfinished(seen: Observation, stage: Stage, way: Direction) -> Blocker:
    """A VM half-way in the direction `way`, while the other one is declared."""
    return Blocker(
        Code.UNFINISHED_MOVE,
        seen.vm,
        cause=f"{seen.vm} {WORDS[stage]}: a move the other way is not finished",
        mend=f"{_LAST_COPY if stage is Stage.FAILBACK_COMMIT_PENDING else ''}"
        f"declare direction {way} and run `pulumi up --strict` to finish it, then change the direction again",
    )


# Out of a site that is lost there is no way through the commit: what it deletes may be all that is left.
_LAST_COPY = (
    "if the site is lost, do NOT commit, as the commit deletes the Azure VM and its disks: start the Azure VM in "
    "Azure, it is the safety copy; if the site lives, "
)


_STANDS_IN_THE_WAY: dict[Stage, tuple[Code, str]] = {
    Stage.ENABLING: (
        Code.NOT_PROTECTED,
        "wait until the initial replication is done and the first recovery point exists",
    ),
    Stage.NOT_REPLICATING: (
        Code.NOT_PROTECTED,
        "disable and enable the replication of this VM anew in Azure; a cancelled failover leaves it like this",
    ),
    Stage.TEST_FAILOVER: (Code.TEST_FAILOVER_ACTIVE, "clean the test failover up, then preview again"),
    Stage.SETTLING: (Code.SETTLING, "run the preview again in a minute"),
    Stage.BUSY: (Code.JOB_RUNNING, "wait until that job has ended, then preview again"),
    Stage.BOTH_RUNNING: (
        Code.BOTH_RUNNING,
        "decide which copy is the true one, turn the other off, then preview again; nothing is done until then",
    ),
    Stage.NEITHER_RUNNING: (
        Code.NEITHER_RUNNING,
        "start the Azure VM if it is the true copy, then preview again; nothing is done until then",
    ),
}


def no_way_on(seen: Observation, stage: Stage) -> Blocker:
    """A stage from which no step is taken, to either goal."""
    if stage is Stage.NEITHER_RUNNING and seen.azure_vm_power is PowerState.ABSENT:
        return _no_azure_vm(seen, stage)
    if stage is Stage.BOTH_RUNNING and seen.allows(Operation.COMMIT):
        return _started_as_safety_copy(seen, stage)
    code, mend = _STANDS_IN_THE_WAY.get(
        stage,
        (
            Code.UNKNOWN_STATE,
            "look at the item in Azure; when it is in a state of the documentation again, preview again",
        ),
    )
    doing = f" ({seen.job.friendly_name}, job {seen.job.id})" if seen.job and seen.job.running else ""
    cause = f"{seen.vm} {WORDS[stage]}{doing}"
    if stage in {Stage.UNKNOWN, Stage.NOT_REPLICATING}:
        offered = ", ".join(sorted(seen.allowed)) or "nothing"
        cause += f": protectionState {seen.protection_state} ({seen.protection_text}), the service offers {offered}"
    return Blocker(code, seen.vm, cause=cause, mend=mend)


def _started_as_safety_copy(seen: Observation, stage: Stage) -> Blocker:
    """The Azure VM of a failback that waits for its commit was started by hand, as one does where the site is lost.

    All that the service offers there is the commit, which deletes that VM: no step is safe before the site is back.
    """
    return Blocker(
        Code.BOTH_RUNNING,
        seen.vm,
        cause=f"{seen.vm} {WORDS[stage]}, and the failback waits for its commit, which deletes that Azure VM. Azure "
        "cannot see whether the on-premises VM really runs",
        mend="do NOT commit while the Azure VM is the copy that serves. If the site is lost, let it serve, and declare "
        f"direction {Direction.AZURE_TO_ON_PREMISES} meanwhile: `pulumi up` then holds the VM, takes no step, and lets "
        "the others go. When the site is back, start only one copy. If the one on premises is the true one, turn the "
        f"Azure VM off, declare direction {Direction.ON_PREMISES_TO_AZURE} and run `pulumi up --strict`. If the one in "
        "Azure is, keep the other off, disable the replication in Azure, bring the data home by other means and "
        "protect the VM anew",
    )


def _no_azure_vm(seen: Observation, stage: Stage) -> Blocker:
    """Neither copy runs, and there is nothing in Azure that could be started."""
    name = seen.azure_vm_name or seen.vm
    cause = f"{seen.vm} {WORDS[stage]}: the VM {name} does not exist"
    last = seen.last_change
    if last is not None and not last.succeeded:
        cause += f" since the change of its recovery point ended {last.state} (job {last.id})"
    if lacks_vm_to_commit(seen):
        mend = (
            "do not commit, there is nothing to commit: changing the recovery point makes the VM anew, so write "
            "failover.changeRecoveryPoint (not the choice that was carried out last) with direction "
            f"{Direction.AZURE_TO_ON_PREMISES} and run `pulumi up --strict`, or do it in Azure, then preview again"
        )
    else:
        mend = (
            "nothing can be failed back: if the on-premises VM is the true copy, start it, disable the replication "
            "in Azure and protect it anew"
        )
    return Blocker(Code.NEITHER_RUNNING, seen.vm, cause=cause, mend=mend)


def not_ours(seen: Observation, stage: Stage) -> tuple[Blocker, ...]:
    """A failover somebody else made is not ours to commit, nor their failback ours to complete."""
    if stage in _BY_ITS_JOB:
        job = seen.job
    elif stage in _COMMITS_WHAT_WAS_BROUGHT:
        job = seen.brought_here
    else:
        return ()
    if job is not None and job.owner.may_go_on:
        return ()
    if job is None and stage not in _COMMITS_WHAT_WAS_BROUGHT:
        return (_not_shown_yet(seen, stage),)
    if job is None:
        cause = f"{seen.vm} {WORDS[stage]}, and the job that brought it there is no longer listed: whose it was is lost"
        return (Blocker(Code.NOT_OURS, seen.vm, cause, "commit it in Azure, then preview again"),)
    return (
        Blocker(
            Code.NOT_OURS,
            seen.vm,
            cause=f"{seen.vm} {WORDS[stage]} by {job.friendly_name} (job {job.id}), which was started by somebody else",
            mend="let them finish it, or take it over: "
            f"`pulumi config set --path 'site-recovery:vms[\"{seen.vm}\"].takeOver' {job.id}`",
        ),
    )


_BY_ITS_JOB = {
    Stage.WAITING_TO_COMPLETE,
    Stage.COMPLETING_FAILBACK,
    Stage.SYNCHRONIZING,
    Stage.FAILING_OVER,
    Stage.CHANGING_RECOVERY_POINT,
}
# With steps to take, a VM of which neither copy runs waits for its commit as well.
_COMMITS_WHAT_WAS_BROUGHT = {Stage.FAILOVER_COMMIT_PENDING, Stage.FAILBACK_COMMIT_PENDING, Stage.NEITHER_RUNNING}


def _not_shown_yet(seen: Observation, stage: Stage) -> Blocker:
    """The item names a scenario whose job is over, or not listed yet: whose it is will show."""
    return Blocker(
        Code.SETTLING,
        seen.vm,
        cause=f"{seen.vm} {WORDS[stage]}, but the service does not show the job ({seen.scenario}) that does it",
        mend="run the preview again in a minute",
    )
