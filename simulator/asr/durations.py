"""How long a task takes: its own time, and the time that its data needs."""

from __future__ import annotations

from simulator.asr.records import Job, Task
from simulator.asr.replication import delta_to_on_premises, full_size, settle
from simulator.asr.scenarios import Measure
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Stage


def task_seconds(asr: SiteRecovery, job: Job, task: Task, now: float) -> float:
    """Seconds that a task takes from now, in the service's time."""
    return task.seconds + _megabytes(asr, job, task, now) / _bandwidth(asr, job)


def _megabytes(asr: SiteRecovery, job: Job, task: Task, now: float) -> float:
    item = asr.items.get(job.item) if job.item else None
    if item is None or task.measure == Measure.NOTHING:
        return 0.0
    if task.measure == Measure.SOURCE_DELTA:
        if item.azure_vm and job.payload.get("after") == Stage.REPLICATING_BACK:
            return delta_to_on_premises(asr, item, now)
        settle(asr, item, now)
        return item.replication.backlog
    if job.payload.get("fullDownload"):
        return full_size(asr, item)
    return delta_to_on_premises(asr, item, now)


def _bandwidth(asr: SiteRecovery, job: Job) -> float:
    item = asr.items.get(job.item) if job.item else None
    host = asr.inventory.host_of(item.vm) if item is not None else None
    return host.bandwidth_mbps if host is not None else 100.0
