"""Every operation of the pinned client: known to the parity table under its name, and answered as its row says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery.operations import _operations as operations

from simulator.rooms import all_routes
from simulator.routing import Extent, OperationRoute, RouteTable
from tests.simulator.asr.estate import POLICY, SITE, Estate

_Builder = Callable[..., HttpRequest]
_BUILDERS: dict[str, _Builder] = {
    name.removeprefix("build_").removesuffix("_request"): builder
    for name, builder in inspect.getmembers(operations, inspect.isfunction)
    if name.startswith("build_")
}
_ROUTES = RouteTable(all_routes())
# Of SDK 2.0.0. Another number means that another client is pinned: its new operations need their rows.
_OPERATIONS = 154
_NOT_THERE = "SimulatorOperationNotImplemented"


def test_the_pinned_client_has_the_operations_that_the_table_was_made_for() -> None:
    assert len(_BUILDERS) == _OPERATIONS


@pytest.mark.parametrize("operation", _BUILDERS)
def test_an_operation_has_its_row_under_its_own_name(operation: str) -> None:
    route = _route(_request(operation, {}))
    assert route.parity is not None
    assert route.name.replace("_", "").lower() == operation.replace("_", "")


@pytest.mark.parametrize("operation", _BUILDERS)
def test_an_operation_is_answered_as_its_row_says(recorded: Estate, operation: str) -> None:
    """With names of what is there for reads, and of what is not for everything else."""
    request = _request(operation, _names(recorded))
    if request.method != "GET":
        request = _request(operation, {"group": "dr", "vault": "contoso-vault"}, recorded)
    path = urlsplit(request.url).path
    body: Any = {"properties": {}} if request.method in {"PUT", "PATCH", "POST"} else None
    answer = recorded.simulator.arm(request.method, path, body, version=_version(request))
    parity = _route(request).parity
    assert parity is not None
    if parity.extent is Extent.REFUSED:
        assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (501, _NOT_THERE)
    elif request.method == "GET" and operation not in _ABSENT:
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code in (200, 202, 204, 400, 404), answer.text
        if answer.status_code >= 400:
            assert answer.json()["error"]["details"][0]["code"] != _NOT_THERE


# Reads of, or below, something single of which the estate has none. A Hyper-V site has no networks.
_ABSENT = {
    "replication_events_get",
    "replication_network_mappings_get",
    "replication_network_mappings_list_by_replication_networks",
    "replication_networks_get",
    "replication_recovery_plans_get",
}


def _request(operation: str, names: dict[str, str], estate: Estate | None = None) -> HttpRequest:
    """The client's own request; what has no name given is called `unknown`."""
    builder = _BUILDERS[operation]
    given = {
        "resource_group_name": names.get("group", "dr"),
        "resource_name": names.get("vault", "contoso-vault"),
        "subscription_id": names.get("subscription", _subscription(estate)),
    }
    wanted = [
        name
        for name, parameter in inspect.signature(builder).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and parameter.default is inspect.Parameter.empty
    ]
    return builder(**{name: given.get(name, names.get(name, "unknown")) for name in wanted})


def _names(estate: Estate) -> dict[str, str]:
    """What the estate has, by the client's names of parameters."""
    client, vault = estate.client, estate.vault
    providers = client.replication_recovery_services_providers.list(*vault)
    return {
        "subscription": _subscription(estate),
        "fabric_name": SITE,
        "protection_container_name": estate.container,
        "replicated_protected_item_name": "sql01",
        "protectable_item_name": estate.protectable("app01").name,
        "policy_name": POLICY,
        "mapping_name": "association",
        "provider_name": next(iter(providers)).name,
        "job_name": estate.jobs()[0].name,
        "recovery_point_name": estate.points()[0].name,
    }


def _subscription(estate: Estate | None) -> str:
    return estate.simulator.ready.subscription_id if estate is not None else "unknown"


def _route(request: HttpRequest) -> OperationRoute:
    route, _, _ = _ROUTES.match(request.method, urlsplit(request.url).path)
    assert route is not None, f"{request.method} {request.url}"
    return route


def _version(request: HttpRequest) -> Any:
    return urlsplit(request.url).query.partition("api-version=")[2].partition("&")[0]
