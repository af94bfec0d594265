"""What a storage account keeps, as management sees it: containers, shares, queues and tables by name, without data.

They are for whoever asks whether an account is empty. Each is kept with its account, and is gone with it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.arm.resources import GROUP, found, id_of
from simulator.arm.storage import STORAGE_ACCOUNTS
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document

_KINDS = {
    "blobServices/default/containers": "BlobContainers",
    "fileServices/default/shares": "FileShares",
    "queueServices/default/queues": "Queue",
    "tableServices/default/tables": "Table",
}


def storage_contents_routes() -> list[OperationRoute]:
    """List and make each kind; nothing is in any of them."""
    partial_ = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "names only, no data; nothing is soft-deleted")
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{name}}"
    routes: list[OperationRoute] = []
    for path, operations in _KINDS.items():
        listed, made = partial(_list, path), partial(_make, path)
        routes += [
            OperationRoute("GET", f"{account}/{path}", listed, f"{operations}_List", parity=partial_),
            OperationRoute("PUT", f"{account}/{path}/{{part}}", made, f"{operations}_Create", parity=partial_),
        ]
    return routes


def _list(path: str, call: Call) -> Reply:
    account = found(call, id_of(call, STORAGE_ACCOUNTS, "name"), STORAGE_ACCOUNTS)
    names = account.hidden.get(path) or []
    return Reply(200, {"value": [_shown(account.body, path, name) for name in names]})


def _make(path: str, call: Call) -> Reply:
    account_id = id_of(call, STORAGE_ACCOUNTS, "name")
    account, name = found(call, account_id, STORAGE_ACCOUNTS), call.parameters["part"]
    names = account.hidden.get(path) or []
    if name not in names:
        kept = {**account.hidden, path: [*names, name]}
        call.world.resources.put(account_id, replace(account, hidden=kept))
    return Reply(200 if name in names else 201, _shown(account.body, path, name))


def _shown(account: Document, path: str, name: str) -> Document:
    service, _, kind = path.split("/")
    return {
        "id": f"{account['id']}/{path}/{name}",
        "name": name,
        "type": f"{STORAGE_ACCOUNTS}/{service}/{kind}",
        "properties": {},
    }
