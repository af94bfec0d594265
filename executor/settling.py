"""Waiting for the service's answers to agree with each other.

The item lags behind its job, and the job list behind the accepted call. A run that was killed between sending a call
and reading its answer left nothing behind but that call: the next run must not take the item's old word for the truth.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from executor.calls import Call
from executor.enduring import Enduring
from executor.observe import Look, observe, place_of
from executor.stops import Interrupted, StillRunning, Waiting
from lifecycle.directions import Place
from lifecycle.durations import LOST_CALL, SETTLE
from lifecycle.observation import FAILOVER_SCENARIOS, Observation, Scenario
from lifecycle.options import Window
from lifecycle.stages import Stage, stage_of
from lifecycle.steps import Step
from site_recovery.errors import SiteRecoveryError, StillRunningError
from site_recovery.records import ItemRecord
from site_recovery.service import SiteRecovery

# A run's calls can only be lost from before this process began: whoever made them is gone.
_PROCESS_BEGAN = time.monotonic()

_BEFORE: dict[str, frozenset[Stage]] = {
    **{scenario: frozenset({Stage.PROTECTED}) for scenario in FAILOVER_SCENARIOS},
    Scenario.COMMIT: frozenset({Stage.FAILOVER_COMMIT_PENDING, Stage.FAILBACK_COMMIT_PENDING}),
    Scenario.FAILBACK: frozenset({Stage.PROTECTED_IN_AZURE, Stage.FAILBACK_OFFERED}),
    Scenario.REPROTECT: frozenset({Stage.COMMITTED_IN_AZURE, Stage.FAILED_BACK}),
}


class Settling:
    """For one VM and one run."""

    def __init__(self, service: SiteRecovery, item_id: str, enduring: Enduring) -> None:
        self._service = service
        self._item_id = item_id
        self._enduring = enduring
        self._cancelled = enduring.cancelled
        # By this run: nobody else's lost call can be meant from then on.
        self._called = False
        self._lag_is_over = False
        self._looked = False
        self._last_move: str | None = None

    def settled(self, look: Look, take_over: str | None) -> Observation | None:
        """An observation in which item and jobs agree, waiting for it within bounds; the last one when they do not.

        Where the item still shows what its last finished job has ended, it is behind: but only for so long, since an
        item may also have been protected anew by hand.
        """
        seen = observe(self._service, self._item_id, look, take_over)
        began = self._service.now()
        if seen is not None and not self._looked:
            self._looked, self._last_move = True, _last_move(seen)
        while seen is not None and self._is_behind(seen, began) and self._has_changed(seen):
            seen = observe(self._service, self._item_id, look, take_over)
        return seen

    def _has_changed(self, seen: Observation) -> bool:
        """Waits until the item shows something else than `seen`; False when it did not, or when asked to stop."""
        return self._wait_for_item(lambda item: item is None or _shown(item) != _seen(seen))

    def _wait_for_item(self, until: Callable[[ItemRecord | None], bool], seconds: float = SETTLE) -> bool:
        """Within so many seconds of a service that answers: after an outage they count anew."""
        began = time.monotonic()
        while True:
            troubles: list[SiteRecoveryError] = []
            try:
                self._service.watcher.wait_for_item(
                    self._item_id,
                    until=until,
                    on_progress=lambda _item: self._enduring.answered(),
                    on_trouble=partial(self._trouble, troubles),
                    cancelled=self._cancelled,
                    timeout_seconds=seconds,
                )
            except StillRunningError as stopped:
                if stopped.cancelled or not troubles or self._enduring.at is None:
                    return False
                if self._enduring.over_since(began):
                    raise self._enduring.given_up(troubles[-1]) from stopped
            else:
                return True

    def _trouble(self, troubles: list[SiteRecoveryError], error: SiteRecoveryError) -> None:
        troubles.append(error)
        self._enduring.trouble(error)

    def _is_behind(self, seen: Observation, began: datetime) -> bool:
        stage = stage_of(seen)
        now = self._service.now()
        if stage is Stage.SETTLING:
            return now - began < timedelta(seconds=SETTLE)
        if seen.job is None and seen.scenario is not None and not seen.allowed:
            # The item names a job that is over, or that cannot be read yet.
            return now - began < timedelta(seconds=SETTLE)
        last = seen.last_move
        if last is None or not last.succeeded or last.ended is None:
            return False
        return stage in _BEFORE.get(last.scenario, frozenset()) and now - last.ended < timedelta(seconds=SETTLE)

    @property
    def too_early(self) -> bool:
        """Whether the calls of a run that was killed before this process began may not show yet. What is seen then is
        not acted on: it is looked at again."""
        return not self._lag_is_over and time.monotonic() - _PROCESS_BEGAN < LOST_CALL

    def looks_for_lost_call(self, seen: Observation) -> bool:
        """Whether an earlier, killed run of ours may have made the call that is due: then `lost_call` tells.

        Asked before the first call of a run only: within a run the answer itself tells. It may have if the observation
        shows a move that is not finished, or that came after the first look. A vault of a hundred machines that nobody
        has moved is not searched machine by machine.
        """
        if self._called:
            return False
        self._called = seen.scenario is None and seen.job is None and _last_move(seen) == self._last_move
        return not self._called

    def lost_call(self, call: Call) -> str | None:
        """The job of a call that an earlier, killed run of ours made for this very step; None when there is none."""
        self._called = True
        find = partial(self._service.watcher.find_job, newer_than=call.after, settle_seconds=0.0)
        found = self._enduring.read(lambda: find(call.request_id, call.item, cancelled=self._cancelled))
        return found.name if found is not None else None

    def wait_lag_out(self) -> None:
        """Until it is no longer too early, by the service's clock or by the wall's, whichever is first."""
        self._lag_is_over = True
        seconds = LOST_CALL - (time.monotonic() - _PROCESS_BEGAN)
        began, wall = self._service.now(), time.monotonic()
        self._wait_for_item(
            lambda _item: (
                self._service.now() - began >= timedelta(seconds=seconds) or time.monotonic() - wall >= seconds
            ),
            seconds,
        )

    def until_moved_on(self, step: Step, seen: Observation) -> None:
        """After a step's job: until the item is idle again and shows something else than before the step."""
        if step is Step.SYNCHRONIZE:
            return
        before = _seen(seen) if seen.job is None or not seen.job.running else None
        same_is_enough = step is Step.CHANGE_RECOVERY_POINT

        def shows(item: ItemRecord | None) -> bool:
            if item is None or item.current_scenario is not None or not item.allowed_operations:
                return False
            return same_is_enough or _shown(item) != before

        if self._wait_for_item(shows):
            return
        if self._cancelled.is_set():
            way = "run `pulumi up --strict` again to go on"
            raise Interrupted(f"{seen.vm}: stopped as asked after {step}", way, seen)
        raise StillRunning(
            f"{seen.vm}: in progress; the job of {step} has succeeded, and the item has not shown it within "
            f"{SETTLE / 60:.0f} min",
            "run `pulumi up --strict` again; if it stays so, look at the item in Azure",
            seen,
        )


def check_window(vm: str, window: Window | None, now: datetime, seen: Observation) -> None:
    """Complete Failover waits for its window. Raises Waiting outside of it."""
    if window is None:
        return
    if now > window.closes:
        raise Waiting(
            f"{vm} is synchronized, but its window for Complete Failover closed at {window.closes:%F %H:%M} UTC",
            f"give {vm} a later window (failback.completion) and run `pulumi up --strict`",
            seen,
        )
    if now < window.opens:
        raise Waiting(
            f"{vm} is synchronized; its window for Complete Failover opens at {window.opens:%F %H:%M} UTC",
            "run `pulumi up --strict` inside the window",
            seen,
        )


def _last_move(seen: Observation) -> str | None:
    return seen.last_move.id if seen.last_move is not None else None


def _shown(item: ItemRecord) -> tuple[str, Place | None, frozenset[str]]:
    return item.protection_state, place_of(item), frozenset(item.allowed_operations)


def _seen(seen: Observation) -> tuple[str, Place | None, frozenset[str]]:
    return seen.protection_state, seen.active, seen.allowed
