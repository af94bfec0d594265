"""``lint`` and ``test``."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from tools.project import PYTHON, ROOT, SCRIPTS, TargetFailed, engine, run
from tools.targets import setup


def lint(arguments: list[str]) -> int:  # noqa: ARG001 - every target takes its arguments
    setup.for_development()
    run([SCRIPTS / "ruff", "check", "."])
    run([SCRIPTS / "ruff", "format", "--check", "."])
    run([SCRIPTS / "lint-imports"])
    check_program_imports(ROOT / "__main__.py")
    run([SCRIPTS / "mypy"])
    return 0


def test(arguments: list[str]) -> int:
    """Arguments go to pytest."""
    lint([])
    engine()  # before the tests, so that none of them pays for building it
    # A file's tests stay together: they share what its fixtures start. (Groups across files are not kept by the pinned
    # pytest-xdist with the pinned pytest.) In the order of the tree, in which the files of quick tests come last: by
    # their number of tests, the pipelines' long stories would be begun at the very end.
    order = "--no-loadscope-reorder"
    # One worker more than there are cores: tests wait for processes and clocks a third of their time (measured).
    workers = str((os.cpu_count() or 1) + 1)
    run([PYTHON, "-m", "pytest", "-n", workers, "--dist", "loadfile", order, *arguments])
    return 0


def crash_matrix(arguments: list[str]) -> int:
    """Every case of the matrices of which `test` runs a slice. Arguments go to pytest."""
    setup.for_development()
    engine()
    workers = str(os.cpu_count() or 1)
    run([PYTHON, "-m", "pytest", "-m", "slow", "-n", workers, "--dist", "loadfile", *arguments])
    return 0


def test_azure_cli(arguments: list[str]) -> int:
    setup.for_development()
    run([PYTHON, "-m", "tests.azure_cli", *arguments])
    return 0


def check_program_imports(program: Path) -> None:
    """The program declares and nothing else, so of the project's rooms it imports components only.

    import-linter knows packages; the program is a file, so it is looked at here.
    """
    rooms = {path.parent.name for path in program.parent.glob("*/__init__.py")}
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"), program.name)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for imported in _imported(node):
                if imported.partition(".")[0] in rooms - {"components"}:
                    raise TargetFailed(
                        f"{program.name}:{node.lineno} imports {imported}, but may import components only."
                    )


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names]
