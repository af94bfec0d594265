"""Where engines are kept: a directory of the user's cache, in which whatever has its final name is complete."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_STAGING = ".staging-"
LOCK_POLL_SECONDS = 1.0


def user_cache_directory() -> Path:
    """This project's directory in the user's cache. ``DR_CACHE_DIR`` moves it."""
    if moved := os.environ.get("DR_CACHE_DIR"):
        return Path(moved).absolute()
    return _platform_cache_directory() / "pulumi-azure-site-recovery"


def _platform_cache_directory() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def executable_name(name: str) -> str:
    return f"{name}.exe" if os.name == "nt" else name


class EngineCache:
    """Things are made in a staging directory and renamed when complete, so that a killed build leaves nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def locked(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the cache for one process at a time, and clear away what killed processes left in staging."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("a+b") as lock:
            if not _try_lock(lock):
                say(f"another process is installing the engine in {self.root}; waiting for it")
                while not _try_lock(lock):
                    time.sleep(LOCK_POLL_SECONDS)
            for leftover in self.root.glob(f"{_STAGING}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield  # closing the file lets go of the lock, as does the end of the process, however it comes about

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty directory on the same file system, gone afterwards unless it was installed. Needs the lock."""
        directory = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.root))
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def install(self, staged: Path, target: Path) -> None:
        """Give `staged` its final name, in one step."""
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(target)


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - does not exist on Windows

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
