"""`python -m dr status`: where every VM of a stack stands, once or live."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from components.settings import Settings, SettingsError, load_stack_file
from dr.project import project_directory
from dr.report import Exit
from dr.stack_vm import service_of, stack_vm
from dr.status_rows import StatusRow, exit_code, status_row
from executor.observe import Look, observation_of
from lifecycle.observation import Observation
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import Inventory, ItemRecord, same_id
from site_recovery.service import SiteRecovery

_COLOURS = {Exit.NOTHING: "green", Exit.CHANGES: "cyan", Exit.WAITING: "yellow", Exit.BLOCKED: "red"}


class StackStatus:
    """Reads a stack's VMs again and again. Whether an Azure VM runs is read first, and then of VMs in a move only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._service = service_of(settings)
        self._looked = False

    def rows(self) -> tuple[StatusRow, ...]:
        """One row for each declared VM, in order of their names. Raises the errors of site_recovery."""
        inventory = self._service.inventory(max_age_seconds=0.0)
        rows = tuple(self._row(name, inventory) for name in self._settings.vms)
        self._looked = True
        return rows

    @property
    def service(self) -> SiteRecovery:
        return self._service

    def _row(self, name: str, inventory: Inventory) -> StatusRow:
        known = stack_vm(self._settings, name)
        seen = self._seen(name, inventory)
        return status_row(name, seen, known.direction, known.at(self._service.now()))

    def _seen(self, name: str, inventory: Inventory) -> Observation | None:
        vm_id = self._settings.vms[name].source.vm_id
        item = next((each for each in inventory.items if _is(each, name, vm_id)), None)
        if item is None:
            return None
        moving = item.current_scenario is not None or item.protection_state != "Protected"
        look = Look(power=moving or not self._looked)
        return observation_of(self._service, item, inventory.jobs, look, self._settings.vms[name].take_over)


@click.command(name="status")
@click.option("--stack", metavar="NAME", help="The stack, by its file in stacks/.")
@click.option(
    "--stack-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The stack file itself."
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--watch", is_flag=True, help="Go on showing it until Ctrl-C.")
@click.option("--interval", type=click.FloatRange(min=1), default=5.0, show_default=True, help="Seconds between looks.")
def command(stack: str | None, stack_file: Path | None, form: str, watch: bool, interval: float) -> None:
    """Show where every VM of a stack stands: nothing is changed, and neither engine nor state is asked.

    Ends with 0 if every VM is as declared, 2 if VMs are to be moved or protected, 3 if one that is to be moved is
    blocked, 4 if one waits for a person, 5 if both copies of a VM run or neither does.
    """
    status = StackStatus(_settings(stack, stack_file))
    try:
        rows = status.rows()
        if form == "json":
            click.echo(json.dumps({"vms": [row.as_json() for row in rows]}, indent=2))
        elif watch:
            rows = _watched(status, rows, interval * status.service.wait_scale)
        else:
            _console().print(table(rows))
    except SiteRecoveryError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(int(exit_code(rows)))


def table(rows: Sequence[StatusRow]) -> Table:
    """The rows as a table for a terminal, or for a file without colour."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("VM", "runs", "stage", "progress", "behind", "next", "test failover"):
        shown.add_column(title, overflow="fold")
    for row in rows:
        behind = Text(row.rpo, style=("", "yellow", "bold red")[row.rpo_rank])
        style = "bold white on red" if row.means is Exit.TWO_OR_NONE else _COLOURS[row.means]
        words = Text(row.words, style=style)
        shown.add_row(Text(row.vm), row.location, words, Text(row.progress), behind, _next(row), row.last_test)
    return shown


def _next(row: StatusRow) -> str:
    return ", ".join(name for name in row.allowed if name != "DisableProtection")


def _watched(status: StackStatus, rows: tuple[StatusRow, ...], pause: float) -> tuple[StatusRow, ...]:
    console = _console()
    with Live(table(rows), console=console, auto_refresh=False, transient=False) as live:
        try:
            while True:
                time.sleep(pause)
                rows = status.rows()
                live.update(table(rows), refresh=True)
                if not console.is_terminal:
                    console.print(table(rows))
        except KeyboardInterrupt:
            return rows


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def _settings(stack: str | None, stack_file: Path | None) -> Settings:
    if (stack is None) == (stack_file is None):
        raise click.ClickException("Name the stack (--stack) or its file (--stack-file).")
    path = stack_file or project_directory() / "stacks" / f"Pulumi.{str(stack).rpartition('/')[2]}.yaml"
    if not path.is_file():
        raise click.ClickException(f"There is no stack file {path}.")
    try:
        return load_stack_file(path)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _is(item: ItemRecord, name: str, vm_id: str | None) -> bool:
    return same_id(item.vm_id, vm_id) if vm_id is not None else item.friendly_name.casefold() == name.casefold()
