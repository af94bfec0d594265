"""Where a configuration is read from: the engine's values, or a stack file with its line numbers.

Both give the same `Source`, so that nothing after it has to know.
"""

import json
import pathlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from components.settings.explain import closest
from components.settings.not_yaml import not_yaml
from components.settings.problems import Path, Problem

NAMESPACE = "site-recovery"
# Keys of the official provider that would be a second source of what `target` says.
TARGET_ELSEWHERE = ("azure-native:subscriptionId", "azure-native:tenantId", "azure-native:environment")
_FREEZE = f"{NAMESPACE}:freeze"
_TEXTS = (_FREEZE, f"{NAMESPACE}:sharedStack")
# What Pulumi itself keeps in a stack file.
STACK_FILE_KEYS = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")


@dataclass(frozen=True)
class Source:
    """The values of every configuration key, as they were written: `site-recovery:vms` and those of other programs."""

    values: Mapping[str, Any]
    file: str | None = None
    lines: Mapping[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    secret_keys: frozenset[str] = frozenset()

    def placed(self, problem: Problem) -> Problem:
        """The problem with its file, and the line of its path or of the closest thing around it."""
        path = problem.path
        while path and path not in self.lines:
            path = path[:-1]
        return replace(problem, file=self.file, line=problem.line or self.lines.get(path))


def from_engine(config: Mapping[str, Any], secret_keys: Iterator[str] | tuple[str, ...] = ()) -> Source:
    """From what the engine hands to a program: objects as JSON text, scalars as text. Parsed values are taken as well.

    Keys may stand with the namespace or without it.
    """
    values = {_with_namespace(key): _decoded(_with_namespace(key), value) for key, value in config.items()}
    return Source(values, secret_keys=frozenset(_with_namespace(key) for key in secret_keys))


def from_stack_file(path: pathlib.Path, *, shown_as: str | None = None) -> Source:
    """From a `Pulumi.<stack>.yaml`. Nothing is raised for what the file says: its problems are in the result.

    Raises OSError when there is no such file or it cannot be read.
    """
    name = shown_as or str(path)
    reader = _Reader()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return Source({}, name, problems=(Problem((), "is not UTF-8 text", "save it as UTF-8", name),))
    try:
        node = YAML(pure=True).compose(text)
        whole = reader.read(node, ()) if node is not None else {}
    except YAMLError as error:
        return Source({}, name, problems=(not_yaml(error, text, name),))
    if not isinstance(whole, dict):
        return Source({}, name, problems=(Problem((), "is not a stack file", "begin it with config:", name, 1),))
    config, problems = _config_of(whole)
    lines = {path[1:]: line for path, line in reader.lines.items() if path[:1] == ("config",)}
    source = Source(config, name, lines, ())
    placed = tuple(replace(p, file=name, line=p.line or reader.lines.get(p.path)) for p in problems)
    return replace(source, problems=placed + tuple(source.placed(p) for p in reader.problems))


def _config_of(whole: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    problems = [
        Problem((key,), "is not a key of a stack file", _mend_of_key(key))
        for key in whole
        if key not in STACK_FILE_KEYS
    ]
    config = whole.get("config") or {}
    if not isinstance(config, dict):
        return {}, [
            *problems,
            Problem(("config",), "is not a map", f"write lines such as {NAMESPACE}:version: 1 below it"),
        ]
    return {key: _decoded(key, value) for key, value in config.items()}, problems


def _mend_of_key(key: str) -> str:
    meant = closest(key, STACK_FILE_KEYS)
    return f"did you mean {meant}?" if meant else f"put settings below config:, as {NAMESPACE}:{key}"


def _with_namespace(key: str) -> str:
    return key if ":" in key else f"{NAMESPACE}:{key}"


def _decoded(key: str, value: Any) -> Any:
    """What a text at the top stands for.

    The engine hands objects and lists to a program as JSON, and everything else as text; `pulumi config set` writes
    `version: "1"` into the file. A key without a value comes as an empty text.
    """
    if key == _FREEZE and not value:
        # Whoever wrote the key wanted a freeze: without its reason that is an error, and not no freeze.
        return ""
    if not key.startswith(f"{NAMESPACE}:") or not isinstance(value, str):
        return value
    if not value:
        return None
    if key in _TEXTS:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


class _Reader:
    """Plain values of a YAML document, with the line of each path. Times stay text: their zone has to be seen."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._open: list[Node] = []

    def read(self, node: Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if any(node is around for around in self._open):
            self.problems.append(Problem(path[1:], "refers to itself", "write it out"))
            return None
        self._open.append(node)
        try:
            return self._plain(node, path)
        finally:
            self._open.pop()

    def _plain(self, node: Node, path: Path) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node) if isinstance(node, ScalarNode) else None

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        plain: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if str(key_node.tag) == "tag:yaml.org,2002:merge":
                merged |= self._merged(value_node, path)
                continue
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in plain:
                first = self.lines[(*path, key)]
                self.problems.append(
                    Problem((*path, key)[1:], f"is written twice (line {first} as well)", "keep one", line=line)
                )
            self.lines[(*path, key)] = line
            plain[key] = self.read(value_node, (*path, key))
        return merged | plain

    def _merged(self, node: Node, path: Path) -> dict[str, Any]:
        """`<<: *anchor`, or a list of them of which the first wins."""
        nodes = reversed(node.value) if isinstance(node, SequenceNode) else [node]
        found: dict[str, Any] = {}
        for each in nodes:
            value = self.read(each, path)
            found |= value if isinstance(value, dict) else {}
        return found


def _scalar(node: ScalarNode) -> Any:
    text = str(node.value)
    match str(node.tag).rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(text, _whole)
        case "float":
            return _number(text, float)
        case _:
            return text


def _whole(text: str) -> int:
    """As the engine reads it: a leading zero makes it octal."""
    if re.fullmatch(r"[+-]?0[0-7]+", text):
        return int(text, 8)
    return int(text, 10 if text.lstrip("+-").isdecimal() else 0)


def _number(text: str, parse: Any) -> Any:
    try:
        return parse(text)
    except ValueError:
        return text
