"""Whether the Azure copy of a virtual machine is running: read only, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.errors import SiteRecoveryError

_API_VERSION = "2024-07-01"
_NOT_FOUND = 404
_OK = 200


class PowerState(Enum):
    RUNNING = "running"
    STOPPED = "stopped"  # stopped or deallocated
    CHANGING = "changing"  # starting, stopping or deallocating
    ABSENT = "absent"  # there is no such VM
    UNKNOWN = "unknown"  # not readable: no permission, no answer, or an answer nobody knows


_STATES = {
    "running": PowerState.RUNNING,
    "stopped": PowerState.STOPPED,
    "deallocated": PowerState.STOPPED,
    "starting": PowerState.CHANGING,
    "stopping": PowerState.CHANGING,
    "deallocating": PowerState.CHANGING,
}


def read_power_state(client: SiteRecoveryManagementClient, vm_id: str) -> PowerState:
    """The power state of the VM with this ARM id (Microsoft.Compute, instance view)."""
    request = HttpRequest("GET", vm_id, params={"api-version": _API_VERSION, "$expand": "instanceView"})
    try:
        response = client.send_request(request)
        if response.status_code == _NOT_FOUND:
            return PowerState.ABSENT
        return _power_state(response.json()) if response.status_code == _OK else PowerState.UNKNOWN
    except (AzureError, SiteRecoveryError, ValueError):
        # Reading the VM needs rights of its own, which an identity for Site Recovery alone may not have.
        return PowerState.UNKNOWN


def _power_state(vm: Any) -> PowerState:
    """instanceView.statuses has one entry "PowerState/..." among others."""
    view: Any = vm
    for name in ("properties", "instanceView"):
        view = view.get(name) if isinstance(view, Mapping) else None
    statuses = view.get("statuses") if isinstance(view, Mapping) else None
    for status in statuses if isinstance(statuses, list) else ():
        kind, _, state = str(status.get("code", "") if isinstance(status, Mapping) else "").partition("/")
        if kind.casefold() == "powerstate":
            return _STATES.get(state.casefold(), PowerState.UNKNOWN)
    return PowerState.UNKNOWN
