"""gitlab-ci.yml: every command of it run against the simulator, signed in with the job's own token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pipelines.build_machine import BuildMachine
from tests.pipelines.ci_files import Script, gitlab
from tests.pipelines.pipeline_project import PipelineProject

SCRIPTS = gitlab()
_VARIABLE = re.compile(r"\$(\w+)")
_LEFT_TO_A_PERSON = 40


class GitLabMachine:
    """A runner: variables refer to variables, and a dotenv report is the environment of the jobs that need its job."""

    def __init__(self, directory: Path, project: PipelineProject) -> None:
        client = project.simulator.ready
        self._directory = project.directory
        self.variables = {
            "DR_TENANT_ID": client.tenant_id,
            "DR_SUBSCRIPTION_ID": client.subscription_id,
            "DR_READER_CLIENT_ID": client.client_id,
            "DR_OPERATOR_CLIENT_ID": client.client_id,
            "DR_BACKEND_URL": project.environment()["PULUMI_BACKEND_URL"],
            "CI_BUILDS_DIR": str(directory),
            "CI_JOB_ID": "1",
        }
        # What a person gives a pipeline goes over what the file says.
        self.given: dict[str, str] = {}
        fakes = directory / "fakes"
        fakes.mkdir()
        self.machine = BuildMachine(
            directory=project.directory,
            fakes=fakes,
            environment={**project.environment(), "GITLAB_CI": "true", "AZURE_ID_TOKEN": project.assertion()},
            bash=("bash", "-eo", "pipefail"),
            conditions={},
            substitute=lambda text: _VARIABLE.sub(lambda found: self.variables[found[1]], text),
            after_script=self._after_script,
        )

    def scripts(self) -> tuple[Script, ...]:
        """The file's, with what a person has given."""
        return tuple(
            Script(script.job, script.step, script.text, environment={**script.environment, **self.given})
            for script in SCRIPTS
        )

    def _after_script(self, script: Script, _said: str) -> None:
        if script.job == "plan":
            for line in (self._directory / "what.env").read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition("=")
                self.machine.environment[name] = value


@pytest.mark.timeout(900)
def test_every_command_carries_a_stack_through_review_failover_drift_and_emergency(
    tmp_path: Path, project: PipelineProject
) -> None:
    runner = GitLabMachine(tmp_path, project)
    machine, stack = runner.machine, project.stack

    stack.flip("sql01", "azureToOnPremises")
    reviewed = machine.run(runner.scripts(), "preview")
    assert reviewed.code == 0, reviewed.everything
    assert "sql01" in (project.directory / "impact.html").read_text(encoding="utf-8")

    planned = machine.run(runner.scripts(), "plan")
    assert planned.code == 0, planned.everything
    assert "**cannot be undone**: commit" in planned.everything
    assert machine.run(runner.scripts(), "up").code == _LEFT_TO_A_PERSON
    runner.given = {"DR_UNLOCK": "true"}
    done = machine.run(runner.scripts(), "up-irreversible")
    assert done.code == 0, done.everything
    assert stack.outputs("sql01")["activeLocation"] == "azure"
    runner.given = {}
    quiet = machine.run(runner.scripts(), "watch")
    assert quiet.code == 0, quiet.everything

    stack.set("freeze", "year end")
    runner.given = {
        "DR_EMERGENCY_VM": "app01",
        "DR_EMERGENCY_MODE": "unplanned",
        "DR_EMERGENCY_DESPITE_FREEZE": "true",
    }
    assert machine.run(runner.scripts(), "emergency-look").code == 0
    moved = machine.run(runner.scripts(), "emergency-move")
    assert moved.code == 0, moved.everything
    assert stack.item("app01")["activeLocation"] == "Recovery"
    runner.given = {}
    project.drift()
    alarmed = machine.run(runner.scripts(), "watch")
    assert alarmed.code != 0, alarmed.everything
    assert alarmed.everything.count("error: no changes were expected") == 2

    stack.edit(lambda config: config.pop("site-recovery:freeze"))
    stack.flip("app01", "azureToOnPremises")
    # A VM that stays keeps no other from its move, though somebody has turned it off and it runs nowhere now.
    project.turn_off_in_azure("sql01")
    assert machine.run(runner.scripts(), "preview").code == 0
    planned = machine.run(runner.scripts(), "plan")
    assert planned.code == 0, planned.everything
    assert "- stays: sql01: " in planned.everything
    runner.given = {"DR_UNLOCK": "true"}
    adopted = machine.run(runner.scripts(), "up")
    assert adopted.code == 0, adopted.everything

    assert machine.not_run(SCRIPTS) == []
