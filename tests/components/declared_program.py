"""The program, declared without an engine: what it registers, for tests of names and wiring only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime import settings as settings_of_the_sdk

from components.settings import Settings
from components.stack import declare

PROJECT, STACK = "site-recovery", "prod"


@dataclass(frozen=True)
class Registered:
    """One registration: `inputs` have the names that go over the wire."""

    kind: str
    name: str
    inputs: dict[str, Any]


@dataclass
class Registry(mocks.Mocks):
    """Answers every registration with its own inputs."""

    shared: dict[str, Any] = field(default_factory=dict)
    found: list[Registered] = field(default_factory=list)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": self.shared}
        self.found.append(Registered(args.typ, args.name, dict(args.inputs)))
        return f"id-of-{args.name}", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return dict(args.args), None


class _Callbacks:
    """What hooks are registered with in the SDK's own process, which its mocks leave out. Calls none of them."""

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        assert callable(hook.callback)


def registered(
    settings: Settings,
    *,
    transformation: Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]
    | None = None,
    shared: dict[str, Any] | None = None,
) -> list[Registered]:
    """Everything that the program of these settings registers, custom resources and components."""
    registry = Registry(shared=shared or {})
    mocks.set_mocks(registry, project=PROJECT, stack=STACK, preview=False)
    settings_of_the_sdk.SETTINGS.callbacks = _Callbacks()  # its own needs an engine

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK leaves it without types
    def program() -> None:
        if transformation is not None:
            pulumi.runtime.register_stack_transformation(transformation)
        declare(settings)

    program()
    return registry.found
