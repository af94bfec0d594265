"""The jobs of the service: for each scenario its names, its tasks, and how long each task takes.

Each of the three, scenario name, friendly name and task names, has a mark of its own: the service gives away the names
of more scenarios than sessions of them were recorded. Durations are typical ones of a small virtual machine, in seconds
of the service's time; tasks that move data take the time that the data needs, on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.asr.states import Mark


class Measure(StrEnum):
    """What a task waits for on top of its own duration."""

    NOTHING = ""
    SOURCE_DELTA = "sourceDelta"  # what the source wrote since it last replicated
    FAILBACK_DELTA = "failbackDelta"  # what Azure wrote that is not on premises yet


@dataclass(frozen=True)
class TaskSpec:
    """A declared task. `waits` is a task that only a resume of the job ends."""

    task_id: str
    name: str
    friendly_name: str
    seconds: float
    measure: Measure = Measure.NOTHING
    waits: bool = False
    task_type: str = "TaskDetails"


@dataclass(frozen=True)
class Marks:
    """What the three kinds of names of a job rest on: V, seen in a recorded session or published; I, inferred."""

    scenario: Mark
    friendly_name: Mark
    tasks: Mark


@dataclass(frozen=True)
class JobSpec:
    """A declared job."""

    scenario: str
    friendly_name: str
    target_type: str
    tasks: tuple[TaskSpec, ...]
    marks: Marks

    @property
    def seconds(self) -> float:
        """How long it takes when no data has to be moved."""
        return sum(task.seconds for task in self.tasks)


def job_spec(scenario: str) -> JobSpec:
    """The declared job of a scenario."""
    return _SPECS[scenario]


def job_specs() -> tuple[JobSpec, ...]:
    """Every declared job."""
    return _DECLARED


_V, _I = Mark.VERIFIED, Mark.INFERRED
_RECORDED = Marks(_V, _V, _V)


def _simple(scenario: str, friendly_name: str, target: str, seconds: float, *, named: bool = False) -> JobSpec:
    """A job whose tasks were not recorded: one task that carries the job's own name. `named`: its friendly name was."""
    return JobSpec(
        scenario,
        friendly_name,
        target,
        (TaskSpec(f"{scenario}Task", scenario, friendly_name, seconds),),
        Marks(_V, _V if named else _I, _I),
    )


_ITEM, _SERVER, _PROFILE, _PLAN, _NETWORK, _VAULT = (
    "ProtectionEntity",
    "Server",
    "ProtectionProfile",
    "RecoveryPlan",
    "Network",
    "Vault",
)

_DECLARED = (
    JobSpec(
        "EnableDr",
        "Enable replication",
        _ITEM,
        (
            TaskSpec(
                "EnableProtectionPrerequisitesCheck",
                "EnableProtectionPrerequisitesCheck",
                "Prerequisites check for enabling protection",
                8,
            ),
            TaskSpec("CreateProtectionTarget", "CreateProtectionTarget", "Identifying the replication target", 6),
            TaskSpec("EnableProtection", "EnableProtection", "Enable replication", 26),
            TaskSpec("VmStartInitialReplication", "VmStartInitialReplication", "Starting initial replication", 12),
            TaskSpec("UpdateDraState", "UpdateDraState", "Updating the provider states", 4),
        ),
        _RECORDED,
    ),
    JobSpec(
        "IrCompletion",
        "Finalize protection on the virtual machine",
        _ITEM,
        (
            TaskSpec(
                "EnableProtectionFinalize", "EnableProtectionFinalize", "Finalize protection on the virtual machine", 12
            ),
        ),
        Marks(_V, _I, _I),
    ),
    JobSpec(
        "PlannedFailover",
        "Planned failover",
        _ITEM,
        (
            TaskSpec(
                "PlannedFailoverPreflightChecksTask",
                "VmPfoPrerequisitesCheck",
                "Prerequisites check for planned failover",
                82,
            ),
            TaskSpec("ShutdownVmOnPrimary", "VmShutdownVmOnPrimary", "Shut down the virtual machine", 5),
            TaskSpec(
                "PrepareForFailoverTask", "VmPrepareForFailover", "Preparing for failover", 35, Measure.SOURCE_DELTA
            ),
            TaskSpec("FailoverTask", "VmFailover", "Start failover", 176),
            TaskSpec("StartVmOnSecondary", "VmFoStartVmOnSecondary", "Start the replica virtual machine", 5),
        ),
        _RECORDED,
    ),
    JobSpec(
        "UnplannedFailover",
        "Failover",
        _ITEM,
        (
            TaskSpec(
                "UnplannedFailoverPreflightChecksTask",
                "VmUfoPrerequisitesCheck",
                "Prerequisites check for failover",
                20,
            ),
            TaskSpec("ShutdownVmOnPrimaryForUFO", "VmShutdownVmOnPrimary", "Shut down the virtual machine", 5),
            TaskSpec(
                "PrepareForUnplannedFailoverTask",
                "VmPrepareForUnPlannedFailover",
                "Synchronizing the latest changes",
                20,
                Measure.SOURCE_DELTA,
            ),
            TaskSpec("FailoverTask", "VmFailover", "Start failover", 119),
            TaskSpec("StartVmOnSecondary", "VmFoStartVmOnSecondary", "Start the replica virtual machine", 5),
        ),
        _RECORDED,
    ),
    JobSpec(
        "ChangePit",
        "Change the recovery point",
        _ITEM,
        (
            TaskSpec("ChangePitPreflightCheck", "ChangePitPreflightCheck", "Change the prerequisites check", 30),
            TaskSpec("ShutdownVmRecovery", "ShutdownVmRecovery", "Shutdown the virtual machine on recovery", 60),
            TaskSpec("CancelFailoverRecovery", "CancelFailoverRecovery", "Cancel failover recovery", 120),
            TaskSpec("FailoverTask", "VmFailover", "Start failover", 200),
            TaskSpec("StartVmOnSecondary", "VmFoStartVmOnSecondary", "Start the replica virtual machine", 45),
        ),
        _RECORDED,
    ),
    JobSpec(
        "CommitFailover",
        "Commit",
        _ITEM,
        (
            TaskSpec("CommitPrerequisitesCheckTask", "VmCommitPrerequisitesCheck", "Prerequisite check", 0.4),
            TaskSpec("CommitFailoverTask", "VmCommit", "Commit", 0.8),
        ),
        _RECORDED,
    ),
    JobSpec(
        "ReprotectReplicationGroup",
        "Reverse replication",
        _ITEM,
        (
            TaskSpec("CreateProtectionTarget", "CreateProtectionTarget", "Identifying the replication target", 7),
            TaskSpec("EnableProtection", "EnableProtection", "Enable replication", 15),
            TaskSpec(
                "VmStartInitialReplication",
                "VmStartInitialReplication",
                "Starting initial replication",
                15,
                Measure.SOURCE_DELTA,
            ),
        ),
        _RECORDED,
    ),
    # Tasks as recorded for a recovery plan; for one item nothing was recorded, so the plan's own tasks are left out.
    JobSpec(
        "Failback",
        "Planned failover",
        _ITEM,
        (
            TaskSpec(
                "PlannedFailoverPreflightChecksTask",
                "VmPfoPrerequisitesCheck",
                "Prerequisites check for planned failover",
                30,
            ),
            TaskSpec(
                "PrepareVmOnPremForFailback",
                "PrepareVmOnPremForFailback",
                "Preparing the on-premises virtual machine",
                20,
            ),
            TaskSpec("DataSyncTask", "DataSyncForFailback", "Data synchronization", 90, Measure.FAILBACK_DELTA),
            TaskSpec(
                "WaitForUserInputForFailback", "WaitForUserInputForFailback", "Waiting for user input", 0, waits=True
            ),
            TaskSpec("ShutdownVmOnSecondary", "VmShutdownVmOnSecondary", "Shut down the virtual machine", 42),
            TaskSpec("FailoverTask", "VmFailover", "Start failover", 120, Measure.FAILBACK_DELTA),
            TaskSpec("StartVmOnPrimary", "VmFoStartVmOnPrimary", "Start the on-premises virtual machine", 20),
        ),
        Marks(_I, _I, _I),
    ),
    JobSpec(
        "TestFailover",
        "Test failover",
        _ITEM,
        (
            TaskSpec(
                "TestFailoverPreflightChecksTask",
                "VmTfoPrerequisitesCheck",
                "Prerequisites check for test failover",
                22,
            ),
            TaskSpec("InitiateTestFailoverTask", "VmTfoInitiateFailover", "Starting test failover", 25),
            TaskSpec("PrepareTestVmTask", "VmTfoPrepareTestVm", "Creating test virtual machine", 95),
            TaskSpec("BootTestVmTask", "VmTfoBootTestVm", "Start the virtual machine", 25),
        ),
        _RECORDED,
    ),
    JobSpec(
        "TestFailoverCleanup",
        "Test failover cleanup",
        _ITEM,
        (
            TaskSpec(
                "TestFailoverCleanupPreflightsCheckTask",
                "VmTfoCleanupPreflightsCheck",
                "Prerequisites check for test failover cleanup",
                10,
            ),
            TaskSpec("EndTestFailoverTask", "VmTfoEndFailover", "Ending test failover", 40),
            TaskSpec("DeleteTestVmTask", "VmTfoDeleteTestVm", "Clean up the test virtual machine", 120),
        ),
        _RECORDED,
    ),
    JobSpec(
        "DisableDr",
        "Disable replication",
        _ITEM,
        (
            TaskSpec(
                "DisableProtectionOnPrimary", "DisableProtectionOnPrimary", "Disabling protection on the source", 12
            ),
            TaskSpec(
                "DisableProtectionOnSecondary", "DisableProtectionOnSecondary", "Disabling protection on the target", 14
            ),
            TaskSpec("UpdateDraState", "UpdateDraState", "Updating the provider states", 4),
        ),
        _RECORDED,
    ),
    JobSpec(
        "PurgeVm",
        "Remove the virtual machine from the vault",
        _ITEM,
        (
            TaskSpec(
                "DisableProtectionOnSecondary", "DisableProtectionOnSecondary", "Disabling protection on the target", 10
            ),
        ),
        Marks(_V, _V, _I),
    ),
    _simple("RepairVMReplication", "Resynchronize the virtual machine", _ITEM, 60, named=True),
    _simple("UpdateVmProperties", "Update the virtual machine", _ITEM, 5),
    _simple("CreateSite", "Create a site", _SERVER, 3, named=True),
    _simple("UnregisterFabric", "Delete server", _SERVER, 8, named=True),
    _simple("PurgeVMM", "Remove server", _SERVER, 8),
    _simple("RegisterDra", "Register the provider", _SERVER, 5),
    _simple("UnregisterDra", "Unregister the provider", _SERVER, 8),
    _simple("PurgeDra", "Remove the provider from the vault", _SERVER, 8),
    _simple("RefreshFabricLayout", "Refresh server", _SERVER, 10),
    _simple("CheckVmmConsistency", "Check consistency", _SERVER, 5),
    _simple("CertificateRenewal", "Renew the certificate", _SERVER, 5),
    _simple("AddProtectionProfile", "Create replication policy", _PROFILE, 1, named=True),
    _simple("ModifyProtectionProfile", "Update replication policy", _PROFILE, 1),
    _simple("RemoveProtectionProfile", "Remove the replication policy", _PROFILE, 1, named=True),
    _simple("AssociateProtectionProfile", "Associate replication policy", _PROFILE, 10, named=True),
    _simple("DissociateProtectionProfile", "Dissociate replication policy", _PROFILE, 10),
    _simple("PurgeProtectionProfileAssociation", "Remove the replication policy association", _PROFILE, 5),
    _simple("SaveRecoveryPlan", "Save recovery plan", _PLAN, 2),
    _simple("UpdateRecoveryPlan", "Update recovery plan", _PLAN, 2),
    _simple("DeleteRecoveryPlan", "Delete recovery plan", _PLAN, 2),
    _simple("NetworkPairing", "Map Networks", _NETWORK, 5, named=True),
    _simple("NetworkUnPairing", "Unmap networks", _NETWORK, 5),
    _simple("RefreshVaultHealth", "Refresh vault health", _VAULT, 2),
    _simple("RestartJob", "Restart the job", _VAULT, 1),
)
_SPECS = {spec.scenario: spec for spec in _DECLARED}
