"""The processes of one `pulumi up`: the CLI, its language host, the program and the providers.

The engine puts its plugins into process groups of their own, so that Ctrl-C reaches none but itself; the session that
they were all started in stays the same.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_ENDS_WITHIN = 30.0


def processes_of(session: int) -> dict[int, str]:
    """Process ids of a session with their command lines; zombies are not counted."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, IndexError):
            # The second field, the name, is in brackets and may hold spaces.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return found


def kill_session(session: int) -> None:
    """kill -9 of everything in a session, at once, as a machine that loses its power does it."""
    for pid in processes_of(session):
        _kill(pid)


def kill_those_with(session: int, word: str) -> None:
    """kill -9 of the processes of a session that have a word in their command lines; there has to be one."""
    meant = [pid for pid, command in processes_of(session).items() if word in command]
    assert meant, f"no process with {word!r} in {processes_of(session)}"
    for pid in meant:
        _kill(pid)


def wait_until_ended(session: int) -> None:
    """Until no process of the session is left. Fails when one stays."""
    deadline = time.monotonic() + _ENDS_WITHIN
    while left := processes_of(session):
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
