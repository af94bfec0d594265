"""The gate: one resource, registered last, that knows what every direction of the stack would do.

The engine stops at the first failed check and would hide all the others, so a blocked VM does not fail by itself in a
preview: it hands its blockers on, and this check fails once, with the whole table.
"""

from collections.abc import Sequence
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import Input

from providers.move_limits import both_ways, too_many
from providers.properties import is_unknown, plain


class GateProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        directions = [row for row in plain(news.get("directions") or []) if not is_unknown(row)]
        rows = [blocker for row in directions for blocker in row.get("blockers", [])]
        rows += _of_the_whole(directions, int(news.get("maxMoves", 1)))
        # Nothing of the moves is kept: the gate's own row never shows a change.
        kept = {"vault": news.get("vault"), "maxMoves": news.get("maxMoves")}
        return CheckResult(kept, [CheckFailure("directions", _table(rows, directions))] if rows else [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=False, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(f"gate:{props.get('vault')}", dict(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(dict(news))


class MoveGate(Resource, module="siteRecovery", name="MoveGate"):
    """Fails the preview when any VM that would move is blocked.

    `directions` has one {vm, direction, plan, blockers} for each VM.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        vault: str,
        max_moves: int,
        directions: Input[Sequence[Any]],
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {"vault": vault, "maxMoves": max_moves, "directions": directions}
        super().__init__(GateProvider(), resource_name, props, opts)


def _of_the_whole(directions: list[dict[str, Any]], most: int) -> list[dict[str, str]]:
    moving = [row for row in directions if row.get("plan")]
    found = [
        both_ways(row["vm"], moving[0]["vm"]).as_input()
        for row in moving[1:]
        if row["direction"] != moving[0]["direction"]
    ]
    if len(moving) > most:
        found.append(too_many(moving[most]["vm"], len(moving), most).as_input())
    return found


def _table(rows: list[dict[str, str]], directions: list[dict[str, Any]]) -> str:
    blocked = {row["vm"] for row in rows}
    free = [row["vm"] for row in directions if row.get("plan") and row["vm"] not in blocked]
    lines = [f"BLOCKED: {len(blocked)} of {len(directions)} VMs cannot do what is declared, so nothing is moved."]
    lines += [f"  {row['vm']}  {row['code']}: {row['cause']}\n      to go on: {row['mend']}" for row in rows]
    if free:
        lines.append(
            f"Not blocked: {', '.join(free)}. They can be moved past this gate: `pulumi up --target "
            "'**ProtectionDirection::NAME'` with the VM's name for NAME."
        )
    return "\n".join(lines)
