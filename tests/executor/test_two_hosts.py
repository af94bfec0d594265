"""A site of two hosts: which of them has a VM decides whether it is heard of, and it is not guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from executor.observe import Look
from executor.survey import Survey
from lifecycle.observation import Observation
from site_recovery.connection import SiteRecovery
from site_recovery.records import ItemRecord
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import SITE, connected, prepare, protect

VM = "vm1"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    directory = tmp_path_factory.mktemp("hosts")
    inventory = directory / "inventory.yaml"
    inventory.write_text(json.dumps({"hosts": [_host("hv01", VM), _host("hv02", "vm2")]}), encoding="utf-8")
    running = RunningSimulator(directory, "--speed", "1000", "--inventory", str(inventory))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def item(simulator: RunningSimulator) -> ItemRecord:
    service = prepare(simulator)
    assert len(service.providers(SITE)) == 2
    return protect(service, VM)


@pytest.mark.parametrize(("silent", "connected_is"), [("hv02", True), ("hv01", False)])
def test_the_host_that_the_item_names_is_asked_about_alone(
    simulator: RunningSimulator, item: ItemRecord, silent: str, connected_is: bool
) -> None:
    _silence(simulator, silent)
    seen = _seen(simulator, item)
    assert (seen.provider_connected, seen.provider_unclear) == (connected_is, "")


@pytest.mark.parametrize(("silent", "connected_is"), [("hv01", True), ("hv02", False)])
def test_the_host_that_a_vm_is_to_be_made_anew_on_is_asked_about_in_its_place(
    simulator: RunningSimulator, item: ItemRecord, silent: str, connected_is: bool
) -> None:
    _silence(simulator, silent)
    assert _seen(simulator, item, host="HV02").provider_connected is connected_is
    assert _seen(simulator, item, host="hv77").provider_unclear == "its site has no host hv77"


def test_hosts_that_disagree_tell_nothing_of_a_vm_whose_item_names_none(
    simulator: RunningSimulator, item: ItemRecord
) -> None:
    _name_no_host(simulator, item)
    _silence(simulator, "hv02")
    seen = _seen(simulator, item)
    assert seen.provider_connected is None
    assert seen.provider_unclear == (
        "its item does not name its host, and 1 of the 2 hosts of its site (hv02) do not answer"
    )
    assert (seen.provider_unread, seen.provider_last_heartbeat) == ("", None)
    assert seen.some_host_heard_until is not None, "the VM lived as long as the host that fell silent first"
    assert seen.some_host_heard_until < seen.at


@pytest.mark.parametrize(("silent", "connected_is"), [((), True), (("hv01", "hv02"), False)])
def test_hosts_that_agree_tell_it_whichever_has_the_vm(
    simulator: RunningSimulator, item: ItemRecord, silent: tuple[str, ...], connected_is: bool
) -> None:
    _name_no_host(simulator, item)
    _silence(simulator, *silent)
    seen = _seen(simulator, item)
    assert (seen.provider_connected, seen.provider_unclear) == (connected_is, "")
    assert seen.provider_last_heartbeat is not None


def _seen(simulator: RunningSimulator, item: ItemRecord, host: str | None = None) -> Observation:
    survey = Survey(_another(simulator))
    seen = survey.observe(item.id, Look(), None)
    assert seen is not None
    return survey.with_host(seen, host=host)


def _another(simulator: RunningSimulator) -> SiteRecovery:
    """Connections are kept by process; what one has read before is not to be read from it here."""
    service = connected(simulator)
    service.invalidate()
    return service


def _silence(simulator: RunningSimulator, *names: str) -> None:
    """These hosts have been silent for longer than the service goes on to call them connected; the others beat."""
    for name in ("hv01", "hv02"):
        _admin(simulator, "PUT", f"/hosts/{name}/heartbeat", {"beats": name not in names})
    simulator.advance(3600)


def _name_no_host(simulator: RunningSimulator, item: ItemRecord) -> None:
    """The service leaves a field out, as it may of any."""
    listed = simulator.arm("GET", f"{item.id.partition('/replicationFabrics/')[0]}/replicationProtectedItems").json()
    for each in listed["value"]:
        del each["properties"]["recoveryServicesProviderId"]
    answer = {"status": 200, "body": listed}
    rule = {"name": "nameless", "request": {"operation": "ReplicationProtectedItems_List"}, "answer": answer}
    _admin(simulator, "POST", "/faults", {"faults": [rule]})


@pytest.fixture(autouse=True)
def _as_it_was(simulator: RunningSimulator) -> Iterator[None]:
    yield
    _admin(simulator, "DELETE", "/faults")


def _admin(simulator: RunningSimulator, method: str, path: str, body: Any = None) -> None:
    answer = simulator.session.request(method, f"{simulator.url}/_simulator{path}", json=body, timeout=30)
    assert answer.status_code < 300, answer.text


def _host(name: str, vm: str) -> dict[str, Any]:
    disk = {"name": f"{vm}-os.vhdx", "sizeGB": 40, "usedGB": 1, "operatingSystem": True}
    machine = {"name": vm, "disks": [disk], "nics": [{"name": "Network Adapter", "network": "production"}]}
    return {"name": name, "site": SITE, "registersAfterSeconds": 1, "virtualMachines": [machine]}
