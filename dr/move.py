"""`python -m dr move`: break-glass. One VM is moved from a stack file alone, engine and state being out of reach.

It is the same planner, the same blockers and the same executor as in `pulumi up`, with neither state nor lock. What it
has moved, the next `up` adopts once it is declared, and holds until then.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from components.settings import SettingsError, load_stack_file
from dr.move_screen import MoveScreen, escaped, paint
from dr.stack_vm import NoSuchVm, StackVm, item_of, service_of, stack_vm
from executor.judging import judged, judged_again, with_host
from executor.move import MoveOrder, Outcome, carry_out
from executor.observe import Look
from executor.stops import BeyondPlan, Blocked, Interrupted, MoveStopped, StillRunning, Waiting
from executor.survey import Survey, survey_of
from lifecycle.blockers import Blocker
from lifecycle.directions import Direction, Place
from lifecycle.impact import Impact, impact_of
from lifecycle.impact_text import impact_text
from lifecycle.intent import where_it_runs
from lifecycle.observation import Observation
from lifecycle.options import FailoverMode
from lifecycle.planner import plan
from lifecycle.stack_limits import frozen
from lifecycle.stages import AT_REST, WORDS, stage_of
from lifecycle.ways_on import without_engine
from site_recovery.errors import SiteRecoveryError
from site_recovery.patience import STOPPING
from site_recovery.service import SiteRecovery


class Ending(IntEnum):
    """Exit codes."""

    DONE = 0
    FAILED = 1
    WRONG = 64
    BLOCKED = 3
    WAITING = 4
    IN_PROGRESS = 5
    INTERRUPTED = 130


@click.command(name="move")
@click.argument("vm")
@click.option(
    "--to", "place", type=click.Choice([each.value for each in Place]), required=True, help="Where it is to run."
)
@click.option(
    "--stack-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The stack's Pulumi.<stack>.yaml.",
)
@click.option(
    "--mode",
    type=click.Choice([each.value for each in FailoverMode]),
    help="Of the failover to Azure, whatever failover.mode of the stack file says.",
)
@click.option("--confirm", metavar="VM", help="The VM's name again, instead of being asked for it.")
@click.option("--despite-freeze", is_flag=True, help="Move although the stack is frozen: a freeze is for planned work.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def command(
    *, vm: str, place: str, stack_file: Path, mode: str | None, confirm: str | None, despite_freeze: bool, dry_run: bool
) -> None:
    """Move one VM from a stack file alone: without engine, state or lock.

    For the day on which `pulumi up` cannot be run. The same plan, the same blockers and the same steps; what the stack
    file says of holds, commits and verification is heeded. It prints what the move would cost and asks for the VM's
    name. Ctrl-C stops between steps; a second one at once. The same command again goes on.

    Ends with 0 when the VM is where it is to be, 1 when a step failed, something came into the way of a move that had
    begun, or the service could not be reached, 3 when
    nothing was begun (blocked, frozen, or not confirmed), 4 when the move waits for a person, 5 when a step goes on in
    the service past its time limit, 64 when the command or the stack file is wrong, 130 after Ctrl-C.
    """
    if mode is not None and place != Place.AZURE.value:
        raise click.UsageError("--mode is of a failover to Azure; failing back is always planned.")
    console = Console(soft_wrap=True, highlight=False)
    order = _Order(Direction.of(Place(place)), stack_file, confirm, despite_freeze, dry_run)
    try:
        wanted = stack_vm(load_stack_file(stack_file, modes={vm: mode} if mode is not None else None), vm)
        ending = _BreakGlass(console, wanted, order).run()
    except (SettingsError, NoSuchVm, OSError) as error:
        with_mode = f"With --mode {mode}: " if mode is not None and isinstance(error, SettingsError) else ""
        console.print(escaped(f"{with_mode}{error}"), style="bold red")
        ending = Ending.WRONG
    except SiteRecoveryError as error:
        console.print(escaped(str(error)), style="bold red")
        ending = Ending.FAILED
    except KeyboardInterrupt:
        console.print("Ended at once, as asked; what the service is doing goes on there.", style="bold red")
        ending = Ending.INTERRUPTED
    if ending in {Ending.WAITING, Ending.IN_PROGRESS, Ending.INTERRUPTED, Ending.FAILED} and not dry_run:
        console.print(f"To go on, type the same again: {escaped(_typed())}")
    sys.exit(ending)


def _typed() -> str:
    return f"python -m dr {' '.join(sys.argv[1:])}"


@dataclass(frozen=True)
class _Order:
    """What the command line asks for."""

    goal: Direction
    file: Path
    confirm: str | None
    despite_freeze: bool
    dry_run: bool


class _BreakGlass:
    def __init__(self, console: Console, wanted: StackVm, order: _Order) -> None:
        self._console = console
        self._wanted = wanted
        self._order = order
        self._service: SiteRecovery = service_of(wanted.settings)
        self._survey: Survey = survey_of(self._service)
        self._item = item_of(self._service, wanted.vm)

    def run(self) -> Ending:
        impact = self._judged()
        if impact.plan.reached:
            self._console.print(escaped(f"{self._wanted.name} {WORDS[impact.plan.stage]} already. No step is taken."))
            return self._told(Ending.DONE, impact.seen)
        self._show(impact)
        self._say_frozen()
        if impact.assessment.blockers:
            return Ending.BLOCKED
        if self._order.dry_run:
            return Ending.DONE
        if not self._confirmed():
            self._console.print("Nothing was done.")
            return Ending.BLOCKED
        # Who is asked for a name takes a while, and the world may have moved on.
        now = self._judged()
        if now.assessment.blockers or now.plan.names != impact.plan.names:
            self._show(now)
            self._console.print("This is not what was shown before: read what has become of it, and begin again.")
            return Ending.BLOCKED
        return self._carried_out(now)

    def _judged(self) -> Impact:
        """What the move would do and cost, and what stands in its way, as a preview would say."""
        self._service.invalidate()
        survey = self._survey
        goal = self._order.goal
        look = Look(recovery_points=goal.runs is Place.AZURE, power=True)
        seen = survey.observe(self._item.id, look, self._wanted.declared.options.take_over)
        if seen is None:
            raise NoSuchVm(f"The protected item of {self._wanted.name} has just gone from {self._service.vault}.")
        declared = self._wanted.declared
        seen = with_host(survey, seen, plan(seen, goal, declared.options), declared)
        due = plan(seen, goal, declared.options)
        assessment = judged(survey, seen, due, declared, self._frozen())
        finished = survey.finished(seen.item_id, failbacks=goal.runs is Place.ON_PREMISES)
        return impact_of(seen, due, declared, assessment, finished)

    def _stands_now(self, seen: Observation, *, patient: bool) -> tuple[Blocker, ...]:
        """What stands in the way just before the first call: a job that was waited for may have taken hours."""
        declared = self._wanted.declared
        due = plan(seen, self._order.goal, declared.options)
        return judged_again(self._survey, seen, due, declared, self._frozen(), patient=patient).blockers

    def _frozen(self) -> list[Blocker]:
        if self._order.despite_freeze:
            return []
        mend = "a freeze is for planned work; if this is an emergency, add --despite-freeze"
        return [replace(each, mend=mend) for each in frozen(self._wanted.name, self._wanted.settings.freeze)]

    def _say_frozen(self) -> None:
        reason = self._wanted.settings.freeze
        if reason is not None and self._order.despite_freeze:
            self._console.print(
                escaped(f"The stack is frozen ({reason}); --despite-freeze goes past that."), style="yellow"
            )

    def _confirmed(self) -> bool:
        name = self._wanted.name
        given = self._order.confirm
        if given is None:
            try:
                given = click.prompt(f"Type the VM's name to begin ({name})", default="", show_default=False)
            except click.Abort:
                return False
        if given == name:
            return True
        self._console.print(escaped(f"'{given}' is not {name}."))
        return False

    def _carried_out(self, impact: Impact) -> Ending:
        order = MoveOrder(
            self._item.id,
            self._wanted.name,
            self._order.goal,
            impact.declared.options,
            frozenset(impact.plan.names),
            judge=self._stands_now,
        )
        outcome = Outcome()
        try:
            with _ctrl_c(self._console) as cancelled, MoveScreen(self._console, self._service) as screen:
                carry_out(order, self._service, screen, cancelled, outcome)
        except MoveStopped as stop:
            self._console.print(escaped(self._typable(str(stop))), style="yellow")
            return self._told(_ending_of(stop, begun=bool(outcome.taken)), outcome.seen)
        end = outcome.seen
        if end is not None:
            self._console.print(escaped(f"{self._wanted.name} {WORDS[stage_of(end)]}."), style="green")
        return self._told(Ending.DONE, end)

    def _told(self, ending: Ending, seen: Observation | None) -> Ending:
        """What the next `up` makes of the VM, as the stack file still declares another direction."""
        goal = self._order.goal
        if self._wanted.direction is goal or ending is Ending.BLOCKED or seen is None:
            return ending
        due = plan(seen, goal, self._wanted.declared.options)
        if due.reached:
            then = f"holds it until direction {goal} is declared, and then takes it over as it stands"
        elif due.stage in AT_REST and where_it_runs(seen) is not goal.runs:
            then = f"leaves it there; once direction {goal} is declared, it begins the move anew"
        else:
            left = ", ".join(due.names) or "what is left"
            then = f"holds it until direction {goal} is declared, and then goes on with {left}"
        declares = f"The stack file still declares {self._wanted.name} {self._wanted.direction}"
        self._console.print(escaped(f"{declares}: `pulumi up` {then}."))
        return ending

    def _show(self, impact: Impact) -> None:
        self._console.print(self._typable(impact_text(impact, paint)))

    def _typable(self, text: str) -> str:
        return without_engine(text, self._wanted.name, str(self._order.file))


def _ending_of(stop: MoveStopped, *, begun: bool) -> Ending:
    match stop:
        case Waiting():
            return Ending.WAITING
        case StillRunning():
            return Ending.IN_PROGRESS
        case Interrupted():
            return Ending.INTERRUPTED
        case Blocked() | BeyondPlan() if not begun:
            return Ending.BLOCKED
        case _:
            return Ending.FAILED


@contextmanager
def _ctrl_c(console: Console) -> Iterator[threading.Event]:
    """The first Ctrl-C asks the move to stop between steps; the second ends the process where it is."""
    cancelled = STOPPING

    def asked(_signal: int, _frame: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        console.print("Stopping between steps; what the service is doing goes on there. Ctrl-C again ends at once.")

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield cancelled
    finally:
        signal.signal(signal.SIGINT, before)
