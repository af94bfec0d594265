"""`python -m dr rules`: what each blocker and warning means, as docs/blockers.md has it."""

import click

from lifecycle.blockers import RULES, Code, Mode, Rule
from lifecycle.warnings import NOTICES

_INTRODUCTION = """\
# Blockers and warnings

<!-- Made by `python -m dr rules > docs/blockers.md`. Do not edit. -->

A blocker stops the VMs that would move, and only those. A preview shows all of them at once, each with its cause and
what to do, and exits non-zero; `pulumi up` of a blocked VM refuses by itself. The codes are stable: waivers and
pipelines name them.

A rule stops only some kinds of move. In the others it is shown as a warning with the same words: an unplanned failover
is never stopped by what a dead site cannot answer. A blocker that is waivable is turned into a warning, which stays
visible, by an entry in the stack file that runs out:

```yaml
site-recovery:waivers:
  - {vm: sql01, code: maxDataLoss, reason: "the site is gone", until: 2026-12-01T00:00:00Z}
```

## Blockers
"""


def rules_document() -> str:
    """The whole document."""
    rows = ["| code | what it means | in the way | stops | waivable | to go on |", "|---|---|---|---|---|---|"]
    rows += [_row(code, RULES[code]) for code in Code]
    notices = ["| code | what it means |", "|---|---|"]
    notices += [f"| `{notice.value}` | {meaning} |" for notice, meaning in NOTICES.items()]
    return "\n".join([_INTRODUCTION, *rows, "", "## Warnings", "", *notices, ""])


@click.command(name="rules")
def command() -> None:
    """Say what each blocker and warning means (docs/blockers.md)."""
    click.echo(rules_document(), nl=False)


def _row(code: Code, rule: Rule) -> str:
    stops = "every move" if rule.modes == frozenset(Mode) else ", ".join(mode for mode in Mode if mode in rule.modes)
    waivable = "yes" if rule.waivable else "no"
    return f"| `{code.value}` | {rule.meaning} | {rule.object} | {stops} | {waivable} | {rule.mend} |"
