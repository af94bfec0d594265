"""A stack that an earlier release brought up is carried on by this one, as is one whose resources have other names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine import keep_state
from tests.engine.made_by_hand import HandMade
from tests.engine.stack_under_test import StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)

VERSIONS = sorted(path.name for path in keep_state.KEPT.iterdir())

# The project's program with another name for what protects a VM, and with its old one as an alias if it is told to.
RENAMED = """\
import os

import pulumi

from components import protected_vm, stack


class Renamed(protected_vm.ProtectedItem, module="siteRecovery", name="ProtectedItem"):
    def __init__(self, name, *, opts, **inputs):
        known = [pulumi.Alias(name=name)] if os.environ["WITH_ALIAS"] == "yes" else []
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=known))
        super().__init__(f"{name}-item", opts=opts, **inputs)


protected_vm.ProtectedItem = Renamed
for name, value in stack.declare(stack.read_settings()).items():
    pulumi.export(name, value)
"""


def test_there_is_a_kept_state() -> None:
    assert VERSIONS


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path, "--speed", "600", "--inventory", keep_state.inventory(tmp_path))
    yield running
    running.stop()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stack_that_an_earlier_release_made_does_just_what_is_declared(
    version: str, simulator: RunningSimulator, tmp_path: Path, engine: EngineUnderTest
) -> None:
    _stack(version, keep_state.MADE, simulator, tmp_path / "now", engine).up()  # the vault, as that release left it
    stack = _stack(version, keep_state.MADE, simulator, tmp_path / "earlier", engine)
    keep_state.import_state(version, keep_state.MADE, stack)
    assert resources_changed(stack.preview_json("--expect-no-changes")) == {}

    simulator.admin("DELETE", "audit")
    stack.set("vms.vm01.target.size", "Standard_D4s_v5")
    stack.up()
    assert [operation for operation, _ in _mutations(simulator)] == ["ReplicationProtectedItems_Update"]

    _write_program(stack)
    assert resources_changed(stack.preview_json("--expect-no-changes", WITH_ALIAS="yes")) == {}
    lost = _steps(stack.preview_json(WITH_ALIAS="no"))
    assert {"create"} == lost["vm01-item"] == lost["vm02-item"], "which is how a forgotten alias is found"
    assert "delete" in lost["vm01"] & lost["vm02"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stack_by_which_an_earlier_release_adopted_a_vault_changes_nothing(
    version: str, tmp_path: Path, engine: EngineUnderTest
) -> None:
    vault = HandMade(tmp_path)
    try:
        stack = _stack(version, keep_state.ADOPTED, vault.simulator, tmp_path / "earlier", engine)
        keep_state.import_state(version, keep_state.ADOPTED, stack)
        # What a release read otherwise of a VM may be put right in the state: an update there, and none in the service.
        assert set(resources_changed(stack.preview_json()).values()) <= {"read", "update"}
        stack.up()
        assert vault.mutations() == []
        assert set(resources_changed(stack.preview_json("--expect-no-changes")).values()) == {"read"}
    finally:
        vault.stop()


def _stack(
    version: str, estate: str, simulator: RunningSimulator, directory: Path, engine: EngineUnderTest
) -> StackUnderTest:
    directory.mkdir()
    return keep_state.as_kept(version, estate, StackUnderTest(directory, engine, simulator))


def _mutations(simulator: RunningSimulator) -> list[tuple[str, str]]:
    return [(entry["operation"], entry["path"]) for entry in simulator.admin("GET", "audit")["mutations"]]


def _write_program(stack: StackUnderTest) -> None:
    program = stack.directory / "__main__.py"
    program.unlink()
    program.write_text(RENAMED, encoding="utf-8")


def _steps(preview: dict[str, Any]) -> dict[str, set[str]]:
    """The operations of a preview by the names of what they are done to."""
    found: dict[str, set[str]] = {}
    for step in preview["steps"]:
        found.setdefault(step["urn"].rsplit("::", 1)[-1], set()).add(step["op"])
    return found
