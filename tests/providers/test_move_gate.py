"""The gate judges the stack as a whole: what counts against its limits, and what it says of whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from providers.gate_table import Row, summary
from providers.move_gate import GateProvider
from providers.preview_notes import note
from tests.providers.gate_cases import GOLDEN, cases

TO_AZURE, HOME = "azureToOnPremises", "onPremisesToAzure"


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_the_gate_reads_as_its_golden_file(name: str) -> None:
    written = (GOLDEN / f"gate-{name}.txt").read_text(encoding="utf-8")
    assert CASES[name] == written, "python -m tests.providers.gate_cases"


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"gate-{name}.txt" for name in CASES}


def test_a_blocked_vm_neither_counts_for_the_limit_nor_stands_in_the_way_of_the_others() -> None:
    said = _gate(1, _row("app01", TO_AZURE, blocked=True), _row("sql01", HOME), _row("web01", HOME))
    assert "maxMoves: 2 VMs would move in one `up`, and maxMoves is 1" in said
    assert "bothWays" not in said
    assert "maxMoves" not in _gate(1, _row("app01", TO_AZURE, blocked=True), _row("sql01", HOME))


def test_a_vm_that_runs_where_it_is_declared_to_counts_for_no_limit_while_it_waits_to_be_protected() -> None:
    waits, home = _row("app01", TO_AZURE, step="reprotect"), _row("app02", HOME, step="reverseReplicate")
    assert _gate(1, waits, home, _row("sql01", TO_AZURE)) == ""


def test_a_vm_that_waits_for_the_stack_file_to_be_changed_stands_in_nobodys_way() -> None:
    step = {"name": "commit", "waits": "failback.commit: manual"}
    note("v", "app09", {"vm": "app09", "decision": "move", "verdict": "GO", "headline": "app09", "steps": [step]})
    assert _gate(1, _row("app09", HOME), _row("sql01", TO_AZURE)) == ""
    # One that goes on by itself does.
    note("v", "app09", {"vm": "app09", "decision": "move", "headline": "app09", "steps": [{**step, "waits": ""}]})
    assert "bothWays" in _gate(1, _row("app09", HOME), _row("sql01", TO_AZURE))


def test_every_vm_past_the_limit_is_named() -> None:
    said = _gate(1, *(_row(vm, TO_AZURE) for vm in ("app01", "sql01", "web01")))
    assert said.count("maxMoves: 3 VMs would move in one `up`, and maxMoves is 1") == 2
    assert [line.strip() for line in said.splitlines() if line.strip() in {"app01", "sql01", "web01"}] == [
        "sql01",
        "web01",
    ]
    assert "Not blocked: app01. " in said, "no more than may move"
    assert "`pulumi up --strict --target '**ProtectionDirection::app01'`" in said


@pytest.mark.parametrize(
    ("seconds", "words", "said"),
    [
        (0, "none: the on-premises VM is shut down first", "no data loss"),
        (0.0, "up to 0 s: from the last data that arrived to now", "data loss up to 0 s"),
        (300.0, "up to 5 min or more: what it wrote after that is not known", "data loss up to 5 min or more"),
        (None, "already taken by the failover (job j1), up to 4 min: final", "data loss already taken by the failover"),
        (None, "unknown: the last sign of life is not known", "data loss unknown"),
    ],
)
def test_no_data_loss_is_said_only_where_there_is_none_by_nature(seconds: float | None, words: str, said: str) -> None:
    facts = {"headline": "sql01", "verdict": "GO", "dataLoss": {"seconds": seconds, "words": words}, "outage": None}
    text = summary([Row("sql01", TO_AZURE, moves=True, facts=facts)], [], 0).text
    assert f"sql01: {said}" in text
    assert ("no data loss" in text) is (said == "no data loss")


def _gate(most: int, *rows: dict[str, object]) -> str:
    result = GateProvider().check({}, {"vault": "v", "maxMoves": most, "directions": list(rows)})
    assert [failure.property for failure in result.failures] == [""] * len(result.failures)
    return "".join(str(failure.reason) for failure in result.failures)


def _row(vm: str, direction: str, *, blocked: bool = False, step: str = "commit") -> dict[str, object]:
    blocker = {"vm": vm, "code": "freeze", "cause": "frozen", "mend": "wait"}
    return {"vm": vm, "direction": direction, "plan": [step], "blockers": [blocker] if blocked else []}


@pytest.mark.parametrize("vm", ["sql01", "büro & web [old]", "東" * 100])
def test_what_is_found_of_a_vm_of_any_name_is_written_where_a_report_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vm: str
) -> None:
    monkeypatch.setenv("DR_FACTS", str(tmp_path))
    for name in (vm, f"{vm[:-1]}2"):
        note("another-vault", name, {"vm": name})
    found = [json.loads(path.read_text(encoding="utf-8"))["vm"] for path in tmp_path.glob("vm.*.json")]
    assert sorted(found) == sorted({vm, f"{vm[:-1]}2"})
