"""A simulated site for the executor's tests: made once, and taken back to a known instant before each test.

A test begins in a named stage of a move. The stages are reached once, by the executor itself with a hold after the step
before, and kept as snapshots of the simulator; going back to one takes milliseconds.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from executor.move import MoveOrder, Outcome, carry_out
from executor.observe import Look, observe
from executor.stops import Waiting
from lifecycle.directions import Direction
from lifecycle.observation import Observation
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions, SourceOff
from lifecycle.planner import plan
from lifecycle.steps import PlannedStep, Step
from site_recovery.connection import connect
from site_recovery.job_parsing import parse_job
from site_recovery.records import JobRecord, VaultId
from site_recovery.service import SiteRecovery
from site_recovery.target import Target
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, SITE, VAULT, prepare, protect

AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
# Every step goes on by itself: what a test is not about does not stop it.
BOLD = MoveOptions(mode=FailoverMode.UNPLANNED, failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
PLANNED = MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
FULL_DOWNLOAD = MoveOptions(
    mode=FailoverMode.UNPLANNED,
    failover_commit=Commit.AUTOMATIC,
    failback_commit=Commit.AUTOMATIC,
    data_sync=DataSync.DURING_FAILOVER,
)
MACHINES = ("vm01", "vm02")
LONG_HENCE = datetime.max.replace(tzinfo=UTC)

# What our operations are called in the simulator's audit log.
_MOVES = (
    "PlannedFailover",
    "UnplannedFailover",
    "FailoverCommit",
    "ApplyRecoveryPoint",
    "Reprotect",
    "ReplicationJobs_Resume",
)


@dataclass(frozen=True)
class Connection:
    """All that another process needs to speak to the same vault."""

    environment: Mapping[str, str]
    target: Target
    vault: VaultId

    def open(self) -> SiteRecovery:
        return connect(self.target, self.vault, environment=self.environment)


@dataclass
class Told:
    """A listener that keeps what it was told."""

    steps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def step(self, planned: PlannedStep) -> None:
        self.steps.append(planned.step.value)

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        if job.current_task is not None:
            self.tasks.append(f"{planned.step}: {job.current_task.friendly_name}")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@dataclass
class Run:
    """What became of one run: `stop` is the exception that ended it, None when it reached its goal."""

    outcome: Outcome
    told: Told
    stop: Exception | None

    @property
    def taken(self) -> list[str]:
        return self.outcome.taken

    def stopped(self, kind: type[Exception]) -> str:
        """The words of the stop, which has to be of this kind."""
        assert isinstance(self.stop, kind), f"expected {kind.__name__}, but {self.stop!r}; taken {self.taken}"
        return str(self.stop)

    def reached(self) -> Run:
        if self.stop is not None:
            raise self.stop
        return self


class Site:
    """One simulator with a vault, a Hyper-V site and two protected machines of a generated inventory."""

    _numbers = itertools.count(1)

    def __init__(self, directory: Path, profile: str, *, speed: float, arguments: tuple[str, ...] = ()) -> None:
        self.profile = profile
        self._speed = speed
        inventory = directory / "inventory.yaml"
        inventory.write_text(json.dumps(_inventory()), encoding="utf-8")
        self.simulator = RunningSimulator(
            directory,
            *("--profile", profile, "--speed", str(speed), "--inventory", str(inventory), *arguments),
        )
        self.items: dict[str, str] = {}
        self._kept = {"protected"}
        try:
            self._prepare()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.simulator.stop()

    def begin(self, stage: str = "protected", options: MoveOptions = BOLD) -> Site:
        """Take everything back to where vm01 stands in a stage, reached with these choices."""
        self.admin("PUT", "/clock", {"manual": False, "speed": self._speed})
        name = self._reach(stage, options)
        self._restore(name)
        self.service = self.connection().open()
        return self

    def connection(self) -> Connection:
        """A new client, which remembers nothing of another one."""
        ready = self.simulator.ready
        # Read by nobody; another environment is another connection.
        environment = {**self.simulator.environment, "AZURE_TEST_CLIENT": str(next(self._numbers))}
        target = Target("simulator", ready.subscription_id, ready.tenant_id)
        return Connection(environment, target, VaultId(ready.subscription_id, GROUP, VAULT))

    def observe(self, vm: str = "vm01", *, take_over: str | None = None) -> Observation:
        seen = observe(self.service, self.items[vm], Look(recovery_points=True, power=True), take_over)
        assert seen is not None
        return seen

    def order(
        self, goal: Direction, options: MoveOptions, *, vm: str = "vm01", steps: frozenset[str] | None = None
    ) -> MoveOrder:
        """What an `up` would carry out now: the steps are those that a preview shows."""
        if steps is None:
            steps = frozenset(plan(self.observe(vm, take_over=options.take_over), goal, options).names)
        return MoveOrder(self.items[vm], vm, goal, options, steps)

    def run(
        self,
        goal: Direction,
        options: MoveOptions = BOLD,
        *,
        vm: str = "vm01",
        steps: frozenset[str] | None = None,
        cancelled: threading.Event | None = None,
        told: Told | None = None,
    ) -> Run:
        """One run of the executor in this process."""
        outcome, told = Outcome(), told or Told()
        order = self.order(goal, options, vm=vm, steps=steps)
        try:
            carry_out(order, self.service, told, cancelled or threading.Event(), outcome)
        except Exception as stop:  # noqa: BLE001 - the test says which it expects
            return Run(outcome, told, stop)
        return Run(outcome, told, None)

    def stated_off(self, options: MoveOptions, vm: str = "vm01") -> MoveOptions:
        """Those choices, with somebody's word that the failover which waits for its commit has left its source off."""
        made = self.observe(vm, take_over=options.take_over).brought_here
        assert made is not None
        return replace(options, source_off=(SourceOff(made.id, LONG_HENCE),))

    def jobs(self, vm: str = "vm01") -> list[tuple[str, str]]:
        """Scenario and state of the machine's moving jobs since the test began, oldest first."""
        mine = [job for job in self.service.jobs() if job.target_object_name == vm and job.name not in self._before]
        return [(job.scenario_name, job.state) for job in reversed(mine)]

    def moves(self, vm: str = "vm01") -> list[str]:
        """The scenarios of the moving jobs, each of which has succeeded."""
        jobs = self.jobs(vm)
        assert {state for _, state in jobs} <= {"Succeeded"}, jobs
        return [scenario for scenario, _ in jobs]

    def accepted(self) -> list[str]:
        """The moving operations that the service has taken on since the test began, in order."""
        entries = self.admin("GET", "/audit")["mutations"][self.audited :]
        found = []
        for entry in entries:
            operation = entry["operation"].rsplit("_", 1)[-1]
            if entry["status"] < 400 and any(move.rsplit("_", 1)[-1] == operation for move in _MOVES):
                found.append(operation)
        return found

    def truth(self, vm: str = "vm01") -> dict[str, Any]:
        """The item as it truly is: `stage`, and `running`: which of its copies."""
        return next(view for view in self.admin("GET", "/items")["value"] if view["machine"] == vm)

    def fault(self, **rule: Any) -> None:
        """Declare one fault rule, in the simulator's own words."""
        self.admin("POST", "/faults", {"faults": [rule]})

    def by_hand(self, operation: str, vm: str = "vm01", **more: Any) -> str:
        """Somebody acts in the portal; the name of the job."""
        return str(self.admin("POST", "/portal", {"vm": vm, "operation": operation, **more})["job"])

    def finish_by_hand(self, operation: str, vm: str = "vm01", **more: Any) -> str:
        """Somebody acts in the portal, and the job ends and shows."""
        name = self.by_hand(operation, vm, **more)
        self.wait(vm, job=name)
        return name

    def wait(self, vm: str = "vm01", *, job: str | None = None) -> None:
        """Until nothing works on the machine's item (a test failover may be up), and this job of it is over."""
        if job is not None:
            self.service.watcher.wait(job, timeout_seconds=7200)
        self.service.watcher.wait_for_item(
            self.items[vm],
            until=lambda item: item is not None and bool(item.allowed_operations),
            timeout_seconds=7200,
        )

    def brought_here(self, vm: str = "vm01") -> JobRecord | None:
        """The failover or failback that brought the machine to where it is, while that is open."""
        job = self.observe(vm).brought_here
        return self.job_in_truth(job.id) if job is not None else None

    def job_in_truth(self, name: str) -> JobRecord | None:
        """A job with tasks and activity id, past every fault and lag; None when no job has this name."""
        answer = self.ask("GET", f"/jobs/{name}")
        return parse_job(answer.json()) if answer.status_code == 200 else None

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One request to the simulator's admin API."""
        return self.simulator.session.request(method, f"{self.simulator.url}/_simulator{path}", json=body, timeout=30)

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """The body of a request to the admin API that is not refused."""
        answer = self.ask(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def _prepare(self) -> None:
        service = prepare(self.simulator)
        for name in MACHINES:
            self.items[name] = protect(service, name, managed_disks=self.profile == "recorded").id
        self.admin("PUT", "/snapshots/protected")

    def _reach(self, stage: str, options: MoveOptions) -> str:
        """The snapshot of a stage; made, from that of the stage before, when there is none yet."""
        if stage == "protected":
            return stage
        before, step, goal = _REACHED[stage]
        if before == "replicatesBack" and self.profile == "recorded":
            before = "committed"
        name = f"{stage}-{options.mode}-{options.data_sync}"
        if name in self._kept:
            return name
        self._restore(self._reach(before, options))
        self.service = self.connection().open()
        held = _holding(options, step)
        run = self.run(goal, held)
        assert run.stop is None or isinstance(run.stop, Waiting), run.stop
        assert run.taken[-1] == step.value, run.stop
        self.admin("PUT", f"/snapshots/{name}")
        self._kept.add(name)
        return name

    def _restore(self, name: str) -> None:
        self.admin("POST", f"/snapshots/{name}/restore")
        service = self.connection().open()
        self._before = {job.name for job in service.jobs()}
        self.audited = len(self.admin("GET", "/audit")["mutations"])


# Each stage: the one before it, the step that leads from there, and the goal.
_REACHED = {
    "failedOver": ("protected", Step.FAILOVER, AZURE),
    "committed": ("failedOver", Step.COMMIT, AZURE),
    "replicatesBack": ("committed", Step.REPROTECT, AZURE),
    "synchronized": ("replicatesBack", Step.SYNCHRONIZE, HOME),
    "failedBack": ("replicatesBack", Step.COMPLETE_FAILOVER, HOME),
    "failbackCommitted": ("failedBack", Step.COMMIT, HOME),
}


def _holding(options: MoveOptions, step: Step) -> MoveOptions:
    return MoveOptions(**{**vars(options), "hold_after": step})


def _inventory() -> dict[str, Any]:
    machines = [
        {
            "name": name,
            "churnMBps": 0.05,
            "disks": [{"name": f"{name}-os.vhdx", "sizeGB": 40, "usedGB": 1, "operatingSystem": True}],
            "nics": [{"name": "Network Adapter", "network": "production", "ipAddress": f"192.168.10.{number}"}],
        }
        for number, name in enumerate(MACHINES, 11)
    ]
    return {
        "hosts": [
            {
                "name": "hv01",
                "site": SITE,
                "registersAfterSeconds": 1,
                "bandwidthMBps": 1000,
                "virtualMachines": machines,
            }
        ]
    }
