"""Which engine to use: the one on PATH, the official release, or one built from the pinned Go module.

The first of these that can be had:

1. ``pulumi`` on PATH, if it is not older than the pinned version and has its Python language host with it;
2. one that was installed in the user's cache before, by one of the next two;
3. the official release archive of the pinned version, its checksum verified;
4. a build of the pinned Go module, with the language host that lies in this directory.

Whatever is installed goes into the user's cache, under a name that says its version, and stays there for all checkouts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.engine import go_build, release
from tools.engine.cache import EngineCache, executable_name

PINNED = "3.250.0"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Engine:
    """directory -- holds `pulumi` and its language host; put it first on PATH
    version   -- such as 3.250.0
    origin    -- where it came from, for a person
    """

    directory: Path
    version: str
    origin: str

    @property
    def executable(self) -> Path:
        return self.directory / executable_name("pulumi")


class EngineUnavailable(Exception):  # noqa: N818 - says what is the matter, not that something is
    """No engine, and no way to get one. The text is one line: what is missing, and how to provide it."""


def find_engine(cache: EngineCache, say: Say) -> Engine | None:
    """An engine that is there already. Looks, and changes nothing."""
    return _on_path(cache, say) or _cached(cache)


def provide_engine(cache: EngineCache, say: Say) -> Engine:
    """An engine, installed now if there is none. Raises EngineUnavailable."""
    found = find_engine(cache, say)
    if found:
        return found
    with cache.locked(say):
        found = _cached(cache)  # whoever held the lock may have just installed it
        if found:
            return found
        try:
            return _install(cache, say)
        except (release.ChecksumMismatch, go_build.BuildFailed) as error:
            raise EngineUnavailable(f"{error} {_HOW_TO_PROVIDE}") from error


_HOW_TO_PROVIDE = f"Or put pulumi {PINNED} or newer on PATH, and run this again."


def _install(cache: EngineCache, say: Say) -> Engine:
    try:
        release.install(cache, PINNED, say)
    except release.ReleaseUnavailable as unavailable:
        say(f"the official release cannot be had ({unavailable}); building the engine from its Go module instead")
        go_build.install(cache, PINNED, say)
    installed = _cached(cache)
    if installed is None:
        raise EngineUnavailable(f"The engine that was just installed in {cache.root} does not run. {_HOW_TO_PROVIDE}")
    return installed


def _cached(cache: EngineCache) -> Engine | None:
    for directory, origin in (
        (release.directory(cache, PINNED), "official release"),
        (go_build.directory(cache, PINNED), "built from its Go module"),
    ):
        if (directory / executable_name("pulumi")).exists():
            return Engine(directory, PINNED, origin)
    return None


def _on_path(cache: EngineCache, say: Say) -> Engine | None:
    """The first `pulumi` on PATH that is not ours: what we installed is chosen by its name, so that an edit counts."""
    directories = [
        entry
        for entry in os.environ.get("PATH", "").split(os.pathsep)
        if entry and not Path(entry).is_relative_to(cache.root)
    ]
    path = os.pathsep.join(directories)
    executable = shutil.which("pulumi", path=path)
    if executable is None:
        return None
    version = version_of(Path(executable))
    if version is None:
        say(f"{executable} does not say its version, so it is not used")
        return None
    if _as_numbers(version) < _as_numbers(PINNED):
        say(f"{executable} is version {version}, too old: this project needs {PINNED} or newer, so it is not used")
        return None
    if shutil.which("pulumi-language-python", path=path) is None:
        say(f"{executable} has no pulumi-language-python beside it, so it is not used")
        return None
    return Engine(Path(executable).parent, version, "on PATH")


def version_of(executable: Path) -> str | None:
    """The version that a `pulumi` says it has, without its leading v; None if it does not answer."""
    try:
        answer = subprocess.run(
            [str(executable), "version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v?(\d+\.\d+\.\d+\S*)", answer.stdout.strip())
    return match[1] if match else None


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
