"""Addresses in subnets: which one a network interface takes that asks for none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import ip_network

from simulator.errors import ServiceError
from simulator.store import Document
from simulator.world import World

# Azure keeps the network's own address and the three after it, and the last one.
_KEPT_FIRST, _KEPT_LAST = 4, 1


def address_in(
    world: World, subnet_id: str, asked: str | None, *, interface_ids: Collection[str], besides: Collection[str] = ()
) -> str:
    """The address that is asked for, or else the first of the subnet that no network interface but these has, and that
    is none of those `besides`.

    Raises ServiceError if the network or the subnet is not there, has no prefix that is one, or is full, or the address
    that is asked for is another's.
    """
    subnet = _subnet(world, subnet_id)
    held = set(_taken(world, subnet_id, interface_ids))
    if asked is not None:
        if asked in held:
            what = f"Private static IP address {asked} is already allocated to another resource in the subnet."
            raise ServiceError(400, "PrivateIPAddressIsAllocated", what)
        return asked
    taken = {*held, *besides}
    for prefix in _prefixes(subnet):
        try:
            network = ip_network(prefix)
        except ValueError as error:
            raise ServiceError(
                400, "InvalidAddressPrefixFormat", f"The prefix '{prefix}' of subnet '{subnet['name']}' is not one."
            ) from error
        for number in range(_KEPT_FIRST, network.num_addresses - _KEPT_LAST):
            address = str(network[number])
            if address not in taken:
                return address
    raise ServiceError(400, "SubnetIsFull", f"Subnet '{subnet['name']}' has no free address in any prefix of it.")


def _subnet(world: World, subnet_id: str) -> Document:
    network_id, _, name = subnet_id.rpartition("/subnets/")
    network = world.resources.get(network_id)
    if network is None:
        raise ServiceError(404, "ResourceNotFound", f"The virtual network '{network_id}' was not found.")
    subnets: list[Document] = network.body["properties"].get("subnets", [])
    found = next((subnet for subnet in subnets if subnet["name"].lower() == name.lower()), None)
    if found is None:
        raise ServiceError(404, "NotFound", f"The virtual network '{network_id}' has no subnet '{name}'.")
    return found


def _prefixes(subnet: Document) -> list[str]:
    properties = subnet["properties"]
    one = properties.get("addressPrefix")
    return [one] if one else list(properties.get("addressPrefixes") or [])


def _taken(world: World, subnet_id: str, interface_ids: Collection[str]) -> Iterator[str]:
    own = {one.lower() for one in interface_ids}
    for resource in world.resources:
        if resource.body["id"].lower() in own:
            continue
        for configuration in resource.body["properties"].get("ipConfigurations", []):
            properties = configuration["properties"]
            if properties.get("subnet", {}).get("id", "").lower() == subnet_id.lower():
                yield properties["privateIPAddress"]
