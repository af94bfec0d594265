"""The stand-in for the azure-native plugin, started as the engine starts it and spoken to over gRPC."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from tests.simulator.conftest import FreshSimulator
from tests.simulator.plugin import (
    GROUP,
    NETWORK,
    STORAGE,
    TIMEOUT,
    Plugin,
    details,
    plain,
    started,
    struct,
    urn,
)
from tests.simulator.running import RunningSimulator

_numbers = count()


@pytest.fixture(scope="module")
def plugin(simulator: RunningSimulator) -> Iterator[Plugin]:
    """A plugin that is configured for the simulator."""
    with started(simulator.environment) as running:
        running.configure(environment="simulator", subscriptionId=simulator.ready.subscription_id)
        yield running


@pytest.fixture
def group(plugin: Plugin) -> str:
    """The name of a resource group that the plugin made."""
    name = f"plugin-{next(_numbers)}"
    plugin.create(GROUP, name, {"resourceGroupName": name, "location": "westeurope"})
    return name


def test_it_says_what_the_engine_needs_to_hear(plugin: Plugin, simulator: RunningSimulator) -> None:
    handshake = plugin.stub.Handshake(provider_pb2.ProviderHandshakeRequest(), timeout=TIMEOUT)
    assert handshake.accept_secrets
    assert plugin.stub.GetPluginInfo(empty_pb2.Empty(), timeout=TIMEOUT).version == "3.29.0"
    configured = plugin.configure(environment="simulator", subscriptionId=simulator.ready.subscription_id)
    assert configured.acceptSecrets
    assert configured.supportsPreview
    assert not configured.acceptOutputs


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        ({}, {}, "says environment 'public', not 'simulator'"),
        ({"environment": "public"}, {}, "nothing was read or changed"),
        ({"environment": "simulator"}, {"ARM_ENDPOINT": "https://management.azure.com"}, "not a loopback address"),
        ({"environment": "simulator"}, {"ARM_ENDPOINT": "http://localhost:1"}, "has to be an https URL"),
        ({"environment": "simulator"}, {"ARM_ENDPOINT": ""}, "ARM_ENDPOINT is not set"),
        (
            {"environment": "simulator"},
            {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com"},
            "AZURE_AUTHORITY_HOST is 'https://login.microsoftonline.com'",
        ),
        ({"environment": "simulator", "tenantId": "another"}, {}, "The stack's target is tenant 'another'"),
        ({"environment": "simulator"}, {"AZURE_SUBSCRIPTION_ID": ""}, "names no subscription"),
    ],
)
def test_it_refuses_every_stack_but_those_of_the_simulator(
    simulator: RunningSimulator, arguments: dict[str, str], environment: dict[str, str], reason: str
) -> None:
    with started({**simulator.environment, **environment}) as plugin:
        checked = plugin.stub.CheckConfig(provider_pb2.CheckRequest(news=struct(arguments)), timeout=TIMEOUT)
        assert [reason in failure.reason for failure in checked.failures] == [True]
        with pytest.raises(grpc.RpcError) as refused:
            plugin.configure(**arguments)
        assert reason in details(refused.value)
        with pytest.raises(grpc.RpcError, match="has not been configured"):
            plugin.create(GROUP, "any", {"resourceGroupName": "any", "location": "westeurope"})


def test_a_provider_whose_configuration_is_not_known_yet_is_not_refused(plugin: Plugin) -> None:
    news = struct({"environment": "simulator", "subscriptionId": rpc.UNKNOWN})
    checked = plugin.stub.CheckConfig(provider_pb2.CheckRequest(news=news), timeout=TIMEOUT)
    assert not checked.failures


def test_a_group_is_created_read_updated_and_deleted(plugin: Plugin) -> None:
    checked = plain(plugin.check(GROUP, "contoso", {"location": "West Europe"}).inputs)
    assert checked["resourceGroupName"].startswith("contoso")
    assert len(checked["resourceGroupName"]) == len("contoso") + 8
    made = plugin.create(GROUP, "contoso", checked)
    assert made.id.endswith(f"/resourceGroups/{checked['resourceGroupName']}")
    outputs = plain(made.properties)
    assert (outputs["name"], outputs["location"]) == (checked["resourceGroupName"], "westeurope")
    assert outputs["azureApiVersion"] == "2024-03-01"
    assert "id" not in outputs
    tagged = plugin.update(GROUP, "contoso", made.id, {**checked, "tags": {"a": "b"}})
    assert plain(tagged.properties)["tags"] == {"a": "b"}
    plugin.delete(GROUP, "contoso", made.id)
    assert plugin.read(GROUP, "contoso", made.id).id == ""
    plugin.delete(GROUP, "contoso", made.id)


def test_a_derived_name_stays_and_an_explicit_one_is_taken(plugin: Plugin) -> None:
    first = plain(plugin.check(GROUP, "dr", {"location": "westeurope"}).inputs)
    again = plain(plugin.check(GROUP, "dr", {"location": "eastus"}, olds=first).inputs)
    assert again["resourceGroupName"] == first["resourceGroupName"]
    explicit = plain(plugin.check(GROUP, "dr", {"resourceGroupName": "mine", "location": "eastus"}).inputs)
    assert explicit["resourceGroupName"] == "mine"
    policy = plugin.check(
        "azure-native:recoveryservices:ReplicationPolicy", "every-5", {"resourceGroupName": "g", "resourceName": "v"}
    )
    assert plain(policy.inputs)["policyName"] == "every-5"


def test_the_location_defaults_to_the_groups(plugin: Plugin, group: str) -> None:
    vault = "azure-native:recoveryservices:Vault"
    checked = plugin.check(vault, "vault", {"resourceGroupName": group, "sku": {"name": "Standard"}})
    assert plain(checked.inputs)["location"] == "westeurope"
    unknown = plugin.check(vault, "vault", {"resourceGroupName": rpc.UNKNOWN})
    assert plain(unknown.inputs)["location"] == rpc.UNKNOWN


def test_bad_arguments_are_check_failures(plugin: Plugin) -> None:
    failures = plugin.check(
        "azure-native:recoveryservices:ReplicationFabric", "site", {"resourceGroupName": "a/b", "colour": "red"}
    ).failures
    reasons = {failure.property: failure.reason for failure in failures}
    assert reasons.keys() == {"resourceName", "resourceGroupName", "colour"}
    assert "without '/'" in reasons["resourceGroupName"]


def test_a_type_it_does_not_serve_is_named_with_those_it_does(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.check("azure-native:web:WebApp", "site", {})
    assert "azure-native:web:WebApp 'site'" in details(refused.value)
    assert "recoveryservices:Vault" in details(refused.value)


def test_a_preview_changes_nothing_and_knows_what_the_program_wrote(
    plugin: Plugin, simulator: RunningSimulator
) -> None:
    inputs = {"resourceGroupName": "previewed", "location": "westeurope", "tags": {"a": "b"}}
    shown = plugin.create(GROUP, "previewed", inputs, preview=True)
    assert shown.id == ""
    assert plain(shown.properties) == {"location": "westeurope", "tags": rpc.UNKNOWN}
    assert simulator.arm("HEAD", f"{simulator.subscription_path}/resourcegroups/previewed").status_code == 404


def test_creating_what_exists_is_refused(plugin: Plugin, group: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create(GROUP, "again", {"resourceGroupName": group, "location": "westeurope"})
    assert "cannot create already existing resource" in details(refused.value)
    assert f"{GROUP} 'again'" in details(refused.value)


def test_an_error_of_the_service_names_the_resource_and_the_code(plugin: Plugin) -> None:
    inputs = {"resourceGroupName": "gone", "virtualNetworkName": "vnet", "location": "westeurope"}
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create(NETWORK, "vnet", inputs)
    assert (
        details(refused.value) == f"{NETWORK} 'vnet': ResourceGroupNotFound: Resource group 'gone' could not be found."
    )


def test_a_simulator_that_is_not_there_is_said_in_one_line(simulator: RunningSimulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"https://localhost:{taken.getsockname()[1]}"
    environment = {**simulator.environment, "ARM_ENDPOINT": nowhere, "AZURE_AUTHORITY_HOST": nowhere}
    with started(environment) as plugin:
        plugin.configure(environment="simulator")
        with pytest.raises(grpc.RpcError) as failed:
            plugin.create(GROUP, "any", {"resourceGroupName": "any", "location": "westeurope"})
    assert "no simulator answers at ARM_ENDPOINT. Start it (`make simulator`)" in details(failed.value)


def test_only_what_is_part_of_the_id_or_cannot_change_replaces(plugin: Plugin) -> None:
    old = {"resourceGroupName": "g", "location": "westeurope", "tags": {"a": "1", "b": "2"}}
    same = plugin.diff(GROUP, "g", old, {**old, "location": "West Europe"})
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    tagged = plugin.diff(GROUP, "g", old, {**old, "tags": {"a": "3"}})
    assert (list(tagged.diffs), list(tagged.replaces)) == (["tags"], [])
    assert {path: change.kind for path, change in tagged.detailedDiff.items()} == {
        "tags.a": provider_pb2.PropertyDiff.UPDATE,
        "tags.b": provider_pb2.PropertyDiff.DELETE,
    }
    moved = plugin.diff(GROUP, "g", old, {**old, "location": "eastus"})
    assert list(moved.replaces) == ["location"]
    assert moved.deleteBeforeReplace  # the id stays: creating first would meet itself
    renamed = plugin.diff(GROUP, "g", old, {**old, "resourceGroupName": "h"})
    assert list(renamed.replaces) == ["resourceGroupName"]
    assert not renamed.deleteBeforeReplace
    unknown = plugin.diff(GROUP, "g", old, {**old, "resourceGroupName": rpc.UNKNOWN})
    assert list(unknown.replaces) == ["resourceGroupName"]


def test_flattened_and_renamed_properties_come_back_as_they_went(plugin: Plugin, group: str) -> None:
    account = f"plugin{next(_numbers)}"
    inputs = {
        "resourceGroupName": group,
        "accountName": account,
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "accessTier": "Cool",
        "enableHttpsTrafficOnly": True,
    }
    made = plugin.create(STORAGE, "account", inputs)
    outputs = plain(made.properties)
    assert (outputs["accessTier"], outputs["enableHttpsTrafficOnly"]) == ("Cool", True)
    assert outputs["primaryEndpoints"]["blob"].startswith(f"https://{account}.")
    assert "properties" not in outputs
    read = plugin.read(STORAGE, "account", made.id, inputs)
    assert plain(read.inputs) == inputs
    keys = plugin.invoke(
        "azure-native:storage:listStorageAccountKeys", {"resourceGroupName": group, "accountName": account}
    )
    assert len(keys["keys"]) == 2


def test_a_networks_subnets_are_nested_for_arm_and_flat_for_the_program(
    plugin: Plugin, simulator: RunningSimulator, group: str
) -> None:
    inputs = {
        "resourceGroupName": group,
        "virtualNetworkName": "vnet",
        "location": "westeurope",
        "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
        "subnets": [{"name": "data", "addressPrefix": "10.1.0.0/24"}],
    }
    made = plugin.create(NETWORK, "vnet", inputs)
    wire = simulator.arm("GET", made.id).json()["properties"]["subnets"][0]
    assert wire["properties"]["addressPrefix"] == "10.1.0.0/24"
    assert plain(made.properties)["subnets"][0]["addressPrefix"] == "10.1.0.0/24"
    subnet = {"resourceGroupName": group, "virtualNetworkName": "vnet", "subnetName": "app"}
    child = plugin.create("azure-native:network:Subnet", "app", {**subnet, "addressPrefix": "10.1.1.0/24"})
    found = plugin.invoke("azure-native:network:getSubnet", subnet)
    assert (found["id"], found["addressPrefix"]) == (child.id, "10.1.1.0/24")


def test_a_refresh_shows_what_was_changed_elsewhere_and_nothing_else(
    plugin: Plugin, simulator: RunningSimulator
) -> None:
    inputs = {"resourceGroupName": "drifting", "location": "West Europe", "tags": {"a": "b"}}
    made = plugin.create(GROUP, "drifting", inputs)
    assert plain(plugin.read(GROUP, "drifting", made.id, inputs).inputs) == inputs
    simulator.arm("PATCH", made.id, {"tags": {"a": "changed"}})
    refreshed = plugin.read(GROUP, "drifting", made.id, inputs)
    assert plain(refreshed.inputs) == {**inputs, "tags": {"a": "changed"}}


def test_an_import_derives_the_inputs_from_the_id(plugin: Plugin, simulator: RunningSimulator, group: str) -> None:
    imported = plugin.read(GROUP, "adopted", f"{simulator.subscription_path}/resourcegroups/{group}")
    assert plain(imported.inputs) == {"resourceGroupName": group, "location": "westeurope"}
    with pytest.raises(grpc.RpcError, match="is not the id of a azure-native:network:VirtualNetwork"):
        plugin.read(NETWORK, "adopted", imported.id)


def test_a_secret_stays_one(plugin: Plugin) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hush"}
    inputs = {"resourceGroupName": f"plugin-{next(_numbers)}", "location": "westeurope", "tags": {"word": secret}}
    checked = plugin.check(GROUP, "secretive", inputs).inputs
    made = plugin.create(GROUP, "secretive", plain(checked))
    for properties in (checked, made.properties):
        tags = plain(properties)["tags"]
        assert tags["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
        assert tags["value"] == {"word": "hush"}


def test_who_the_client_is_can_be_asked(plugin: Plugin, simulator: RunningSimulator) -> None:
    config = plugin.invoke("azure-native:authorization:getClientConfig", {})
    assert config["subscriptionId"] == simulator.ready.subscription_id
    assert config["clientId"] == simulator.ready.client_id


def test_a_function_it_does_not_serve_or_cannot_answer_says_so(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="does not serve this function"):
        plugin.invoke("azure-native:web:getWebApp", {})
    with pytest.raises(grpc.RpcError, match="missing the argument vaultName"):
        plugin.invoke("azure-native:recoveryservices:getVault", {"resourceGroupName": "g"})
    with pytest.raises(grpc.RpcError, match=r"getVirtualNetwork: ResourceNotFound: '/subscriptions/.*' is not there"):
        plugin.invoke(
            "azure-native:network:getVirtualNetwork", {"resourceGroupName": "gone", "virtualNetworkName": "gone"}
        )


def test_a_creation_that_fails_after_it_was_accepted_keeps_the_resource(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "faults:\n  - name: lost answer\n    request: {operation: ResourceGroups_CreateOrUpdate}\n    cut: after\n"
    )
    simulator = fresh_simulator("--scenario", str(scenario))
    with started(simulator.environment) as plugin:
        plugin.configure(environment="simulator")
        with pytest.raises(grpc.RpcError) as failed:
            plugin.create(GROUP, "half", {"resourceGroupName": "half", "location": "westeurope"})
    error: Any = failed.value
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    kept = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(kept)
    assert kept.id.endswith("/resourceGroups/half")
    assert plain(kept.inputs)["resourceGroupName"] == "half"


def test_a_cancel_ends_a_wait_and_leaves_the_operation(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--manual-clock")
    path = simulator.make_group("slow")
    with started(simulator.environment) as plugin:
        plugin.configure(environment="simulator")
        waiting = plugin.stub.Delete.future(
            provider_pb2.DeleteRequest(urn=urn(GROUP, "slow"), id=path), timeout=TIMEOUT
        )
        _until_deleting(simulator, path)
        assert not waiting.done()
        plugin.stub.Cancel(empty_pb2.Empty(), timeout=TIMEOUT)
        with pytest.raises(grpc.RpcError, match="stopped waiting because the update was cancelled"):
            waiting.result(timeout=TIMEOUT)
    assert simulator.arm("GET", path).json()["properties"]["provisioningState"] == "Deleting"


def test_it_ends_when_the_engine_says_so_even_while_a_call_waits(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--manual-clock")
    path = simulator.make_group("slow")
    with started(simulator.environment) as plugin:
        plugin.configure(environment="simulator")
        # Kept in a variable: a call that nobody refers to is cancelled.
        waiting = plugin.stub.Delete.future(
            provider_pb2.DeleteRequest(urn=urn(GROUP, "slow"), id=path), timeout=TIMEOUT
        )
        _until_deleting(simulator, path)
        assert not waiting.done()
        os.killpg(plugin.process.pid, signal.SIGINT)
        assert plugin.process.wait(TIMEOUT) == 0


def test_it_does_not_outlive_the_engine(simulator: RunningSimulator) -> None:
    engine = socket.create_server(("127.0.0.1", 0))
    engine.settimeout(TIMEOUT)
    with closing(engine), started(simulator.environment, f"127.0.0.1:{engine.getsockname()[1]}") as plugin:
        engine.accept()[0].close()  # it looks whether the engine is there, finds it, and stays
        assert plugin.process.poll() is None
        engine.close()
        assert plugin.process.wait(TIMEOUT) == 0


def _until_deleting(simulator: RunningSimulator, group: str) -> None:
    """Look, a bounded number of times, until the deletion of a group has begun."""
    for _ in range(3000):
        if simulator.arm("GET", group).json()["properties"]["provisioningState"] == "Deleting":
            return
    pytest.fail(f"the deletion of {group} did not begin")
