"""One job at a time on an item, and the item running behind its job.

When a job ends, the item does not show it at once: for a while it still shows the scenario, then for a while no
scenario and no allowed operations, then where it stands, and last of all from which recovery point its machine was
started. How long is drawn by the seed (Lag.item).
"""

from __future__ import annotations

from simulator.asr.records import Job, ProtectedItem
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Stage, shown_scenario
from simulator.clock import written
from simulator.store import Document
from simulator.world import World

QUIET, SETTLED, POINT = "asr.item.quiet", "asr.item.settled", "asr.item.point"


def occupy(asr: SiteRecovery, item: ProtectedItem, job: Job, now: float) -> None:
    """A job works on the item from now on."""
    item.job, item.quiet = job.name, False
    item.scenario = {"scenarioName": shown_scenario(job.scenario), "jobId": job.id, "startTime": written(now)}
    asr.save_item(item)


def held(asr: SiteRecovery, job: Job) -> ProtectedItem | None:
    """The item that a job works on, or None: a refused job's item belongs to another job, or to none."""
    item = asr.items.get(job.item) if job.item else None
    return item if item is not None and item.job == job.name else None


def abandon(asr: SiteRecovery, job: Job) -> None:
    """The item of a job whose end broke: it stays at its stage, free for other jobs; one that nobody saw is gone."""
    item = held(asr, job)
    if item is not None and not item.visible:
        asr.forget_item(item)
    elif item is not None:
        item.scenario, item.quiet, item.job = None, False, ""
        asr.save_item(item)


def release(asr: SiteRecovery, item: ProtectedItem, job: Job, now: float, stage: Stage) -> None:
    """The job has ended; the item will stand at a stage as soon as it reflects that."""
    asr.save_item(item)
    lag = asr.world.settings.lag.item * asr.world.chance("item", job.name)
    payload = {"item": item.key, "job": job.name, "turn": job.turn, "stage": stage.value}
    shown = {"item": item.key, "point": item.failover_point}
    if lag <= 0:
        item_settled(asr.world, now, payload)
        item_point(asr.world, now, shown)
        return
    asr.world.schedule(now + lag / 2, QUIET, payload)
    asr.world.schedule(now + lag, SETTLED, payload)
    asr.world.schedule(now + 2 * lag, POINT, shown)


def item_quiet(world: World, _due: float, payload: Document) -> None:
    """The event of an item that no longer shows the scenario of a finished job, and does not yet show its result."""
    asr = world.room(SiteRecovery)
    item = _released(asr, payload)
    if item is not None:
        item.scenario, item.quiet = None, True
        asr.save_item(item)


def item_settled(world: World, _due: float, payload: Document) -> None:
    """The event of an item that has come to reflect the end of its job."""
    asr = world.room(SiteRecovery)
    item = _released(asr, payload)
    if item is not None:
        item.scenario, item.quiet, item.job, item.stage = None, False, "", payload["stage"]
        asr.save_item(item)


def item_point(world: World, _due: float, payload: Document) -> None:
    """The event of an item that has come to show the recovery point of its last failover."""
    asr = world.room(SiteRecovery)
    item = asr.items.get(payload["item"])
    if item is not None:
        item.shown_point = payload["point"]
        asr.save_item(item)


def _released(asr: SiteRecovery, payload: Document) -> ProtectedItem | None:
    """The item of the event, unless it is gone, or its job was restarted meanwhile."""
    item, job = asr.items.get(payload["item"]), asr.job(payload["job"])
    if item is None or job is None or item.job != job.name or job.turn != payload["turn"]:
        return None
    return item
