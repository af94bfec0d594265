"""What was asked of the simulator: every mutating request, and counts of reads by operation. Read over the admin
API.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from simulator.clock import written
from simulator.routing import Call
from simulator.store import Table
from simulator.world import World


@dataclass(frozen=True)
class AuditEntry:
    """One mutating request. `job` is the name of the job that it started, or empty; `body` is its body as it came."""

    at: str
    method: str
    path: str
    operation: str
    status: int
    client_request_id: str
    job: str
    api_version: str = ""
    body: str = ""


class AuditLog:
    """The log of a world. Mutations outlive a restart; read counts begin with the process."""

    def __init__(self, world: World) -> None:
        self._entries: Table[AuditEntry] = world.store.table(
            "audit", encode=asdict, decode=lambda document: AuditEntry(**document)
        )
        self._reads: Counter[str] = Counter()

    def record(self, call: Call, status: int) -> None:
        """Note one answered request; the admin API and the token endpoint are not noted."""
        if not call.route.authenticated:
            return
        if not call.route.mutates:
            self._reads[call.route.name] += 1
            return
        entry = AuditEntry(
            at=written(call.now),
            method=call.route.method,
            path=call.path,
            operation=call.route.name,
            status=status,
            client_request_id=call.client_request_id,
            job=call.job,
            api_version=call.api_version,
            body=call.raw_body.decode("utf-8", "replace"),
        )
        self._entries.put(f"{len(self._entries) + 1:09d}", entry)

    def entries(self, *, operation: str = "", path: str = "") -> list[dict[str, Any]]:
        """Mutating requests in order, of one operation and with a piece of path if given (both without regard to
        case).
        """
        return [
            asdict(entry)
            for entry in self._entries.values()
            if operation.lower() in entry.operation.lower() and path.lower() in entry.path.lower()
        ]

    def reads(self) -> dict[str, int]:
        """How often each operation was read since the process started, or since `clear`."""
        return dict(sorted(self._reads.items()))

    def clear(self) -> None:
        """Forget everything noted."""
        self._reads.clear()
        self._entries.clear()
