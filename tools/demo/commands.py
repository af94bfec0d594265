"""Commands as a user would type them: shown, run, and their errors kept for the last line."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.project import ROOT, TargetFailed

# What a command is given to end in its own order after Ctrl-C or SIGTERM, before it is killed.
_END_SECONDS = 30.0

# The engine's own summary of errors that it shows elsewhere.
_SAY_NOTHING = {"error: update failed", "error: preview failed"}


class Commands:
    """Runs commands one after another in the checkout. A failure ends the demo with the command's own reason."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def explain(self, text: str) -> None:
        print(f"\n# {text}", flush=True)

    def run(self, *command: str) -> None:
        """Show the command, then its output as it comes. Raises TargetFailed."""
        print(f"$ {shlex.join(command)}", flush=True)
        errors: list[str] = []
        process = subprocess.Popen(
            self._resolved(command),
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours to pass on, once, to the command and not to all of its children
        )
        try:
            _show(process, errors)
        finally:
            end(process, signal.SIGINT)
        if process.returncode != 0:
            reason = "\n".join(errors) or f"exit code {process.returncode}"
            raise TargetFailed(f"\nThe demo stopped at `{shlex.join(command)}`:\n{reason}")

    def _resolved(self, command: Sequence[str]) -> list[str]:
        """Windows looks a program up on our PATH, not on the one that we pass on."""
        for directory in self._environment["PATH"].split(os.pathsep):
            for suffix in ("", ".exe"):
                candidate = Path(directory, command[0] + suffix)
                if candidate.is_file():
                    return [str(candidate), *command[1:]]
        return list(command)


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> None:
    """End `process` if it still runs: politely, and with all that it started if that does not help."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM if sys.platform == "win32" else how)
    try:
        process.wait(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired:
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _show(process: subprocess.Popen[str], errors: list[str]) -> None:
    """Print the output; keep from it the lines of errors and what is indented below them."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe, see above
    in_error = False
    for line in process.stdout:
        print(line, end="", flush=True)
        text = line.strip()
        in_error = text.startswith("error:") or (in_error and line.startswith("    ") and bool(text))
        if in_error and text not in errors and text not in _SAY_NOTHING:
            errors.append(text)
