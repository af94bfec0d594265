"""What the checks of one preview have found out about each VM, for those who have to tell of all of them.

The gate is registered last and tells of the whole stack; `python -m dr impact` runs a preview with DR_FACTS naming a
directory, and renders what is written there, one file a VM. All checks of an engine's run are served by one process.
"""

import json
import os
import threading
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

_FACTS = "DR_FACTS"
_LONGEST = 150

_lock = threading.Lock()
_notes: dict[tuple[str, str], Mapping[str, Any]] = {}


def note(vault: str, vm: str, facts: Mapping[str, Any]) -> None:
    """Keeps what was found out about a VM; the last word counts."""
    with _lock:
        _notes[vault, vm] = facts
    write(f"vm.{_file_name(vm)}", facts)


def noted(vault: str, vm: str) -> Mapping[str, Any] | None:
    with _lock:
        return _notes.get((vault, vm))


def _file_name(vm: str) -> str:
    """Of any name of a VM: one of a hundred characters of another alphabet is too long for a file."""
    quoted = quote(vm, safe="")
    return quoted if len(quoted) <= _LONGEST else f"{quoted[:_LONGEST]}-{sha256(vm.encode()).hexdigest()[:16]}"


def write(name: str, facts: Mapping[str, Any]) -> None:
    """Into the directory of DR_FACTS, whole or not at all; nowhere when it is not set."""
    directory = os.environ.get(_FACTS)
    if not directory:
        return
    path = Path(directory, f"{name}.json")
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(facts), encoding="utf-8")
    unfinished.replace(path)
