"""What the gate says of whole stacks: what its golden files are made of.

After a wanted change of the words: `python -m tests.providers.gate_cases`, and look at the difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dr.report import Report
from lifecycle.directions import Direction
from lifecycle.stack_limits import of_the_whole
from providers.gate_table import Row, summary, table
from tests.dr import golden_cases

GOLDEN = Path(__file__).parent / "golden"
_REPORTS = golden_cases.cases()
_MARK = re.compile(r"<\{%.*?%\}>")


def cases() -> Mapping[str, str]:
    """The gate's words by name, without the engine's marks of colour."""
    free, waived, blocked = (_row(vm, name) for vm, name in _MOVES.items())
    staying = Row("zoo01", "onPremisesToAzure", moves=False, facts=_REPORTS["unchanged"].vms[0])
    held = Row("sql01", "onPremisesToAzure", moves=False, facts=_REPORTS["held"].vms[1])
    waiting = _row("app01", "to-azure-waiting")
    unseen = Row("app02", "azureToOnPremises", moves=True, facts=None)
    both = _blockers("sql01", "blocked-freeze") + _blockers("sql01", "blocked-maxDataLoss")
    past = of_the_whole([(row.vm, Direction(row.direction)) for row in (free, waived)], 1)
    shown = {
        "nothing": summary([staying], [], 0).text,
        "go": summary([free, staying], [], 1).text,
        "held": summary([free, held], [], 0).text,
        "waiting": summary([waiting], [], 1).text,
        "some-waiting": summary([free, waiting], [], 0).text,
        "go-with-waivers": summary([free, waived, staying], [], 0).text,
        "not-judged": summary([free, unseen], [], 0).text,
        "blocked": table([free, blocked, staying], both),
        "too-many": table([free, waived, staying], [blocker.as_input() for blocker in past]),
    }
    return {name: _MARK.sub("", text) + "\n" for name, text in shown.items()}


_MOVES = {"web01": "to-azure-planned", "dc01": "to-azure-waived", "sql01": "blocked-freeze"}


def _row(vm: str, name: str) -> Row:
    facts = dict(_facts(_REPORTS[name]))
    return Row(vm, facts["direction"], moves=True, facts={**facts, "headline": facts["headline"].replace("sql01", vm)})


def _facts(report: Report) -> Mapping[str, Any]:
    return next(vm for vm in report.vms if vm.get("decision") == "move")


def _blockers(vm: str, name: str) -> list[dict[str, str]]:
    return [{**row, "vm": vm} for row in _REPORTS[name].blockers]


def write_all() -> None:
    """Writes every golden file anew, and removes those of no case."""
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.iterdir():
        old.unlink()
    for name, text in cases().items():
        (GOLDEN / f"gate-{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_all()
