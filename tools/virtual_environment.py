"""The virtual environment in .venv: made from a lock file, and made again only if the lock or Python changed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.project import TargetFailed

_MARKER = ".installed.json"


def install(directory: Path, lock: Path, say: Callable[[str], None]) -> None:
    """Have everything that `lock` pins installed in `directory`, by the running Python's version.

    The marker is written last and in one step, so that an installation that was killed is done again.
    """
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    marker = directory / _MARKER
    installed = _read(marker)
    if installed.get("python") == _python_version() and python.exists():
        if installed.get(lock.name) == _digest(lock):
            return
    elif not python.exists() or _version_of(python) != _python_version():
        _create(directory, say)
        installed = {}
    say(f"installing {lock.name} into {directory}")
    _pip_install(python, lock)
    _write(marker, {**installed, "python": _python_version(), lock.name: _digest(lock)})


def is_installed(directory: Path, lock: Path) -> bool:
    return _read(directory / _MARKER).get(lock.name) == _digest(lock)


def _create(directory: Path, say: Callable[[str], None]) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = ".".join(map(str, sys.version_info[:2]))
        raise TargetFailed(
            f"{sys.executable} cannot make virtual environments: it has no ensurepip. On Debian and Ubuntu that is the "
            f"package python{version}-venv."
        )
    say(f"creating {directory} with Python {_python_version()}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(directory)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise TargetFailed(f"The virtual environment {directory} could not be made: {_last_line(made)}")


def _pip_install(python: Path, lock: Path) -> None:
    command = [
        str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
        "--no-deps", "-r", str(lock),
    ]  # fmt: skip
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        raise TargetFailed(
            f"{lock.name} could not be installed: {_last_line(installed)} A package index must be reachable; pip takes "
            f"one from PIP_INDEX_URL or its configuration."
        )


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}, no reason given."


def _python_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _version_of(python: Path) -> str | None:
    """None also for an environment that was killed before it had its pip."""
    answer = subprocess.run(
        [str(python), "-c", "import pip, platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() if answer.returncode == 0 else None


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _read(marker: Path) -> dict[str, str]:
    try:
        read = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _write(marker: Path, content: dict[str, str]) -> None:
    staged = marker.with_suffix(f".{os.getpid()}")
    staged.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    staged.replace(marker)
