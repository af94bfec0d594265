"""Property maps as the engine sends and expects them.

The engine marks an unknown value with one well-known string and a secret with a well-known signature. Here an unknown
is ``UNKNOWN``, and secrecy is kept by the top-level key: whatever held a secret on the way in is secret as a whole on
the way out, in outputs as in inputs, so that nothing leaks by being nested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

_SIGNATURE: Final = rpc._special_sig_key  # noqa: SLF001 - the wire constant; the SDK gives it no public name
_SECRET: Final = rpc._special_secret_sig  # noqa: SLF001 - as above


class Unknown:
    """A value that will be known only once something else has been created."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Properties:
    """One property map: JSON-like ``values`` (with UNKNOWN among them) and the top-level keys that are secret."""

    values: Mapping[str, Any]
    secret: frozenset[str] = field(default_factory=frozenset)

    def get(self, key: str) -> Any:
        """Return the value of ``key``, or None."""
        return self.values.get(key)

    def replaced(self, values: Mapping[str, Any]) -> Properties:
        """Return ``values`` with the secrecy of this map."""
        return Properties(values, self.secret)


def parse(struct: struct_pb2.Struct) -> Properties:
    """Read a map of the engine. Absent and null keys are dropped; whole numbers come as int, as ARM expects them."""
    values: dict[str, Any] = {}
    secret: set[str] = set()
    for key, raw in struct.fields.items():
        value, holds_secret = _value(raw)
        if value is not None:
            values[key] = value
        if holds_secret:
            secret.add(key)
    return Properties(values, frozenset(secret))


def marshal(properties: Properties) -> struct_pb2.Struct:
    """Write a map for the engine."""
    plain: dict[str, Any] = {}
    for key, value in properties.values.items():
        wire = _wire(value)
        plain[key] = {_SIGNATURE: _SECRET, "value": wire} if key in properties.secret else wire
    struct = struct_pb2.Struct()
    struct.update(plain)
    return struct


def has_unknown(value: Any) -> bool:
    """Tell whether anything in ``value`` is unknown."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    return isinstance(value, list) and any(has_unknown(item) for item in value)


@dataclass(frozen=True)
class Difference:
    """One path at which two maps differ; ``root`` is its top-level key."""

    path: str
    root: str
    kind: str  # "add", "delete" or "update"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return where ``new`` differs from ``old``. An unknown differs from everything."""
    return [
        Difference(path, root, kind)
        for root in sorted({*old, *new})
        for path, kind in _walk(root, old.get(root), new.get(root))
    ]


def _walk(path: str, old: Any, new: Any) -> Iterable[tuple[str, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _walk(f"{path}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _walk(f"{path}[{index}]", before, after)
    elif old is None and new is not None:
        yield path, "add"
    elif new is None and old is not None:
        yield path, "delete"
    elif isinstance(new, Unknown) or old != new:
        yield path, "update"


def _value(raw: struct_pb2.Value) -> tuple[Any, bool]:
    kind = raw.WhichOneof("kind")
    if kind == "struct_value":
        return _struct_value(raw.struct_value)
    if kind == "list_value":
        items = [_value(item) for item in raw.list_value.values]
        return [value for value, _ in items], any(secret for _, secret in items)
    if kind == "number_value":
        number = raw.number_value
        return (int(number) if number.is_integer() else number), False
    if kind == "string_value":
        return (UNKNOWN if raw.string_value == rpc.UNKNOWN else raw.string_value), False
    return (raw.bool_value if kind == "bool_value" else None), False


def _struct_value(struct: struct_pb2.Struct) -> tuple[Any, bool]:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else None
    if signature == _SECRET:
        value, _ = _value(struct.fields["value"])
        return value, True
    if signature is not None:
        raise ValueError("Assets, archives and resource references are not Azure property values.")
    parsed = parse(struct)
    return dict(parsed.values), bool(parsed.secret)


def _wire(value: Any) -> Any:
    if isinstance(value, Unknown):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_wire(item) for item in value]
    return value
