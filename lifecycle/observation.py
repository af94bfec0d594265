"""What was seen of one VM, at one moment, in the service. The only input of the planner besides the goal.

Built by `executor.observe` from the service's own answers; never from the state of a stack.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from lifecycle.directions import Place
from lifecycle.machine import Landing, Machine


class Operation(StrEnum):
    """The members of `allowedOperations` known here by name (SDK enum ReplicationProtectedItemOperation)."""

    PLANNED_FAILOVER = "PlannedFailover"
    UNPLANNED_FAILOVER = "UnplannedFailover"
    TEST_FAILOVER = "TestFailover"
    TEST_FAILOVER_CLEANUP = "TestFailoverCleanup"
    COMMIT = "Commit"
    CHANGE_PIT = "ChangePit"
    FAILBACK = "Failback"
    REVERSE_REPLICATE = "ReverseReplicate"
    DISABLE_PROTECTION = "DisableProtection"
    COMPLETE_MIGRATION = "CompleteMigration"
    REPAIR_REPLICATION = "RepairReplication"


class Scenario(StrEnum):
    """`scenarioName` of the jobs that move a VM, as recorded."""

    PLANNED_FAILOVER = "PlannedFailover"
    UNPLANNED_FAILOVER = "UnplannedFailover"
    COMMIT = "CommitFailover"
    CHANGE_PIT = "ChangePit"
    FAILBACK = "Failback"
    REPROTECT = "ReprotectReplicationGroup"


# It moves nothing: it begins a VM's protection.
ENABLING_SCENARIO = "EnableDr"
FAILOVER_SCENARIOS = frozenset({Scenario.PLANNED_FAILOVER.value, Scenario.UNPLANNED_FAILOVER.value})
MOVE_SCENARIOS = frozenset(scenario.value for scenario in Scenario)


class Owner(Enum):
    """Who started a job: told by the client-request-id at the start of its activityId."""

    OURS = "ours"
    TAKEN_OVER = "taken over"
    SOMEBODY_ELSE = "somebody else"

    @property
    def may_go_on(self) -> bool:
        return self is not Owner.SOMEBODY_ELSE


class PowerState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Job:
    """One job of the service on this VM. `ended` is None while it runs or waits."""

    id: str
    scenario: str
    friendly_name: str
    state: str
    state_description: str
    started: datetime | None
    ended: datetime | None
    owner: Owner
    task: str | None = None
    can_resume: bool = False
    client_request_id: str | None = None
    # The source's shutdown is tried, and the failover goes on if it fails: the task alone tells.
    source_shutdown: str | None = None
    # By when the copy that it shut down was off; None where it shut none down, or does not tell.
    source_off: datetime | None = None
    # Since when a failback is past its synchronization and its wait, so that the Azure VM is shut down, or about to be:
    # told from its tasks. None of one that is not.
    completing_since: datetime | None = None
    # The recovery point that the job itself names as the one that it started the VM from.
    point_id: str | None = None
    point_time: datetime | None = None

    @property
    def running(self) -> bool:
        return self.ended is None and self.state in {"NotStarted", "InProgress", "Suspended", "Cancelling"}

    @property
    def succeeded(self) -> bool:
        return self.state == "Succeeded"

    @property
    def waits_for_complete_failover(self) -> bool:
        """A failback that has synchronized and waits for Complete Failover: suspended, and Resume is offered.

        `stateDescription` is not asked: its exact word for this pause is in no recording.
        """
        return self.scenario == Scenario.FAILBACK and self.state == "Suspended" and self.can_resume


@dataclass(frozen=True)
class RecoveryPoint:
    id: str
    time: datetime
    app_consistent: bool

    @property
    def kind(self) -> str:
        return "application-consistent" if self.app_consistent else "crash-consistent"


@dataclass(frozen=True)
class HealthError:
    code: str
    level: str
    message: str
    causes: str = ""
    action: str = ""


@dataclass(frozen=True)
class Observation:
    """One VM as the service shows it. Times are UTC, of the service's clock. None is "not known", never "no"."""

    vm: str
    item_id: str
    at: datetime
    active: Place | None
    protection_state: str
    protection_text: str
    allowed: frozenset[str]
    # The scenario that the item itself names (`currentScenario`), None when it names none.
    scenario: str | None = None
    job: Job | None = None
    last_move: Job | None = None
    # The failover or failback that brought the VM to where it is; its owner decides whether we may go on from there.
    brought_here: Job | None = None
    # The newest finished change of the recovery point since that failover, whatever became of it.
    last_change: Job | None = None
    recovery_points: tuple[RecoveryPoint, ...] | None = None
    replication_health: str = "None"
    failover_health: str = "None"
    health_errors: tuple[HealthError, ...] = ()
    rpo_seconds: int | None = None
    last_replicated: datetime | None = None
    last_recovery_point: datetime | None = None
    initial_replication_percent: int | None = None
    test_failover_active: bool = False
    last_test_failover: datetime | None = None
    last_failover: datetime | None = None
    managed_disks: bool | None = None
    azure_vm_name: str | None = None
    azure_vm_size: str | None = None
    azure_vm_power: PowerState = PowerState.UNKNOWN
    # Why it could not be seen whether the Azure VM runs; empty where it was, or where there is none that could run.
    azure_vm_unread: str = ""
    provider_connected: bool | None = None
    provider_last_heartbeat: datetime | None = None
    # Why Azure itself could not be asked about the host; empty where it answered, whatever it said.
    provider_unread: str = ""
    # Why Azure's answer does not tell whether this VM's host is connected; empty where it does.
    provider_unclear: str = ""
    # Then: until when each host that the VM may be on was heard of, so that the VM lived until then at the least.
    some_host_heard_until: datetime | None = None
    policy_id: str | None = None
    # How often the VM's policy sends its changes; None where that was not asked, or not told.
    sends_every_seconds: int | None = None
    failover_recovery_point_id: str | None = None
    # The jobs that last brought the VM to Azure, and home: they do not change while a move the other way goes on.
    last_failover_job: str | None = None
    last_failback_job: str | None = None
    # The job that began its protection: another one, once it was protected anew.
    protected_by_job: str | None = None
    # Service clock minus local clock.
    clock_skew_seconds: float = 0.0
    machine: Machine | None = None
    landing: Landing | None = None

    @property
    def replicates_to_azure(self) -> bool:
        """Whether anything goes to Azure by now, so that it can be behind."""
        return self.active is Place.ON_PREMISES and self.protection_state == "Protected"

    def allows(self, operation: Operation) -> bool:
        return operation.value in self.allowed
