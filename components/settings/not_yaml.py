"""Why a file is no YAML, in the words of who wrote the file: what is wrong, in which line, and how it is mended.

The parser says what it expected next, and gives the line where it could not go on, which for a quote or a bracket that
was never closed is the end of the file.
"""

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from components.settings.problems import Problem


@dataclass(frozen=True)
class _Fault:
    """`said` is what the parser says; `where_begun` takes the line where the thing begins that it was reading."""

    said: str
    what: str
    mend: str
    where_begun: bool = False


_FAULTS = (
    _Fault(r"found character '\\t'", "a tab stands where YAML takes spaces alone", "indent with spaces"),
    _Fault(r"found character '(.)' that cannot start", "a text cannot begin with {0}", "put it in quotes"),
    _Fault(r"found undefined alias '(.*)'", "*{0} refers to &{0}, which is not in the file", "put a text in quotes"),
    _Fault(
        r"but found '<scalar>'", "there is text behind a closing quote", "put the whole value in one pair of quotes"
    ),
    _Fault(r"expected <block end>", "the line is not indented like those beside it", "indent it like them"),
    _Fault(
        r"mapping values are not allowed",
        "there is a colon where no value can follow",
        "indent the line like those beside it, or put a text with a colon in quotes",
    ),
    _Fault(
        r"sequence entries are not allowed",
        "a list begins on the line of its key",
        "write it in brackets, or each on a line of its own with a hyphen",
    ),
    _Fault(r"unexpected end of stream", "a quote is opened here and never closed", "close it", where_begun=True),
    _Fault(
        r"expected ',' or '[\]}]'",
        "a bracket is opened here and not closed",
        "close it, with commas between its entries",
        where_begun=True,
    ),
    _Fault(r"but found '<stream end>'", "the file ends within a bracket", "close every bracket"),
    _Fault(r"but found another document", "a second document begins (---)", "write everything into one"),
)


def not_yaml(error: YAMLError, text: str, file: str) -> Problem:
    """The problem of a `file` whose `text` the parser refused."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return _problem("there is a control character", "take it out", file, line)
    if not isinstance(error, MarkedYAMLError):
        return _problem(str(error), "mend it", file, None)
    said = error.problem or error.context or ""
    at = error.problem_mark
    for fault in _FAULTS:
        found = re.search(fault.said, said)
        if found is not None:
            begun = error.context_mark if fault.where_begun and error.context_mark is not None else at
            return _problem(fault.what.format(*found.groups()), fault.mend, file, begun.line + 1 if begun else None)
    return _problem(said, "mend the line", file, at.line + 1 if at else None)


def _problem(what: str, mend: str, file: str, line: int | None) -> Problem:
    return Problem((), f"is not YAML: {what}", mend, file, line)
