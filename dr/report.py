"""The report of a preview: what the engine would change, and what each VM's move would cost.

Everything in it comes from one `pulumi preview`: the engine's own JSON, and the facts that the checks of that preview
have left behind (DR_FACTS). Nothing is computed twice, so no report can say other than the preview did.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1


class Exit(IntEnum):
    """What `impact` and `status` end with."""

    NOTHING = 0
    FAILED = 1
    CHANGES = 2
    BLOCKED = 3
    WAITING = 4
    TWO_OR_NONE = 5


_TWO_OR_NONE = {"bothRunning", "neitherRunning"}


@dataclass(frozen=True)
class Report:
    """`verdict` is GO, GO WITH WAIVERS or BLOCKED; None where no VM would move.

    `vms` are the facts of each VM, in order of their names; `changes` count the engine's operations; `errors` are the
    messages that failed the preview.
    """

    stack: str
    verdict: str | None
    vms: tuple[Mapping[str, Any], ...]
    blockers: tuple[Mapping[str, str], ...]
    changes: Mapping[str, int]
    errors: tuple[str, ...]
    failed: bool

    @property
    def moving(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(vm for vm in self.vms if vm.get("decision") == "move")

    @property
    def staying(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(vm for vm in self.vms if vm.get("decision") != "move")

    @property
    def blocked_apart(self) -> tuple[Mapping[str, str], ...]:
        """The blockers that no moving VM tells of itself: of the stack as a whole, or of a VM that was not seen."""
        told = {(vm["vm"], blocker["code"]) for vm in self.moving for blocker in vm["blockers"]}
        return tuple(blocker for blocker in self.blockers if (blocker["vm"], blocker["code"]) not in told)

    @property
    def exit_code(self) -> Exit:
        if any(blocker["code"] in _TWO_OR_NONE for blocker in self.blockers) or self._stands_on_two_or_none():
            return Exit.TWO_OR_NONE
        if self.blockers:
            return Exit.BLOCKED
        if self.failed:
            return Exit.FAILED
        if any(vm.get("decision") == "held" or _waits_first(vm) for vm in self.vms):
            return Exit.WAITING
        return Exit.CHANGES if any(count for name, count in self.changes.items() if name != "same") else Exit.NOTHING

    def _stands_on_two_or_none(self) -> bool:
        return any((vm.get("from") or {}).get("stage") in _TWO_OR_NONE for vm in self.vms)

    def as_json(self) -> dict[str, Any]:
        """As docs/schema/impact.schema.json has it."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "stack": self.stack,
            "verdict": self.verdict,
            "exitCode": int(self.exit_code),
            "changes": dict(self.changes),
            "blockers": [dict(blocker) for blocker in self.blockers],
            "vms": [dict(vm) for vm in self.vms],
            "errors": list(self.errors),
        }


def report_of(stack: str, preview: Mapping[str, Any], facts: Path, *, failed: bool) -> Report:
    """From `pulumi preview --json` and the directory of DR_FACTS."""
    whole = _read(facts / "stack.json") or {}
    vms = [known for path in facts.glob("vm.*.json") if (known := _read(path)) is not None]
    vms.sort(key=lambda vm: str(vm.get("vm")))
    rows: Sequence[Mapping[str, str]] = whole.get("blockers") or [row for vm in vms for row in vm.get("blockers") or ()]
    blockers = tuple({key: str(value) for key, value in row.items()} for row in rows)
    return Report(
        stack=stack,
        verdict="BLOCKED" if blockers else whole.get("verdict"),
        vms=tuple(vms),
        blockers=blockers,
        changes=dict(preview.get("changeSummary") or {}),
        errors=tuple(_errors(preview)) if failed else (),
        failed=failed,
    )


def _waits_first(vm: Mapping[str, Any]) -> bool:
    """Whether the very next step of a move waits for the stack file to be changed."""
    steps: Sequence[Mapping[str, Any]] = vm.get("steps") or []
    return bool(steps) and bool(steps[0].get("waits"))


def _errors(preview: Mapping[str, Any]) -> list[str]:
    said = [
        str(each["message"]).strip() for each in preview.get("diagnostics") or () if each.get("severity") == "error"
    ]
    return list(dict.fromkeys(said))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return known
