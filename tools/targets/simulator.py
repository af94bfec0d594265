"""``simulator``: Azure Site Recovery on this machine, in the foreground, where ``env`` finds it."""

from __future__ import annotations

import subprocess

from tools.project import PYTHON, ROOT, SIMULATOR_READY_FILE, project_environment, say
from tools.targets import setup


def main(arguments: list[str]) -> int:
    """Arguments go to `python -m simulator serve`, such as --speed 20 or --profile recorded."""
    setup.for_use()
    directory = SIMULATOR_READY_FILE.parent
    directory.mkdir(parents=True, exist_ok=True)
    say('in another shell: eval "$(make -s env)"')
    command = [
        str(PYTHON), "-m", "simulator", "serve",
        "--state", str(directory / "state.db"),
        "--ready-file", str(SIMULATOR_READY_FILE),
        *arguments,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=project_environment())
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()  # Ctrl-C reached it too; it ends in its own order
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
