"""Reports of every blocker and both directions, held to golden files.

After a wanted change of the words: `python -m tests.dr.golden_cases`, and look at the difference.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dr.exit_codes import Exit
from dr.rendering import rendered
from dr.report import Report, report_of
from dr.requirements import requirements_document
from dr.rules import rules_document
from lifecycle.blockers import RULES, Code
from lifecycle.warnings import NOTICES, Notice
from tests.dr.golden_cases import FORMS, GOLDEN, cases

ROOT = Path(__file__).parents[2]
CASES = cases()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CASES)
def test_a_report_reads_as_its_golden_file(name: str, form: str) -> None:
    golden = GOLDEN / f"{name}.{FORMS[form]}"
    assert rendered(CASES[name], form) == golden.read_text(encoding="utf-8"), "python -m tests.dr.golden_cases"


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{suffix}" for name in CASES for suffix in FORMS.values()
    }


@pytest.mark.parametrize("code", Code)
def test_every_blocker_has_a_case_that_shows_it(code: Code) -> None:
    report = CASES[f"blocked-{code.value}"]
    assert code.value in {blocker["code"] for blocker in report.blockers}
    assert report.verdict == "BLOCKED"


@pytest.mark.parametrize("name", CASES)
def test_the_json_of_a_report_is_what_its_schema_says(name: str) -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "impact.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(rendered(CASES[name], "json")))


@pytest.mark.parametrize("name", CASES)
def test_a_comment_shows_at_most_25_lines_before_its_details_are_unfolded(name: str) -> None:
    shown, _, details = rendered(CASES[name], "markdown").partition("<details>")
    assert len(shown.strip().splitlines()) <= 25
    assert details.rstrip().endswith("</details>")


@pytest.mark.parametrize("count", [1, 25, 200, 2000])
def test_a_comment_of_many_vms_is_one_that_github_takes_and_says_what_it_leaves_out(count: int) -> None:
    text = rendered(_blocked_stack(count), "markdown")
    # The mark of the pipeline, by which it finds its comment again, comes on top.
    assert len(text.encode()) < 65_000
    shown, _, details = text.partition("<details>")
    assert len(shown.strip().splitlines()) <= 25
    told = details.count("CANNOT BE UNDONE")
    assert details.count("```") == 2
    if count == 1:
        assert told == 1
        assert "left out" not in details
    elif count >= 200:
        assert 10 < told < 200
        assert f"**{count - told} more VMs are left out here**" in details
        assert "`python -m dr impact --stack prod` shows them" in details


def test_a_long_message_of_the_service_does_not_swallow_the_summary() -> None:
    report = _blocked_stack(6, cause="x" * 20_000 + "```")
    shown, _, details = rendered(report, "markdown").partition("<details>")
    assert len(shown) < 4000
    assert details.count("```") == 2


def _blocked_stack(count: int, cause: str = "") -> Report:
    one = CASES["blocked-approvalMissing"]
    many = tuple({**one.moving[0], "vm": f"vm{number:04}"} for number in range(count))
    blockers = tuple({**one.blockers[0], "vm": vm["vm"], **({"cause": cause} if cause else {})} for vm in many)
    many = tuple({**vm, "text": f"{vm['text']}{cause}"} for vm in many)
    return Report("prod", "BLOCKED", many, blockers, {"update": count}, (), failed=True)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("unchanged", Exit.NOTHING),
        ("held", Exit.WAITING),
        ("held-as-neither-runs", Exit.TWO_OR_NONE),
        ("deletes", Exit.CHANGES),
        ("to-azure-planned", Exit.CHANGES),
        ("to-azure-waived", Exit.CHANGES),
        ("blocked-freeze", Exit.BLOCKED),
        ("blocked-bothRunning", Exit.TWO_OR_NONE),
        ("blocked-neitherRunning", Exit.TWO_OR_NONE),
    ],
)
def test_the_exit_code_tells_a_pipeline_what_was_found(name: str, code: Exit) -> None:
    assert CASES[name].exit_code is code


def test_a_vm_that_stays_keeps_no_preview_from_passing_and_a_blocker_does() -> None:
    moving = CASES["to-azure-planned"]
    for name in ("held", "held-as-neither-runs"):
        report = replace(moving, vms=(*moving.moving, *CASES[name].held))
        assert (report.passed, report.exit_code) == (True, CASES[name].exit_code)
    assert not CASES["blocked-neitherRunning"].passed
    assert not replace(moving, failed=True).passed


def test_a_vm_that_could_not_be_looked_at_is_not_called_nothing_to_do() -> None:
    line = "sql01: could not be looked at: the service cannot be reached"
    unseen = {"vm": "sql01", "direction": "onPremisesToAzure", "decision": "unseen", "line": line, "blockers": []}
    report = replace(CASES["to-azure-planned"], verdict="", vms=(unseen,), blockers=(), changes={}, failed=False)
    assert report.exit_code is Exit.FAILED
    assert report.passed, "others may move"
    shown = rendered(report, "text")
    assert "NOTHING TO MOVE: 0 of 1 VMs would move; 1 could not be looked at" in shown
    assert line in shown


def test_a_move_whose_next_step_waits_for_a_person_and_a_held_vm_say_so() -> None:
    moving = CASES["home-by-hand"].moving[0]
    waiting = {**moving, "steps": moving["steps"][1:]}
    held = {**CASES["unchanged"].vms[0], "decision": "held", "why": "found elsewhere"}
    for vm in (waiting, held):
        assert Report("prod", None, (vm,), (), {"update": 1}, (), failed=False).exit_code is Exit.WAITING


def test_a_preview_that_fails_for_another_reason_is_not_called_blocked() -> None:
    report = Report("prod", None, (), (), {}, ("site-recovery:vms is not a mapping",), failed=True)
    assert report.exit_code is Exit.FAILED
    for form in ("text", "markdown", "html"):
        assert "site-recovery:vms is not a mapping" in rendered(report, form)


def test_what_failed_the_preview_is_told_beside_blockers_and_blockers_are_not_told_as_failures(tmp_path: Path) -> None:
    urn = "urn:pulumi:prod::dr::a:ProtectedVm$pulumi-python:dynamic/siteRecovery:{}::{}"
    diagnostics = [
        {"severity": "error", "urn": urn.format("ProtectionDirection", "sql01"), "message": "error: sql01: BLOCKED"},
        {"severity": "error", "urn": urn.format("ProtectionDirection", "app01"), "message": "error: not a direction"},
        {"severity": "error", "urn": urn.format("ProtectedItem", "web01"), "message": "error: no such disk"},
        {"severity": "error", "urn": urn.format("MoveGate", "moves"), "message": "error: a problem: BLOCKED: 1 of 3"},
        {"severity": "warning", "message": "warning: an old engine"},
    ]
    blocked = CASES["blocked-freeze"]
    (tmp_path / "stack.json").write_text(json.dumps({"blockers": blocked.blockers}), encoding="utf-8")
    (tmp_path / "vm.sql01.json").write_text(json.dumps(blocked.moving[0]), encoding="utf-8")
    report = report_of("prod", {"diagnostics": diagnostics}, tmp_path, failed=True)
    assert report.errors == ("error: not a direction", "error: no such disk")
    assert report.exit_code is Exit.BLOCKED
    for form in ("text", "markdown", "html"):
        assert "no such disk" in rendered(report, form)
        assert "freeze" in rendered(report, form)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_is_deleted_in_azure_is_told_before_the_details_are_unfolded(form: str) -> None:
    shown = rendered(CASES["deletes"], form).partition("<details>")[0]
    assert "DELETES" in shown
    assert "protection of sql01" in shown
    assert "VirtualNetwork contoso-vnet" in shown
    assert "cannot be undone" in shown.casefold()


def _leaves(kind: str, name: str, **state: Any) -> dict[str, Any]:
    """A deletion as `pulumi preview --json` shows it."""
    urn = f"urn:pulumi:prod::dr::siteRecovery:components:ProtectedVm${kind}::{name}"
    return {"op": "delete", "urn": urn, "oldState": {"type": kind, "urn": urn, "custom": True, **state}}


_OURS = "pulumi-python:dynamic/siteRecovery:"
_PROTECTED = {"vm": "sql01", "dismantle": True, "itemId": "i"}
_ASSOCIATED = {"policyName": "p", "site": "s", "dismantle": True, "mappingId": "m"}
_MAPPED = {"mapping": "data", "dismantle": True, "mappingId": "m"}


@pytest.mark.parametrize(
    ("step", "deleted"),
    [
        (_leaves(f"{_OURS}ProtectedItem", "sql01", outputs=_PROTECTED), "protection of sql01"),
        (_leaves(f"{_OURS}ProtectedItem", "sql01", outputs={**_PROTECTED, "dismantle": False}), ""),
        (_leaves(f"{_OURS}ProtectedItem", "sql01", outputs={**_PROTECTED, "itemId": ""}), ""),
        (_leaves(f"{_OURS}ProtectionDirection", "sql01", outputs={"vm": "sql01"}), ""),
        (_leaves(f"{_OURS}PolicyAssociation", "s/p", outputs=_ASSOCIATED), "association of policy p with site s"),
        (_leaves(f"{_OURS}PolicyAssociation", "s/p", outputs={**_ASSOCIATED, "adopted": True, "made": False}), ""),
        (_leaves(f"{_OURS}HyperVHosts", "s", outputs={"site": "s", "dismantle": True, "containerId": "c"}), "hosts of"),
        (_leaves(f"{_OURS}NetworkMapping", "data", outputs=_MAPPED), "network mapping data"),
        (_leaves(f"{_OURS}NetworkMapping", "data", outputs={**_MAPPED, "adopt": True}), ""),
        (_leaves("azure-native:network:VirtualNetwork", "vnet"), "VirtualNetwork vnet"),
        (_leaves("azure-native:network:VirtualNetwork", "vnet", retainOnDelete=True), ""),
        (_leaves("siteRecovery:components:ProtectedVm", "sql01"), ""),
        ({**_leaves(f"{_OURS}ProtectedItem", "sql01", outputs=_PROTECTED), "op": "same"}, ""),
    ],
)
def test_a_resource_that_leaves_the_stack_is_called_deleted_only_where_it_goes_in_azure_too(
    tmp_path: Path, step: dict[str, Any], deleted: str
) -> None:
    report = report_of("prod", {"steps": [step], "changeSummary": {"delete": 1}}, tmp_path, failed=False)
    assert len(report.deletions) == bool(deleted)
    assert all(each.what.startswith(deleted) for each in report.deletions)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_held_vm_is_told_of_before_the_details_are_unfolded(form: str) -> None:
    shown = rendered(CASES["held"], form).partition("<details>")[0]
    assert "1 held" in shown
    assert "HELD" in shown


def test_a_comment_with_everything_at_once_is_still_a_short_one() -> None:
    blocked = _blocked_stack(20)
    held = tuple({**CASES["held"].vms[1], "vm": f"held{number}"} for number in range(20))
    report = replace(
        blocked,
        vms=(*blocked.vms, *held),
        errors=("error: a line\nand another",),
        deletions=CASES["deletes"].deletions * 20,
    )
    shown = rendered(report, "markdown").partition("<details>")[0]
    assert len(shown.strip().splitlines()) <= 25


def test_a_name_in_a_comment_is_shown_as_it_is_and_is_no_markdown() -> None:
    report = replace(CASES["to-azure-planned"], vms=({**CASES["to-azure-planned"].moving[0], "vm": "web & app [old]"},))
    assert "| **web &amp; app \\[old]** |" in rendered(report, "markdown")
    assert "web &amp; app [old]" in rendered(report, "html")


def test_every_code_has_its_rule_and_the_document_is_current() -> None:
    assert set(RULES) == set(Code)
    assert set(NOTICES) == set(Notice)
    written = (ROOT / "docs" / "blockers.md").read_text(encoding="utf-8")
    assert written == rules_document(), "python -m dr rules > docs/blockers.md"


def test_the_table_of_requirements_is_current() -> None:
    written = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    assert written == requirements_document(), "python -m dr requirements > docs/requirements.md"
