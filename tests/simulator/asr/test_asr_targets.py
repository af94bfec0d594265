"""The target in Azure: names that are taken, disks by name, and what is not simulated and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, Estate, policy_input
from tests.simulator.conftest import FreshSimulator


def machine_id(estate: Estate, name: str) -> str:
    """The id of a virtual machine in the target's resource group."""
    return f"{estate.group_id}/providers/Microsoft.Compute/virtualMachines/{name}"


def status(estate: Estate, job: str) -> Any:
    """The status of an operation, by the name of its job."""
    return estate.simulator.arm("GET", f"{estate.vault_path}/replicationOperationStatus/{job}").json()


def update(estate: Estate, machine: str = "sql01", **properties: Any) -> Any:
    """Change an item, and give the job."""
    items = estate.client.replication_protected_items
    estate.finish(items.begin_update(*estate.path(machine), {"properties": properties}), 20)
    return estate.latest_job("UpdateVmProperties", machine)


def test_a_name_that_another_machine_has_is_modified_with_a_warning(recorded: Estate) -> None:
    recorded.protect("app01", targetAzureVmName="SQL01")
    enabled = recorded.latest_job("EnableDr", "app01")
    warning = {"code": "28061", "message": "The virtual machine name 'SQL01' is unavailable."}
    assert (status(recorded, enabled.name)["status"], status(recorded, enabled.name)["error"]) == ("Succeeded", warning)
    assert enabled.properties.state_description == "CompletedWithInformation"
    recorded.failover()
    recorded.failover("app01")
    job = recorded.latest_job("UnplannedFailover", "app01")
    assert status(recorded, job.name)["error"]["code"] == "28175"
    assert "'SQL01' was modified to 'SQL01-1'" in status(recorded, job.name)["error"]["message"]
    assert recorded.view("app01")["azure"]["id"].endswith("/SQL01-1")
    assert recorded.view("sql01")["azure"]["power"] == recorded.view("app01")["azure"]["power"] == "running"
    assert recorded.simulator.arm("GET", machine_id(recorded, "sql01")).status_code == 200
    recorded.admin("PATCH", "machines/app01", {"power": "off"})
    recorded.commit("app01")
    recorded.finish(recorded.begin_failback("ForSynchronization", "app01"), 3000)
    recorded.commit("app01")
    assert recorded.simulator.arm("GET", machine_id(recorded, "SQL01-1")).status_code == 404
    assert recorded.simulator.arm("GET", machine_id(recorded, "sql01")).status_code == 200


def test_a_change_to_a_name_that_is_taken_warns(recorded: Estate) -> None:
    recorded.protect("app01")
    job = update(recorded, "app01", recoveryAzureVMName="sql01")
    assert status(recorded, job.name)["error"]["code"] == "28061"
    job = update(recorded, "app01", recoveryAzureVMName="app02")
    assert status(recorded, job.name)["error"] is None


@pytest.mark.parametrize("name", ["", "a/b", "_a", "a b", "x" * 65])
def test_a_name_that_azure_does_not_take_is_refused(recorded: Estate, name: str) -> None:
    answer = recorded.simulator.arm("PATCH", recorded.item_path(), {"properties": {"recoveryAzureVMName": name}})
    assert answer.status_code == 400
    assert "recoveryAzureVMName" in answer.json()["error"]["message"]


def test_what_is_asked_for_a_disk_is_given_back_and_used(recorded: Estate) -> None:
    disks = [disk.disk_id for disk in recorded.item().provider_specific_details.azure_vm_disk_details]
    details = {
        "instanceType": HYPER_V,
        "vmDisks": [{"diskId": disks[0].upper(), "targetDiskName": "c-drive"}],
        "diskIdToDiskEncryptionMap": {disks[1]: "/keys/two"},
        "linuxLicenseType": "NoLicenseType",
        "targetCapacityReservationGroupId": "/reservations/one",
    }
    update(recorded, providerSpecificDetails=details)
    seen = recorded.item().provider_specific_details
    shown = [(disk.custom_target_disk_name, disk.disk_encryption_set_id) for disk in seen.azure_vm_disk_details]
    assert shown == [("c-drive", None), (None, "/keys/two")]
    assert (seen.linux_license_type, seen.target_capacity_reservation_group_id) == (
        "NoLicenseType",
        "/reservations/one",
    )
    recorded.failover()
    machine = recorded.simulator.arm("GET", machine_id(recorded, "sql01")).json()
    assert machine["properties"]["storageProfile"]["osDisk"]["name"] == "c-drive"


def test_two_machines_never_share_a_disk(recorded: Estate) -> None:
    (disk,) = recorded.protectable("app01").properties.custom_details.disk_details
    (mine, *_) = [disk.disk_id for disk in recorded.item().provider_specific_details.azure_vm_disk_details]
    recorded.protect("app01", disksToIncludeForManagedDisks=[{"diskId": disk.vhd_id, "targetDiskName": "c-drive"}])
    details = {"instanceType": HYPER_V, "vmDisks": [{"diskId": mine, "targetDiskName": "C-Drive"}]}
    update(recorded, providerSpecificDetails=details)
    recorded.failover("app01")
    recorded.failover()
    names = [
        recorded.simulator.arm("GET", machine_id(recorded, name)).json()["properties"]["storageProfile"]["osDisk"][
            "name"
        ]
        for name in ("app01", "sql01")
    ]
    assert names == ["c-drive", "C-Drive-1"]


def test_what_is_asked_for_at_enabling_is_given_back(recorded: Estate) -> None:
    (disk,) = recorded.protectable("app01").properties.custom_details.disk_details
    recorded.protect(
        "app01",
        disksToIncludeForManagedDisks=[{"diskId": disk.vhd_id, "targetDiskName": "app-os"}],
        diskEncryptionSetId="/keys/all",
        targetVmSecurityProfile={"targetVmSecurityType": "TrustedLaunch"},
        linuxLicenseType="LinuxServer",
        targetCapacityReservationGroupId="/reservations/two",
    )
    seen = recorded.item("app01").provider_specific_details
    (shown,) = seen.azure_vm_disk_details
    assert (shown.custom_target_disk_name, shown.disk_encryption_set_id) == ("app-os", "/keys/all")
    assert seen.target_vm_security_profile.target_vm_security_type == "TrustedLaunch"
    assert (seen.linux_license_type, seen.target_capacity_reservation_group_id) == ("LinuxServer", "/reservations/two")


def test_a_disk_that_is_not_replicated_is_not_updated(recorded: Estate) -> None:
    details = {"instanceType": HYPER_V, "vmDisks": [{"diskId": "nothing", "targetDiskName": "x"}]}
    with pytest.raises(HttpResponseError, match="'nothing' is not one of the replicated disks"):
        update(recorded, providerSpecificDetails=details)


def test_a_disk_that_is_left_out_costs_nothing(recorded: Estate) -> None:
    recorded.finish(recorded.client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}}))
    chosen = [
        disk.vhd_id
        for disk in recorded.protectable("sql01").properties.custom_details.disk_details
        if disk.vhd_type == "OperatingSystem"
    ]
    recorded.finish(
        recorded.client.replication_protected_items.begin_create(
            *recorded.path(), recorded.enable_input("sql01", disksToInclude=chosen)
        ),
        57,
    )
    # 30 of 90 GB, at 100 MB a second.
    assert recorded.view()["replication"]["total"] == 30 * 1024
    recorded.advance(310)
    assert recorded.item().protection_state == "InitialReplicationRecoveryCompletionPending"


def test_todays_service_takes_no_unmanaged_disks(recorded: Estate, tutorial: Estate) -> None:
    answer = recorded.simulator.arm(
        "PUT", recorded.item_path("app01"), recorded.enable_input("app01", useManagedDisks="false")
    )
    assert answer.status_code == 400
    assert "only managed disks" in answer.json()["error"]["details"][0]["possibleCauses"]
    with pytest.raises(HttpResponseError, match="cannot use unmanaged disks"):
        update(recorded, providerSpecificDetails={"instanceType": HYPER_V, "useManagedDisks": "false"})
    tutorial.protect("app01", useManagedDisks="false")


@pytest.mark.parametrize("verb", ["plannedFailover", "unplannedFailover", "testFailover"])
def test_the_guest_is_not_upgraded_on_the_way(recorded: Estate, verb: str) -> None:
    details = {"instanceType": HYPER_V, "osUpgradeVersion": "Windows Server 2025"}
    body = {"properties": {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": details}}
    assert recorded.simulator.arm("POST", f"{recorded.item_path()}/{verb}", body).status_code == 501


@pytest.mark.parametrize("verb", ["failoverCommit", "repairReplication"])
def test_an_operation_without_a_body_takes_none(recorded: Estate, verb: str) -> None:
    recorded.failover()
    answer = recorded.simulator.arm("POST", f"{recorded.item_path()}/{verb}", {"properties": {"junk": 1}})
    assert answer.status_code == 400
    assert "is not a field of this request" in answer.json()["error"]["message"]


def test_what_is_in_use_is_refused_in_its_job_too(tutorial: Estate) -> None:
    client, site = tutorial.client, (*tutorial.vault, "contoso-hyperv")
    provider = next(iter(client.replication_recovery_services_providers.list_by_replication_fabrics(*site)))
    mappings, policies = client.replication_protection_container_mappings, client.replication_policies
    pollers = {
        "UnregisterDra": client.replication_recovery_services_providers.begin_delete(*site, provider.name),
        "UnregisterFabric": client.replication_fabrics.begin_delete(*site),
        "RemoveProtectionProfile": policies.begin_delete(*tutorial.vault, "every-5-minutes"),
        "DissociateProtectionProfile": mappings.begin_delete(
            *site, tutorial.container, "association", {"properties": {}}
        ),
    }
    tutorial.advance(60)
    for scenario, poller in pollers.items():
        with pytest.raises(HttpResponseError) as refused:
            poller.result(30)
        assert refused.value.error is not None
        assert refused.value.error.code == "SimulatorResourceInUse", scenario
    jobs = {job.properties.scenario_name: job for job in client.replication_jobs.list(*tutorial.vault)}
    for scenario in pollers:
        job = tutorial.job(jobs[scenario].name)
        assert (job.state, job.tasks[0].state) == ("Failed", "Failed")
    for scenario in pollers:
        client.replication_jobs.begin_restart(*tutorial.vault, jobs[scenario].name)
    tutorial.advance(60)
    assert [tutorial.job(jobs[scenario].name).state for scenario in pollers] == ["Failed"] * 4
    tutorial.finish(client.replication_protected_items.begin_delete(*tutorial.path(), {"properties": {}}))
    for scenario in ("DissociateProtectionProfile", "RemoveProtectionProfile", "UnregisterDra", "UnregisterFabric"):
        tutorial.finish(client.replication_jobs.begin_restart(*tutorial.vault, jobs[scenario].name), 30)
        assert tutorial.job(jobs[scenario].name).state == "Succeeded", scenario
    assert list(client.replication_fabrics.list(*tutorial.vault)) == []


def test_an_action_that_a_job_does_not_offer_fails_in_its_operation_too(tutorial: Estate) -> None:
    done, jobs = tutorial.jobs()[-1].name, tutorial.client.replication_jobs
    for begin in (
        jobs.begin_cancel(*tutorial.vault, done),
        jobs.begin_restart(*tutorial.vault, done),
        jobs.begin_resume(*tutorial.vault, done, {"properties": {}}),
    ):
        with pytest.raises(HttpResponseError, match="does not allow") as refused:
            tutorial.finish(begin, 5)
        assert refused.value.error is not None
        assert refused.value.error.code == "SimulatorJobActionNotAllowed"
    assert tutorial.job(done).state == "Succeeded"


def test_a_host_that_cannot_be_reached_is_not_refreshed(recorded: Estate) -> None:
    providers = recorded.client.replication_recovery_services_providers
    provider = next(iter(providers.list(*recorded.vault))).name
    site = (*recorded.vault, "contoso-hyperv", provider)
    recorded.finish(providers.begin_refresh_provider(*site), 30)
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    with pytest.raises(HttpResponseError, match="'hv01' cannot be reached"):
        recorded.finish(providers.begin_refresh_provider(*site), 30)


def test_a_vault_that_is_made_again_remembers_nothing(fresh_simulator: FreshSimulator) -> None:
    estate = Estate(fresh_simulator("--manual-clock"))
    estate.prepare()
    client, vaults = estate.client, estate.simulator.recovery_services().vaults
    site = (*estate.vault, "contoso-hyperv")
    mapping = (*site, estate.container, "association")
    estate.finish(client.replication_protection_container_mappings.begin_delete(*mapping, {"properties": {}}), 60)
    estate.finish(client.replication_policies.begin_delete(*estate.vault, "every-5-minutes"), 60)
    estate.finish(client.replication_fabrics.begin_purge(*site), 60)
    begun = vaults.begin_delete(*estate.vault)
    again = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    assert estate.simulator.arm("PUT", estate.vault_path, again).status_code == 409
    estate.advance(60)
    begun.result(30)
    assert estate.simulator.arm("PUT", estate.vault_path, again).status_code == 201
    estate.advance(60)
    estate.finish(client.replication_policies.begin_create(*estate.vault, "anew", policy_input()), 60)
    jobs = [job.as_dict()["properties"] for job in client.replication_jobs.list(*estate.vault)]
    assert [(job["scenarioName"], job["targetObjectName"]) for job in jobs] == [("AddProtectionProfile", "anew")]
    assert list(client.replication_events.list(*estate.vault)) == []


def test_what_comes_into_use_after_its_removal_was_accepted_stays(recorded: Estate) -> None:
    client, site = recorded.client, (*recorded.vault, "contoso-hyperv")
    recorded.finish(client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}}))
    mapping = (*site, recorded.container, "association")
    removal = client.replication_protection_container_mappings.begin_delete(*mapping, {"properties": {}})
    protection = client.replication_protected_items.begin_create(*recorded.path(), recorded.enable_input("sql01"))
    recorded.advance(100)
    with pytest.raises(HttpResponseError, match="virtual machines are protected with its policy"):
        removal.result(30)
    assert protection.result(30).name == "sql01"
    assert client.replication_protection_container_mappings.get(*mapping).name == "association"


def test_an_association_is_not_made_with_a_policy_that_is_gone(recorded: Estate) -> None:
    client = recorded.client
    policy = recorded.finish(
        client.replication_policies.begin_create(
            *recorded.vault, "short-lived", {"properties": {"providerSpecificInput": {"instanceType": HYPER_V}}}
        ),
        5,
    )
    body = recorded.mapping_input()
    body["properties"]["policyId"] = policy.id
    mapping = (*recorded.vault, "contoso-hyperv", recorded.container, "late")
    association = client.replication_protection_container_mappings.begin_create(*mapping, body)
    removal = client.replication_policies.begin_delete(*recorded.vault, "short-lived")
    recorded.advance(60)
    removal.result(30)
    with pytest.raises(HttpResponseError, match="does not exist any more"):
        association.result(30)


@pytest.mark.parametrize("change", [{"selectedSourceNicId": "nothing"}, {"vmNics": [{"nicId": "nothing"}]}])
def test_a_network_card_that_the_machine_does_not_have_is_not_updated(
    recorded: Estate, tutorial: Estate, change: dict[str, Any]
) -> None:
    for estate in (recorded, tutorial):
        before = estate.item().as_dict()
        with pytest.raises(HttpResponseError, match="'nothing' is not one of the network cards of 'sql01'"):
            update(estate, **change)
        assert estate.item().as_dict() == before


def test_a_change_of_a_network_card_names_the_card(recorded: Estate) -> None:
    with pytest.raises(HttpResponseError, match="'' is not one of the network cards of 'sql01'"):
        update(recorded, vmNics=[{"recoveryNicName": "some-nic"}])


def test_a_network_card_is_found_without_regard_to_case(recorded: Estate) -> None:
    nic = recorded.item().provider_specific_details.vm_nics[0].nic_id
    update(recorded, vmNics=[{"nicId": nic.upper(), "recoveryNicName": "some-nic"}])
    assert recorded.item().provider_specific_details.vm_nics[0].recovery_nic_name == "some-nic"


def made_with_cards(fresh_simulator: FreshSimulator, tmp_path: Path, *names: str) -> Estate:
    """An estate whose sql01 has network cards of these names."""
    nics = [{"name": name} for name in names]
    vm = {"name": "sql01", "disks": [{"name": "os", "sizeGB": 40, "operatingSystem": True}], "nics": nics}
    path = tmp_path / "inventory.yaml"
    path.write_text(json.dumps({"hosts": [{"name": "hv01", "virtualMachines": [vm]}]}), encoding="utf-8")
    estate = Estate(fresh_simulator("--manual-clock", "--profile", "recorded", "--inventory", str(path)))
    estate.prepare()
    estate.protect("sql01")
    return estate


def two_cards(fresh_simulator: FreshSimulator, tmp_path: Path) -> Estate:
    """An estate whose sql01 has two network cards, the first with two addresses."""
    estate = made_with_cards(fresh_simulator, tmp_path, "front", "back")
    first, second = (nic.nic_id for nic in estate.item().provider_specific_details.vm_nics)
    addresses = [
        {"ipConfigName": "one", "isPrimary": True, "recoveryStaticIPAddress": "10.1.0.4"},
        {"ipConfigName": "two", "isPrimary": False, "recoveryStaticIPAddress": "10.1.0.5"},
    ]
    cards = [
        {"nicId": first, "ipConfigs": addresses},
        {"nicId": second, "selectionType": "SelectedByUser", "ipConfigs": [{"recoveryStaticIPAddress": "10.1.0.6"}]},
    ]
    update(estate, vmNics=cards)
    return estate


def addresses_of(estate: Estate) -> list[list[tuple[str | None, str | None]]]:
    """Name and address in Azure of every address of every card of sql01."""
    cards = estate.item().provider_specific_details.vm_nics
    return [[(one.name, one.recovery_static_ip_address) for one in card.ip_configs] for card in cards]


def test_a_list_of_addresses_or_cards_is_the_whole_of_it(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    estate = two_cards(fresh_simulator, tmp_path)
    assert addresses_of(estate) == [[("one", "10.1.0.4"), ("two", "10.1.0.5")], [(None, "10.1.0.6")]]
    first, second = (nic.nic_id for nic in estate.item().provider_specific_details.vm_nics)
    update(estate, vmNics=[{"nicId": first, "recoveryNicName": "front"}, {"nicId": second}])
    assert addresses_of(estate) == [[("one", "10.1.0.4"), ("two", "10.1.0.5")], [(None, "10.1.0.6")]]
    update(estate, vmNics=[{"nicId": first, "ipConfigs": [{"ipConfigName": "two", "recoverySubnetName": "data"}]}])
    assert addresses_of(estate) == [[("two", "10.1.0.5")], [(None, "")]]
    cards = estate.item().provider_specific_details.vm_nics
    assert [card.selection_type for card in cards] == ["SelectedByUser", "NotSelected"]


def test_a_failover_makes_every_card_that_is_taken_along_the_chosen_one_first(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    estate = two_cards(fresh_simulator, tmp_path)
    update(estate, selectedSourceNicId=estate.item().provider_specific_details.vm_nics[1].nic_id)
    estate.failover()
    assert interfaces_of(estate) == {
        "sql01-nic": [("10.1.0.6", True)],
        "sql01-nic2": [("10.1.0.4", True), ("10.1.0.5", False)],
    }
    primary = [nic["properties"]["primary"] for nic in machine_of(estate)["networkProfile"]["networkInterfaces"]]
    assert primary == [True, False]


def test_a_card_that_is_not_taken_along_is_not_made(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    estate = two_cards(fresh_simulator, tmp_path)
    update(estate, vmNics=[{"nicId": estate.item().provider_specific_details.vm_nics[0].nic_id}])
    estate.failover()
    assert interfaces_of(estate) == {"sql01-nic": [("10.1.0.4", True), ("10.1.0.5", False)]}


def test_cards_without_addresses_of_their_own_get_free_ones(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    estate = two_cards(fresh_simulator, tmp_path)
    first, second = (nic.nic_id for nic in estate.item().provider_specific_details.vm_nics)
    free = [{"ipConfigName": "one", "recoveryStaticIPAddress": ""}]
    update(estate, vmNics=[{"nicId": first, "ipConfigs": free}, {"nicId": second, "ipConfigs": free}])
    estate.failover()
    assert interfaces_of(estate) == {"sql01-nic": [("10.1.0.4", True)], "sql01-nic2": [("10.1.0.5", True)]}


def test_of_more_cards_than_the_size_takes_as_many_are_made_as_it_does(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    estate = made_with_cards(fresh_simulator, tmp_path, "one", "two", "three")
    cards = estate.item().provider_specific_details.vm_nics
    assert "NotSelected" not in {card.selection_type for card in cards}
    update(estate, recoveryAzureVMSize="Standard_D2s_v5")
    estate.failover()
    assert list(interfaces_of(estate)) == ["sql01-nic", "sql01-nic2"]


def machine_of(estate: Estate) -> Any:
    """The Azure VM of sql01, its ARM properties."""
    return estate.simulator.arm("GET", machine_id(estate, "sql01")).json()["properties"]


def interfaces_of(estate: Estate) -> dict[str, list[tuple[str, bool]]]:
    """The network interfaces of the Azure VM of sql01: their addresses, and which are primary."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for one in machine_of(estate)["networkProfile"]["networkInterfaces"]:
        nic = estate.simulator.arm("GET", one["id"]).json()
        addresses = [each["properties"] for each in nic["properties"]["ipConfigurations"]]
        found[nic["name"]] = [(each["privateIPAddress"], each["primary"]) for each in addresses]
    return found
