"""The states of a protected item and of a job: one table, each row with its mark.

V: the strings were seen in a recorded session of the service, or in its published specification and examples.
I: inferred; nothing public was found. Inferred strings stand here and nowhere else, and clients should not depend on
    them.

While a job runs on an item, its row shows with `allowedOperations` empty and `currentScenario` set (recorded for
enabling and for test failover, inferred for the rest).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.world import Profile


class Mark(StrEnum):
    """What a row rests on."""

    VERIFIED = "V"
    INFERRED = "I"


class Operation(StrEnum):
    """The vocabulary of `allowedOperations`."""

    REVERSE_REPLICATE = "ReverseReplicate"
    COMMIT = "Commit"
    PLANNED_FAILOVER = "PlannedFailover"
    UNPLANNED_FAILOVER = "UnplannedFailover"
    DISABLE_PROTECTION = "DisableProtection"
    TEST_FAILOVER = "TestFailover"
    TEST_FAILOVER_CLEANUP = "TestFailoverCleanup"
    FAILBACK = "Failback"
    CHANGE_PIT = "ChangePit"
    REPAIR_REPLICATION = "RepairReplication"
    COMPLETE_MIGRATION = "CompleteMigration"


class Action(StrEnum):
    """The vocabulary of a job's `allowedActions`."""

    CANCEL = "Cancel"
    RESUME = "Resume"
    RESTART = "Restart"


class Stage(StrEnum):
    """Where an item stands between jobs. The names are ours; what a client sees of each is its row."""

    ENABLING = "enabling"
    INITIAL_REPLICATION = "initialReplication"
    FIRST_RECOVERY_POINT = "firstRecoveryPoint"
    CONFIGURING_REPLICA = "configuringReplica"
    PROTECTED = "protected"
    TEST_FAILOVER_UP = "testFailoverUp"
    UNPLANNED_COMMIT_PENDING = "unplannedCommitPending"
    PLANNED_COMMIT_PENDING = "plannedCommitPending"
    UNPLANNED_COMMITTED = "unplannedCommitted"
    PLANNED_COMMITTED = "plannedCommitted"
    REPLICATING_BACK = "replicatingBack"
    FAILBACK_COMMIT_PENDING = "failbackCommitPending"
    FAILBACK_COMMITTED = "failbackCommitted"
    FAILOVER_CANCELLED = "failoverCancelled"
    RESYNCHRONIZATION_REQUIRED = "resynchronizationRequired"


class Location(StrEnum):
    """`activeLocation`: where the virtual machine runs for the service."""

    PRIMARY = "Primary"
    RECOVERY = "Recovery"


@dataclass(frozen=True)
class Row:
    """What a client sees of a stage. `vm_*` are vmProtectionState and its description."""

    protection_state: str
    description: str
    vm_protection_state: str
    vm_description: str
    active: Location
    allowed: tuple[Operation, ...]
    mark: Mark
    source: str


@dataclass(frozen=True)
class Transition:
    """What an operation makes of a stage: the job's scenario, and the stage once the item reflects the job's
    success.
    """

    operation: Operation
    before: Stage
    scenario: str
    after: Stage
    mark: Mark


@dataclass(frozen=True)
class JobRow:
    """What a client sees of a job in a state: its description, the status of its operation, what can be done to it."""

    description: str
    operation_status: str
    actions: tuple[Action, ...]
    mark: Mark
    source: str


@dataclass(frozen=True)
class ShownScenario:
    """What an item's `currentScenario` calls a job, where that is not the job's own scenario."""

    name: str
    mark: Mark
    source: str


def job_row(state: str) -> JobRow:
    """The row of a job's `state`."""
    return JOB_ROWS[state]


def shown_scenario(scenario: str) -> str:
    """The name of a job's scenario in its item's `currentScenario`."""
    return SHOWN_SCENARIOS[scenario].name if scenario in SHOWN_SCENARIOS else scenario


def row(stage: Stage, profile: Profile) -> Row:
    """The row of a stage in a profile."""
    return _PROFILE_ROWS.get((stage, profile)) or _ROWS[stage]


def transition(operation: Operation, stage: Stage, profile: Profile) -> Transition | None:
    """The transition that an operation starts in a stage; None if the stage does not offer it."""
    if operation not in row(stage, profile).allowed:
        return None
    return _TRANSITIONS.get((operation, stage))


def carried_out(operation: Operation) -> bool:
    """Whether the simulator does anything for a word: disabling needs no transition, the item goes."""
    known = {entry.operation for entry in _ALL_TRANSITIONS}
    return operation is Operation.DISABLE_PROTECTION or operation in known


def transitions() -> tuple[Transition, ...]:
    """Every transition."""
    return _ALL_TRANSITIONS


def rows() -> list[tuple[Stage, Profile | None, Row]]:
    """The whole table, for documentation: the profile is None where both share the row."""
    shared: list[tuple[Stage, Profile | None, Row]] = [
        (stage, None, entry)
        for stage, entry in _ROWS.items()
        if not any((stage, profile) in _PROFILE_ROWS for profile in Profile)
    ]
    return [
        *shared,
        *((stage, profile, entry) for (stage, profile), entry in _PROFILE_ROWS.items()),
        *((stage, Profile.RECORDED, _ROWS[stage]) for stage in dict.fromkeys(stage for stage, _ in _PROFILE_ROWS)),
    ]


def _row(  # noqa: PLR0917 # a row of a table reads best in one line
    state: str,
    description: str,
    active: Location,
    allowed: tuple[Operation, ...],
    mark: Mark,
    source: str,  # a row of a table reads best in one line
    *,
    vm: tuple[str, str] | None = None,
) -> Row:
    vm_state, vm_description = vm if vm is not None else (state, description)
    return Row(state, description, vm_state, vm_description, active, allowed, mark, source)


_V, _I = Mark.VERIFIED, Mark.INFERRED
_HERE, _AZURE = Location.PRIMARY, Location.RECOVERY
_ENABLING_VM = ("UnprotectedStatesBegin", "Enabling protection")
_STEADY = (
    Operation.PLANNED_FAILOVER,
    Operation.UNPLANNED_FAILOVER,
    Operation.DISABLE_PROTECTION,
    Operation.TEST_FAILOVER,
)
_PENDING = (Operation.COMPLETE_MIGRATION, Operation.COMMIT, Operation.DISABLE_PROTECTION, Operation.CHANGE_PIT)
_COMMITTED = (Operation.COMPLETE_MIGRATION, Operation.DISABLE_PROTECTION, Operation.FAILBACK)
_COMMITTED_TUTORIAL = (Operation.COMPLETE_MIGRATION, Operation.DISABLE_PROTECTION, Operation.REVERSE_REPLICATE)
_DISABLE = (Operation.DISABLE_PROTECTION,)

_ROWS: dict[Stage, Row] = {
    Stage.ENABLING: _row(
        "InitialReplicationInProgress",
        "Initial replication is in progress",
        _HERE,
        (),
        _I,
        "an item cannot be read before its EnableDr job has ended; nothing was recorded",
        vm=_ENABLING_VM,
    ),
    Stage.INITIAL_REPLICATION: _row(
        "InitialReplicationInProgress",
        "Initial replication is in progress",
        _HERE,
        _DISABLE,
        _V,
        "recorded sessions of 2017 and 2023",
        vm=_ENABLING_VM,
    ),
    Stage.FIRST_RECOVERY_POINT: _row(
        "InitialReplicationRecoveryCompletionPending",
        "Waiting for first recovery point",
        _HERE,
        _DISABLE,
        _V,
        "recorded session of 2023",
        vm=_ENABLING_VM,
    ),
    Stage.CONFIGURING_REPLICA: _row(
        "Protected",
        "Protected",
        _HERE,
        (),
        _V,
        "recorded session of 2023: Protected alone does not mean that failover is allowed",
        vm=("ReplicaConfigurationInProgress", "Configuring the replica"),
    ),
    Stage.PROTECTED: _row("Protected", "Protected", _HERE, _STEADY, _V, "recorded session of 2023"),
    Stage.TEST_FAILOVER_UP: _row(
        "Protected", "Protected", _HERE, (Operation.TEST_FAILOVER_CLEANUP,), _V, "recorded session of 2017"
    ),
    Stage.UNPLANNED_COMMIT_PENDING: _row(
        "UnplannedFailoverCommitPendingStatesBegin",
        "Failover completed",
        _AZURE,
        _PENDING,
        _V,
        "recorded session of 2017, and the specification's examples",
    ),
    Stage.PLANNED_COMMIT_PENDING: _row(
        "PlannedFailoverCommitRequired",
        "Planned failover finished",
        _AZURE,
        _PENDING,
        _V,
        "the specification's examples",
    ),
    Stage.UNPLANNED_COMMITTED: _row(
        "UnplannedFailoverCommitted",
        "Failover committed",
        _AZURE,
        _COMMITTED,
        _I,
        "the strings are known from Azure to Azure; that failback is accepted here was recorded in 2023",
    ),
    Stage.PLANNED_COMMITTED: _row(
        "PlannedFailoverStatesBegin",
        "Planned failover committed",
        _AZURE,
        _COMMITTED,
        _V,
        "the specification's examples",
    ),
    Stage.REPLICATING_BACK: _row(
        "Protected",
        "Protected",
        _AZURE,
        (Operation.FAILBACK, Operation.DISABLE_PROTECTION),
        _I,
        "the tutorial's stage 2, which no recorded service has",
    ),
    Stage.FAILBACK_COMMIT_PENDING: _row(
        "PlannedFailoverCommitRequired",
        "Planned failover finished",
        _HERE,
        (Operation.COMMIT,),
        _I,
        "the need of a commit was recorded for recovery plans; the item's strings were not",
    ),
    Stage.FAILBACK_COMMITTED: _row(
        "RestoreFinalized",
        "Failback finalized",
        _HERE,
        (Operation.REVERSE_REPLICATE, Operation.DISABLE_PROTECTION),
        _V,
        "recorded session of 2017",
    ),
    Stage.FAILOVER_CANCELLED: _row(
        "FailoverCancelled",
        "The failover was cancelled and replication has stopped",
        _HERE,
        _DISABLE,
        _I,
        "the tutorial's warning: after a cancelled failover the machine does not replicate again",
    ),
    Stage.RESYNCHRONIZATION_REQUIRED: _row(
        "Protected",
        "Protected",
        _HERE,
        (*_STEADY, Operation.REPAIR_REPLICATION),
        _I,
        "repairReplication is in the specification; when it is offered was not recorded",
    ),
}

_PROFILE_ROWS: dict[tuple[Stage, Profile], Row] = {
    (Stage.UNPLANNED_COMMITTED, Profile.TUTORIAL): _row(
        "UnplannedFailoverCommitted",
        "Failover committed",
        _AZURE,
        _COMMITTED_TUTORIAL,
        _I,
        "the tutorial: nothing replicates until the Azure virtual machine is reprotected",
    ),
    (Stage.PLANNED_COMMITTED, Profile.TUTORIAL): _row(
        "PlannedFailoverStatesBegin",
        "Planned failover committed",
        _AZURE,
        _COMMITTED_TUTORIAL,
        _I,
        "the tutorial: nothing replicates until the Azure virtual machine is reprotected",
    ),
}

_ALL_TRANSITIONS = (
    Transition(Operation.PLANNED_FAILOVER, Stage.PROTECTED, "PlannedFailover", Stage.PLANNED_COMMIT_PENDING, _V),
    Transition(Operation.UNPLANNED_FAILOVER, Stage.PROTECTED, "UnplannedFailover", Stage.UNPLANNED_COMMIT_PENDING, _V),
    Transition(
        Operation.PLANNED_FAILOVER,
        Stage.RESYNCHRONIZATION_REQUIRED,
        "PlannedFailover",
        Stage.PLANNED_COMMIT_PENDING,
        _I,
    ),
    Transition(
        Operation.UNPLANNED_FAILOVER,
        Stage.RESYNCHRONIZATION_REQUIRED,
        "UnplannedFailover",
        Stage.UNPLANNED_COMMIT_PENDING,
        _I,
    ),
    Transition(Operation.TEST_FAILOVER, Stage.PROTECTED, "TestFailover", Stage.TEST_FAILOVER_UP, _V),
    Transition(Operation.TEST_FAILOVER, Stage.RESYNCHRONIZATION_REQUIRED, "TestFailover", Stage.TEST_FAILOVER_UP, _I),
    Transition(Operation.TEST_FAILOVER_CLEANUP, Stage.TEST_FAILOVER_UP, "TestFailoverCleanup", Stage.PROTECTED, _V),
    Transition(Operation.CHANGE_PIT, Stage.UNPLANNED_COMMIT_PENDING, "ChangePit", Stage.UNPLANNED_COMMIT_PENDING, _V),
    Transition(Operation.CHANGE_PIT, Stage.PLANNED_COMMIT_PENDING, "ChangePit", Stage.UNPLANNED_COMMIT_PENDING, _I),
    Transition(Operation.COMMIT, Stage.UNPLANNED_COMMIT_PENDING, "CommitFailover", Stage.UNPLANNED_COMMITTED, _I),
    Transition(Operation.COMMIT, Stage.PLANNED_COMMIT_PENDING, "CommitFailover", Stage.PLANNED_COMMITTED, _V),
    Transition(Operation.COMMIT, Stage.FAILBACK_COMMIT_PENDING, "CommitFailover", Stage.FAILBACK_COMMITTED, _V),
    Transition(
        Operation.REVERSE_REPLICATE, Stage.UNPLANNED_COMMITTED, "ReprotectReplicationGroup", Stage.REPLICATING_BACK, _I
    ),
    Transition(
        Operation.REVERSE_REPLICATE, Stage.PLANNED_COMMITTED, "ReprotectReplicationGroup", Stage.REPLICATING_BACK, _I
    ),
    Transition(Operation.REVERSE_REPLICATE, Stage.FAILBACK_COMMITTED, "ReprotectReplicationGroup", Stage.PROTECTED, _V),
    Transition(Operation.FAILBACK, Stage.UNPLANNED_COMMITTED, "Failback", Stage.FAILBACK_COMMIT_PENDING, _I),
    Transition(Operation.FAILBACK, Stage.PLANNED_COMMITTED, "Failback", Stage.FAILBACK_COMMIT_PENDING, _I),
    Transition(Operation.FAILBACK, Stage.REPLICATING_BACK, "Failback", Stage.FAILBACK_COMMIT_PENDING, _I),
    Transition(
        Operation.REPAIR_REPLICATION, Stage.RESYNCHRONIZATION_REQUIRED, "RepairVMReplication", Stage.PROTECTED, _I
    ),
)
_TRANSITIONS = {(entry.operation, entry.before): entry for entry in _ALL_TRANSITIONS}

# By the job's `state`. A task that waits shows its job's state and description.
JOB_ROWS: dict[str, JobRow] = {
    "NotStarted": JobRow("NotStarted", "NotStarted", (Action.CANCEL,), _V, "recorded session of 2023"),
    "InProgress": JobRow("InProgress", "InProgress", (Action.CANCEL,), _V, "recorded session of 2017"),
    "Suspended": JobRow(
        "WaitingForUserInputAfterDataSync",
        "InProgress",
        (Action.CANCEL, Action.RESUME),
        _I,
        "a failback between its synchronization and its completion: the actions are in the specification's examples, "
        "the description in the service's vocabulary; nothing of it was recorded",
    ),
    "Succeeded": JobRow("Completed", "Succeeded", (), _V, "recorded session of 2017"),
    "Failed": JobRow(
        "Failed", "Failed", (Action.RESTART,), _I, "the state is recorded; that a restart is offered is not"
    ),
    # The operation has one l: clients poll for ever on the other spelling.
    "Cancelled": JobRow("Cancelled", "Canceled", (), _V, "the vocabulary of the SDK and of its poller"),
}
# The description of a job that succeeded with a warning.
WITH_INFORMATION = "CompletedWithInformation"
SHOWN_SCENARIOS: dict[str, ShownScenario] = {
    "IrCompletion": ShownScenario("EnableProtection", _V, "recorded session of 2023"),
    "Failback": ShownScenario("PlannedFailover", _I, "recorded of a recovery plan in 2017, not of an item"),
    "DisableDr": ShownScenario("DisableProtection", _I, "no item was read while its protection was disabled"),
}
