"""``bench``, ``docs``, ``lock`` and ``clean``."""

from __future__ import annotations

import shutil
import subprocess

from tools.engine.cache import executable_name
from tools.project import PYTHON, ROOT, SCRIPTS, VIRTUAL_ENVIRONMENT, WORK, engine, run, say
from tools.targets import setup

_BUILT = [".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis", "benchmarks/out"]
# Not among the pinned dependencies: it is what pins them, and needed by nobody else.
_UV = "0.13.9"
# Modules that write pages of docs/ from what they describe.
_GENERATORS = ["components.settings", "simulator.parity"]
# Pages that a command prints.
_PRINTED = {"blockers": ("dr", "rules"), "requirements": ("dr", "requirements")}


def bench(arguments: list[str]) -> int:
    """Arguments go to `python -m benchmarks`."""
    setup.for_development()
    engine()
    run([PYTHON, "-m", "benchmarks", *arguments])
    return 0


def docs(arguments: list[str]) -> int:  # noqa: ARG001 - every target takes its arguments
    """Writes every page that is made from the code; tests hold that the committed ones are current."""
    setup.for_development()
    for module in _GENERATORS:
        run([PYTHON, "-m", module])
    for page, (module, command) in _PRINTED.items():
        text = subprocess.run([str(PYTHON), "-m", module, command], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        (ROOT / "docs" / f"{page}.md").write_bytes(text)
    return 0


def lock(arguments: list[str]) -> int:
    """Pin both lock files again from pyproject.toml; `--upgrade` takes the newest versions that it allows."""
    setup.for_development()
    if not (SCRIPTS / executable_name("uv")).exists():
        run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"uv=={_UV}"])
    for name, extras in (
        ("requirements.txt", []),
        ("requirements-dev.txt", ["--extra", "dev", "--constraint", "requirements.txt"]),
    ):
        run([
            SCRIPTS / "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header",
            "--no-emit-index-url", "--python-version", "3.11", *extras, *arguments,
            "--output-file", name, "pyproject.toml",
        ])  # fmt: skip
        say(f"wrote {name}")
    return 0


def clean(arguments: list[str]) -> int:  # noqa: ARG001 - every target takes its arguments
    for name in [*_BUILT, WORK.name, VIRTUAL_ENVIRONMENT.name]:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for cache in ROOT.rglob("__pycache__"):
        shutil.rmtree(cache, ignore_errors=True)
    return 0
