"""`python -m dr status` and what truly is: blockers, held VMs, copies that run, and a service that does not answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dr.exit_codes import Exit
from tests.dr.broken_glass import VM, BrokenGlass
from tests.simulator.running import PROJECT

pytestmark = pytest.mark.timeout(600)
BOLD = {"failover": {"mode": "unplanned", "commit": "automatic"}}
NO_ANSWER = {
    "name": "down",
    "request": {"method": "GET", "operation": "Replication*_List"},
    "answer": {"status": 503, "code": "ServiceUnavailable", "message": "The service does not answer."},
}


@pytest.fixture(scope="module")
def glass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokenGlass]:
    made = BrokenGlass(tmp_path_factory.mktemp("glass"))
    yield made
    made.simulator.stop()


def test_a_vm_that_is_to_be_moved_is_judged_as_a_preview_would(glass: BrokenGlass) -> None:
    _begin(glass, direction="azureToOnPremises")
    assert _status(glass)[0] == Exit.CHANGES
    glass.take_network_away()
    code, row = _status(glass)
    assert code == Exit.BLOCKED
    assert [why.partition(":")[0] for why in row["why"]] == ["BLOCKED missingNetwork"]
    glass.edit(lambda config: config.update({"site-recovery:freeze": "quarter end"}))
    assert [why.partition(":")[0] for why in _status(glass)[1]["why"]] == ["BLOCKED freeze", "BLOCKED missingNetwork"]
    glass.edit(lambda config: config["site-recovery:vms"][VM].update(direction="onPremisesToAzure"))
    code, row = _status(glass)
    assert (code, row["why"]) == (Exit.NOTHING, []), "what does not move is not blocked"


def test_a_vm_that_was_moved_by_hand_is_held_as_an_up_would_hold_it(glass: BrokenGlass) -> None:
    _begin(glass)
    _portal(glass, "UnplannedFailover")
    code, row = _until(glass, lambda row: row["stage"] == "failoverCommitPending")
    assert code == Exit.WAITING
    assert row["why"][0].startswith("HELD: sql01 ")


def test_neither_copy_running_is_found_of_a_vm_that_stands_where_it_is_declared(glass: BrokenGlass) -> None:
    _in_azure(glass)
    assert _status(glass)[0] == Exit.NOTHING
    _azure_vm(glass, "powerOff")
    code, row = _status(glass)
    assert (code, row["stage"]) == (Exit.TWO_OR_NONE, "neitherRunning")


def test_watching_finds_a_copy_that_stops_later(glass: BrokenGlass) -> None:
    _in_azure(glass)
    with _watching(glass) as said:
        assert next(said)["exitCode"] == Exit.NOTHING
        _azure_vm(glass, "powerOff")
        assert next(said)["exitCode"] == Exit.TWO_OR_NONE


def test_watching_outlasts_a_service_that_does_not_answer_and_says_so(glass: BrokenGlass) -> None:
    _begin(glass)
    with _watching(glass) as said:
        assert next(said)["exitCode"] == Exit.NOTHING
        glass.fail(NO_ANSWER)
        assert "error" in next(said)
        glass.heal()
        assert next(said)["vms"][0]["vm"] == VM


def test_watching_ends_with_what_it_could_not_see(glass: BrokenGlass) -> None:
    _begin(glass)
    with _watching(glass, ends=Exit.FAILED) as said:
        next(said)
        glass.fail(NO_ANSWER)
        assert "error" in next(said)


def _begin(glass: BrokenGlass, **settings: Any) -> None:
    glass.begin(**{"direction": "onPremisesToAzure", **BOLD, **settings})
    glass.edit(lambda config: config["site-recovery:vms"].pop("app01"))


def _in_azure(glass: BrokenGlass) -> None:
    _begin(glass, direction="azureToOnPremises")
    moved = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert moved.code == 0, moved.said


def _status(glass: BrokenGlass) -> tuple[int, dict[str, Any]]:
    """The exit code, and the row of the VM."""
    done = subprocess.run(
        _command(glass), cwd=PROJECT, env=glass.simulator.environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["exitCode"] == done.returncode
    (row,) = document["vms"]
    return done.returncode, row


def _until(glass: BrokenGlass, reached: Callable[[dict[str, Any]], bool]) -> tuple[int, dict[str, Any]]:
    for _ in range(60):
        code, row = _status(glass)
        if reached(row):
            return code, row
    raise AssertionError(row)


@contextmanager
def _watching(glass: BrokenGlass, ends: Exit | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """The documents of `--watch --format json`, one a line; ended by Ctrl-C."""
    process = subprocess.Popen(
        [*_command(glass), "--watch", "--interval", "1"],
        cwd=PROJECT,
        env=glass.simulator.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield (json.loads(line) for line in process.stdout)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert ends is None or process.returncode == ends
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        glass.heal()


def _command(glass: BrokenGlass) -> list[str]:
    return [sys.executable, "-m", "dr", "status", "--stack-file", str(glass.file), "--format", "json"]


def _portal(glass: BrokenGlass, operation: str) -> None:
    simulator = glass.simulator
    body = {"vm": VM, "operation": operation}
    simulator.session.post(f"{simulator.url}/_simulator/portal", json=body, timeout=30).raise_for_status()


def _azure_vm(glass: BrokenGlass, operation: str) -> None:
    simulator = glass.simulator
    views = simulator.session.get(f"{simulator.url}/_simulator/items", timeout=30).json()["value"]
    machine = next(view for view in views if view["machine"] == VM)["azure"]["id"]
    answer = simulator.arm("POST", f"{machine}/{operation}", version="2024-07-01")
    assert answer.status_code in {200, 202}, answer.text
