"""What Site Recovery keeps: jobs and protected items. The rest (fabrics, policies, mappings) are plain bodies."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from simulator.asr.scenarios import JobSpec, Measure, TaskSpec
from simulator.asr.states import Stage
from simulator.store import Document


class JobState(StrEnum):
    """`state` of a job (the operation status spells the fifth one `Canceled`)."""

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    SUSPENDED = "Suspended"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


@dataclass
class Task:
    """A task of a job. Instants are virtual seconds since 1970, or None."""

    task_id: str
    name: str
    friendly_name: str
    seconds: float
    measure: str = Measure.NOTHING
    waits: bool = False
    task_type: str = "TaskDetails"
    state: str = "NotStarted"
    description: str = "NotStarted"
    started: float | None = None
    ended: float | None = None
    errors: list[Document] = field(default_factory=list)

    def end(self, state: str, description: str, now: float) -> None:
        """It is over."""
        self.started = self.started if self.started is not None else now
        self.state, self.description, self.ended = state, description, now


@dataclass
class Job:
    """A job, which is also the operation of the request that started it.

    Attributes:
        vault: the vault's id as Site Recovery writes it.
        item: key of the protected item it works on, or empty.
        result: id of the resource that `operationresults` gives, or empty for none.
        payload: what its effects need to know.
        current: index of the task under way; -1 before the first.
        turn: counts every change of course, so that events of an earlier one are void.
        listed: from when on the list of jobs shows it.
        origin: "service" for what a request or the service itself started, "portal" for what somebody did by hand.
    """

    name: str
    vault: str
    scenario: str
    friendly_name: str
    target_type: str
    target_id: str
    target_name: str
    activity_id: str
    created: float
    tasks: list[Task]
    item: str = ""
    result: str = ""
    payload: Document = field(default_factory=dict)
    state: str = JobState.NOT_STARTED
    description: str = "NotStarted"
    ended: float | None = None
    errors: list[Document] = field(default_factory=list)
    warning: Document | None = None
    current: int = -1
    turn: int = 0
    listed: float = 0.0
    origin: str = "service"

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"{self.vault}/replicationJobs/{self.name}"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}

    @property
    def task(self) -> Task | None:
        """The task under way."""
        return self.tasks[self.current] if 0 <= self.current < len(self.tasks) else None


@dataclass
class Replication:
    """How an item's data moves. Megabytes, and virtual seconds since 1970.

    Attributes:
        phase: "initial", "running" (cycles), "tracking" (changes are counted, nothing is sent) or "stopped".
        settled: up to when cycles have been carried out.
        backlog: changed at the source and not yet sent.
        remaining: what initial replication still has to move.
        total: what initial replication has to move altogether.
        points: recovery points, oldest first, as [instant, application-consistent].
        broken: the site could not be reached at the last cycle.
        reverse: it goes from Azure to on premises.
        resync: so much was left unsent that the changes are no longer tracked: all disks have to be compared anew.
    """

    phase: str = "stopped"
    settled: float = 0.0
    interval: float = 300.0
    history_hours: float = 2.0
    app_hours: float = 1.0
    bandwidth: float = 100.0
    backlog: float = 0.0
    total: float = 0.0
    remaining: float = 0.0
    last_replicated: float | None = None
    last_app: float | None = None
    points: list[tuple[float, bool]] = field(default_factory=list)
    broken: bool = False
    reverse: bool = False
    resync: bool = False


@dataclass
class ProtectedItem:
    """A protected item.

    Attributes:
        id: as Site Recovery writes it.
        stage: where it stands; what clients see is that stage's row.
        job: name of the job that works on it, until the item reflects the end of that job; or empty.
        scenario: what `currentScenario` shows while a job works on the item, or None.
        test_scenario: what it shows otherwise as long as a test failover is up, or None.
        quiet: nothing is offered at the moment, though no scenario shows (the item runs behind its job).
        settings: the provider-specific settings of the target, by their names in the recorded body.
        failover_point: the recovery point that its machine in Azure was started from; shown_point is what clients
            see of it, which runs behind, even behind the operations that the item offers.
        azure_vm: ARM id of the virtual machine that a failover made, or empty; test_vm likewise for a test failover.
        azure_since: since when the running Azure virtual machine has been writing; None while it does not run.
        azure_delta: megabytes that it wrote before that and that are not on premises.
    """

    id: str
    name: str
    vault: str
    container: str
    fabric: str
    vm: str
    policy: str
    protectable: str
    stage: str
    settings: Document
    nics: list[Document]
    scenario: Document | None = None
    test_scenario: Document | None = None
    job: str = ""
    quiet: bool = False
    test_failover: str = "None"
    failover_point: str | None = None
    shown_point: str | None = None
    last_failover: float | None = None
    last_test_failover: float | None = None
    azure_vm: str = ""
    test_vm: str = ""
    azure_since: float | None = None
    azure_delta: float = 0.0
    replication: Replication = field(default_factory=Replication)
    correlation: str = ""

    @property
    def key(self) -> str:
        """Its key in the table."""
        return self.id.lower()

    @property
    def standing(self) -> Stage:
        """Its stage, with what replication did by itself since."""
        stage = Stage(self.stage)
        return Stage.RESYNCHRONIZATION_REQUIRED if stage is Stage.PROTECTED and self.replication.resync else stage

    @property
    def visible(self) -> bool:
        """Whether it can be read: not before its EnableDr job has ended."""
        return self.stage != Stage.ENABLING


def new_tasks(spec: JobSpec) -> list[Task]:
    """The tasks of a declared job, not started."""
    return [new_task(task) for task in spec.tasks]


def new_task(spec: TaskSpec) -> Task:
    """A declared task, not started."""
    return Task(
        task_id=spec.task_id,
        name=spec.name,
        friendly_name=spec.friendly_name,
        seconds=spec.seconds,
        measure=spec.measure.value,
        waits=spec.waits,
        task_type=spec.task_type,
    )


def encode(record: Any) -> Document:
    """A record as a document."""
    return asdict(record)


def job_of(document: Document) -> Job:
    """A job from its document."""
    return Job(**{**document, "tasks": [Task(**task) for task in document["tasks"]]})


def item_of(document: Document) -> ProtectedItem:
    """A protected item from its document."""
    replication = Replication(
        **{**document["replication"], "points": [(at, app) for at, app in document["replication"]["points"]]}
    )
    return ProtectedItem(**{**document, "replication": replication})
