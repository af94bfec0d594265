"""Whether the subnet and the static address of a VM are in the network that Azure has, made here or referred to.

What the stack file declares of a network is held against it when the file is read; this reads the network itself.
Nothing is said of a network that is not there or cannot be read.
"""

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from executor.survey import Survey
from lifecycle.addresses import usable, why_unfit
from lifecycle.machine import Landing
from lifecycle.requirements import Unmet
from site_recovery.landing_place import LandingPlace
from site_recovery.records import last_segment


def unfit_address(survey: Survey, vm: str, landing: Landing, key: str = "target") -> Iterator[Unmet]:
    """The static address, where its subnet does not have it. `key` is the stack file's."""
    network = _network(survey, landing)
    prefixes = network.subnets.get((landing.subnet or "").casefold(), ())
    try:
        address = IPv4Address(landing.static_ip or "")
        known = [IPv4Network(prefix) for prefix in prefixes if ":" not in prefix]
    except (AddressValueError, ValueError):
        return
    why = why_unfit(address, f"subnet {landing.subnet} of network {_name(landing)}", known) if known else ""
    if why:
        first, last = usable(known[0])
        yield Unmet(f"{vm}: {why}", f"write another {key}.staticIp, from {first} to {last}")


def missing_subnet(survey: Survey, vm: str, landing: Landing, key: str = "target") -> Iterator[Unmet]:
    """The subnet, where its network has none of that name."""
    network = _network(survey, landing)
    if network.there and landing.subnet and landing.subnet.casefold() not in network.subnets:
        known = ", ".join(sorted(network.subnets)) or "none"
        yield Unmet(
            f"{vm}: network {_name(landing)} has no subnet {landing.subnet} in Azure",
            f"write another {key}.subnet; it has {known}",
        )


def _network(survey: Survey, landing: Landing) -> LandingPlace:
    return survey.landing_place(landing.network_id) if landing.network_id else LandingPlace(there=None)


def _name(landing: Landing) -> str:
    return last_segment(landing.network_id or "")
