"""The demo itself: a simulator, a stack of two VMs, one flipped to Azure and back, and the service's own jobs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.demo.commands import Commands, end
from tools.project import PYTHON, ROOT, WORK, TargetFailed, project_environment
from tools.targets.environment import path_entries, variables

STACK = "local"
STACK_FILE = ROOT / "stacks" / f"Pulumi.{STACK}.yaml"
_READY_SECONDS = 60.0


def show(engine: Path, *, vm: str, speed: float) -> None:
    """Flip `vm` there and back, and leave nothing behind. `speed`: simulated seconds a second. Raises TargetFailed."""
    WORK.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="demo-", dir=WORK))
    try:
        # The settings are edited on the way, so that is done on a copy.
        settings = Path(shutil.copy(STACK_FILE, directory))
        environment = {
            **project_environment(),
            **variables(directory / "state"),
            "PULUMI_HOME": str(directory / "home"),
            "PATH": os.pathsep.join([*path_entries(engine), os.environ.get("PATH", "")]),
        }
        with _simulator(directory, speed) as client_environment:
            _there_and_back(Commands({**environment, **client_environment}), settings, vm)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _there_and_back(commands: Commands, settings: Path, vm: str) -> None:
    direction = f"site-recovery:vms.{vm}.direction"
    file = ["--config-file", os.path.relpath(settings, ROOT)]
    stack = ["--stack", STACK, *file]
    commands.explain(
        "A stack: the vault, the Hyper-V site, the policy, and two VMs protected from on premises to Azure."
    )
    commands.run("pulumi", "stack", "init", STACK)
    commands.run("pulumi", "up", "--yes", "--skip-preview", *stack)

    commands.explain(f"What would it mean to run {vm} in Azure? One line of the stack's settings, and a preview.")
    commands.run("pulumi", "config", "set", *stack, "--path", direction, "azureToOnPremises")
    commands.run("pulumi", "preview", *stack)

    commands.explain("Stages 1 and 2 of the tutorial: fail over to Azure, commit, reprotect.")
    commands.run("pulumi", "up", "--yes", *stack)

    commands.explain("Stages 3 and 4: synchronize, complete the failover to on premises, commit, reverse replicate.")
    commands.run("pulumi", "config", "set", *stack, "--path", direction, "onPremisesToAzure")
    commands.run("pulumi", "up", "--yes", *stack)

    commands.explain("All is as declared.")
    commands.run("pulumi", "preview", "--expect-no-changes", *stack)

    commands.explain("Forgetting the stack stops nothing at the service: replication goes on.")
    commands.run("pulumi", "destroy", "--yes", "--skip-preview", *stack)

    commands.explain("The service's own record of what was done, read with the Azure SDK.")
    commands.run("python", "-m", "tools.demo.job_table", os.path.relpath(settings, ROOT), vm)


@contextmanager
def _simulator(directory: Path, speed: float) -> Iterator[dict[str, str]]:
    """A simulator of its own, whatever else runs on this machine. Gives what its clients need in their environment."""
    ready_file = directory / "ready.json"
    command = [
        str(PYTHON), "-m", "simulator", "serve", "--port", "0", "--profile", "tutorial", "--speed", f"{speed:g}",
        "--state", str(directory / "simulator.db"), "--ready-file", str(ready_file),
    ]  # fmt: skip
    with (directory / "simulator.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=project_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C ends the command that is under way first, then this
        )
        try:
            _wait_until_ready(process, ready_file, Path(log.name))
            print(f"# Azure Site Recovery is simulated on this machine, {speed:g} times as fast as life.")
            yield _client_environment(ready_file)
        finally:
            end(process)


def _wait_until_ready(process: subprocess.Popen[str], ready_file: Path, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TargetFailed(f"The simulator did not start:\n{log.read_text(encoding='utf-8').strip()}")
        time.sleep(0.05)


def _client_environment(ready_file: Path) -> dict[str, str]:
    """Of the lines `export NAME=VALUE` that the simulator prints for a shell."""
    printed = subprocess.run(
        [str(PYTHON), "-m", "simulator", "env", "--ready-file", str(ready_file)],
        cwd=ROOT,
        env=project_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    exported = [word for line in printed.splitlines() for word in shlex.split(line) if word != "export"]
    return dict(word.partition("=")[::2] for word in exported)
