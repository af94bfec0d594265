"""Tells at once, and once a run, that a failover has left its on-premises VM on: both copies may run then.

It is no reason to stop by itself: the failover goes on whatever became of that task, and only the commit waits.
"""

from collections.abc import Callable
from dataclasses import replace

from executor.observe import job_of
from lifecycle.observation import Observation
from lifecycle.options import MoveOptions
from lifecycle.source_shutdown import both_may_run
from site_recovery.records import JobRecord


class SourceWatch:
    """For one VM and one run. What is told is kept in `told` as well, for whatever ends the run."""

    def __init__(self, options: MoveOptions, tell: Callable[[str], None], told: list[str]) -> None:
        self._options = options
        self._tell = tell
        self._told = told

    def saw_job(self, job: JobRecord, seen: Observation) -> None:
        """A job of the VM that is being watched, or has just ended; `seen` is the VM before it."""
        self.saw(replace(seen, job=job_of(job, seen.item_id, self._options.take_over)))

    def saw(self, seen: Observation) -> None:
        """The VM as it is now: the failover may be another run's, or somebody else's."""
        words = both_may_run(seen, self._options)
        if words and words not in self._told:
            self._told.append(words)
            self._tell(words)
