"""A vault in which Site Recovery was never set up is set up: once, by whoever asks, and nothing is left behind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import HttpResponseError

from site_recovery.connection import SiteRecovery
from site_recovery.errors import AccessDeniedError, NotFoundError
from site_recovery.estate_records import SET_UP_POLICY
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, connected

NUMBERS = itertools.count(1)
ONCE = ["AddProtectionProfile", "RemoveProtectionProfile"]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    running.make_group(GROUP)
    yield running
    running.stop()


@pytest.fixture
def unused(simulator: RunningSimulator) -> SiteRecovery:
    """A vault of the test's own in which nothing was ever made."""
    name = f"unused-{next(NUMBERS)}"
    path = f"{simulator.subscription_path}/resourceGroups/{GROUP}/providers/Microsoft.RecoveryServices/vaults/{name}"
    body = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    assert simulator.arm("PUT", path, body, version="2024-10-01").status_code in (200, 201)
    service = connected(simulator, name)
    with simulator.site_recovery() as client, pytest.raises(HttpResponseError, match="isn't registered"):
        client.replication_fabrics.get(GROUP, name, "site")
    return service


def test_a_vault_is_set_up_once_and_nothing_is_left_in_it(unused: SiteRecovery) -> None:
    assert unused.jobs() == ()
    assert unused.estate.set_up() is True
    assert scenarios(unused) == ONCE
    assert unused.policies() == ()
    assert unused.estate.set_up() is False
    assert scenarios(unused) == ONCE


def test_many_who_ask_at_once_set_it_up_once(unused: SiteRecovery) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: unused.estate.set_up(), range(8)))
    assert answers.count(True) == 1
    assert scenarios(unused) == ONCE


def test_what_a_killed_process_left_is_deleted(unused: SiteRecovery, simulator: RunningSimulator) -> None:
    make_policy(simulator, unused, SET_UP_POLICY)
    make_policy(simulator, unused, "every-5-minutes")
    assert unused.estate.set_up() is False
    assert [policy.name for policy in unused.policies()] == ["every-5-minutes"]


def test_a_lost_answer_does_not_make_it_twice(unused: SiteRecovery, simulator: RunningSimulator) -> None:
    for method in ("PUT", "DELETE"):
        fault(simulator, {"request": {"method": method, "path": f"*{SET_UP_POLICY}"}, "cut": "after"})
    assert unused.estate.set_up() is True
    assert scenarios(unused)[0] == ONCE[0]
    assert set(scenarios(unused)) == set(ONCE)
    assert unused.policies() == ()


def test_a_refusal_says_what_was_refused_and_where(unused: SiteRecovery, simulator: RunningSimulator) -> None:
    answer = {"status": 403, "code": "AuthorizationFailed", "message": "The client has no right to write policies."}
    fault(simulator, {"request": {"method": "PUT", "path": f"*{SET_UP_POLICY}"}, "answer": answer})
    with pytest.raises(AccessDeniedError) as refused:
        unused.estate.set_up()
    what, where, mend = str(refused.value).splitlines()
    assert what.startswith("The client has no right to write policies.")
    assert where.startswith(f"Setting up Site Recovery in vault '{unused.vault.name}'")
    assert "role" in mend
    assert unused.estate.set_up() is True


def test_a_vault_that_is_not_there_is_not_set_up(simulator: RunningSimulator) -> None:
    with pytest.raises(NotFoundError, match="was not found"):
        connected(simulator, "nowhere").estate.set_up()


def scenarios(service: SiteRecovery) -> list[str]:
    """What the vault's jobs did to the policy that sets it up, oldest first."""
    ours = [job for job in service.jobs() if job.target_object_name == SET_UP_POLICY]
    return [str(job.scenario_name) for job in reversed(ours)]


def make_policy(simulator: RunningSimulator, service: SiteRecovery, name: str) -> None:
    details = {
        "instanceType": "HyperVReplicaAzure",
        "replicationInterval": 300,
        "recoveryPointHistoryDuration": 24,
        "applicationConsistentSnapshotFrequencyInHours": 4,
    }
    body = {"properties": {"providerSpecificInput": details}}
    with simulator.site_recovery() as client:
        client.replication_policies.begin_create(GROUP, service.vault.name, name, body).result(60)


def fault(simulator: RunningSimulator, rule: dict[str, object]) -> None:
    """The next such request meets this once."""
    rule = {"name": str(rule["request"]), "when": {"once": True}, **rule}
    answer = simulator.session.post(f"{simulator.url}/_simulator/faults", json={"faults": [rule]}, timeout=30)
    assert answer.status_code == 200, answer.text
