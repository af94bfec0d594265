"""Stacks of this project against simulators, with the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.stack_under_test import StackUnderTest
from tests.engine.still_world import FAST, StillWorld
from tests.engine_fixture import EngineUnderTest, engine
from tests.simulator.running import RunningSimulator

__all__ = ["engine"]

NewStack = Callable[..., StackUnderTest]
AnyWorld = Callable[[str], StillWorld]


@pytest.fixture
def new_stack(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[NewStack]:
    """Make a stack that has not been brought up, with a simulator of its own: `new_stack("--profile", "recorded")`."""
    started: list[RunningSimulator] = []

    def make(*arguments: str, speed: int = 600) -> StackUnderTest:
        simulator = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", str(speed), *arguments)
        started.append(simulator)
        return _fitting(StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator), arguments)

    yield make
    for simulator in started:
        simulator.stop()


@pytest.fixture(scope="session")
def protected_stack(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    """A stack whose VMs are protected from on premises, for tests that leave it as it is."""
    simulator = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "600")
    stack = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)
    stack.up()
    yield stack
    simulator.stop()


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[AnyWorld]:
    """The world of a service profile, whose clock a test moves: one simulator and stack each, made when first asked."""
    made: dict[str, StillWorld] = {}
    started: list[RunningSimulator] = []

    def of(profile: str) -> StillWorld:
        if profile not in made:
            arguments = ("--speed", str(FAST), "--profile", profile)
            started.append(RunningSimulator(tmp_path_factory.mktemp("simulator"), *arguments))
            stack = _fitting(StackUnderTest(tmp_path_factory.mktemp("project"), engine, started[-1]), arguments)
            made[profile] = StillWorld(stack, tmp_path_factory.mktemp("kept"))
        return made[profile]

    yield of
    for simulator in started:
        simulator.stop()


def _fitting(stack: StackUnderTest, arguments: tuple[str, ...]) -> StackUnderTest:
    """The stack file is written for the tutorial's service, which has unmanaged disks; today's has none."""
    if "recorded" in arguments:
        stack.edit(lambda config: config["site-recovery:defaults"]["target"].update(managedDisks=True))
    return stack
