"""What a saved plan would do, for a pipeline to decide on: ``python pipelines/what_moves.py impact.json``.

Reads what ``python -m dr impact --format json --save-plan`` wrote, so of the very preview that the plan is of. (The
plan file cannot tell: it has only what differs from the inputs before, and a way back differs in no irreversible step.)
Prints two lines, as pipelines take their outputs::

    changes=true         whether `up` would do anything
    irreversible=true    whether a step of a VM that moves cannot be undone, or something is deleted in Azure

With ``--summary FILE`` it appends to that file what the person who approves has to know, as Markdown.

Ends with 0 where the preview has passed: a VM that stays keeps no other from moving, be it held, running twice, or one
that could not be looked at. Else with what `dr impact` ended with; with 1 where the file cannot be read, or is not of
the preview that ended with ``--ended CODE``. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="what_moves.py", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("impact", type=Path, help="written by `python -m dr impact --format json`")
    parser.add_argument("--summary", type=Path, help="append a Markdown summary to this file")
    parser.add_argument("--ended", type=int, metavar="CODE", help="what `dr impact` ended with")
    given = parser.parse_args(arguments)
    try:
        impact = json.loads(given.impact.read_text(encoding="utf-8"))
        changes, irreversible, summary = read(impact)
        code, passed = int(impact["exitCode"]), bool(impact["passed"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{given.impact} is not an impact report ({error!r}). Nothing is to be approved.", file=sys.stderr)
        return 1
    if given.ended not in (None, code):
        said = f"{given.impact} is of a preview that ended with {code}, and this one ended with {given.ended}"
        print(f"{said}. Nothing is to be approved.", file=sys.stderr)
        return 1
    if given.summary is not None:
        with given.summary.open("a", encoding="utf-8") as file:
            file.write(summary)
    print(f"changes={str(changes).lower()}")
    print(f"irreversible={str(irreversible).lower()}")
    # One that has not passed never ends with 0, whatever was found of its VMs.
    return 0 if passed else code or 1


def read(impact: dict[str, Any]) -> tuple[bool, bool, str]:
    """Whether `up` would do anything, whether anything of it cannot be undone, and both as Markdown."""
    changes = bool(impact["changed"])
    moving = [vm for vm in impact["vms"] if vm["decision"] == "move"]
    final = [step for vm in moving for step in vm["steps"] if not step["reversible"]]
    return changes, bool(final or impact["deletions"]), "\n".join(_lines(impact, moving, changes=changes)) + "\n"


def _lines(impact: dict[str, Any], moving: list[dict[str, Any]], *, changes: bool) -> Iterator[str]:
    yield f"### {impact['stack']}: {impact['verdict'] or _without_a_move(impact, changes=changes)}"
    yield ""
    if changes and not moving:
        yield "No VM would move."
    for vm in impact["vms"]:
        if vm["decision"] in {"held", "unseen"}:
            yield f"- stays: {vm.get('line') or vm['vm']}{' (held)' if vm['decision'] == 'held' else ''}"
    for each in impact["deletions"]:
        yield f"- **cannot be undone**: {each['what']}: {each['consequence']}"
    for vm in moving:
        yield f"- **{vm['headline']}**"
        yield f"  - steps: {', '.join(step['name'] for step in vm['steps'])}"
        yield f"  - data loss: {(vm['dataLoss'] or {}).get('words') or 'unknown'}"
        yield f"  - outage: {(vm['outage'] or {}).get('words') or 'unknown'}"
        for step in vm["steps"]:
            if not step["reversible"]:
                yield f"  - **cannot be undone**: {step['name']}: {step['consequence']}"


def _without_a_move(impact: dict[str, Any], *, changes: bool) -> str:
    if impact["deletions"]:
        return "deletes in Azure"
    return "settings change" if changes else "nothing to do"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
