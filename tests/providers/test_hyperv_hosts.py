"""The hosts of a site, where the service cannot be asked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from providers.hyperv_hosts import HostsProvider

HOSTS = HostsProvider()
CONTAINER = "/subscriptions/s/x/replicationFabrics/contoso/replicationProtectionContainers/cloud_1"


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A site of a simulator that does not answer."""
    tenant, subscription = str(uuid.uuid4()), str(uuid.uuid4())
    for name, value in (
        ("ARM_ENDPOINT", "https://127.0.0.1:9"),
        ("AZURE_AUTHORITY_HOST", "https://127.0.0.1:9"),
        ("AZURE_SUBSCRIPTION_ID", subscription),
        ("AZURE_TENANT_ID", tenant),
        ("AZURE_CLIENT_ID", str(uuid.uuid4())),
        ("AZURE_CLIENT_SECRET", "none"),
    ):
        monkeypatch.setenv(name, value)
    target = {"cloud": "simulator", "subscriptionId": subscription, "tenantId": tenant}
    return {"target": target, "vault": {"resourceGroup": "g", "name": "v"}, "site": "contoso", "waitForHostMinutes": 10}


def test_a_service_that_is_down_is_no_change_of_a_site_with_hosts(declared: dict[str, Any]) -> None:
    outputs = {**declared, "containerId": CONTAINER, "hosts": ["hv-01"], "pending": ""}
    checked = HOSTS.check(declared, declared)
    assert not checked.failures
    assert not HOSTS.diff("hosts", outputs, checked.inputs).changes


def test_a_container_once_known_is_not_asked_for_again(declared: dict[str, Any]) -> None:
    checked = HOSTS.check({**declared, "containerId": CONTAINER}, declared)
    assert checked.inputs["containerId"] == CONTAINER


def test_a_site_is_never_made_another(declared: dict[str, Any]) -> None:
    (failure,) = HOSTS.check(declared, {**declared, "site": "elsewhere"}).failures
    assert "declare another site beside this one" in failure.reason
