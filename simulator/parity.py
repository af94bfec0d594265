"""The generated parts of docs/simulator.md: the parity table, from the routes, and the tables of states and of jobs.

`python -m simulator.parity` writes them between their markers; a test holds the document against the routes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.asr.scenarios import job_specs
from simulator.asr.states import JOB_ROWS, SHOWN_SCENARIOS, rows
from simulator.rooms import all_routes
from simulator.routing import OperationRoute

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "simulator.md"


def generated() -> dict[str, str]:
    """Each generated part by the name of its markers."""
    return {"parity": _parity_table(), "states": _state_table(), "jobs": _job_table(), "jobStates": _job_state_table()}


def with_generated_parts(text: str) -> str:
    """The document with its generated parts as they have to be. Raises ValueError if a marker is missing."""
    for name, table in generated().items():
        before, begin, rest = text.partition(f"<!-- {name}: generated, do not edit -->")
        _, end, after = rest.partition(f"<!-- {name}: end -->")
        if not begin or not end:
            raise ValueError(f"the document has no part between the markers of '{name}'")
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def _parity_table() -> str:
    lines = ["| operation | method | extent | evidence | note |", "|---|---|---|---|---|"]
    shown = [route for route in all_routes() if route.parity is not None]
    for route in sorted(shown, key=lambda route: (_group(route), route.name, route.method, route.template)):
        parity = route.parity
        if parity is not None:
            lines.append(f"| {route.name} | {route.method} | {parity.extent} | {parity.evidence} | {parity.note} |")
    return "\n".join(lines)


def _state_table() -> str:
    lines = [
        "| stage | profile | protectionState | description | active | allowedOperations | mark | source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for stage, profile, entry in rows():
        allowed = ", ".join(entry.allowed) or "none"
        lines.append(
            f"| {stage} | {profile or 'both'} | {entry.protection_state} | {entry.description} | {entry.active} "
            f"| {allowed} | {entry.mark} | {entry.source} |"
        )
    return "\n".join(lines)


def _job_state_table() -> str:
    lines = [
        "| state | stateDescription | operation status | allowedActions | mark | source |",
        "|---|---|---|---|---|---|",
    ]
    for state, entry in JOB_ROWS.items():
        actions = ", ".join(entry.actions) or "none"
        lines.append(
            f"| {state} | {entry.description} | {entry.operation_status} | {actions} | {entry.mark} | {entry.source} |"
        )
    lines += ["", "| job | currentScenario of its item | mark | source |", "|---|---|---|---|"]
    lines += [f"| {job} | {shown.name} | {shown.mark} | {shown.source} |" for job, shown in SHOWN_SCENARIOS.items()]
    return "\n".join(lines)


def _job_table() -> str:
    lines = ["| scenarioName | friendlyName | seconds | tasks | marks |", "|---|---|---|---|---|"]
    for spec in job_specs():
        tasks = ", ".join(f"{task.name} {task.seconds:g}{'+' if task.measure else ''}" for task in spec.tasks)
        marks = f"{spec.marks.scenario} {spec.marks.friendly_name} {spec.marks.tasks}"
        lines.append(f"| {spec.scenario} | {spec.friendly_name} | {spec.seconds:g} | {tasks} | {marks} |")
    return "\n".join(lines)


def _group(route: OperationRoute) -> str:
    return route.name.partition("_")[0]


if __name__ == "__main__":
    DOCUMENT.write_text(with_generated_parts(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT} is up to date\n")
