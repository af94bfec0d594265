"""Which number a request has in its world: its id comes of it, so the same calls to a new world get the same ids."""

from __future__ import annotations

from simulator.store import Document, Table
from simulator.world import World

# Numbers are kept ahead in blocks, or every read would have to write. After a restart they go on with the next block:
# no id is given twice.
BLOCK = 10_000
_KEY = "reserved"


class RequestNumbers:
    """The numbers of a world's requests, part of its state: a reset begins anew, a restart goes on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: Table[Document] = world.store.table("request")
        self._last = 0
        self._go_on()
        world.on_reopen(self._go_on)

    def take(self) -> int:
        """The next number, from 1."""
        self._last += 1
        if self._last > self._reserved():
            self._kept.put(_KEY, {"upTo": self._last - 1 + BLOCK})
            # At once: a request that breaks takes back what is not committed.
            self._world.commit()
        return self._last

    def _go_on(self) -> None:
        self._last = self._reserved()

    def _reserved(self) -> int:
        kept = self._kept.get(_KEY)
        return int(kept["upTo"]) if kept is not None else 0
