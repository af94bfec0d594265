"""The demo, as `make demo` runs it: to its end, to a failing step, and stopped on the way."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine_fixture import ROOT, EngineUnderTest

STACK_FILE = ROOT / "stacks" / "Pulumi.local.yaml"
FAST = "600"
LIMIT_SECONDS = 280.0


def test_the_demo_goes_there_and_back_and_leaves_nothing(engine: EngineUnderTest) -> None:
    stack_file = STACK_FILE.read_bytes()
    with _demo("--speed", FAST) as demo:
        output, errors = demo.communicate(timeout=LIMIT_SECONDS)
    assert demo.returncode == 0, output + errors
    assert "sql01: runs on premises -> runs in Azure (direction azureToOnPremises)" in output
    assert "sql01: runs in Azure -> runs on premises (direction onPremisesToAzure)" in output
    table = output[output.index("The service's own jobs, in order") :]
    jobs = [line.split("(")[1].split(")")[0] for line in table.splitlines() if "(" in line]
    assert jobs == [
        "UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup",
        "Failback", "CommitFailover", "ReprotectReplicationGroup",
    ]  # fmt: skip
    assert "app01" not in table
    _assert_nothing_is_left_of(output)
    assert STACK_FILE.read_bytes() == stack_file


def test_a_step_that_fails_ends_the_demo_with_its_reason_last(engine: EngineUnderTest) -> None:
    stack_file = STACK_FILE.read_bytes()
    with _demo("--speed", FAST, "--vm", "nosuch") as demo:
        output, errors = demo.communicate(timeout=LIMIT_SECONDS)
    assert demo.returncode == 1
    stopped, *reason = errors.rpartition("The demo stopped at ")[2].splitlines()
    assert stopped.startswith("`pulumi preview --stack local")
    assert reason[0].startswith("error: ")
    assert "nosuch: no such VM" in reason[0]
    assert "$ pulumi up" in output  # what went before was shown
    _assert_nothing_is_left_of(output)
    assert STACK_FILE.read_bytes() == stack_file


def test_ctrl_c_stops_the_demo_and_leaves_nothing(engine: EngineUnderTest) -> None:
    stack_file = STACK_FILE.read_bytes()
    with _demo("--speed", "10") as demo:
        output = _read_until(demo, "Updating (local)")
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
        demo.communicate(timeout=LIMIT_SECONDS)
    assert demo.returncode == 128 + signal.SIGINT
    _assert_nothing_is_left_of(output)
    assert STACK_FILE.read_bytes() == stack_file


@contextmanager
def _demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "tools/do.py", "demo", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()  # it ends what it started
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


def _read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + LIMIT_SECONDS
    read = ""
    for line in process.stdout:
        read += line
        if text in line:
            return read
        assert time.monotonic() < deadline
    pytest.fail(f"{text!r} was never shown in:\n{read}")


def _assert_nothing_is_left_of(output: str) -> None:
    """Of the demo that said `output`: neither its working directory nor a process that works in it."""
    found = re.search(r"--config-file (\.work/demo-[^/]+)/", output)
    assert found, output
    directory = found[1]
    assert not (ROOT / directory).exists()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert f"{ROOT}/{directory}/" not in command.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended while we looked
            continue
