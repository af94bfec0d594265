"""Microsoft.Storage: accounts, as the place where replication keeps its logs and unmanaged disks."""

from __future__ import annotations

import base64
import hashlib
import re

from simulator.arm.inputs import AccountInput, NameAvailabilityInput
from simulator.arm.resources import GROUP, bodies, found, given_body, id_of, put, remove_with_children
from simulator.clock import written
from simulator.errors import ServiceError
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document

STORAGE_ACCOUNTS = "Microsoft.Storage/storageAccounts"
_NAME = re.compile(r"[a-z0-9]{3,24}")
_SERVICES = ("blob", "dfs", "file", "queue", "table", "web")


def storage_routes() -> list[OperationRoute]:
    """The operations on storage accounts. There is no data plane."""
    partial = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "management only, no data plane")
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{name}}"
    accounts = "providers/Microsoft.Storage/storageAccounts"
    available = "/subscriptions/{subscription}/providers/Microsoft.Storage/checkNameAvailability"
    return [
        OperationRoute(
            "POST",
            available,
            _name_available,
            "StorageAccounts_CheckNameAvailability",
            parity=partial,
            body=NameAvailabilityInput,
            body_required=True,
        ),
        OperationRoute("GET", account, _show, "StorageAccounts_GetProperties", parity=partial),
        OperationRoute(
            "PUT", account, _put, "StorageAccounts_Create", parity=partial, body=AccountInput, body_required=True
        ),
        OperationRoute("DELETE", account, _delete, "StorageAccounts_Delete", parity=partial),
        OperationRoute("POST", f"{account}/listKeys", _list_keys, "StorageAccounts_ListKeys", parity=partial),
        OperationRoute("GET", f"{GROUP}/{accounts}", _list, "StorageAccounts_ListByResourceGroup", parity=partial),
        OperationRoute(
            "GET", f"/subscriptions/{{subscription}}/{accounts}", _list, "StorageAccounts_List", parity=partial
        ),
    ]


def _show(call: Call) -> Reply:
    return Reply(200, found(call, id_of(call, STORAGE_ACCOUNTS, "name"), STORAGE_ACCOUNTS).body)


def _list(call: Call) -> Reply:
    return Reply(200, {"value": bodies(call, STORAGE_ACCOUNTS)})


def _put(call: Call) -> Reply:
    account_id = id_of(call, STORAGE_ACCOUNTS, "name")
    name = call.parameters["name"]
    reason = _invalid_name(name)
    if reason is not None:
        raise ServiceError(400, "AccountNameInvalid", reason)
    if account_id not in call.world.resources and _taken(call, name):
        raise ServiceError(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")
    body = given_body(call)
    if not isinstance((body.get("sku") or {}).get("name"), str) or not isinstance(body.get("kind"), str):
        raise ServiceError(400, "InvalidRequestPropertyValue", "A storage account needs 'sku.name' and 'kind'.")

    def properties(asked: Document, before: Document | None) -> Document:
        created = before["properties"]["creationTime"] if before else written(call.now)
        location = str(body.get("location", before["location"] if before else "")).replace(" ", "").lower()
        return {
            "accessTier": "Hot",
            "allowBlobPublicAccess": False,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
            "networkAcls": {
                "bypass": "AzureServices",
                "virtualNetworkRules": [],
                "ipRules": [],
                "defaultAction": "Allow",
            },
            **asked,
            "creationTime": created,
            "primaryEndpoints": {kind: f"https://{name}.{kind}.storage.localhost/" for kind in _SERVICES},
            "primaryLocation": location,
            "statusOfPrimary": "available",
            "provisioningState": "Succeeded",
        }

    reply = put(call, account_id, STORAGE_ACCOUNTS, properties)
    reply.body["sku"] = {"tier": str(reply.body["sku"]["name"]).partition("_")[0], **reply.body["sku"]}
    # Clients take 200 and 202 for a new account, and refuse 201.
    return Reply(200, reply.body)


def _delete(call: Call) -> Reply:
    account_id = id_of(call, STORAGE_ACCOUNTS, "name")
    if account_id not in call.world.resources:
        return Reply(204)
    remove_with_children(call.world, account_id)
    return Reply(200)


def _list_keys(call: Call) -> Reply:
    account = found(call, id_of(call, STORAGE_ACCOUNTS, "name"), STORAGE_ACCOUNTS).body
    keys = [
        {
            "keyName": name,
            # Derived, so that it is the same at every call; it opens nothing.
            "value": base64.b64encode(hashlib.sha512(f"{account['id']}/{name}".encode()).digest()).decode(),
            "permissions": "FULL",
            "creationTime": account["properties"]["creationTime"],
        }
        for name in ("key1", "key2")
    ]
    return Reply(200, {"keys": keys})


def _name_available(call: Call) -> Reply:
    name = call.body.name
    if not isinstance(name, str):
        raise ServiceError(400, "InvalidRequestContent", "The request needs the 'name' to look for.")
    invalid = _invalid_name(name)
    if invalid is not None:
        return Reply(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": invalid})
    if _taken(call, name):
        message = f"The storage account named {name} is already taken."
        return Reply(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return Reply(200, {"nameAvailable": True})


def _taken(call: Call, name: str) -> bool:
    return any(
        resource.body["type"] == STORAGE_ACCOUNTS and resource.body["name"].lower() == name.lower()
        for resource in call.world.resources
    )


def _invalid_name(name: str) -> str | None:
    if _NAME.fullmatch(name):
        return None
    return (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        f"length and use numbers and lower-case letters only."
    )
