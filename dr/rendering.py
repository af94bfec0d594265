"""A report as text, Markdown, JSON or HTML."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dr.report import Report
from dr.timeline import timeline
from lifecycle.ways_on import how_many_wait

# A pull request's comment shows this many VMs before its details are unfolded: 25 lines in all.
MOST_ROWS = 11
# GitHub refuses a comment of more than 65,536 characters. The summary has at most 11 rows and a few sentences.
MOST_DETAILS = 50_000
_SENTENCE = 400


def rendered(report: Report, form: str) -> str:
    """The report in `form`: text, markdown, json or html."""
    return FORMS[form](report)


def _text(report: Report) -> str:
    lines = [headline(report)]
    lines += [f"\nCANNOT BE UNDONE: {each.words}" for each in report.deletions]
    lines += [f"\n{vm['text']}" for vm in report.moving]
    lines += [f"\n{vm['vm']}: HELD: {vm['why']}" for vm in report.held]
    lines += [
        f"\n{row['vm']}: BLOCKED {row['code']}: {row['cause']}\n  to go on: {row['mend']}"
        for row in report.blocked_apart
    ]
    staying = [vm for vm in report.staying if vm.get("line")]
    if staying:
        lines += ["\nunchanged:", *(f"  {vm['line']}" for vm in staying)]
    if report.errors:
        lines += ["\nThe preview failed:", *(f"  {line}" for error in report.errors for line in error.splitlines())]
    return "\n".join(lines) + "\n"


def headline(report: Report) -> str:
    """The whole in one line."""
    total, waiting = len(report.vms), len(report.waiting)
    moving = len(report.moving) - waiting
    if report.failed and not report.blockers:
        return f"{report.stack}: the preview failed"
    verdict = report.verdict or ("DELETES" if report.deletions else "NOTHING TO MOVE")
    if waiting and not moving and not report.blockers:
        verdict = "WAITING"
    unseen = sum(vm.get("decision") == "unseen" and not vm.get("blockers") for vm in report.vms)
    besides = f"; {unseen} could not be looked at" if unseen else ""
    besides += how_many_wait(waiting)
    besides += f"; {len(report.held)} held" if report.held else ""
    besides += f"; {len(report.deletions)} deleted in Azure, which cannot be undone" if report.deletions else ""
    if not report.blockers:
        return f"{report.stack}: {verdict}: {moving} of {total} VMs would move{besides}"
    blocked = len({blocker["vm"] for blocker in report.blockers})
    return f"{report.stack}: {verdict}: {blocked} of {total} VMs cannot do what is declared{besides}"


def _markdown(report: Report) -> str:
    return (
        _environment(html=False)
        .get_template("impact.md.j2")
        .render(report=report, headline=headline(report), most=MOST_ROWS, details=details(report))
    )


@dataclass(frozen=True)
class Details:
    """What is folded away beneath a comment; `left_out` VMs found no place in it."""

    text: str
    left_out: int


def details(report: Report, most: int = MOST_DETAILS) -> Details:
    """What is deleted and what moves first, then what is blocked apart from that, then what stays: whole, until `most`
    bytes are full.
    """
    parts = [f"CANNOT BE UNDONE: {each.words}\n" for each in report.deletions]
    parts += [f"{vm['text']}\n" for vm in report.moving]
    parts += [
        f"{row['vm']}: BLOCKED {row['code']}: {row['cause']}\n  to go on: {row['mend']}" for row in report.blocked_apart
    ]
    parts += [
        f"{vm.get('line', vm['vm'])}{': HELD: ' + str(vm['why']) if vm.get('decision') == 'held' else ''}"
        for vm in report.staying
    ]
    parts += list(report.errors)
    kept: list[str] = []
    for part in parts:
        # The fence around the details must not end inside of them.
        told = part.replace("```", "'''")
        most -= len(told.encode()) + 1
        if most < 0:
            break
        kept.append(told)
    return Details("\n".join(kept), len(parts) - len(kept))


def _html(report: Report) -> str:
    return (
        _environment(html=True)
        .get_template("impact.html.j2")
        .render(report=report, headline=headline(report), timeline=timeline)
    )


def _json(report: Report) -> str:
    return json.dumps(report.as_json(), indent=2) + "\n"


FORMS: Mapping[str, Callable[[Report], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
    "html": _html,
}


def _environment(*, html: bool) -> Environment:
    # Markdown is escaped by a filter of its own: entities there would be shown as they are.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html.j2", "html"], default=html),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["short"] = _short
    return environment


def _cell(text: object) -> str:
    """Text in a cell of a Markdown table: no name in it makes a link, an entity or a tag."""
    shown = str(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    return shown.replace("|", "\\|").replace("[", "\\[").replace("\n", " ")


def _short(text: object) -> str:
    """At most a long sentence; the details have the whole."""
    whole = str(text)
    return whole if len(whole) <= _SENTENCE else f"{whole[:_SENTENCE].rstrip()} ..."
