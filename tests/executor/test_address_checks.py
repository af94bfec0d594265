"""A subnet and an address are held against the network that Azure has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from executor.address_checks import missing_subnet, unfit_address
from executor.survey import Survey
from lifecycle.machine import Landing
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import GROUP, connected

VERSION = "2025-01-01"
SUBNETS = [
    {"name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}},
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


def test_a_subnet_has_to_be_in_its_network(simulator: RunningSimulator, survey: Survey) -> None:
    assert list(missing_subnet(survey, "sql01", _landing(simulator, "prod", "Data"))) == []
    (found,) = missing_subnet(survey, "sql01", _landing(simulator, "prod", "apps"), "target.test")
    assert found.cause == "sql01: network prod has no subnet apps in Azure"
    assert found.mend == "write another target.test.subnet; it has data, wide"


def test_nothing_is_said_of_a_network_that_cannot_be_read(simulator: RunningSimulator, survey: Survey) -> None:
    assert list(missing_subnet(survey, "sql01", _landing(simulator, "elsewhere", "data"))) == []
    assert list(unfit_address(survey, "sql01", _landing(simulator, "elsewhere", "data", "10.9.9.9"))) == []
    assert list(unfit_address(survey, "sql01", Landing(None, subnet="data", static_ip="10.9.9.9"))) == []
