"""What Pulumi programs do everywhere works here: transforms of a stack and of a component, and no secret in a state."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import VAULT, StackUnderTest, resources_changed
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)

# The project's program, with a transform of the whole stack and one of a component.
PROGRAM = """\
import pulumi

from components import stack

TAGGED = ("ResourceGroup", "Vault", "VirtualNetwork", "StorageAccount")


def costs(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if args.type_.startswith("azure-native:") and args.type_.endswith(TAGGED):
        return pulumi.ResourceTransformResult(with_tag(args.props, "cost-center"), args.opts)
    if args.type_.endswith(":ProtectedItem"):
        azure = pulumi.Output.from_input(args.props["azure"]).apply(lambda known: with_tag(known, "cost-center"))
        return pulumi.ResourceTransformResult({**args.props, "azure": azure}, args.opts)
    return None


def team(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if args.type_.endswith(":Vault"):
        return pulumi.ResourceTransformResult(with_tag(args.props, "team"), args.opts)
    return None


def with_tag(props, name):
    return {**props, "tags": {**(props.get("tags") or {}), name: "4711"}}


class TeamVault(stack.RecoveryVault):
    def __init__(self, name, settings, guard, opts):
        super().__init__(name, settings, guard, pulumi.ResourceOptions.merge(opts, OPTIONS))


OPTIONS = pulumi.ResourceOptions(transforms=[team])
stack.RecoveryVault = TeamVault
pulumi.runtime.register_resource_transform(costs)
for name, value in stack.declare(stack.read_settings()).items():
    pulumi.export(name, value)
"""
SECRET = "hunter2-very-secret"  # a password that nobody uses


@pytest.fixture
def estate(new_stack: NewStack) -> StackUnderTest:
    stack = new_stack()
    program = stack.directory / "__main__.py"
    program.unlink()
    program.write_text(PROGRAM, encoding="utf-8")
    return stack


def test_transforms_of_the_stack_and_of_a_component_reach_azure_and_change_nothing_later(
    estate: StackUnderTest,
) -> None:
    estate.edit(_tagged)
    estate.up()
    assert _tags(estate.simulator, "Microsoft.RecoveryServices/vaults/contoso-vault", "2024-10-01") == {
        "owner": "infrastructure",
        "cost-center": "4711",
        "team": "4711",
    }
    for path in ("Microsoft.Network/virtualNetworks/contoso-vnet", "Microsoft.Storage/storageAccounts/contosodr"):
        assert _tags(estate.simulator, path, "2024-05-01")["cost-center"] == "4711"
    details = estate.item("sql01")["providerSpecificDetails"]
    assert details["targetVmTags"] == {"application": "orders", "cost-center": "4711"}
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}


def test_a_secret_in_the_configuration_is_refused_and_never_reaches_the_state(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.edit(lambda config: config["site-recovery:vms"]["sql01"].update({"adminPassword": SECRET}))
    stack.pulumi("config", "set", "--secret", "site-recovery:freeze", SECRET, "--stack", stack.stack)
    for refused in (stack.preview(check=False), stack.up(check=False)):
        assert refused.returncode != 0
        assert "site-recovery:freeze: is an encrypted value" in refused.stdout
        assert "site-recovery:vms.sql01.adminPassword: looks like a secret by its name" in refused.stdout
        assert SECRET not in refused.stdout
    exported = stack.pulumi("stack", "export", "--show-secrets", "--stack", stack.stack).stdout
    assert SECRET not in exported.replace("\\n", "")
    groups = stack.simulator.arm("GET", f"{stack.simulator.subscription_path}/resourcegroups").json()["value"]
    assert groups == [], "nothing was made"


def _tagged(config: dict[str, Any]) -> None:
    config["site-recovery:vault"]["tags"] = {"owner": "infrastructure"}
    config["site-recovery:vms"].pop("app01")
    config["site-recovery:vms"]["sql01"]["target"]["tags"] = {"application": "orders"}


def _tags(simulator: RunningSimulator, path: str, version: str) -> dict[str, str]:
    group = f"{simulator.subscription_path}/resourceGroups/{VAULT[0]}"
    answer = simulator.arm("GET", f"{group}/providers/{path}", version=version)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json().get("tags") or {}
    return found
