"""The GitHub workflows, from a pull request to the worst day, every command of them run against the simulator."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.build_machine import BuildMachine
from tests.pipelines.ci_files import GITHUB, Script, github
from tests.pipelines.pipeline_project import TOKEN_AUDIENCE, PipelineProject

SCRIPTS = tuple(script for path in GITHUB for script in github(path))
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_UNLOCK = "inputs.unlock"
_CARRY_OUT = "Carry out the plan, and nothing else"
_MOST_TRIES = 5
_READY = "${{ !cancelled() && steps.ready.outcome == 'success' }}"


class GitHubMachine:
    """A runner: expressions, GITHUB_OUTPUT, GITHUB_PATH and GITHUB_STEP_SUMMARY; its token service is `token_url`."""

    def __init__(self, directory: Path, project: PipelineProject, token_url: str) -> None:
        client = project.simulator.ready
        self.context = {
            "vars.DR_READER_CLIENT_ID": client.client_id,
            "vars.DR_OPERATOR_CLIENT_ID": client.client_id,
            "vars.DR_TENANT_ID": client.tenant_id,
            "vars.DR_SUBSCRIPTION_ID": client.subscription_id,
            "vars.DR_BACKEND_URL": project.environment()["PULUMI_BACKEND_URL"],
            "github.token": "issued to this job",
            "github.event.pull_request.number": "12",
        }
        self._files = {name: directory / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        self._clear()
        environment = {
            **project.environment(),
            **{name: str(path) for name, path in self._files.items()},
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "contoso/dr",
            "ACTIONS_ID_TOKEN_REQUEST_URL": token_url,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of this job",
        }
        fakes = directory / "fakes"
        fakes.mkdir()
        self.machine = BuildMachine(
            directory=project.directory,
            fakes=fakes,
            environment=environment,
            bash=("bash", "--noprofile", "--norc", "-eo", "pipefail"),
            conditions={"always()": True, _READY: True, _UNLOCK: False},
            substitute=lambda text: _EXPRESSION.sub(lambda found: self.context[found[1]], text),
            after_script=self._after_script,
        )

    @property
    def summary(self) -> str:
        return self._files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")

    def plan(self, *, changes: str, irreversible: str) -> None:
        """Runs the job that saves a plan, and expects these outputs of it."""
        planned = self.machine.run(SCRIPTS, "dr-up/plan")
        assert planned.code == 0, planned.everything
        assert self.context["steps.what.outputs.changes"] == changes
        assert self.context["steps.what.outputs.irreversible"] == irreversible

    def _clear(self) -> None:
        for name in ("GITHUB_OUTPUT", "GITHUB_PATH"):
            self._files[name].write_text("", encoding="utf-8")

    def _after_script(self, script: Script, _said: str) -> None:
        for line in self._files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.context[f"steps.{script.identifier}.outputs.{name}"] = value
        for entry in self._files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines():
            self.machine.prepend_path(entry)
        self._clear()


@pytest.fixture
def token_service(project: PipelineProject) -> Iterator[str]:
    """What issues a job's assertions, on loopback; its address."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == "Bearer of this job" and TOKEN_AUDIENCE in self.path.replace(
                "%3A", ":"
            ).replace("%2F", "/")
            body = json.dumps({"value": project.assertion()}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/token?api-version=2.0"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.timeout(900)
def test_every_command_carries_a_stack_through_review_failover_interruption_drift_and_emergency(
    tmp_path: Path, project: PipelineProject, token_service: str
) -> None:
    runner = GitHubMachine(tmp_path, project, token_service)
    _a_pull_request(runner, project)
    _merged_and_cut_short(runner, project)
    _gone_on(runner, project)
    _the_worst_day(runner, project)
    _found_and_declared(runner, project)
    assert runner.machine.not_run(SCRIPTS) == []


def _a_pull_request(runner: GitHubMachine, project: PipelineProject) -> None:
    machine, stack = runner.machine, project.stack
    comment = machine.fakes / "comment"

    # Under a freeze the check fails as blocked, and the comment says why.
    stack.flip("sql01", "azureToOnPremises")
    stack.set("freeze", "year end")
    blocked = machine.run(SCRIPTS, "dr-preview/preview")
    assert blocked.code == 3, blocked.everything
    assert "year end" in comment.read_text(encoding="utf-8")

    # After its next push the same comment is written anew.
    stack.edit(lambda config: config.pop("site-recovery:freeze"))
    reviewed = machine.run(SCRIPTS, "dr-preview/preview")
    assert reviewed.code == 0, reviewed.everything
    written = comment.read_text(encoding="utf-8")
    assert written.startswith("<!-- dr-preview prod -->\n")
    assert "GO" in written
    assert "year end" not in written


def _merged_and_cut_short(runner: GitHubMachine, project: PipelineProject) -> None:
    runner.plan(changes="true", irreversible="true")
    assert "**cannot be undone**: commit" in runner.summary

    # The service takes longer than the job may. (A machine under load may not even come to begin; the plan holds.)
    project.runs_at(3)
    for _ in range(_MOST_TRIES):
        late = runner.machine.run(SCRIPTS, "dr-up/up", instead={"--minutes 45": "--minutes 0.5"})
        assert late.code == 75, late.everything
        assert "::warning title=In progress, run again::" in late.everything
        if _failovers(project, "sql01"):
            break
    assert _failovers(project, "sql01") == 1


def _gone_on(runner: GitHubMachine, project: PipelineProject) -> None:
    """The next run previews what is left, and goes on with the failover that is under way; then all is quiet."""
    project.runs_at(600)
    rerun = runner.machine.run(SCRIPTS, "dr-up/up")  # with the old plan, as "Re-run failed jobs" does
    assert rerun.failed == (_CARRY_OUT,)
    assert "violates plan" in rerun.said[_CARRY_OUT]

    runner.machine.conditions[_UNLOCK] = True
    runner.plan(changes="true", irreversible="true")
    done = runner.machine.run(SCRIPTS, "dr-up/up")
    assert done.code == 0, done.everything
    assert project.stack.outputs("sql01")["activeLocation"] == "azure"
    assert _failovers(project, "sql01") == 1
    quiet = runner.machine.run(SCRIPTS, "dr-watch/watch")
    assert quiet.code == 0, quiet.everything


def _the_worst_day(runner: GitHubMachine, project: PipelineProject) -> None:
    """The state is out of reach and the stack frozen, and a VM has to be moved."""
    project.stack.set("freeze", "year end")
    runner.context |= {
        "inputs.vm": "app01",
        "inputs.confirm": "app01",
        "inputs.to": "azure",
        "inputs.mode": "unplanned",
        "inputs.despite_freeze": "true",
    }
    backend = runner.context.pop("vars.DR_BACKEND_URL")  # so that a job that asks for it fails
    runner.machine.environment["PULUMI_BACKEND_URL"] = "file:///out-of-reach"
    assert runner.machine.run(SCRIPTS, "dr-emergency/look").code == 0
    assert _failovers(project, "app01") == 0
    moved = runner.machine.run(SCRIPTS, "dr-emergency/move")
    assert moved.code == 0, moved.everything
    assert project.stack.item("app01")["activeLocation"] == "Recovery"
    runner.context["vars.DR_BACKEND_URL"] = backend


def _found_and_declared(runner: GitHubMachine, project: PipelineProject) -> None:
    """Each look of the watch finds what is its own to find; declared as it is, the VM is taken over."""
    project.drift()
    alarmed = runner.machine.run(SCRIPTS, "dr-watch/watch")
    assert len(alarmed.failed) == 3, alarmed.everything
    assert "HELD: app01" in alarmed.everything
    project.stack.edit(lambda config: config.pop("site-recovery:freeze"))
    project.stack.flip("app01", "azureToOnPremises")
    runner.plan(changes="true", irreversible="false")
    assert runner.machine.run(SCRIPTS, "dr-up/up").code == 0
    assert project.stack.outputs("app01")["held"] == ""


def _failovers(project: PipelineProject, vm: str) -> int:
    return [scenario for scenario, _ in project.stack.job_scenarios(vm)].count("UnplannedFailover")
