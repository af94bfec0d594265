"""A vault that two teams share: made before any host has registered, and used by a stack of its own each.

The tests are one story over one vault, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dr.deletions import deletions_of
from tests.engine.generated_estate import POLICY, SITE, declare, write_inventory
from tests.engine.stack_under_test import VAULT, StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    """The stack that makes the vault; the only host registers on command."""
    directory = tmp_path_factory.mktemp("simulator")
    inventory = write_inventory(directory / "inventory.yaml", 2, registers=False)
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", str(inventory))
    stack = StackUnderTest(tmp_path_factory.mktemp("platform"), engine, simulator)
    stack.edit(lambda config: declare(config, 1, wait_minutes=0))
    yield stack
    simulator.stop()


@pytest.fixture(scope="module")
def team(platform: StackUnderTest, tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> StackUnderTest:
    """The stack of a team that takes the vault from there."""
    stack = StackUnderTest(tmp_path_factory.mktemp("team"), engine, platform.simulator)

    def share(config: dict[str, Any]) -> None:
        declare(config, 0)
        config["site-recovery:sharedStack"] = f"organization/{platform.project}/{platform.stack}"
        config["site-recovery:vault"]["adopt"] = True
        config["site-recovery:resourceGroups"] = {"contoso-vms": {"adopt": True}}
        config["site-recovery:sites"] = {SITE: {"adopt": True}}
        config["site-recovery:policies"] = {POLICY: {"adopt": True}}
        config["site-recovery:networks"] = {"prod": {"id": _shared(platform)["networks"]["prod"]}}
        config["site-recovery:storageAccounts"] = {
            "contosodr": {"id": _shared(platform)["storageAccounts"]["contosodr"]}
        }
        config["site-recovery:vms"] = {"vm02": {"direction": "onPremisesToAzure"}}

    stack.edit(share)
    return stack


def test_without_a_host_an_up_makes_the_site_and_tells_what_is_still_to_come(platform: StackUnderTest) -> None:
    shown = platform.up().stdout
    assert f"PENDING: no Hyper-V host has registered with site {SITE}" in shown
    assert "AzureSiteRecoveryProvider.exe" in shown
    assert "registration key" in _output(platform, "pending")[SITE]
    assert platform.outputs("vm01")["stageText"].startswith("runs on premises, unprotected: no Hyper-V host")
    assert resources_changed(platform.preview_json("--expect-no-changes")) == {}


def test_the_next_up_goes_on_once_a_host_has_registered(platform: StackUnderTest) -> None:
    plan = platform.directory / "plan.json"
    platform.preview("--save-plan", str(plan))
    platform.simulator.admin("POST", "hosts/HV-01/register", {"site": SITE})
    refused = platform.up("--plan", str(plan), check=False)
    assert refused.returncode != 0
    assert "violates plan" in refused.stdout
    assert f"a Hyper-V host has registered with site {SITE}" in refused.stdout, "which tells what the engine does not"
    assert set(resources_changed(platform.preview_json()).values()) == {"update"}
    platform.up()
    assert platform.outputs("vm01")["stage"] == "protected"
    assert _output(platform, "pending") == {SITE: ""}
    assert resources_changed(platform.preview_json("--expect-no-changes")) == {}


def test_a_team_protects_its_vm_in_the_shared_vault(platform: StackUnderTest, team: StackUnderTest) -> None:
    team.up()
    assert team.outputs("vm02")["stage"] == "protected"
    assert set(resources_changed(team.preview_json("--expect-no-changes")).values()) == {"read"}
    assert resources_changed(platform.preview_json("--expect-no-changes")) == {}


def test_what_is_written_beside_adopt_and_is_otherwise_in_azure_is_told(team: StackUnderTest) -> None:
    written = team.file.read_text(encoding="utf-8")

    def otherwise(config: dict[str, Any]) -> None:
        config["site-recovery:vault"].update(
            {"tags": {"owner": "team"}, "redundancy": "zoneRedundant", "publicNetworkAccess": "enabled"}
        )
        rhythm = {"replicationIntervalSeconds": 30, "recoveryPointHistoryHours": 24, "initialReplicationStart": "22:30"}
        config["site-recovery:policies"][POLICY].update(rhythm)

    team.edit(otherwise)
    said = [each["message"] for each in team.preview_json()["diagnostics"] if "is adopted" in str(each["message"])]
    team.file.write_text(written, encoding="utf-8")
    assert sorted(" ".join(each.split()).partition(";")[0] for each in said) == [
        f"warning: policies.{POLICY}.replicationIntervalSeconds: is 30 here and 300 in Azure",
        "warning: vault.redundancy: is zoneRedundant here and geoRedundant in Azure",
        "warning: vault.tags.owner: is team here and not set in Azure",
    ]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("vault.location", "northeurope", "has location westeurope, this one declares northeurope"),
        ("policies.another.adopt", "true", "policy another is adopted, but the shared stack has only"),
    ],
)
def test_what_the_shared_stack_does_not_declare_is_an_error(
    team: StackUnderTest, key: str, value: str, says: str
) -> None:
    written = team.file.read_text(encoding="utf-8")
    team.set(key, value)
    try:
        shown = team.preview(check=False)
    finally:
        team.file.write_text(written, encoding="utf-8")
    assert shown.returncode != 0
    assert says in shown.stdout


def test_the_team_leaves_and_its_vm_stays_protected(platform: StackUnderTest, team: StackUnderTest) -> None:
    team.destroy()
    assert team.item("vm02")["protectionState"] == "Protected"
    assert resources_changed(platform.preview_json("--expect-no-changes")) == {}


def test_dismantling_a_team_leaves_what_it_adopted(platform: StackUnderTest, team: StackUnderTest) -> None:
    team.up()
    adopted = _associations(team)
    assert len(adopted) == 1
    written = team.file.read_text(encoding="utf-8")
    team.edit(lambda config: config.update({"site-recovery:dismantle": {"vault": VAULT[1], "confirm": VAULT[1]}}))
    team.up()
    without = team.file.read_text(encoding="utf-8")
    team.edit(lambda config: config["site-recovery:vms"].pop("vm02"))
    shown = team.preview_json()
    leaves = deletions_of(shown)
    assert "CANNOT BE UNDONE: VM vm02 is taken out" in "".join(each["message"] for each in shown["diagnostics"])
    assert [(each.vm, each.what) for each in leaves] == [("vm02", "protection of vm02")], "and nothing that it adopted"
    team.file.write_text(without, encoding="utf-8")
    said = team.destroy().stdout
    assert "vm02: its replication is disabled now, as the last `pulumi up` was told to dismantle this estate" in said
    assert "nothing is changed in Azure" not in said
    assert _protected(team) == ["vm01"], "what the team protected is protected no more"
    assert _associations(team) == adopted, "the platform's own VM rests on it"
    assert resources_changed(platform.preview_json("--expect-no-changes")) == {}

    team.file.write_text(written, encoding="utf-8")
    team.up()
    team.destroy()
    assert _protected(team) == ["vm01", "vm02"], "the next test finds it as the last one left it"


def test_dismantling_stops_at_each_refusal_of_the_service_and_goes_on_from_there(
    platform: StackUnderTest, team: StackUnderTest
) -> None:
    platform.edit(lambda config: config.update({"site-recovery:dismantle": {"vault": VAULT[1], "confirm": VAULT[1]}}))
    platform.up()
    _take_back_and_take_out(platform)
    _make_container(platform, "theirs")

    stopped = _destroy(platform)
    assert "could not be removed" in stopped, "the team's VM is still protected with the policy"
    assert "What rests on it is still there, too; `pulumi destroy` goes on from here" in stopped
    assert "the association of policy every-5-minutes" in stopped
    assert team.item("vm02")["protectionState"] == "Protected"

    _disable_by_hand(team, "vm02")
    _refuse_once(platform, "ReplicationRecoveryServicesProviders_Delete", "The host is being serviced.")
    stopped = _destroy(platform)
    assert f"a host of site {SITE} could not be removed: The host is being serviced." in stopped

    _refuse_once(platform, "Vaults_Delete", "Vault cannot be deleted as there are existing resources within it.")
    assert "Vault cannot be deleted as there are existing resources within it." in _destroy(platform)

    left = platform.destroy().stdout
    assert "storage account contosodr is left to you: it holds container theirs" in left
    assert "resource group contoso-vms was empty, and is deleted" in left
    assert "resource group contoso-dr is left to you: it holds Microsoft.Storage/storageAccounts/contosodr" in left
    groups = platform.simulator.arm("GET", f"{platform.simulator.subscription_path}/resourcegroups").json()["value"]
    assert [group["name"] for group in groups] == [VAULT[0]]


def _take_back_and_take_out(stack: StackUnderTest) -> None:
    """In one edit the dismantling is taken back, and what an `up` would still take away is taken out."""
    written = stack.file.read_text(encoding="utf-8")

    def edit(config: dict[str, Any]) -> None:
        del (
            config["site-recovery:dismantle"],
            config["site-recovery:vms"]["vm01"],
            config["site-recovery:networks"]["test"],
        )

    stack.edit(edit)
    for refused in (stack.preview(check=False), stack.up(check=False)):
        said = " ".join(refused.stdout.split())
        assert refused.returncode != 0
        assert (
            "would still be taken away in Azure: VM vm01, association contoso-hyperv/every-5-minutes, network" in said
        )
        assert " delete" not in said
    assert stack.item("vm01")["protectionState"] == "Protected"
    group = f"{stack.simulator.subscription_path}/resourceGroups/{VAULT[0]}"
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/test"
    assert stack.simulator.arm("GET", network, version="2024-05-01").status_code == 200
    stack.file.write_text(written, encoding="utf-8")


def _destroy(stack: StackUnderTest) -> str:
    """A `destroy` that is refused, and what it said in one line."""
    stopped = stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack.stack, check=False)
    assert stopped.returncode != 0, stopped.stdout
    return " ".join(stopped.stdout.split())


def _associations(stack: StackUnderTest) -> list[str]:
    with stack.simulator.site_recovery() as client:
        return [str(mapping.id) for mapping in client.replication_protection_container_mappings.list(*VAULT)]


def _protected(stack: StackUnderTest) -> list[str]:
    with stack.simulator.site_recovery() as client:
        items = client.replication_protected_items.list(*VAULT)
        return sorted(str(item.as_dict()["properties"]["friendlyName"]) for item in items)


def _make_container(stack: StackUnderTest, name: str) -> None:
    account = f"{stack.simulator.subscription_path}/resourceGroups/{VAULT[0]}/providers/Microsoft.Storage"
    path = f"{account}/storageAccounts/contosodr/blobServices/default/containers/{name}"
    answer = stack.simulator.arm("PUT", path, {"properties": {}}, version="2024-01-01")
    assert answer.status_code == 201, answer.text


def _disable_by_hand(stack: StackUnderTest, vm: str) -> None:
    path = [part for part in stack.item(vm)["id"].split("/") if part]
    body = {"properties": {"disableProtectionReason": "NotSpecified", "replicationProviderInput": {}}}
    with stack.simulator.site_recovery() as client:
        items = client.replication_protected_items
        items.begin_delete(*VAULT, path[-5], path[-3], path[-1], body).result(timeout=60)


def _refuse_once(stack: StackUnderTest, operation: str, message: str) -> None:
    rule = {
        "name": operation,
        "request": {"operation": operation},
        "when": {"once": True},
        "answer": {"status": 400, "code": "BadRequest", "message": message},
    }
    stack.simulator.admin("POST", "faults", {"faults": [rule]})


def _shared(stack: StackUnderTest) -> dict[str, Any]:
    return _output(stack, "shared")


def _output(stack: StackUnderTest, name: str) -> dict[str, Any]:
    shown = stack.pulumi("stack", "output", name, "--json", "--stack", stack.stack).stdout
    found: dict[str, Any] = json.loads(shown)
    return found
