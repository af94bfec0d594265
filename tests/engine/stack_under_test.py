"""This project, as a user has it, with a stack of its own against a simulator of its own, driven by the real CLI."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ruamel.yaml import YAML

from tests.engine_fixture import ROOT, EngineUnderTest
from tests.simulator.running import RunningSimulator

_LINKED = ("__main__.py", "components", "providers", "executor", "lifecycle", "site_recovery")
STAND_IN = ROOT / "simulator" / "azure_native" / "bin"
VAULT = ("contoso-dr", "contoso-vault")


class StackUnderTest:
    """A copy of the project whose stack file a test may change, and the commands that a user types."""

    def __init__(
        self, directory: Path, engine: EngineUnderTest, simulator: RunningSimulator, stack: str = "local"
    ) -> None:
        self.directory = directory
        self.engine = engine
        self.simulator = simulator
        self.stack = stack
        self.environment = self._environment()
        self._lay_out()
        self.pulumi("stack", "init", stack)

    @property
    def project(self) -> str:
        """The project's name, which is this copy's own."""
        found = re.search(r"^name: (.*)$", (self.directory / "Pulumi.yaml").read_text(encoding="utf-8"), re.MULTILINE)
        assert found is not None
        return found.group(1)

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.directory / "stacks" / f"Pulumi.{self.stack}.yaml"

    def pulumi(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """One command to its end; output and errors together."""
        return self.engine.run(
            *arguments, cwd=self.directory, check=check, timeout=200, extra={**self.environment, **environment}
        )

    def preview(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.pulumi("preview", *self._on_stack(), *arguments, check=check, **environment)

    def preview_json(self, *arguments: str, check: bool = True, **environment: str) -> dict[str, Any]:
        """`preview --json`, parsed."""
        shown = self.preview("--json", *arguments, check=check, **environment).stdout
        parsed: dict[str, Any] = json.loads(shown[shown.index("{") :])
        return parsed

    def up(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.pulumi("up", "--yes", "--skip-preview", *self._on_stack(), *arguments, check=check, **environment)

    def start_up(self, *arguments: str, **environment: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """An `up` under way, in a session of its own, for a test that interrupts it."""
        return self._start("up", *arguments, **environment)

    def start_destroy(self) -> AbstractContextManager[subprocess.Popen[str]]:
        """A `destroy` under way, in a session of its own, for a test that interrupts it."""
        return self._start("destroy")

    def mend_torn_state(self) -> None:
        """What docs/worst-day.md says to do about a state on a file share when the engine was killed while it wrote."""
        state = Path(url2pathname(urlsplit(self.engine.environment["PULUMI_BACKEND_URL"]).path))
        for torn in state.rglob("*.attrs"):
            if not torn.stat().st_size:
                torn.unlink()

    def refresh(self) -> subprocess.CompletedProcess[str]:
        return self.pulumi("refresh", "--yes", "--skip-preview", *self._on_stack())

    def destroy(self) -> subprocess.CompletedProcess[str]:
        return self.pulumi("destroy", "--yes", "--skip-preview", *self._on_stack())

    def set(self, path: str, value: str) -> None:
        """`pulumi config set --path site-recovery:PATH VALUE`."""
        self.pulumi("config", "set", "--path", f"site-recovery:{path}", value, "--stack", self.stack)

    def flip(self, vm: str, direction: str) -> None:
        """Changes the one line that is a failover."""
        self.set(f"vms.{vm}.direction", direction)

    def read(self) -> dict[str, Any]:
        """The `config` of the stack file."""
        config: dict[str, Any] = YAML(typ="safe").load(self.file)["config"]
        return config

    def edit(self, change: Any) -> None:
        """Changes the stack file: `change` takes its `config` and alters it in place."""
        yaml = YAML()
        content = yaml.load(self.file)
        change(content["config"])
        yaml.dump(content, self.file)

    def outputs(self, vm: str) -> dict[str, Any]:
        """The stack's outputs of one VM."""
        shown = self.pulumi("stack", "output", "vms", "--json", "--stack", self.stack).stdout
        found: dict[str, Any] = json.loads(shown)[vm]
        return found

    def job_scenarios(self, vm: str) -> list[tuple[str, str]]:
        """(scenario, state) of the service's own jobs on a VM, oldest first, of every kind."""
        with self.simulator.site_recovery() as client:
            jobs = [job.as_dict()["properties"] for job in client.replication_jobs.list(*VAULT)]
        of_vm = sorted((job for job in jobs if job["targetObjectName"] == vm), key=lambda job: str(job["startTime"]))
        return [(job["scenarioName"], job["state"]) for job in of_vm]

    def jobs(self, vm: str) -> list[str]:
        """The names of the service's own jobs on a VM, oldest first."""
        with self.simulator.site_recovery() as client:
            jobs = [job.as_dict() for job in client.replication_jobs.list(*VAULT)]
        of_vm = [job for job in jobs if job["properties"]["targetObjectName"] == vm]
        return [job["name"] for job in sorted(of_vm, key=lambda job: str(job["properties"]["startTime"]))]

    def all_jobs(self) -> list[str]:
        """The names of all jobs of the vault."""
        with self.simulator.site_recovery() as client:
            return sorted(str(job.name) for job in client.replication_jobs.list(*VAULT))

    def item(self, vm: str) -> dict[str, Any]:
        """The properties of the protected item as the service has it, and its `name`."""
        with self.simulator.site_recovery() as client:
            items = [item.as_dict() for item in client.replication_protected_items.list(*VAULT)]
        found = next(item for item in items if item["properties"]["friendlyName"] == vm)
        return {**found["properties"], "name": found["name"], "id": found["id"]}

    def fail_over_by_hand(self, vm: str) -> None:
        """What somebody does in the portal: an unplanned failover of the latest recovery point, not committed."""
        path = [part for part in self.item(vm)["id"].split("/") if part]
        fabric, container, item = path[-5], path[-3], path[-1]
        body = {
            "properties": {
                "failoverDirection": "PrimaryToRecovery",
                "sourceSiteOperations": "Required",
                "providerSpecificDetails": {"instanceType": "HyperVReplicaAzure"},
            }
        }
        with self.simulator.site_recovery() as client:
            items = client.replication_protected_items
            items.begin_unplanned_failover(*VAULT, fabric, container, item, body).result(timeout=60)
        self._until(lambda: "Commit" in self.item(vm)["allowedOperations"])

    def commit_by_hand(self, vm: str) -> None:
        """The portal's Commit."""
        path = [part for part in self.item(vm)["id"].split("/") if part]
        with self.simulator.site_recovery() as client:
            items = client.replication_protected_items
            items.begin_failover_commit(*VAULT, path[-5], path[-3], path[-1]).result(timeout=60)
        self._until(lambda: bool(self.item(vm)["allowedOperations"]) and not self._commits(vm))

    def _start(
        self, command: str, *arguments: str, **environment: str
    ) -> AbstractContextManager[subprocess.Popen[str]]:
        line = (command, "--yes", "--skip-preview", *self._on_stack(), *arguments)
        return self.engine.start(*line, cwd=self.directory, extra={**self.environment, **environment})

    def _commits(self, vm: str) -> bool:
        return "Commit" in self.item(vm)["allowedOperations"]

    @staticmethod
    def _until(reached: Callable[[], bool]) -> None:
        """The item lags its job by moments; the simulator's clock runs fast."""
        for _ in range(100):
            if reached():
                return
            time.sleep(0.1)
        raise AssertionError("the item does not show what its job did")

    def _on_stack(self) -> tuple[str, ...]:
        return ("--stack", self.stack, "--suppress-progress")

    def _environment(self) -> dict[str, str]:
        known = self.simulator.environment
        azure = {name: value for name, value in known.items() if name.startswith(("AZURE_", "ARM_", "NO_PROXY"))}
        certificates = {name: known[name] for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")}
        path = f"{STAND_IN}:{self.engine.environment['PATH']}"
        return {**azure, **certificates, "PATH": path, "PULUMI_PARALLEL": "32", "PULUMI_CONTINUE_ON_ERROR": "true"}

    def _lay_out(self) -> None:
        for name in _LINKED:
            (self.directory / name).symlink_to(ROOT / name)
        (self.directory / ".venv").symlink_to(sys.prefix)
        settings = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
        # Stacks of the same project name would share a place in the backend.
        name = f"site-recovery-{uuid.uuid4().hex[:8]}"
        (self.directory / "Pulumi.yaml").write_text(
            re.sub(r"^name: .*$", f"name: {name}", settings, count=1, flags=re.MULTILINE)
        )
        (self.directory / "stacks").mkdir()
        shutil.copy(ROOT / "stacks" / "Pulumi.local.yaml", self.file)


def resources_changed(preview: dict[str, Any]) -> dict[str, str]:
    """Resource names with the operation that a preview would do on them, unchanged ones left out."""
    steps = {step["urn"].rsplit("::", 1)[-1]: step["op"] for step in preview.get("steps", [])}
    return {name: operation for name, operation in steps.items() if operation != "same"}
