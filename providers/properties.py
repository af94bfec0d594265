"""Reading the engine's property values: unknowns, numbers that arrive as floats, and what counts as a change."""

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi.output import Unknown
from pulumi.runtime import rpc

PROVIDER_KEY = "__provider"


class SnakeCaseOutputs:
    """Mixed into a resource: its outputs, camelCase in the state, are attributes with Python's names."""

    def __getattr__(self, name: str) -> Any:
        # Translating whole property names, as generated SDKs do, would also rename keys inside the values.
        head, *rest = name.split("_")
        camel = head + "".join(part.capitalize() for part in rest)
        if rest and head and camel in self.__dict__:
            return self.__dict__[camel]
        raise AttributeError(f"{type(self).__name__} has no output {name}")


def is_unknown(value: Any) -> bool:
    """Whether a value, or anything inside it, is not known yet: in a preview before its resource exists."""
    if isinstance(value, Unknown) or value is rpc.UNKNOWN or value == rpc.UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(is_unknown(inner) for inner in value)
    return False


def plain(value: Any) -> Any:
    """A value as it was declared: floats that are whole become ints again, Nones are gone, as the engine drops them."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items() if inner is not None and key != PROVIDER_KEY}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def changed_keys(before: Mapping[str, Any], after: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """The keys among `keys` whose values differ. ARM ids are the same in any case of their letters."""
    return [key for key in keys if _comparable(before.get(key)) != _comparable(after.get(key))]


def _comparable(value: Any) -> Any:
    if is_unknown(value):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _comparable(inner) for key, inner in plain(value).items()}
    if isinstance(value, list | tuple):
        return [_comparable(inner) for inner in value]
    if isinstance(value, str) and value.casefold().startswith("/subscriptions/"):
        return value.rstrip("/").casefold()
    return plain(value)
