"""Whether the subnets of a VM's network cards have an address for it, with all the others that would move."""

from collections.abc import Iterator

from executor.survey import Survey
from lifecycle.addresses import room
from lifecycle.blockers import Blocker
from lifecycle.machine import Landing
from lifecycle.stack_limits import no_room
from site_recovery.records import last_segment


def without_room(survey: Survey, vm: str, landing: Landing) -> Iterator[Blocker]:
    """A blocker for each subnet that has no address left. A network that cannot be read stops nobody.

    A VM keeps what it has claimed until all are judged anew (Rooms.forget), whatever becomes of it.
    """
    for number, card in enumerate(landing.cards):
        if not card.network_id or not card.subnet:
            continue
        network, subnet = survey.landing_place(card.network_id), card.subnet.casefold()
        prefixes = network.ipv4_prefixes(subnet)
        if not prefixes:
            continue
        free = max(0, room(prefixes) - network.taken.get(subnet, 0))
        found = survey.rooms.claim(f"{card.network_id.casefold()}/{subnet}", free, f"{vm}/{number}")
        if not found.there:
            where = f"subnet {card.subnet} of network {last_segment(card.network_id)}"
            yield no_room(vm, where, found.free, found.waiting)
