"""Which virtual machines Azure has, and whether they run: read only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import DecodeError, HttpResponseError
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


def read_power_states(client: SiteRecoveryManagementClient, subscription_id: str) -> Mapping[str, PowerState]:
    """The power states of all VMs of the subscription, by their ARM ids in lower case: one listing for any number of
    machines. A VM that is not among them does not exist. Raises the errors of site_recovery, a lack of rights included.
    """
    every = f"/subscriptions/{subscription_id}/providers/Microsoft.Compute/virtualMachines"
    # statusOnly is what makes this list tell of instance views; a page's link to the next one carries it on.
    params = {"api-version": _API_VERSION, "statusOnly": "true"}
    with translated(f"Listing the power states of the VMs of subscription {subscription_id}."):
        return {str(vm.get("id")).casefold(): _power_state(vm) for vm in _listed(client, every, params)}


def read_vm_names(client: SiteRecoveryManagementClient, group_id: str) -> frozenset[str]:
    """The names, in lower case, of all VMs of the resource group with this ARM id; none, when there is no such group.
    Raises the errors of site_recovery."""
    every = f"{group_id}/providers/Microsoft.Compute/virtualMachines"
    with translated(f"Listing the VMs of resource group {last_segment(group_id)}."):
        vms = _listed(client, every, {"api-version": _API_VERSION})
        try:
            return frozenset(str(vm.get("name")).casefold() for vm in vms)
        except HttpResponseError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return frozenset()
            raise


def _listed(client: SiteRecoveryManagementClient, every: str, first: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    url: str | None = every
    params: dict[str, str] | None = dict(first)
    while url:
        response = client.send_request(HttpRequest("GET", url, params=params))
        if response.status_code != HTTPStatus.OK:
            raise HttpResponseError(response=response)
        page = response.json()
        if not isinstance(page, Mapping):
            raise DecodeError(f"a list of VMs came as {type(page).__name__}", response=response)
        yield from (vm for vm in page.get("value") or () if isinstance(vm, Mapping))
        url, params = page.get("nextLink"), None


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
