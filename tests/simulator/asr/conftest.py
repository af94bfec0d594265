"""An estate for each profile, made once; every test begins at the same instant of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.asr.estate import Estate
from tests.simulator.running import RunningSimulator


@pytest.fixture(scope="session")
def tutorial_estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The service of the tutorial."""
    yield from _made(tmp_path_factory, "tutorial")


@pytest.fixture(scope="session")
def recorded_estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The service as recorded, which refuses at once."""
    yield from _made(tmp_path_factory, "recorded", "--refusals", "sync")


@pytest.fixture
def tutorial(tutorial_estate: Estate) -> Estate:
    """The tutorial's service with sql01 protected, and nothing else done."""
    return _fresh(tutorial_estate)


@pytest.fixture
def recorded(recorded_estate: Estate) -> Estate:
    """The recorded service with sql01 protected, and nothing else done. It refuses at once."""
    return _fresh(recorded_estate)


def _made(factory: pytest.TempPathFactory, profile: str, *arguments: str) -> Iterator[Estate]:
    simulator = RunningSimulator(factory.mktemp(profile), "--manual-clock", "--profile", profile, *arguments)
    try:
        estate = Estate(simulator)
        estate.prepare()
        estate.protect("sql01")
        estate.admin("PUT", "snapshots/protected")
        with estate.client:
            yield estate
    finally:
        simulator.stop()


def _fresh(estate: Estate) -> Estate:
    estate.admin("POST", "snapshots/protected/restore")
    return estate
