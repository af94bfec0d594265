"""What the stack declares about one VM's moves: the one bundle that is handed around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lifecycle.options import MoveOptions
from lifecycle.permits import Permits
from lifecycle.targets import Targets


@dataclass(frozen=True)
class Declared:
    """Options, what people have permitted or stated, and what the operator wants of the protection."""

    options: MoveOptions
    permits: Permits = field(default_factory=Permits)
    targets: Targets = field(default_factory=Targets)

    @classmethod
    def from_inputs(cls, settings: Mapping[str, Any], permits: Mapping[str, Any]) -> "Declared":
        """From plain values of the stack file. Raises ValueError that names what is wrong."""
        return cls(MoveOptions.from_inputs(settings), Permits.from_inputs(permits), Targets.from_inputs(settings))
