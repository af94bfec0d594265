"""What `python -m dr import` writes for a live vault: a file that declares just what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from components.settings import Settings, load_stack_file
from dr.__main__ import dr
from dr.import_ import written
from dr.live_vault import LiveVault, drafted
from site_recovery.estate_parsing import parse_policy
from site_recovery.estate_records import PolicyRecord
from site_recovery.parsing import parse_item, parse_protectable_item
from site_recovery.records import ItemRecord, ProtectableItemRecord, VaultId

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-dr"
CONTAINER = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v1/replicationFabrics/{{site}}"
CONTAINER += "/replicationProtectionContainers/cloud_1"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/prod"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/contosodr"


def _item(name: str, *, site: str = "contoso", active: str = "Primary", **details: Any) -> ItemRecord:
    given = {
        "recoveryAzureVmName": name,
        "recoveryAzureVMSize": "Standard_D2s_v5",
        "recoveryAzureResourceGroupId": GROUP,
        "selectedRecoveryAzureNetworkId": NETWORK,
        "recoveryAzureStorageAccount": ACCOUNT,
        "useManagedDisks": "true",
        "enableRdpOnTargetOption": "Never",
        "licenseType": "NotSpecified",
        "vmId": f"id-of-{name}",
        "vmNics": [{"nicId": "n", "ipConfigs": [{"isPrimary": True, "recoverySubnetName": "data"}]}],
        **details,
    }
    properties = {
        "friendlyName": name,
        "activeLocation": active,
        "policyId": "/policies/five",
        "policyFriendlyName": "five",
        "providerSpecificDetails": given,
    }
    item_id = f"{CONTAINER.format(site=site)}/replicationProtectedItems/{name}-{site}"
    return parse_item({"id": item_id, "name": name, "properties": properties})


def _policy(**details: int) -> PolicyRecord:
    given = {"instanceType": "HyperVReplicaAzure", "replicationInterval": 300, **details}
    return parse_policy({"id": "/policies/five", "name": "five", "properties": {"providerSpecificDetails": given}})


def _vault(
    *items: ItemRecord, policy: PolicyRecord | None = None, machines: tuple[ProtectableItemRecord, ...] = ()
) -> LiveVault:
    return LiveVault(
        target={"cloud": "azure", "subscriptionId": SUBSCRIPTION, "tenantId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
        resource_group="contoso-dr",
        name="v1",
        location="westeurope",
        sites=("contoso", "other"),
        policies=(policy or _policy(),),
        items=items,
        machines=machines,
    )


def _settings(vault: LiveVault, tmp_path: Path) -> Settings:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(written(drafted(vault), VaultId(SUBSCRIPTION, "contoso-dr", "v1")), encoding="utf-8")
    return load_stack_file(path)


def test_everything_that_vms_rest_on_is_adopted(tmp_path: Path) -> None:
    settings = _settings(_vault(_item("sql01")), tmp_path)
    assert settings.vault.adopt
    assert all(site.adopt for site in settings.sites.values())
    assert all(policy.adopt for policy in settings.policies.values())
    assert settings.network_id("prod") == NETWORK
    assert settings.storage_account_id("contosodr") == ACCOUNT


def test_each_vm_is_declared_where_it_runs(tmp_path: Path) -> None:
    vms = _settings(_vault(_item("sql01"), _item("app01", active="Recovery")), tmp_path).vms
    assert {name: vm.direction.value for name, vm in vms.items()} == {
        "sql01": "onPremisesToAzure",
        "app01": "azureToOnPremises",
    }


def test_the_settings_of_a_vm_are_those_of_the_service(tmp_path: Path) -> None:
    item = _item(
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
    target = _settings(_vault(_item("app01"), item), tmp_path).vms["sql01"].target.as_inputs()
    expected = {"name": "sql01-azure", "size": "Standard_D2s_v5", "network": "prod", "subnet": "data"}
    assert target.items() >= expected.items()
    assert target["staticIp"] == "10.1.0.4"
    assert target["test"] == {"network": "test", "subnet": "data"}
    assert target["managedDisks"] is True
    assert (target["licenseType"], target["sqlServerLicenseType"]) == ("windowsServer", "ahub")
    assert (target["rdp"], target["zone"], target["tags"]) == ("always", "2", {"application": "orders"})


def test_what_all_vms_share_is_written_once() -> None:
    config = drafted(_vault(_item("sql01"), _item("app01"))).config
    assert config["site-recovery:defaults"]["site"] == "contoso"
    assert config["site-recovery:defaults"]["target"] == {"network": "prod", "subnet": "data"}
    assert "site" not in config["site-recovery:vms"]["sql01"]


def test_a_disk_that_does_not_replicate_is_left_out(tmp_path: Path) -> None:
    item = _item("sql01", azureVmDiskDetails=[{"vhdId": "one", "diskId": "one", "vhdName": "os.vhdx"}])
    disks = [{"vhdId": "one", "vhdName": "os.vhdx"}, {"vhdId": "two", "vhdName": "scratch.vhdx"}]
    properties = {"replicationProtectedItemId": item.id, "customDetails": {"diskDetails": disks}}
    machine = parse_protectable_item({"id": "/vm", "properties": properties})
    (vm,) = _settings(_vault(item, machines=(machine,)), tmp_path).vms.values()
    assert vm.source.disks.exclude == ("scratch.vhdx",)


def test_networks_of_one_name_in_two_groups_are_named_by_their_ids(tmp_path: Path) -> None:
    elsewhere = NETWORK.replace("contoso-dr", "another")
    items = (_item("sql01"), _item("app01", selectedRecoveryAzureNetworkId=elsewhere))
    settings = _settings(_vault(*items), tmp_path)
    assert not settings.networks
    assert {vm.target.network for vm in settings.vms.values()} == {NETWORK, elsewhere}


def test_two_vms_of_one_name_are_left_out_and_told() -> None:
    draft = drafted(_vault(_item("sql01"), _item("SQL01", site="other"), _item("app01")))
    assert set(draft.config["site-recovery:vms"]) == {"app01"}
    assert len(draft.left_out) == 2
    assert "source.vmId id-of-SQL01" in draft.left_out[1]


def test_a_policy_that_the_format_has_no_word_for_is_adopted_without_its_numbers(tmp_path: Path) -> None:
    policy = _policy(replicationInterval=24, recoveryPointHistoryDurationInHours=72)
    assert _settings(_vault(_item("sql01"), policy=policy), tmp_path).policies["five"].adopt


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
