"""A module's own simulator, and the connection to it that providers make of the environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from site_recovery.connection import SiteRecovery
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import prepare


@pytest.fixture(autouse=True)
def another_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a command of its own: none knows which machines the stack of another one has declared."""
    monkeypatch.setattr("providers.one_machine._found", {})


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def service(simulator: RunningSimulator) -> Iterator[SiteRecovery]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in simulator.environment.items():
            patch.setenv(name, value)
        yield prepare(simulator)
