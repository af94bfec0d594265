"""What VMs rest on is changed in place where Azure allows it, and never so that something of others is lost.

The tests are one story over one vault without a VM, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from site_recovery.estate_records import SET_UP_POLICY
from tests.components.rest_body import departures, specified
from tests.engine.generated_estate import POLICY, declare, write_inventory
from tests.engine.stack_under_test import VAULT, StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(300)

VAULT_TYPE = "Microsoft.RecoveryServices/vaults"
NETWORK = "Microsoft.Network/virtualNetworks/prod"
SPECIFIED = specified()
KINDS = {
    "ResourceGroups_CreateOrUpdate": "azure-native:resources:ResourceGroup",
    "Vaults_CreateOrUpdate": "azure-native:recoveryservices:Vault",
    "ReplicationFabrics_Create": "azure-native:recoveryservices:ReplicationFabric",
    "ReplicationPolicies_Create": "azure-native:recoveryservices:ReplicationPolicy",
    "VirtualNetworks_CreateOrUpdate": "azure-native:network:VirtualNetwork",
    "StorageAccounts_Create": "azure-native:storage:StorageAccount",
}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    directory = tmp_path_factory.mktemp("simulator")
    inventory = write_inventory(directory / "inventory.yaml", 1, registers=False)
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", str(inventory))
    stack = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)

    def declare_all(config: dict[str, Any]) -> None:
        declare(config, 0, wait_minutes=0)
        config["site-recovery:policies"][POLICY] = {"initialReplicationStart": "22:30"}

    stack.edit(declare_all)
    yield stack
    simulator.stop()


def test_redundancy_of_an_empty_vault_and_copies_of_an_account_are_changed_in_place(estate: StackUnderTest) -> None:
    estate.up()

    def change(config: dict[str, Any]) -> None:
        vault = {"redundancy": "locallyRedundant", "immutability": "unlocked", "tags": {"owner": "recovery"}}
        config["site-recovery:vault"].update(vault)
        config["site-recovery:storageAccounts"]["contosodr"] = {"sku": "Standard_GRS"}
        config["site-recovery:resourceGroups"][VAULT[0].upper()] = {"tags": {"owner": "recovery"}}

    estate.edit(change)
    changed = (VAULT[0], VAULT[1], "contosodr", "estate")
    assert resources_changed(estate.preview_json()) == dict.fromkeys(changed, "update")
    estate.up()
    group = estate.simulator.arm("GET", f"{estate.simulator.subscription_path}/resourceGroups/{VAULT[0]}").json()
    assert group["tags"] == {"owner": "recovery"}, "the vault's own group is the same one, written or not"
    vault = _read(estate, f"Microsoft.RecoveryServices/vaults/{VAULT[1]}", "2024-10-01")
    assert vault["properties"]["redundancySettings"]["standardTierStorageRedundancy"] == "LocallyRedundant"
    assert _read(estate, "Microsoft.Storage/storageAccounts/contosodr", "2024-01-01")["sku"]["name"] == "Standard_GRS"


def test_what_the_stand_in_sent_is_what_the_specification_of_its_api_version_takes(estate: StackUnderTest) -> None:
    """Every PUT of the two updates before, as it came, but for those of the project's own client."""
    sent = [
        (KINDS[entry["operation"]], entry)
        for entry in estate.simulator.admin("GET", "audit")["mutations"]
        if entry["method"] == "PUT" and not entry["path"].endswith(SET_UP_POLICY)
    ]
    assert {kind for kind, _ in sent} == set(SPECIFIED)
    assert {(kind, entry["apiVersion"]) for kind, entry in sent} == {
        (kind, str(known["apiVersion"])) for kind, known in SPECIFIED.items()
    }
    for kind, entry in sent:
        assert list(departures(json.loads(entry["body"]), SPECIFIED[kind]["body"], entry["path"])) == []


def test_a_tag_of_others_on_the_vault_survives_a_change_of_it(estate: StackUnderTest) -> None:
    path = f"{estate.simulator.subscription_path}/resourceGroups/{VAULT[0]}/providers/{VAULT_TYPE}/{VAULT[1]}"
    tags = {"owner": "recovery", "costCenter": "4711"}
    assert estate.simulator.arm("PATCH", path, {"tags": tags}, version="2024-10-01").status_code == 200
    estate.refresh()
    estate.edit(lambda config: config["site-recovery:vault"].update({"publicNetworkAccess": "disabled"}))
    for refused in (estate.preview(check=False), estate.up(check=False)):
        assert refused.returncode != 0
        assert "it has in Azure what is not declared here and would be lost: tag costCenter: 4711" in refused.stdout
    assert _read(estate, f"{VAULT_TYPE}/{VAULT[1]}", "2024-10-01")["tags"] == tags
    estate.edit(lambda config: config["site-recovery:vault"].update({"tags": {"costCenter": "4711"}}))
    estate.preview()
    estate.up()
    vault = _read(estate, f"{VAULT_TYPE}/{VAULT[1]}", "2024-10-01")
    assert vault["tags"] == {"costCenter": "4711"}, "and what is taken out of the declaration goes"
    assert vault["properties"]["publicNetworkAccess"] == "Disabled"


def test_a_subnet_of_others_survives_a_refresh_and_the_next_up(estate: StackUnderTest) -> None:
    network = _read(estate, NETWORK, "2024-05-01")
    network["properties"]["subnets"].append({"name": "theirs", "properties": {"addressPrefix": "10.1.9.0/24"}})
    path = f"{estate.simulator.subscription_path}/resourceGroups/{VAULT[0]}/providers/{NETWORK}"
    assert estate.simulator.arm("PUT", path, network, version="2024-05-01").status_code == 200
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}, "it is nobody's difference"
    estate.refresh()
    stopped = estate.up(check=False)
    assert stopped.returncode != 0
    assert "it has in Azure what is not declared here and would be lost: subnet theirs." in stopped.stdout
    assert "theirs" in _subnets(estate)


def test_a_change_of_the_network_is_an_error_of_the_preview_until_the_subnet_is_declared(
    estate: StackUnderTest,
) -> None:
    def change(config: dict[str, Any]) -> None:
        config["site-recovery:networks"]["prod"]["tags"] = {"owner": "network"}
        target = {"test": {"network": "prod"}}
        config["site-recovery:vms"] = {"vm01": {"direction": "onPremisesToAzure", "target": target}}

    estate.edit(change)
    refused = estate.preview(check=False)
    assert "vms.vm01.target.test.network: is the network of real failovers of vm01" in refused.stdout
    assert refused.returncode != 0
    assert "would be lost: subnet theirs." in refused.stdout
    subnet = {"theirs": {"prefix": "10.1.9.0/24"}}
    estate.edit(lambda config: config["site-recovery:networks"]["prod"]["subnets"].update(subnet))
    estate.up()
    assert _read(estate, NETWORK, "2024-05-01")["tags"] == {"owner": "network"}
    estate.edit(lambda config: config["site-recovery:networks"]["prod"]["subnets"].pop("theirs"))
    estate.up()
    assert sorted(_subnets(estate)) == ["apps", "data"], "one that was declared, and is empty, goes"


def test_what_was_forgotten_is_told_by_the_preview_and_imported_again(estate: StackUnderTest) -> None:
    path = f"{estate.simulator.subscription_path}/resourceGroups/{VAULT[0]}/providers"
    estate.edit(lambda config: config["site-recovery:policies"].update({"spare": {}}))
    estate.up()
    written = estate.file.read_text(encoding="utf-8")

    def forget(config: dict[str, Any]) -> None:
        del config["site-recovery:networks"]["other"], config["site-recovery:policies"]["spare"]

    estate.edit(forget)
    estate.up()
    estate.file.write_text(written, encoding="utf-8")
    refused = estate.preview(check=False)
    said = " ".join(refused.stdout.split())
    assert refused.returncode != 0
    assert "network other is to be made, and is in Azure already" in said
    assert f"write networks.other: {{id: {path}/Microsoft.Network/virtualNetworks/other}}" in said
    assert "write policies.spare: {adopt: true}" in said

    file = estate.directory / "again.json"
    file.write_text(json.dumps(_import_file(estate, path)), encoding="utf-8")
    options = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    estate.pulumi("import", "--file", str(file), *options, "--stack", estate.stack)
    estate.preview()
    estate.up()
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}


def _import_file(estate: StackUnderTest, path: str) -> dict[str, Any]:
    """As docs/estate.md has it."""
    urns = f"urn:pulumi:{estate.stack}::{estate.project}::"
    policy = f"{path}/{VAULT_TYPE}/{VAULT[1]}/replicationPolicies/spare"
    network = {"type": "azure-native:network:VirtualNetwork", "name": "other"}
    parent = {"type": "siteRecovery:components:HyperVReplicationPolicy", "name": "parent", "logicalName": "spare"}
    return {
        "nameTable": {
            "azure": f"{urns}pulumi:providers:azure-native::azure",
            "landing": f"{urns}siteRecovery:components:AzureLanding::azure",
        },
        "resources": [
            {
                **network,
                "id": f"{path}/Microsoft.Network/virtualNetworks/other",
                "parent": "landing",
                "provider": "azure",
            },
            {**parent, "component": True},
            {
                "type": "azure-native:recoveryservices:ReplicationPolicy",
                "name": "spare",
                "id": policy,
                "parent": "parent",
                "provider": "azure",
            },
        ],
    }


def _subnets(estate: StackUnderTest) -> list[str]:
    return [subnet["name"] for subnet in _read(estate, NETWORK, "2024-05-01")["properties"]["subnets"]]


def _read(estate: StackUnderTest, resource: str, version: str) -> dict[str, Any]:
    group = f"{estate.simulator.subscription_path}/resourceGroups/{VAULT[0]}"
    answer = estate.simulator.arm("GET", f"{group}/providers/{resource}", version=version)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
