"""The Python language host that lies beside an engine built from its Go module, with that engine."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.engine_fixture import EngineUnderTest


@pytest.fixture
def project(tmp_path: Path, engine: EngineUnderTest) -> Path:
    if not (engine.executable.parent / "language_host.py").exists():
        pytest.skip("an official engine is in use, which brings a language host of its own")
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name.replace('_', '-')}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("import pulumi\n")
    engine.run("stack", "init", "dev", cwd=tmp_path)
    return tmp_path


def test_the_program_gets_its_configuration_and_knows_what_is_secret(project: Path, engine: EngineUnderTest) -> None:
    engine.run("config", "set", "--stack", "dev", "plain", "seen", cwd=project)
    engine.run("config", "set", "--stack", "dev", "--secret", "hidden", "never-shown", cwd=project)
    (project / "__main__.py").write_text(
        "import pulumi\n"
        "config = pulumi.Config()\n"
        "pulumi.export('plain', config.require('plain'))\n"
        "pulumi.export('hidden', config.require_secret('hidden'))\n"
        "pulumi.export('told', f'{pulumi.get_project()} {pulumi.get_stack()} {pulumi.runtime.is_dry_run()}')\n"
    )
    output = engine.run("up", "--yes", "--skip-preview", "--stack", "dev", cwd=project).stdout
    assert 'plain : "seen"' in output
    assert "hidden: [secret]" in output
    assert f'told  : "{project.name.replace("_", "-")} dev False"' in output
    assert "never-shown" not in output


def test_a_failing_program_is_shown_from_its_own_first_line_on_and_once(project: Path, engine: EngineUnderTest) -> None:
    (project / "__main__.py").write_text("import part\n")
    (project / "part.py").write_text("raise ValueError('what went wrong')\n")
    done = engine.run("preview", "--stack", "dev", cwd=project, check=False)
    assert done.returncode != 0
    assert done.stdout.count("ValueError: what went wrong") == 1
    assert f'File "{project / "__main__.py"}", line 1' in done.stdout
    assert "runpy" not in done.stdout
    assert "program.py" not in done.stdout
    assert "non-zero exit code" not in done.stdout


def test_a_state_keeps_where_a_resource_was_made_and_not_how_the_runtime_got_there(
    project: Path, engine: EngineUnderTest
) -> None:
    (project / "__main__.py").write_text("import part\npart.deep(20)\n")
    (project / "part.py").write_text(
        "import pulumi\n"
        "class Part(pulumi.ComponentResource):\n"
        "    def __init__(self, name):\n"
        "        super().__init__('own:index:Part', name)\n"
        "def deep(more):\n"
        "    Part('made') if more == 0 else deep(more - 1)\n"
    )
    engine.run("up", "--yes", "--skip-preview", "--stack", "dev", cwd=project)
    exported = engine.run("stack", "export", "--stack", "dev", cwd=project).stdout
    resources = json.loads(exported[exported.index("{") :])["deployment"]["resources"]
    (made,) = [each for each in resources if each["type"] == "own:index:Part"]
    assert made["sourcePosition"] == "project:///part.py#6"
    assert {frame["sourcePosition"] for frame in made["stackTrace"]} == {"project:///part.py#6"}
    assert len(made["stackTrace"]) < 12


def test_an_error_meant_for_the_user_is_shown_without_a_traceback(project: Path, engine: EngineUnderTest) -> None:
    (project / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('the stack file lacks a vault')\n")
    done = engine.run("preview", "--stack", "dev", cwd=project, check=False)
    assert done.returncode != 0
    assert "error: the stack file lacks a vault" in done.stdout
    assert "unhandled" not in done.stdout
    assert "exit code" not in done.stdout
    assert "Traceback" not in done.stdout


def test_a_virtual_environment_that_is_not_there_is_named_and_can_be_installed(
    project: Path, engine: EngineUnderTest
) -> None:
    (project / "Pulumi.yaml").write_text(
        f"name: {project.name.replace('_', '-')}\nruntime: {{name: python, options: {{virtualenv: made}}}}\n"
    )
    done = engine.run("preview", "--stack", "dev", cwd=project, check=False)
    assert done.returncode != 0
    assert f"there is no Python at {project / 'made' / 'bin' / 'python'}" in done.stdout
    assert "`pulumi install` makes it" in done.stdout

    (project / "requirements.txt").write_text("-r missing.txt\n")
    done = engine.run("install", cwd=project, check=False)
    assert done.returncode != 0
    assert "missing.txt" in done.stdout  # what pip says is passed on

    (project / "requirements.txt").write_text("# nothing\n")
    engine.run("install", cwd=project)
    assert (project / "made" / "bin" / "python").exists()


def test_about_names_the_python_and_the_packages(project: Path, engine: EngineUnderTest) -> None:
    told = engine.run("about", "--transitive", "--stack", "dev", cwd=project).stdout
    assert "This project is written in python" in told
    assert any(line.split() == ["pulumi", "3.250.0"] for line in told.splitlines())


def test_ctrl_c_ends_a_program_that_never_would(project: Path, engine: EngineUnderTest) -> None:
    (project / "__main__.py").write_text(
        "import time\nfrom pathlib import Path\nPath('begun').touch()\ntime.sleep(600)\n"
    )
    with engine.start("preview", "--stack", "dev", cwd=project) as command:
        deadline = time.monotonic() + 60
        while not (project / "begun").exists():
            assert command.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(command.pid, signal.SIGINT)
        output, _ = command.communicate(timeout=60)
    assert command.returncode != 0
    assert "Traceback" not in output
