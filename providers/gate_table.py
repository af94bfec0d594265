"""The words of the gate: the table of blockers, or the sum of a stack that may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lifecycle.impact_text import Ink
from lifecycle.verdict import Verdict
from lifecycle.ways_on import how_many_wait
from providers.paint import painted


@dataclass(frozen=True)
class Row:
    """One VM of the stack. `facts` are what its check found out in this preview, None where it was not asked."""

    vm: str
    direction: str
    moves: bool
    facts: Mapping[str, Any] | None

    @property
    def line(self) -> str:
        if self.facts is None:
            return f"{self.vm}: not looked at in this preview"
        line = str(self.facts.get("headline") or self.facts.get("line") or self.vm)
        held = self.facts.get("decision") == "held"
        return f"{line}: {painted('HELD', Ink.CARE)}, no step is taken; its row says why" if held else line

    @property
    def waits(self) -> str:
        """Before which step, and why, if the very next one waits for the stack file to be changed."""
        first: Mapping[str, Any] = next(iter((self.facts or {}).get("steps") or ()), {})
        return f"before {first['name']} ({first['waits']})" if first.get("waits") else ""

    @property
    def verdict(self) -> Verdict | None:
        """None where the move was not judged in this preview: never GO without having looked."""
        known = (self.facts or {}).get("verdict")
        return Verdict(known) if known else None


@dataclass(frozen=True)
class Summary:
    """`verdict` of the whole stack; None where nothing would move, or where a move was not judged in this preview."""

    verdict: Verdict | None
    moving: tuple[str, ...]
    blockers: tuple[Mapping[str, str], ...]
    text: str

    def as_facts(self) -> dict[str, Any]:
        verdict = self.verdict.value if self.verdict else None
        return {"verdict": verdict, "moving": list(self.moving), "blockers": [dict(each) for each in self.blockers]}


def summary(rows: Sequence[Row], blockers: Sequence[Mapping[str, str]], unseen: int) -> Summary:
    """What the stack as a whole would do. `unseen` VMs do not exist yet."""
    moving = [row for row in rows if row.moves]
    verdict = _verdict(moving, blockers)
    lines = []
    if moving:
        going = [row for row in moving if not row.waits]
        ink = Ink.GOOD if verdict is Verdict.GO and going else Ink.CARE
        word = painted((verdict or "NOT JUDGED") if going else "WAITING", ink)
        waiting = how_many_wait(len(moving) - len(going))
        lines.append(f"{word}: {len(going)} of {len(rows) + unseen} VMs would move{waiting}")
        lines += [f"  {row.line}: {_cost(row)}" for row in moving]
    staying = [row for row in rows if not row.moves]
    if staying:
        lines.append("unchanged:" if moving else "No VM would move:")
        lines += [f"  {row.line}" for row in staying]
    return Summary(verdict, tuple(row.vm for row in moving), tuple(blockers), "\n".join(lines))


def table(rows: Sequence[Row], blockers: Sequence[Mapping[str, str]]) -> str:
    """Every blocker of the stack, and what is not blocked."""
    blocked = list(dict.fromkeys(row["vm"] for row in blockers))
    free = [row.vm for row in rows if row.moves and row.vm not in blocked]
    count = f"{len(blocked)} of {len(rows)} VMs"
    lines = [f"BLOCKED: {count} cannot do what is declared. This preview fails, and `pulumi up` moves nothing."]
    for vm in blocked:
        lines.append(f"  {vm}")
        for row in blockers:
            if row["vm"] == vm:
                lines += [f"    {row['code']}: {row['cause']}", f"      to go on: {row['mend']}"]
    if free:
        lines.append(
            f"Not blocked: {', '.join(free)}. They can be moved past this gate: "
            f"`pulumi up --strict {' '.join(_target(vm) for vm in free)}`"
        )
    lines += [f"  {row.line}" for row in rows if not row.moves and row.vm not in blocked]
    return "\n".join(lines)


def _target(vm: str) -> str:
    return f"--target '**ProtectionDirection::{vm}'"


def _verdict(moving: Sequence[Row], blockers: Sequence[Mapping[str, str]]) -> Verdict | None:
    if blockers:
        return Verdict.BLOCKED
    verdicts = {row.verdict for row in moving}
    if not moving or None in verdicts:
        return None
    return Verdict.GO_WITH_WAIVERS if Verdict.GO_WITH_WAIVERS in verdicts else Verdict.GO


def _cost(row: Row) -> str:
    if row.facts is None:
        return "what it would cost is not known"
    if row.waits:
        return f"{painted('WAITING', Ink.CARE)} {row.waits}: no step is taken; its row says what it is for"
    facts = row.facts
    outage = facts.get("outage")
    return f"{_loss(facts)}, {'outage ' + outage['words'] if outage else 'no outage'}"


def _loss(facts: Mapping[str, Any]) -> str:
    """How much the impact says, in its own words: a figure of nothing is not yet nothing lost."""
    loss = facts.get("dataLoss") or {}
    much = str(loss.get("words") or "unknown").partition(":")[0]
    return "no data loss" if loss.get("seconds") == 0 and much.startswith("none") else f"data loss {much}"
