"""Which VMs of one process are to get an address in which subnet."""

import threading


class Rooms:
    """Addresses of subnets, claimed by the VMs that are to start there; for any number of threads.

    How many are free is what the first that asked has seen: a VM that has come there since is among those that have
    claimed one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[str, int] = {}
        self._claims: dict[str, set[str]] = {}

    def claim(self, subnet_id: str, free: int, claimant: str) -> tuple[bool, int, int]:
        """Whether there is an address for `claimant`, how many were free, and how many others have claimed one.

        Claiming again changes nothing, and who finds none has claimed none.
        """
        with self._lock:
            room = self._free.setdefault(subnet_id, free)
            claims = self._claims.setdefault(subnet_id, set())
            others = len(claims - {claimant})
            if others < room:
                claims.add(claimant)
            return others < room, room, others
