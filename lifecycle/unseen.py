"""What a preview could not see: named, with the reason and what to do, never guessed and never left out."""

from collections.abc import Iterable
from dataclasses import dataclass

from lifecycle.blockers import Blocker


@dataclass(frozen=True)
class Unseen:
    """A fact about a move that could not be read. `what` goes before "is not known", `mend` is what to do."""

    what: str
    why: str
    mend: str

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


def unseen_words(found: Iterable[Unseen]) -> tuple[str, ...]:
    """One sentence each, without repetition: a network that two cards land in is told of once."""
    return tuple(dict.fromkeys(each.words for each in found))
