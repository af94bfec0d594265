"""What a person meets at `tools/do.py`: clear refusals, an environment for the shell, a set-up that is done once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.engine_fixture import ROOT, EngineUnderTest
from tools.project import TargetFailed
from tools.targets.environment import is_running, line, variables
from tools.targets.quality import check_program_imports
from tools.virtual_environment import install

DO = ROOT / "tools" / "do.py"


def test_a_wrong_target_is_answered_with_one_line_that_names_the_right_ones() -> None:
    answer = subprocess.run([sys.executable, DO, "tset"], capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith("There is no target 'tset'. There are: setup, demo, test, lint,")
    assert answer.stderr.count("\n") == 1


def test_an_unsupported_python_is_answered_with_one_line() -> None:
    pretended = f"import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path({str(DO)!r}, run_name='__main__')"
    answer = subprocess.run([sys.executable, "-c", pretended], capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 2
    assert answer.stderr.startswith("This project runs on Python 3.11 to 3.13, but ")
    assert "make PYTHON=python3.12 TARGET" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_every_make_target_is_one_call_of_do_py() -> None:
    rules = [rule for rule in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if ";" in rule]
    assert rules
    for rule in rules:
        target, _, command = rule.partition(":")
        assert command.split() == [";", "@$(PYTHON)", "tools/do.py", target]


def test_env_prints_lines_that_a_shell_takes_and_nothing_else(engine: EngineUnderTest) -> None:
    # As the engine was provided before the tests and .venv is set up, only the lines are left to be printed.
    printed = subprocess.run(
        [sys.executable, DO, "env"], capture_output=True, text=True, check=True, timeout=600, cwd=ROOT
    ).stdout
    assert all(entry.startswith("export ") for entry in printed.splitlines())
    shown = '"$PULUMI_BACKEND_URL" "$PULUMI_PARALLEL" "$PULUMI_CONTINUE_ON_ERROR" "$PATH"'
    script = f'{printed}\nprintf "%s\\n" {shown}; command -v pulumi'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout
    backend, parallel, carries_on, path, pulumi = told.splitlines()
    assert backend == f"file://{ROOT.as_posix()}/.work/state"
    assert int(parallel) >= 256
    assert carries_on == "true"
    assert str(ROOT / "simulator" / "azure_native" / "bin") in path.split(os.pathsep)
    assert Path(pulumi) == engine.executable


def test_values_are_quoted_for_the_shell_that_reads_them() -> None:
    assert line("powershell", "NAME", "it's here") == "$env:NAME = 'it''s here'"
    assert line("sh", "NAME", "it's here") == """export NAME='it'"'"'s here'"""


def test_the_directory_of_the_state_is_made(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    assert variables(state)["PULUMI_BACKEND_URL"] == f"file://{state.as_posix()}"
    assert state.is_dir()


def test_a_simulator_that_was_killed_is_not_taken_for_running(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    assert not is_running(ready)
    ready.write_text(json.dumps({"url": "https://localhost:9"}), encoding="utf-8")
    assert not is_running(ready)


# The rule of the program's imports


def test_a_program_that_imports_another_room_than_components_is_refused(tmp_path: Path) -> None:
    for room in ("components", "providers"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    program = tmp_path / "__main__.py"
    program.write_text("import pulumi\nfrom components import settings\n", encoding="utf-8")
    check_program_imports(program)
    program.write_text("import pulumi\nimport providers.gate\n", encoding="utf-8")
    with pytest.raises(TargetFailed, match=r"__main__.py:2 imports providers.gate, but may import components only"):
        check_program_imports(program)


# The virtual environment


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that pip knows."""
    directory = tmp_path / "packages"
    directory.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


def test_a_virtual_environment_is_made_once_and_again_when_its_lock_changed(tmp_path: Path, packages: Path) -> None:
    directory, lock = tmp_path / "venv", tmp_path / "requirements.txt"
    lines: list[str] = []

    lock.write_text(_pinned(packages, "1.0"), encoding="utf-8")
    install(directory, lock, lines.append)
    assert _installed_version(directory) == "1.0"
    assert len(lines) == 2  # creating, installing

    lines.clear()
    install(directory, lock, lines.append)
    assert lines == []

    lock.write_text(_pinned(packages, "2.0"), encoding="utf-8")
    install(directory, lock, lines.append)
    assert _installed_version(directory) == "2.0"
    assert len(lines) == 1  # installing, into what is there


def test_an_installation_that_did_not_end_is_not_marked_and_done_again(tmp_path: Path, packages: Path) -> None:
    directory, lock = tmp_path / "venv", tmp_path / "requirements.txt"
    good = _pinned(packages, "1.0")
    lock.write_text(good.replace("sha256:", "sha256:0000")[: len(good)], encoding="utf-8")
    with pytest.raises(TargetFailed, match=r"requirements.txt could not be installed") as failed:
        install(directory, lock, lambda _: None)
    assert "\n" not in str(failed.value)

    lock.write_text(good, encoding="utf-8")
    install(directory, lock, lambda _: None)
    assert _installed_version(directory) == "1.0"


def _pinned(packages: Path, version: str) -> str:
    """A package named sample in `packages`; returns the line of a lock file that pins it."""
    wheel = packages / f"sample-{version}-py3-none-any.whl"
    info = f"sample-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("sample.py", f"VERSION = {version!r}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: sample\nVersion: {version}\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", f"sample.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"sample=={version} --hash=sha256:{digest}\n"


def _installed_version(directory: Path) -> str:
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return subprocess.run(
        [python, "-c", "import sample; print(sample.VERSION)"], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
