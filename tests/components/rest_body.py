"""How a request body departs from what the REST interface takes: rest_bodies.yaml says what that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    # A boolean is an int to Python, and never one to JSON, which has one kind of number: the engine hands on 24.0.
    "integer": lambda value: type(value) in {int, float} and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
}


def specified() -> dict[str, dict[str, Any]]:
    """{resource type: {apiVersion, source, body}}."""
    known: dict[str, dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("rest_bodies.yaml"))
    return known


def departures(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Every path at which `value` is not what `shape` says, with what is wrong there."""
    match shape:
        case str() if shape in _KINDS:
            if not _KINDS[shape](value):
                yield f"{path}: {value!r} is no {shape}"
        case str():
            if value not in shape.split(" | "):
                yield f"{path}: {value!r} is none of {shape}"
        case [each]:
            entries = value if isinstance(value, list) else [value]
            if entries is not value:
                yield f"{path}: {value!r} is no list"
            for number, entry in enumerate(entries):
                yield from departures(entry, each, f"{path}[{number}]")
        case _ if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
        case _:
            yield from _of_object(value, shape, path)


def _of_object(value: dict[str, Any], shape: Mapping[str, Any], path: str) -> Iterator[str]:
    shapes = {name.rstrip("!"): each for name, each in shape.items()}
    for name in shape:
        if name.endswith("!") and name.rstrip("!") not in value:
            yield f"{path}.{name.rstrip('!')}: is missing"
    for name, entry in value.items():
        if name in shapes or "*" in shapes:
            yield from departures(entry, shapes.get(name, shapes.get("*")), f"{path}.{name}")
        else:
            yield f"{path}.{name}: is not in the specification"
