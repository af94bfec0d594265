"""Where a command was typed: the project, and the engine that it calls."""

import os
import shutil
from pathlib import Path

import click


def project_directory() -> Path:
    """The directory of the project around the current one. Raises a ClickException where there is none."""
    here = Path.cwd()
    found = next((each for each in (here, *here.parents) if (each / "Pulumi.yaml").is_file()), None)
    if found is None:
        raise click.ClickException("There is no Pulumi.yaml here or above. Run this in the project.")
    return found


def stack_file(stack: str) -> Path:
    """The file of a stack of this project. Raises a UsageError, which ends with 64, where there is none."""
    path = project_directory() / "stacks" / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    if not path.is_file():
        raise click.UsageError(f"There is no stack file {path}.")
    return path


def engine() -> str:
    """The Pulumi CLI. Raises a ClickException, which ends with 1, where there is none."""
    found = shutil.which("pulumi", path=os.environ.get("PATH"))
    if found is None:
        raise click.ClickException(
            'There is no `pulumi` on PATH. `eval "$(make -s env)"` puts the project\'s own there.'
        )
    return found
