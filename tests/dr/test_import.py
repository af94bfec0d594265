"""What `python -m dr import` writes for a live vault: a file that declares just what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from components.settings import Network, Policy, Settings, Site, StorageAccount, Vault, load_stack_file
from components.settings.estate import NetworkMapping
from components.settings.vm import VmSource, VmTarget
from dr.__main__ import dr
from dr.import_ import written
from dr.live_vault import LiveVault, drafted
from site_recovery.estate_records import NetworkMappingRecord
from site_recovery.parsing import parse_protectable_item
from site_recovery.records import ItemRecord, VaultId
from tests.dr.live_vaults import ACCOUNT, GROUP, NETWORK, SUBSCRIPTION, live_item, live_policy, live_vault


def _settings(vault: LiveVault, tmp_path: Path) -> Settings:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(written(drafted(vault), VaultId(SUBSCRIPTION, "contoso-dr", "v1")), encoding="utf-8")
    return load_stack_file(path)


def test_everything_that_vms_rest_on_is_adopted(tmp_path: Path) -> None:
    settings = _settings(live_vault(live_item("sql01")), tmp_path)
    assert settings.vault.adopt
    assert all(site.adopt for site in settings.sites.values())
    assert all(policy.adopt for policy in settings.policies.values())
    assert settings.network_id("prod") == NETWORK
    assert settings.storage_account_id("contosodr") == ACCOUNT


def test_each_vm_is_declared_where_it_runs(tmp_path: Path) -> None:
    vms = _settings(live_vault(live_item("sql01"), live_item("app01", active="Recovery")), tmp_path).vms
    assert {name: vm.direction.value for name, vm in vms.items()} == {
        "sql01": "onPremisesToAzure",
        "app01": "azureToOnPremises",
    }


def test_the_settings_of_a_vm_are_those_of_the_service(tmp_path: Path) -> None:
    item = live_item(
        "sql01",
        recoveryAzureVmName="sql01-azure",
        targetAvailabilityZone="2",
        licenseType="WindowsServer",
        sqlServerLicenseType="AHUB",
        enableRdpOnTargetOption="Always",
        targetVmTags={"application": "orders"},
        vmNics=[
            {
                "nicId": "n",
                "tfoVMNetworkId": NETWORK.replace("prod", "test"),
                "ipConfigs": [
                    {"recoverySubnetName": "data", "recoveryStaticIPAddress": "10.1.0.4", "tfoSubnetName": "data"}
                ],
            }
        ],
    )
    target = _settings(live_vault(live_item("app01"), item), tmp_path).vms["sql01"].target.as_inputs()
    expected = {"name": "sql01-azure", "size": "Standard_D2s_v5", "network": "prod", "subnet": "data"}
    assert target.items() >= expected.items()
    assert target["staticIp"] == "10.1.0.4"
    assert target["test"] == {"network": "test", "subnet": "data"}
    assert target["managedDisks"] is True
    assert (target["licenseType"], target["sqlServerLicenseType"]) == ("windowsServer", "ahub")
    assert (target["rdp"], target["zone"], target["tags"]) == ("always", "2", {"application": "orders"})


def test_what_all_vms_share_is_written_once() -> None:
    config = drafted(live_vault(live_item("sql01"), live_item("app01"))).config
    assert config["site-recovery:defaults"]["site"] == "contoso"
    assert config["site-recovery:defaults"]["target"] == {"network": "prod", "subnet": "data"}
    assert "site" not in config["site-recovery:vms"]["sql01"]


def test_a_disk_that_does_not_replicate_is_left_out(tmp_path: Path) -> None:
    item = live_item("sql01", azureVmDiskDetails=[{"vhdId": "one", "diskId": "one", "vhdName": "os.vhdx"}])
    disks = [{"vhdId": "one", "vhdName": "os.vhdx"}, {"vhdId": "two", "vhdName": "scratch.vhdx"}]
    properties = {"replicationProtectedItemId": item.id, "customDetails": {"diskDetails": disks}}
    machine = parse_protectable_item({"id": "/vm", "properties": properties})
    (vm,) = _settings(live_vault(item, machines=(machine,)), tmp_path).vms.values()
    assert vm.source.disks.exclude == ("scratch.vhdx",)


def test_networks_of_one_name_in_two_groups_are_named_by_their_ids(tmp_path: Path) -> None:
    elsewhere = NETWORK.replace("contoso-dr", "another")
    items = (live_item("sql01"), live_item("app01", selectedRecoveryAzureNetworkId=elsewhere))
    settings = _settings(live_vault(*items), tmp_path)
    assert not settings.networks
    assert {vm.target.network for vm in settings.vms.values()} == {NETWORK, elsewhere}


def test_two_vms_of_one_name_are_left_out_and_told() -> None:
    draft = drafted(live_vault(live_item("sql01"), live_item("SQL01", site="other"), live_item("app01")))
    assert set(draft.config["site-recovery:vms"]) == {"app01"}
    assert len(draft.left_out) == 2
    assert "source.vmId id-of-SQL01" in draft.left_out[1]


@pytest.mark.parametrize("name", ["büro-01", "web&app", "web [old]", "#1 {new}", "東京 01", "true"])
def test_a_name_of_hyper_v_comes_back_from_the_file_as_it_is(tmp_path: Path, name: str) -> None:
    item = live_item(name, recoveryAzureVmName="in-azure")
    (vm,) = _settings(live_vault(item), tmp_path).vms.values()
    assert (vm.name, vm.target.name) == (name, "in-azure")


def test_a_vm_with_a_name_that_no_stack_file_can_have_is_left_out_and_told() -> None:
    draft = drafted(live_vault(live_item("sql01"), live_item("the 'old' one")))
    assert set(draft.config["site-recovery:vms"]) == {"sql01"}
    assert draft.left_out[0].startswith("\"the 'old' one\" (site contoso): a stack file cannot have this name; rename")


def test_vms_that_are_in_no_hyper_v_site_are_left_out_and_told() -> None:
    vault = replace(live_vault(live_item("sql01")), elsewhere=(live_item("vmm01", site="cloud"),))
    draft = drafted(vault)
    assert set(draft.config["site-recovery:vms"]) == {"sql01"}
    assert draft.left_out == (
        "vmm01 (fabric cloud): it is in no Hyper-V site, and this project moves VMs of Hyper-V sites alone",
    )


def test_a_policy_that_the_format_has_no_word_for_is_adopted_without_its_numbers(tmp_path: Path) -> None:
    policy = live_policy(replicationInterval=24, recoveryPointHistoryDurationInHours=72)
    assert _settings(live_vault(live_item("sql01"), policy=policy), tmp_path).policies["five"].adopt


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--vault", "v1"], "Give --resource-group as well, or the vault's ARM id."),
        (["--vault", "v1", "--resource-group", "g"], "Give --subscription, or set AZURE_SUBSCRIPTION_ID."),
        (["--vault", "v1", "--resource-group", "g", "--subscription", SUBSCRIPTION], "Give --tenant"),
    ],
)
def test_what_is_not_given_is_asked_for(arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)
    monkeypatch.delenv("AZURE_TENANT_ID", raising=False)
    shown = CliRunner().invoke(dr, ["import", *arguments])
    assert shown.exit_code == 64
    assert says in shown.output


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text("config: {}\n", encoding="utf-8")
    vault = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v1"
    shown = CliRunner().invoke(dr, ["import", "--vault", vault, "--tenant", SUBSCRIPTION, "--stack", "prod"])
    assert shown.exit_code == 64
    assert "is there already" in shown.output


# What a stack file may say of what a vault holds, and an import does not write, each with the reason.
NOT_WRITTEN = {
    "vault.redundancy": "an adopted vault is not changed: it would declare what nothing holds to",
    "vault.publicNetworkAccess": "the same",
    "vault.immutability": "the same",
    "vault.tags": "the same",
    "sites.NAME.waitForHostMinutes": "is of a stack's own bringing up",
    "networks.NAME.addressSpace": "is of a network that a stack makes; an imported one is referred to",
    "networks.NAME.subnets": "the same",
    "networks.NAME.resourceGroup": "the same",
    "networks.NAME.location": "the same",
    "networks.NAME.tags": "the same",
    "storageAccounts.NAME.sku": "is of an account that a stack makes; an imported one is referred to",
    "storageAccounts.NAME.resourceGroup": "the same",
    "storageAccounts.NAME.location": "the same",
    "storageAccounts.NAME.tags": "the same",
    "vms.NAME.source.vmId": "VMs of one name, which alone need it, are left out and told with it",
    "vms.NAME.source.disks.include": "the same disks are told by those that are excluded",
}
# What an import knows of a vault and of VMs. Everything else of a stack file says how to move them, not what is there.
IMPORTED: Mapping[str, type[BaseModel]] = {
    "vault": Vault,
    "sites.NAME": Site,
    "policies.NAME": Policy,
    "networks.NAME": Network,
    "networkMappings.NAME": NetworkMapping,
    "storageAccounts.NAME": StorageAccount,
    "vms.NAME.source": VmSource,
    "vms.NAME.target": VmTarget,
}


def test_every_setting_that_the_service_tells_is_written() -> None:
    wanted = {key for place, model in IMPORTED.items() for key in _keys(model, place)}
    written_keys = set(_places(_everything()))
    assert wanted - written_keys == set(NOT_WRITTEN)


def _keys(model: type[BaseModel], place: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key, inner = f"{place}.{field.alias or name}", field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _keys(inner, key)
        else:
            yield key


def _places(config: Mapping[str, Any]) -> Iterator[str]:
    """The path of each value, with NAME for a name that somebody has given."""
    for key, value in config.items():
        place = key.removeprefix("site-recovery:")
        if place in {"sites", "policies", "networks", "networkMappings", "storageAccounts", "vms"}:
            yield from (path for entry in value.values() for path in _within(entry, f"{place}.NAME"))
        elif isinstance(value, Mapping):
            yield from _within(value, "vms.NAME" if place == "defaults" else place)


def _within(value: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, inner in value.items():
        known_whole = not isinstance(inner, Mapping) or key == "tags"
        yield from ([f"{place}.{key}"] if known_whole else _within(inner, f"{place}.{key}"))


def _of_a_zone() -> ItemRecord:
    kind = {"diskId": "one", "targetDiskAccountType": "StandardSSD_LRS"}
    return live_item("app01", targetAvailabilityZone="2", protectedManagedDisks=[kind])


def _everything() -> Mapping[str, Any]:
    """The draft of a vault in which everything is set, on one VM or the other."""
    first = live_item(
        "sql01",
        recoveryAzureVmName="sql01-azure",
        recoveryAzureResourceGroupId=GROUP.replace("contoso-dr", "contoso-vms"),
        recoveryAvailabilitySetId=f"{GROUP}/providers/Microsoft.Compute/availabilitySets/sql",
        recoveryAzureLogStorageAccountId=f"{ACCOUNT}logs",
        useManagedDisks="false",
        licenseType="WindowsServer",
        sqlServerLicenseType="AHUB",
        enableRdpOnTargetOption="Always",
        targetVmTags={"application": "orders"},
        oSDetails={"osType": "Linux"},
        azureVmDiskDetails=[{"vhdId": "one", "diskId": "one", "vhdName": "os.vhdx"}],
        vmNics=[
            {
                "nicId": "n",
                "tfoVMNetworkId": NETWORK.replace("prod", "test"),
                "ipConfigs": [
                    {
                        "recoverySubnetName": "data",
                        "recoveryStaticIPAddress": "10.1.0.4",
                        "tfoSubnetName": "data",
                        "tfoStaticIPAddress": "10.9.0.4",
                    }
                ],
            }
        ],
    )
    disks = [{"vhdId": "one", "vhdName": "os.vhdx"}, {"vhdId": "two", "vhdName": "scratch.vhdx"}]
    properties = {"replicationProtectedItemId": first.id, "customDetails": {"diskDetails": disks}}
    machine = parse_protectable_item({"id": "/vm", "properties": properties})
    policy = live_policy(
        recoveryPointHistoryDurationInHours=24,
        applicationConsistentSnapshotFrequencyInHours=4,
        onlineReplicationStartTime="22:30:00",
    )
    vault = live_vault(first, _of_a_zone(), policy=policy, machines=(machine,))
    mapping = NetworkMappingRecord("/m", "data-to-azure", NETWORK, "vmm01", "Data")
    return drafted(replace(vault, mappings=(mapping,))).config
