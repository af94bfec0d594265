"""With the real engine: what its command line writes is what we read, and what it hands over is what the file says."""

import json
from pathlib import Path

import pytest

from components.settings import SettingsError, load_stack_file
from tests.engine_fixture import EngineUnderTest
from tests.settings_samples import small

PROGRAM = """\
import json
from components.stack import read_settings

settings = read_settings()
with open("seen.json", "w") as seen:
    json.dump({name: vm.as_inputs() for name, vm in settings.vms.items()} | {"maxMoves": settings.max_moves}, seen)
"""


@pytest.fixture
def project(tmp_path: Path, engine: EngineUnderTest) -> Path:
    """A project of the small stack, its program the loading of its settings."""
    (tmp_path / "stacks").mkdir()
    # The backend is shared by all tests of a session: each has a project name of its own.
    project_file = f"name: {tmp_path.name}\nruntime: python\nstackConfigDir: stacks\n"
    (tmp_path / "Pulumi.yaml").write_text(project_file, encoding="utf-8")
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    config = {f"site-recovery:{key}": value for key, value in small().items()}
    (tmp_path / "stacks/Pulumi.test.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")
    engine.run("stack", "init", "test", cwd=tmp_path)
    return tmp_path


def config_set(engine: EngineUnderTest, project: Path, path: str, value: str) -> None:
    engine.run("config", "set", "--stack", "test", "--path", path, value, cwd=project)


def test_the_line_that_moves_a_vm_is_set_from_the_command_line(engine: EngineUnderTest, project: Path) -> None:
    config_set(engine, project, "site-recovery:vms.sql01.direction", "azureToOnPremises")
    config_set(engine, project, "site-recovery:maxMoves", "2")
    config_set(engine, project, "site-recovery:vms.sql01.target.zone", "1")
    config_set(engine, project, "site-recovery:vms.sql01.failover.shutdownSource", "true")
    config_set(engine, project, "site-recovery:vms.sql01.maxDataLossMinutes", "15")
    settings = load_stack_file(project / "stacks/Pulumi.test.yaml")
    vm = settings.vms["sql01"]
    assert (vm.direction, vm.target.zone, vm.failover.shutdown_source) == ("azureToOnPremises", "1", True)
    assert (settings.max_moves, vm.max_data_loss_minutes) == (2, 15)


def test_a_quoted_name_with_a_dot_is_set_and_an_unquoted_one_is_caught(engine: EngineUnderTest, project: Path) -> None:
    file = project / "stacks/Pulumi.test.yaml"
    values = {
        "direction": "onPremisesToAzure",
        "site": "contoso-hyperv",
        "policy": "every-5-minutes",
        "target.name": "sql02",  # Azure takes no dot
    }
    for key, value in values.items():
        config_set(engine, project, f'site-recovery:vms["sql02.contoso"].{key}', value)
    assert "sql02.contoso" in load_stack_file(file).vms
    config_set(engine, project, "site-recovery:vms.sql02.contoso.direction", "azureToOnPremises")
    with pytest.raises(SettingsError, match=r"--path 'site-recovery:vms\[\"sql02.contoso\"\].direction'"):
        load_stack_file(file)


def test_a_program_sees_what_the_file_says(engine: EngineUnderTest, project: Path) -> None:
    file = project / "stacks/Pulumi.test.yaml"
    config_set(engine, project, "site-recovery:vms.sql01.failover.mode", "unplanned")
    config_set(engine, project, "site-recovery:vms.sql01.failover.recoveryPoint", "2026-11-23T10:00:00+01:00")
    engine.run("preview", "--stack", "test", cwd=project)
    seen = json.loads((project / "seen.json").read_text(encoding="utf-8"))
    settings = load_stack_file(file)
    assert seen == settings.vm_inputs() | {"maxMoves": settings.max_moves}
    assert seen["sql01"]["failover"]["recoveryPoint"] == "2026-11-23T10:00:00+01:00"


def test_an_unquoted_time_reaches_a_program_with_its_zone(engine: EngineUnderTest, project: Path) -> None:
    file = project / "stacks/Pulumi.test.yaml"
    values = small()
    values["vms"]["sql01"]["failover"] = {"mode": "unplanned", "recoveryPoint": "TIME"}
    config = json.dumps({f"site-recovery:{key}": value for key, value in values.items()})
    text = f"config: {config}\n".replace('"TIME"', "2026-11-23T10:00:00+01:00")
    file.write_text(text, encoding="utf-8")
    engine.run("preview", "--stack", "test", cwd=project)
    seen = json.loads((project / "seen.json").read_text(encoding="utf-8"))
    assert seen["sql01"]["failover"]["recoveryPoint"] == "2026-11-23T10:00:00+01:00"


def test_a_misspelt_key_and_a_secret_fail_the_preview(engine: EngineUnderTest, project: Path) -> None:
    config_set(engine, project, "site-recovery:vms.sql01.maxDataLosMinutes", "15")
    secret = "hunter2-very-secret"
    engine.run("config", "set", "--stack", "test", "--secret", "site-recovery:freeze", secret, cwd=project)
    ended = engine.run("preview", "--stack", "test", cwd=project, check=False)
    assert ended.returncode != 0
    assert "maxDataLosMinutes is not a setting; did you mean maxDataLossMinutes?" in ended.stdout
    assert "site-recovery:freeze: is an encrypted value" in ended.stdout
    assert secret not in ended.stdout
