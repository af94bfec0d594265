"""Resource groups, and the lists of what lies in them.

A group is deleted with everything in it, as in Azure, unless a vault in it still has sites or policies: then it stays.
"""

from __future__ import annotations

import re

from simulator.arm.inputs import GroupInput, GroupPatch
from simulator.arm.operations import ArmOperations, accepted
from simulator.arm.resources import GROUP, given_body, in_group, location_of, open_group, require_group
from simulator.asr.site_recovery import SiteRecovery
from simulator.errors import ServiceError
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document
from simulator.world import World

_KIND = "Microsoft.Resources/resourceGroups"
_SUBSCRIPTION = "/subscriptions/{subscription}"
_DELETE_SECONDS = 15.0
_DELETE = "group.delete"
_NAME = re.compile(r"[-\w.()]{0,89}[-\w()]")
_FILTER_TERM = re.compile(r"(?P<field>\w+)\s+eq\s+'(?P<value>[^']*)'", re.IGNORECASE)


def open_groups(world: World) -> None:
    """Say what the deletion of a group does when it ends."""
    world.room(ArmOperations).on(_DELETE, lambda here, group, _detail: _delete_contents(here, group))


def group_routes() -> list[OperationRoute]:
    """The operations on resource groups, and the lists of resources."""
    full = Parity(Extent.FULL, Evidence.SPECIFIED)
    filtered = Parity(
        Extent.PARTIAL, Evidence.SPECIFIED, "$filter: resourceType, resourceGroup, location and name, with eq"
    )
    return [
        OperationRoute("GET", f"{_SUBSCRIPTION}/resourcegroups", _list_groups, "ResourceGroups_List", parity=full),
        OperationRoute("GET", GROUP, _show, "ResourceGroups_Get", parity=full),
        OperationRoute("HEAD", GROUP, _exists, "ResourceGroups_CheckExistence", parity=full),
        OperationRoute(
            "PUT", GROUP, _put, "ResourceGroups_CreateOrUpdate", parity=full, body=GroupInput, body_required=True
        ),
        OperationRoute(
            "PATCH", GROUP, _patch, "ResourceGroups_Update", parity=full, body=GroupPatch, body_required=True
        ),
        OperationRoute("DELETE", GROUP, _delete, "ResourceGroups_Delete", parity=full),
        OperationRoute("GET", f"{GROUP}/resources", _list_resources, "Resources_ListByResourceGroup", parity=filtered),
        OperationRoute("GET", f"{_SUBSCRIPTION}/resources", _list_resources, "Resources_List", parity=filtered),
    ]


def _list_groups(call: Call) -> Reply:
    return Reply(200, {"value": call.world.resource_groups.values()})


def _show(call: Call) -> Reply:
    return Reply(200, require_group(call))


def _exists(call: Call) -> Reply:
    return Reply(204 if call.parameters["group"] in call.world.resource_groups else 404)


def _put(call: Call) -> Reply:
    name = call.parameters["group"]
    if not _NAME.fullmatch(name):
        raise ServiceError(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has invalid characters, or its length is not from 1 to 90. "
            f"The name can only be a letter, digit, '-', '.', '(', ')' or '_', and cannot end with '.'.",
        )
    body = given_body(call)
    before = open_group(call) if name in call.world.resource_groups else None
    group_id = before["id"] if before else f"/subscriptions/{call.world.settings.subscription}/resourceGroups/{name}"
    group: Document = {
        "id": group_id,
        "name": before["name"] if before else name,
        "type": _KIND,
        "location": location_of(body, before, group_id),
        **{key: body[key] for key in ("tags", "managedBy") if body.get(key) is not None},
        "properties": {"provisioningState": "Succeeded"},
    }
    call.world.resource_groups.put(name, group)
    return Reply(200 if before else 201, group)


def _patch(call: Call) -> Reply:
    group = {**require_group(call), **{key: value for key, value in given_body(call).items() if key == "tags"}}
    call.world.resource_groups.put(group["name"], group)
    return Reply(200, group)


def _delete(call: Call) -> Reply:
    group = require_group(call)
    blocking = _vaults_in_use(call.world, group["name"])
    if blocking:
        raise ServiceError(
            409,
            "ResourceGroupDeletionBlocked",
            f"Deletion of resource group '{group['name']}' failed as resources with identifiers "
            f"'{', '.join(blocking)}' could not be deleted: a vault has to be empty first.",
        )
    call.world.resource_groups.put(group["name"], {**group, "properties": {"provisioningState": "Deleting"}})
    operations = call.world.room(ArmOperations)
    name = operations.start(call.now, effect=_DELETE, target=group["name"], seconds=_DELETE_SECONDS)
    return accepted(call, name)


def _delete_contents(world: World, group: str) -> None:
    if _vaults_in_use(world, group):  # a site was made in the meantime
        kept = world.resource_groups.get(group)
        if kept is not None:
            world.resource_groups.put(group, {**kept, "properties": {"provisioningState": "Succeeded"}})
        return
    for key, resource in world.resources.items():
        if in_group(resource.body["id"], group):
            world.resources.delete(key)
    site_recovery = world.room(SiteRecovery)
    for vault in site_recovery.vaults:
        if in_group(vault["id"], group):
            site_recovery.forget_vault(vault)
    world.resource_groups.delete(group)


def _vaults_in_use(world: World, group: str) -> list[str]:
    site_recovery = world.room(SiteRecovery)
    held = [body["id"].lower() for table in (site_recovery.fabrics, site_recovery.policies) for body in table]
    return [
        vault["id"]
        for vault in site_recovery.vaults
        if in_group(vault["id"], group) and any(child.startswith(f"{vault['id'].lower()}/") for child in held)
    ]


def _list_resources(call: Call) -> Reply:
    group = call.parameters.get("group")
    if group is not None:
        require_group(call)
    wanted = {match["field"].lower(): match["value"].lower() for match in _FILTER_TERM.finditer(_filter(call))}
    bodies = [resource.body for resource in call.world.resources] + call.world.room(SiteRecovery).vaults.values()
    fields = ("id", "name", "type", "location", "tags", "sku", "kind", "managedBy", "identity")
    value = [
        {key: body[key] for key in fields if key in body}
        for body in bodies
        if (group is None or in_group(body["id"], group)) and _fits(body, wanted)
    ]
    return Reply(200, {"value": value})


def _filter(call: Call) -> str:
    text = call.query.get("$filter", "")
    left = re.sub(r"\band\b", " ", _FILTER_TERM.sub(" ", text), flags=re.IGNORECASE).strip()
    if left:
        raise ServiceError(
            400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string."
        )
    return text


def _fits(body: Document, wanted: dict[str, str]) -> bool:
    present = {
        "resourcetype": body["type"],
        "resourcegroup": body["id"].split("/")[4],
        "location": body.get("location", ""),
        "name": body["name"],
    }
    return all(present.get(field, "").lower() == value for field, value in wanted.items())
