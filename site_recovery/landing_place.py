"""Whether what an Azure VM is to be made of is there: read only, and never a reason to fail."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.errors import SiteRecoveryError

_API_VERSIONS = {"virtualnetworks": "2024-05-01", "storageaccounts": "2023-05-01"}


@dataclass(frozen=True)
class LandingPlace:
    """A network or a storage account. `there` is None where that cannot be read; `subnets` are those of a network."""

    there: bool | None
    subnets: frozenset[str] = frozenset()


def read_landing_place(client: SiteRecoveryManagementClient, arm_id: str) -> LandingPlace:
    """The network or storage account with this ARM id."""
    version = _API_VERSIONS[arm_id.rstrip("/").split("/")[-2].casefold()]
    request = HttpRequest("GET", arm_id, params={"api-version": version})
    try:
        response = client.send_request(request)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return LandingPlace(there=False)
        if response.status_code != HTTPStatus.OK:
            return LandingPlace(there=None)
        subnets = (response.json().get("properties") or {}).get("subnets") or ()
        return LandingPlace(there=True, subnets=frozenset(str(subnet.get("name")).casefold() for subnet in subnets))
    except (AzureError, SiteRecoveryError, ValueError):
        return LandingPlace(there=None)
