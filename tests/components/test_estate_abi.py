"""What a stack's state remembers by name: tokens, module paths and logical names are those that docs/abi.md lists."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import dynamic
from pydantic.alias_generators import to_camel

import components
import providers
from components.settings import Settings, load_stack_file
from tests.components.declared_program import Registered, registered

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "abi.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The example stack, which has everything that can be declared but another stack to share with."""
    return load_stack_file(ROOT / "stacks" / "Pulumi.example.yaml")


@pytest.fixture(scope="module")
def program(settings: Settings) -> list[Registered]:
    return registered(settings)


def test_every_dynamic_resource_is_listed_with_its_token_and_the_path_of_its_provider() -> None:
    listed = set(re.findall(r"^\| `(pulumi-python:[^`]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE))
    assert listed == set(_dynamic_resources())


def test_every_component_is_listed() -> None:
    listed = set(re.findall(r"^\| `(siteRecovery:components:\w+)` \|", PAGE, re.MULTILINE))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "components").glob("*.py"))
    assert listed == set(re.findall(r'"(siteRecovery:components:\w+)"', sources))


def test_logical_names_are_those_of_the_stack_file(program: list[Registered], settings: Settings) -> None:
    names = {(one.kind.rsplit(":", 1)[-1], one.name) for one in program}
    for vm in settings.vms:
        assert {("ProtectedItem", vm), ("ProtectionDirection", vm), ("ProtectedVm", vm)} <= names
    for site in settings.sites:
        assert {("ReplicationFabric", site), ("HyperVHosts", site)} <= names
    for policy in settings.policies:
        assert {("ReplicationPolicy", policy), ("ReplicationPolicySettings", policy)} <= names
    assert ("PolicyAssociation", "contoso-hyperv/every-5-minutes") in names
    assert {("EstateGuard", "estate"), ("MoveGate", "moves"), ("Vault", settings.vault.name)} <= names


def test_no_two_resources_of_a_kind_share_a_name(program: list[Registered]) -> None:
    keys = [(one.kind, one.name) for one in program]
    assert len(keys) == len(set(keys))


def test_every_output_of_a_vm_is_listed() -> None:
    (row,) = re.findall(r"^\| `vms` \| by VM: (.*) \|$", PAGE, re.MULTILINE)
    source = (ROOT / "components" / "stack.py").read_text(encoding="utf-8")
    outputs = source.partition("def _outputs(")[2].partition("def _configuration(")[0]
    assert re.findall(r"`(\w+)`", row) == re.findall(r'^ +"(\w+)":', outputs, re.MULTILINE)


def test_tags_reach_azure(program: list[Registered]) -> None:
    tags = {one.name: one.inputs.get("tags") for one in program if one.kind.startswith("azure-native:")}
    assert tags["contoso-vault"] == {"owner": "infrastructure"}
    assert tags["contoso-vnet"] == {"owner": "network"}
    assert tags["contosodrlogs"] == {"owner": "storage"}
    (sql01,) = [one for one in program if one.kind.endswith(":ProtectedItem") and one.name == "sql01"]
    assert sql01.inputs["azure"]["tags"] == {"application": "orders"}


def test_every_setting_of_a_vm_reaches_its_protected_item(settings: Settings) -> None:
    target = settings.vms["sql01"].target
    whole = target.model_copy(update={"availability_set": "/availabilitySets/front"})
    vm = settings.vms["sql01"].model_copy(update={"target": whole})
    made = registered(settings.model_copy(update={"vms": {**settings.vms, "sql01": vm}}))
    (item,) = [one for one in made if one.kind.endswith(":ProtectedItem") and one.name == "sql01"]
    named = {key.removesuffix("Id") for key in item.inputs["azure"]}
    declared = {to_camel(name) for name in type(target).model_fields if name not in {"name", "test"}}
    assert named == declared | {"vmName", "testNetwork", "testSubnet", "testStaticIp"}
    assert item.inputs["source"] == vm.source.as_inputs()
    assert item.inputs["stepLimitMinutes"] == vm.step_limits.initial_replication


def test_a_transformation_of_the_stack_reaches_every_resource(settings: Settings) -> None:
    seen: set[str] = set()

    def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        seen.add(args.type_)
        if "tags" not in args.props or not args.type_.startswith("azure-native:"):
            return None
        return pulumi.ResourceTransformationResult({**args.props, "tags": {"cost-center": "4711"}}, args.opts)

    made = registered(settings, transformation=tag)
    tagged = {one.name for one in made if one.inputs.get("tags") == {"cost-center": "4711"}}
    assert {"contoso-vault", "contoso-vnet", "contosodrlogs", "contoso-dr"} <= tagged
    assert {kind.rsplit(":", 1)[-1] for kind in seen} >= {"ProtectedItem", "ProtectionDirection", "PolicyAssociation"}


def _dynamic_resources() -> list[tuple[str, str]]:
    """(token, path of the provider's class) of every dynamic resource of the project."""
    found: list[tuple[str, str]] = []
    for module in pkgutil.iter_modules(providers.__path__):
        if module.ispkg:
            continue
        members: list[Any] = list(vars(importlib.import_module(f"providers.{module.name}")).values())
        classes = [one for one in members if isinstance(one, type) and one.__module__ == f"providers.{module.name}"]
        tokens = [one._resource_type_name for one in classes if issubclass(one, dynamic.Resource)]
        paths = [f"{one.__module__}.{one.__qualname__}" for one in classes if issubclass(one, dynamic.ResourceProvider)]
        found += [(f"pulumi-python:{token}", path) for token, path in zip(tokens, paths, strict=True)]
    return found


def test_the_rooms_of_the_program_are_importable_by_the_names_that_state_keeps() -> None:
    assert components.__name__ == "components"
    for _, path in _dynamic_resources():
        module, _, name = path.rpartition(".")
        assert getattr(importlib.import_module(module), name).serialize_as_secret_always is False
