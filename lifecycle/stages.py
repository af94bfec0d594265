"""Where a VM stands, in the few words that a person knows.

A stage is told from `allowedOperations`, `activeLocation`, `protectionState` and the running job together. The exact
words that the service uses in the middle of a move are in no public recording, so none of them decides alone: what the
service *offers* does.
"""

from enum import StrEnum

from lifecycle.directions import Place
from lifecycle.observation import ENABLING_SCENARIO, FAILOVER_SCENARIOS, Observation, Operation, PowerState, Scenario


class Stage(StrEnum):
    """Ordered as the tutorial walks through them."""

    ENABLING = "enabling"
    PROTECTED = "protected"
    TEST_FAILOVER = "testFailover"
    FAILING_OVER = "failingOver"
    FAILOVER_COMMIT_PENDING = "failoverCommitPending"
    CHANGING_RECOVERY_POINT = "changingRecoveryPoint"
    COMMITTED_IN_AZURE = "committedInAzure"
    REPROTECTING = "reprotecting"
    FAILBACK_OFFERED = "failbackOffered"
    PROTECTED_IN_AZURE = "protectedInAzure"
    SYNCHRONIZING = "synchronizing"
    WAITING_TO_COMPLETE = "waitingToComplete"
    COMPLETING_FAILBACK = "completingFailback"
    FAILBACK_COMMIT_PENDING = "failbackCommitPending"
    FAILED_BACK = "failedBack"
    REVERSE_REPLICATING = "reverseReplicating"
    COMMITTING_FAILOVER = "committingFailover"
    COMMITTING_FAILBACK = "committingFailback"
    SETTLING = "settling"
    BUSY = "busy"
    BOTH_RUNNING = "bothRunning"
    NEITHER_RUNNING = "neitherRunning"
    NOT_REPLICATING = "notReplicating"
    UNKNOWN = "unknown"


# Where a VM runs that is coming home.
NEITHER_RUNS = "neither copy runs for a while"
# Where a VM stands before its move has begun.
AT_REST = frozenset({Stage.PROTECTED, Stage.PROTECTED_IN_AZURE, Stage.FAILBACK_OFFERED})
WORDS: dict[Stage, str] = {
    Stage.ENABLING: "runs on premises; replication to Azure is being set up",
    Stage.PROTECTED: "runs on premises, protected to Azure",
    Stage.TEST_FAILOVER: "runs on premises, protected to Azure; a test failover waits for its clean-up",
    Stage.FAILING_OVER: "is failing over to Azure",
    Stage.FAILOVER_COMMIT_PENDING: "runs in Azure; the failover waits for its commit",
    Stage.CHANGING_RECOVERY_POINT: "is in Azure; the recovery point is being changed",
    Stage.COMMITTED_IN_AZURE: "runs in Azure, unprotected; the failover is committed, reprotect is offered",
    Stage.REPROTECTING: "runs in Azure; replication back to on premises is being set up",
    Stage.FAILBACK_OFFERED: "runs in Azure, unprotected; failback is offered",
    Stage.PROTECTED_IN_AZURE: "runs in Azure, protected to on premises",
    Stage.SYNCHRONIZING: "runs in Azure; data is being synchronized back to on premises",
    Stage.WAITING_TO_COMPLETE: "runs in Azure; synchronized, waits for Complete Failover",
    Stage.COMPLETING_FAILBACK: "is coming home: Complete Failover is under way, the Azure VM is shut down, and neither "
    "copy runs until the on-premises VM starts",
    Stage.FAILBACK_COMMIT_PENDING: "runs on premises; the failback waits for its commit",
    Stage.FAILED_BACK: "runs on premises, unprotected; the failback is committed, reverse replicate is offered",
    Stage.REVERSE_REPLICATING: "runs on premises; replication to Azure is being set up again",
    Stage.COMMITTING_FAILOVER: "runs in Azure; the failover is being committed",
    Stage.COMMITTING_FAILBACK: "runs on premises; the failback is being committed",
    Stage.SETTLING: "has just changed; the service has not shown the result yet",
    Stage.BUSY: "is busy with another job",
    Stage.BOTH_RUNNING: "BOTH COPIES RUN: the on-premises VM is active and the Azure VM is running",
    Stage.NEITHER_RUNNING: "NEITHER COPY RUNS: the VM is active in Azure and its Azure VM is not running",
    Stage.NOT_REPLICATING: "runs on premises and does not replicate; it has to be protected anew",
    Stage.UNKNOWN: "stands in a state that this tool does not know",
}


def stage_of(seen: Observation) -> Stage:
    """The stage of a VM. Total: what fits no row is UNKNOWN. Takes no step and asks for nothing."""
    running = _stage_of_running_job(seen)
    if running is not None:
        return running
    if not seen.allowed:
        # Between a job's end and the item's next word both are empty for a while: not ambiguous, only early.
        return Stage.SETTLING
    if seen.active is Place.AZURE:
        return _active_in_azure(seen)
    if seen.active is Place.ON_PREMISES:
        return _active_on_premises(seen)
    return Stage.UNKNOWN


def lacks_vm_to_commit(seen: Observation) -> bool:
    """Whether a failover waits for its commit without a VM in Azure: a change of the recovery point takes the old one
    away before it makes the new one, and may fail between."""
    return seen.azure_vm_power is PowerState.ABSENT and seen.allows(Operation.CHANGE_PIT)


def _stage_of_running_job(seen: Observation) -> Stage | None:
    job = seen.job
    if job is not None and job.running:
        scenario: str | None = job.scenario
        if job.waits_for_complete_failover:
            return Stage.WAITING_TO_COMPLETE
        if job.completing_since is not None:
            return Stage.COMPLETING_FAILBACK
    elif not seen.allowed:
        scenario = seen.scenario
    else:
        scenario = None
    if scenario is None:
        return None
    if scenario in FAILOVER_SCENARIOS and _leaves_azure(seen):
        # The failback's scenario has been recorded as PlannedFailover on the item, while its job said Failback.
        scenario = Scenario.FAILBACK.value
    at_home = seen.active is not Place.AZURE
    return _RUNNING.get((scenario, at_home), Stage.BUSY)


# (scenario of the running job, the VM is active on premises)
_RUNNING: dict[tuple[str, bool], Stage] = {
    **{(scenario, home): Stage.FAILING_OVER for scenario in FAILOVER_SCENARIOS for home in (True, False)},
    **{(Scenario.FAILBACK.value, home): Stage.SYNCHRONIZING for home in (True, False)},
    (Scenario.COMMIT.value, True): Stage.COMMITTING_FAILBACK,
    (Scenario.COMMIT.value, False): Stage.COMMITTING_FAILOVER,
    (Scenario.CHANGE_PIT.value, False): Stage.CHANGING_RECOVERY_POINT,
    (Scenario.REPROTECT.value, True): Stage.REVERSE_REPLICATING,
    (Scenario.REPROTECT.value, False): Stage.REPROTECTING,
    ("TestFailover", True): Stage.TEST_FAILOVER,
    ("TestFailoverCleanup", True): Stage.TEST_FAILOVER,
    (ENABLING_SCENARIO, True): Stage.ENABLING,
    ("IrCompletion", True): Stage.ENABLING,
    ("EnableProtection", True): Stage.ENABLING,
}


def _leaves_azure(seen: Observation) -> bool:
    return seen.active is Place.AZURE and (seen.job is None or seen.job.scenario not in FAILOVER_SCENARIOS)


def _active_in_azure(seen: Observation) -> Stage:
    if seen.azure_vm_power in {PowerState.STOPPED, PowerState.ABSENT}:
        return Stage.NEITHER_RUNNING
    if seen.allows(Operation.FAILBACK) and seen.protection_state == "Protected":
        return Stage.PROTECTED_IN_AZURE
    return _first_offered(seen, _OFFERED_IN_AZURE) or Stage.UNKNOWN


def _active_on_premises(seen: Observation) -> Stage:
    if seen.azure_vm_power is PowerState.RUNNING and not seen.test_failover_active:
        return Stage.BOTH_RUNNING
    offered = _first_offered(seen, _OFFERED_ON_PREMISES)
    if offered is None and seen.protection_state.startswith("InitialReplication"):
        return Stage.ENABLING
    if offered is None and seen.allows(Operation.DISABLE_PROTECTION):
        return Stage.NOT_REPLICATING
    return offered or Stage.UNKNOWN


def _first_offered(seen: Observation, rows: tuple[tuple[Operation, Stage], ...]) -> Stage | None:
    return next((stage for operation, stage in rows if seen.allows(operation)), None)


# What the service offers tells the stage; the first row that fits.
_OFFERED_IN_AZURE = (
    (Operation.COMMIT, Stage.FAILOVER_COMMIT_PENDING),
    (Operation.FAILBACK, Stage.FAILBACK_OFFERED),
    (Operation.REVERSE_REPLICATE, Stage.COMMITTED_IN_AZURE),
)
_OFFERED_ON_PREMISES = (
    (Operation.COMMIT, Stage.FAILBACK_COMMIT_PENDING),
    (Operation.TEST_FAILOVER_CLEANUP, Stage.TEST_FAILOVER),
    (Operation.PLANNED_FAILOVER, Stage.PROTECTED),
    (Operation.UNPLANNED_FAILOVER, Stage.PROTECTED),
    (Operation.REVERSE_REPLICATE, Stage.FAILED_BACK),
)
