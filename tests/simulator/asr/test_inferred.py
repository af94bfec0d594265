"""What nobody recorded stands in one table, each row with its mark, and nowhere else in the simulator."""

from __future__ import annotations

import ast
from pathlib import Path

import simulator
from simulator.asr import states
from simulator.asr.states import JOB_ROWS, SHOWN_SCENARIOS, Mark, Operation

ROOT = Path(simulator.__file__).parent
TABLE = Path(states.__file__)
# Strings of inferred rows, of which some code has to speak, and does in the words of the table.
KNOWN = {
    "FailoverCancelled",
    "The failover was cancelled and replication has stopped",
    "UnplannedFailoverCommitted",
    "Failover committed",
    "WaitingForUserInputAfterDataSync",
    "Restart",
}


def test_no_inferred_string_stands_outside_of_the_table() -> None:
    inferred = inferred_strings()
    assert inferred >= KNOWN
    found = {
        f"{file.relative_to(ROOT)}: {text}"
        for file in sorted(ROOT.rglob("*.py"))
        if file != TABLE
        for text in texts(file) & inferred
    }
    assert found == set()


def test_the_search_finds_what_stands_in_the_table() -> None:
    assert inferred_strings() <= texts(TABLE)


def inferred_strings() -> set[str]:
    """What rows marked as inferred show, and no verified row does."""
    shown: dict[Mark, set[str]] = {Mark.VERIFIED: set(map(str, Operation)), Mark.INFERRED: set()}
    for _, _, row in states.rows():
        shown[row.mark] |= {row.protection_state, row.description, row.vm_protection_state, row.vm_description}
    for state, job in JOB_ROWS.items():
        # The words of `state` and of the operation's status are published; how they go together is not.
        shown[Mark.VERIFIED] |= {state, job.operation_status}
        shown[job.mark] |= {job.description, *map(str, job.actions)}
    for scenario in SHOWN_SCENARIOS.values():
        shown[scenario.mark].add(scenario.name)
    scenarios = {entry.scenario for entry in states.transitions() if entry.mark is Mark.VERIFIED}
    # "Resume" is in the specification's examples of a suspended job.
    return shown[Mark.INFERRED] - shown[Mark.VERIFIED] - scenarios - {"Resume"}


def texts(file: Path) -> set[str]:
    """Every string constant of a module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
