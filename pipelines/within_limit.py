"""Run a command for a limited time: ``python pipelines/within_limit.py --minutes 45 -- pulumi up ...``.

A pipeline that kills `pulumi up` at its own limit leaves the stack locked and its state behind. This asks the command
to stop (SIGINT, as Ctrl-C does) while there is time: it saves where each VM stands, and what the service is doing goes
on there. The same happens when the pipeline is cancelled, if its runner hands the signal on and waits for the end.

Ends with the command's exit code; with 75 when the limit stopped it: in progress, run again. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

IN_PROGRESS = 75  # EX_TEMPFAIL of sysexits.h
# How long a command may take to save where it stands.
GRACE_SECONDS = 300.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="within_limit.py", description=__doc__.partition("\n")[0] if __doc__ else None
    )
    parser.add_argument("--minutes", type=float, required=True, help="how long the command may take")
    parser.add_argument("command", nargs="+", help="the command and its arguments, after --")
    given = parser.parse_args(arguments)
    # A session of its own: a pipeline's SIGINT to the whole group would reach it twice, which ends it at once.
    process = subprocess.Popen(given.command, start_new_session=True)  # noqa: S603 - what the pipeline says
    cancelled = _pass_on(process)
    try:
        code = process.wait(given.minutes * 60)
    except subprocess.TimeoutExpired:
        return _stopped(process, given.minutes)
    if cancelled:
        _say("Cancelled", "It stopped between steps. What the service had begun goes on there; run again to go on.")
    return code if code >= 0 else 128 - code


def _pass_on(process: subprocess.Popen[bytes]) -> list[int]:
    """Hands a cancellation to the command, once: its second would end it where it stands."""
    passed: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        if not passed and process.poll() is None:
            process.send_signal(signal.SIGINT)
        passed.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return passed


def _stopped(process: subprocess.Popen[bytes], minutes: float) -> int:
    process.send_signal(signal.SIGINT)
    try:
        code = process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _say(
            "Killed",
            f"It did not stop within {GRACE_SECONDS:g} s of being asked to, and was killed. The stack may be locked: "
            "run again with the lock taken away (`pulumi cancel`).",
        )
        return IN_PROGRESS
    if code == 0:
        return 0  # it was done when it was asked
    _say(
        "In progress, run again",
        f"This job's limit of {minutes:g} minutes has passed. What the service had begun goes on there, and where each "
        "VM stands is saved. Run the whole pipeline again: it previews what is left, and goes on from there.",
    )
    return IN_PROGRESS


def _say(title: str, text: str) -> None:
    """To the log, and as a warning where the pipeline has a way to show one."""
    if os.environ.get("GITHUB_ACTIONS"):
        print(f"::warning title={title}::{text}", flush=True)
    elif os.environ.get("TF_BUILD"):
        print(f"##vso[task.logissue type=warning]{title}: {text}", flush=True)
    else:
        print(f"{title}: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
