"""The rows of `dr status` for a person and for a program."""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from dr.exit_codes import Exit
from dr.status_rows import StatusRow, exit_code

_COLOURS = {Exit.NOTHING: "green", Exit.CHANGES: "cyan", Exit.WAITING: "yellow", Exit.BLOCKED: "red"}


def document(rows: Sequence[StatusRow]) -> dict[str, Any]:
    """All rows as plain values."""
    return {"exitCode": int(exit_code(rows)), "vms": [row.as_json() for row in rows]}


def screenful(rows: Sequence[StatusRow], trouble: str = "") -> Group:
    """The rows as a table for a terminal, or for a file without colour; below it why VMs are held or blocked."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("VM", "runs", "stage", "progress", "behind", "next", "test failover"):
        shown.add_column(title, overflow="fold")
    for row in rows:
        behind = Text(row.rpo, style=("", "yellow", "bold red")[row.rpo_rank])
        style = "bold white on red" if row.means is Exit.TWO_OR_NONE else _COLOURS[row.means]
        words = Text(row.words, style=style)
        shown.add_row(Text(row.vm), row.location, words, Text(row.progress), behind, _next(row), row.last_test)
    why = [Text(f"{row.vm}: {text}", style=_COLOURS.get(row.means, "")) for row in rows for text in row.why]
    return Group(shown, *why, *([Text(trouble, style="bold red")] if trouble else []))


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def _next(row: StatusRow) -> str:
    return ", ".join(name for name in row.allowed if name != "DisableProtection")
