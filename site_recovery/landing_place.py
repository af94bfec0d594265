"""Whether what an Azure VM is to be made of is there: read only, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Network
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.errors import SiteRecoveryError

_API_VERSIONS = {
    "virtualnetworks": "2024-05-01",
    "storageaccounts": "2023-05-01",
    "resourcegroups": "2024-03-01",
    "availabilitysets": "2024-07-01",
}
# What network and subnet may carry that Azure does not fill in by itself, in words.
_ON_NETWORK = {
    "dhcpOptions": "DNS servers",
    "ddosProtectionPlan": "a DDoS protection plan",
    "virtualNetworkPeerings": "peerings",
    "bgpCommunities": "a BGP community",
    "flowTimeoutInMinutes": "a flow timeout",
}
_ON_SUBNET = {
    "networkSecurityGroup": "a network security group",
    "routeTable": "a route table",
    "natGateway": "a NAT gateway",
    "serviceEndpoints": "service endpoints",
    "serviceEndpointPolicies": "service endpoint policies",
    "delegations": "a delegation",
}


@dataclass(frozen=True)
class LandingPlace:
    """A network, storage account, resource group or availability set. `there` is None where that cannot be read, and
    `unread` says why. The rest is of a network: `subnets` are its own, by their names in lower case, with their address
    prefixes; `taken` is how many addresses of each are in use, `holders` who has which, as far as that is told, and
    `attached` what hangs on it; what hangs on the network itself has the name ""."""

    there: bool | None
    subnets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    holders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    attached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: str = ""

    def lacks_subnet(self, name: str | None) -> bool:
        """Whether the network is there, and has no subnet of this name."""
        return bool(self.there and name and name.casefold() not in self.subnets)

    def ipv4_prefixes(self, subnet: str | None) -> list[IPv4Network]:
        """The IPv4 prefixes of a subnet; none where there is no such subnet, or one of them is not to be understood."""
        written = self.subnets.get((subnet or "").casefold(), ())
        try:
            return [IPv4Network(prefix) for prefix in written if ":" not in prefix]
        except ValueError:
            return []


def read_landing_place(client: SiteRecoveryManagementClient, arm_id: str) -> LandingPlace:
    """The network, storage account, resource group or availability set with this ARM id."""
    kind = f"/{arm_id}".rstrip("/").split("/")[-2].casefold()
    if kind not in _API_VERSIONS:
        return LandingPlace(there=None, unread="its id is none of what a VM lands in")
    try:
        response = _answer(client, arm_id, kind)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return LandingPlace(there=False)
        if response.status_code != HTTPStatus.OK:
            return LandingPlace(there=None, unread=refused(response.status_code))
        properties = response.json().get("properties") or {}
        subnets = properties.get("subnets") or ()
        named = {str(each.get("name")).casefold(): each for each in subnets}
        return LandingPlace(
            there=True,
            subnets={name: _prefixes(each) for name, each in named.items()},
            taken={name: len(_configurations(each)) for name, each in named.items()},
            holders={name: _holders(each) for name, each in named.items()},
            attached={
                "": _attached(properties, _ON_NETWORK),
                **{name: _attached(each.get("properties") or {}, _ON_SUBNET) for name, each in named.items()},
            },
        )
    except SiteRecoveryError as error:
        return LandingPlace(there=None, unread=error.what)
    except (AzureError, ValueError) as error:
        return LandingPlace(there=None, unread=f"Azure did not answer as it should ({type(error).__name__})")


# With the addresses that are in use, each with who has it.
_ADDRESSES = {"$expand": "subnets/ipConfigurations"}
# Who may not read what has an address may still read the network.
_NOT_SO = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})


def _answer(client: SiteRecoveryManagementClient, arm_id: str, kind: str) -> HttpResponse:
    version = {"api-version": _API_VERSIONS[kind]}
    wanted = [{**version, **_ADDRESSES}, version] if kind == "virtualnetworks" else [version]
    while True:
        params = wanted.pop(0)
        response = client.send_request(HttpRequest("GET", arm_id, params=params))
        if not wanted or response.status_code not in _NOT_SO:
            return response


def refused(status: int) -> str:
    """Why something could not be read, of the status that Azure answers."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"the identity may not read it (Azure answers {status})"
    return f"Azure answers {status}"


def _configurations(subnet: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """One for each network card, gateway or other thing in the subnet; left out where there is none."""
    return (subnet.get("properties") or {}).get("ipConfigurations") or ()


def _holders(subnet: Mapping[str, Any]) -> Mapping[str, str]:
    """Who has which address of a subnet, as far as that is told."""
    found = {}
    for each in _configurations(subnet):
        address = (each.get("properties") or {}).get("privateIPAddress")
        if address:
            found[str(address)] = _holder(str(each.get("id")))
    return found


def _holder(configuration_id: str) -> str:
    """`networkInterfaces nic1` of `.../networkInterfaces/nic1/ipConfigurations/ipconfig1`."""
    parts = configuration_id.strip("/").split("/")
    return " ".join(parts[-4:-2]) or configuration_id


def _prefixes(subnet: Mapping[str, Any]) -> tuple[str, ...]:
    """A subnet has one prefix, or a list of them."""
    properties = subnet.get("properties") or {}
    one = properties.get("addressPrefix")
    return tuple(map(str, properties.get("addressPrefixes") or ([one] if one else ())))


def _attached(properties: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for key, word in kinds.items() if _says_something(properties.get(key)))


def _says_something(value: Any) -> bool:
    """Azure answers with empty lists and objects of empty lists where nothing was ever written."""
    return any(map(_says_something, value.values())) if isinstance(value, Mapping) else bool(value)
