"""``setup``: the virtual environment and the engine; ``engine``: the engine alone."""

from __future__ import annotations

from tools.engine.bootstrap import Engine
from tools.project import ROOT, VIRTUAL_ENVIRONMENT, engine, say
from tools.virtual_environment import install


def main(arguments: list[str]) -> int:  # noqa: ARG001 - every target takes its arguments
    for_development()
    found = engine()
    say(f"pulumi {found.version}, {found.origin}: {found.directory}")
    return 0


def engine_directory(arguments: list[str]) -> int:  # noqa: ARG001 - every target takes its arguments
    """For a build machine: `export PATH="$(python tools/do.py engine):$PATH"`."""
    print(engine().directory)
    return 0


def for_use() -> Engine:
    """What a user needs, no more."""
    install(VIRTUAL_ENVIRONMENT, ROOT / "requirements.txt", say)
    return engine()


def for_development() -> None:
    """The development lock, which has all that the other one has."""
    install(VIRTUAL_ENVIRONMENT, ROOT / "requirements-dev.txt", say)
