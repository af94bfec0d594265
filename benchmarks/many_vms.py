"""A stack of many VMs, as a user has it, with the real engine against a simulator of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.vaults import write_inventory
from tests.engine.stack_under_test import StackUnderTest
from tests.engine_fixture import EngineUnderTest, engine_environment
from tests.simulator.running import RunningSimulator
from tools.engine.bootstrap import provide_engine
from tools.engine.cache import EngineCache, user_cache_directory

# Of the preparation, which nobody measures.
PREPARING_SPEED = 600.0
_ENDS_WITHIN = 3600.0
# The engine writes the state once, at the end, and not twice a resource: of the preparation only.
_ONE_WRITING = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
_MOVES = frozenset({"UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"})


@dataclass(frozen=True)
class Chain:
    """The move jobs of one VM: `seconds` is the sum of their durations, of the service's clock."""

    vm: str
    seconds: float
    jobs: tuple[str, ...]


class ManyVms:
    """A stack of `count` VMs, all of them protected from on premises."""

    def __init__(self, directory: Path, count: int) -> None:
        self.count = count
        self.names = [f"vm{number:04d}" for number in range(count)]
        inventory = write_inventory(directory, count)
        self.simulator = RunningSimulator(
            directory,
            "--speed",
            str(PREPARING_SPEED),
            "--inventory",
            str(inventory),
            "--state",
            str(directory / "world"),
        )
        self.stack = StackUnderTest(directory / "project", _engine(directory), self.simulator)
        self.stack.edit(self._declare)
        self._prepare()

    def flip(self) -> None:
        """Declares every VM in Azure."""
        self.stack.edit(self._flip)

    def run_at(self, speed: float) -> None:
        """Seconds of the service in one of ours."""
        self._admin("PUT", "/clock", {"speed": speed, "manual": False})

    def up(self) -> float:
        """`pulumi up` without its preview; wall seconds."""
        return self.pulumi("up", "--yes", "--skip-preview")

    def pulumi(self, *arguments: str) -> float:
        """A command to its end; wall seconds."""
        return timed(self.stack, *arguments, parallel=self.count + 64)

    def start_up(self) -> AbstractContextManager[subprocess.Popen[str]]:
        """An `up` that is interrupted."""
        command = ("up", "--yes", "--skip-preview", "--stack", self.stack.stack, "--suppress-progress")
        environment = {**self.stack.environment, "PULUMI_PARALLEL": str(self.count + 64)}
        return self.stack.engine.start(*command, cwd=self.stack.directory, extra=environment)

    def wait_until_moving(self) -> None:
        """Until a job of a move is under way for every VM."""
        for _ in range(1200):
            under_way = {job["targetObjectName"] for job in self._moves() if job["state"] == "InProgress"}
            if under_way >= set(self.names):
                return
            time.sleep(0.1)
        raise RuntimeError("not every VM moves")

    def forget_reads(self) -> None:
        """The count of reads begins anew."""
        self._admin("DELETE", "/audit")

    def reads(self) -> dict[str, int]:
        """How often each operation was read."""
        counts: dict[str, int] = self._admin("GET", "/audit")["reads"]
        return counts

    def service_now(self) -> float:
        """The service's clock, in seconds."""
        return float(self._admin("GET", "/clock")["epochSeconds"])

    def chains(self) -> list[Chain]:
        """The move jobs of each VM. Raises if one did not succeed, or a VM has other jobs than one move."""
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in self.names}
        for job in self._moves():
            found[job["targetObjectName"]].append(job)
        return [_chain(name, jobs) for name, jobs in found.items()]

    def _moves(self) -> Iterator[dict[str, Any]]:
        vault = f"/subscriptions/{self.simulator.ready.subscription_id}/resourceGroups/contoso-dr/providers"
        for job in self._listed(f"{vault}/Microsoft.RecoveryServices/vaults/contoso-vault/replicationJobs"):
            if job["properties"]["scenarioName"] in _MOVES:
                yield job["properties"]

    def _listed(self, path: str) -> Iterator[dict[str, Any]]:
        page = self.simulator.arm("GET", path, version="2025-08-01").json()
        while True:
            yield from page["value"]
            if not page.get("nextLink"):
                return
            headers = {"Authorization": f"Bearer {self.simulator.token()}"}
            page = self.simulator.session.get(page["nextLink"], headers=headers, timeout=60).json()

    def _prepare(self) -> None:
        # Twice: the first `up` after the one that protects a VM writes the id that it got then among its inputs, and a
        # stack that somebody relies on has had that one.
        for _ in range(2):
            timed(self.stack, "up", "--yes", "--skip-preview", parallel=self.count + 64, extra=_ONE_WRITING)

    def _declare(self, config: Any) -> None:
        config["site-recovery:maxMoves"] = self.count
        # Room for all of them: Azure gives 251 machines an address in the prefix that the stack file has.
        config["site-recovery:networks"]["contoso-vnet"]["subnets"]["data"]["prefix"] = "10.1.0.0/20"
        config["site-recovery:vms"] = {name: {"direction": "onPremisesToAzure"} for name in self.names}

    def _flip(self, config: Any) -> None:
        config["site-recovery:vms"] = {name: {"direction": "azureToOnPremises"} for name in self.names}

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.simulator.session.request(
            method, f"{self.simulator.url}/_simulator{path}", json=body, timeout=120
        )
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


@contextmanager
def many_vms(count: int) -> Iterator[ManyVms]:
    """A stack of so many protected VMs, for the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        (Path(directory) / "project").mkdir()
        vms = ManyVms(Path(directory), count)
        try:
            yield vms
        finally:
            vms.simulator.stop()


def timed(stack: StackUnderTest, *arguments: str, parallel: int, extra: Mapping[str, str] | None = None) -> float:
    """A command on a stack to its end; wall seconds. Raises with what it said if it fails."""
    command = (*arguments, "--stack", stack.stack, "--suppress-progress")
    environment: Mapping[str, str] = {**stack.environment, "PULUMI_PARALLEL": str(parallel), **(extra or {})}
    began = time.perf_counter()
    with stack.engine.start(*command, cwd=stack.directory, extra=environment) as process:
        said, _ = process.communicate(timeout=_ENDS_WITHIN)
    taken = time.perf_counter() - began
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    return taken


def _engine(directory: Path) -> EngineUnderTest:
    provided = provide_engine(EngineCache(user_cache_directory() / "engine"), lambda line: print(line, file=sys.stderr))
    return EngineUnderTest(provided.executable, engine_environment(directory, provided.directory))


def _chain(vm: str, jobs: list[dict[str, Any]]) -> Chain:
    failed = [job for job in jobs if job["state"] != "Succeeded"]
    if failed or sorted(job["scenarioName"] for job in jobs) != sorted(_MOVES):
        raise RuntimeError(f"{vm} did not move once: {[(job['scenarioName'], job['state']) for job in jobs]}")
    ordered = sorted(jobs, key=lambda job: str(job["startTime"]))
    return Chain(vm, sum(map(_seconds, jobs)), tuple(job["scenarioName"] for job in ordered))


def _seconds(job: dict[str, Any]) -> float:
    return (_instant(job["endTime"]) - _instant(job["startTime"])).total_seconds()


def _instant(text: str) -> datetime:
    # Seven digits after the point, where Python reads at most six.
    return datetime.fromisoformat(f"{text.rstrip('Z')[:26]}+00:00")
