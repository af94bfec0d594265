"""``python tools/do.py TARGET [ARGUMENTS]``: everything that make can do, without make. Standard library only."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

OLDEST, BEFORE = (3, 11), (3, 14)
_UNSUPPORTED = (
    "This project runs on Python 3.11 to 3.13, but {} is {}.{}. Use another: make PYTHON=python3.12 TARGET, or "
    "python3.12 tools/do.py TARGET."
)


def main(arguments: list[str]) -> int:
    """Runs one target. Returns 0, the exit code of the command that failed, or 1 with one line that says why."""
    if not OLDEST <= sys.version_info[:2] < BEFORE:
        print(_UNSUPPORTED.format(sys.executable, *sys.version_info[:2]), file=sys.stderr)
        return 2
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    return _run(arguments)


def _run(arguments: list[str]) -> int:
    # Not before: what an older Python cannot parse would hide the line above behind a SyntaxError.
    from tools.catalogue import TARGETS  # noqa: PLC0415
    from tools.project import TargetFailed  # noqa: PLC0415

    name = arguments[0] if arguments else "help"
    if name in {"help", "-h", "--help"}:
        width = max(map(len, TARGETS))
        print("usage: python tools/do.py TARGET [ARGUMENTS]\n")
        print("\n".join(f"  {name:<{width}}  {target.summary}" for name, target in TARGETS.items()))
        return 0
    if name not in TARGETS:
        print(f"There is no target {name!r}. There are: {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    # An end by SIGTERM takes the same way out as Ctrl-C, past every cleanup.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return TARGETS[name].run(arguments[1:])
    except TargetFailed as failure:
        print(failure, file=sys.stderr)
        return failure.exit_code
    except subprocess.CalledProcessError as failed:
        return failed.returncode  # the command has said why
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
