"""Why a move stopped before its goal. Each says what, where the VM stands now and what to do.

A stop is not a crash: the VM is left where the service has it, and the same run later goes on from there.
"""

from lifecycle.blockers import Blocker
from lifecycle.observation import Observation
from lifecycle.stages import WORDS, stage_of


class MoveStopped(Exception):  # noqa: N818 - not every stop is an error
    """Base. `seen` is the last observation, None when the VM could not be observed at all."""

    def __init__(self, what: str, mend: str, seen: Observation | None) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.seen = seen
        # What was told critically during the run, and still holds.
        self.warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = ""
        if self.seen is not None:
            where = f"\nNow: {self.seen.vm} {WORDS[stage_of(self.seen)]}."
        critical = "".join(f"\nCRITICAL: {warning}." for warning in self.warnings)
        return f"{self.what}{where}{critical}\nNext: {self.mend}"


class Waiting(MoveStopped):
    """The stack file says to wait here; `line` is what to change in it."""

    def __init__(self, what: str, line: str, seen: Observation) -> None:
        super().__init__(f"WAITING: {what}", line, seen)


class Blocked(MoveStopped):
    """Something stands in the way that a preview would have shown."""

    def __init__(self, blockers: tuple[Blocker, ...], seen: Observation | None) -> None:
        what = "\n".join(f"BLOCKED {blocker.code}: {blocker.cause}" for blocker in blockers)
        super().__init__(what, "; ".join(blocker.mend for blocker in blockers), seen)
        self.blockers = blockers


class BeyondPlan(MoveStopped):
    """Another step than those previewed would be due: the world has moved."""


class Interrupted(MoveStopped):
    """Stopped between steps because the run was asked to."""


class StillRunning(MoveStopped):
    """The limit of waiting has passed; the service goes on by itself."""


class StepFailed(MoveStopped):
    """A job of the move ended without success, or the service refused the call."""


class VerificationFailed(MoveStopped):
    """The VM did not answer as declared. It is left commit pending."""
