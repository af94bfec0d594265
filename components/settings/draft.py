"""What the rules look at: the configuration as far as it could be understood, and what it was written from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.settings.merge import Layer, origin
from components.settings.problems import Path, Problem
from components.settings.source import NAMESPACE
from components.settings.stack import StackFile
from components.settings.vm import VmSettings


@dataclass(frozen=True)
class DraftVm:
    """A resolved VM and the layers it was made of."""

    settings: VmSettings
    layers: tuple[Layer, ...]

    def problem(self, keys: tuple[str, ...], what: str, mend: str) -> Problem:
        """A problem at the place where the value at `keys` was written: the VM, its tier or `defaults`."""
        return Problem(origin(self.layers, keys), what, mend)


@dataclass(frozen=True)
class Draft:
    """The configuration while it is checked.

    `file` lacks what was malformed, which is reported already. `values` is everything as it was written, so that a name
    whose entry is malformed is still a name that was declared.
    """

    file: StackFile
    values: Mapping[str, Any]
    vms: tuple[DraftVm, ...]

    def declared(self, key: str) -> tuple[str, ...]:
        """The names declared in the map `key`, malformed entries too."""
        entries = self.values.get(key)
        return tuple(entries) if isinstance(entries, Mapping) else ()


def at(*keys: str | int) -> Path:
    """The path of a setting: `at("vms", "sql01")` is `site-recovery:vms.sql01`."""
    return (f"{NAMESPACE}:{keys[0]}", *keys[1:])
