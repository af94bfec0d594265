"""What ``tools/do.py`` can do; each target lives in a module of ``tools/targets``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.targets import demo, environment, housekeeping, quality, setup, simulator


@dataclass(frozen=True)
class Target:
    """summary -- one line of help
    run     -- takes the arguments after the target's name; returns the exit code
    """

    summary: str
    run: Callable[[list[str]], int]


TARGETS = {
    "setup": Target("virtual environment and engine; done again only when something changed", setup.main),
    "demo": Target("one VM to Azure and back, with the real engine against the simulator", demo.main),
    "test": Target("lint, and all tests", quality.test),
    "lint": Target("ruff, mypy, import rules, formatting", quality.lint),
    "crash-matrix": Target("kill engine and executor at every instant of every move", quality.crash_matrix),
    "engine": Target("the engine alone; prints the directory that belongs on PATH", setup.engine_directory),
    "env": Target('print what a shell needs: eval "$(make -s env)", or --shell powershell', environment.main),
    "simulator": Target("run Azure Site Recovery on this machine until Ctrl-C", simulator.main),
    "bench": Target("measure, and write benchmarks/out/latest.json", housekeeping.bench),
    "docs": Target("write the generated pages of docs/ again", housekeeping.docs),
    "test-azure-cli": Target(
        "the Azure CLI against the simulator; installs the CLI into the user's cache", quality.test_azure_cli
    ),
    "lock": Target("pin all dependencies again", housekeeping.lock),
    "clean": Target("remove what was built in this checkout, and the local stack's state", housekeeping.clean),
}
