"""`python -m dr status`: where every VM of a stack stands, once or live."""

import json
import sys
from pathlib import Path

import click

from components.settings import Settings, SettingsError, load_stack_file
from dr.project import stack_file
from dr.stack_status import StackStatus
from dr.status_rows import exit_code
from dr.status_view import console, document, screenful
from dr.watching import JsonLines, LiveTable, watched
from site_recovery.errors import SiteRecoveryError


@click.command(name="status")
@click.option("--stack", metavar="NAME", help="The stack, by its file in stacks/.")
@click.option(
    "--stack-file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The stack file itself."
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--watch", is_flag=True, help="Go on showing it until Ctrl-C; as JSON, one line for each change.")
@click.option("--interval", type=click.FloatRange(min=1), default=5.0, show_default=True, help="Seconds between looks.")
def command(stack: str | None, file: Path | None, form: str, watch: bool, interval: float) -> None:
    """Show where every VM of a stack stands: nothing is changed, and neither engine nor state is asked.

    Ends with 0 if every VM is as declared, 2 if VMs are to be moved or protected, 3 if one that is to be moved is
    blocked, 4 if one waits for a person or is held, 5 if both copies of a VM run or neither does; with 1 if it could
    not be told, 64 if the command is wrong.
    """
    status = StackStatus(_settings(stack, file))
    try:
        rows = status.rows()
    except SiteRecoveryError as error:
        raise click.ClickException(str(error)) from error
    code = exit_code(rows)
    if watch:
        view = JsonLines() if form == "json" else LiveTable(console())
        code = watched(status, rows, interval * status.service.wait_scale, view)
    elif form == "json":
        click.echo(json.dumps(document(rows), indent=2))
    else:
        console().print(screenful(rows))
    sys.exit(int(code))


def _settings(stack: str | None, file: Path | None) -> Settings:
    if (stack is None) == (file is None):
        raise click.UsageError("Name the stack (--stack) or its file (--stack-file).")
    try:
        return load_stack_file(file or stack_file(str(stack)))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
