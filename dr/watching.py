"""`dr status --watch`: looks again and again, until Ctrl-C, whatever the service answers in between."""

import json
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import click
from rich.console import Console
from rich.live import Live

from dr.exit_codes import Exit
from dr.stack_status import StackStatus
from dr.status_rows import StatusRow, exit_code
from dr.status_view import document, screenful
from site_recovery.errors import SiteRecoveryError, WrongTargetError

# In seconds of the service: the longest pause between looks while it does not answer.
_LONGEST_PAUSE = 60.0


class View(Protocol):
    """Who shows what was seen."""

    def show(self, rows: Sequence[StatusRow], at: datetime) -> None:
        """The service answered."""

    def trouble(self, error: SiteRecoveryError, rows: Sequence[StatusRow], at: datetime) -> None:
        """It did not; `rows` are what it said last."""

    def close(self) -> None:
        """Nothing more comes."""


def watched(status: StackStatus, rows: Sequence[StatusRow], pause: float, view: View) -> Exit:
    """Shows `rows`, and every later look. Returns what the last one means: FAILED where that was not answered.

    Raises WrongTargetError: an environment that is not the stack's does not mend itself.
    """
    troubles = 0
    try:
        view.show(rows, status.service.now())
        while True:
            time.sleep(min(pause * 2**troubles, max(pause, _LONGEST_PAUSE * status.service.wait_scale)))
            try:
                rows, troubles = status.rows(), 0
                view.show(rows, status.service.now())
            except WrongTargetError:
                raise
            except SiteRecoveryError as error:
                troubles += 1
                view.trouble(error, rows, status.service.now())
    except KeyboardInterrupt:
        return Exit.FAILED if troubles else exit_code(rows)
    finally:
        view.close()


class LiveTable:
    """A table that is drawn anew in its place; into a file, one below the other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self, rows: Sequence[StatusRow], at: datetime) -> None:
        del at
        self._draw(rows, "")

    def trouble(self, error: SiteRecoveryError, rows: Sequence[StatusRow], at: datetime) -> None:
        self._draw(rows, f"{at:%H:%M:%S} UTC: not answered, this is how it was before: {error.what}")

    def close(self) -> None:
        self._live.stop()

    def _draw(self, rows: Sequence[StatusRow], trouble: str) -> None:
        if self._console.is_terminal:
            self._live.update(screenful(rows, trouble), refresh=True)
        else:
            self._console.print(screenful(rows, trouble))


class JsonLines:
    """One JSON document a line, for each change: `{"at", "exitCode", "vms"}`, or `{"at", "error"}` while there is no
    answer."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, rows: Sequence[StatusRow], at: datetime) -> None:
        self._tell(json.dumps(document(rows)), at)

    def trouble(self, error: SiteRecoveryError, rows: Sequence[StatusRow], at: datetime) -> None:
        del rows
        self._tell(json.dumps({"error": error.what}), at)

    def close(self) -> None:
        """Every line is out already."""

    def _tell(self, told: str, at: datetime) -> None:
        if told == self._last:
            return
        self._last = told
        click.echo(json.dumps({"at": at.isoformat(timespec="seconds"), **json.loads(told)}))
