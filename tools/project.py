"""Where things are in this checkout, and how its commands are run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.engine.bootstrap import Engine, EngineUnavailable, find_engine, provide_engine
from tools.engine.cache import EngineCache, user_cache_directory

ROOT = Path(__file__).resolve().parents[1]
VIRTUAL_ENVIRONMENT = ROOT / ".venv"
SCRIPTS = VIRTUAL_ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
WORK = ROOT / ".work"  # untracked; what local stacks and the simulator keep
AZURE_NATIVE_STAND_IN = ROOT / "simulator" / "azure_native" / "bin"
SIMULATOR_READY_FILE = WORK / "simulator" / "ready.json"


class TargetFailed(Exception):  # noqa: N818 - says what is the matter, not that something is
    """A target cannot go on. The text is for a person, and the last thing shown."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def say(line: str) -> None:
    """Progress goes to standard error: the output of `env` is for a shell to read."""
    print(line, file=sys.stderr, flush=True)


def engine() -> Engine:
    """The engine, installed if there is none yet."""
    try:
        return provide_engine(_engine_cache(), say)
    except EngineUnavailable as unavailable:
        raise TargetFailed(str(unavailable)) from unavailable


def engine_if_there() -> Engine | None:
    return find_engine(_engine_cache(), say)


def _engine_cache() -> EngineCache:
    return EngineCache(user_cache_directory() / "engine")


def project_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with the project's virtual environment first on PATH."""
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VIRTUAL_ENVIRONMENT), **(extra or {})}


def run(command: Sequence[str | Path], extra: Mapping[str, str] | None = None) -> None:
    """Run to the end, in the checkout, with the project's environment. Raises CalledProcessError."""
    subprocess.run([str(part) for part in command], cwd=ROOT, env=project_environment(extra), check=True)
