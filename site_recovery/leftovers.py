"""Resource groups and storage accounts: whether anything is in them, and their removal when nothing is.

Azure deletes either with all that is in it. So they are looked into first, soft-deleted data included, and whoever asks
for a removal has looked.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from site_recovery.channel import Channel
from site_recovery.polling import Limits
from site_recovery.translation import translated

_RESOURCES_VERSION, _STORAGE_VERSION = "2024-03-01", "2024-01-01"
# What an account keeps, with the parameter that lists what was deleted and can still be had back.
_KINDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("container", "blobServices/default/containers", {"$include": "deleted"}),
    ("file share", "fileServices/default/shares", {"$expand": "deleted"}),
    ("queue", "queueServices/default/queues", {}),
    ("table", "tableServices/default/tables", {}),
)
_DELETED_WITHIN_SECONDS = 1800.0
_LOOK_EVERY_SECONDS = 5.0


class Leftovers:
    """Of one subscription. Raises the errors of site_recovery."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def in_group(self, name: str) -> tuple[str, ...] | None:
        """The ids of the resources in a group; None when there is no such group."""
        found = self._entries(f"{self._group_id(name)}/resources", _RESOURCES_VERSION, {})
        return None if found is None else tuple(str(entry.get("id")) for entry in found)

    def in_account(self, account_id: str) -> tuple[str, ...] | None:
        """What a storage account keeps, each as "container logs"; None when there is no such account."""
        found: list[str] = []
        for word, path, parameters in _KINDS:
            entries = self._entries(f"{account_id}/{path}", _STORAGE_VERSION, parameters)
            if entries is None:
                return None
            found += [f"{word} {entry.get('name')}" for entry in entries]
        return tuple(found)

    def delete_account(self, account_id: str) -> None:
        """Delete a storage account, with whatever is in it."""
        self._deleted(account_id, _STORAGE_VERSION)

    def delete_group(self, name: str, *, cancelled: threading.Event | None = None) -> None:
        """Delete a resource group, with whatever is in it, and wait until it is gone."""
        self._deleted(self._group_id(name), _RESOURCES_VERSION)
        limits = Limits(f"Deleting resource group '{name}'.", self._channel.pace, _DELETED_WITHIN_SECONDS, cancelled)
        while self.in_group(name) is not None:
            limits.check()
            limits.pause(_LOOK_EVERY_SECONDS)

    def _group_id(self, name: str) -> str:
        return f"/subscriptions/{self._channel.vault.subscription_id}/resourceGroups/{name}"

    def _entries(self, path: str, version: str, parameters: dict[str, str]) -> list[dict[str, Any]] | None:
        url: str | None = path
        query: dict[str, str] | None = {"api-version": version, **parameters}
        found: list[dict[str, Any]] = []
        with translated(f"Looking into {path}."):
            while url:
                response = self._channel.client.send_request(HttpRequest("GET", url, params=query))
                if response.status_code == HTTPStatus.NOT_FOUND:
                    return None
                page = _read(response)
                found += [entry for entry in page.get("value") or () if isinstance(entry, dict)]
                url, query = page.get("nextLink"), None
        return found

    def _deleted(self, arm_id: str, version: str) -> None:
        with translated(f"Deleting {arm_id}.", changes=True):
            request = HttpRequest("DELETE", arm_id, params={"api-version": version})
            response = self._channel.client.send_request(request)
            if response.status_code != HTTPStatus.NOT_FOUND:
                _succeeded(response)


def _read(response: HttpResponse) -> dict[str, Any]:
    _succeeded(response)
    page: dict[str, Any] = response.json()
    return page


def _succeeded(response: HttpResponse) -> None:
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise HttpResponseError(response=response)
