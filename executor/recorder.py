"""Remembers of a move what it will be asked for afterwards: the job that brought the VM over, and what it started from.

Most of it passes by while the job is watched, and costs no read. The recovery point is the one that the failover's job
names, or after a change the one that was asked for: what the item shows lags behind both. Where neither is known, the
item and its recovery points are looked at just before the commit, which deletes them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from executor.move import Outcome
from executor.told_by_tasks import own_point, shut_down, source_shutdown
from lifecycle.achieved import Achieved, Brought, achieved
from lifecycle.directions import Place
from lifecycle.observation import FAILOVER_SCENARIOS, Observation, Scenario
from lifecycle.steps import PlannedStep, Step
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import JobRecord, RecoveryPointRecord, same_id
from site_recovery.service import SiteRecovery

_BRINGS = FAILOVER_SCENARIOS | {Scenario.FAILBACK.value}


class Told(Protocol):
    """Who is told how the move goes (`executor.move.Listener`)."""

    def step(self, planned: PlannedStep) -> None: ...
    def progress(self, planned: PlannedStep, job: JobRecord) -> None: ...
    def note(self, text: str) -> None: ...
    def warning(self, text: str) -> None: ...


@dataclass
class Recorder:
    """A listener in front of another. One for each run of a move."""

    told: Told
    service: SiteRecovery
    item_id: str
    outcome: Outcome
    _brought: JobRecord | None = None
    _changed: JobRecord | None = None
    _shown: RecoveryPointRecord | None = None
    _looked: bool = False
    _at_commit: Observation | None = None

    def step(self, planned: PlannedStep) -> None:
        if planned.step is Step.COMMIT and not planned.running:
            self._at_commit = self.outcome.seen
            if self._point_matters():
                self._look_at_point()
        self.told.step(planned)

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        if job.succeeded and job.scenario_name in _BRINGS:
            self._brought = job
        elif job.succeeded and job.scenario_name == Scenario.CHANGE_PIT:
            self._changed = job
        self.told.progress(planned, job)

    def note(self, text: str) -> None:
        self.told.note(text)

    def warning(self, text: str) -> None:
        self.told.warning(text)

    def achieved(self, seen: Observation | None) -> Achieved | None:
        """What the failover or failback has cost so far; None while there is none, or it cannot be read.

        A run that has taken up another's work has not seen that job pass by: it is read, once. Raises nothing.
        """
        job = self._brought or self._of_an_earlier_run(seen)
        if job is None or job.start_time is None or job.end_time is None:
            return None
        point = self._point(job, seen)
        if point is None and not self._looked and job is self._brought and self._point_matters():
            self._look_at_point()
            point = self._point(job, seen)
        shutdown, off = shut_down(job)
        brought = Brought(
            job.name,
            job.scenario_name,
            job.start_time,
            job.end_time,
            shutdown=shutdown,
            off=off,
            task=source_shutdown(job),
            changed=self._is_moved_on(job, seen),
            changing=_seconds(self._changed) if self._changed is not None else 0.0,
        )
        own = own_point(job, self.item_id) if brought.changed else None
        return replace(achieved(brought, point), moved_on_from=own.recovery_point_time if own is not None else None)

    def _of_an_earlier_run(self, seen: Observation | None) -> JobRecord | None:
        if seen is None:
            return None
        made = seen.last_failover_job if seen.active is Place.AZURE else seen.last_failback_job
        if made is None:
            return None
        try:
            return self.service.job(made)
        except SiteRecoveryError:
            return None

    def _point(self, job: JobRecord, seen: Observation | None) -> datetime | None:
        """When the recovery point was made that the VM runs from; None where nothing tells it for certain."""
        asked, own, shown = self.outcome.point, own_point(job, self.item_id), self._shown
        if self._changed is not None:
            if asked is not None:
                return asked.time
            lags = shown is not None and own is not None and same_id(shown.id, own.recovery_point_id)
            return shown.time if shown is not None and not lags else None
        if job is self._brought and own is None and asked is not None:
            return asked.time
        at = shown.id if shown is not None else seen.failover_recovery_point_id if seen is not None else None
        if own is not None and (self._is_unchanged(job, seen) or at is None or same_id(at, own.recovery_point_id)):
            return own.recovery_point_time
        return shown.time if shown is not None else None

    def _is_unchanged(self, job: JobRecord, seen: Observation | None) -> bool:
        """Whether the VM certainly runs from the point of its failover, whatever older one the item still shows. Once a
        move is over, only that tells: another point is then that of a change."""
        before_commit = self._at_commit or seen
        is_open = before_commit is not None and before_commit.brought_here is not None
        return job is self._brought or (is_open and not _is_changed(before_commit))

    def _is_moved_on(self, job: JobRecord, seen: Observation | None) -> bool:
        """Whether the VM was changed to another point than that of its failover. Of a move that is over only the point
        that the item shows tells."""
        if self._changed is not None:
            return True
        if self._is_unchanged(job, seen):
            return False
        before_commit, own = self._at_commit or seen, own_point(job, self.item_id)
        at = before_commit.failover_recovery_point_id if before_commit is not None else None
        return _is_changed(before_commit) or (
            own is not None and at is not None and not same_id(at, own.recovery_point_id)
        )

    def _point_matters(self) -> bool:
        """Nothing is read where nothing can be lost, as a hundred VMs come to their commits at once, nor where the
        point is known."""
        if self._brought is None:
            return True
        unplanned = self._brought.scenario_name == Scenario.UNPLANNED_FAILOVER
        return (unplanned or self._changed is not None) and self._point(self._brought, None) is None

    def _look_at_point(self) -> None:
        self._looked = True
        try:
            item = self.service.fresh_inventory().item(self.item_id)
            chosen = item.failover_recovery_point_id if item is not None else None
            if chosen is None:
                return
            points = self.service.recovery_points(self.item_id)
        except SiteRecoveryError:
            # It is for a line of the outputs: no reason to stop a move.
            return
        self._shown = next((point for point in points if same_id(point.id, chosen)), None)


def _is_changed(seen: Observation | None) -> bool:
    return seen is not None and seen.last_change is not None and seen.last_change.succeeded


def _seconds(job: JobRecord) -> float:
    if job.start_time is None or job.end_time is None:
        return 0.0
    return max((job.end_time - job.start_time).total_seconds(), 0.0)
