"""`python -m tests.engine.keep_state VERSION`: keeps files and states of two small stacks as this release has them.

One estate is made by its stack, the other was set up by hand and is adopted. Run once for each release, from a clean
checkout; the files are never written again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.generated_estate import POLICY, declare, write_inventory
from tests.engine.made_by_hand import HALFWAY, VAULT, HandMade
from tests.engine.stack_under_test import StackUnderTest
from tests.engine_fixture import ROOT, EngineUnderTest, engine_environment
from tests.simulator.running import RunningSimulator
from tools.engine.bootstrap import provide_engine
from tools.engine.cache import EngineCache, user_cache_directory

KEPT = Path(__file__).parent / "state"
MADE, ADOPTED = "made", "adopted"
PROJECT = "THE-PROJECT"
VMS = 2


def inventory(directory: Path) -> str:
    """The Hyper-V host of the estate that its stack makes."""
    return str(write_inventory(directory / "inventory.yaml", VMS))


def as_kept(version: str, estate: str, stack: StackUnderTest) -> StackUnderTest:
    """A new stack with the file that a release was given; it has no state yet."""
    shutil.copy(KEPT / version / f"{estate}.yaml", stack.file)
    return stack


def import_state(version: str, estate: str, stack: StackUnderTest) -> None:
    """Gives a stack the state that a release left."""
    state = stack.directory / "state.json"
    text = (KEPT / version / f"{estate}.json").read_text(encoding="utf-8")
    state.write_text(text.replace(PROJECT, stack.project), encoding="utf-8")
    stack.pulumi("stack", "import", "--file", str(state), "--stack", stack.stack)


def imported(stack: StackUnderTest) -> subprocess.CompletedProcess[str]:
    """`python -m dr import` of the vault that was made by hand, in a stack's project, over its file."""
    where = ("--vault", VAULT[1], "--resource-group", VAULT[0], "--cloud", "simulator")
    return subprocess.run(
        [sys.executable, "-m", "dr", "import", *where, "--stack", stack.stack, "--force"],
        cwd=stack.directory,
        env={**stack.engine.environment, **stack.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def main(version: str) -> None:
    provided = provide_engine(EngineCache(user_cache_directory() / "engine"), lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        engine = EngineUnderTest(provided.executable, engine_environment(directory, provided.directory))

        def new_stack(estate: str, simulator: RunningSimulator) -> StackUnderTest:
            (directory / estate).mkdir()
            return StackUnderTest(directory / estate, engine, simulator)

        _keep_made(version, directory, new_stack)
        _keep_adopted(version, directory, new_stack)


_NewStack = Callable[[str, RunningSimulator], StackUnderTest]


def _keep_made(version: str, directory: Path, new_stack: _NewStack) -> None:
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", inventory(directory))
    try:
        stack = new_stack(MADE, simulator)
        stack.edit(_declare_made)
        _keep(version, MADE, stack)
    finally:
        simulator.stop()


def _declare_made(config: dict[str, Any]) -> None:
    declare(config, VMS)
    config["site-recovery:policies"]["nightly"] = {"replicationIntervalSeconds": 900}
    first, second = config["site-recovery:vms"].values()
    first["target"] = {"staticIp": "10.1.0.10", "tags": {"application": "orders"}, "test": {"network": "test"}}
    second |= {"policy": "nightly", "source": {"disks": {"exclude": ["vm02-data.vhdx"]}}}
    config["site-recovery:tiers"] = {"gold": {"policy": POLICY, "failover": {"mode": "unplanned"}}}
    first["tier"] = "gold"


def _keep_adopted(version: str, directory: Path, new_stack: _NewStack) -> None:
    vault = HandMade(directory)
    try:
        stack = new_stack(ADOPTED, vault.simulator)
        imported(stack).check_returncode()
        # A release that cannot adopt a VM in the middle of a failback is to have a state, too.
        stack.edit(lambda config: config["site-recovery:vms"].pop(HALFWAY))
        _keep(version, ADOPTED, stack)
    finally:
        vault.stop()


def _keep(version: str, estate: str, stack: StackUnderTest) -> None:
    stack.up()
    deployment = json.loads(stack.pulumi("stack", "export", "--stack", stack.stack).stdout)
    text = json.dumps(deployment, indent=1).replace(stack.simulator.url, "https://127.0.0.1:0") + "\n"
    (KEPT / version).mkdir(parents=True, exist_ok=True)
    (KEPT / version / f"{estate}.json").write_text(text.replace(stack.project, PROJECT), encoding="utf-8")
    shutil.copy(stack.file, KEPT / version / f"{estate}.yaml")


if __name__ == "__main__":
    main(sys.argv[1])
