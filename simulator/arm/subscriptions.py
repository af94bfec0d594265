"""Azure Resource Manager itself: the cloud's endpoints, the subscription, its tenant, locations and resource
providers."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.errors import ServiceError
from simulator.ids import derived_guid
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document, Table
from simulator.world import World

SUBSCRIPTION = "/subscriptions/{subscription}"

LOCATIONS = {
    "westeurope": ("West Europe", "(Europe) West Europe"),
    "northeurope": ("North Europe", "(Europe) North Europe"),
    "eastus": ("East US", "(US) East US"),
    "eastus2": ("East US 2", "(US) East US 2"),
    "westus": ("West US", "(US) West US"),
    "westus2": ("West US 2", "(US) West US 2"),
    "centralus": ("Central US", "(US) Central US"),
    "southeastasia": ("Southeast Asia", "(Asia Pacific) Southeast Asia"),
    "uksouth": ("UK South", "(Europe) UK South"),
    "germanywestcentral": ("Germany West Central", "(Europe) Germany West Central"),
}

_PROVIDERS = {
    "Microsoft.Compute": ("virtualMachines", "disks", "availabilitySets"),
    "Microsoft.Network": ("virtualNetworks", "virtualNetworks/subnets", "networkInterfaces"),
    "Microsoft.RecoveryServices": ("vaults",),
    "Microsoft.Resources": ("resourceGroups", "subscriptions"),
    "Microsoft.Storage": ("storageAccounts",),
}
_API_VERSIONS = {
    "Microsoft.Compute": ["2026-04-01", "2024-11-01", "2024-07-01"],
    "Microsoft.Network": ["2025-07-01", "2024-07-01", "2024-05-01"],
    "Microsoft.RecoveryServices": ["2026-11-01", "2025-08-01", "2024-10-01", "2022-08-01"],
    "Microsoft.Resources": ["2024-11-01", "2024-03-01", "2022-12-01"],
    "Microsoft.Storage": ["2025-08-01", "2024-01-01"],
}


class Providers:
    """Which resource providers of the subscription were unregistered: all of them are registered at first."""

    def __init__(self, world: World) -> None:
        self._states: Table[Document] = world.store.table("arm.provider")

    def state(self, namespace: str) -> str:
        """Return `Registered` or `NotRegistered`."""
        kept = self._states.get(namespace)
        return str(kept["state"]) if kept else "Registered"

    def set_state(self, namespace: str, state: str) -> None:
        """Register or unregister a provider."""
        self._states.put(namespace, {"state": state})


def subscription_routes() -> list[OperationRoute]:
    """The operations on the subscription and above it."""
    full = Parity(Extent.FULL, Evidence.SPECIFIED)
    partial = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "the providers that are simulated")
    provider = f"{SUBSCRIPTION}/providers/{{namespace}}"
    return [
        OperationRoute(
            "GET", "/metadata/endpoints", _endpoints, "Metadata_Endpoints", parity=full, authenticated=False
        ),
        OperationRoute("GET", "/subscriptions", _subscriptions, "Subscriptions_List", parity=full),
        OperationRoute("GET", SUBSCRIPTION, _subscription, "Subscriptions_Get", parity=full),
        OperationRoute("GET", f"{SUBSCRIPTION}/locations", _locations, "Subscriptions_ListLocations", parity=full),
        OperationRoute("GET", "/tenants", _tenants, "Tenants_List", parity=full),
        OperationRoute("GET", f"{SUBSCRIPTION}/providers", _providers, "Providers_List", parity=partial),
        OperationRoute("GET", provider, _provider, "Providers_Get", parity=partial),
        OperationRoute("POST", f"{provider}/register", _register, "Providers_Register", parity=partial),
        OperationRoute("POST", f"{provider}/unregister", _unregister, "Providers_Unregister", parity=partial),
    ]


def require_registration(call: Call) -> Mapping[str, str]:
    """A gate: nothing is made of a resource provider that the subscription is not registered with. Returns no headers.

    Raises ServiceError 409 with the code on which real clients register the provider and try again.
    """
    if call.route.method == "PUT":
        _, marker, rest = call.path.lower().partition("/providers/")
        namespace = rest.partition("/")[0]
        if marker and call.world.room(Providers).state(namespace) != "Registered":
            raise ServiceError(
                409,
                "MissingSubscriptionRegistration",
                f"The subscription is not registered to use namespace '{_spelt(namespace)}'. See "
                f"https://aka.ms/rps-not-found for how to register subscriptions.",
            )
    return {}


def _endpoints(call: Call) -> Reply:
    """One object for 2022-09-01, an array of it for 2019-05-01: the Azure CLI reads the array as its cloud."""
    base = call.base_url
    cloud = {
        # Neither AzureCloud (the CLI would force the real login endpoint) nor AzureStackCloud (azurerm refuses it).
        "name": "AzureSim",
        "portal": base,
        "resourceManager": base,
        "graph": f"{base}/graph",
        "graphAudience": f"{base}/graph",
        "microsoftGraphResourceId": f"{base}/graph",
        "authentication": {
            "loginEndpoint": base,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "storage": "storage.localhost",
            "keyVaultDns": "vault.localhost",
            "acrLoginServer": "azurecr.localhost",
            "sqlServerHostname": "database.localhost",
        },
    }
    return Reply(200, [cloud] if call.api_version < "2022-09-01" else cloud)


def _subscriptions(call: Call) -> Reply:
    return Reply(200, {"value": [_subscription_body(call)], "count": {"type": "Total", "value": 1}})


def _subscription(call: Call) -> Reply:
    return Reply(200, _subscription_body(call))


def _subscription_body(call: Call) -> Document:
    subscription = call.world.settings.subscription
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "subscriptionId": subscription,
        "tenantId": call.world.settings.tenant,
        "displayName": "Azure Site Recovery simulator",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _locations(call: Call) -> Reply:
    prefix = f"/subscriptions/{call.world.settings.subscription}/locations"
    value = [
        {
            "id": f"{prefix}/{name}",
            "name": name,
            "type": "Region",
            "displayName": display,
            "regionalDisplayName": regional,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        }
        for name, (display, regional) in LOCATIONS.items()
    ]
    return Reply(200, {"value": value})


def _tenants(call: Call) -> Reply:
    tenant = call.world.settings.tenant
    body = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "tenantCategory": "Home",
        "displayName": "Simulator",
        "defaultDomain": "simulator.localhost",
        "domains": ["simulator.localhost"],
        "countryCode": "NL",
    }
    return Reply(200, {"value": [body]})


def _providers(call: Call) -> Reply:
    return Reply(200, {"value": [_provider_body(call, namespace) for namespace in _PROVIDERS]})


def _provider(call: Call) -> Reply:
    return Reply(200, _provider_body(call, _namespace(call)))


def _register(call: Call) -> Reply:
    return _with_state(call, "Registered")


def _unregister(call: Call) -> Reply:
    return _with_state(call, "NotRegistered")


def _with_state(call: Call, state: str) -> Reply:
    namespace = _namespace(call)
    call.world.room(Providers).set_state(namespace, state)
    return Reply(200, _provider_body(call, namespace))


def _namespace(call: Call) -> str:
    asked = call.parameters["namespace"]
    if _spelt(asked) in _PROVIDERS:
        return _spelt(asked)
    raise ServiceError(
        404,
        "InvalidResourceNamespace",
        f"The resource namespace '{asked}' is invalid. The simulator has {', '.join(_PROVIDERS)}.",
    )


def _spelt(namespace: str) -> str:
    """A namespace as the service writes it, if it is one of ours."""
    return next((known for known in _PROVIDERS if known.lower() == namespace.lower()), namespace)


def _provider_body(call: Call, namespace: str) -> Document:
    subscription = call.world.settings.subscription
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": call.world.room(Providers).state(namespace),
        "authorization": {"applicationId": derived_guid("provider", namespace)},
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": [display for display, _ in LOCATIONS.values()],
                "apiVersions": _API_VERSIONS[namespace],
                "capabilities": "SupportsTags, SupportsLocation",
            }
            for kind in _PROVIDERS[namespace]
        ],
    }
