"""The impact in plain text, as `pulumi preview` shows it: read without opening anything else, with and without colour.

`paint` marks a piece of text; the engine's own marks are used there, and none in a log file.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from textwrap import wrap

from lifecycle.estimates import Estimate
from lifecycle.impact import Impact
from lifecycle.stages import WORDS
from lifecycle.steps import PlannedStep
from lifecycle.verdict import Verdict


class Ink(StrEnum):
    """What a piece of text is, not what colour it has."""

    GOOD = "good"
    CARE = "care"
    BAD = "bad"
    STRONG = "strong"


Paint = Callable[[str, Ink], str]

_WIDTH = 114
_LABEL = 22
_OF_VERDICT = {Verdict.GO: Ink.GOOD, Verdict.GO_WITH_WAIVERS: Ink.CARE, Verdict.BLOCKED: Ink.BAD}


def unpainted(text: str, _: Ink) -> str:
    return text


def impact_text(impact: Impact, paint: Paint = unpainted) -> str:
    """The whole impact of one VM's move."""
    verdict = impact.assessment.verdict
    steps = impact.plan.steps
    # Before its first step: nothing at all is done, however free it is.
    waits = f", {paint('WAITING', Ink.CARE)} before {steps[0].step}" if steps and steps[0].waits else ""
    lines = [f"{paint(impact.headline, Ink.STRONG)}: {paint(verdict, _OF_VERDICT[verdict])}{waits}"]
    lines += _row("now", f"{impact.plan.vm} {WORDS[impact.plan.stage]}")
    if steps:
        lines += _move(impact, paint)
    lines += _judged(impact, paint)
    return "\n".join(lines)


def blocked_lines(code: str, cause: str, mend: str, paint: Paint = unpainted) -> Iterator[str]:
    """A blocker, among the lines of an impact."""
    yield from _row("BLOCKED", f"{code}: {cause}", paint, Ink.BAD)
    yield from _row("", f"to go on: {mend}")


def _move(impact: Impact, paint: Paint) -> Iterator[str]:
    for number, planned in enumerate(impact.plan.steps, start=1):
        yield from _step(number, planned, impact, paint)
    yield from _row("then", f"{impact.plan.vm} {WORDS[impact.plan.to_stage]}")
    yield from _cost(impact)
    for what, becomes in impact.outside:
        yield from _row(what, becomes)
    before, after = impact.way_back
    yield from _row("way back", f"before the commit: {before}")
    yield from _row("", f"after the commit: {after}")


def _step(number: int, planned: PlannedStep, impact: Impact, paint: Paint) -> Iterator[str]:
    duration = impact.times.steps.get(planned.step)
    took = f", {duration.words}" if duration else ""
    yield from _row(f"{number}. {planned.step}", f"{planned.does} [{planned.actor}{took}]")
    if planned.running:
        yield from _row("", "the service is at it already")
    if planned.conditional:
        yield from _row("", "only if the service then offers it")
    if planned.waits:
        yield from _painted(f"WAITS FOR A PERSON before this step: {planned.waits}", paint, Ink.CARE)
    if planned.irreversible:
        yield from _painted(f"CANNOT BE UNDONE: {impact.consequence(planned)}", paint, Ink.BAD)


def _cost(impact: Impact) -> Iterator[str]:
    yield from _row("data loss", impact.assessment.loss.words)
    yield from _row("outage", _outage(impact))
    synchronization = impact.times.synchronization
    if synchronization is not None:
        yield from _row(
            "no outage",
            f"synchronizing before it: {synchronization.words} ({synchronization.source}); the Azure VM keeps running",
        )


def _outage(impact: Impact) -> str:
    outage: Estimate | None = impact.times.outage
    if outage is None:
        return "none by the steps that are left"
    note = f"; {impact.outage_note}" if impact.outage_note else ""
    return f"{outage.words} ({outage.source}){note}"


def _judged(impact: Impact, paint: Paint) -> Iterator[str]:
    for warned in impact.assessment.warnings:
        ink = Ink.BAD if warned.critical else Ink.CARE
        yield from _row("CRITICAL" if warned.critical else "warning", f"{warned.text} ({warned.code})", paint, ink)
    for blocker in impact.assessment.blockers:
        yield from blocked_lines(blocker.code, blocker.cause, blocker.mend, paint)
    for each in impact.stated:
        yield from _row("stated", f"{each.what} by {each.by}, until {each.until:%F %H:%M} UTC")
    wanted, given = impact.assessment.approvable, impact.assessment.approval
    if given is not None:
        yield from _row("approved", f"by {given.by}, until {given.until:%F %H:%M} UTC")
    elif wanted is not None and impact.declared.permits.require_approval:
        yield from _row("approval", f"digest {wanted.digest}")


def _row(label: str, text: str, paint: Paint = unpainted, ink: Ink = Ink.STRONG) -> Iterator[str]:
    for number, line in enumerate(wrap(text, _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False) or [""]):
        shown = paint(f"{label:<{_LABEL}}", ink) if number == 0 and label else " " * _LABEL
        yield f"  {shown} {line}".rstrip()


def _painted(text: str, paint: Paint, ink: Ink) -> Iterator[str]:
    for line in wrap(text, _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False):
        yield f"  {'':<{_LABEL}} {paint(line, ink)}"
