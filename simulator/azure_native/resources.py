"""What the stand-in does to resources, in terms of property maps; gRPC is left to resource_provider.

It behaves as the real plugin does where a program or the engine can tell: names derived where none is given, the
default location, a refusal to create what exists, PUT for updates, a replacement when a part of the ARM id or the
location changes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.azure_native.arm_client import ArmClient, ArmError
from simulator.azure_native.catalogue import QUERY_ARGUMENTS, Function, ResourceType
from simulator.azure_native.configuration import Configuration
from simulator.azure_native.properties import (
    UNKNOWN,
    Difference,
    Properties,
    Unknown,
    differences,
    has_unknown,
)

_SUFFIX_DIGITS = 8


@dataclass(frozen=True)
class Failure:
    """One argument that cannot be served, and why."""

    argument: str
    reason: str


@dataclass(frozen=True)
class Changes:
    """The outcome of a diff. ``replaces`` are the top-level arguments that force a replacement."""

    differences: tuple[Difference, ...]
    replaces: frozenset[str]
    delete_before_replace: bool


@dataclass(frozen=True)
class State:
    """One resource as it stands in Azure."""

    id: str
    outputs: Properties


class CreationFailedError(Exception):
    """The service accepted a creation, made the resource, and then failed: its ``state`` must be kept."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state


class Resources:
    """The verbs on resources of one configured provider. Safe to call from many threads."""

    def __init__(self, configuration: Configuration, arm: ArmClient) -> None:
        self._configuration = configuration
        self._arm = arm

    def check(
        self, kind: ResourceType, logical_name: str, seed: bytes, old: Properties, new: Properties
    ) -> tuple[Properties, list[Failure]]:
        """Return the inputs with names and location filled in, and what is wrong with them."""
        values = dict(new.values)
        name = kind.name_argument
        if name not in values:
            values[name] = old.get(name) or _derived_name(kind, logical_name, seed)
        if "location" in kind.top and "location" not in values:
            location = old.get("location") or self._default_location(kind, values)
            if location is not None:
                values["location"] = location
        return new.replaced(values), _failures(kind, values)

    def diff(self, kind: ResourceType, old: Properties, new: Properties) -> Changes:
        """Compare the inputs of the last deployment with the new ones."""
        changed = [change for change in differences(old.values, new.values) if not _same_location(change, old, new)]
        roots = {change.root for change in changed}
        replaces = roots & {*kind.path_arguments, *kind.immutable}
        # With the id unchanged, creating first would be a PUT on the very resource that is then deleted.
        same_id = not roots & set(kind.path_arguments)
        return Changes(tuple(changed), frozenset(replaces), bool(replaces) and same_id)

    def create(self, kind: ResourceType, new: Properties) -> State:
        """Create a resource that must not exist yet, and return it when the service has done so.

        Raises ArmError, CreationFailedError, CancelledError.
        """
        path = kind.resource_path(self._configuration.subscription, new.values)
        if self._exists(path, kind.api_version):
            raise ArmError(
                None,
                f"cannot create already existing resource '{path}'. Adopt it with the `import_` option of the "
                f"resource, read it with `get`, or give the new one another name.",
            )
        try:
            answer = self._arm.put(path, kind.api_version, kind.body(new.values))
        except ArmError as error:
            left_behind = self._left_behind(kind, path)
            if left_behind is None:
                raise
            raise CreationFailedError(_state(kind, path, left_behind, new), str(error)) from error
        return _state(kind, path, answer, new)

    def _exists(self, path: str, api_version: str) -> bool:
        """Whether there is a resource already. Like azure-native itself, this takes 404 alone for "no"."""
        try:
            return self._arm.get(path, api_version) is not None
        except ArmError as error:
            raise ArmError(None, f"cannot check existence of resource '{path}': {error}") from error

    def read(self, kind: ResourceType, resource_id: str, inputs: Properties) -> tuple[State, Properties] | None:
        """Return the resource and the inputs that describe it as it is now, or None if it is gone.

        Without ``inputs`` (import, ``get``) they are derived from the resource; with them (refresh) each is brought up
        to what the service says. Raises ArmError, ValueError for an id of another type.
        """
        kind.match(resource_id)
        answer = self._arm.get(resource_id, kind.api_version)
        if answer is None:
            return None
        outputs = kind.outputs(answer)
        if inputs.values:
            observed = {key: _observed(value, outputs.get(key)) for key, value in inputs.values.items()}
        else:
            observed = kind.inputs_of(resource_id, outputs)
        return State(resource_id, inputs.replaced(outputs)), inputs.replaced(observed)

    def update(self, kind: ResourceType, resource_id: str, new: Properties) -> State:
        """Bring a resource to new inputs with a PUT. Raises ArmError, CancelledError."""
        answer = self._arm.put(resource_id, kind.api_version, kind.body(new.values))
        return _state(kind, resource_id, answer, new)

    def delete(self, kind: ResourceType, resource_id: str) -> None:
        """Delete a resource and wait for it; one that is gone already is fine. Raises ArmError, CancelledError."""
        self._arm.delete(resource_id, kind.api_version)

    def call(self, function: Function, arguments: Properties) -> dict[str, Any]:
        """Run a function and return its results. Raises ArmError, also where the resource is not there."""
        missing = [name for name in function.resource.path_arguments if name not in arguments.values]
        if missing:
            raise ArmError(None, f"missing the argument{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
        kind = function.resource
        path = kind.resource_path(self._configuration.subscription, arguments.values)
        if function.action is not None:
            return self._arm.post(f"{path}/{function.action}", kind.api_version)
        query = {QUERY_ARGUMENTS[name]: str(arguments.get(name)) for name in QUERY_ARGUMENTS if arguments.get(name)}
        answer = self._arm.get(path, kind.api_version, query)
        if answer is None:
            raise ArmError("ResourceNotFound", f"'{path}' is not there")
        return {**kind.outputs(answer), "id": answer.get("id", path)}

    def _left_behind(self, kind: ResourceType, path: str) -> dict[str, Any] | None:
        """Return what a failed creation made; None also where that cannot be found out."""
        try:
            return self._arm.get(path, kind.api_version)
        except ArmError:
            return None

    def _default_location(self, kind: ResourceType, values: Mapping[str, Any]) -> Any:
        if self._configuration.location:
            return self._configuration.location
        group = values.get("resourceGroupName")
        if kind.path_arguments == ("resourceGroupName",) or group is None:
            return None
        if isinstance(group, Unknown):
            return UNKNOWN
        path = kind.path.partition("/providers/")[0].format(
            subscriptionId=self._configuration.subscription, resourceGroupName=group
        )
        found = self._arm.get(path, "2024-03-01")
        return found.get("location") if found else None


def preview(kind: ResourceType, new: Properties) -> Properties:
    """Return what is known of a resource's outputs before it is made or changed.

    An object that the service adds to (``properties``) is unknown as a whole; what the program wrote elsewhere is
    known.
    """
    own = {key: value for key, value in new.values.items() if key not in kind.path_arguments}
    return new.replaced({key: UNKNOWN if isinstance(value, Mapping | list) else value for key, value in own.items()})


def _state(kind: ResourceType, path: str, answer: Mapping[str, Any], new: Properties) -> State:
    return State(answer.get("id") or path, new.replaced(kind.outputs(answer)))


def _derived_name(kind: ResourceType, logical_name: str, seed: bytes) -> str:
    if kind.is_child:
        return logical_name
    digest = hashlib.sha256(seed).hexdigest() if seed else secrets.token_hex(_SUFFIX_DIGITS)
    return f"{logical_name}{digest[:_SUFFIX_DIGITS]}"


def _failures(kind: ResourceType, values: Mapping[str, Any]) -> list[Failure]:
    failures = [
        Failure(name, f"{kind.kind} needs '{name}'.") for name in kind.path_arguments if values.get(name) in (None, "")
    ]
    failures += [
        Failure(name, f"The simulator's stand-in does not serve '{name}' of {kind.kind}.")
        for name in sorted(values.keys() - kind.arguments)
    ]
    failures += [
        Failure(name, f"'{name}' is part of an ARM id, so it is a text without '/'; it is {values[name]!r}.")
        for name in kind.path_arguments
        if not has_unknown(value := values.get(name)) and value and (not isinstance(value, str) or "/" in value)
    ]
    return failures


def _same_location(change: Difference, old: Properties, new: Properties) -> bool:
    return change.path == "location" and _observed(new.get("location"), old.get("location")) == new.get("location")


def _observed(written: Any, actual: Any) -> Any:
    """Return what the service says about an input, in the program's spelling where that means the same."""
    if actual is None:
        return written  # write-only, or answered under another name
    if isinstance(written, Mapping) and isinstance(actual, Mapping):
        return {key: _observed(value, actual.get(key)) for key, value in written.items()}
    if isinstance(written, list) and isinstance(actual, list) and len(written) == len(actual):
        return [_observed(before, now) for before, now in zip(written, actual, strict=True)]
    if isinstance(written, str) and isinstance(actual, str) and _folded(written) == _folded(actual):
        return written  # "West Europe" and "westeurope"; ids in another case
    return actual


def _folded(text: str) -> str:
    return text.replace(" ", "").lower()
