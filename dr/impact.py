"""`python -m dr impact`: a preview, rendered for a terminal, a pull request, a program or a browser."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from dr.project import engine, project_directory, stack_file
from dr.rendering import FORMS, rendered
from dr.report import Report, report_of


def impact_report(stack: str, *, save_plan: Path | None = None, config_file: Path | None = None) -> Report:
    """Runs `pulumi preview --json` of a stack in the project around the current directory.

    With `save_plan` the plan is saved for `pulumi up --plan`; a blocked preview saves none. Raises click's errors where
    the engine could not even be asked.
    """
    arguments = ["preview", "--json", "--stack", stack, "--non-interactive", "--color", "never"]
    arguments += ["--save-plan", str(save_plan.absolute())] if save_plan else []
    arguments += ["--config-file", str(config_file.absolute())] if config_file else []
    with tempfile.TemporaryDirectory(prefix="dr-impact-") as facts:
        done = subprocess.run(  # noqa: S603 - the CLI that the user has on PATH
            [engine(), *arguments],
            cwd=project_directory(),
            env={**os.environ, "DR_FACTS": facts},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        shown = _parsed(done.stdout)
        if shown is None:
            raise click.ClickException(f"pulumi preview said nothing that can be read:\n{done.stderr or done.stdout}")
        return report_of(stack, shown, Path(facts), failed=done.returncode != 0)


@click.command(name="impact")
@click.option("--stack", required=True, metavar="NAME", help="The stack to preview.")
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to the screen.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it here as HTML as well, whole.")
@click.option("--json", "json_", type=click.Path(dir_okay=False, path_type=Path), help="Write it here as JSON as well.")
@click.option("--save-plan", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan for `up --plan`.")
@click.option("--config-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another stack file.")
def command(
    *,
    stack: str,
    form: str,
    output: Path | None,
    html: Path | None,
    json_: Path | None,
    save_plan: Path | None,
    config_file: Path | None,
) -> None:
    """Preview a stack and say what its moves would cost.

    Ends with 0 if there is nothing to do, 2 if there are changes, 3 if a move is blocked, 4 if a VM waits for a person
    or is held, 5 if both copies of a VM run or neither does; with 1 if the preview failed or a VM could not be looked
    at, 64 if the command is wrong. 1, 4 and 5 may be of a VM that stays: `passed` in the JSON says whether the others
    may move.
    """
    if config_file is None:
        stack_file(stack)
    report = impact_report(stack, save_plan=save_plan, config_file=config_file)
    text = rendered(report, form)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    for file, other in ((html, "html"), (json_, "json")):
        if file is not None:
            file.write_text(rendered(report, other), encoding="utf-8")
    sys.exit(int(report.exit_code))


def _parsed(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    try:
        known: dict[str, Any] = json.JSONDecoder().raw_decode(text[start:])[0] if start >= 0 else {}
    except ValueError:
        return None
    return known or None
