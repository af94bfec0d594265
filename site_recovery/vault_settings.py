"""What a Recovery Services vault is set to in Azure: read only, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.errors import SiteRecoveryError
from site_recovery.landing_place import refused
from site_recovery.records import VaultId

_API_VERSION = "2024-10-01"
_DAYS_OF_SOFT_DELETE = 14


@dataclass(frozen=True)
class VaultSettings:
    """`there` is None where the vault cannot be read, and `unread` says why. `public_network_access`, `redundancy` and
    `immutability` are in Azure's words, empty where it says nothing. `beside` is what else somebody has set on it, each
    by its path in the vault, in words.
    """

    there: bool | None
    tags: Mapping[str, str] = field(default_factory=dict)
    public_network_access: str = ""
    redundancy: str = ""
    immutability: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""


def read_vault_settings(client: SiteRecoveryManagementClient, vault: VaultId) -> VaultSettings:
    """The settings of a vault."""
    request = HttpRequest("GET", vault.arm_id, params={"api-version": _API_VERSION})
    try:
        response = client.send_request(request)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return VaultSettings(there=False)
        if response.status_code != HTTPStatus.OK:
            return VaultSettings(there=None, unread=refused(response.status_code))
        return _settings(response.json())
    except SiteRecoveryError as error:
        return VaultSettings(there=None, unread=error.what)
    except (AzureError, ValueError) as error:
        return VaultSettings(there=None, unread=f"Azure did not answer as it should ({type(error).__name__})")


def _settings(answer: Mapping[str, Any]) -> VaultSettings:
    properties = answer.get("properties") or {}
    return VaultSettings(
        there=True,
        tags={str(key): str(value) for key, value in (answer.get("tags") or {}).items()},
        public_network_access=_at(properties, "publicNetworkAccess"),
        redundancy=_at(properties, "redundancySettings", "standardTierStorageRedundancy"),
        immutability=_at(properties, "securitySettings", "immutabilitySettings", "state"),
        beside=dict(_beside(answer, properties)),
    )


def _beside(answer: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is not as Azure makes a vault by itself."""
    identity = _at(answer, "identity", "type")
    if identity not in ("", "None"):
        yield "identity", f"its identity ({identity})"
    if properties.get("encryption"):
        yield "properties.encryption", "its encryption with a key of your own"
    if _at(properties, "redundancySettings", "crossRegionRestore") == "Enabled":
        yield "properties.redundancySettings.crossRegionRestore", "its cross-region restore"
    if _at(properties, "restoreSettings", "crossSubscriptionRestoreSettings", "crossSubscriptionRestoreState") not in (
        "",
        "Enabled",
    ):
        yield "properties.restoreSettings", "its cross-subscription restore, which is off"
    deleted = (properties.get("securitySettings") or {}).get("softDeleteSettings") or {}
    state, days = deleted.get("softDeleteState", "Enabled"), deleted.get("softDeleteRetentionPeriodInDays")
    if state != "Enabled" or days not in (None, 0, _DAYS_OF_SOFT_DELETE):
        yield "properties.securitySettings.softDeleteSettings", f"its soft delete ({state}, {days} days)"
    if "Disabled" in str(properties.get("monitoringSettings")):
        yield "properties.monitoringSettings", "its alerts, some of which are off"


def _at(value: Mapping[str, Any], *path: str) -> str:
    found: Any = value
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return "" if found is None else str(found)
