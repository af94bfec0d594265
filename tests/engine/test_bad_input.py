"""Wrong input, typed by somebody in a hurry: one clear error on the right resource, and nothing is changed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engine.stack_under_test import StackUnderTest

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("protected-stack")]

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def stack(protected_stack: StackUnderTest) -> Iterator[StackUnderTest]:
    """The protected stack, its file as it was again after the test, and proof that nothing moved."""
    written = protected_stack.file.read_text(encoding="utf-8")
    jobs = protected_stack.job_scenarios("sql01")
    yield protected_stack
    protected_stack.file.write_text(written, encoding="utf-8")
    assert protected_stack.job_scenarios("sql01") == jobs


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
    assert re.search(says, shown.stdout, re.DOTALL), shown.stdout
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
    ("environment", "says"),
    [
        ({"ARM_ENDPOINT": "https://management.azure.com"}, "loopback|simulator"),
        ({"AZURE_SUBSCRIPTION_ID": "11111111-0000-4000-8000-000000000001"}, "subscription"),
        ({"AZURE_TENANT_ID": "11111111-0000-4000-8000-000000000001"}, "tenant"),
        ({"AZURE_CLIENT_SECRET": "not-the-secret"}, "secret|credential"),
    ],
    ids=["wrong endpoint", "another subscription", "another tenant", "refused credentials"],
)
def test_a_shell_that_is_not_this_stacks_is_refused(
    stack: StackUnderTest, environment: dict[str, str], says: str
) -> None:
    shown = stack.preview(check=False, **environment)
    assert shown.returncode != 0, shown.stdout
    assert re.search(says, shown.stdout, re.IGNORECASE), shown.stdout
    assert "not-the-secret" not in shown.stdout


def test_a_stack_of_the_real_cloud_refuses_a_simulators_shell(stack: StackUnderTest) -> None:
    stack.edit(lambda config: config["site-recovery:target"].update(cloud="azure"))
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert "simulator" in shown.stdout


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
