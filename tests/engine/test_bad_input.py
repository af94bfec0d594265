"""Wrong input, typed by somebody in a hurry: one clear error on the right resource, and nothing is changed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import StackUnderTest

pytestmark = pytest.mark.timeout(600)

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def stack(protected_stack: StackUnderTest) -> Iterator[StackUnderTest]:
    """The protected stack, its file as it was again after the test, and proof that nothing moved."""
    written = protected_stack.file.read_text(encoding="utf-8")
    jobs = protected_stack.all_jobs()
    yield protected_stack
    protected_stack.file.write_text(written, encoding="utf-8")
    assert protected_stack.all_jobs() == jobs


def _vm(**changes: Any) -> Change:
    return lambda config: config["site-recovery:vms"]["sql01"].update(changes)


def _rename_key(config: dict[str, Any]) -> None:
    config["site-recovery:vms"]["sql01"]["dircetion"] = config["site-recovery:vms"]["sql01"].pop("direction")


def _dotted(config: dict[str, Any]) -> None:
    config["site-recovery:vms"]["sql01"]["contoso"] = {"direction": "azureToOnPremises"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_rename_key, "vms.sql01.dircetion.*direction"),
        (_vm(direction="azure"), "vms.sql01.direction.*azureToOnPremises"),
        (_vm(failover={"mode": "planed"}), "vms.sql01.failover.mode.*planned"),
        (_dotted, 'vms\\["sql01.contoso"\\]'),
    ],
    ids=["misspelt key", "unknown direction", "misspelt value", "dotted name without quotes"],
)
def test_a_malformed_stack_file_is_told_by_path_with_the_mend(stack: StackUnderTest, change: Change, says: str) -> None:
    stack.edit(change)
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert re.search(says, shown.stdout), shown.stdout
    assert "Traceback" not in shown.stdout


def test_an_unknown_vm_is_told_with_those_that_are_discovered(stack: StackUnderTest) -> None:
    def declare_another(config: dict[str, Any]) -> None:
        vm = copy.deepcopy(config["site-recovery:vms"]["app01"])
        vm["target"].pop("staticIp")
        config["site-recovery:vms"]["web1"] = vm

    stack.edit(declare_another)
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert "ProtectedItem (web1)" in shown.stdout
    assert "web1: no such VM" in shown.stdout
    assert "did you mean web01?" in shown.stdout


def test_a_new_vm_cannot_begin_in_azure(stack: StackUnderTest) -> None:
    def declare_in_azure(config: dict[str, Any]) -> None:
        vm = copy.deepcopy(config["site-recovery:vms"]["app01"])
        vm["target"].pop("staticIp")
        config["site-recovery:vms"]["web01"] = {**vm, "direction": "azureToOnPremises"}

    stack.edit(declare_in_azure)
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert "firstDirection" in shown.stdout
    assert "declare onPremisesToAzure first" in shown.stdout


@pytest.mark.parametrize(
    ("environment", "row", "says"),
    [
        (
            {"ARM_ENDPOINT": "https://management.azure.com"},
            "pulumi:providers:azure-native (azure)",
            "'https://management.azure.com', which is not a loopback address",
        ),
        (
            {"AZURE_SUBSCRIPTION_ID": "11111111-0000-4000-8000-000000000001"},
            "siteRecovery:ProtectedItem",
            "but AZURE_SUBSCRIPTION_ID is 11111111-0000-4000-8000-000000000001",
        ),
        (
            {"AZURE_TENANT_ID": "11111111-0000-4000-8000-000000000001"},
            "pulumi:providers:azure-native (azure)",
            "are of tenant '11111111-0000-4000-8000-000000000001'",
        ),
        ({"AZURE_CLIENT_SECRET": "not-the-secret"}, "siteRecovery:ProtectedItem", "The credentials were refused"),
    ],
    ids=["wrong endpoint", "another subscription", "another tenant", "refused credentials"],
)
def test_a_shell_that_is_not_this_stacks_is_refused_even_for_a_flip_without_a_preview(
    stack: StackUnderTest, environment: dict[str, str], row: str, says: str
) -> None:
    stack.flip("sql01", "azureToOnPremises")
    shown = stack.up(check=False, **environment)
    assert shown.returncode != 0
    assert row in shown.stdout
    assert says in shown.stdout
    assert "not-the-secret" not in shown.stdout


def test_a_stack_of_the_real_cloud_refuses_a_simulators_shell(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.set("target.cloud", "azure")
    shown = stack.up(check=False)
    assert shown.returncode != 0
    assert "pulumi:providers:azure-native (azure)" in shown.stdout
    assert "This is the simulator's stand-in for the azure-native plugin" in shown.stdout
    with stack.simulator.recovery_services() as client:
        assert list(client.vaults.list_by_subscription_id()) == []


def test_a_vm_that_is_not_discovered_yet_says_what_to_wait_for(new_stack: NewStack, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("hosts: [{name: hv01, site: first, registersAfterSeconds: 1, virtualMachines: []}]\n")
    shown = new_stack("--inventory", str(hosts)).up(check=False)
    assert shown.returncode != 0
    assert re.search(r"siteRecovery:ProtectedItem \((sql01|app01)\)", shown.stdout)
    assert "no VM has been discovered on the hosts of the site yet" in shown.stdout


def test_an_engine_that_is_too_old_says_which_is_needed(stack: StackUnderTest) -> None:
    settings = stack.directory / "Pulumi.yaml"
    written = settings.read_text(encoding="utf-8")
    settings.write_text(written.replace('requiredPulumiVersion: ">=', 'requiredPulumiVersion: ">=9'), encoding="utf-8")
    try:
        shown = stack.preview(check=False)
    finally:
        settings.write_text(written, encoding="utf-8")
    assert shown.returncode != 0
    assert ">=93.250.0" in shown.stdout


def test_a_vault_is_never_exchanged_under_protected_vms(stack: StackUnderTest) -> None:
    stack.edit(lambda config: config["site-recovery:vault"].update(name="another-vault"))
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert "cannot be changed" in shown.stdout
