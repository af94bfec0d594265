"""Real simulators for the tests of this directory, each a process of its own on a free port."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.simulator.running import RunningSimulator

FreshSimulator = Callable[..., RunningSimulator]


@pytest.fixture(scope="session", autouse=True)
def loopback_without_a_proxy() -> Iterator[None]:
    """The SDK clients of this process reach the simulator even on a machine whose way out is a proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "localhost,127.0.0.1,::1")
        patch.setenv("no_proxy", "localhost,127.0.0.1,::1")
        yield


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """One simulator for all tests that leave it usable for the next: fast clock, no throttling."""
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    yield running
    running.stop()


@pytest.fixture
def fresh_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshSimulator]:
    """Start a simulator with arguments of one's own: `fresh_simulator("--manual-clock", "--profile", "recorded")`."""
    started: list[RunningSimulator] = []

    def start(*arguments: str) -> RunningSimulator:
        running = RunningSimulator(tmp_path_factory.mktemp("simulator"), *arguments)
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()
