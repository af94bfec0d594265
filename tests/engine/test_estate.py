"""An estate from empty to protected, changed in place, and dismantled again.

The tests are one story over one vault, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.generated_estate import POLICY, declare, names, write_inventory
from tests.engine.killed import kill_when, run_fast, run_slowly
from tests.engine.stack_under_test import VAULT, StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(900)

VMS = 50
LAST = names(VMS)[-1]  # the one that runs in Azure when the vault is to be dismantled
MAPPING = "data-to-azure"
ENABLED = ["EnableDr", "IrCompletion"]
_SET = (
    "/subscriptions/5ca1ab1e-0000-4000-8000-000000000001/resourceGroups/contoso-vms"
    "/providers/Microsoft.Compute/availabilitySets/front"
)
# Every setting that the service can change, each on a VM of its own: what is written in `target`.
CHANGES: tuple[dict[str, Any], ...] = (
    {"name": "renamed"},
    {"resourceGroup": "contoso-vms"},
    {"size": "Standard_D8s_v5"},
    {"network": "other"},
    {"subnet": "apps"},
    {"staticIp": "10.1.0.77"},
    {"test": {"network": "test"}},
    {"test": {"network": "test", "subnet": "data"}},
    {"test": {"network": "test", "subnet": "data", "staticIp": "10.9.0.77"}},
    {"managedDisks": False},
    {"availabilitySet": _SET},
    {"zone": "2"},
    {"licenseType": "windowsServer"},
    {"sqlServerLicenseType": "ahub"},
    {"rdp": "onlyOnTestFailover"},
    {"tags": {"application": "orders"}},
)
RHYTHM = {
    "replicationIntervalSeconds": 900,
    "recoveryPointHistoryHours": 12,
    "appConsistentFrequencyHours": 2,
    "initialReplicationStart": "22:30",
}
TAGS = {"owner": "infrastructure"}
TAGGED = (("resourceGroups", "contoso-vms"), ("networks", "other"), ("storageAccounts", "contosodr"))
# What a preview reads of the service, whatever the number of VMs (of the discovered ones, two pages).
READ_ONCE = {
    "ReplicationProtectedItems_List": 1,
    "ReplicationJobs_List": 1,
    "ReplicationProtectableItems_ListByReplicationProtectionContainers": 2,
    "TargetComputeSizes_ListByReplicationProtectedItems": 1,
    "ReplicationFabrics_List": 1,  # as long as the network mapping waits for its server
}
# The site's container, until an `up` has kept it: the first one, where the host had registered when that began.
READ_UNTIL_KEPT = {"ReplicationFabrics_Get": 1, "ReplicationProtectionContainers_ListByReplicationFabrics": 1}
READ_WHERE_VMS_MOVE = {
    "ReplicationRecoveryServicesProviders_ListByReplicationFabrics": 1,
    "VirtualNetworks_Get": 1,
    "ResourceGroups_Get": 1,
    "VirtualMachines_List": 1,
}
CHANGED = dict(zip(names(VMS), CHANGES, strict=False))


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    """A stack of 50 VMs that has not been brought up."""
    directory = tmp_path_factory.mktemp("simulator")
    inventory = write_inventory(directory / "inventory.yaml", VMS)
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", str(inventory))
    stack = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)

    def declare_all(config: dict[str, Any]) -> None:
        declare(config, VMS)
        # Not into the network of the others, which is dismantled in the end.
        config["site-recovery:vms"][LAST]["target"] = {"network": None, "subnet": None}
        config["site-recovery:networkMappings"] = {
            MAPPING: {"vmmServer": "vmm01", "sourceNetwork": "data", "network": "prod"}
        }

    stack.edit(declare_all)
    yield stack
    simulator.stop()


def test_the_preview_of_an_empty_stack_shows_the_whole_tree(estate: StackUnderTest) -> None:
    shown = estate.preview_json()
    kinds = Counter(step["urn"].split("::")[2].rsplit("$", 1)[-1] for step in shown["steps"] if step["op"] == "create")
    for ours, count in (("ProtectedItem", VMS), ("ProtectionDirection", VMS), ("HyperVHosts", 1), ("MoveGate", 2)):
        assert sum(found for kind, found in kinds.items() if kind.endswith(f":{ours}")) == count, ours
    assert kinds["azure-native:recoveryservices:Vault"] == kinds["azure-native:recoveryservices:ReplicationFabric"] == 1
    assert kinds["azure-native:network:VirtualNetwork"] == 3


def test_fifty_vms_go_from_empty_to_protected(estate: StackUnderTest) -> None:
    estate.up()
    jobs = _jobs(estate)
    assert {vm: jobs[vm] for vm in names(VMS)} == dict.fromkeys(names(VMS), ENABLED)
    shown, reads = _previewed(estate, "--expect-no-changes")
    assert resources_changed(shown) == {}
    assert reads == READ_ONCE


def test_a_preview_reads_of_each_vm_that_moves_its_recovery_points_and_nothing_else(estate: StackUnderTest) -> None:
    """With the engine between. docs/preview.md has the list."""
    before, moving = estate.file.read_bytes(), VMS - 10

    def flip(config: dict[str, Any]) -> None:
        config["site-recovery:maxMoves"] = VMS
        for vm in names(moving):
            config["site-recovery:vms"][vm]["direction"] = "azureToOnPremises"

    estate.edit(flip)
    shown, reads = _previewed(estate)
    estate.file.write_bytes(before)
    assert (
        len([step for step in shown["steps"] if (step.get("newState") or {}).get("inputs", {}).get("plan")]) == moving
    )
    assert reads == {**READ_ONCE, **READ_WHERE_VMS_MOVE, "RecoveryPoints_ListByReplicationProtectedItems": moving}


def _previewed(estate: StackUnderTest, *arguments: str) -> tuple[dict[str, Any], dict[str, int]]:
    """A preview, and how often it has read what of the service."""
    audit = f"{estate.simulator.url}/_simulator/audit"
    estate.simulator.session.delete(audit, timeout=30)
    shown = estate.preview_json(*arguments)
    reads: dict[str, int] = estate.simulator.session.get(audit, timeout=30).json()["reads"]
    until_kept = {name: reads.pop(name) for name in READ_UNTIL_KEPT if name in reads}
    assert until_kept in ({}, READ_UNTIL_KEPT)
    return shown, reads


def test_every_changeable_setting_is_one_update_there_and_one_back(estate: StackUnderTest) -> None:
    def change(config: dict[str, Any]) -> None:
        for vm, target in CHANGED.items():
            config["site-recovery:vms"][vm]["target"] = dict(target)
        config["site-recovery:policies"][POLICY] = dict(RHYTHM)
        config["site-recovery:networkMappings"][MAPPING]["network"] = "other"
        config["site-recovery:vault"].update(
            {"publicNetworkAccess": "disabled", "immutability": "unlocked", "tags": dict(TAGS)}
        )
        for kind, name in TAGGED:
            config[f"site-recovery:{kind}"][name]["tags"] = dict(TAGS)
        config["site-recovery:networks"]["test"]["subnets"]["apps"] = {"prefix": "10.9.1.0/24"}

    def change_back(config: dict[str, Any]) -> None:
        for vm in CHANGED:
            del config["site-recovery:vms"][vm]["target"]
        config["site-recovery:policies"][POLICY] = {}
        config["site-recovery:networkMappings"][MAPPING]["network"] = "prod"
        for key in ("publicNetworkAccess", "immutability", "tags"):
            del config["site-recovery:vault"][key]
        for kind, name in TAGGED:
            del config[f"site-recovery:{kind}"][name]["tags"]
        del config["site-recovery:networks"]["test"]["subnets"]["apps"]

    _register_vmm_server(estate)
    before, rhythm = {vm: _settings(estate.item(vm)) for vm in CHANGED}, _rhythm(estate)
    estate.edit(change)
    tagged = {name for _, name in TAGGED}
    known = {*CHANGED, *tagged, POLICY, MAPPING, VAULT[1], "test", "estate"}  # the guard keeps the immutability, too
    assert resources_changed(estate.preview_json()) == dict.fromkeys(known, "update")
    estate.up()
    changed = {vm: _settings(estate.item(vm)) for vm in CHANGED}
    assert all(changed[vm] != before[vm] for vm in CHANGED), {vm for vm in CHANGED if changed[vm] == before[vm]}
    assert _rhythm(estate) == (900, 12, 2, "22:30:00")
    estate.edit(change_back)
    estate.up()
    assert _rhythm(estate) == rhythm
    jobs = _jobs(estate)
    assert {vm: jobs[vm] for vm in CHANGED} == {
        vm: [*ENABLED, "UpdateVmProperties", "UpdateVmProperties"] for vm in CHANGED
    }
    assert {vm: jobs[vm] for vm in names(VMS) if vm not in CHANGED} == {
        vm: ENABLED for vm in names(VMS) if vm not in CHANGED
    }
    assert jobs["Data"] == ["NetworkPairing", "NetworkPairing"], "made once its server was there, and changed"
    assert jobs[POLICY] == [
        "AddProtectionProfile",
        "AssociateProtectionProfile",
        "ModifyProtectionProfile",
        "ModifyProtectionProfile",
    ]
    assert {vm: _settings(estate.item(vm)) for vm in CHANGED} == before
    assert resources_changed(estate.preview_json("--expect-no-changes")) == {}


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("vault.location", "northeurope", "the location of vault contoso-vault cannot be changed"),
        ("networks.prod.location", "northeurope", "the location of network prod cannot be changed"),
        ("vault.redundancy", "locallyRedundant", "only while nothing is protected"),
        ("vms.vm01.target.diskType", "Premium_LRS", "vm01: its diskType cannot be changed while it is protected"),
        ("vms.vm01.source.disks.exclude[0]", "vm01-data.vhdx", "vm01-data.vhdx replicates, but is declared not to"),
    ],
)
def test_what_cannot_be_changed_is_an_error_with_the_safe_way_and_never_a_replacement(
    estate: StackUnderTest, key: str, value: str, says: str
) -> None:
    written = estate.file.read_text(encoding="utf-8")
    estate.set(key, value)
    try:
        shown = estate.preview(check=False)
    finally:
        estate.file.write_text(written, encoding="utf-8")
    assert shown.returncode != 0
    assert says in shown.stdout
    assert "replace" not in shown.stdout.replace("replaced", "")


def test_dismantling_is_refused_while_a_vm_runs_in_azure_and_goes_on_from_where_it_stopped(
    estate: StackUnderTest,
) -> None:
    estate.fail_over_by_hand(LAST)
    estate.edit(lambda config: config.update({"site-recovery:dismantle": {"vault": VAULT[1], "confirm": VAULT[1]}}))
    refused = estate.up(check=False)
    assert refused.returncode != 0
    assert f"{LAST} is active in Azure" in refused.stdout
    _purge_by_hand(estate, LAST)
    estate.edit(lambda config: config["site-recovery:vms"].pop(LAST))
    said = estate.up().stdout
    assert "DISMANTLE vault contoso-vault" in said
    assert (
        "will stop: the vault will not be deleted, as it holds what this stack does not take away: VMM server" in said
    )
    _unregister_vmm_server(estate)

    run_slowly(estate)
    with estate.start_destroy() as killed:
        kill_when(estate, killed, lambda: "Succeeded" in _disabled(estate).values())
    assert "InProgress" in _disabled(estate).values(), "struck while others are being disabled"
    run_fast(estate)
    estate.pulumi("cancel", "--yes", estate.stack)

    _refuse_once(estate, "*/replicationProtectionContainerMappings/*/remove", "The association is being serviced.")
    stopped = estate.pulumi("destroy", "--yes", "--skip-preview", "--stack", estate.stack, check=False)
    assert stopped.returncode != 0
    said = stopped.stdout
    assert "could not be removed: The association is being serviced." in said, said
    assert "`pulumi destroy` goes on from here" in said
    ended = {vm: jobs.count("DisableDr") for vm, jobs in _jobs(estate).items() if vm in names(VMS) and vm != LAST}
    assert ended == dict.fromkeys(names(VMS - 1), 1), "each is disabled once"

    left = estate.destroy().stdout
    assert "storage account contosodr was empty, and is deleted" in left
    assert "resource group contoso-vms was empty, and is deleted" in left
    assert f"resource group {VAULT[0]} is left to you: it holds Microsoft.Compute/" in left
    home = estate.simulator.subscription_path + f"/resourceGroups/{VAULT[0]}"
    vault = f"{home}/providers/Microsoft.RecoveryServices/vaults/{VAULT[1]}"
    assert estate.simulator.arm("GET", vault, version="2024-10-01").status_code == 404
    assert estate.simulator.arm("GET", home).status_code == 200, "the VM that was left in Azure is in it"


def _jobs(stack: StackUnderTest) -> dict[str, list[str]]:
    """The service's own record: scenarios of jobs by their target's name, oldest first. Each has to have succeeded."""
    with stack.simulator.site_recovery() as client:
        jobs = [job.as_dict()["properties"] for job in client.replication_jobs.list(*VAULT)]
    assert {job["state"] for job in jobs} == {"Succeeded"}
    found: dict[str, list[str]] = {}
    for job in sorted(jobs, key=lambda job: str(job["startTime"])):
        found.setdefault(job["targetObjectName"], []).append(job["scenarioName"])
    return found


def _disabled(stack: StackUnderTest) -> dict[str, str]:
    """The state of each VM's job that disables it."""
    with stack.simulator.site_recovery() as client:
        jobs = [job.as_dict()["properties"] for job in client.replication_jobs.list(*VAULT)]
    return {job["targetObjectName"]: job["state"] for job in jobs if job["scenarioName"] == "DisableDr"}


def _rhythm(stack: StackUnderTest) -> tuple[int, int, int, str | None]:
    """Seconds between copies, hours of recovery points, hours between application-consistent ones, and when the first
    copy begins.
    """
    with stack.simulator.site_recovery() as client:
        (policy,) = [policy.as_dict()["properties"] for policy in client.replication_policies.list(*VAULT)]
    kept = policy["providerSpecificDetails"]
    return (
        kept["replicationInterval"],
        kept["recoveryPointHistoryDurationInHours"],
        kept["applicationConsistentSnapshotFrequencyInHours"],
        kept.get("onlineReplicationStartTime"),
    )


def _settings(item: dict[str, Any]) -> dict[str, Any]:
    """What of an item a stack declares, with nothing and an empty text alike."""
    details = item["providerSpecificDetails"]
    keys = (
        *("recoveryAzureVmName", "recoveryAzureVMSize", "recoveryAzureResourceGroupId", "useManagedDisks"),
        *("selectedRecoveryAzureNetworkId", "recoveryAvailabilitySetId", "targetAvailabilityZone", "targetVmTags"),
        *("licenseType", "sqlServerLicenseType", "enableRdpOnTargetOption"),
    )
    card = details["vmNics"][0]
    address = card["ipConfigs"][0]
    parts = {key: details.get(key) for key in keys} | {"testNetwork": card["tfoVMNetworkId"]}
    parts |= {key: address[key] for key in ("recoverySubnetName", "recoveryStaticIPAddress", "tfoSubnetName")}
    parts |= {"tfoStaticIPAddress": address["tfoStaticIPAddress"]}
    return {key: None if value in ("", {}, "NotSpecified", "NoLicenseType") else value for key, value in parts.items()}


def _register_vmm_server(stack: StackUnderTest) -> None:
    """The networks that can be mapped are a VMM server's; its own installer registers it."""
    stack.simulator.admin("POST", "vmm-servers", {"name": "vmm01", "vault": VAULT[1], "networks": ["Data"]})


def _unregister_vmm_server(stack: StackUnderTest) -> None:
    with stack.simulator.site_recovery() as client:
        fabrics = [fabric.as_dict() for fabric in client.replication_fabrics.list(*VAULT)]
        (server,) = [one["name"] for one in fabrics if one["properties"]["friendlyName"] == "vmm01"]
        client.replication_fabrics.begin_purge(*VAULT, server).result(timeout=60)


def _purge_by_hand(stack: StackUnderTest, vm: str) -> None:
    """What somebody does in the portal to be rid of a VM that runs in Azure."""
    path = [part for part in stack.item(vm)["id"].split("/") if part]
    with stack.simulator.site_recovery() as client:
        client.replication_protected_items.begin_purge(*VAULT, path[-5], path[-3], path[-1]).result(timeout=60)


def _refuse_once(stack: StackUnderTest, path: str, message: str) -> None:
    rule = {
        "name": "refused",
        "request": {"method": "POST", "path": path},
        "when": {"once": True},
        "answer": {"status": 400, "code": "BadRequest", "message": message},
    }
    stack.simulator.admin("POST", "faults", {"faults": [rule]})
