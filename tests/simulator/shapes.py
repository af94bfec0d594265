"""The shape of an answer: which keys it has, of which type each value is, what is null and what is left out.

A shape is flat: a path such as `properties.vmNics[].nicId` to the name of a type. `recorded_shapes.json` holds shapes
of answers of the real service; nothing else of the recordings is kept, so no name, address or id is in it.

`python -m tests.simulator.shapes < answer.json` prints the shape of an answer, to be added there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded_shapes.json")
# A key was seen, its value was not written down.
ANYTHING = "anything"
_TYPES = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null", list: "list", dict: "object"}

Shape = dict[str, str]


@dataclass(frozen=True)
class RecordedTask:
    """A task of a recorded job. The strings are the service's constants."""

    name: str
    friendly_name: str
    state: str
    state_description: str
    task_type: str


@dataclass(frozen=True)
class RecordedJob:
    """A recorded job that has ended."""

    scenario_name: str
    friendly_name: str
    target_instance_type: str
    tasks: tuple[RecordedTask, ...]


@dataclass(frozen=True)
class RecordedAnswer:
    """A recorded answer. `whole` is False where only some of its keys were written down."""

    shape: Shape
    whole: bool


def shape_of(answer: Any) -> Shape:
    """The shape of an answer. Elements of one list are taken together: what any of them has, the list has."""
    shape: Shape = {}
    _add(shape, "", answer)
    return shape


def differences(answer: Any, recorded: RecordedAnswer) -> list[str]:
    """What an answer has otherwise than recorded, for a person; empty if nothing.

    A list that is empty on one side says nothing of its elements.
    """
    seen = shape_of(answer)
    empty = {path for path, kind in {**seen, **recorded.shape}.items() if kind == "list"}
    empty -= {path for path in empty if _elements(path, seen) and _elements(path, recorded.shape)}
    problems = []
    for path in sorted({*seen, *recorded.shape}):
        if any(path.startswith(f"{bare}[]") for bare in empty):
            continue
        was, now = recorded.shape.get(path), seen.get(path)
        if was is None and not recorded.whole:
            continue
        if was != now and not (was == ANYTHING and now is not None):
            problems.append(f"{path}: recorded {was or 'left out'}, answered {now or 'left out'}")
    return problems


@cache
def recorded_answers() -> dict[str, RecordedAnswer]:
    """The recorded answers by what they are."""
    return {
        name: RecordedAnswer(shape=entry["shape"], whole=entry["whole"]) for name, entry in _file()["answers"].items()
    }


@cache
def recorded_jobs() -> dict[str, RecordedJob]:
    """The recorded jobs by scenario."""
    return {
        scenario: RecordedJob(
            scenario_name=scenario,
            friendly_name=entry["friendlyName"],
            target_instance_type=entry["targetInstanceType"],
            tasks=tuple(RecordedTask(*task) for task in entry["tasks"]),
        )
        for scenario, entry in _file()["jobs"].items()
    }


def _file() -> Any:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def _elements(path: str, shape: Shape) -> bool:
    return any(other.startswith(f"{path}[]") for other in shape)


def _add(shape: Shape, path: str, value: Any) -> None:
    if path:
        shape[path] = _TYPES[type(value)]
    if isinstance(value, dict):
        for key, part in value.items():
            _add(shape, f"{path}.{key}" if path else key, part)
    if isinstance(value, list):
        for part in value:
            _add(shape, f"{path}[]", part)


if __name__ == "__main__":
    json.dump(shape_of(json.load(sys.stdin)), sys.stdout, indent=2)
