"""A vault with one protected VM, a stack file for it and no engine: what `python -m dr move` is used with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.simulator.running import PROJECT, RunningSimulator
from tests.site_recovery.prepared import prepare, protect

VM = "sql01"
FAST = 600.0
_VAULT = ("contoso-dr", "contoso-vault")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said: output and errors together, lines joined by single spaces."""

    code: int
    said: str


class BrokenGlass:
    """`begin` takes the vault and the stack file back to a VM that is protected from on premises."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "Pulumi.local.yaml"
        self.simulator = RunningSimulator(directory, "--speed", str(FAST))
        protect(prepare(self.simulator), VM)
        self._admin("PUT", "/snapshots/protected")

    def begin(self, **settings: Any) -> BrokenGlass:
        """`settings` are those of the VM."""
        self._admin("POST", "/snapshots/protected/restore")
        self.run_at(FAST)
        shutil.copy(PROJECT / "stacks" / "Pulumi.local.yaml", self.file)
        self.edit(lambda config: config["site-recovery:vms"][VM].update(settings))
        return self

    def edit(self, change: Callable[[Any], Any]) -> None:
        """Changes the stack file: `change` takes its `config` and alters it in place."""
        yaml = YAML()
        content = yaml.load(self.file)
        change(content["config"])
        yaml.dump(content, self.file)

    def run_at(self, speed: float) -> None:
        """Seconds of the service in one of ours."""
        self._admin("PUT", "/clock", {"speed": speed, "manual": False})

    def move(self, *arguments: str, typed: str = "", **environment: str) -> Ended:
        """The command to its end; `typed` is its standard input."""
        process = self.start(*arguments, **environment)
        try:
            said, _ = process.communicate(typed, timeout=120)
        finally:
            _end(process)
        return Ended(process.returncode, " ".join(said.split()))

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The command under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "dr", "move", *arguments, "--stack-file", str(self.file)],
            cwd=PROJECT,
            env={**self.simulator.environment, "COLUMNS": "200", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def interrupt(self, process: subprocess.Popen[str]) -> Ended:
        """Ctrl-C, and how it ended."""
        os.killpg(process.pid, signal.SIGINT)
        try:
            said, _ = process.communicate(timeout=60)
        finally:
            _end(process)
        return Ended(process.returncode, " ".join(said.split()))

    def until_job(self, scenario: str) -> None:
        """Until a job of this scenario is there."""
        for _ in range(600):
            if scenario in self.jobs():
                return
            time.sleep(0.05)
        raise AssertionError(f"no job {scenario}, but {self.jobs()}")

    def jobs(self) -> list[str]:
        """The scenarios of the moves' jobs, oldest first."""
        with self.simulator.site_recovery() as client:
            jobs = [job.as_dict()["properties"] for job in client.replication_jobs.list(*_VAULT)]
        of_vm = [job for job in jobs if job["targetObjectName"] == VM]
        ordered = sorted(of_vm, key=lambda job: str(job["startTime"]))
        return [job["scenarioName"] for job in ordered if job["scenarioName"] not in {"EnableDr", "IrCompletion"}]

    def _admin(self, method: str, path: str, body: Any = None) -> None:
        answer = self.simulator.session.request(method, f"{self.simulator.url}/_simulator{path}", json=body, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.text}"


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
