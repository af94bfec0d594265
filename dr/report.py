"""The report of a preview: what the engine would change, and what each VM's move would cost.

Everything in it comes from one `pulumi preview`: the engine's own JSON, and the facts that the checks of that preview
have left behind (DR_FACTS). Nothing is computed twice, so no report can say other than the preview did.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr.deletions import Deletion, deletions_of
from dr.exit_codes import Exit, meaning, worst
from dr.gate_blockers import told_by_each, with_rule

SCHEMA_VERSION = 1


_TWO_OR_NONE = {"bothRunning", "neitherRunning"}
# What the engine counts and nobody has to do anything about: it looks, and keeps.
_NO_CHANGE = {"same", "read", "refresh", "read-discard"}


@dataclass(frozen=True)
class Report:
    """`verdict` is GO, GO WITH WAIVERS or BLOCKED; None where no VM would move.

    `vms` are the facts of each VM, in order of their names; `changes` count the engine's operations; `errors` are the
    messages that failed the preview, blockers apart; `deletions` are what would be deleted in Azure, for good.
    """

    stack: str
    verdict: str | None
    vms: tuple[Mapping[str, Any], ...]
    blockers: tuple[Mapping[str, Any], ...]
    changes: Mapping[str, int]
    errors: tuple[str, ...]
    failed: bool
    deletions: tuple[Deletion, ...] = ()

    @property
    def moving(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(vm for vm in self.vms if vm.get("decision") == "move")

    @property
    def waiting(self) -> tuple[Mapping[str, Any], ...]:
        """Those of `moving` of which no step would be taken before the stack file is changed."""
        return tuple(vm for vm in self.moving if waits_first(vm))

    @property
    def staying(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(vm for vm in self.vms if vm.get("decision") != "move")

    @property
    def held(self) -> tuple[Mapping[str, Any], ...]:
        """Those of which nothing is declared that could be blocked: a first direction that does not fit is."""
        return tuple(vm for vm in self.staying if vm.get("decision") == "held" and not vm.get("blockers"))

    @property
    def blocked_apart(self) -> tuple[Mapping[str, Any], ...]:
        """The blockers that no moving VM tells of itself: of the stack as a whole, or of a VM that was not seen."""
        told = {(vm["vm"], blocker["code"]) for vm in self.moving for blocker in vm["blockers"]}
        return tuple(blocker for blocker in self.blockers if (blocker["vm"], blocker["code"]) not in told)

    @property
    def changed(self) -> bool:
        """Whether the engine would change anything."""
        return any(count for name, count in self.changes.items() if name not in _NO_CHANGE)

    @property
    def passed(self) -> bool:
        """Whether the preview itself went through, so that its plan may be carried out: as `pulumi preview` ends.

        A VM that stays may be held, run twice, or not have been looked at: `exit_code` says so, and others may move.
        """
        return not self.failed and not self.blockers

    @property
    def exit_code(self) -> Exit:
        found = [_meaning(vm) for vm in self.vms]
        # Of the stack as a whole, or of a VM that could not be looked at.
        found += [Exit.TWO_OR_NONE if blocker["code"] in _TWO_OR_NONE else Exit.BLOCKED for blocker in self.blockers]
        if self.failed and not self.blockers:
            found.append(Exit.FAILED)
        if self.changed:
            found.append(Exit.CHANGES)
        return worst(found)

    def as_json(self) -> dict[str, Any]:
        """As docs/schema/impact.schema.json has it."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "stack": self.stack,
            "verdict": self.verdict,
            "exitCode": int(self.exit_code),
            "passed": self.passed,
            "changed": self.changed,
            "changes": dict(self.changes),
            "blockers": [dict(blocker) for blocker in self.blockers],
            "vms": [dict(vm) for vm in self.vms],
            "deletions": [each.as_json() for each in self.deletions],
            "errors": list(self.errors),
        }


def report_of(stack: str, preview: Mapping[str, Any], facts: Path, *, failed: bool) -> Report:
    """From `pulumi preview --json` and the directory of DR_FACTS."""
    whole = _read(facts / "stack.json") or {}
    vms = [known for path in facts.glob("vm.*.json") if (known := _read(path)) is not None]
    vms.sort(key=lambda vm: str(vm.get("vm")))
    rows: Sequence[Mapping[str, Any]] = whole.get("blockers") or [row for vm in vms for row in vm.get("blockers") or ()]
    blockers = tuple(with_rule(row) for row in rows)
    return Report(
        stack=stack,
        verdict="BLOCKED" if blockers else whole.get("verdict"),
        vms=told_by_each(vms, blockers),
        blockers=blockers,
        changes=dict(preview.get("changeSummary") or {}),
        errors=tuple(_errors(preview)) if failed else (),
        failed=failed,
        deletions=deletions_of(preview),
    )


def _meaning(vm: Mapping[str, Any]) -> Exit:
    if vm.get("decision") == "unseen" and not vm.get("blockers"):
        return Exit.FAILED
    return meaning(
        str((vm.get("from") or {}).get("stage", "")),
        blocked=bool(vm.get("blockers")),
        waits=vm.get("decision") == "held" or waits_first(vm),
        changes=vm.get("decision") == "move",
    )


def waits_first(vm: Mapping[str, Any]) -> bool:
    """Whether the very next step of a move waits for the stack file to be changed."""
    steps: Sequence[Mapping[str, Any]] = vm.get("steps") or []
    return bool(steps) and bool(steps[0].get("waits"))


def _errors(preview: Mapping[str, Any]) -> list[str]:
    """What has failed the preview; that a move is blocked is told by its blockers."""
    failed = [each for each in preview.get("diagnostics") or () if each.get("severity") == "error"]
    return list(dict.fromkeys(str(each["message"]).strip() for each in failed if not _tells_of_blockers(each)))


def _tells_of_blockers(diagnostic: Mapping[str, Any]) -> bool:
    judges = any(f":{kind}::" in str(diagnostic.get("urn")) for kind in ("ProtectionDirection", "MoveGate"))
    return judges and "BLOCKED" in str(diagnostic["message"])


def _read(path: Path) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return known
