"""The pipelines as data: which commands they have, in which job, under which condition, with which variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.engine_fixture import ROOT

PIPELINES = ROOT / "pipelines"
GITHUB = tuple(sorted((PIPELINES / "github").glob("*.yml")))
AZURE = PIPELINES / "azure-pipelines.yml"
GITLAB = PIPELINES / "gitlab-ci.yml"

# Lines of a script that no trace shows, because they are no commands.
_SYNTAX = frozenset({"then", "else", "fi", "do", "done", "esac", "}", ")"})


@dataclass(frozen=True)
class Script:
    """One script of a job, which is one shell.

    condition   -- as it is written; empty where the script runs if all before it did
    environment -- of workflow, job and step together, not substituted
    """

    job: str
    step: str
    text: str
    identifier: str = ""
    condition: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    may_fail: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return (self.job, self.step)

    def command_lines(self) -> set[int]:
        """Numbers of the lines that a shell's trace shows once they have run."""
        lines = enumerate(self.text.splitlines(), start=1)
        return {number for number, line in lines if _is_command(line.strip())}


def load(path: Path) -> dict[str, Any]:
    """A pipeline's YAML, anchors resolved."""
    content: dict[str, Any] = YAML(typ="safe").load(path)
    return content


def github(path: Path) -> tuple[Script, ...]:
    """The `run` steps of a workflow; `job` is FILE/JOB."""
    workflow = load(path)
    found = []
    for name, job in workflow["jobs"].items():
        shared = {**workflow.get("env", {}), **job.get("env", {})}
        found += [
            Script(
                job=f"{path.stem}/{name}",
                step=step["name"],
                text=step["run"],
                identifier=step.get("id", ""),
                condition=step.get("if", ""),
                environment={**shared, **step.get("env", {})},
                may_fail=step.get("continue-on-error", False),
            )
            for step in job["steps"]
            if "run" in step
        ]
    return tuple(found)


def azure(path: Path = AZURE) -> tuple[Script, ...]:
    """The `bash` steps and the scripts of AzureCLI tasks; `job` is the stage."""
    pipeline = load(path)
    found = []
    for stage in pipeline["stages"]:
        for step in _azure_steps(stage):
            text = step.get("bash") or step.get("inputs", {}).get("inlineScript")
            if text is None:
                continue
            found.append(
                Script(
                    job=stage["stage"],
                    step=step["displayName"],
                    text=text,
                    identifier=step.get("name", ""),
                    condition=step.get("condition", ""),
                    environment={**pipeline["variables"], **step.get("env", {})},
                    may_fail=step.get("continueOnError", False),
                )
            )
    return tuple(found)


def gitlab(path: Path = GITLAB) -> tuple[Script, ...]:
    """One script a job, `before_script` first, as the runner puts them into one shell."""
    pipeline = load(path)
    jobs = {name: job for name, job in pipeline.items() if "script" in job and not name.startswith(".")}
    found = []
    for name, job in jobs.items():
        whole = _extended(pipeline, job)
        lines = [*whole["before_script"], *whole["script"]]
        found.append(
            Script(
                job=name,
                step=name,
                text="\n".join(line.rstrip("\n") for line in lines) + "\n",
                environment={**_gitlab_values(pipeline["variables"]), **_gitlab_values(whole.get("variables", {}))},
            )
        )
    return tuple(found)


def _azure_steps(stage: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for job in stage["jobs"]:
        yield from job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]


def _extended(pipeline: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    """A job with what it extends: later ones over earlier ones, the job over all; variables are merged."""
    extends = job.get("extends", [])
    whole: dict[str, Any] = {}
    for name in [extends] if isinstance(extends, str) else extends:
        whole = _merged(whole, _extended(pipeline, pipeline[name]))
    return _merged(whole, job)


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    variables = {**under.get("variables", {}), **over.get("variables", {})}
    return {**under, **over, "variables": variables}


def _gitlab_values(variables: Mapping[str, Any]) -> dict[str, str]:
    return {name: value["value"] if isinstance(value, dict) else value for name, value in variables.items()}


def _is_command(line: str) -> bool:
    return bool(line) and not line.startswith("#") and line not in _SYNTAX
