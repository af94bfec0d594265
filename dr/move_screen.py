"""What a move of the command line says while it goes on: a line a step, and one live line for the task in it."""

from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.status import Status

from executor.told_by_tasks import step_began
from lifecycle.impact_text import Ink
from lifecycle.progress import progress_line
from lifecycle.steps import PlannedStep
from site_recovery.records import JobRecord
from site_recovery.service import SiteRecovery

_COLOURS = {Ink.GOOD: "green", Ink.CARE: "yellow", Ink.BAD: "bold red", Ink.STRONG: "bold"}


def paint(text: str, ink: Ink) -> str:
    """`text` marked for a rich console."""
    return f"[{_COLOURS[ink]}]{escaped(text)}[/]"


def escaped(text: str) -> str:
    """What the service or a person wrote never becomes markup."""
    return text.replace("[", r"\[")


class MoveScreen(AbstractContextManager["MoveScreen"]):
    """The listener of a move. In a file or a pipe the live line is left out: steps and notes tell enough."""

    def __init__(self, console: Console, service: SiteRecovery) -> None:
        self._console = console
        self._service = service
        self._live: Status | None = console.status("", spinner="dots") if console.is_terminal else None

    def __enter__(self) -> "MoveScreen":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def step(self, planned: PlannedStep) -> None:
        self._say(f"{planned.step}: {planned.does}", "bold")
        if self._live is not None:
            self._live.update(f"{planned.step}")

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        task = job.current_task
        if self._live is not None and task is not None:
            line = progress_line(
                planned.step, task.friendly_name, job.scenario_name, step_began(job), self._service.now()
            )
            self._live.update(escaped(line))

    def note(self, text: str) -> None:
        self._say(f"  {text}", "dim")

    def warning(self, text: str) -> None:
        self._say(f"CRITICAL: {text}", "bold red")

    def _say(self, text: str, style: str) -> None:
        at = f"{self._service.now():%H:%M:%S}"
        self._console.print(f"{at}  {escaped(text)}", style=style, soft_wrap=True, highlight=False)
