"""Whether the subnets of a VM's network cards have an address for it, with all the others that would move."""

from collections.abc import Iterator

from executor.rooms import Rooms
from executor.survey import Survey
from lifecycle.addresses import room
from lifecycle.blockers import Blocker
from lifecycle.machine import Card, Landing
from lifecycle.stack_limits import no_room
from site_recovery.landing_place import LandingPlace
from site_recovery.records import last_segment


def without_room(survey: Survey, vm: str, landing: Landing) -> Iterator[Blocker]:
    """A blocker for each subnet that has no address left. A network that cannot be read stops nobody.

    A VM keeps what it has claimed until all are judged anew (Rooms.forget), whatever becomes of it.
    """
    for number, card in enumerate(landing.cards):
        if card.network_id and card.subnet:
            yield from claimed(survey.rooms, survey.landing_place(card.network_id), vm, card, number)


def claimed(rooms: Rooms, network: LandingPlace, vm: str, card: Card, number: int) -> Iterator[Blocker]:
    """Claims an address for a card of a VM in its `network`; a blocker where there is none left."""
    subnet = str(card.subnet).casefold()
    prefixes = network.ipv4_prefixes(subnet)
    if not prefixes:
        return
    free = max(0, room(prefixes) - network.taken.get(subnet, 0))
    found = rooms.claim(f"{str(card.network_id).casefold()}/{subnet}", free, f"{vm}/{number}")
    if not found.there:
        where = f"subnet {card.subnet} of network {last_segment(str(card.network_id))}"
        yield no_room(vm, where, found.free, found.waiting)
