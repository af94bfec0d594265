"""Azure Resource Manager around the vault, driven by its real client and by plain requests where there is no client."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from simulator.arm.compute import FailoverAddress, FailoverDisk, FailoverVm, create_failover_vm, delete_failover_vm
from simulator.clock import Clock
from simulator.world import Resource, Settings, World
from tests.simulator.conftest import FreshSimulator
from tests.simulator.running import RunningSimulator

_numbers = count()


@pytest.fixture
def group(simulator: RunningSimulator) -> str:
    """The name of a resource group of this test alone."""
    name = f"group-{next(_numbers)}"
    simulator.make_group(name)
    return name


def test_the_clouds_endpoints_need_no_token_and_follow_the_host_header(simulator: RunningSimulator) -> None:
    for base in (simulator.url, simulator.url.replace("localhost", "127.0.0.1")):
        answer = simulator.session.get(f"{base}/metadata/endpoints?api-version=2022-09-01", timeout=30)
        cloud = answer.json()
        assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == base
        assert cloud["authentication"]["identityProvider"] == "AAD"
        assert cloud["authentication"]["tenant"] == "common"
        assert cloud["name"] not in {"AzureCloud", "AzureStackCloud"}
        assert cloud["suffixes"]["storage"]


def test_the_older_metadata_is_an_array(simulator: RunningSimulator) -> None:
    answer = simulator.session.get(f"{simulator.url}/metadata/endpoints?api-version=2019-05-01", timeout=30)
    assert [cloud["name"] for cloud in answer.json()] == ["AzureSim"]


def test_the_subscription_its_tenant_and_its_locations(simulator: RunningSimulator) -> None:
    subscriptions = simulator.arm("GET", "/subscriptions", version="2022-12-01").json()["value"]
    assert [subscription["subscriptionId"] for subscription in subscriptions] == [simulator.ready.subscription_id]
    assert subscriptions[0]["state"] == "Enabled"
    tenants = simulator.arm("GET", "/tenants", version="2022-12-01").json()["value"]
    assert [tenant["tenantId"] for tenant in tenants] == [simulator.ready.tenant_id]
    locations = simulator.arm("GET", f"{simulator.subscription_path}/locations", version="2022-12-01").json()["value"]
    assert "westeurope" in {location["name"] for location in locations}


def test_providers_are_registered_and_can_be_unregistered(simulator: RunningSimulator) -> None:
    with simulator.resources() as client:
        assert client.providers.get("microsoft.recoveryservices").registration_state == "Registered"
        assert client.providers.unregister("Microsoft.Storage").registration_state == "NotRegistered"
        assert client.providers.register("Microsoft.Storage").registration_state == "Registered"
        kinds = client.providers.get("Microsoft.RecoveryServices").resource_types
        assert kinds is not None
        assert [kind.resource_type for kind in kinds] == ["vaults"]
        with pytest.raises(HttpResponseError, match="InvalidResourceNamespace"):
            client.providers.get("Microsoft.Unknown")


def test_nothing_is_made_of_a_provider_that_is_not_registered(fresh_simulator: FreshSimulator) -> None:
    """The code and the sentence are those by which the SDKs and the CLI know to register it and try again."""
    simulator = fresh_simulator("--manual-clock")
    vault = f"{simulator.make_group('dr')}/providers/microsoft.recoveryservices/vaults/vault"
    provider = f"{simulator.subscription_path}/providers/Microsoft.RecoveryServices"
    simulator.arm("POST", f"{provider}/unregister")
    refused = simulator.arm("PUT", vault, {"location": "westeurope", "properties": {}})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (409, "MissingSubscriptionRegistration")
    named = re.match(r".*'(.*)'", error["message"])
    assert named is not None
    assert named[1] == "Microsoft.RecoveryServices"
    assert simulator.arm("GET", vault).status_code == 404
    simulator.arm("POST", f"{provider}/register")
    assert simulator.arm("PUT", vault, {"location": "westeurope", "properties": {}}).status_code == 201


def test_a_group_is_made_found_in_any_case_tagged_and_deleted(simulator: RunningSimulator) -> None:
    with simulator.resources() as client:
        groups = client.resource_groups
        assert not groups.check_existence("Contoso")
        made = groups.create_or_update("Contoso", {"location": "West Europe", "tags": {"purpose": "dr"}})
        assert (made.name, made.location, made.tags) == ("Contoso", "westeurope", {"purpose": "dr"})
        assert made.properties is not None
        assert made.properties.provisioning_state == "Succeeded"
        assert groups.check_existence("CONTOSO")
        assert groups.get("contoso").id == made.id
        assert groups.update("contoso", {"tags": {"purpose": "test"}}).tags == {"purpose": "test"}
        assert "Contoso" in {group.name for group in groups.list()}
        groups.begin_delete("Contoso").result(30)
        assert not groups.check_existence("Contoso")
        with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
            groups.begin_delete("Contoso")


def test_a_group_can_be_put_again_but_not_moved(simulator: RunningSimulator, group: str) -> None:
    path = f"{simulator.subscription_path}/resourcegroups/{group}"
    assert simulator.arm("PUT", path, {"location": "westeurope", "tags": {"a": "b"}}).status_code == 200
    moved = simulator.arm("PUT", path, {"location": "eastus"})
    assert (moved.status_code, moved.json()["error"]["code"]) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize("name", ["ends.with.dot.", "b" * 91, "what%3F"])
def test_a_group_with_a_name_that_arm_does_not_take_is_refused(simulator: RunningSimulator, name: str) -> None:
    answer = simulator.arm("PUT", f"{simulator.subscription_path}/resourcegroups/{name}", {"location": "westeurope"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidResourceGroup")


@pytest.mark.parametrize("body", [{}, {"location": ""}, {"location": 1}])
def test_a_group_without_a_location_is_refused(simulator: RunningSimulator, body: dict[str, object]) -> None:
    answer = simulator.arm("PUT", f"{simulator.subscription_path}/resourcegroups/nowhere", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "LocationRequired")


@pytest.mark.parametrize("body", [[], "text", {"location": "westeurope", "tags": "text"}])
def test_a_body_of_the_wrong_shape_is_400(simulator: RunningSimulator, body: object) -> None:
    answer = simulator.arm("PUT", f"{simulator.subscription_path}/resourcegroups/nowhere", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_what_lies_in_a_group_is_listed_and_goes_with_it(simulator: RunningSimulator, group: str) -> None:
    prefix = f"{simulator.subscription_path}/resourceGroups/{group}"
    network = f"{prefix}/providers/Microsoft.Network/virtualNetworks/vnet"
    simulator.arm("PUT", network, {"location": "westeurope"})
    with simulator.resources() as client:
        assert [item.id for item in client.resources.list_by_resource_group(group)] == [network]
        by_filter = client.resources.list(
            filter=f"resourceGroup eq '{group}' and resourceType eq 'Microsoft.Network/virtualNetworks'"
        )
        assert [item.name for item in by_filter] == ["vnet"]
        with pytest.raises(HttpResponseError, match="InvalidFilterInQueryString"):
            list(client.resources.list(filter="substringof('v', name)"))
        client.resource_groups.begin_delete(group).result(30)
    assert simulator.arm("GET", network).status_code == 404


def test_a_group_that_is_being_deleted_says_so_until_its_time_has_come(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--manual-clock")
    path = simulator.make_group("slow")
    answer = simulator.arm("DELETE", path)
    assert (answer.status_code, answer.content) == (202, b"")
    assert int(answer.headers["Retry-After"]) >= 1
    assert simulator.arm("GET", path).json()["properties"]["provisioningState"] == "Deleting"
    where = answer.headers["Location"].removeprefix(simulator.url).partition("?")[0]
    waiting = simulator.arm("GET", where)
    assert waiting.status_code == 202
    assert "Retry-After" not in waiting.headers
    assert int(waiting.headers["x-ms-retry-after-ms"]) >= 1
    simulator.advance(60)
    assert simulator.arm("GET", where).status_code == 200
    assert simulator.arm("GET", path).status_code == 404


def test_nothing_is_made_in_a_group_that_is_being_deleted(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--manual-clock")
    path = simulator.make_group("slow")
    simulator.arm("DELETE", path)
    for inside in (
        "",
        "/providers/Microsoft.Network/virtualNetworks/vnet",
        "/providers/Microsoft.RecoveryServices/vaults/vault",
    ):
        answer = simulator.arm("PUT", f"{path}{inside}", {"location": "westeurope", "properties": {}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ResourceGroupBeingDeleted"), inside
    simulator.advance(60)
    assert simulator.arm("GET", path).status_code == 404


def test_a_vault_in_a_group_that_is_not_there_is_told_by_the_group(simulator: RunningSimulator) -> None:
    nowhere = f"{simulator.subscription_path}/resourceGroups/nowhere/providers/Microsoft.RecoveryServices/vaults"
    for path in (nowhere, f"{nowhere}/vault", f"{nowhere}/vault/replicationFabrics"):
        answer = simulator.arm("GET", path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceGroupNotFound"), path


def test_a_deletion_goes_on_after_a_crash(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    simulator = fresh_simulator("--manual-clock", "--state", str(tmp_path / "state.db"))
    path = simulator.make_group("slow")
    simulator.arm("DELETE", path)
    simulator.kill()
    simulator.start()
    assert simulator.arm("GET", path).json()["properties"]["provisioningState"] == "Deleting"
    simulator.advance(60)
    assert simulator.arm("GET", path).status_code == 404


def test_a_storage_account_is_made_as_clients_expect(simulator: RunningSimulator, group: str) -> None:
    check = f"{simulator.subscription_path}/providers/Microsoft.Storage/checkNameAvailability"
    name = f"account{next(_numbers)}"
    asked = {"name": name, "type": "Microsoft.Storage/storageAccounts"}
    assert simulator.arm("POST", check, asked).json() == {"nameAvailable": True}
    path = f"{simulator.subscription_path}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{name}"
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    made = simulator.arm("PUT", path, body)
    assert made.status_code == 200  # clients refuse 201
    assert made.json()["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert made.json()["properties"]["provisioningState"] == "Succeeded"
    assert simulator.arm("POST", check, asked).json()["reason"] == "AlreadyExists"
    keys = [simulator.arm("POST", f"{path}/listKeys", None).json()["keys"] for _ in range(2)]
    assert keys[0] == keys[1]
    assert [key["keyName"] for key in keys[0]] == ["key1", "key2"]
    listed = simulator.arm("GET", path.rpartition("/")[0]).json()["value"]
    assert [account["name"] for account in listed] == [name]
    assert simulator.arm("DELETE", path).status_code == 200
    assert simulator.arm("DELETE", path).status_code == 204


def test_storage_accounts_with_bad_names_or_without_a_sku_are_refused(simulator: RunningSimulator, group: str) -> None:
    accounts = f"{simulator.subscription_path}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts"
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    bad_name = simulator.arm("PUT", f"{accounts}/Bad-Name", body)
    assert (bad_name.status_code, bad_name.json()["error"]["code"]) == (400, "AccountNameInvalid")
    without = simulator.arm("PUT", f"{accounts}/goodname", {"location": "westeurope"})
    assert (without.status_code, without.json()["error"]["code"]) == (400, "InvalidRequestPropertyValue")


def test_a_network_gives_its_subnets_ids_and_keeps_them_when_put_without(
    simulator: RunningSimulator, group: str
) -> None:
    networks = f"{simulator.subscription_path}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks"
    path = f"{networks}/vnet"
    subnets = [{"name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}}]
    properties = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}
    made = simulator.arm("PUT", path, {"location": "westeurope", "properties": {**properties, "subnets": subnets}})
    assert made.status_code == 201
    assert made.json()["properties"]["subnets"][0]["id"] == f"{path}/subnets/data"
    assert simulator.arm("PUT", f"{path}/subnets/app", {"properties": {}}).status_code == 201
    again = simulator.arm("PUT", path, {"location": "westeurope", "properties": properties})
    assert again.status_code == 200
    assert [subnet["name"] for subnet in again.json()["properties"]["subnets"]] == ["data", "app"]
    assert simulator.arm("GET", f"{path}/subnets/DATA").json()["properties"]["addressPrefix"] == "10.1.0.0/24"
    assert simulator.arm("DELETE", f"{path}/subnets/app").status_code == 200
    assert simulator.arm("DELETE", f"{path}/subnets/app").status_code == 204
    listed = simulator.arm("GET", f"{path}/subnets").json()["value"]
    assert [subnet["name"] for subnet in listed] == ["data"]
    missing = simulator.arm("GET", f"{path}/subnets/app")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert simulator.arm("DELETE", path).status_code == 200


def test_the_clients_exceptions_are_the_right_ones(simulator: RunningSimulator, group: str) -> None:
    with simulator.resources() as client:
        with pytest.raises(ResourceNotFoundError):
            client.resource_groups.get("missing")
        with pytest.raises(ResourceExistsError):
            client.resource_groups.create_or_update(group, {"location": "eastus"})


class TestWhatAFailoverLeavesInAzure:
    """Machines and disks that only Site Recovery makes; here straight into a state that a simulator then serves."""

    @pytest.fixture
    def machine(self, fresh_simulator: FreshSimulator, tmp_path: Path) -> tuple[RunningSimulator, str]:
        """A simulator with a manual clock, and the id of a machine that failed over in it."""
        state = tmp_path / "state.db"
        world = World(Settings(), Clock(manual=True), state)
        group = f"/subscriptions/{world.settings.subscription}/resourceGroups/recovered"
        world.resource_groups.put("recovered", {"id": group, "name": "recovered", "location": "westeurope"})
        disks = (FailoverDisk("sql01-os", 127, operating_system=True), FailoverDisk("sql01-data", 512))
        network = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
        subnet = f"{network}/subnets/data"
        properties = {"subnets": [{"id": subnet, "name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}}]}
        body = {"id": network, "name": "vnet", "type": "Microsoft.Network/virtualNetworks", "properties": properties}
        world.resources.put(network, Resource(body=body))
        cards = ((FailoverAddress(subnet, "10.1.0.4"),),)
        vm = FailoverVm(group, "sql01", "westeurope", "Standard_D4s_v5", "Windows", disks, cards)
        vm_id = create_failover_vm(world, vm, world.clock.now())
        world.close()
        return fresh_simulator("--manual-clock", "--state", str(state)), vm_id

    def test_the_machine_runs_with_its_size_disks_and_address(self, machine: tuple[RunningSimulator, str]) -> None:
        simulator, vm_id = machine
        vm = simulator.arm("GET", vm_id, params={"$expand": "instanceView"}).json()
        assert vm["properties"]["hardwareProfile"] == {"vmSize": "Standard_D4s_v5"}
        assert _power(vm["properties"]["instanceView"]) == "PowerState/running"
        assert "instanceView" not in simulator.arm("GET", vm_id).json()["properties"]
        storage = vm["properties"]["storageProfile"]
        assert storage["osDisk"]["osType"] == "Windows"
        assert [disk["lun"] for disk in storage["dataDisks"]] == [0]
        disk = simulator.arm("GET", storage["osDisk"]["managedDisk"]["id"]).json()
        assert (disk["managedBy"], disk["properties"]["diskSizeGB"]) == (vm_id, 127)
        nic = simulator.arm("GET", vm["properties"]["networkProfile"]["networkInterfaces"][0]["id"]).json()
        assert nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.1.0.4"

    def test_power_actions_take_their_time(self, machine: tuple[RunningSimulator, str]) -> None:
        simulator, vm_id = machine
        for action, before, after in (
            ("deallocate", "running", "deallocated"),
            ("start", "deallocated", "running"),
            ("powerOff", "running", "stopped"),
        ):
            answer = simulator.arm("POST", f"{vm_id}/{action}")
            assert (answer.status_code, answer.content) == (202, b"")
            status = answer.headers["Azure-AsyncOperation"].removeprefix(simulator.url).partition("?")[0]
            assert simulator.arm("GET", status).json()["status"] == "InProgress"
            assert _power(simulator.arm("GET", f"{vm_id}/instanceView").json()) == f"PowerState/{before}"
            simulator.advance(60)
            assert simulator.arm("GET", status).json()["status"] == "Succeeded"
            assert _power(simulator.arm("GET", f"{vm_id}/instanceView").json()) == f"PowerState/{after}"

    def test_a_machine_deleted_by_hand_leaves_its_disks(self, machine: tuple[RunningSimulator, str]) -> None:
        simulator, vm_id = machine
        disk = simulator.arm("GET", vm_id).json()["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
        attached = simulator.arm("DELETE", disk)
        assert (attached.status_code, attached.json()["error"]["code"]) == (409, "OperationNotAllowed")
        assert simulator.arm("DELETE", vm_id).status_code == 202
        simulator.advance(60)
        assert simulator.arm("GET", vm_id).status_code == 404
        assert simulator.arm("GET", disk).status_code == 200
        assert simulator.arm("DELETE", disk).status_code == 202
        simulator.advance(60)
        assert simulator.arm("GET", disk).status_code == 404

    def test_machines_and_disks_are_listed(self, machine: tuple[RunningSimulator, str]) -> None:
        simulator, vm_id = machine
        for scope in (vm_id.partition("/providers/")[0], simulator.subscription_path):
            compute = f"{scope}/providers/Microsoft.Compute"
            listed = simulator.arm("GET", f"{compute}/virtualMachines").json()["value"]
            assert [vm["id"] for vm in listed] == [vm_id]
            assert len(simulator.arm("GET", f"{compute}/disks").json()["value"]) == 2
        compute = f"{simulator.subscription_path}/providers/Microsoft.Compute"
        (shown,) = simulator.arm("GET", f"{compute}/virtualMachines", params={"statusOnly": "true"}).json()["value"]
        assert _power(shown["properties"]["instanceView"]).startswith("PowerState/")
        assert "instanceView" not in listed[0]["properties"]

    def test_site_recovery_takes_the_disks_along(self) -> None:
        world = World(Settings(), Clock(manual=True))
        group = f"/subscriptions/{world.settings.subscription}/resourceGroups/recovered"
        world.resource_groups.put("recovered", {"id": group, "name": "recovered", "location": "westeurope"})
        disks = (FailoverDisk("os", 30, operating_system=True), FailoverDisk("blob", 30, blob_uri="https://a/b.vhd"))
        vm = FailoverVm(group, "web01", "westeurope", "Standard_B2s", "Linux", disks)
        vm_id = create_failover_vm(world, vm, 0.0)
        assert len(world.resources) == 3  # the machine, its managed disk, its network interface
        delete_failover_vm(world, vm_id)
        assert len(world.resources) == 0
        delete_failover_vm(world, vm_id)
        world.close()


def _power(instance_view: dict[str, list[dict[str, str]]]) -> str:
    return next(status["code"] for status in instance_view["statuses"] if status["code"].startswith("PowerState/"))
