"""Bodies that no client of good will sends: Resource Manager and the token service answer them, never with 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.arm import arm_routes
from simulator.identity import identity_routes
from simulator.routing import OperationRoute
from tests.simulator.running import RunningSimulator

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
_NAMES = st.sampled_from(["abc", "name", "G", "", "a/b", "\u00e9"])
_KEYS = ("location", "properties", "tags", "sku", "kind", "name", "subnets", "addressSpace", "creationTime", "identity")


def _object(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(_KEYS), values, max_size=4)


_JSON = st.recursive(_SCALARS | _NAMES, lambda inner: st.lists(inner, max_size=2) | _object(inner), max_leaves=6)

_LIKELY = st.fixed_dictionaries(
    {"location": st.just("westeurope")},
    optional={
        "properties": _object(_JSON) | st.fixed_dictionaries({"subnets": st.lists(_object(_JSON), max_size=2)}),
        "sku": st.fixed_dictionaries({"name": _JSON}),
        "kind": _JSON,
        "tags": _JSON,
        "name": _JSON,
    },
)
_WRITES = [route for route in (*arm_routes(), *identity_routes()) if route.mutates and route.method != "DELETE"]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """A simulator of these tests' own, with a group that the requests may fill.

    Not the shared one: among the requests is one that unregisters a resource provider, which then takes nothing more.
    """
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    running.make_group("hostile")
    yield running
    running.stop()


@pytest.mark.parametrize("route", _WRITES, ids=lambda route: route.name)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=_JSON | _LIKELY, name=st.sampled_from(["abc", "a b", "%00", "..%2F"]))
def test_no_body_is_answered_with_500(target: RunningSimulator, route: OperationRoute, body: Any, name: str) -> None:
    answer = target.arm(route.method, _path(target, route, name), body)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("route", _WRITES, ids=lambda route: route.name)
@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 5000, b"x=%ff&y"], ids=["cut", "binary", "deep", "form"])
def test_what_is_not_json_is_refused_or_not_read(target: RunningSimulator, route: OperationRoute, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {target.token()}", "Content-Type": "application/json"}
    url = f"{target.url}{_path(target, route, 'abc')}"
    answer = target.session.request(
        route.method, url, params={"api-version": "2024-11-01"}, data=body, headers=headers, timeout=30
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["error"]


def _path(target: RunningSimulator, route: OperationRoute, name: str) -> str:
    known = {
        "subscription": target.ready.subscription_id,
        "tenant": target.ready.tenant_id,
        "group": "hostile",
        "namespace": "Microsoft.Storage",
    }
    path = route.template
    for segment in route.template.split("/"):
        if segment.startswith("{"):
            path = path.replace(segment, known.get(segment[1:-1], name))
    return path
