"""What the pipelines' steps call."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.ci_files import PIPELINES

_STEP = {"name": "failover", "reversible": True, "consequence": ""}
_COMMIT = {"name": "commit", "reversible": False, "consequence": "deletes all recovery points"}
_DELETED = {"vm": "sql01", "what": "protection of sql01", "consequence": "its protection ends"}
_MOVING = {
    "vm": "sql01",
    "decision": "move",
    "headline": "sql01: runs on premises -> runs in Azure",
    "dataLoss": {"words": "none"},
    "outage": {"words": "3 min to 11 min"},
}


def _python(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PIPELINES / script, *arguments],
        env={**_plain(), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"GITHUB_ACTIONS", "TF_BUILD"}}


def _impact(directory: Path, *vms: dict[str, Any], changes: dict[str, int]) -> Path:
    file = directory / "impact.json"
    report: dict[str, Any] = {"stack": "prod", "verdict": "GO" if vms else None, "changes": changes, "vms": list(vms)}
    report |= {"deletions": [_DELETED] if "delete" in changes else []}
    report |= {"passed": True, "exitCode": 2 if vms else 0}
    report |= {"changed": changes.keys() != {"same"}}
    file.write_text(json.dumps(report), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("vms", "changes", "said"),
    [
        ((), {"same": 23}, "changes=false\nirreversible=false\n"),
        ((), {"same": 22, "update": 1}, "changes=true\nirreversible=false\n"),
        ((), {"same": 20, "delete": 3}, "changes=true\nirreversible=true\n"),
        (({**_MOVING, "steps": [_STEP]},), {"update": 1}, "changes=true\nirreversible=false\n"),
        (({**_MOVING, "steps": [_STEP, _COMMIT]},), {"update": 1}, "changes=true\nirreversible=true\n"),
        (
            ({**_MOVING, "steps": [_STEP]}, {**_MOVING, "vm": "app01", "steps": [_COMMIT]}),
            {"update": 2},
            "changes=true\nirreversible=true\n",
        ),
    ],
    ids=["nothing", "settings", "deletes", "reversible", "irreversible", "one-of-two"],
)
def test_what_moves_tells_changes_and_whether_they_can_be_undone(
    tmp_path: Path, vms: tuple[dict[str, Any], ...], changes: dict[str, int], said: str
) -> None:
    answer = _python("what_moves.py", str(_impact(tmp_path, *vms, changes=changes)))
    assert (answer.returncode, answer.stdout) == (0, said)


def test_what_moves_writes_for_the_person_who_approves(tmp_path: Path) -> None:
    file = _impact(tmp_path, {**_MOVING, "dataLoss": None, "steps": [_STEP, _COMMIT]}, changes={"update": 1})
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    _python("what_moves.py", str(file), "--summary", str(summary))
    assert summary.read_text(encoding="utf-8").splitlines() == [
        "before",
        "### prod: GO",
        "",
        "- **sql01: runs on premises -> runs in Azure**",
        "  - steps: failover, commit",
        "  - data loss: unknown",
        "  - outage: 3 min to 11 min",
        "  - **cannot be undone**: commit: deletes all recovery points",
    ]


@pytest.mark.parametrize(
    ("passed", "code", "ends"),
    [(True, 2, 0), (True, 4, 0), (True, 5, 0), (True, 1, 0), (False, 3, 3), (False, 5, 5), (False, 1, 1)],
)
def test_what_moves_fails_as_the_preview_did_and_not_for_a_vm_that_stays(
    tmp_path: Path, passed: bool, code: int, ends: int
) -> None:
    stays = {"vm": "app01", "decision": "held", "line": "app01: runs nowhere"}
    file = _impact(tmp_path, {**_MOVING, "steps": [_STEP]}, stays, changes={"update": 1})
    report = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**report, "passed": passed, "exitCode": code}), encoding="utf-8")
    summary = tmp_path / "summary.md"
    answer = _python("what_moves.py", str(file), "--ended", str(code), "--summary", str(summary))
    assert (answer.returncode, answer.stdout) == (ends, "changes=true\nirreversible=false\n")
    assert "- stays: app01: runs nowhere (held)" in summary.read_text(encoding="utf-8").splitlines()


def test_what_moves_refuses_the_report_of_another_preview(tmp_path: Path) -> None:
    answer = _python("what_moves.py", str(_impact(tmp_path, changes={"update": 1})), "--ended", "64")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "this one ended with 64. Nothing is to be approved." in answer.stderr


def test_what_moves_names_whose_protection_would_end(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    _python("what_moves.py", str(_impact(tmp_path, changes={"delete": 3})), "--summary", str(summary))
    assert summary.read_text(encoding="utf-8").splitlines() == [
        "### prod: deletes in Azure",
        "",
        "No VM would move.",
        "- **cannot be undone**: protection of sql01: its protection ends",
    ]


@pytest.mark.parametrize("content", ["", "{}", '{"changes": {}, "vms": [{}]}'])
def test_what_moves_decides_nothing_from_what_it_cannot_read(tmp_path: Path, content: str) -> None:
    file = tmp_path / "impact.json"
    file.write_text(content, encoding="utf-8")
    answer = _python("what_moves.py", str(file))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "Nothing is to be approved" in answer.stderr


@pytest.mark.parametrize(
    ("age", "code"),
    [
        (timedelta(minutes=1), 0),
        (timedelta(minutes=-1), 0),  # two machines' clocks
        (timedelta(hours=3, minutes=50), 0),
        (timedelta(hours=4, minutes=10), 1),
        (timedelta(minutes=-10), 1),
    ],
    ids=["new", "ahead", "young", "old", "of-the-future"],
)
def test_a_plan_is_refused_when_it_is_too_old(tmp_path: Path, age: timedelta, code: int) -> None:
    plan = tmp_path / "up.plan.json"
    # As the engine writes it: nanoseconds.
    made = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
    plan.write_text(json.dumps({"manifest": {"time": made}}), encoding="utf-8")
    assert _python("plan_age.py", str(plan), "--hours", "4").returncode == code


@pytest.mark.parametrize("content", ["", "{}", '{"manifest": {"time": "yesterday"}}'])
def test_what_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    plan = tmp_path / "up.plan.json"
    plan.write_text(content, encoding="utf-8")
    answer = _python("plan_age.py", str(plan), "--hours", "4")
    assert answer.returncode == 1
    assert "Nothing was done" in answer.stderr


# Says when it is ready, counts the times it is asked to stop, and ends with 5.
_STOPS_WHEN_ASKED = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (print("asked to stop", flush=True), sys.exit(5)))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("code", [0, 3])
def test_a_command_within_its_limit_ends_as_it_does(code: int) -> None:
    answer = _python("within_limit.py", "--minutes", "1", "--", sys.executable, "-c", f"raise SystemExit({code})")
    assert (answer.returncode, answer.stdout) == (code, "")


@pytest.mark.parametrize(
    ("runner", "warning"),
    [
        ({}, "In progress, run again: "),
        ({"GITHUB_ACTIONS": "true"}, "::warning title=In progress, run again::"),
        ({"TF_BUILD": "True"}, "##vso[task.logissue type=warning]In progress, run again: "),
    ],
    ids=["plain", "github", "azure"],
)
def test_a_command_past_its_limit_is_asked_to_stop_and_is_in_progress(runner: dict[str, str], warning: str) -> None:
    command = (sys.executable, "-c", _STOPS_WHEN_ASKED)
    answer = _python("within_limit.py", "--minutes", "0.05", "--", *command, **runner)
    assert answer.returncode == 75
    assert answer.stdout.startswith("ready\nasked to stop\n")
    assert f"\n{warning}This job's limit of 0.05 minutes has passed." in answer.stdout


def test_a_cancelled_pipeline_asks_the_command_to_stop_once() -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            PIPELINES / "within_limit.py",
            "--minutes",
            "1",
            "--",
            sys.executable,
            "-c",
            _STOPS_WHEN_ASKED,
        ],
        env=_plain(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 5
    assert said.startswith("asked to stop\nCancelled: ")
    assert said.count("asked to stop") == 1


def test_a_command_that_does_not_stop_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    program = (
        f"import sys; sys.path.insert(0, {str(PIPELINES)!r}); import within_limit; within_limit.GRACE_SECONDS = 0.2; "
        f"sys.exit(within_limit.main(['--minutes', '0.05', '--', sys.executable, '-c', {deaf!r}]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], env=_plain(), capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 75
    assert answer.stdout.startswith("Killed: ")
    assert "pulumi cancel" in answer.stdout
