"""Reading the service's JSON, without ever failing on what the service left out or sends in another shape.

What is read is a Mapping with the names of the REST interface: a model of the SDK (which is such a Mapping over the
answer as it came) or decoded JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

# The service writes a time that has never been as one of these years (0001 in tasks, 1753 in idle scenarios).
_LAST_YEAR_OF_NEVER = 1753
_FRACTION = re.compile(r"\.(\d+)")


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time of the service, with up to seven digits of a second and with or without a zone, as UTC."""
    if not isinstance(value, str) or not value:
        return None
    digits = _FRACTION.sub(lambda match: "." + match.group(1)[:6].ljust(6, "0"), value.strip(), count=1)
    try:
        time = datetime.fromisoformat(digits)
    except ValueError:
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return time.astimezone(UTC) if time.year > _LAST_YEAR_OF_NEVER else None


def part(data: Json, name: str) -> Json:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def parts(data: Json, name: str) -> tuple[Json, ...]:
    value = data.get(name)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(entry for entry in value if isinstance(entry, Mapping))


def texts(data: Json, name: str) -> tuple[str, ...]:
    value = data.get(name)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(entry for entry in value if isinstance(entry, str))


def text(data: Json, name: str) -> str:
    value = data.get(name)
    return str(value) if isinstance(value, str | int) else ""


def text_or_none(data: Json, name: str) -> str | None:
    return text(data, name) or None


def whole(value: object) -> int | None:
    """A whole number, which the service writes as a number in one field and as text in the next."""
    try:
        return int(float(value)) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def flag(value: object) -> bool | None:
    """useManagedDisks and its like are the texts "true" and "false"."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().casefold()) if isinstance(value, str) else None


def present(data: Json, name: str) -> bool | None:
    """hasPhysicalDisk and its like say "Present", "NotPresent" or "Unknown", which is None as anything else is."""
    return {"present": True, "notpresent": False}.get(text(data, name).casefold())
