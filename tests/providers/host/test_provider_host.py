"""What provider code can rely on under this project's host, and what is left of it under the stock one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.providers.host.conftest import Project

URN = "urn:pulumi:dev::{project}::pulumi-python:dynamic/host-test:Behaving::thing0"
LIMIT_SECONDS = 60.0


def test_an_operation_knows_its_resource_and_speaks_on_its_row(project: Project) -> None:
    project.configure(behaviour="tell")
    output = project.up()
    urn = URN.format(project=f"host-{project.directory.name}".replace("_", "-"))
    assert project.calls() == ["create begins", f"create {urn} None True"]
    assert "host-test:Behaving (thing0):\n    warning: a warning on the row" in output


def test_a_thread_takes_the_operation_along_and_repeated_progress_is_sent_once(project: Project) -> None:
    project.configure(behaviour="tell-from-thread")
    output = project.up("--event-log", str(project.directory / "events.json"), PULUMI_DEBUG_COMMANDS="true")
    assert project.calls()[-1].startswith("thread urn:pulumi:dev::"), output
    events = (project.directory / "events.json").read_text(encoding="utf-8")
    assert events.count("the same progress") == 1


def test_an_exception_is_shown_as_its_text_alone_and_changes_nothing(project: Project) -> None:
    project.up()
    project.configure(behaviour="raise")
    output = project.up(check=False)
    assert "error: what went wrong\n    and what to do" in output
    assert "Exception calling application" not in output
    assert "Traceback" not in output
    assert "in behave" in project.up("--debug", check=False)  # where it was raised, for whoever asks
    [thing] = project.things()
    assert (thing["inputs"]["behaviour"], thing["outputs"]["behaviour"]) == ("succeed", "succeed")


def test_a_partial_failure_saves_outputs_with_old_inputs_and_the_next_up_updates_again(project: Project) -> None:
    project.up()
    project.configure(behaviour="stop-half-way")
    assert "it stands half-way; run up again" in project.up(check=False)
    [thing] = project.things()
    assert (thing["inputs"]["behaviour"], thing["outputs"]["behaviour"]) == ("succeed", "half-way")

    project.configure(behaviour="half-way")  # what diff compares is the same again: only the failure asks for an update
    project.up()
    assert project.calls().count("update begins") == 2
    [thing] = project.things()
    assert "initErrors" not in thing
    assert thing["inputs"]["behaviour"] == "half-way"


def test_a_create_that_stops_half_way_is_in_the_state(project: Project) -> None:
    project.configure(behaviour="stop-half-way")
    project.up(check=False)
    [thing] = project.things()
    assert thing["id"] == "the-id"
    assert (thing["inputs"]["behaviour"], thing["outputs"]["behaviour"]) == ("stop-half-way", "half-way")


def test_ctrl_c_reaches_a_waiting_operation_and_keeps_queued_ones_from_starting(project: Project) -> None:
    project.configure(count="3")
    project.up()
    project.configure(behaviour="wait-for-cancel")
    output = _interrupt_while_waiting(project, "--parallel", "2")
    calls = [call for call in project.calls() if call != "create begins"]
    assert calls.count("saw cancel") == calls.count("update begins") == 2, output
    assert sorted(thing["outputs"]["behaviour"] for thing in project.things()) == [
        "interrupted", "interrupted", "succeed",
    ]  # fmt: skip


def test_as_many_operations_run_at_once_as_the_engine_starts(project: Project) -> None:
    project.configure(count="40", behaviour="wait-for-company")
    project.up("--parallel", "40")
    assert len(project.things()) == 40


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_the_host_ends_with_an_engine_that_was_killed(project: Project) -> None:
    project.up()
    project.configure(behaviour="wait-for-cancel")
    with project.engine.start("up", "--yes", "--skip-preview", "--stack", "dev", cwd=project.directory) as command:
        _wait_until(lambda: "update begins" in project.calls(), command)
        hosts = _processes_of(project.directory, "providers.host")
        assert hosts
        command.kill()
        command.wait(timeout=30)
        _wait_until(lambda: "saw cancel" in project.calls())
        _wait_until(lambda: not _processes_of(project.directory, "providers.host"))
        _wait_until(lambda: not _processes_of(project.directory, "language_host.py"))


def test_the_same_provider_works_under_the_stock_host_with_less(project_under_the_stock_host: Project) -> None:
    project = project_under_the_stock_host
    project.configure(behaviour="tell")
    output = project.up()
    assert project.calls()[-1] == "unknown None None False"
    assert "warning: a warning on the row" in output

    project.configure(behaviour="stop-half-way")
    assert "it stands half-way; run up again" in project.up(check=False)
    [thing] = project.things()
    assert thing["outputs"]["behaviour"] == "tell"


def _interrupt_while_waiting(project: Project, *flags: str) -> str:
    with project.engine.start(
        "up", "--yes", "--skip-preview", "--stack", "dev", *flags, cwd=project.directory
    ) as command:
        _wait_until(lambda: project.calls().count("update begins") == 2, command)
        os.kill(command.pid, signal.SIGINT)
        output, _ = command.communicate(timeout=LIMIT_SECONDS)
    assert command.returncode != 0
    return output


def _wait_until(condition: object, command: subprocess.Popen[str] | None = None) -> None:
    assert callable(condition)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if command is not None and command.poll() is not None:
            raise AssertionError(f"the command ended early:\n{command.communicate()[0]}")
        assert time.monotonic() < deadline, "it did not come about within a minute"
        time.sleep(0.05)


def _processes_of(directory: Path, program: str) -> list[int]:
    """Processes that run `program` with `directory` as their working directory."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and (entry / "cwd").readlink() == directory
                and program in (entry / "cmdline").read_text(encoding="utf-8", errors="replace")
            ):
                found.append(int(entry.name))
        except OSError:  # it ended while we looked
            continue
    return found
