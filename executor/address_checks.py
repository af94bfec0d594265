"""Whether the subnets and static addresses of a VM's network cards are in the network that Azure has, made here or
referred to, and are nobody else's.

What the stack file declares of a network is held against it when the file is read; this reads the network itself.
Nothing is held against a VM of a network that cannot be read.
"""

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from executor.observe import landing_of
from executor.survey import Survey
from lifecycle.addresses import address_taken, usable, why_unfit
from lifecycle.machine import Card, Landing
from lifecycle.requirements import Unmet
from lifecycle.unseen import Findings, Unseen
from site_recovery.landing_place import LandingPlace
from site_recovery.records import last_segment, same_id


def unfit_address(survey: Survey, vm: str, landing: Landing, key: str = "target") -> Iterator[Unmet]:
    """Each static address that its subnet does not have. `key` is the stack file's."""
    for number, card in enumerate(landing.cards):
        known = _network(survey, card).ipv4_prefixes(card.subnet)
        try:
            address = IPv4Address(card.static_ip or "")
        except AddressValueError:
            continue
        why = why_unfit(address, f"subnet {card.subnet} of network {_name(card)}", known) if known else ""
        if why:
            first, last = usable(known[0])
            yield Unmet(
                f"{_of(vm, card, number)}: {why}", f"{_write(card, number, f'{key}.staticIp')}, from {first} to {last}"
            )


def missing_network(survey: Survey, vm: str, landing: Landing, key: str = "target") -> Iterator[Unmet]:
    """Each network that is not in Azure, and each subnet that its network does not have."""
    for number, card in enumerate(landing.cards):
        network = _network(survey, card)
        if network.there is False:
            cause = f"{_of(vm, card, number)}: network {_name(card)} is not in Azure"
            yield Unmet(cause, _write(card, number, f"{key}.network"))
        if network.lacks_subnet(card.subnet):
            known = ", ".join(sorted(network.subnets)) or "none"
            yield Unmet(
                f"{_of(vm, card, number)}: network {_name(card)} has no subnet {card.subnet} in Azure",
                f"{_write(card, number, f'{key}.subnet')}; it has {known}",
            )


def unread_networks(survey: Survey, *landings: Landing) -> Iterator[str]:
    """Each network that cannot be read, with the reason: nothing of what it has is checked."""
    places = {
        card.network_id: _network(survey, card) for landing in landings for card in landing.cards if card.network_id
    }
    for network_id, place in places.items():
        if place.there is None:
            yield f"network {last_segment(network_id)}, with its subnets and addresses ({place.unread})"


def address_of_another(survey: Survey, vm: str, item_id: str | None, landing: Landing) -> Iterator[Unmet]:
    """Each static address that another network card has as well: of the VM, or of another one of the vault.

    `item_id` is the VM's protected item, None where it has none yet. Raises the errors of site_recovery.
    """
    used = {
        (str(card.network_id).casefold(), card.static_ip): f"{item.friendly_name} ({card.name})"
        for item in survey.inventory(about=item_id).items
        if not same_id(item.id, item_id)
        for card in landing_of(item).cards
        if card.static_ip
    }
    for number, card in enumerate(landing.cards):
        if not card.static_ip:
            continue
        place = (str(card.network_id).casefold(), card.static_ip)
        other = used.setdefault(place, f"its {card.name}")
        if other != f"its {card.name}":
            what = f"'{card.static_ip}' in network {_name(card)} is the address of {other} as well"
            # The other one's may be declared otherwise by now, and be changed by the same `up`.
            yield Unmet(f"{_of(vm, card, number)}: {what}", _write(card, number, _STATIC_IP), certain=False)


def taken_addresses(survey: Survey, vm: str, landing: Landing) -> Findings:
    """Each static address that something else in Azure has by now, of this vault or not; and each of which that cannot
    be told. A network that cannot be read is landing_checks' to tell of."""
    cards = enumerate(landing.cards)
    return Findings.of(*(taken_in(_network(survey, card), vm, card, number) for number, card in cards))


def taken_in(network: LandingPlace, vm: str, card: Card, number: int) -> Findings:
    """The same of one card of a VM, in its `network`."""
    subnet = (card.subnet or "").casefold()
    if not card.static_ip or not network.there:
        return Findings()
    holders = network.holders.get(subnet, {})
    holder = holders.get(card.static_ip, "")
    if holder and holder.casefold() != f"networkinterfaces {card.reuses}".casefold():
        return Findings((address_taken(_of(vm, card, number), vm, card, holder, _write(card, number, _STATIC_IP)),))
    if holder or network.taken.get(subnet, 0) <= len(holders):
        return Findings()
    what = f"whether something else in Azure has the address {card.static_ip} of {_of(vm, card, number)}"
    why = "the network does not tell the address of everything in it"
    return Findings(
        unseen=(Unseen(what, why, f"let the identity read what is in subnet {card.subnet}, or look there"),)
    )


_STATIC_IP = "target.staticIp"


def _network(survey: Survey, card: Card) -> LandingPlace:
    return survey.landing_place(card.network_id) if card.network_id else LandingPlace(there=None)


def _name(card: Card) -> str:
    return last_segment(card.network_id or "")


def _of(vm: str, card: Card, number: int) -> str:
    return f"{vm}, {card.name}" if number else vm


def _write(card: Card, number: int, key: str) -> str:
    """A stack declares the first card alone."""
    by_hand = f"give {card.name} another one in Azure (Replicated items, the VM, Compute and Network)"
    return by_hand if number else f"write another {key}"
