"""A move that has begun outlives a service that cannot be read for a while.

A single read is sent again by site_recovery.pipeline, for some seconds. What fails after that is asked here again, at
longer and longer intervals, for as long as the step may take that the move is at: the service goes on by itself, so an
outage ends as "in progress, run again" and never as a failure of the move. Before a run has begun anything, the error
goes to the caller at once: a person, or the pipeline, decides whether to begin.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from executor.stops import Interrupted, StillRunning
from lifecycle.durations import LIMITS
from lifecycle.observation import Observation
from lifecycle.options import MoveOptions
from lifecycle.steps import Step
from site_recovery.errors import SiteRecoveryError, ThrottledError
from site_recovery.polling import PASSING
from site_recovery.service import SiteRecovery

Found = TypeVar("Found")

# In seconds of the service.
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
_DOUBLINGS = 4


class Enduring:
    """For one VM and one run. `at` is the step that the move is at, None while it is not known to have begun."""

    def __init__(
        self,
        service: SiteRecovery,
        vm: str,
        options: MoveOptions,
        note: Callable[[str], None],
        cancelled: threading.Event,
    ) -> None:
        self.cancelled = cancelled
        self.at: Step | None = None
        self.seen: Observation | None = None
        self._service = service
        self._vm = vm
        self._options = options
        self._note = note
        self._troubles = 0

    def read(self, read: Callable[[], Found]) -> Found:
        """What `read` returns, as soon as the service answers.

        Raises StillRunning when it has not for as long as the step may take, Interrupted when asked to stop, and before
        the first step whatever `read` raises.
        """
        since = time.monotonic()
        while True:
            try:
                found = read()
            except PASSING as trouble:
                if self.at is None:
                    raise
                self._pause(trouble, since)
            else:
                self.answered()
                return found

    def limit(self, step: Step) -> float:
        """How long a step is waited for, in seconds of the service. The time for a verification is in its own
        declaration; what is read around it is read as patiently as around a commit."""
        minutes = self._options.step_limits.get(step.value)
        return float(minutes) * 60 if minutes is not None else LIMITS.get(step, LIMITS[Step.COMMIT])

    def trouble(self, error: SiteRecoveryError) -> None:
        """A reading has failed, and whoever reads goes on: it is said once, and then ever more seldom."""
        self._troubles += 1
        if self._troubles & (self._troubles - 1) == 0:
            again = f", {self._troubles} times by now" if self._troubles > 1 else ""
            self._note(f"the service does not answer{again} ({error.what}); asks again")

    def answered(self) -> None:
        """The service answers again."""
        self._troubles = 0

    def over_since(self, began: float) -> bool:
        """Whether the step's time has passed since an instant of time.monotonic()."""
        limit = self.limit(self.at) if self.at is not None else 0.0
        return time.monotonic() - began >= limit * self._service.wait_scale

    def given_up(self, trouble: SiteRecoveryError | None) -> StillRunning:
        """What to raise when the step's time has passed without an answer."""
        said = f"\n{trouble}" if trouble is not None else ""
        minutes = self.limit(self.at) / 60 if self.at is not None else 0
        return StillRunning(
            f"{self._vm}: in progress; the service could not be read for {minutes:.0f} min.{said}",
            "run `pulumi up --strict` again once it answers: what was begun goes on there, and nothing is begun twice",
            self.seen,
        )

    def _pause(self, trouble: SiteRecoveryError, since: float) -> None:
        if self.over_since(since):
            raise self.given_up(trouble) from trouble
        self.trouble(trouble)
        asked = trouble.retry_after_seconds if isinstance(trouble, ThrottledError) else None
        if asked is None:
            pause = _FIRST_PAUSE * 2 ** min(self._troubles - 1, _DOUBLINGS)
            asked = min(pause, _LONGEST_PAUSE) * self._service.wait_scale
        if self.cancelled.wait(asked):
            raise Interrupted(
                f"{self._vm}: stopped as asked, while the service did not answer",
                "run `pulumi up --strict` again to go on from here",
                self.seen,
            ) from trouble
