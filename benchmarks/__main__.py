"""Measure the rows named, or all that do not take minutes; print a table and write benchmarks/out/latest.json."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.rows import Measured, all_rows

OUT = Path(__file__).resolve().parent / "out" / "latest.json"


def main(wanted: list[str]) -> int:
    """Returns the exit code: 2 for a row that nobody measures."""
    rows = all_rows()
    unknown = [name for name in wanted if name not in rows]
    if unknown:
        print(f"No such row: {', '.join(unknown)}. There are: {', '.join(rows)}.", file=sys.stderr)
        return 2
    measured: dict[str, Measured] = {}
    for name in wanted or [name for name, each in rows.items() if not each.long]:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measured[name] = rows[name].measure()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    document = [{"name": name, **asdict(one)} for name, one in measured.items()]
    OUT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(measured)
    left_out = [name for name, each in rows.items() if each.long and name not in measured]
    if left_out:
        print(f"Not measured, because each takes minutes; name them to measure them: {', '.join(left_out)}.")
    return 0


def _print(measured: dict[str, Measured]) -> None:
    table = Table("row", "value", "unit", "against", "ratio")
    for name, one in measured.items():
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(name, f"{one.value:,.3f}".rstrip("0").rstrip("."), one.unit, one.against, ratio)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
