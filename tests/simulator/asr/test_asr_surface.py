"""The rest of the surface: shapes, vaults, sites, plans, networks, events, and what is not there."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from simulator.rooms import all_routes
from simulator.routing import Extent
from tests.simulator.asr.estate import Estate

# Keys of a protected item as recorded in 2023; the two times that were never set are left out, not null.
ITEM_KEYS = """
friendlyName protectedItemType protectableItemId recoveryServicesProviderId primaryFabricFriendlyName
primaryFabricProvider recoveryFabricFriendlyName recoveryFabricId primaryProtectionContainerFriendlyName
recoveryProtectionContainerFriendlyName protectionState protectionStateDescription activeLocation testFailoverState
testFailoverStateDescription switchProviderState switchProviderStateDescription allowedOperations replicationHealth
failoverHealth healthErrors policyId policyFriendlyName currentScenario failoverRecoveryPointId providerSpecificDetails
recoveryContainerId eventCorrelationId"""
DETAIL_KEYS = """
instanceType azureVmDiskDetails recoveryAzureVmName recoveryAzureVMSize recoveryAzureStorageAccount
recoveryAzureLogStorageAccountId lastReplicatedTime rpoInSeconds lastRpoCalculatedTime vmId vmProtectionState
vmProtectionStateDescription initialReplicationDetails vmNics selectedRecoveryAzureNetworkId selectedSourceNicId
encryption oSDetails sourceVmRamSizeInMB sourceVmCpuCount enableRdpOnTargetOption recoveryAzureResourceGroupId
recoveryAvailabilitySetId targetAvailabilityZone targetProximityPlacementGroupId useManagedDisks licenseType
sqlServerLicenseType lastRecoveryPointReceived targetVmTags seedManagedDiskTags targetManagedDiskTags targetNicTags
protectedManagedDisks"""


def get(estate: Estate, path: str, **options: Any) -> Any:
    """The JSON of a GET under the vault."""
    answer = estate.simulator.arm("GET", f"{estate.vault_path}{path}", version="2025-08-01", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_protected_item_has_the_recorded_keys(recorded: Estate) -> None:
    item = recorded.simulator.arm("GET", recorded.item_path()).json()
    assert sorted(item["properties"]) == sorted(ITEM_KEYS.split())
    assert sorted(item["properties"]["providerSpecificDetails"]) == sorted(DETAIL_KEYS.split())
    idle = item["properties"]["currentScenario"]
    assert idle["scenarioName"] == "None"
    assert idle["jobId"].endswith("/replicationJobs/None")
    assert idle["startTime"] == "1753-01-01T01:01:01Z"
    assert item["properties"]["healthErrors"][0]["errorCode"] == "161011"
    assert item["id"].startswith("/Subscriptions/")


def test_ids_match_without_regard_to_case_and_come_back_as_the_service_writes_them(recorded: Estate) -> None:
    shouted = recorded.simulator.arm("GET", recorded.item_path().upper())
    assert shouted.status_code == 200
    assert shouted.json()["id"] == recorded.simulator.arm("GET", recorded.item_path()).json()["id"]


def test_an_api_version_is_demanded_and_any_is_taken(recorded: Estate) -> None:
    url = f"{recorded.simulator.url}{recorded.vault_path}/replicationFabrics"
    headers = {"Authorization": f"Bearer {recorded.simulator.token()}"}
    without = recorded.simulator.session.get(url, headers=headers, timeout=30)
    assert (without.status_code, without.json()["error"]["code"]) == (400, "MissingApiVersionParameter")
    assert recorded.simulator.session.get(f"{url}?api-version=2031-01-01", headers=headers, timeout=30).ok


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/replicationFabrics/nowhere", "FabricArmEntityMissing"),
        ("/replicationPolicies/none", "ArmResourceDoesNotExist"),
        ("/replicationJobs/none", "ArmResourceDoesNotExist"),
        ("/replicationRecoveryPlans/none", "ArmResourceDoesNotExist"),
    ],
)
def test_what_is_not_there_has_the_recorded_body(recorded: Estate, path: str, code: str) -> None:
    answer = recorded.simulator.arm("GET", f"{recorded.vault_path}{path}")
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (404, code)


def test_a_missing_vault_is_arms_404(recorded: Estate) -> None:
    with pytest.raises(ResourceNotFoundError, match=r"aka\.ms/ARMResourceNotFoundFix"):
        list(recorded.client.replication_fabrics.list("dr", "another-vault"))


def test_protectable_items_end_with_an_empty_page(recorded: Estate) -> None:
    container = f"/replicationFabrics/contoso-hyperv/replicationProtectionContainers/{recorded.container}"
    first = get(recorded, f"{container}/replicationProtectableItems")
    assert [item["properties"]["friendlyName"] for item in first["value"]] == ["sql01", "app01", "web01", "legacy01"]
    assert first["nextLink"].endswith("$skipToken=ReplicationGroup%3ABegin")
    headers = {"Authorization": f"Bearer {recorded.simulator.token()}"}
    last = recorded.simulator.session.get(first["nextLink"], headers=headers, timeout=30).json()
    assert last == {"value": [], "nextLink": None}
    small = get(recorded, f"{container}/replicationProtectableItems", params={"$take": "3"})
    rest = recorded.simulator.session.get(small["nextLink"], headers=headers, timeout=30).json()
    assert len(small["value"]) == 3
    assert [item["properties"]["friendlyName"] for item in rest["value"]] == ["legacy01"]


def test_the_next_page_is_narrowed_and_sized_as_the_first(recorded: Estate) -> None:
    host = {
        "name": "hv02",
        "site": "contoso-hyperv",
        "registersAfterSeconds": 1,
        "virtualMachines": [
            {"name": "r&d 01", "id": f"0000000{number}", "disks": [{"name": "c.vhdx", "sizeGB": 60}]}
            for number in range(3)
        ],
    }
    recorded.admin("POST", "hosts", host)
    recorded.advance(60)
    path = f"/replicationFabrics/contoso-hyperv/replicationProtectionContainers/{recorded.container}"
    asked = {"$take": "1", "$filter": "friendlyName eq 'r&d 01'"}
    page = get(recorded, f"{path}/replicationProtectableItems", params=asked)
    headers = {"Authorization": f"Bearer {recorded.simulator.token()}"}
    sizes = []
    for _ in range(5):
        sizes.append([item["properties"]["friendlyName"] for item in page["value"]])
        if page["nextLink"] is None:
            break
        page = recorded.simulator.session.get(page["nextLink"], headers=headers, timeout=30).json()
    assert sizes == [["r&d 01"], ["r&d 01"], ["r&d 01"], []]


def test_the_site_its_container_and_its_provider(recorded: Estate) -> None:
    site = recorded.client.replication_fabrics.get(*recorded.vault, "contoso-hyperv").properties
    assert (site.bcdr_state, site.health) == ("Valid", "Normal")
    assert [host.name for host in site.custom_details.hyper_v_hosts] == ["hv01"]
    container = recorded.client.replication_protection_containers.get(
        *recorded.vault, "contoso-hyperv", recorded.container
    )
    assert container.name == f"cloud_{site.internal_identifier}"
    assert (container.properties.pairing_status, container.properties.role) == ("Paired", "Primary")
    assert container.properties.protected_item_count == 1
    provider = next(iter(recorded.client.replication_recovery_services_providers.list(*recorded.vault))).properties
    assert (provider.connection_status, provider.protected_item_count) == ("Connected", 1)


def test_a_vault_is_emptied_in_the_services_order_before_it_is_deleted(recorded: Estate) -> None:
    client, site = recorded.client, (*recorded.vault, "contoso-hyperv")
    vaults: Any
    with recorded.simulator.recovery_services() as vaults:
        with pytest.raises(HttpResponseError) as refused:
            vaults.vaults.begin_delete(*recorded.vault)
        assert refused.value.error is not None
        assert refused.value.error.code == "ServiceResourceNotEmptyWithContainerDetails"
        recorded.finish(client.replication_protected_items.begin_delete(*recorded.path(), {"properties": {}}))
        recorded.finish(
            client.replication_protection_container_mappings.begin_delete(
                *site, recorded.container, "association", {"properties": {}}
            )
        )
        recorded.finish(client.replication_policies.begin_delete(*recorded.vault, "every-5-minutes"))
        for provider in client.replication_recovery_services_providers.list_by_replication_fabrics(*site):
            recorded.finish(client.replication_recovery_services_providers.begin_delete(*site, provider.name))
        recorded.finish(client.replication_fabrics.begin_delete(*site))
        assert list(client.replication_fabrics.list(*recorded.vault)) == []
        recorded.finish(vaults.vaults.begin_delete(*recorded.vault))
        with pytest.raises(ResourceNotFoundError):
            vaults.vaults.get(*recorded.vault)


def test_a_vault_is_provisioned_then_changed_in_place(recorded: Estate) -> None:
    vaults: Any
    with recorded.simulator.recovery_services() as vaults:
        body = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
        poller = vaults.vaults.begin_create_or_update("dr", "second", body)
        assert vaults.vaults.get("dr", "second").properties.provisioning_state == "Provisioning"
        assert recorded.finish(poller).properties.provisioning_state == "Succeeded"
        changed = vaults.vaults.begin_update("dr", "second", {"tags": {"team": "dr"}}).result(30)
        assert changed.tags == {"team": "dr"}
        assert {vault.name for vault in vaults.vaults.list_by_resource_group("dr")} == {"contoso-vault", "second"}
        recorded.finish(vaults.vaults.begin_delete("dr", "second"))
        assert {vault.name for vault in vaults.vaults.list_by_subscription_id()} == {"contoso-vault"}


def test_a_recovery_plan_is_kept_as_recorded(recorded: Estate) -> None:
    site = recorded.client.replication_fabrics.get(*recorded.vault, "contoso-hyperv").id
    item = recorded.client.replication_protected_items.get(*recorded.path())
    body = {
        "properties": {
            "primaryFabricId": site,
            "recoveryFabricId": "Microsoft Azure",
            "failoverDeploymentModel": "ResourceManager",
            "groups": [
                {
                    "groupType": "Boot",
                    "replicationProtectedItems": [{"id": item.id, "virtualMachineId": item.id}],
                    "startGroupActions": [],
                    "endGroupActions": [],
                }
            ],
        }
    }
    plans = recorded.client.replication_recovery_plans
    made = recorded.finish(plans.begin_create(*recorded.vault, "plan", body)).properties
    assert [group.group_type for group in made.groups] == ["Shutdown", "Failover", "Boot"]
    entry = made.groups[2].replication_protected_items[0]
    assert entry.virtual_machine_id == item.properties.provider_specific_details.vm_id
    assert made.allowed_operations == ["PlannedFailover", "UnplannedFailover", "TestFailover"]
    assert made.current_scenario is None
    assert next(iter(plans.list(*recorded.vault))).properties.groups == []
    filtered = recorded.client.replication_protected_items.list(*recorded.vault, filter="RecoveryPlanName eq 'plan'")
    assert [one.name for one in filtered] == ["sql01"]
    with pytest.raises(HttpResponseError) as refused:
        plans.begin_planned_failover(
            *recorded.vault, "plan", {"properties": {"failoverDirection": "PrimaryToRecovery"}}
        )
    assert refused.value.status_code == 501
    recorded.finish(plans.begin_delete(*recorded.vault, "plan"))
    assert list(plans.list(*recorded.vault)) == []


def test_a_hyper_v_site_has_no_networks_and_those_of_a_vmm_server_can_be_mapped(recorded: Estate) -> None:
    client = recorded.client
    assert list(client.replication_networks.list_by_replication_fabrics(*recorded.vault, "contoso-hyperv")) == []
    site = (*recorded.vault, recorded.vmm_server("production"))
    details = client.replication_fabrics.get(*site).properties
    assert (details.friendly_name, details.custom_details.instance_type) == ("vmm01", "VMM")
    network = next(iter(client.replication_networks.list_by_replication_fabrics(*site)))
    assert (network.properties.friendly_name, network.properties.fabric_type) == ("production", "VMM")
    body = {"properties": {"recoveryNetworkId": recorded.network_id}}
    mappings = client.replication_network_mappings
    made = recorded.finish(mappings.begin_create(*site, network.name, "mapping", body)).properties
    assert (made.state, made.recovery_network_friendly_name) == ("Paired", "recovery")
    assert [one.name for one in mappings.list(*recorded.vault)] == ["mapping"]
    recorded.finish(mappings.begin_delete(*site, network.name, "mapping"))
    assert list(mappings.list(*recorded.vault)) == []


def test_events_and_health_tell_what_happened(recorded: Estate) -> None:
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    with pytest.raises(HttpResponseError):
        recorded.failover(planned=True)
    critical = list(recorded.client.replication_events.list(*recorded.vault, filter="Severity  eq  'Critical'"))
    assert [event.properties.affected_object_friendly_name for event in critical] == ["sql01"]
    recorded.advance(7200)
    health = recorded.client.replication_vault_health.get(*recorded.vault).properties
    assert health.protected_items_health.categorized_resource_counts == {"Critical": 1}
    recorded.finish(recorded.client.replication_vault_health.begin_refresh(*recorded.vault))


def test_target_sizes_say_what_speaks_against_them(recorded: Estate) -> None:
    sizes = {
        size.name: size.properties.errors
        for size in recorded.client.target_compute_sizes.list_by_replication_protected_items(*recorded.path())
    }
    assert sizes["Standard_B2s"]
    assert not sizes["Standard_D8s_v5"]


def test_a_host_registers_on_command_and_its_machines_appear(recorded: Estate) -> None:
    host = {
        "name": "hv02",
        "site": None,
        "virtualMachines": [{"name": "file01", "disks": [{"name": "c.vhdx", "sizeGB": 60, "operatingSystem": True}]}],
    }
    recorded.admin("POST", "hosts", host)
    recorded.advance(600)
    recorded.admin("POST", "hosts/hv02/register", {"site": "contoso-hyperv"})
    assert recorded.protectable("file01").properties.protection_status == "Unprotected"
    recorded.protect("file01")


@pytest.mark.parametrize("site", ["contoso-hyperv", "first"])
def test_a_host_that_names_a_site_registers_by_itself(recorded: Estate, site: str) -> None:
    machines = [{"name": "file01", "disks": [{"name": "c.vhdx", "sizeGB": 60, "operatingSystem": True}]}]
    host = {"name": "hv02", "site": site, "registersAfterSeconds": 90, "virtualMachines": machines}
    recorded.admin("POST", "hosts", host)
    providers = recorded.client.replication_recovery_services_providers
    recorded.advance(80)
    assert [one.properties.friendly_name for one in providers.list(*recorded.vault)] == ["hv01"]
    recorded.advance(20)
    assert sorted(one.properties.friendly_name for one in providers.list(*recorded.vault)) == ["hv01", "hv02"]
    recorded.protect("file01")


def test_everything_of_the_specification_answers_or_says_that_it_is_not_there(recorded: Estate) -> None:
    refused = [route for route in all_routes() if route.parity and route.parity.extent is Extent.REFUSED]
    assert refused
    names = {"subscription": recorded.simulator.ready.subscription_id, "group": "dr", "vault": "contoso-vault"}
    for route in refused:
        path = route.template
        for segment in [part[1:-1] for part in route.template.split("/") if part.startswith("{")]:
            path = path.replace(f"{{{segment}}}", names.get(segment, "anything"))
        answer = recorded.simulator.arm(route.method, path)
        assert answer.status_code == 501, f"{route.method} {path}: {answer.text}"
        assert answer.json()["error"]["details"][0]["code"] == "SimulatorOperationNotImplemented"


def test_a_body_for_another_replication_provider_is_not_taken(recorded: Estate) -> None:
    failover = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": {"instanceType": "InMageRcm"}}
    policy = {"providerSpecificInput": {"instanceType": "A2A"}}
    for method, path, properties in (
        ("POST", f"{recorded.item_path()}/plannedFailover", failover),
        ("PUT", f"{recorded.vault_path}/replicationPolicies/other", policy),
        ("PUT", f"{recorded.vault_path}/replicationFabrics/vmm", {"customDetails": {"instanceType": "VMwareV2"}}),
    ):
        answer = recorded.simulator.arm(method, path, {"properties": properties})
        assert answer.status_code == 501, answer.text


def test_policies_and_associations_have_the_recorded_keys(recorded: Estate) -> None:
    policy = get(recorded, "/replicationPolicies/every-5-minutes")["properties"]
    assert policy == {
        "friendlyName": "every-5-minutes",
        "providerSpecificDetails": {
            "instanceType": "HyperVReplicaAzure",
            "recoveryPointHistoryDurationInHours": 2,
            "applicationConsistentSnapshotFrequencyInHours": 1,
            "replicationInterval": 300,
            "encryption": "Disabled",
            "activeStorageAccountId": None,
        },
    }
    mapping = get(recorded, "/replicationProtectionContainerMappings")["value"][0]["properties"]
    assert sorted(mapping) == [
        "health",
        "healthErrorDetails",
        "policyFriendlyName",
        "policyId",
        "providerSpecificDetails",
        "sourceFabricFriendlyName",
        "sourceProtectionContainerFriendlyName",
        "state",
        "targetFabricFriendlyName",
        "targetProtectionContainerFriendlyName",
        "targetProtectionContainerId",
    ]
    assert (mapping["state"], mapping["providerSpecificDetails"]) == ("Paired", None)


def test_the_date_header_is_the_services_clock(recorded: Estate) -> None:
    before = recorded.simulator.arm("GET", recorded.item_path()).headers["Date"]
    recorded.advance(86400)
    after = recorded.simulator.arm("GET", recorded.item_path()).headers["Date"]
    assert (parsedate_to_datetime(after) - parsedate_to_datetime(before)).total_seconds() == 86400


def test_an_unknown_path_or_method_is_a_plain_404_or_405(recorded: Estate) -> None:
    assert recorded.simulator.arm("GET", "/subscriptions/x/nothing/here").status_code == 404
    assert recorded.simulator.arm("DELETE", f"{recorded.vault_path}/replicationJobs").status_code == 405


def usages(estate: Estate) -> Any:
    """What the vault says of its items and jobs."""
    return get(estate, "/replicationUsages")["value"][0]


def test_usages_count_jobs_and_unhealthy_machines(recorded: Estate) -> None:
    before = usages(recorded)
    assert (before["monitoringSummary"]["unHealthyVmCount"], before["protectedItemCount"]) == (0, 1)
    assert before["jobsSummary"] == {"failedJobs": 0, "suspendedJobs": 0, "inProgressJobs": 0}
    recorded.begin_failover()
    assert usages(recorded)["jobsSummary"]["inProgressJobs"] == 1
    recorded.advance(1200)
    recorded.commit()
    recorded.begin_failback()
    recorded.advance(2000)
    assert usages(recorded)["jobsSummary"]["suspendedJobs"] == 1


def test_a_silent_host_shows_in_usages_and_in_the_health_of_the_vault(recorded: Estate) -> None:
    recorded.admin("PUT", "hosts/hv01/heartbeat", {"beats": False})
    recorded.advance(7200)
    with pytest.raises(HttpResponseError):
        recorded.failover(planned=True)
    seen = usages(recorded)
    assert seen["monitoringSummary"]["unHealthyVmCount"] == 1
    assert seen["jobsSummary"]["failedJobs"] == 1
    assert get(recorded, "/replicationFabrics/contoso-hyperv")["properties"]["health"] == "Critical"
    health = get(recorded, "/replicationVaultHealth")["properties"]["fabricsHealth"]
    assert health["categorizedResourceCounts"] == {"Critical": 1}


def test_the_target_and_the_provider_of_an_association_have_no_case(recorded: Estate) -> None:
    body = recorded.mapping_input()
    body["properties"]["targetProtectionContainerId"] = "microsoft azure"
    body["properties"]["providerSpecificInput"] = {"instanceType": "HYPERVREPLICAAZURE"}
    path = f"replicationFabrics/contoso-hyperv/replicationProtectionContainers/{recorded.container}"
    mapping = f"{recorded.vault_path}/{path}/replicationProtectionContainerMappings/again"
    assert recorded.simulator.arm("PUT", mapping, body).status_code == 202
    body["properties"]["providerSpecificInput"] = {"instanceType": "inmagercm"}
    assert recorded.simulator.arm("PUT", mapping, body).status_code == 501
