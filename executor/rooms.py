"""Which VMs of one process are to get an address in which subnet."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """What a claim has found: whether there is an address, how many are free, and how many of these others wait for."""

    there: bool
    free: int
    waiting: int


class Rooms:
    """Addresses of subnets, claimed by the VMs that are to start there; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most_free: dict[str, int] = {}
        self._claims: dict[str, set[str]] = {}

    def claim(self, subnet_id: str, free: int, claimant: str) -> Room:
        """Claims an address for `claimant`, for which claiming again changes nothing; who finds none has claimed none.

        `free` are those that are free by now. As many of those who claimed as there are fewer free addresses than there
        were are taken to have got theirs.
        """
        with self._lock:
            most = self._most_free[subnet_id] = max(free, self._most_free.get(subnet_id, free))
            claims = self._claims.setdefault(subnet_id, set())
            waiting = max(0, len(claims - {claimant}) - (most - free))
            if waiting < free:
                claims.add(claimant)
            else:
                claims.discard(claimant)
            return Room(waiting < free, free, waiting)

    def forget(self) -> None:
        """All claims: a new judgement of all VMs begins."""
        with self._lock:
            self._most_free.clear()
            self._claims.clear()
