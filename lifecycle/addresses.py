"""Whether an address fits into a subnet of Azure, and is free there."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from lifecycle.blockers import Blocker, Code
from lifecycle.machine import Card

# Azure keeps the first four addresses and the last one of every subnet for itself.
_KEPT_FIRST, _KEPT_LAST = 4, 1


def why_unfit(address: IPv4Address, subnet: str, prefixes: Sequence[IPv4Network]) -> str:
    """Why a machine cannot have `address` in the subnet with these prefixes; empty if it can."""
    around = next((prefix for prefix in prefixes if address in prefix), None)
    if around is None:
        return f"'{address}' is outside {subnet} ({', '.join(map(str, prefixes))})"
    first, last = usable(around)
    return "" if first <= address <= last else f"'{address}' is kept by Azure for itself in {subnet} ({around})"


def address_taken(whose: str, vm: str, card: Card, holder: str, mend: str) -> Blocker:
    """The static address of a card that `holder` has already."""
    network = (card.network_id or "").rpartition("/")[2]
    return Blocker(
        Code.ADDRESS_TAKEN,
        vm,
        cause=f"{whose}: '{card.static_ip}' in network {network} is in use already, by {holder}",
        mend=f"{mend} and run `pulumi up --strict` first, take the address off what has it, or waive this where it "
        "becomes free",
    )


def room(prefixes: Sequence[IPv4Network]) -> int:
    """How many machines can have an address in a subnet with these prefixes."""
    return sum(max(0, prefix.num_addresses - _KEPT_FIRST - _KEPT_LAST) for prefix in prefixes)


def usable(prefix: IPv4Network) -> tuple[IPv4Address, IPv4Address]:
    """The first and the last address that a machine can have."""
    return prefix[0] + _KEPT_FIRST, prefix[-1] - _KEPT_LAST
