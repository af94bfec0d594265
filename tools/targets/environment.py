"""``env``: the lines that make a shell ready for ``pulumi preview --stack local``."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import socket
import subprocess
import urllib.parse
from pathlib import Path

from tools.project import (
    AZURE_NATIVE_STAND_IN,
    PYTHON,
    ROOT,
    SCRIPTS,
    SIMULATOR_READY_FILE,
    VIRTUAL_ENVIRONMENT,
    WORK,
    say,
)
from tools.targets import setup

# Of a stack that lives on this machine only and holds no secret.
LOCAL_PASSPHRASE = "local"  # noqa: S105
# Moves wait for the service, not for this machine: the engine's default of 4 a core would queue them.
PARALLEL = "256"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="do.py env", description=__doc__)
    parser.add_argument("--shell", choices=["sh", "powershell"], default="sh")
    shell = parser.parse_args(arguments).shell
    found = setup.for_use()
    for name, value in variables(WORK / "state").items():
        print(line(shell, name, value))
    print(_path_line(shell, found.directory))
    print(_simulator_lines(shell), end="")
    return 0


def variables(state: Path) -> dict[str, str]:
    """What local stacks need beside PATH. Makes the directory of the state."""
    state.mkdir(parents=True, exist_ok=True)
    return {
        "VIRTUAL_ENV": str(VIRTUAL_ENVIRONMENT),
        "PULUMI_BACKEND_URL": backend_url(state),
        "PULUMI_CONFIG_PASSPHRASE": LOCAL_PASSPHRASE,
        "PULUMI_PARALLEL": PARALLEL,
        # A VM that waits or is stopped keeps no other from its move: the engine begins nothing new after an error else.
        "PULUMI_CONTINUE_ON_ERROR": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def path_entries(engine: Path) -> list[str]:
    """The project's Python, the engine, and the stand-in for azure-native, which refuses stacks of real clouds.

    In this order: beside an engine that was found there may be another `python`.
    """
    return [str(SCRIPTS), str(engine), str(AZURE_NATIVE_STAND_IN)]


def backend_url(state: Path) -> str:
    """A file backend's URL; on Windows the engine wants file://C:/..., one slash fewer than a proper URL has."""
    return f"file://{state.as_posix()}"


def line(shell: str, name: str, value: str) -> str:
    if shell == "powershell":
        return f"$env:{name} = {_powershell_quoted(value)}"
    return f"export {name}={shlex.quote(value)}"


def _path_line(shell: str, engine: Path) -> str:
    entries = path_entries(engine)
    if shell == "powershell":
        return f"$env:PATH = {_powershell_quoted(os.pathsep.join(entries) + os.pathsep)} + $env:PATH"
    return f'export PATH={shlex.quote(os.pathsep.join(entries))}:"$PATH"'


def _powershell_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _simulator_lines(shell: str) -> str:
    """What the simulator says that its clients need, if `make simulator` has one running."""
    if not is_running(SIMULATOR_READY_FILE):
        say("no simulator is running; start one with `make simulator` in another shell, and run this again")
        return ""
    asked = subprocess.run(
        [str(PYTHON), "-m", "simulator", "env", "--ready-file", str(SIMULATOR_READY_FILE), "--shell", shell],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return asked.stdout


def is_running(ready_file: Path) -> bool:
    """Whether a simulator answers where `ready_file` says; one that was killed leaves its file behind."""
    try:
        url = urllib.parse.urlsplit(json.loads(ready_file.read_text(encoding="utf-8"))["url"])
        with socket.create_connection((url.hostname or "", url.port or 443), timeout=2.0):
            return True
    except (OSError, ValueError, KeyError):
        return False
