"""A subnet and an address are held against the network that Azure has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from executor.address_checks import (
    address_of_another,
    missing_network,
    taken_addresses,
    unfit_address,
    unread_networks,
)
from executor.judging import judged, with_host
from executor.observe import Look, landing_of
from executor.rooms import Rooms
from executor.subnet_room import without_room
from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.declared import Declared
from lifecycle.machine import Card, Landing
from lifecycle.options import MoveOptions
from lifecycle.planner import plan
from lifecycle.unseen import Findings
from site_recovery.declarations import ItemUpdate
from site_recovery.parsing import parse_item
from site_recovery.records import ItemRecord
from tests.executor.site import AZURE, BOLD, PLANNED, Site
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, HOURS, connected

VERSION = "2025-01-01"
SUBNETS = [
    {"name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}},
    {"name": "small", "properties": {"addressPrefix": "10.1.4.0/29"}},
    {"name": "wide", "properties": {"addressPrefixes": ["10.1.2.0/25", "10.1.3.0/24"]}},
]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    group = running.make_group(GROUP)
    body = {
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": SUBNETS},
    }
    made = running.arm("PUT", f"{group}/providers/Microsoft.Network/virtualNetworks/prod", body, version=VERSION)
    assert made.status_code in (200, 201), made.text
    yield running
    running.stop()


@pytest.fixture
def survey(simulator: RunningSimulator) -> Survey:
    return Survey(connected(simulator))


def _landing(simulator: RunningSimulator, network: str, subnet: str, address: str | None = None) -> Landing:
    path = f"{simulator.subscription_path}/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworks"
    return Landing(name="sql01", network_id=f"{path}/{network}", subnet=subnet, static_ip=address)


@pytest.mark.parametrize(
    ("subnet", "address", "why"),
    [
        ("data", "10.1.0.4", ""),
        ("DATA", "10.1.0.254", ""),
        ("data", "10.1.1.4", "'10.1.1.4' is outside subnet data of network prod (10.1.0.0/24)"),
        ("data", "10.1.0.3", "'10.1.0.3' is kept by Azure for itself in subnet data of network prod (10.1.0.0/24)"),
        ("data", "10.1.0.255", "is kept by Azure for itself"),
        ("wide", "10.1.3.9", ""),
        ("wide", "10.1.2.200", "'10.1.2.200' is outside subnet wide of network prod (10.1.2.0/25, 10.1.3.0/24)"),
        ("gone", "10.9.9.9", ""),
        ("data", None, ""),
    ],
)
def test_an_address_has_to_be_in_its_subnet(
    simulator: RunningSimulator, survey: Survey, subnet: str, address: str | None, why: str
) -> None:
    found = list(unfit_address(survey, "sql01", _landing(simulator, "prod", subnet, address)))
    assert bool(found) == bool(why)
    assert all(why in each.cause and "from 10.1." in each.mend for each in found)


def test_a_subnet_has_room_for_as_many_vms_as_azure_leaves_addresses(
    simulator: RunningSimulator, survey: Survey
) -> None:
    def full(vm: str, *more: Card) -> list[Blocker]:
        return list(without_room(survey, vm, replace(_landing(simulator, "prod", "Small"), more_cards=more)))

    assert [full(vm) for vm in ("vm1", "vm2", "vm3")] == [[], [], []]
    (blocker,) = full("vm4")
    assert blocker.code is Code.SUBNET_FULL
    assert blocker.cause == (
        "subnet Small of network prod, in which vm4 is to start, has 3 free addresses, which 3 other VMs that would "
        "move take"
    )
    assert full("vm2") == [], "who has an address keeps it"
    elsewhere = Card("second", _landing(simulator, "prod", "data").network_id, "data")
    assert full("vm3", elsewhere) == []
    assert len(full("vm4", replace(elsewhere, subnet="small"))) == 2, "each card wants one"
    assert full("vm4", replace(elsewhere, made=False)) == [blocker]


def test_claims_follow_what_becomes_of_the_addresses() -> None:
    def there(free: int, *vms: str) -> list[bool]:
        return [rooms.claim("data", free, vm).there for vm in vms]

    rooms = Rooms()
    assert there(0, "vm1") == [False]
    assert there(3, "vm1", "vm2", "vm3", "vm4") == [True, True, True, False], "three have become free"
    assert there(1, "vm3") == [True], "two of those who claimed have got theirs"
    assert there(0, "vm3") == [False], "others have come first"
    rooms = Rooms()
    assert there(1, "vm1", "vm2") == [True, False]
    rooms.forget()
    assert there(1, "vm2") == [True]


def test_a_subnet_has_to_be_in_its_network(simulator: RunningSimulator, survey: Survey) -> None:
    assert list(missing_network(survey, "sql01", _landing(simulator, "prod", "Data"))) == []
    (found,) = missing_network(survey, "sql01", _landing(simulator, "prod", "apps"), "target.test")
    assert found.cause == "sql01: network prod has no subnet apps in Azure"
    assert found.mend == "write another target.test.subnet; it has data, small, wide"


def test_every_network_card_and_every_address_of_it_is_held_against_its_subnet(
    simulator: RunningSimulator, survey: Survey
) -> None:
    first = _landing(simulator, "prod", "data", "10.1.0.4")
    more = (
        Card("address 2 of card 1", first.network_id, "data", "10.9.9.9"),
        Card("network card 2", first.network_id, "apps"),
        Card("network card 3", first.network_id, "data", "10.9.9.9", made=False),
    )
    landing = replace(first, more_cards=more)
    (address,) = unfit_address(survey, "sql01", landing)
    assert address.cause.startswith("sql01, address 2 of card 1: '10.9.9.9' is outside subnet data")
    assert address.mend.startswith("give address 2 of card 1 another one in Azure")
    (subnet,) = missing_network(survey, "sql01", landing)
    assert subnet.cause == "sql01, network card 2: network prod has no subnet apps in Azure"


def test_an_address_is_used_once_in_the_vault(site: Site) -> None:
    change = ItemUpdate(recovery_static_ip="10.1.0.9")
    site.service.protection.update(site.items["vm02"], change=change, timeout_seconds=HOURS)
    survey = Survey(site.connection().open())
    landing = landing_of(_item(survey, site, "vm01"))
    assert list(address_of_another(survey, "vm01", site.items["vm01"], landing)) == []
    taken = replace(landing, static_ip="10.1.0.9")
    (found,) = address_of_another(survey, "vm01", site.items["vm01"], taken)
    assert found.cause == "vm01: '10.1.0.9' in network prod is the address of vm02 (network card 1) as well"
    twice = replace(
        landing, static_ip="10.1.0.7", more_cards=(Card("network card 2", landing.network_id, None, "10.1.0.7"),)
    )
    (own,) = address_of_another(survey, "vm01", site.items["vm01"], twice)
    assert own.cause == "vm01, network card 2: '10.1.0.7' in network prod is the address of its network card 1 as well"
    of_vm02 = landing_of(_item(survey, site, "vm02"))
    assert list(address_of_another(survey, "vm02", site.items["vm02"], of_vm02)) == [], "its own is its own"


@pytest.mark.parametrize("options", [PLANNED, BOLD], ids=["planned", "unplanned"])
def test_an_address_that_another_machine_of_azure_has_blocks_a_failover_by_whatever_kind(
    site: Site, options: MoveOptions
) -> None:
    """Which the vault knows nothing of."""
    change = ItemUpdate(recovery_static_ip="10.1.0.9")
    site.service.protection.update(site.items["vm01"], change=change, timeout_seconds=HOURS)
    assert _stopped(site, options) == []
    _in_the_subnet(site, privateIPAddress="10.1.0.9")
    (blocker,) = _stopped(site, options)
    assert (blocker.code, blocker.rule.waivable) == (Code.ADDRESS_TAKEN, True)
    assert blocker.cause == "vm01: '10.1.0.9' in network prod is in use already, by networkInterfaces printer"
    assert blocker.mend.startswith("write another target.staticIp and run `pulumi up --strict` first")
    site.admin("DELETE", "/faults")
    _in_the_subnet(site, privateIPAddress="10.1.0.8")
    assert _stopped(site, options) == []


def test_a_network_interface_that_the_vm_is_to_reuse_has_its_address(site: Site) -> None:
    _in_the_subnet(site, privateIPAddress="10.1.0.9")
    survey = Survey(site.connection().open())
    landing = replace(landing_of(_item(survey, site, "vm01")), static_ip="10.1.0.9")
    assert taken_addresses(survey, "vm01", landing).blockers
    assert not taken_addresses(survey, "vm01", replace(landing, reuses="Printer")).blockers


def test_an_address_in_a_subnet_that_does_not_tell_its_addresses_is_an_unknown(site: Site) -> None:
    _in_the_subnet(site)
    survey = Survey(site.connection().open())
    landing = landing_of(_item(survey, site, "vm01"))
    assert taken_addresses(survey, "vm01", landing) == Findings(), "it has no address of its own"
    (unseen,) = taken_addresses(survey, "vm01", replace(landing, static_ip="10.1.0.9")).unseen
    assert unseen.what == "whether something else in Azure has the address 10.1.0.9 of vm01"


def test_who_may_not_read_what_is_in_a_network_may_still_read_the_network(site: Site) -> None:
    refused = {"status": 403, "code": "LinkedAuthorizationFailed", "message": "Not what is in it."}
    site.fault(name="shut", request={"operation": "VirtualNetworks_Get"}, answer=refused, when={"once": True})
    survey = Survey(site.connection().open())
    landing = landing_of(_item(survey, site, "vm01"))
    assert survey.landing_place(str(landing.network_id)).there


def _stopped(site: Site, options: MoveOptions) -> list[Blocker]:
    survey = Survey(site.connection().open())
    seen = survey.observe(site.items["vm01"], Look(recovery_points=True), None)
    assert seen is not None
    due, declared = plan(seen, AZURE, options), Declared(options)
    return list(judged(survey, with_host(survey, seen, due, declared), due, declared, ()).blockers)


def _in_the_subnet(site: Site, **configuration: str) -> None:
    """Somebody's network interface, with what Azure tells of its address."""
    survey = Survey(site.connection().open())
    network_id = landing_of(_item(survey, site, "vm01")).network_id
    network = site.simulator.arm("GET", str(network_id), version="2024-05-01").json()
    holder = f"{str(network_id).rpartition('/virtualNetworks/')[0]}/networkInterfaces/printer/ipConfigurations/one"
    for subnet in network["properties"]["subnets"]:
        subnet["properties"]["ipConfigurations"] = [{"id": holder, "name": "one", "properties": configuration}]
    answer = {"status": 200, "body": network}
    site.fault(name="printer", request={"operation": "VirtualNetworks_Get"}, answer=answer)


def _item(survey: Survey, site: Site, vm: str) -> ItemRecord:
    item = survey.inventory().item(site.items[vm])
    assert item is not None
    return item


def test_all_cards_of_a_vm_are_seen_the_first_one_of_azure_first() -> None:
    network = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/prod"
    details = {
        "selectedRecoveryAzureNetworkId": network,
        "selectedSourceNicId": "nic-2",
        "vmNics": [
            {"nicId": "nic-1", "selectionType": "NotSelected", "ipConfigs": [{"recoverySubnetName": "other"}]},
            {
                "nicId": "nic-2",
                "ipConfigs": [
                    {"recoverySubnetName": "data", "recoveryStaticIPAddress": "10.1.0.5"},
                    {"isPrimary": True, "recoverySubnetName": "data", "recoveryStaticIPAddress": "10.1.0.4"},
                ],
            },
            {"nicId": "nic-3", "ipConfigs": [{"recoverySubnetName": "backup"}]},
        ],
    }
    landing = landing_of(parse_item({"id": "/item", "properties": {"providerSpecificDetails": details}}))
    assert [(card.name, card.network_id, card.subnet, card.static_ip) for card in landing.cards] == [
        ("network card 1", network, "data", "10.1.0.4"),
        ("address 2 of card 1", network, "data", "10.1.0.5"),
        ("network card 3", network, "backup", None),
    ]
    assert [(card.name, card.made) for card in landing.more_cards if not card.made] == [("network card 2", False)]


def test_a_network_that_cannot_be_read_is_named_and_held_against_nobody(survey: Survey) -> None:
    odd = Landing(None, network_id="/subscriptions/s/resourceGroups/g/providers/Odd/odd/prod", subnet="data")
    assert list(missing_network(survey, "sql01", odd)) == []
    assert list(unread_networks(survey, odd, odd)) == [
        "network prod, with its subnets and addresses (its id is none of what a VM lands in)"
    ]


def test_a_network_that_is_not_there_has_no_addresses_to_hold_anything_against(
    simulator: RunningSimulator, survey: Survey
) -> None:
    (gone,) = missing_network(survey, "sql01", _landing(simulator, "elsewhere", "data"))
    assert (gone.cause, gone.mend) == ("sql01: network elsewhere is not in Azure", "write another target.network")
    assert list(unfit_address(survey, "sql01", _landing(simulator, "elsewhere", "data", "10.9.9.9"))) == []
    assert list(unfit_address(survey, "sql01", Landing(None, subnet="data", static_ip="10.9.9.9"))) == []
