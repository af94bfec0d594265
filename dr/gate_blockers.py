"""The gate's blockers, told of each VM that they stop.

A VM is judged by itself before the gate has seen the stack as a whole (`maxMoves`, `bothWays`), so what the VM's check
left behind may say GO. What the report tells of a VM has both.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lifecycle.blockers import RULES, Code
from lifecycle.impact_text import blocked_lines
from lifecycle.verdict import Verdict


def with_rule(row: Mapping[str, Any]) -> dict[str, Any]:
    """A blocker with the `object` and `waivable` of its rule: the gate knows its words alone."""
    rule = RULES[Code(str(row["code"]))]
    return {**row, "object": rule.object, "waivable": rule.waivable}


def told_by_each(
    vms: Iterable[Mapping[str, Any]], blockers: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """The facts of each VM, with those of `blockers` that stop it and that it does not tell of itself."""
    return tuple(_with(vm, [row for row in blockers if row["vm"] == vm["vm"]]) for vm in vms)


def _with(vm: Mapping[str, Any], blockers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    own = [with_rule(row) for row in vm.get("blockers") or ()]
    known = {row["code"] for row in own}
    more = [row for row in blockers if row["code"] not in known]
    if vm.get("decision") != "move":
        return {**vm, "blockers": own} if own else vm
    if not more:
        return {**vm, "blockers": own}
    return {**vm, "blockers": [*own, *more], "verdict": Verdict.BLOCKED.value, "text": _blocked(vm, more)}


def _blocked(vm: Mapping[str, Any], more: Sequence[Mapping[str, Any]]) -> str:
    judged = f"{vm['headline']}: {vm['verdict']}"
    text = str(vm["text"]).replace(judged, f"{vm['headline']}: {Verdict.BLOCKED}", 1)
    return "\n".join([text, *(line for row in more for line in blocked_lines(row["code"], row["cause"], row["mend"]))])
