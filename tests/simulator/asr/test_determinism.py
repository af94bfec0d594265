"""The same seed and the same calls give the same bodies; another seed gives others."""

from __future__ import annotations

from typing import Any

from tests.simulator.asr.estate import HYPER_V, Estate, policy_input
from tests.simulator.conftest import FreshSimulator


def test_the_same_seed_and_calls_give_the_same_bodies(fresh_simulator: FreshSimulator) -> None:
    one, two, other = (_bodies(Estate(fresh_simulator("--manual-clock", "--seed", seed))) for seed in ("7", "7", "8"))
    assert one == two
    assert one != other


def _bodies(estate: Estate) -> list[Any]:
    """Every body of a small history, asked with the same ids of the caller, without the port."""
    estate.simulator.make_group("dr")
    site = f"{estate.vault_path}/replicationFabrics/contoso-hyperv"
    seen = [
        _ask(estate, "PUT", estate.vault_path, {"location": "westeurope", "properties": {}}),
        _ask(estate, "PUT", site, {"properties": {}}),
    ]
    estate.advance(100)
    containers = _ask(estate, "GET", f"{site}/replicationProtectionContainers")
    container = containers["value"][0]["id"]
    policy = f"{estate.vault_path}/replicationPolicies/policy"
    seen += [containers, _ask(estate, "PUT", policy, policy_input())]
    estate.advance(10)
    mapping = {"properties": {"policyId": policy, "targetProtectionContainerId": "Microsoft Azure"}}
    seen.append(_ask(estate, "PUT", f"{container}/replicationProtectionContainerMappings/mapping", mapping))
    estate.advance(30)
    machines = _ask(estate, "GET", f"{container}/replicationProtectableItems")
    item = f"{container}/replicationProtectedItems/web01"
    enable = {
        "policyId": policy,
        "protectableItemId": machines["value"][2]["id"],
        "providerSpecificDetails": {"instanceType": HYPER_V},
    }
    seen += [machines, _ask(estate, "PUT", item, {"properties": enable})]
    for seconds in (60, 100, 100, 10000):
        estate.advance(seconds)
        seen.append(_ask(estate, "GET", item))
    failover = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": {"instanceType": HYPER_V}}
    seen.append(_ask(estate, "POST", f"{item}/unplannedFailover", {"properties": failover}))
    for seconds in (50, 50, 500):
        estate.advance(seconds)
        seen.append(_ask(estate, "GET", item))
    jobs = _ask(estate, "GET", f"{estate.vault_path}/replicationJobs")
    return [*seen, jobs, *(_ask(estate, "GET", job["id"]) for job in jobs["value"])]


def _ask(estate: Estate, method: str, path: str, body: Any = None) -> Any:
    answer = estate.simulator.arm(method, path, body, headers={"x-ms-client-request-id": "same"})
    assert answer.status_code < 300, answer.text
    document = answer.json() if answer.content else None
    if isinstance(document, dict):
        document.pop("nextLink", None)
    return document
