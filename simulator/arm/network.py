"""Microsoft.Network: virtual networks and their subnets, the targets of network mappings and failovers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.arm.compute import NETWORK_INTERFACES
from simulator.arm.inputs import NetworkInput, SubnetInput
from simulator.arm.resources import GROUP, bodies, found, given_body, id_of, put
from simulator.errors import ServiceError, arm_resource_not_found
from simulator.ids import derived_guid
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document

VIRTUAL_NETWORKS = "Microsoft.Network/virtualNetworks"
SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)


def network_routes() -> list[OperationRoute]:
    """The operations on virtual networks and subnets."""
    partial = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "carried out at once; prefixes are not checked")
    networks = "providers/Microsoft.Network/virtualNetworks"
    network = f"{GROUP}/{networks}/{{network}}"
    subnet = f"{network}/subnets/{{subnet}}"
    return [
        OperationRoute("GET", network, _show, "VirtualNetworks_Get", parity=partial),
        OperationRoute(
            "PUT",
            network,
            _put,
            "VirtualNetworks_CreateOrUpdate",
            parity=partial,
            body=NetworkInput,
            body_required=True,
        ),
        OperationRoute("DELETE", network, _delete, "VirtualNetworks_Delete", parity=partial),
        OperationRoute("GET", f"{GROUP}/{networks}", _list, "VirtualNetworks_List", parity=partial),
        OperationRoute(
            "GET", f"/subscriptions/{{subscription}}/{networks}", _list, "VirtualNetworks_ListAll", parity=partial
        ),
        OperationRoute("GET", f"{network}/subnets", _list_subnets, "Subnets_List", parity=partial),
        OperationRoute("GET", subnet, _show_subnet, "Subnets_Get", parity=partial),
        OperationRoute(
            "PUT", subnet, _put_subnet, "Subnets_CreateOrUpdate", parity=partial, body=SubnetInput, body_required=True
        ),
        OperationRoute("DELETE", subnet, _delete_subnet, "Subnets_Delete", parity=partial),
    ]


def _show(call: Call) -> Reply:
    expand = {part.strip().lower() for part in call.query.get("$expand", "").split(",")}
    return Reply(200, _with_what_is_in_it(call, _network(call), expanded="subnets/ipconfigurations" in expand))


def _list(call: Call) -> Reply:
    return Reply(200, {"value": [_with_what_is_in_it(call, each) for each in bodies(call, VIRTUAL_NETWORKS)]})


def _put(call: Call) -> Reply:
    _require_name(call.parameters["network"])
    network_id = id_of(call, VIRTUAL_NETWORKS, "network")

    def properties(asked: Document, before: Document | None) -> Document:
        kept = before["properties"] if before else {}
        if "subnets" in asked:
            subnets = [_subnet(network_id, child) for child in _children(asked["subnets"] or [])]
            _require_unused(call, network_id, {child["name"].lower() for child in subnets})
        else:
            # A PUT that does not speak of subnets leaves them: they may be resources of their own.
            subnets = kept.get("subnets", [])
        return {
            "addressSpace": {"addressPrefixes": []},
            "enableDdosProtection": False,
            "virtualNetworkPeerings": [],
            **asked,
            "subnets": subnets,
            "resourceGuid": kept.get("resourceGuid") or derived_guid("network", network_id, call.now),
            "provisioningState": "Succeeded",
        }

    return put(call, network_id, VIRTUAL_NETWORKS, properties)


def _delete(call: Call) -> Reply:
    network_id = id_of(call, VIRTUAL_NETWORKS, "network")
    if network_id not in call.world.resources:
        return Reply(204)
    _require_unused(call, network_id, set())
    call.world.resources.delete(network_id)
    return Reply(200)


def _list_subnets(call: Call) -> Reply:
    return Reply(200, {"value": _with_what_is_in_it(call, _network(call))["properties"]["subnets"]})


def _show_subnet(call: Call) -> Reply:
    name = call.parameters["subnet"]
    subnet = _find(_with_what_is_in_it(call, _network(call)), name)
    if subnet is None:
        raise arm_resource_not_found(SUBNETS, f"{call.parameters['network']}/{name}", call.parameters["group"])
    return Reply(200, subnet)


def _put_subnet(call: Call) -> Reply:
    network = _network(call)
    _require_name(call.parameters["subnet"])
    before = _find(network, call.parameters["subnet"])
    subnet = _subnet(
        network["id"], {**given_body(call), "name": before["name"] if before else call.parameters["subnet"]}
    )
    others = [child for child in network["properties"]["subnets"] if child is not before]
    network["properties"]["subnets"] = [*others, subnet]
    _keep(call, network)
    return Reply(200 if before else 201, subnet)


def _delete_subnet(call: Call) -> Reply:
    network = _network(call)
    subnet = _find(network, call.parameters["subnet"])
    if subnet is None:
        return Reply(204)
    others = [child for child in network["properties"]["subnets"] if child is not subnet]
    _require_unused(call, network["id"], {child["name"].lower() for child in others})
    network["properties"]["subnets"] = others
    _keep(call, network)
    return Reply(200)


def _network(call: Call) -> Document:
    return found(call, id_of(call, VIRTUAL_NETWORKS, "network"), VIRTUAL_NETWORKS).body


def _keep(call: Call, network: Document) -> None:
    resource = found(call, network["id"], VIRTUAL_NETWORKS)
    call.world.resources.put(network["id"], resource)


def _find(network: Document, name: str) -> Document | None:
    subnets: list[Document] = network["properties"]["subnets"]
    return next((child for child in subnets if child["name"].lower() == name.lower()), None)


def _children(asked: list[Document]) -> list[Document]:
    for child in asked:
        _require_name(child.get("name"))
    names = [child["name"].lower() for child in asked]
    if len(names) != len(set(names)):
        raise ServiceError(400, "InvalidRequestFormat", "Two subnets of the network have the same name.")
    return asked


def _require_name(name: Any) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ServiceError(
            400,
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            f"character, and it must end with a word character or with '_'. The name may contain word characters or "
            f"'.', '-', '_'.",
        )


def _subnet(network_id: str, asked: Document) -> Document:
    return {
        "id": f"{network_id}/subnets/{asked['name']}",
        "name": asked["name"],
        "type": SUBNETS,
        "properties": {
            "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled",
            "privateLinkServiceNetworkPolicies": "Enabled",
            **(asked.get("properties") or {}),
            "provisioningState": "Succeeded",
        },
    }


def _with_what_is_in_it(call: Call, network: Document, *, expanded: bool = False) -> Document:
    """A network as it is shown: each subnet names the addresses in it, and has no such key while there are none. What
    each of them is, is shown to who has it `expanded`."""
    users: dict[str, list[Document]] = {}
    for subnet_id, configuration in _configurations(call):
        users.setdefault(subnet_id, []).append(_expanded(configuration) if expanded else {"id": configuration["id"]})

    def shown(subnet: Document) -> Document:
        used = users.get(subnet["id"].lower())
        return {**subnet, "properties": {**subnet["properties"], "ipConfigurations": used}} if used else subnet

    subnets = [shown(subnet) for subnet in network["properties"]["subnets"]]
    return {**network, "properties": {**network["properties"], "subnets": subnets}}


def _require_unused(call: Call, network_id: str, kept: set[str]) -> None:
    """Refuse to take a subnet away while a network interface is in it."""
    prefix = f"{network_id}/subnets/".lower()
    for subnet, configuration in _configurations(call):
        if subnet.startswith(prefix) and subnet.removeprefix(prefix) not in kept:
            raise ServiceError(
                400,
                "InUseSubnetCannotBeDeleted",
                f"Subnet {subnet.rpartition('/')[2]} is in use by {configuration['id']} and cannot be deleted.",
            )


_SHOWN_OF_AN_ADDRESS = ("privateIPAddress", "privateIPAllocationMethod", "subnet", "provisioningState")


def _expanded(configuration: Document) -> Document:
    properties = configuration["properties"]
    shown = {name: properties[name] for name in _SHOWN_OF_AN_ADDRESS if properties.get(name) is not None}
    return {"id": configuration["id"], "name": configuration["name"], "properties": shown}


def _configurations(call: Call) -> Iterator[tuple[str, Document]]:
    """Each address of a network interface, after the id of its subnet in lower case."""
    for resource in call.world.resources:
        if resource.body["type"] != NETWORK_INTERFACES:
            continue
        for configuration in resource.body["properties"]["ipConfigurations"]:
            subnet = str(configuration["properties"].get("subnet", {}).get("id", "")).lower()
            yield subnet, configuration
