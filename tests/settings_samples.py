"""Configurations that tests start from: the values of a stack, as a program has them after parsing."""

import copy
from typing import Any

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
NETWORK_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub"
STORAGE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dr/providers/Microsoft.Storage/storageAccounts/contosodr"

_SMALL: dict[str, Any] = {
    "version": 1,
    "target": {"cloud": "azure", "subscriptionId": SUBSCRIPTION, "tenantId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
    "vault": {"name": "contoso-vault", "resourceGroup": "contoso-dr", "location": "westeurope"},
    "sites": {"contoso-hyperv": {}},
    "policies": {"every-5-minutes": {}},
    "networks": {
        "vnet": {"addressSpace": ["10.1.0.0/16"], "subnets": {"data": {"prefix": "10.1.0.0/24"}}},
        "test": {"id": NETWORK_ID},
    },
    "storageAccounts": {"contosodr": {"id": STORAGE_ID}},
    "vms": {
        "sql01": {"direction": "onPremisesToAzure", "site": "contoso-hyperv", "policy": "every-5-minutes"},
    },
}


def small(**changes: Any) -> dict[str, Any]:
    """A small stack. Each change replaces one top-level key; None takes it out."""
    values = copy.deepcopy(_SMALL) | changes
    return {key: value for key, value in values.items() if value is not None}


def with_vm(**settings: Any) -> dict[str, Any]:
    """The small stack with more settings of its VM sql01."""
    values = small()
    values["vms"]["sql01"] |= settings
    return values


def two_vms(one: dict[str, Any], other: dict[str, Any], name: str = "app01") -> dict[str, Any]:
    """The small stack with more settings of sql01, and a second VM."""
    values = with_vm(**one)
    values["vms"][name] = {
        "direction": "onPremisesToAzure",
        "site": "contoso-hyperv",
        "policy": "every-5-minutes",
    } | other
    return values
