"""ARM resources as documents: what is alike for every type around Site Recovery.

A resource is kept in `world.resources` under its id. A type's room says what it adds to a PUT's body; everything else,
from the id in the caller's case to the 404, is here.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.errors import ServiceError, arm_resource_not_found, resource_group_not_found
from simulator.ids import arm_id
from simulator.routing import Call, Reply
from simulator.store import Document
from simulator.world import Resource, World

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"

_ENVELOPE = ("tags", "sku", "kind", "identity", "extendedLocation", "zones", "plan")

Properties = Callable[[Document, Document | None], Document]
"""Given the properties asked for and the resource as it is (None if new), the properties that it then has."""


def id_of(call: Call, kind: str, *names: str) -> str:
    """Return the id of the resource that `call` names: `kind` is like `Microsoft.Network/virtualNetworks`, `names` are
    the parameters of `call` that hold its names, outermost first.
    """
    namespace, *types = kind.split("/")
    pairs = zip(types, (call.parameters[name] for name in names), strict=True)
    path = "/".join([namespace, *(part for pair in pairs for part in pair)])
    return arm_id(call.world.settings.subscription, call.parameters["group"], path)


def found(call: Call, resource_id: str, kind: str) -> Resource:
    """Return the resource, or raise ARM's 404: of the group if that is what is missing."""
    require_group(call)
    resource = call.world.resources.get(resource_id)
    if resource is None:
        raise arm_resource_not_found(kind, resource_id.rpartition("/")[2], call.parameters["group"])
    return resource


def require_group(call: Call) -> Document:
    """Return the resource group that `call` names, or raise ARM's 404."""
    group = call.world.resource_groups.get(call.parameters["group"])
    if group is None:
        raise resource_group_not_found(call.parameters["group"])
    return group


def open_group(call: Call) -> Document:
    """Return the resource group that `call` names for something to be made in it; 409 while it is being deleted."""
    group = require_group(call)
    if group["properties"]["provisioningState"] == "Deleting":
        raise ServiceError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{group['name']}' is in deprovisioning state and cannot perform this operation.",
        )
    return group


def put(call: Call, resource_id: str, kind: str, properties: Properties) -> Reply:
    """Create or replace a resource: 201 for a new one, 200 for one that was there.

    A resource stays where it is: another location is ARM's 409.
    """
    open_group(call)
    body = given_body(call)
    before = call.world.resources.get(resource_id)
    document: Document = {
        "id": before.body["id"] if before else resource_id,
        "name": before.body["name"] if before else resource_id.rpartition("/")[2],
        "type": kind,
        "location": location_of(body, before.body if before else None, resource_id),
        **{key: body[key] for key in _ENVELOPE if key in body},
    }
    document["properties"] = properties(body.get("properties") or {}, before.body if before else None)
    call.world.resources.put(resource_id, Resource(body=document, hidden=before.hidden if before else {}))
    return Reply(200 if before else 201, document)


def location_of(body: Document, before: Document | None, resource_id: str) -> str:
    """Return the location that a PUT asks for, as ARM writes it (`westeurope`)."""
    asked = body.get("location")
    if not isinstance(asked, str) or not asked.strip():
        if before is not None:
            return str(before["location"])
        raise ServiceError(400, "LocationRequired", "The location property is required for this definition.")
    location = normal_location(asked)
    if before is not None and before["location"] != location:
        name = resource_id.rpartition("/")[2]
        raise ServiceError(
            409,
            "InvalidResourceLocation",
            f"The resource '{name}' already exists in location '{before['location']}' in resource group. A resource "
            f"with the same name cannot be created in location '{location}'. Please select a new resource name.",
        )
    return location


def normal_location(text: str) -> str:
    """Return `West Europe` as ARM gives it back: `westeurope`."""
    return text.replace(" ", "").lower()


def given_body(call: Call) -> Document:
    """Return the request's body, which its route's model has checked, as the fields that were given."""
    fields: Document = call.body.model_dump(by_alias=True, exclude_unset=True)
    return fields


def bodies(call: Call, kind: str) -> list[Document]:
    """Return the bodies of one type, in the group that `call` names, or in the whole subscription if it names none."""
    if "group" in call.parameters:
        require_group(call)
    group = call.parameters.get("group")
    return [
        resource.body
        for resource in call.world.resources.values()
        if resource.body["type"].lower() == kind.lower() and (group is None or in_group(resource.body["id"], group))
    ]


def in_group(resource_id: str, group: str) -> bool:
    """Tell whether an id lies in a resource group."""
    segments = resource_id.split("/")
    return len(segments) > 4 and segments[4].lower() == group.lower()  # noqa: PLR2004 - /subscriptions/s/resourceGroups/g


def remove_with_children(world: World, resource_id: str) -> None:
    """Take a resource away, with what lies inside it."""
    prefix = f"{resource_id.lower()}/"
    for key, _resource in world.resources.items():  # noqa: PERF102 - a Table, not a dict; it has no keys()
        if key == resource_id.lower() or key.startswith(prefix):
            world.resources.delete(key)
