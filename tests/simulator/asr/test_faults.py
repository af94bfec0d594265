"""Declared faults, as real clients and plain requests meet them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ServiceResponseError

from tests.simulator.asr.estate import Estate
from tests.simulator.asr.test_asr_jobs import UNPLANNED
from tests.simulator.conftest import FreshSimulator


def declare(estate: Estate, **rule: Any) -> None:
    """Declare one rule."""
    estate.admin("POST", "faults", {"faults": [rule]})


def statuses(estate: Estate, count: int) -> list[int]:
    """What so many reads of the item answer."""
    return [estate.simulator.arm("GET", estate.item_path()).status_code for _ in range(count)]


def test_an_error_strikes_the_nth_match_and_only_the_operation_named(recorded: Estate) -> None:
    declare(
        recorded,
        name="flaky",
        request={"operation": "ReplicationProtectedItems_Get"},
        when={"first": 2, "last": 3},
        answer={"status": 503, "code": "ServiceUnavailable", "message": "Try later."},
    )
    assert statuses(recorded, 5) == [200, 503, 503, 200, 200]
    assert recorded.jobs()
    shown = recorded.admin("GET", "faults")["value"][0]
    assert (shown["matches"], shown["strikes"]) == (5, 2)
    recorded.admin("DELETE", "faults/flaky")
    assert statuses(recorded, 2) == [200, 200]


def test_chance_is_seeded(recorded: Estate) -> None:
    def seen() -> list[int]:
        recorded.admin("POST", "snapshots/protected/restore")
        declare(
            recorded,
            name="now and then",
            request={"method": "GET", "path": "*/sql01"},
            when={"probability": 0.5},
            answer={"status": 500},
        )
        return statuses(recorded, 20)

    first = seen()
    assert {200, 500} == set(first)
    assert seen() == first


def test_a_storm_of_429_carries_retry_after_and_the_client_waits_it_out(recorded: Estate) -> None:
    declare(
        recorded,
        name="storm",
        request={"operation": "ReplicationJobs_List"},
        when={"last": 2},
        answer={"status": 429, "code": "TooManyRequests", "retryAfterSeconds": 1},
    )
    answer = recorded.simulator.arm("GET", f"{recorded.vault_path}/replicationJobs")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    with recorded.simulator.site_recovery(retry_total=3) as patient:
        assert list(patient.replication_jobs.list(*recorded.vault))


def test_a_connection_cut_before_the_request_leaves_nothing_done(recorded: Estate) -> None:
    declare(
        recorded,
        name="cut",
        request={"operation": "ReplicationProtectedItems_UnplannedFailover"},
        when={"once": True},
        cut="before",
    )
    with pytest.raises((ServiceResponseError, requests.ConnectionError)):
        recorded.begin_failover()
    recorded.advance(10)
    assert "UnplannedFailover" in recorded.item().allowed_operations


def test_a_connection_cut_after_the_request_leaves_it_done(recorded: Estate) -> None:
    declare(
        recorded,
        name="cut",
        request={"operation": "ReplicationProtectedItems_UnplannedFailover"},
        when={"once": True},
        cut="after",
    )
    with pytest.raises(requests.ConnectionError):
        recorded.simulator.arm("POST", f"{recorded.item_path()}/unplannedFailover", UNPLANNED)
    recorded.advance(600)
    assert recorded.item().active_location == "Recovery"
    entry = recorded.admin("GET", "audit?operation=UnplannedFailover")["mutations"][0]
    assert (entry["status"], entry["job"]) == (202, recorded.latest_job("UnplannedFailover").name)


def test_a_slow_answer_holds_up_nobody_else(recorded: Estate) -> None:
    declare(recorded, name="slow", request={"path": "*/replicationPolicies"}, delaySeconds=20)
    url = f"{recorded.simulator.url}{recorded.vault_path}/replicationPolicies?api-version=2025-08-01"
    token = {"Authorization": f"Bearer {recorded.simulator.token()}"}
    with pytest.raises(requests.ReadTimeout):
        recorded.simulator.session.get(url, headers=token, timeout=1)
    # If the sleeper held the others up, they would wait longer than this.
    item = f"{recorded.simulator.url}{recorded.item_path()}?api-version=2025-08-01"
    assert recorded.simulator.session.get(item, headers=token, timeout=15).ok


def test_a_job_that_hangs_hangs_until_it_is_cancelled(recorded: Estate) -> None:
    declare(recorded, name="stuck", job={"scenario": "UnplannedFailover", "task": "VmFailover"}, effect="hang")
    recorded.begin_failover()
    recorded.advance(86400)
    job = recorded.latest_job("UnplannedFailover")
    assert (job.properties.state, job.properties.tasks[3].state) == ("InProgress", "InProgress")
    recorded.cancel(job.name)
    assert recorded.job(job.name).state == "Cancelled"


def test_a_site_goes_dark_in_the_middle_of_a_failover(recorded: Estate) -> None:
    declare(
        recorded, name="fire", job={"scenario": "PlannedFailover", "task": "PrepareForFailoverTask"}, effect="siteDark"
    )
    with pytest.raises(HttpResponseError, match="cannot be reached"):
        recorded.failover(planned=True)
    recorded.advance(10)
    assert recorded.view()["running"] == "neither"
    assert "UnplannedFailover" in recorded.item().allowed_operations


def test_a_rule_that_makes_no_sense_is_refused(recorded: Estate) -> None:
    answer = recorded.simulator.session.post(
        f"{recorded.simulator.url}/_simulator/faults", json={"faults": [{"name": "empty"}]}, timeout=30
    )
    assert answer.status_code == 400
    assert "one of 'request', 'job', 'afterSeconds'" in answer.json()["error"]["message"]


def test_a_scenario_file_is_in_force_from_the_start(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "faults:\n"
        "  - name: no vaults\n"
        "    request: {operation: Vaults_*}\n"
        "    answer: {status: 418, code: Teapot}\n"
        "tokenLifetimeSeconds: 90\n",
        encoding="utf-8",
    )
    simulator = fresh_simulator("--scenario", str(scenario))
    path = f"{simulator.subscription_path}/providers/Microsoft.RecoveryServices/vaults"
    assert simulator.arm("GET", path).json()["error"]["code"] == "Teapot"
    token = simulator.credential().get_token("https://management.azure.com/.default")
    lifetime = simulator.session.get(f"{simulator.url}/_simulator/faults", timeout=30).json()["value"][-1]
    assert lifetime == {"tokenLifetimeSeconds": 90}
    assert token.token


def test_somebody_acts_after_a_time(recorded: Estate) -> None:
    declare(recorded, name="a colleague", afterSeconds=600, act={"machine": "sql01", "move": "UnplannedFailover"})
    recorded.advance(590)
    assert recorded.jobs()[-1].properties.scenario_name == "IrCompletion"
    recorded.advance(600)
    assert recorded.item().active_location == "Recovery"


def test_somebody_is_quicker_than_a_request(recorded: Estate) -> None:
    declare(
        recorded,
        name="a colleague",
        request={"operation": "ReplicationProtectedItems_PlannedFailover"},
        when={"once": True},
        act={"machine": "sql01", "move": "UnplannedFailover"},
    )
    with pytest.raises(HttpResponseError, match="another operation is in progress"):
        recorded.begin_failover(planned=True)
    recorded.advance(600)
    assert recorded.item().protection_state == "UnplannedFailoverCommitPendingStatesBegin"


def test_a_host_falls_silent_after_a_time(recorded: Estate) -> None:
    declare(recorded, name="cable", afterSeconds=60, act={"host": "hv01"})
    recorded.advance(3600)
    assert recorded.item().replication_health == "Critical"


def test_a_scenarios_rules_go_on_where_they_were_over_a_restart(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "faults: [{name: once, request: {operation: Vaults_*}, when: {once: true}, answer: {status: 418}}]\n",
        encoding="utf-8",
    )
    simulator = fresh_simulator("--scenario", str(scenario), "--state", str(tmp_path / "world.sqlite"))
    path = f"{simulator.subscription_path}/providers/Microsoft.RecoveryServices/vaults"
    assert [simulator.arm("GET", path).status_code for _ in range(2)] == [418, 200]
    simulator.kill()
    simulator.start()
    assert simulator.arm("GET", path).status_code == 200


@pytest.mark.parametrize(("status", "body"), [(200, {"value": [], "nextLink": None}), (204, None), (302, None)])
def test_an_answer_that_is_no_error_takes_the_place_of_the_operation(recorded: Estate, status: int, body: Any) -> None:
    declare(recorded, name="odd", request={"operation": "*"}, answer={"status": status, "body": body})
    answer = recorded.simulator.arm(
        "POST", f"{recorded.item_path()}/unplannedFailover", UNPLANNED, allow_redirects=False
    )
    assert answer.status_code == status
    assert (answer.json() if answer.content else None) == body
    recorded.admin("DELETE", "faults")
    recorded.advance(60)
    assert recorded.jobs()[-1].properties.scenario_name == "IrCompletion"


def test_a_rule_that_struck_once_does_not_strike_again_after_a_crash(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    simulator = fresh_simulator("--manual-clock", "--state", str(tmp_path / "world.sqlite"))
    rule = {"name": "cut", "request": {"operation": "ResourceGroups_List"}, "when": {"once": True}, "cut": "before"}
    simulator.session.post(f"{simulator.url}/_simulator/faults", json={"faults": [rule]}, timeout=30)
    path = f"{simulator.subscription_path}/resourcegroups"
    with pytest.raises(requests.ConnectionError):
        simulator.arm("GET", path)
    simulator.kill()
    simulator.start()
    assert simulator.arm("GET", path).status_code == 200
