"""What a request may say: fields, names, numbers, the replication provider's part; and a vault that was never used."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.simulator.asr.estate import HYPER_V, SITE, Estate, policy_input
from tests.simulator.conftest import FreshSimulator


def detail(refused: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str, str]:
    """Status, and code and message of the inner error."""
    response: Any = refused.value.response
    inner = response.json()["error"]["details"][0]
    return refused.value.status_code, inner["code"], inner["message"]


@pytest.fixture
def unused(recorded: Estate) -> tuple[str, str]:
    """A vault in which Site Recovery was never used."""
    _make_vault(recorded, "unused")
    return "dr", "unused"


@pytest.mark.parametrize(
    "read",
    [
        lambda client, vault: client.replication_fabrics.get(*vault, SITE),
        lambda client, vault: list(client.replication_protected_items.list(*vault)),
        lambda client, vault: list(client.replication_jobs.list(*vault)),
        lambda client, vault: client.replication_vault_health.get(*vault),
    ],
    ids=["site", "items", "jobs", "health"],
)
def test_a_vault_that_was_never_used_is_not_registered(recorded: Estate, unused: tuple[str, str], read: Any) -> None:
    with pytest.raises(HttpResponseError) as refused:
        read(recorded.client, unused)
    status, code, message = detail(refused)
    assert (status, code) == (400, "SubscriptionIdNotRegisteredWithSrs")
    assert message.startswith("The resource with ID ")
    assert message.endswith(" isn't registered with the service.")


@pytest.mark.parametrize("first", ["site", "policy"])
def test_the_first_site_or_policy_registers_a_vault(recorded: Estate, unused: tuple[str, str], first: str) -> None:
    if first == "site":
        poller = recorded.client.replication_fabrics.begin_create(*unused, SITE, {"properties": {}})
    else:
        poller = recorded.client.replication_policies.begin_create(*unused, "policy", policy_input())
    with pytest.raises(ResourceNotFoundError, match="could not be located"):
        recorded.client.replication_fabrics.get(*unused, "another-site")
    recorded.finish(poller)
    assert list(recorded.client.replication_protected_items.list(*unused)) == []


def test_a_vault_made_anew_knows_nothing_of_the_one_before(recorded: Estate, unused: tuple[str, str]) -> None:
    policies, vaults = recorded.client.replication_policies, recorded.simulator.recovery_services()
    recorded.finish(policies.begin_create(*unused, "policy", policy_input()))
    recorded.finish(policies.begin_delete(*unused, "policy"))
    with vaults:
        recorded.finish(vaults.vaults.begin_delete(*unused))
    _make_vault(recorded, "unused")
    with pytest.raises(HttpResponseError, match="isn't registered"):
        list(recorded.client.replication_jobs.list(*unused))


@pytest.mark.parametrize("details", [{"instanceType": "HyperVReplicaAzur"}, {"recoveryPointId": "x"}, None])
@pytest.mark.parametrize("verb", ["plannedFailover", "unplannedFailover", "testFailover"])
def test_a_part_for_no_provider_that_there_is_has_the_services_number(
    recorded: Estate, verb: str, details: dict[str, str] | None
) -> None:
    body = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": details}
    answer = recorded.simulator.arm("POST", f"{recorded.item_path()}/{verb}", {"properties": body})
    inner = answer.json()["error"]["details"][0]
    assert (answer.status_code, inner["code"]) == (400, "506")
    assert inner["message"] == "An invalid parameter ReplicationProviderInput was passed."


def test_a_policy_needs_its_providers_part(recorded: Estate) -> None:
    for properties in ({}, {"providerSpecificInput": {"instanceType": "Nobody"}}):
        with pytest.raises(HttpResponseError) as refused:
            recorded.client.replication_policies.begin_create(*recorded.vault, "other", {"properties": properties})
        assert detail(refused)[:2] == (400, "506")


def test_a_wrong_option_of_a_failback_is_told_as_that(recorded: Estate) -> None:
    recorded.begin_to_azure()
    with pytest.raises(HttpResponseError, match="dataSyncOption"):
        recorded.begin_failback("ForNoReason")


@pytest.mark.parametrize(("history", "consistent", "interval"), [(73, 1, 300), (24, 24, 300), (-1, 0, 300), (2, 1, 0)])
def test_a_policy_that_the_service_does_not_take_fails_in_its_job(
    recorded: Estate, history: int, consistent: int, interval: int
) -> None:
    body = policy_input(interval, history, consistent)
    with pytest.raises(HttpResponseError) as failed:
        recorded.finish(recorded.client.replication_policies.begin_create(*recorded.vault, "other", body))
    assert failed.value.status_code == 200
    assert failed.value.error is not None
    assert (failed.value.error.code, failed.value.error.message) == ("150261", "Replication policy creation failed.")
    with pytest.raises(ResourceNotFoundError):
        recorded.client.replication_policies.get(*recorded.vault, "other")


@pytest.mark.parametrize("name", ["-first", "last-", "under_score", "a b", "dot.ted", "x", "line\n"])
def test_every_new_name_has_to_fit_the_pattern(recorded: Estate, name: str) -> None:
    client, fabric = recorded.client, recorded.vmm_server("Data")
    network = _network(recorded, fabric)
    site = client.replication_fabrics.get(*recorded.vault, SITE).id
    plan = {"properties": {"primaryFabricId": site, "recoveryFabricId": "Microsoft Azure", "groups": []}}
    mapping = {"properties": {"recoveryNetworkId": recorded.network_id}}
    place = (*recorded.vault, SITE, recorded.container)
    begin: dict[str, Any] = {
        "site": lambda: client.replication_fabrics.begin_create(*recorded.vault, name, {"properties": {}}),
        "policy": lambda: client.replication_policies.begin_create(*recorded.vault, name, policy_input()),
        "association": lambda: client.replication_protection_container_mappings.begin_create(
            *place, name, recorded.mapping_input()
        ),
        "item": lambda: client.replication_protected_items.begin_create(*place, name, recorded.enable_input("app01")),
        "plan": lambda: client.replication_recovery_plans.begin_create(*recorded.vault, name, plan),
        "network mapping": lambda: client.replication_network_mappings.begin_create(
            *recorded.vault, fabric, network, name, mapping
        ),
    }
    for kind, make in begin.items():
        with pytest.raises(HttpResponseError) as refused:
            make()
        assert detail(refused)[:2] == (400, "SimulatorInvalidResourceName"), kind


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_of_json_is_refused(recorded: Estate, number: str) -> None:
    settings = f'{{"instanceType": "{HYPER_V}", "replicationInterval": {number}}}'
    text = f'{{"properties": {{"providerSpecificInput": {settings}}}}}'
    for path in (f"{recorded.vault_path}/replicationPolicies/other", recorded.network_id):
        answer = _put_text(recorded, path, text)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == ("The request content was invalid and could not be deserialized.")


def test_a_field_in_another_spelling_is_no_field(recorded: Estate) -> None:
    """Python's own names of the fields are not the wire's."""
    body = {"properties": {"provider_specific_input": policy_input()["properties"]["providerSpecificInput"]}}
    answer = recorded.simulator.arm("PUT", f"{recorded.vault_path}/replicationPolicies/other", body)
    assert answer.status_code == 400


_AROUND = {
    "group": ("/resourcegroups/extra", {"location": "westeurope", "plan": {}}),
    "vault": ("{vault}", {"location": "westeurope", "properties": {"publicNetworkAcces": "Enabled"}}),
    "vault's settings": (
        "{vault}",
        {"location": "westeurope", "properties": {"securitySettings": {"softDeleteSettings": {"state": "Enabled"}}}},
    ),
    "network": ("{network}", {"location": "westeurope", "properties": {"adressSpace": {"addressPrefixes": []}}}),
    "network's subnet": (
        "{network}",
        {"location": "westeurope", "properties": {"subnets": [{"name": "a", "properties": {"prefix": "10.0.0.0/24"}}]}},
    ),
    "subnet": ("{network}/subnets/data", {"properties": {"adressPrefix": "10.0.0.0/24"}}),
    "account": (
        "{account}",
        {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"tier": "Hot"}},
    ),
}


@pytest.mark.parametrize("kind", _AROUND)
def test_an_unknown_field_around_site_recovery_is_refused_as_resource_manager_does(recorded: Estate, kind: str) -> None:
    path, body = _AROUND[kind]
    answer = recorded.simulator.arm("PUT", _filled(recorded, path), body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "InvalidRequestContent")
    assert "is not a field of this request" in error["message"]
    assert "details" not in error


def test_loose_tolerates_them(fresh_simulator: FreshSimulator) -> None:
    estate = Estate(fresh_simulator("--loose", "--manual-clock"))
    estate.prepare()
    for path, body in _AROUND.values():
        answer = estate.simulator.arm("PUT", _filled(estate, path), body)
        assert answer.status_code in (200, 201), answer.text
    estate.client.close()


def test_what_a_get_gives_can_be_sent_again(recorded: Estate) -> None:
    """Clients read, change and write the whole; what only the service sets is not taken from them."""
    account = _filled(recorded, "{account}")
    recorded.simulator.arm(
        "PUT", account, {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    )
    for path in (recorded.vault_path, recorded.network_id, f"{recorded.network_id}/subnets/data", account):
        body = recorded.simulator.arm("GET", path).json()
        again = recorded.simulator.arm("PUT", path, body)
        assert again.status_code == 200, again.text
        assert {**again.json(), "etag": None} == {**body, "etag": None}


def _make_vault(estate: Estate, name: str) -> None:
    vaults: Any
    with estate.simulator.recovery_services() as vaults:
        body = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
        estate.finish(vaults.vaults.begin_create_or_update("dr", name, body), 60)


def _network(estate: Estate, fabric: str) -> str:
    networks = estate.client.replication_networks.list_by_replication_fabrics(*estate.vault, fabric)
    return str(next(iter(networks)).name)


def _filled(estate: Estate, path: str) -> str:
    if path.startswith("/"):
        return f"{estate.simulator.subscription_path}{path}"
    account = f"{estate.group_id}/providers/Microsoft.Storage/storageAccounts/contosodr"
    return path.format(vault=estate.vault_path, network=estate.network_id, account=account)


def _put_text(estate: Estate, path: str, text: str) -> Any:
    headers = {"Authorization": f"Bearer {estate.simulator.token()}", "Content-Type": "application/json"}
    url = f"{estate.simulator.url}{path}?api-version=2025-08-01"
    return estate.simulator.session.put(url, data=text, headers=headers, timeout=30)
