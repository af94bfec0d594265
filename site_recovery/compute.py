"""Whether the Azure copy of a virtual machine is running: read only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.records import last_segment
from site_recovery.translation import translated

_API_VERSION = "2024-07-01"


class PowerState(Enum):
    RUNNING = "running"
    STOPPED = "stopped"  # stopped or deallocated
    CHANGING = "changing"  # starting, stopping or deallocating
    ABSENT = "absent"  # there is no such VM
    UNKNOWN = "unknown"  # not readable: no permission, or an answer nobody knows


_STATES = {
    "running": PowerState.RUNNING,
    "stopped": PowerState.STOPPED,
    "deallocated": PowerState.STOPPED,
    "starting": PowerState.CHANGING,
    "stopping": PowerState.CHANGING,
    "deallocating": PowerState.CHANGING,
}


def read_power_state(client: SiteRecoveryManagementClient, vm_id: str) -> PowerState:
    """The power state of the VM with this ARM id (Microsoft.Compute, instance view).

    Reading it needs rights of its own, which an identity for Site Recovery alone may not have: then it is UNKNOWN. Any
    other failure is raised, since by this somebody decides whether to commit.
    """
    request = HttpRequest("GET", vm_id, params={"api-version": _API_VERSION, "$expand": "instanceView"})
    with translated(f"Reading the power state of the VM {last_segment(vm_id)}."):
        response = client.send_request(request)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return PowerState.ABSENT
        if response.status_code == HTTPStatus.FORBIDDEN:
            return PowerState.UNKNOWN
        if response.status_code != HTTPStatus.OK:
            raise HttpResponseError(response=response)
        return _power_state(response.json())


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
