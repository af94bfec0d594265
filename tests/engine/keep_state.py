"""`python -m tests.engine.keep_state VERSION`: keeps the state of a small estate as this release writes it.

Run once for each release, from a clean checkout; the file is never written again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.engine.generated_estate import declare, write_inventory
from tests.engine.stack_under_test import StackUnderTest
from tests.engine_fixture import EngineUnderTest, engine_environment
from tests.simulator.running import RunningSimulator
from tools.engine.bootstrap import provide_engine
from tools.engine.cache import EngineCache, user_cache_directory

KEPT = Path(__file__).parent / "state"
PROJECT = "THE-PROJECT"
VMS = 2


def kept(version: str, project: str) -> str:
    """The deployment that a release left, as of a stack of `project`."""
    return (KEPT / f"{version}.json").read_text(encoding="utf-8").replace(PROJECT, project)


def protected(directory: Path, engine: EngineUnderTest, simulator: RunningSimulator) -> StackUnderTest:
    """A stack of the small estate, not brought up yet."""
    directory.mkdir(exist_ok=True)
    stack = StackUnderTest(directory, engine, simulator)
    stack.edit(lambda config: declare(config, VMS))
    return stack


def inventory(directory: Path) -> str:
    return str(write_inventory(directory / "inventory.yaml", VMS))


def main(version: str) -> None:
    provided = provide_engine(EngineCache(user_cache_directory() / "engine"), lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        engine = EngineUnderTest(provided.executable, engine_environment(directory, provided.directory))
        simulator = RunningSimulator(directory, "--speed", "600", "--inventory", inventory(directory))
        try:
            stack = protected(directory / "project", engine, simulator)
            stack.up()
            deployment = json.loads(stack.pulumi("stack", "export", "--stack", stack.stack).stdout)
        finally:
            simulator.stop()
        text = json.dumps(deployment, indent=1).replace(simulator.url, "https://127.0.0.1:0") + "\n"
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{version}.json").write_text(text.replace(stack.project, PROJECT), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
