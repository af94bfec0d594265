"""The simulator dies and comes back: nothing that was answered is lost, and jobs go on where they were."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import AzureError

from tests.simulator.asr.estate import HYPER_V, Estate
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


MACHINES = [f"vm{number:02}" for number in range(6)]


@pytest.mark.parametrize("after", [1, 6, 9])
def test_a_crash_amid_the_failovers_of_several_clients_loses_none(
    fresh_simulator: FreshSimulator, tmp_path: Path, after: int
) -> None:
    """Six clients fail machines over and commit, one moves the clock, and the process is killed between two of them."""
    hosts = tmp_path / "hosts.yaml"
    machines = [
        {"name": name, "disks": [{"name": f"{name}.vhdx", "sizeGB": 40, "operatingSystem": True}]} for name in MACHINES
    ]
    hosts.write_text(json.dumps({"hosts": [{"name": "hv01", "virtualMachines": machines}]}), encoding="utf-8")
    simulator = fresh_simulator("--manual-clock", "--state", str(tmp_path / "world.sqlite"), "--inventory", str(hosts))
    estate = Estate(simulator)
    estate.prepare()
    for name in MACHINES:
        estate.protect(name)
    accepted = _fail_over_until_it_dies(estate, after)
    simulator.start()
    again = Estate(simulator)
    again.container = estate.container
    # Each is there, or the client raises.
    assert all(again.job(name).activity_id for name in accepted)
    again.advance(3600)
    assert {again.job(name).state for name in accepted} == {"Succeeded"}
    for name in MACHINES:
        done = [job.properties.scenario_name for job in again.jobs(name)]
        # An answer that was lost may have been carried out, but nothing was carried out twice or by half.
        moved, committed = done.count("UnplannedFailover"), done.count("CommitFailover")
        assert (moved, committed) in {(0, 0), (1, 0), (1, 1)}
        assert again.item(name).active_location == ("Recovery" if moved else "Primary")
        assert again.view(name)["running"] == ("azure" if moved else "onPremises")
        assert ("Commit" in again.item(name).allowed_operations) == (moved > committed)
        assert bool(again.points(name)) == (not committed)


def _fail_over_until_it_dies(estate: Estate, after: int) -> list[str]:
    """Fail every machine over and commit it, from a thread and a client each; kill the process once so many calls were
    accepted. Gives the names of the accepted jobs.
    """
    accepted: list[str] = []
    enough = threading.Event()

    def note(poller: Any) -> None:
        first = poller.polling_method()._initial_response.http_response  # the SDK gives it no other way
        accepted.append(first.headers["x-ms-request-id"].rsplit("/", 1)[-1])
        if len(accepted) >= after:
            enough.set()

    threads = [threading.Thread(target=_move, args=(estate, machine, note)) for machine in MACHINES]
    threads.append(threading.Thread(target=_pass_time, args=(estate,)))
    for thread in threads:
        thread.start()
    came = enough.wait(60)
    estate.simulator.kill()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert came
    return accepted


def _move(estate: Estate, machine: str, note: Callable[[Any], None]) -> None:
    client: Any
    with estate.simulator.site_recovery(retry_total=0) as client:
        items = client.replication_protected_items
        body = {
            "failoverDirection": "PrimaryToRecovery",
            "sourceSiteOperations": "Required",
            "providerSpecificDetails": {"instanceType": HYPER_V},
        }
        # Every call may be the one in whose middle the process dies.
        with suppress(AzureError, ValueError):
            note(items.begin_unplanned_failover(*estate.path(machine), {"properties": body}, polling=False))
            for _ in range(5000):
                if "Commit" in items.get(*estate.path(machine)).properties.allowed_operations:
                    note(items.begin_failover_commit(*estate.path(machine), polling=False))
                    return


def _pass_time(estate: Estate) -> None:
    with suppress(requests.RequestException):
        for _ in range(5000):
            estate.advance(3)


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
