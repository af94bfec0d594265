"""Which operation a step needs of the service, and what is said where it is not offered."""

from lifecycle.blockers import Blocker, Code
from lifecycle.observation import Observation, Operation
from lifecycle.options import FailoverMode, MoveOptions
from lifecycle.planner import Plan
from lifecycle.steps import Step

_NEEDS = {
    Step.CHANGE_RECOVERY_POINT: Operation.CHANGE_PIT,
    Step.COMMIT: Operation.COMMIT,
    Step.REPROTECT: Operation.REVERSE_REPLICATE,
    Step.SYNCHRONIZE: Operation.FAILBACK,
    Step.REVERSE_REPLICATE: Operation.REVERSE_REPLICATE,
}


def needed_operation(step: Step, options: MoveOptions) -> Operation | None:
    """What has to be in `allowedOperations` for a step to be asked; None for resuming a job (it offers Resume)."""
    if step is Step.FAILOVER:
        planned = options.mode is FailoverMode.PLANNED
        return Operation.PLANNED_FAILOVER if planned else Operation.UNPLANNED_FAILOVER
    return _NEEDS.get(step, Operation.FAILBACK)


def next_not_offered(seen: Observation, due: Plan, options: MoveOptions) -> Blocker | None:
    """The very next step of a plan, where it is to be asked for and the service does not offer it."""
    first = due.steps[0] if due.steps else None
    if first is None or first.running or first.step in {Step.VERIFY, Step.COMPLETE_FAILOVER}:
        return None
    needed = needed_operation(first.step, options)
    return operation_not_offered(seen, first.step, needed) if needed and not seen.allows(needed) else None


def operation_not_offered(seen: Observation, step: Step, needed: Operation) -> Blocker:
    """The service would refuse the call that `step` needs."""
    offered = ", ".join(sorted(seen.allowed)) or "nothing"
    return Blocker(
        Code.OPERATION_NOT_OFFERED,
        seen.vm,
        cause=f"the step {step} needs {needed}, but the service offers {offered}",
        mend="declare a mode that the service offers, or mend the replication; then preview again",
    )
