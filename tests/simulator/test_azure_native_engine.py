"""The azure-native stand-in under the real engine, driven by a program with the real pulumi_azure_native SDK."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from azure.mgmt.recoveryservicessiterecovery.models import (
    CreatePolicyInput,
    CreatePolicyInputProperties,
    HyperVReplicaAzurePolicyInput,
)

from simulator.command import client_environment
from tests.engine_fixture import EngineUnderTest, engine
from tests.simulator.running import PROJECT, RunningSimulator

__all__ = ["engine"]

PROGRAM = """
import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import network, recoveryservices, resources, storage

config = pulumi.Config()
provider = azure.Provider("simulator", environment=config.require("environment"),
                          subscription_id=config.require("subscription"))
options = pulumi.ResourceOptions(provider=provider)
group = resources.ResourceGroup("contoso-dr", resource_group_name="contoso-dr", location="westeurope",
                                tags={"purpose": config.require("purpose")}, opts=options)
vault = recoveryservices.Vault(
    "vault", vault_name="contoso-vault", resource_group_name=group.name,
    sku=recoveryservices.SkuArgs(name="Standard"),
    properties=recoveryservices.VaultPropertiesArgs(public_network_access="Enabled"), opts=options)
site = recoveryservices.ReplicationFabric(
    "site", fabric_name="contoso-hyperv", resource_group_name=group.name, resource_name_=vault.name,
    properties=recoveryservices.FabricCreationInputPropertiesArgs(), opts=options)
policy = recoveryservices.ReplicationPolicy(
    "policy", policy_name="every-5-minutes", resource_group_name=group.name, resource_name_=vault.name,
    properties=recoveryservices.CreatePolicyInputPropertiesArgs(
        provider_specific_input=recoveryservices.HyperVReplicaAzurePolicyInputArgs(
            instance_type="HyperVReplicaAzure", replication_interval=300, recovery_point_history_duration=24,
            application_consistent_snapshot_frequency_in_hours=4)),
    opts=options)
vnet = network.VirtualNetwork(
    "vnet", virtual_network_name="recovery", resource_group_name=group.name,
    address_space=network.AddressSpaceArgs(address_prefixes=["10.1.0.0/16"]), opts=options)
subnet = network.Subnet("data", subnet_name="data", resource_group_name=group.name, virtual_network_name=vnet.name,
                        address_prefix="10.1.0.0/24", opts=options)
account = storage.StorageAccount(
    "logs", account_name="contosodrlogs", resource_group_name=group.name, kind="StorageV2",
    sku=storage.SkuArgs(name="Standard_LRS"), opts=options)
found = recoveryservices.get_vault_output(
    resource_group_name=group.name, vault_name=vault.name, opts=pulumi.InvokeOptions(provider=provider))
pulumi.export("vault", found.id)
pulumi.export("site", site.id)
pulumi.export("policy", policy.properties.provider_specific_details)
pulumi.export("subnet", subnet.id)
pulumi.export("location", account.location)
"""


@pytest.fixture
def stack(engine: EngineUnderTest, simulator: RunningSimulator, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A project with a stack of the simulator, and the environment of its shell."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: stand-in\nruntime: {name: python}\nmain: .\n",
    )
    (tmp_path / "__main__.py").write_text(PROGRAM)
    plugins = PROJECT / "simulator" / "azure_native" / "bin"
    path = os.pathsep.join([str(plugins), engine.environment["PATH"]])
    shell = {**client_environment(simulator.ready), "PATH": path}
    engine.run("stack", "init", "test", cwd=tmp_path, extra=shell)
    for key, value in (
        ("environment", "simulator"),
        ("subscription", simulator.ready.subscription_id),
        ("purpose", "first"),
    ):
        engine.run("config", "set", key, value, cwd=tmp_path, extra=shell)
    return tmp_path, shell


def test_a_program_is_previewed_carried_out_changed_refreshed_and_destroyed(
    engine: EngineUnderTest, stack: tuple[Path, dict[str, str]], simulator: RunningSimulator
) -> None:
    project, shell = stack

    def pulumi(*arguments: str, check: bool = True) -> str:
        return engine.run(*arguments, cwd=project, extra=shell, check=check).stdout

    previewed = pulumi("preview")
    assert "9 to create" in previewed
    assert simulator.arm("GET", f"{simulator.subscription_path}/resourcegroups/contoso-dr").status_code == 404

    # As the real plugin does: it takes 404 alone for "not there", and a vault that was never used says 400.
    refused = pulumi("up", "--yes", "--skip-preview", check=False)
    assert refused.count("**creating failed**") == 3, "the site, the policy and with them the stack"
    assert "cannot check existence of resource" in refused
    set_up(simulator)
    pulumi("up", "--yes", "--skip-preview")
    vault = pulumi("stack", "output", "vault").strip()
    assert vault.endswith("/vaults/contoso-vault")
    assert pulumi("stack", "output", "location").strip() == "westeurope"
    assert '"replicationInterval": 300' in " ".join(pulumi("stack", "output", "policy", "--json").split())

    assert "9 unchanged" in pulumi("preview", "--expect-no-changes", "--refresh")

    pulumi("config", "set", "purpose", "second")
    assert "1 to update" in pulumi("preview")
    pulumi("up", "--yes", "--skip-preview")
    group = simulator.arm("GET", f"{simulator.subscription_path}/resourcegroups/contoso-dr").json()
    assert group["tags"] == {"purpose": "second"}

    pulumi("config", "set", "environment", "public")
    refused = pulumi("preview", check=False)
    assert "says environment 'public', not 'simulator'" in refused
    pulumi("config", "set", "environment", "simulator")

    pulumi("destroy", "--yes", "--skip-preview")
    assert simulator.arm("GET", f"{simulator.subscription_path}/resourcegroups/contoso-dr").status_code == 404


def set_up(simulator: RunningSimulator) -> None:
    """What the first site or policy does to a vault; this one is of no further use."""
    policy = CreatePolicyInput(
        properties=CreatePolicyInputProperties(
            provider_specific_input=HyperVReplicaAzurePolicyInput(
                replication_interval=300,
                recovery_point_history_duration=24,
                application_consistent_snapshot_frequency_in_hours=4,
            )
        )
    )
    vault = ("contoso-dr", "contoso-vault")
    with simulator.site_recovery() as client:
        client.replication_policies.begin_create(*vault, "first", policy).result(60)
        client.replication_policies.begin_delete(*vault, "first").result(60)
