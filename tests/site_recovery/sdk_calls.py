"""What the product calls of the SDK, found in its source, and the action that Azure wants a role to have for each."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient
from azure.mgmt.recoveryservicessiterecovery.operations import _operations

_GROUPS = frozenset(re.findall(r"self\.(\w+) = \w+Operations\(", inspect.getsource(SiteRecoveryManagementClient)))
_VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


def called(source: Path) -> set[tuple[str, str]]:
    """(operation group, method) of every call of the SDK's client in a source file, also by way of a variable."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    found: set[tuple[str, str]] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef):
            names = dict(_groups_in_variables(scope))
            found |= {pair for node in ast.walk(scope) if (pair := _pair(node, names))}
    return found


def action(group: str, method: str) -> str:
    """The action of an operation, from the request that the SDK builds for it."""
    name = f"build_{group}_{method.removeprefix('begin_')}_request"
    text = inspect.getsource(getattr(_operations, name))
    verb = re.search(r'method="(\w+)"', text)
    url = re.search(r"_url = \(?\s*((?:f?\"[^\"]*\"\s*)+)", text)
    assert verb is not None, name
    assert url is not None, name
    path = "".join(re.findall(r"\"([^\"]*)\"", url.group(1)))
    segments = [part for part in path.split("/providers/")[1].split("/") if part and not part.startswith("{")]
    if verb.group(1) == "POST":
        return "/".join([*segments, "action"])
    return "/".join([*segments, _VERBS[verb.group(1)]])


def _groups_in_variables(scope: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and _is_group(node.value.attr):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.attr


def _pair(node: ast.AST, names: dict[str, str]) -> tuple[str, str] | None:
    if not isinstance(node, ast.Attribute):
        return None
    holder = node.value
    if isinstance(holder, ast.Attribute) and _is_group(holder.attr):
        return holder.attr, node.attr
    if isinstance(holder, ast.Name) and holder.id in names:
        return names[holder.id], node.attr
    return None


def _is_group(name: str) -> bool:
    return name in _GROUPS


def on_items(source: Path) -> set[tuple[str, str]]:
    """The operations on a protected item that are chosen by name: `self._on_item("failover_commit", ...)`."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "_on_item"
        and isinstance(call.args[0], ast.Constant)
    ]
    return {("replication_protected_items", f"begin_{name!s}") for name in names}


def plain_requests(source: Path) -> list[range]:
    """The lines of each request that is made without an operation of the SDK."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "HttpRequest"
    ]


def actions_of(method: str, url: str, params: Mapping[str, str]) -> set[str]:
    """What Azure wants a role to have for a request, from its method, its path and what it asks to be told along."""
    path = urlsplit(url).path
    _, has_namespace, within = path.partition("/providers/")
    parts = within.split("/") if has_namespace else ["Microsoft.Resources", *path.strip("/").split("/")]
    kind = "/".join([parts[0], *parts[1::2]])
    expanded = params.get("$expand") if kind == "Microsoft.Compute/virtualMachines" else None
    return {f"{kind}/{_VERBS[method]}", *([f"{kind}/{expanded}/read"] if expanded else [])}
