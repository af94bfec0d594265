"""`python -m dr`: what Pulumi has no command for."""

import click

from dr import exit_codes, impact, import_, move, requirements, rules, status, validate

# Of every command below: click's own 2 would tell a pipeline of changes.
click.UsageError.exit_code = exit_codes.Exit.USAGE

# One line a command; `--help` shows them in order of name.
COMMANDS: tuple[click.Command, ...] = (
    impact.command,
    import_.command,
    move.command,
    requirements.command,
    rules.command,
    status.command,
    validate.command,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def dr() -> None:
    """Disaster recovery of Hyper-V VMs with Azure Site Recovery, beside `pulumi preview` and `pulumi up`."""


for command in COMMANDS:
    dr.add_command(command)

if __name__ == "__main__":
    dr(prog_name="python -m dr")
