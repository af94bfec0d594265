"""The command line: `serve` from start to end, and `env` for both kinds of shell."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.conftest import FreshSimulator
from tests.simulator.running import PROJECT, RunningSimulator


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_env_prints_lines_that_a_shell_takes_whole(simulator: RunningSimulator) -> None:
    printed = run("env", "--ready-file", str(simulator.ready_file), NO_PROXY="internal.example").stdout
    shown = subprocess.run(
        ["sh", "-c", f"{printed}\nenv"], env={}, capture_output=True, text=True, timeout=30, check=True
    ).stdout
    variables = dict(line.split("=", 1) for line in shown.splitlines())
    assert variables["ARM_ENDPOINT"] == variables["AZURE_AUTHORITY_HOST"] == simulator.url
    assert variables["AZURE_CLIENT_SECRET"] == simulator.ready.client_secret
    assert variables["AZURE_SUBSCRIPTION_ID"] == simulator.ready.subscription_id
    assert variables["AZURE_TENANT_ID"] == simulator.ready.tenant_id
    assert variables["AZURE_CLIENT_ID"] == simulator.ready.client_id
    assert variables["AZURE_TOKEN_CREDENTIALS"] == "EnvironmentCredential"
    assert variables["NO_PROXY"] == "internal.example,localhost,127.0.0.1,::1"
    assert variables["SSL_CERT_FILE"] == variables["REQUESTS_CA_BUNDLE"]
    bundle = Path(variables["REQUESTS_CA_BUNDLE"]).read_text()
    assert Path(str(simulator.ready.authority)).read_text().strip() in bundle
    assert bundle.count("BEGIN CERTIFICATE") > 50  # the usual roots are there too


def test_env_speaks_powershell(simulator: RunningSimulator) -> None:
    printed = run("env", "--ready-file", str(simulator.ready_file), "--shell", "powershell").stdout.splitlines()
    assert f"$env:ARM_ENDPOINT = '{simulator.url}'" in printed
    assert all(line.startswith("$env:") for line in printed)


def test_env_without_a_simulator_says_how_to_start_one(tmp_path: Path) -> None:
    done = run("env", "--ready-file", str(tmp_path / "none.json"))
    assert done.returncode == 1
    assert "Start one with `python -m simulator serve --ready-file" in done.stderr


def test_the_ready_file_is_private_and_gone_after_an_orderly_stop(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator()
    assert stat.S_IMODE(simulator.ready_file.stat().st_mode) == 0o600
    keys = Path(str(simulator.ready.authority)).parent
    assert simulator.stop() == 0
    assert not simulator.ready_file.exists()
    assert not keys.exists()  # without a state file nothing is left
    assert "Traceback" not in simulator.log.read_text()


def test_an_idle_client_does_not_hold_up_the_end(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator()
    with socket.create_connection(("127.0.0.1", int(simulator.url.rpartition(":")[2]))):
        simulator.token()
        assert simulator.stop() == 0


def test_a_state_is_served_by_one_simulator_at_a_time(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    fresh_simulator("--state", state)
    second = run("serve", "--state", state)
    assert second.returncode == 1
    assert "Another simulator is using the state" in second.stderr


def test_a_port_in_use_is_one_clear_line(simulator: RunningSimulator) -> None:
    port = simulator.url.rpartition(":")[2]
    second = run("serve", "--port", port)
    assert second.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be had" in second.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "dr.example"])  # noqa: S104 - what is to be refused
def test_only_loopback_is_served(host: str) -> None:
    refused = run("serve", "--host", host)
    assert refused.returncode == 1
    assert "serves loopback only" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--profile", "other"], "'other' is not one of 'tutorial', 'recorded'"),
        (["--speed", "0"], "0.0 is not in the range x>0"),
        (["--inventory", "missing.yaml"], "does not exist"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], reason: str) -> None:
    refused = run("serve", *arguments)
    assert refused.returncode == 2
    assert reason in refused.stderr


def test_a_scenario_with_a_misspelt_key_names_it(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("faults: []\ntokenLifetime: 90\n")
    refused = run("serve", "--scenario", str(scenario))
    assert refused.returncode == 1
    assert "tokenLifetime" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_state_that_is_no_state_is_one_clear_line(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    state.write_text("this is not a database, and long enough for SQLite to look at it closely " * 20)
    refused = run("serve", "--state", str(state))
    assert refused.returncode == 1
    assert f"{state} is not a simulator's state" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_throttling_takes_its_toll_by_the_documented_buckets(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--throttle", "--manual-clock")
    first = simulator.arm("GET", "/subscriptions")
    assert first.headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
    answers = [simulator.arm("GET", "/subscriptions").status_code for _ in range(250)]
    assert answers == [200] * 249 + [429]
    refused = simulator.arm("GET", "/subscriptions")
    assert refused.json()["error"]["code"] == "TooManyRequests"
    assert int(refused.headers["Retry-After"]) >= 1
    assert simulator.make_group("writes-have-a-bucket-of-their-own")


def test_a_bucket_fills_with_the_clock(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--throttle", "--manual-clock")
    emptied = [simulator.arm("GET", "/subscriptions").status_code for _ in range(251)]
    assert emptied[-1] == 429
    simulator.advance(1)
    answers = [simulator.arm("GET", "/subscriptions").status_code for _ in range(26)]
    assert answers == [200] * 25 + [429]
