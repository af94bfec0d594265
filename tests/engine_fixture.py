"""The real Pulumi engine for tests, on a file backend of its own.

Use it from a conftest.py::

    from tests.engine_fixture import engine

    __all__ = ["engine"]

and then ``engine.run("up", "--yes", cwd=project)``, or ``engine.start(...)`` for a command that a test interrupts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.engine.bootstrap import provide_engine
from tools.engine.cache import EngineCache, user_cache_directory
from tools.targets.environment import LOCAL_PASSPHRASE

ROOT = Path(__file__).resolve().parents[1]
# What a developer's shell says about stacks and clouds is not for tests.
_FOREIGN_PREFIXES = ("PULUMI_", "AZURE_", "ARM_", "DR_")


@dataclass(frozen=True)
class EngineUnderTest:
    """executable  -- the CLI
    environment -- everything that a command needs: engine and virtual environment on PATH, backend, passphrase
    """

    executable: Path
    environment: Mapping[str, str]

    def run(
        self,
        *arguments: str,
        cwd: Path,
        check: bool = True,
        timeout: float = 120.0,
        extra: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, standard error in its output. With `check`, a failure fails the test."""
        with self.start(*arguments, cwd=cwd, extra=extra) as process:
            output, _ = process.communicate(timeout=timeout)
        if check and process.returncode != 0:
            pytest.fail(f"pulumi {' '.join(arguments)} ended with {process.returncode}:\n{output}")
        return subprocess.CompletedProcess(process.args, process.returncode, stdout=output)

    @contextmanager
    def start(
        self, *arguments: str, cwd: Path, extra: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """A command under way, in a session of its own; killed at the end of the block if it still runs."""
        process = subprocess.Popen(
            [str(self.executable), "--non-interactive", "--color", "never", *arguments],
            cwd=cwd,
            env={**self.environment, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
            if process.stdout is not None:
                process.stdout.close()


def engine_environment(directory: Path, engine_directory: Path) -> dict[str, str]:
    """An environment for the engine with its state below `directory`, and nothing of the developer's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
    state = directory / "state"
    state.mkdir(parents=True, exist_ok=True)
    python_path = [str(ROOT), *filter(None, [inherited.get("PYTHONPATH")])]
    return {
        **inherited,
        "PATH": os.pathsep.join([str(engine_directory), str(Path(sys.executable).parent), inherited.get("PATH", "")]),
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": os.pathsep.join(python_path),
        "PULUMI_HOME": str(directory / "home"),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": LOCAL_PASSPHRASE,  # so that stacks/Pulumi.local.yaml can be used as it is
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> EngineUnderTest:
    """The engine as `tools` provides it (installed once a machine), with a state of its own for each test session."""
    provided = provide_engine(EngineCache(user_cache_directory() / "engine"), lambda line: print(line, file=sys.stderr))
    directory = tmp_path_factory.mktemp("engine")
    return EngineUnderTest(provided.executable, engine_environment(directory, provided.directory))
