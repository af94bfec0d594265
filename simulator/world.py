"""One simulated world: its store, its clock, and what is due to happen in it.

Nothing runs in the background. Everything that will happen is an event with an instant; whoever looks (a request, the
admin API) calls `look`, which carries out every event due up to now, in order. So the same seed, clock and calls give
the same world.
"""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from simulator.clock import Clock
from simulator.ids import derived_guid, fraction
from simulator.store import Document, Snapshot, Store, Table

SUBSCRIPTION = "5ca1ab1e-0000-4000-8000-000000000001"
TENANT = "5ca1ab1e-0000-4000-8000-00000000000a"

Room = TypeVar("Room")
# In real seconds; a restart after a crash goes on at most so much later than where the clock was.
AHEAD = 0.1
EventHandler = Callable[["World", float, Document], None]
# What is done instead of an event whose handler broke; the number counts how often it was tried in vain.
Amends = Callable[["World", float, Document, int], None]
# How often amends are tried before an event is dropped.
AMENDS = 2
_log = logging.getLogger("simulator")


class Profile(StrEnum):
    """Which service is simulated: the one of the 2018 tutorial, or the one recorded from 2017 to 2023."""

    TUTORIAL = "tutorial"
    RECORDED = "recorded"


class Refusal(StrEnum):
    """How a call in the wrong state is refused where nothing was recorded: at once, or 202 and a failed
    prerequisites task.
    """

    AT_ONCE = "sync"
    IN_THE_JOB = "async"


@dataclass(frozen=True)
class Lag:
    """How far views run behind the truth, at most, in virtual seconds. The seed draws each one."""

    job_list: float = 2.0
    item: float = 3.0


@dataclass(frozen=True)
class Settings:
    """What a world is started with. None of it is changed by a request.

    `inventory` is the YAML file of the Hyper-V hosts; the default inventory if None. It is read when the world is new.
    """

    profile: Profile = Profile.TUTORIAL
    seed: int = 0
    refusal: Refusal = Refusal.IN_THE_JOB
    lag: Lag = field(default_factory=Lag)
    loose: bool = False
    inventory: Path | None = None
    subscription: str = SUBSCRIPTION
    tenant: str = TENANT


@dataclass
class Resource:
    """An ARM resource around Site Recovery: `body` is its GET body, `hidden` what only the simulator knows of it.

    A virtual machine keeps `hidden["power"]`: "running", "stopped" or "deallocated". The table is keyed by the ARM id.
    """

    body: Document
    hidden: Document = field(default_factory=dict)


class World:
    """The truth.

    Args:
        settings: see Settings.
        clock: the clock; a world opened from a file moves it on to where that world was.
        path: the SQLite file, or None for a world in memory only.

    Attributes:
        resource_groups: GET bodies keyed by the group's name.
        look_at: the instant of the latest look.
        resources: ARM resources outside the vault, keyed by ARM id: networks, storage accounts, virtual machines,
            disks.
    """

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None, path: Path | None = None) -> None:
        self.settings = settings if settings is not None else Settings()
        self.clock = clock if clock is not None else Clock()
        self.store = Store(path)
        self.resource_groups: Table[Document] = self.store.table("arm.group")
        self.resources: Table[Resource] = self.store.table(
            "arm.resource",
            encode=lambda resource: {"body": resource.body, "hidden": resource.hidden},
            decode=lambda document: Resource(body=document["body"], hidden=document["hidden"]),
        )
        self.look_at = self.clock.now()
        self._meta: Table[Document] = self.store.table("world")
        self._events: Table[Document] = self.store.table("event")
        self._handlers: dict[str, EventHandler] = {}
        self._amends: dict[str, Amends] = {}
        self._rooms: dict[type[Any], Any] = {}
        self._reopened: list[Callable[[], None]] = []
        self._heap: list[tuple[float, int]] = []
        self._open()

    def room(self, kind: type[Room]) -> Room:
        """The part of the world that a class keeps, made with `kind(world)` the first time: its tables, its event
        handlers.

        Handlers reach their state this way: `call.world.room(SiteRecovery)`.
        """
        if kind not in self._rooms:
            self._rooms[kind] = kind(self)  # type: ignore[call-arg]  # a room is made from its world
        found: Room = self._rooms[kind]
        return found

    def on(self, kind: str, handler: EventHandler, *, amends: Amends | None = None) -> None:
        """Say who carries out events of a kind, and what is done if that breaks (nothing, if None). Rooms do this once,
        when the world is made.
        """
        self._handlers[kind] = handler
        if amends is not None:
            self._amends[kind] = amends

    def on_reopen(self, action: Callable[[], None]) -> None:
        """Say what has to be rebuilt after the whole content changed (reset, restore)."""
        self._reopened.append(action)

    def schedule(self, due: float, kind: str, payload: Document) -> None:
        """Have an event carried out at an instant; it outlives a restart. Events due at one instant keep their order.

        An event cannot be taken back: its handler checks that what it was scheduled for still stands.
        """
        number = self._count("events")
        self._events.put(str(number), {"due": due, "kind": kind, "payload": payload})
        heapq.heappush(self._heap, (due, number))

    def look(self) -> float:
        """Carry out everything that is due, and return the instant of the look. Every request begins with this.

        An event whose handler breaks leaves nothing half done and holds nothing up: everything since the look began is
        taken back and carried out again, with amends in that event's place.
        """
        self.look_at = now = self.clock.now()
        if self._heap and self._heap[0][0] <= now:
            # What was changed before is not to be taken back with the events.
            self.commit()
        failures: Counter[int] = Counter()
        while self._heap and self._heap[0][0] <= now:
            due, number = heapq.heappop(self._heap)
            event = self._events.get(str(number))
            if event is None:
                continue
            self._events.delete(str(number))
            try:
                self._carry_out(event, due, failures[number])
            except Exception:  # noqa: BLE001 # whatever breaks, the world goes on, and the log says what it was
                _log.exception("the event %s due at %s broke: %s", event["kind"], due, event["payload"])
                failures[number] += 1
                self.roll_back()
        self._keep_instant(now)
        return now

    def roll_back(self) -> None:
        """Forget everything since the last commit, which nobody was told of. The clock goes on."""
        self.store.roll_back()
        self._line_up()
        for action in self._reopened:
            action()

    def guid(self, purpose: str) -> str:
        """A new GUID: the next of the seed's sequence for this purpose."""
        return derived_guid(self.settings.seed, purpose, self._count(purpose))

    def chance(self, *parts: object) -> float:
        """A number from 0 up to 1 that depends on the seed and the parts alone."""
        return fraction(self.settings.seed, *parts)

    def commit(self) -> None:
        """Write what changed. Called before each answer is sent."""
        self.store.commit()

    def snapshot(self) -> Snapshot:
        """Everything, as documents."""
        self._keep_instant(self.clock.now(), exactly=True)
        return self.store.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, clock and all. An empty one is a new world at the present instant."""
        now = self.clock.now()
        self.store.restore(snapshot)
        if self._meta.get("instant") is None:
            self._meta.put("instant", {"at": now})
        self._open()
        for action in self._reopened:
            action()
        self.commit()

    def close(self) -> None:
        """Write what is left, the instant too, and close the file."""
        self._keep_instant(self.clock.now(), exactly=True)
        self.store.close()

    def _carry_out(self, event: Document, due: float, failures: int) -> None:
        if failures == 0:
            self._handlers[event["kind"]](self, due, event["payload"])
            return
        amends = self._amends.get(event["kind"])
        if amends is not None and failures <= AMENDS:
            amends(self, due, event["payload"], failures)

    def _line_up(self) -> None:
        self._heap = [(event["due"], int(number)) for number, event in self._events.items()]
        heapq.heapify(self._heap)

    def _open(self) -> None:
        self._line_up()
        kept = self._meta.get("instant")
        if kept is not None:
            self.clock.jump(kept["at"])

    def _count(self, name: str) -> int:
        counter = self._meta.get(f"count.{name}")
        value = (counter["value"] if counter else 0) + 1
        self._meta.put(f"count.{name}", {"value": value})
        return int(value)

    def _keep_instant(self, now: float, *, exactly: bool = False) -> None:
        """Keep an instant that no answer is later than, so that time never runs backwards over a restart.

        Written ahead by AHEAD of real time, or every read would have to write.
        """
        kept = self._meta.get("instant")
        exactly = exactly or self.clock.manual
        if exactly and (kept is None or kept["at"] != now):
            self._meta.put("instant", {"at": now})
        elif not exactly and (kept is None or kept["at"] < now):
            self._meta.put("instant", {"at": now + AHEAD * self.clock.speed})
