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
_NO_MOVES = {"EnableDr", "IrCompletion", "UpdateVmProperties"}
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
        self.heal()
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
        return self.finish(self.start(*arguments, **environment), typed)

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

    def until_said(self, process: subprocess.Popen[str], text: str) -> str:
        """Reads what the command says until `text` is in it."""
        assert process.stdout is not None
        said = ""
        while text not in said:
            read = process.stdout.read(1)
            assert read, f"it ended without saying '{text}':\n{said}"
            said += read
        return said

    def take_network_away(self) -> None:
        """Deletes the network that the VM is to start in, as a colleague might."""
        path = f"{self.simulator.subscription_path}/resourceGroups/{_VAULT[0]}/providers/Microsoft.Network"
        answer = self.simulator.arm("DELETE", f"{path}/virtualNetworks/prod", version="2025-01-01")
        assert answer.status_code in (200, 202, 204), answer.text

    def switch_azure_vm_off(self) -> None:
        """Stops the VM that a failover has made, as a colleague might."""
        path = f"{self.simulator.subscription_path}/providers/Microsoft.Compute/virtualMachines"
        (vm,) = self.simulator.arm("GET", path, version="2024-07-01").json()["value"]
        answer = self.simulator.arm("POST", f"{vm['id']}/deallocate", version="2024-07-01")
        assert answer.status_code in (200, 202), answer.text
        self._admin("POST", "/clock/advance", {"seconds": 120})

    def change_item(self, **properties: Any) -> None:
        """Updates the protected item, as somebody in the portal."""
        with self.simulator.site_recovery() as client:
            items = client.replication_protected_items
            (item,) = items.list(*_VAULT)
            path = [part for part in str(item.id).split("/") if part]
            body = {"properties": {"providerSpecificDetails": {"instanceType": "HyperVReplicaAzure"}, **properties}}
            items.begin_update(*_VAULT, path[-5], path[-3], path[-1], body).result(60)

    def fail(self, rule: dict[str, Any]) -> None:
        """Declares one fault rule of the simulator."""
        self._admin("POST", "/faults", {"faults": [rule]})

    def heal(self) -> None:
        """No fault strikes any more."""
        self._admin("DELETE", "/faults")

    def wait(self, *, hours: float) -> None:
        """So much time passes in the service."""
        self._admin("POST", "/clock/advance", {"seconds": hours * 3600})

    def interrupt(self, process: subprocess.Popen[str]) -> Ended:
        """Ctrl-C, and how it ended."""
        os.killpg(process.pid, signal.SIGINT)
        return self.finish(process)

    def until_job(self, scenario: str) -> None:
        """Until a job of this scenario is there."""
        for _ in range(600):
            if scenario in self.jobs():
                return
            time.sleep(0.05)
        raise AssertionError(f"no job {scenario}, but {self.jobs()}")

    def finish(self, process: subprocess.Popen[str], typed: str = "") -> Ended:
        """What the command says from here to its end."""
        try:
            said, _ = process.communicate(typed, timeout=120)
        finally:
            _end(process)
        return Ended(process.returncode, " ".join(said.split()))

    def jobs(self) -> list[str]:
        """The scenarios of the moves' jobs, oldest first."""
        with self.simulator.site_recovery() as client:
            jobs = [job.as_dict()["properties"] for job in client.replication_jobs.list(*_VAULT)]
        of_vm = [job for job in jobs if job["targetObjectName"] == VM]
        ordered = sorted(of_vm, key=lambda job: str(job["startTime"]))
        return [job["scenarioName"] for job in ordered if job["scenarioName"] not in _NO_MOVES]

    def _admin(self, method: str, path: str, body: Any = None) -> None:
        answer = self.simulator.session.request(method, f"{self.simulator.url}/_simulator{path}", json=body, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.text}"


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
