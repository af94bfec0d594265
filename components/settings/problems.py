"""What is wrong with a configuration, written for the person who wrote it."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Problem:
    """One problem: where, what is wrong (with the value, unless it may be a secret), and how to mend it."""

    path: Path
    what: str
    mend: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = "".join(f"{part}:" for part in (self.file, self.line) if part is not None)
        line = f"{place}{' ' if place else ''}{written_path(self.path)}: {self.what}; {self.mend}"
        # What somebody wrote into a file must not break the line that tells of it, nor reach into a terminal.
        return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)


class SettingsError(Exception):
    """Everything that is wrong with a configuration. `str()` is one line for each problem, below a headline."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems), key=_order))
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        headline = f"The configuration has {count} problem{'' if count == 1 else 's'}. Nothing was changed."
        return "\n".join((headline, *map(str, self.problems)))


def written_path(path: Path) -> str:
    """A path as `pulumi config set --path` takes it: `site-recovery:vms["sql01.contoso"].direction`."""
    if not path:
        return "the file"
    text = str(path[0])
    for part in path[1:]:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}"
        else:
            # As it is: Pulumi knows no other escape there than that of a quote.
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def written_value(value: Any) -> str:
    """A value as a person knows it from the stack file, cut where it is long."""
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def listed(words: Sequence[object], last: str = "or") -> str:
    """`a, b or c`."""
    texts = [str(word) for word in words]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def _order(problem: Problem) -> tuple[str, int, str, str]:
    return (problem.file or "", problem.line or 0, written_path(problem.path), problem.what)
