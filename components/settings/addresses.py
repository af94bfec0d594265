"""Networks, subnets and static addresses: what has to fit into what, as far as the stack file declares it."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from components.settings.base import is_arm_id
from components.settings.draft import Draft, DraftVm, at
from components.settings.estate import Network
from components.settings.explain import unknown_key
from components.settings.problems import Problem
from lifecycle.addresses import usable, why_unfit


def network_rules(draft: Draft) -> Iterator[Problem]:
    """Networks are referred to or made, subnets lie inside and apart, addresses are used once."""
    for name, network in draft.file.networks.items():
        yield from _made_or_referred_to(name, network)
        yield from _subnets(name, network)
    yield from _used_once(draft, ("target",))
    yield from _used_once(draft, ("target", "test"))


def vm_address_rules(draft: Draft, vm: DraftVm) -> Iterator[Problem]:
    """The network, subnet and address of a VM, for a real failover and for a test failover."""
    target = vm.settings.target
    yield from _place(draft, vm, ("target",), (target.network, target.subnet, target.static_ip))
    yield from _place(draft, vm, ("target", "test"), (target.test.network, target.test.subnet, target.test.static_ip))


def _made_or_referred_to(name: str, network: Network) -> Iterator[Problem]:
    path = at("networks", name)
    if network.id is None and not network.address_space:
        what = "neither refers to a network that exists (id) nor says how to make one (addressSpace)"
        yield Problem(path, what, "write one of the two")
    how = [
        key
        for key, value in (
            ("addressSpace", network.address_space),
            ("resourceGroup", network.resource_group),
            ("location", network.location),
            ("tags", network.tags),
        )
        if value
    ]
    if network.id is not None and how:
        what = f"refers to a network that exists (id), and says how to make it ({', '.join(how)})"
        yield Problem(path, what, "write one or the other")


def _subnets(name: str, network: Network) -> Iterator[Problem]:
    spaces = [IPv4Network(space) for space in network.address_space]
    prefixes = {subnet: IPv4Network(written.prefix) for subnet, written in network.subnets.items()}
    for subnet, prefix in prefixes.items():
        if spaces and not any(prefix.subnet_of(space) for space in spaces):
            what = f"'{prefix}' is outside the network's addressSpace ({', '.join(map(str, spaces))})"
            yield Problem(at("networks", name, "subnets", subnet, "prefix"), what, "write a part of it")
    for (one, first), (other, second) in combinations(prefixes.items(), 2):
        if first.overlaps(second):
            what = f"'{second}' overlaps subnet {one} ({first})"
            yield Problem(at("networks", name, "subnets", other, "prefix"), what, "write addresses apart")


def _place(
    draft: Draft, vm: DraftVm, keys: tuple[str, ...], written: tuple[str | None, str | None, str | None]
) -> Iterator[Problem]:
    network, subnet, address = written
    if subnet is not None and network is None:
        yield vm.problem((*keys, "subnet"), f"'{subnet}' has no network", f"write {'.'.join(keys)}.network as well")
    if address is not None and subnet is None:
        what, mend = f"'{address}' has no subnet", f"write {'.'.join(keys)}.network and .subnet as well"
        yield vm.problem((*keys, "staticIp"), what, mend)
    if network is None or is_arm_id(network):
        return
    known = draft.declared("networks")
    if network not in known:
        what = f"'{network}' is not declared in site-recovery:networks"
        yield vm.problem((*keys, "network"), what, unknown_key(network, known))
        return
    subnets = draft.file.networks[network].subnets if network in draft.file.networks else {}
    if subnet is not None and subnets and subnet not in subnets:
        what = f"'{subnet}' is not a subnet of network {network}"
        yield vm.problem((*keys, "subnet"), what, unknown_key(subnet, subnets))
    elif subnet is not None and address is not None and subnet in subnets:
        prefix = IPv4Network(subnets[subnet].prefix)
        yield from _inside(vm, (*keys, "staticIp"), IPv4Address(address), f"subnet {subnet}", prefix)


def _inside(
    vm: DraftVm, keys: tuple[str, ...], address: IPv4Address, subnet: str, prefix: IPv4Network
) -> Iterator[Problem]:
    why = why_unfit(address, subnet, [prefix])
    if why:
        first, last = usable(prefix)
        yield vm.problem(keys, why, f"write one from {first} to {last}")


def _used_once(draft: Draft, keys: tuple[str, ...]) -> Iterator[Problem]:
    users: dict[tuple[str, str], str] = {}
    for vm in draft.vms:
        place: object = vm.settings.as_inputs()
        for key in keys:
            place = place.get(key, {}) if isinstance(place, Mapping) else {}
        if not isinstance(place, Mapping) or "staticIp" not in place:
            continue
        address, network = str(place["staticIp"]), _known_as(draft, str(place.get("network", "")))
        other = users.setdefault((network, address), vm.settings.name)
        if other != vm.settings.name:
            what = f"'{address}' is the address of {other} as well"
            yield vm.problem((*keys, "staticIp"), what, "give each VM its own")


def _known_as(draft: Draft, network: str) -> str:
    """A network under one name: a VM may name a declared one, or write the ARM id that it is declared with."""
    declared = draft.file.networks.get(network)
    return (declared.id if declared is not None and declared.id is not None else network).rstrip("/").casefold()
