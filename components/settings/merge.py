"""Which value of a VM holds: the built-in default, then `defaults`, then its tier, then its own lines; the last wins.

Maps are merged key by key, all the way down (tags too). Everything else, lists as well, replaces what was there. A null
takes back what `defaults` or the tier said, so that the built-in default holds again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.settings.problems import Path


@dataclass(frozen=True)
class Layer:
    """What one place of the stack file says about a VM; `path` is where that place is."""

    path: Path
    values: Mapping[str, Any]


def merged(layers: tuple[Layer, ...]) -> dict[str, Any]:
    """The values that hold when each layer is laid over those before it. Without nulls."""
    whole: dict[str, Any] = {}
    for layer in layers:
        whole = _over(whole, layer.values)
    return without_nulls(whole)


def origin(layers: tuple[Layer, ...], keys: tuple[str, ...]) -> Path:
    """Where the value at `keys` was written; the uppermost layer's own path if it was written nowhere."""
    for layer in reversed(layers):
        here: Any = layer.values
        for key in keys:
            if not isinstance(here, Mapping) or key not in here:
                break
            here = here[key]
        else:
            return (*layer.path, *keys)
    return (*layers[-1].path, *keys)


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """A map without keys whose value is null: they are not set."""
    return {
        key: without_nulls(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(below)
    for key, value in above.items():
        inner = whole.get(key)
        both_maps = isinstance(value, Mapping) and isinstance(inner, Mapping)
        whole[key] = _over(inner, value) if both_maps else value  # type: ignore[arg-type]  # both_maps says so
    return whole
