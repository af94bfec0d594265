"""The gate: one resource, registered last, that knows what every direction of the stack would do.

The engine stops at the first failed check and would hide all the others, so a blocked VM does not fail by itself in a
preview: it hands its blockers on, and this check fails once, with the whole table. Where nothing is blocked it sums the
stack up: what moves, what stays, and the verdict.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import Input

from lifecycle.directions import Direction
from lifecycle.stack_limits import of_the_whole
from lifecycle.steps import changes_place
from providers.gate_table import Row, summary, table
from providers.operation import Severity, current_operation
from providers.parallelism import too_few_workers
from providers.preview_notes import noted, write
from providers.properties import is_unknown, plain


class GateProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        vault = str(news.get("vault"))
        known = [row for row in plain(news.get("directions") or []) if not is_unknown(row)]
        rows = [Row(row["vm"], row["direction"], bool(row.get("plan")), noted(vault, row["vm"])) for row in known]
        blockers = [blocker for row in known for blocker in row.get("blockers", [])]
        blockers += _of_the_whole(known, rows, int(news.get("maxMoves", 1)))
        # Nothing of the moves is kept: the gate's own row never shows a change.
        kept = {"vault": news.get("vault"), "maxMoves": news.get("maxMoves")}
        unseen = len(news.get("directions") or []) - len(known)
        told = summary(rows, blockers, unseen)
        write("stack", told.as_facts())
        if blockers:
            # Of no property: the engine would print the value of one before the table.
            return CheckResult(kept, [CheckFailure("", table(rows, blockers))])
        _say(told.text, [row for row in rows if row.moves])
        return CheckResult(kept, [])

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


def _of_the_whole(directions: Sequence[Mapping[str, Any]], rows: Sequence[Row], most: int) -> list[dict[str, str]]:
    # One that takes no step before the stack file is changed stands in nobody's way.
    waiting = {row.vm for row in rows if row.waits}
    free = [row for row in directions if changes_place(row.get("plan") or ()) and not row.get("blockers")]
    free = [row for row in free if row["vm"] not in waiting]
    moving = [(str(row["vm"]), Direction(row["direction"])) for row in free]
    return [blocker.as_input() for blocker in of_the_whole(moving, most)]


def _say(text: str, moving: Sequence[Row]) -> None:
    if text:
        current_operation().say(Severity.INFO, text)
    few = too_few_workers(len(moving))
    if few:
        current_operation().say(Severity.WARNING, few)
