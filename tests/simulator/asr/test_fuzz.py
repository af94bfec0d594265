"""A seeded walk over every route with good, odd and broken requests finds no 500.

Not in an answer, not when the clock moves on over what was accepted, and not in any collection afterwards.
"""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import quote

import pytest

from simulator.rooms import all_routes
from simulator.routing import OperationRoute
from tests.simulator.asr.estate import HYPER_V, Estate, policy_input

REQUESTS = 500
ODD: list[Any] = [None, True, 0, -1, 1e308, "", "x", [], {}, [[]], {"a": {}}, HYPER_V]
ODD += ["é\u0000", "règle-东🚀", "\ud800"]
# What would leave the walk nothing to walk on.
ENDS = {"Simulator POST /reset", "ResourceGroups_Delete"}
STEPS = [0.1, 1, 30, 200, 3600]
KEYS = """
properties providerSpecificDetails providerSpecificInput instanceType failoverDirection recoveryPointId location
sku name tags vmNics groups policyId protectableItemId replicationInterval dataSyncOption networkId id etag"""
QUERIES = [
    "",
    "&$filter=",
    "&$filter=State eq 'x' and",
    "&$skipToken=%00",
    "&$take=-1",
    "&$take=99999999999",
    "&$top=x",
]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("profile", ["recorded", "tutorial"])
def test_no_request_breaks_the_simulator(profile: str, seed: int, request: pytest.FixtureRequest) -> None:
    estate: Estate = request.getfixturevalue(profile)
    chance = random.Random(seed)  # noqa: S311 # a test's walk, not a secret
    routes = [
        route
        for route in all_routes()
        if not route.template.startswith("/_simulator/snapshots") and route.name not in ENDS
    ]
    moves = [route for route in routes if route.mutates and "{item}" in route.template]
    bodies = _good_bodies(estate)
    worst: list[str] = []
    logged = estate.simulator.log.stat().st_size
    for number in range(REQUESTS):
        route = chance.choice(moves if chance.random() < 0.3 else routes)
        answer = _send(estate, chance, route, bodies)
        _judge(route, answer, worst)
        if route.mutates and answer.status_code < 300 and chance.random() < 0.5:
            estate.advance(chance.choice(STEPS))
        if number % 50 == 49:
            _look_at_everything(estate, routes, worst)
    estate.advance(7200)
    _look_at_everything(estate, routes, worst)
    assert worst == []
    # What breaks while the clock moves on is no answer of 500: the log has it.
    assert "Traceback" not in estate.simulator.log.read_bytes()[logged:].decode(errors="replace")


def _judge(route: OperationRoute, answer: Any, worst: list[str]) -> None:
    if answer.status_code in {500, 502}:
        worst.append(f"{route.method} {answer.request.url} {answer.request.body!r}: {answer.text}")
    if answer.status_code >= 400 and route.authenticated and route.method != "HEAD":
        assert "error" in answer.json(), answer.text


def _look_at_everything(estate: Estate, routes: list[OperationRoute], worst: list[str]) -> None:
    """Every GET whose place is known, collections and single things, and whatever the collections name."""
    for route in routes:
        path = _known_path(estate, route)
        if route.method != "GET" or path is None:
            continue
        answer = estate.simulator.arm("GET", path, version="2025-08-01")
        _judge(route, answer, worst)
        if answer.status_code != 200 or not isinstance(answer.json(), dict):
            continue
        for one in answer.json().get("value") or []:
            # What the admin API and the operations list has no id to ask by.
            if isinstance(one, dict) and str(one.get("id", "")).lower().startswith("/subscriptions/"):
                _judge(route, estate.simulator.arm("GET", quote(one["id"]), version="2025-08-01"), worst)


def _known_path(estate: Estate, route: OperationRoute) -> str | None:
    known = _known(estate)
    parts = route.template.split("/")
    if any(part.startswith("{") and part not in known for part in parts):
        return None
    return "/".join(known.get(part, part) for part in parts)


def _good_bodies(estate: Estate) -> list[dict[str, Any]]:
    """Bodies that fit, to be spoilt in one place each."""
    details: dict[str, Any] = {"instanceType": HYPER_V, "recoveryPointId": "x"}
    back = {"instanceType": "HyperVReplicaAzureFailback", "dataSyncOption": "ForDownTime"}
    to_azure = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": details}
    action = {"actionName": "a", "failoverTypes": [], "failoverDirections": [], "customDetails": {}}
    group = {
        "groupType": "Boot",
        "replicationProtectedItems": [{"id": estate.item_path()}],
        "startGroupActions": [action],
    }
    nic = {
        "nicId": estate.item().provider_specific_details.vm_nics[0].nic_id,
        "ipConfigs": [{"recoverySubnetName": "s"}],
    }
    return [
        policy_input(),
        estate.enable_input("app01"),
        estate.mapping_input(),
        {"properties": to_azure},
        {"properties": {**to_azure, "sourceSiteOperations": "Required"}},
        {"properties": {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": back}},
        {
            "properties": {
                "recoveryPointId": estate.points()[0].id,
                "providerSpecificDetails": {"instanceType": HYPER_V},
            }
        },
        {"properties": {"primaryFabricId": estate.container, "recoveryFabricId": "Microsoft Azure", "groups": [group]}},
        {
            "properties": {
                "vmNics": [nic],
                "providerSpecificDetails": {"instanceType": HYPER_V, "targetVmTags": {"a": "b"}},
            }
        },
        {"location": "westeurope", "sku": {"name": "Standard"}, "tags": {"a": "b"}, "properties": {"x": 1}},
        {"properties": {"recoveryNetworkId": estate.network_id}},
        {"properties": {"replicationProviderSettings": {"instanceType": HYPER_V, "replicationInterval": 1}}},
        {"seconds": 60},
        {"power": "off"},
        {"vm": "sql01", "operation": "UnplannedFailover"},
    ]


def _spoilt(chance: random.Random, body: Any) -> Any:
    """A body with one part replaced, or none, or with explicit nulls in many places."""
    if isinstance(body, dict) and chance.random() < 0.05:
        return {key: None if chance.random() < 0.5 else value for key, value in body.items()}
    if isinstance(body, dict) and body and chance.random() < 0.8:
        key = chance.choice(sorted(body))
        return {**body, key: _spoilt(chance, body[key])}
    if isinstance(body, list) and body and chance.random() < 0.8:
        return [_spoilt(chance, body[0]), *body[1:]]
    return chance.choice([*ODD, body, body, body])


def _send(estate: Estate, chance: random.Random, route: OperationRoute, bodies: list[dict[str, Any]]) -> Any:
    path = "/".join(_segment(estate, chance, part) for part in route.template.split("/"))
    made = _spoilt(chance, chance.choice(bodies)) if chance.random() < 0.7 else _body(chance, 0)
    body = None if route.method in {"GET", "HEAD"} else made
    raw = chance.choice([json.dumps(body)] * 9 + [json.dumps({"properties": body}), "{", "\xff", ""])
    return estate.simulator.session.request(
        route.method,
        f"{estate.simulator.url}{path}?api-version=2025-08-01{chance.choice(QUERIES)}",
        data=raw.encode("latin-1", "replace") if body is not None else None,
        headers={"Authorization": f"Bearer {estate.simulator.token()}", "Content-Type": "application/json"},
        timeout=30,
    )


def _segment(estate: Estate, chance: random.Random, part: str) -> str:
    if not part.startswith("{"):
        return part
    odd = chance.choice(["x", "%00", "..%2f", "é", "%E4%B8%9C", "a%0d%0ab", "a" * 300, "None", "'", "%F0%9F%9A%80"])
    return _known(estate).get(part, odd) if chance.random() < 0.93 else odd


def _known(estate: Estate) -> dict[str, str]:
    return {
        "{subscription}": estate.simulator.ready.subscription_id,
        "{group}": "dr",
        "{vault}": "contoso-vault",
        "{fabric}": "contoso-hyperv",
        "{container}": estate.container,
        "{item}": "sql01",
        "{policy}": "every-5-minutes",
        "{mapping}": "association",
        "{machine}": "sql01",
        "{host}": "hv01",
    }


def _body(chance: random.Random, depth: int) -> Any:
    if depth > 3 or chance.random() < 0.3:
        return chance.choice(ODD)
    return {chance.choice(KEYS.split()): _body(chance, depth + 1) for _ in range(chance.randint(0, 4))}
