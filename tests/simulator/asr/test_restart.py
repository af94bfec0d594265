"""The simulator dies and comes back: nothing that was answered is lost, and jobs go on where they were."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import requests

from tests.simulator.asr.estate import Estate
from tests.simulator.conftest import FreshSimulator
from tests.simulator.running import PROJECT


def test_a_restart_in_the_middle_of_a_failover_under_load_loses_nothing(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    simulator = fresh_simulator("--manual-clock", "--state", str(tmp_path / "world.sqlite"))
    estate = Estate(simulator)
    estate.prepare()
    estate.protect("sql01")
    estate.begin_failover(shutdown=True)
    estate.advance(100)
    before = estate.latest_job("UnplannedFailover")
    accepted = _write_until_it_dies(estate)
    assert len(accepted) > 20
    simulator.start()
    again = Estate(simulator)
    again.container = estate.container
    job = again.job(before.name)
    assert (job.state, job.activity_id) == ("InProgress", before.properties.activity_id)
    assert [task.state for task in job.tasks] == [task.state for task in before.properties.tasks]
    assert [name for name in accepted if not _is_there(again, name)] == []
    again.advance(600)
    assert again.job(before.name).state == "Succeeded"
    assert again.item().active_location == "Recovery"
    assert again.view()["running"] == "azure"


def test_a_running_clock_never_goes_back_over_a_restart(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    simulator = fresh_simulator("--speed", "500", "--state", str(tmp_path / "world.sqlite"))
    for _ in range(3):
        simulator.make_group("dr")
        seen = _now(simulator.url, simulator.session)
        simulator.kill()
        simulator.start()
        after = _now(simulator.url, simulator.session)
        assert seen <= after


def _write_until_it_dies(estate: Estate) -> list[str]:
    """Make resource groups from two threads until the process is killed; gives the accepted names."""
    accepted: list[str] = []
    enough = threading.Event()
    token = estate.simulator.token()

    def write(thread: int) -> None:
        session = requests.Session()
        session.trust_env, session.verify = False, estate.simulator.session.verify
        for number in range(2000):
            name = f"load-{thread}-{number}"
            path = f"{estate.simulator.subscription_path}/resourcegroups/{name}?api-version=2024-11-01"
            try:
                answer = session.put(
                    f"{estate.simulator.url}{path}",
                    json={"location": "westeurope"},
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=30,
                )
            except requests.RequestException:
                return
            if answer.status_code == 201:
                accepted.append(name)
            if len(accepted) > 60:
                enough.set()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    estate.simulator.kill()
    for thread in threads:
        thread.join(60)
    return accepted


def _is_there(estate: Estate, name: str) -> bool:
    path = f"{estate.simulator.subscription_path}/resourcegroups/{name}"
    return bool(estate.simulator.arm("GET", path).status_code == 200)


def _now(url: str, session: requests.Session) -> float:
    return float(session.get(f"{url}/_simulator/clock", timeout=30).json()["epochSeconds"])


def test_a_file_that_is_no_state_is_refused_in_one_line(tmp_path: Path) -> None:
    state = tmp_path / "notes.txt"
    state.write_text("this is not a database, and it is long enough to be looked at as one " * 20, encoding="utf-8")
    assert "is not a simulator's state" in _refusal(state)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "written in format 99" in _refusal(other)


def _refusal(state: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "simulator", "serve", "--state", str(state)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    return ended.stderr
