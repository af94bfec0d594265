"""How the shapes of rest_bodies.yaml depart from the models of a client that is generated from the same specification.

The client speaks another api-version than azure-native, a later one: interfaces grow, and lose nothing within a major
line, so what it has no field or word for was never there.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib import import_module
from typing import Any


def client_model(path: str) -> type[Any]:
    """The model class at a dotted path."""
    module, _, name = path.rpartition(".")
    found: type[Any] = getattr(import_module(module), name)
    return found


def not_in_client(shape: Any, model: type[Any], path: str) -> Iterator[str]:
    """Every name, and every word of a choice, that `model` does not have where `shape` has it."""
    if isinstance(shape, list):
        yield from not_in_client(shape[0], model, f"{path}[]")
    elif issubclass(model, Enum):
        words = set(str(shape).split(" | ")) - {"string"}
        known = {re.sub(r",\s*", ", ", str(each.value)) for each in model}
        yield from (f"{path}: {word}" for word in words if re.sub(r",\s*", ", ", word) not in known)
    elif isinstance(shape, Mapping) and "*" not in shape:
        fields = {field._rest_name: name for name, field in _of_kind(model, shape)({})._attr_to_rest_field.items()}
        for key, inner in shape.items():
            name = key.rstrip("!")
            if name not in fields:
                yield f"{path}.{name}"
            else:
                kind = _kind_of(_of_kind(model, shape), fields[name])
                if kind is not None:
                    yield from not_in_client(inner, kind, f"{path}.{name}")


def _of_kind(model: type[Any], shape: Mapping[str, Any]) -> type[Any]:
    """The model of one provider among those that share a base."""
    kinds: Mapping[str, type[Any]] = getattr(model, "__mapping__", {})
    return kinds.get(str(shape.get("instanceType!")), model)


def _kind_of(model: type[Any], attribute: str) -> type[Any] | None:
    """The model or enumeration that a field has; None for text, numbers and maps of anything."""
    for owner in inspect.getmro(model):
        annotation = str(inspect.get_annotations(owner).get(attribute, ""))
        if annotation:
            named = re.search(r"_models\.(?:_\w+\.)*(\w+)", annotation)
            models = sys.modules[model.__module__.rpartition(".")[0]]
            return getattr(models, named.group(1)) if named else None
    return None
