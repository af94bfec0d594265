"""What a preview could not see: named, with the reason and what to do, never guessed and never left out."""

from collections.abc import Iterable
from dataclasses import dataclass

from lifecycle.blockers import Blocker


@dataclass(frozen=True)
class Unseen:
    """A fact about a move that could not be read. `what` goes before "is not known", `mend` is what to do. It is
    `critical` where the move might do harm by it."""

    what: str
    why: str
    mend: str
    critical: bool = True

    @property
    def words(self) -> str:
        return f"{self.what} is not known: {self.why.rstrip('.')}. To see it: {self.mend}"


@dataclass(frozen=True)
class Findings:
    """What was found out beside an observation: what stands in the way, and what could not be seen."""

    blockers: tuple[Blocker, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    @classmethod
    def of(cls, *found: "Findings") -> "Findings":
        """All of them as one."""
        return cls(
            tuple(blocker for each in found for blocker in each.blockers),
            tuple(unseen for each in found for unseen in each.unseen),
        )


def once_each(found: Iterable[Unseen]) -> tuple[Unseen, ...]:
    """Without repetition: a network that two cards land in is told of once."""
    return tuple({each.words: each for each in found}.values())
