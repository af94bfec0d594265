"""Secrets do not belong into the configuration: the engine keeps all of it, decrypted values too, in the stack's state.

What looks like one is refused and its value is never shown.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from components.settings.problems import Path, Problem

_KEY = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|secret|token|(?:api|access|account|private|shared)[_-]?key"
    r"|connection[_-]?string|credentials?|sas)$"
)
_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|(?i:AccountKey|SharedAccessKey|SharedAccessSignature)="
    r"|[?&]sig="
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."
    r"|://[^/\s:@]+:[^/\s@]+@"
    r"|\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{34}"  # the shape of a Microsoft Entra client secret
    r"|(?i:^--?(?:client-?)?(?:password|secret|token)\b)"
)

_WHY = "the engine keeps the whole configuration in the stack's state"
_MEND = (
    "take it out, and give credentials by the environment (AZURE_CLIENT_SECRET and the like, a managed identity, OIDC)"
)


def find_secrets(values: Mapping[str, Any], secret_keys: frozenset[str]) -> tuple[Problem, ...]:
    """Every value that is encrypted, or that looks like a secret by its key or by itself."""
    return tuple(
        Problem(path, f"{what}: {_WHY}", _MEND)
        for key, value in values.items()
        for path, what in _in(value, (key,), secret_keys)
    )


def without(values: Mapping[str, Any], paths: Collection[Path]) -> dict[str, Any]:
    """The values without those at `paths`, so that nothing that comes after can use or show them."""
    return {key: _without(value, (key,), paths) for key, value in values.items() if (key,) not in paths}


def _in(value: Any, path: Path, secret_keys: frozenset[str]) -> Iterator[tuple[Path, str]]:
    if len(path) == 1 and path[0] in secret_keys:
        yield path, "is an encrypted value"
    elif isinstance(value, Mapping):
        if set(value) == {"secure"}:
            yield path, "is an encrypted value"
            return
        for key, inner in value.items():
            yield from _in(inner, (*path, str(key)), secret_keys)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _in(inner, (*path, index), secret_keys)
    elif isinstance(path[-1], str) and _KEY.search(path[-1]) and value not in (None, ""):
        yield path, "looks like a secret by its name"
    elif isinstance(value, str) and _VALUE.search(value):
        yield path, "looks like a secret"


def _without(value: Any, path: Path, paths: Collection[Path]) -> Any:
    if isinstance(value, Mapping):
        return {k: _without(v, (*path, str(k)), paths) for k, v in value.items() if (*path, str(k)) not in paths}
    if isinstance(value, list):
        # A list keeps its length: the places of the others are shown to a person.
        return ["" if (*path, i) in paths else _without(v, (*path, i), paths) for i, v in enumerate(value)]
    return value
