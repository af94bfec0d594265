"""One VM of a stack, as an `up` treats it: intent and executor together, with `applied` kept as the provider keeps it.

The provider proper needs the engine; this is its contract: a check decides and shows the plan, an update moves only
when the declared direction is not the applied one, and only a finished move or an adoption changes what is applied.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from executor.move import MoveOrder, Outcome, carry_out
from executor.stops import MoveStopped
from lifecycle.directions import Direction
from lifecycle.intent import Decision, Intent, decide
from lifecycle.options import MoveOptions
from site_recovery.errors import SiteRecoveryError
from tests.executor.killed import Death, run_in_child
from tests.executor.site import Site, Told

Stop = Exception | None


@dataclass
class Stack:
    """What is declared for vm01, and what was last applied."""

    site: Site
    declared: Direction
    applied: Direction
    options: MoveOptions
    # The choices that the last update which ended well was given.
    _kept: MoveOptions | None = None

    def look(self) -> Intent:
        """What a preview decides."""
        seen = self.site.observe(take_over=self.options.take_over)
        return decide(seen, self.declared, self.applied, self.options)

    def refresh(self) -> Intent:
        """What a refresh finds: it compares with what was applied, and never moves."""
        seen = self.site.observe(take_over=self.options.take_over)
        return decide(seen, self.applied, self.applied, self.options)

    def up(self, told: Told | None = None, cancelled: threading.Event | None = None) -> Stop:
        """One `up`; the exception that ended it."""

        def run(order: MoveOrder) -> Stop:
            try:
                carry_out(order, self.site.service, told or Told(), cancelled or threading.Event(), Outcome())
            except (MoveStopped, SiteRecoveryError) as stop:
                return stop
            return None

        return self._up(run)

    def up_killed(self, death: Death) -> Stop:
        """One `up` in a process that dies at that instant, if it comes to it."""

        def run(order: MoveOrder) -> Stop:
            ended = run_in_child(self.site.connection(), order, death)
            if ended.killed:
                return RuntimeError("killed")
            return RuntimeError(ended.stop) if ended.stop else None

        return self._up(run)

    def _up(self, run: Callable[[MoveOrder], Stop]) -> Stop:
        if self.declared is self.applied and self.options == self._kept:
            # The engine calls no update where nothing has changed.
            return None
        intent = self.look()
        if intent.decision is Decision.MOVE:
            steps = frozenset(intent.plan.names)
            stop = run(MoveOrder(self.site.items["vm01"], "vm01", self.declared, self.options, steps))
            if stop is not None:
                return stop
        self._kept = self.options
        if intent.decision is not Decision.HELD:
            self.applied = self.declared
        return None
