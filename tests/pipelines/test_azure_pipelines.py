"""azure-pipelines.yml: every command of it run against the simulator, signed in as the task would have done it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.pipelines.build_machine import BuildMachine
from tests.pipelines.ci_files import Script, azure
from tests.pipelines.pipeline_project import PipelineProject

SCRIPTS = azure()
_PARAMETER = re.compile(r"\$\{\{ parameters\.(\w+) \}\}")
_SET = re.compile(r"^##vso\[task\.setvariable variable=(\w+)(?:;isOutput=true)?\](.*)$", re.MULTILINE)
_PREPEND = re.compile(r"^##vso\[task\.prependpath\](.*)$", re.MULTILINE)
_UNLOCK = "and(succeeded(), eq('${{ parameters.unlock }}', 'True'))"
_REPOS = "and(succeeded(), eq(variables['Build.Repository.Provider'], 'TfsGit'))"


class AzureMachine:
    """An agent: variables are environment in capitals, and what a script prints as ##vso[...] is heeded.

    The AzureCLI task's login is taken by the simulator's own identity, in the environment.
    """

    def __init__(self, directory: Path, project: PipelineProject) -> None:
        self.outputs: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        self._backend = project.environment()["PULUMI_BACKEND_URL"]
        self.workspace = directory / "workspace"
        (self.workspace / "up-plan").mkdir(parents=True)
        fakes = directory / "fakes"
        fakes.mkdir()
        known = project.simulator.environment
        identity = {name: known[name] for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")}
        self.machine = BuildMachine(
            directory=project.directory,
            fakes=fakes,
            environment={
                **project.environment(),
                **identity,
                "TF_BUILD": "True",
                "PIPELINE_WORKSPACE": str(self.workspace),
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
                "SYSTEM_TEAMPROJECT": "dr",
                "BUILD_REPOSITORY_ID": "dr",
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "12",
            },
            bash=("bash",),  # as both tasks call it: a script asks for -e by itself
            conditions={"always()": True, "succeededOrFailed()": True, _UNLOCK: False, _REPOS: True},
            substitute=self._substitute,
            after_script=self._after_script,
        )

    def _substitute(self, text: str) -> str:
        if text.startswith("azblob://"):
            return self._backend
        if text == "$(System.AccessToken)":
            return "issued to this job"
        return _PARAMETER.sub(lambda found: self.parameters[found[1]], text)

    def _after_script(self, _script: Script, said: str) -> None:
        for name, value in _SET.findall(said):
            self.outputs[name] = value
            self.machine.environment[name.upper()] = value
        for entry in _PREPEND.findall(said):
            self.machine.prepend_path(entry)

    def publish(self) -> None:
        """The plan stage's `publish`, which the next stage downloads."""
        plan = self.machine.directory / "up.plan.json"
        shutil.move(plan, self.workspace / "up-plan" / plan.name)


@pytest.mark.timeout(900)
def test_every_command_carries_a_stack_through_review_failover_drift_and_emergency(
    tmp_path: Path, project: PipelineProject
) -> None:
    agent = AzureMachine(tmp_path, project)
    machine, stack = agent.machine, project.stack

    stack.flip("sql01", "azureToOnPremises")
    reviewed = machine.run(SCRIPTS, "preview")
    assert reviewed.code == 0, reviewed.everything
    assert "pullRequestId=12" in machine.asked

    assert machine.run(SCRIPTS, "plan").code == 0
    assert agent.outputs | {"changes": "true", "irreversible": "true"} == agent.outputs
    agent.publish()
    machine.conditions[_UNLOCK] = True
    done = machine.run(SCRIPTS, "upIrreversible")
    assert done.code == 0, done.everything
    assert stack.outputs("sql01")["activeLocation"] == "azure"
    quiet = machine.run(SCRIPTS, "watch")
    assert quiet.code == 0, quiet.everything

    stack.set("freeze", "year end")
    agent.parameters = {
        "emergencyVm": "app01",
        "emergencyTo": "azure",
        "emergencyMode": "unplanned",
        "emergencyDespiteFreeze": "True",
    }
    assert machine.run(SCRIPTS, "emergencyLook").code == 0
    moved = machine.run(SCRIPTS, "emergencyMove")
    assert moved.code == 0, moved.everything
    assert stack.item("app01")["activeLocation"] == "Recovery"
    project.drift()
    alarmed = machine.run(SCRIPTS, "watch")
    assert len(alarmed.failed) == 3, alarmed.everything

    stack.edit(lambda config: config.pop("site-recovery:freeze"))
    stack.flip("app01", "azureToOnPremises")
    assert machine.run(SCRIPTS, "plan").code == 0
    assert agent.outputs | {"changes": "true", "irreversible": "false"} == agent.outputs
    agent.publish()
    assert machine.run(SCRIPTS, "up").code == 0

    assert machine.not_run(SCRIPTS) == []
