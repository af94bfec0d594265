"""What declared faults do to the world: somebody acts by hand, a site goes dark, a host falls silent."""

from __future__ import annotations

from simulator.asr.by_hand import item_of_machine, move_by_hand
from simulator.asr.premises import darken_site, set_heartbeat
from simulator.asr.site_recovery import SiteRecovery
from simulator.faults import ACT, Act, FaultBook
from simulator.store import Document
from simulator.world import World


def open_fault_acts(world: World) -> None:
    """Say who carries out the acts whose time comes."""
    world.on(ACT, _due)


def perform(world: World, act: Act, now: float) -> None:
    """Carry an act out. What cannot be done at the moment (no such machine, a busy item) is left undone, as in life."""
    asr = world.room(SiteRecovery)
    if act.machine is not None and act.move is not None:
        item = item_of_machine(asr, act.machine)
        if item is not None:
            move_by_hand(asr, item, act.move, now, shutdown_source=act.shutdown_source)
    elif act.dark_site is not None:
        for fabric in asr.fabrics.values():
            if fabric["name"].lower() == act.dark_site.lower():
                darken_site(asr, fabric["id"].lower(), now)
    elif act.host is not None:
        host = asr.inventory.hosts.get(act.host)
        if host is not None:
            set_heartbeat(asr, host, beats=act.heartbeat, now=now)


def _due(world: World, due: float, payload: Document) -> None:
    act = world.room(FaultBook).act_due(payload["name"])
    if act is not None:
        perform(world, act, due)
