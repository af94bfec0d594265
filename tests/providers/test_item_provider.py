"""A protected item's provider against the service: adoption, drift, deferral, and what cannot be changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.dismantling import declares_dismantling
from providers.operation import Operation, serving
from providers.protectable_vms import enable_settings
from providers.protected_item import ItemProvider
from simulator.inventory import load_inventory
from site_recovery.connection import SiteRecovery
from site_recovery.errors import RefusedError
from site_recovery.paths import item_path
from site_recovery.protection import ItemUpdate
from site_recovery.records import ItemRecord
from tests.providers.declared_item import Props, declared_item
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, VAULT, discovered, finished, ours, protect

ITEM = ItemProvider()


TWO_CARDS = {
    "name": "two01",
    "disks": [{"name": "os", "sizeGB": 40, "operatingSystem": True}],
    "nics": [{"name": "front"}, {"name": "back"}],
}

MUTE = {**TWO_CARDS, "name": "mute01", "os": "Linux", "generation": 1, "tellsOs": False}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    directory = tmp_path_factory.mktemp("simulator")
    inventory = load_inventory(None).model_dump(mode="json", by_alias=True)
    inventory["hosts"][0]["virtualMachines"] += [TWO_CARDS, {**TWO_CARDS, "name": "gone01"}, MUTE]
    path = directory / "inventory.json"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    running = RunningSimulator(directory, "--speed", "1000", "--inventory", str(path))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def app01(service: SiteRecovery) -> ItemRecord:
    """A VM that was protected by hand."""
    return protect(service, "app01")


def _failures(result: Any) -> str:
    return "\n".join(failure.reason for failure in result.failures)


def test_a_vm_protected_by_hand_is_adopted_without_a_job(service: SiteRecovery, app01: ItemRecord) -> None:
    jobs = len(service.jobs())
    checked = ITEM.check({}, declared_item(service))
    assert not checked.failures
    assert checked.inputs["itemId"] == app01.id
    created = ITEM.create(checked.inputs)
    assert created.id == app01.id
    assert created.outs is not None
    assert created.outs["deferred"] == []
    assert not ITEM.diff(created.id, created.outs, checked.inputs).changes
    assert len(service.jobs()) == jobs


def test_what_is_declared_otherwise_is_adopted_as_it_is_and_changed_by_the_next_up(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = len(service.jobs())
    wanted = ITEM.check({}, declared_item(service, size="Standard_D8s_v5")).inputs
    assert "adopted as it is" in (said := capsys.readouterr().err)
    assert "declared: Standard_D8s_v5" in said
    adopted = ITEM.create(wanted)
    assert adopted.outs is not None
    assert adopted.outs["deferred"] == ["size"]
    assert len(service.jobs()) == jobs
    assert ITEM.diff(app01.id, adopted.outs, wanted).changes
    updated = ITEM.update(app01.id, adopted.outs, wanted)
    assert updated.outs is not None
    assert updated.outs["deferred"] == []
    assert not ITEM.diff(app01.id, updated.outs, wanted).changes
    changed = service.item(app01.id)
    assert changed is not None
    assert changed.recovery_vm_size == "Standard_D8s_v5"


def test_a_change_made_in_the_portal_shows_as_drift_of_what_is_declared_alone(
    service: SiteRecovery, app01: ItemRecord
) -> None:
    wanted = ITEM.check({}, declared_item(service, size="Standard_D8s_v5")).inputs
    created = ITEM.create(wanted)
    assert created.outs is not None
    change = ItemUpdate(recovery_vm_size="Standard_D4s_v5", tags={"by": "hand"})
    service.protection.update(app01.id, change=change)
    service.invalidate()
    seen = ITEM.read(app01.id, created.outs)
    assert seen.outs is not None
    assert seen.outs["azure"] == {**wanted["azure"], "size": "Standard_D4s_v5"}
    assert ITEM.diff(app01.id, seen.outs, wanted).changes


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"policyId": "/another"}, "the service has no call that moves a protected VM to another policy"),
        ({"site": "elsewhere"}, "a VM belongs to the site of its host"),
        ({"source": {"osType": "linux"}}, "its osType is settled when it is protected"),
        ({"source": {"disks": {"include": ["nothing.vhdx"]}}}, "replicates, but is declared not to"),
    ],
    ids=["policy", "site", "operating system", "disks"],
)
def test_what_the_service_cannot_change_is_an_error_that_says_why(
    service: SiteRecovery, app01: ItemRecord, change: Props, says: str
) -> None:
    olds = {**declared_item(service), "itemId": app01.id}
    assert says in _failures(ITEM.check(olds, {**declared_item(service), **change}))


def test_another_network_warns_of_the_cards_that_are_not_declared(
    simulator: RunningSimulator, service: SiteRecovery, capsys: pytest.CaptureFixture[str]
) -> None:
    item = protect(service, "two01")
    first, second = item.nics
    cards = [
        {"nicId": first.id},
        {"nicId": second.id, "selectionType": "SelectedByUser", "ipConfigs": [{"recoverySubnetName": "back"}]},
    ]
    path = item_path(item.id)
    names = (GROUP, VAULT, path.fabric, path.container, path.name)
    with simulator.site_recovery() as client:
        body: Any = {"properties": {"vmNics": cards}}
        client.replication_protected_items.begin_update(*names, body).result(60)
    created = ITEM.create(ITEM.check({}, declared_item(service, "two01")).inputs)
    assert created.outs is not None
    news = declared_item(service, "two01", networkId=f"{declared_item(service)['azure']['networkId']}-2")
    assert not ITEM.check(created.outs, news).failures
    assert "Other cards of it keep their subnet (back)" in capsys.readouterr().err


def test_what_was_protected_anew_by_hand_is_told_and_can_be_declared_as_it_is(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    now = declared_item(service)
    account = now["azure"]["storageAccountId"]
    before = declared_item(service, storageAccountId=f"{account}2") | {"policyId": "/another", "itemId": app01.id}
    assert _failures(ITEM.check(before, before)) == ""
    assert "app01 is protected with policy every-5-minutes in Azure, by hand" in capsys.readouterr().err
    assert _failures(ITEM.check(before, now)) == ""
    jobs = len(service.jobs())
    updated = ITEM.update(app01.id, before, now).outs
    assert updated is not None
    assert (updated["policyId"], updated["azure"]["storageAccountId"]) == (now["policyId"], account)
    assert len(service.jobs()) == jobs
    elsewhere = declared_item(service, storageAccountId=f"{account}3")
    assert "its storageAccount cannot be changed" in _failures(ITEM.check(before, elsewhere))


def test_a_vm_that_is_gone_from_its_host_is_adopted_by_its_item(
    simulator: RunningSimulator, service: SiteRecovery, capsys: pytest.CaptureFixture[str]
) -> None:
    item = protect(service, "gone01")
    simulator.session.delete(f"{simulator.url}/_simulator/machines/gone01", timeout=30).raise_for_status()
    service.invalidate()
    jobs = len(service.jobs())
    checked = ITEM.check({}, declared_item(service, "gone01"))
    assert _failures(checked) == ""
    assert checked.inputs["itemId"] == item.id
    assert "its host does not show it any more" in capsys.readouterr().err
    created = ITEM.create(checked.inputs)
    assert created.id == item.id
    assert not ITEM.diff(created.id, created.outs or {}, checked.inputs).changes
    assert len(service.jobs()) == jobs
    assert "no such VM on the hosts of the site" in _failures(ITEM.check({}, declared_item(service, "gone02")))


def test_a_vm_protected_with_another_policy_or_account_cannot_be_adopted_as_declared(
    service: SiteRecovery, app01: ItemRecord
) -> None:
    assert app01.policy_name is not None
    declared = {**declared_item(service, storageAccountId="/another"), "policyId": "/another"}
    said = _failures(ITEM.check({}, declared))
    assert f"app01 is protected already, with policy {app01.policy_name}: declare it with that one" in said
    assert "with storageAccount" in said


@pytest.mark.parametrize(
    ("disks", "says"),
    [
        ({"include": ["sql01-os.vhdx", "sql01-dat.vhdx"]}, "include names sql01-dat.vhdx, which is no disk of the VM"),
        ({"exclude": ["SQL01-DAT.vhdx"]}, "Did you mean sql01-data.vhdx?"),
        ({"exclude": ["nothing"]}, "It has sql01-os.vhdx, sql01-data.vhdx"),
    ],
    ids=["included", "excluded", "like none"],
)
def test_a_disk_that_the_vm_does_not_have_is_an_error_of_the_preview(
    service: SiteRecovery, disks: Props, says: str
) -> None:
    declared = {**declared_item(service, "sql01"), "source": {"disks": disks}}
    assert says in _failures(ITEM.check({}, declared))
    assert says in _failures(ITEM.check(declared_item(service, "sql01"), declared))


def test_a_disk_that_was_declared_before_and_is_gone_is_told_and_stops_nothing(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = {**declared_item(service), "source": {"disks": {"exclude": ["gone.vhdx"]}}}
    assert _failures(ITEM.check({**declared, "itemId": app01.id}, declared)) == ""
    assert "app01: source.disks.exclude names gone.vhdx, which is no disk of the VM" in capsys.readouterr().err


def test_another_choice_of_disks_that_fits_what_replicates_is_kept_without_a_job(
    service: SiteRecovery, app01: ItemRecord
) -> None:
    created = ITEM.create(ITEM.check({}, declared_item(service)).inputs)
    assert created.outs is not None
    all_disks = [disk.name for disk in discovered(service, "app01").disks]
    news = {**declared_item(service), "source": {"disks": {"include": all_disks}}}
    checked = ITEM.check(created.outs, news)
    assert not checked.failures
    assert ITEM.diff(app01.id, created.outs, checked.inputs).changes
    jobs = len(service.jobs())
    updated = ITEM.update(app01.id, created.outs, checked.inputs)
    assert updated.outs is not None
    assert updated.outs["source"] == news["source"]
    assert len(service.jobs()) == jobs


def test_an_id_of_another_vm_is_refused(service: SiteRecovery, app01: ItemRecord) -> None:
    other = discovered(service, "web01")
    protect(service, "web01")
    olds = {**declared_item(service), "itemId": app01.id}
    service.invalidate()
    said = _failures(ITEM.check(olds, {**declared_item(service), "source": {"vmId": other.vm_id}}))
    assert "this is the id of another VM" in said


def test_a_change_waits_while_the_vm_runs_in_azure(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    adopted = ITEM.create(declared_item(service, size="Standard_D4s_v5"))
    assert adopted.outs is not None
    sent = service.operations.unplanned_failover(
        app01.id, shutdown_source=True, recovery_point_id=None, client_request_id=ours()
    )
    finished(service, sent)
    jobs = len(service.jobs())
    wanted = declared_item(service, size="Standard_D8s_v5")
    deferred = ITEM.update(app01.id, adopted.outs, wanted)
    assert deferred.outs is not None
    assert deferred.outs["deferred"] == ["size"]
    assert deferred.outs["azure"]["size"] == "Standard_D4s_v5"
    assert "DEFERRED size" in capsys.readouterr().err
    assert len(service.jobs()) == jobs
    assert ITEM.diff(app01.id, deferred.outs, wanted).changes, "the next `up` tries again"


def test_another_choice_of_disks_is_an_error_while_the_vm_runs_in_azure(
    service: SiteRecovery, app01: ItemRecord
) -> None:
    olds = {**declared_item(service), "itemId": app01.id, "source": {"disks": {"exclude": ["A.vhdx", "b.vhdx"]}}}
    service.invalidate()
    same = {**declared_item(service), "source": {"disks": {"exclude": ["b.vhdx", "a.vhdx"]}}}
    assert _failures(ITEM.check(olds, same)) == ""
    said = _failures(ITEM.check(olds, {**same, "source": {}}))
    assert "app01: its source.disks are declared otherwise than before" in said
    assert "make it when the VM is back on premises" in said


def test_nothing_is_dismantled_while_a_vm_of_the_vault_runs_in_azure(service: SiteRecovery, app01: ItemRecord) -> None:
    props = {**declared_item(service, "web01"), "itemId": app01.id, "dismantle": True}
    service.invalidate()
    with pytest.raises(Exception, match="app01 is active in Azure"):
        ITEM.delete(app01.id, props)


def test_forgetting_a_vm_changes_nothing_in_azure(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = len(service.jobs())
    ITEM.delete(app01.id, {**declared_item(service), "itemId": app01.id})
    assert "nothing is changed in Azure" in capsys.readouterr().err
    assert len(service.jobs()) == jobs


def test_a_vm_is_left_alone_by_an_up_whose_program_has_taken_the_dismantling_back(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs, props = len(service.jobs()), {**declared_item(service), "itemId": app01.id, "dismantle": True}
    with serving(Operation(urn="urn:pulumi:taken-back::site-recovery::guard")):
        declares_dismantling(False)
    with serving(Operation(urn="urn:pulumi:taken-back::site-recovery::item")):
        ITEM.delete(app01.id, props)
    assert "nothing is changed in Azure" in capsys.readouterr().err
    assert len(service.jobs()) == jobs
    elsewhere = serving(Operation(urn="urn:pulumi:of-another-stack::site-recovery::item"))
    with elsewhere, pytest.raises(RefusedError, match="nothing is dismantled: app01 is active in Azure"):
        ITEM.delete(app01.id, props)


@pytest.mark.parametrize(
    ("azure", "says"),
    [
        ({"staticIp": "10.9.9.9"}, "'10.9.9.9' is outside subnet data of network prod (10.1.0.0/24)"),
        ({"subnet": "apps"}, "sql01: network prod has no subnet apps in Azure"),
        ({"testSubnet": "apps"}, "write another target.test.subnet; it has data"),
    ],
)
def test_a_network_that_is_referred_to_is_looked_at_before_a_vm_is_protected(
    service: SiteRecovery, azure: dict[str, str], says: str
) -> None:
    declared = declared_item(service, "sql01")
    declared["azure"] |= {"testNetworkId": declared["azure"]["networkId"], **azure}
    assert says in _failures(ITEM.check({}, declared))
    made = {**declared, "made": ["networkId", "testNetworkId"]}
    assert _failures(ITEM.check({}, made)) == "", "what the stack makes may not be there yet"


@pytest.mark.parametrize(
    ("key", "path", "says"),
    [
        ("resourceGroupId", "", "sql01: the resource group gone is not in Azure: make it first"),
        ("availabilitySetId", "/providers/Microsoft.Compute/availabilitySets/front", "the availability set front is"),
        (
            "storageAccountId",
            "/providers/Microsoft.Storage/storageAccounts/lost",
            "write another target.storageAccount",
        ),
        (
            "logStorageAccountId",
            "/providers/Microsoft.Storage/storageAccounts/lost",
            "another target.logStorageAccount",
        ),
    ],
)
def test_what_a_vm_is_to_land_in_has_to_be_there_before_it_is_protected(
    service: SiteRecovery, key: str, path: str, says: str
) -> None:
    gone = f"/subscriptions/{service.vault.subscription_id}/resourceGroups/gone"
    declared = declared_item(service, "sql01", **{key: f"{gone}{path}"})
    assert says in _failures(ITEM.check({}, declared))
    assert _failures(ITEM.check({}, {**declared, "made": [key]})) == "", "what the stack makes may not be there yet"


def test_what_its_host_does_not_tell_is_said_once_when_a_vm_is_to_be_protected(
    service: SiteRecovery, app01: ItemRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    ITEM.check({}, declared_item(service, "sql01"))
    assert "not known, and so not checked" not in capsys.readouterr().err, "its host tells all that is asked of sql01"
    linux = declared_item(service, "sql01", managedDisks=True)
    linux["source"] = {**(linux.get("source") or {}), "osType": "Linux"}
    ITEM.check({}, linux)
    said = capsys.readouterr().err
    assert "sql01: not known, and so not checked: whether Azure supports its version of Linux (Azure's list" in said
    ITEM.check({}, declared_item(service))
    assert "not known" not in capsys.readouterr().err


def test_a_dead_service_stands_in_the_way_of_nothing_that_does_not_change(
    service: SiteRecovery, app01: ItemRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    props = {**declared_item(service), "itemId": app01.id}
    monkeypatch.setenv("ARM_ENDPOINT", "https://127.0.0.1:9")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://127.0.0.1:9")
    checked = ITEM.check(props, declared_item(service))
    assert not checked.failures
    assert checked.inputs["itemId"] == app01.id
    said = _failures(ITEM.check(props, {**declared_item(service), "source": {"disks": {"exclude": ["a.vhdx"]}}}))
    assert "its source.disks are declared otherwise than before" in said


def test_a_vm_whose_system_nobody_knows_is_not_protected_until_it_is_declared(service: SiteRecovery) -> None:
    mute = declared_item(service, "mute01")
    said = "mute01: the service does not know its operating system, which it has to be protected by"
    assert said in _failures(ITEM.check({}, mute))
    with pytest.raises(RefusedError, match="the service does not know its operating system") as refused:
        ITEM.create(mute)
    assert """'site-recovery:vms["mute01"].source.osType' linux`, or windows""" in str(refused.value)
    told = {**mute, "source": {"osType": "linux"}}
    assert not ITEM.check({}, told).failures
    assert enable_settings(discovered(service, "mute01"), told).os_type == "Linux"
