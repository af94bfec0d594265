"""The engine is killed with kill -9 in the middle of a move, at exact instants of it; the next `up` goes on.

Every case ends like a move that nobody disturbed: the same stage, the declaration applied, nothing left to do, and each
operation issued to the service exactly once. A fixed slice runs in the ordinary suite, all of them with `-m slow`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from tests.engine.conftest import AnyWorld
from tests.engine.process_tree import kill_session, kill_those_with, processes_of, wait_until_ended
from tests.engine.stack_under_test import resources_changed
from tests.engine.still_world import VM, At, Instant, StillWorld

pytestmark = pytest.mark.timeout(600)


class Struck(Enum):
    """What is killed."""

    TREE = "everything"
    CLI = "the CLI alone"
    HOST = "the provider host alone"


@dataclass(frozen=True)
class Case:
    """A move to `goal` (azure, onPremises), killed at every one of `instants`, one after the other."""

    goal: str
    instants: tuple[Instant, ...]
    struck: Struck = Struck.TREE
    profile: str = "tutorial"
    settings: dict[str, Any] = field(default_factory=dict)
    # The simulator cuts the connection after it has taken the first operation: its answer is lost as well.
    answer_lost: bool = False

    @property
    def chosen(self) -> str:
        """What is chosen otherwise than by default."""
        known = {"planned": BY_PLAN, "changed-point": CHANGED, "full-download": FULL_DOWNLOAD}
        return next((name for name, settings in known.items() if settings == self.settings), "")

    def __str__(self) -> str:
        return "-".join(
            [
                f"to-{self.goal}",
                *("-then-".join(map(str, self.instants)).split()),
                *([] if self.struck is Struck.TREE else [self.struck.name.lower()]),
                *([] if self.profile == "tutorial" else [self.profile]),
                *([self.chosen] if self.chosen else []),
                *(["answer-lost"] if self.answer_lost else []),
            ]
        )


UNPLANNED, PLANNED, CHANGE, COMMIT, REPROTECT, RESUME = (
    "unplannedFailover",
    "plannedFailover",
    "applyRecoveryPoint",
    "failoverCommit",
    "reProtect",
    "resume",
)
BY_PLAN = {"failover": {"mode": "planned", "commit": "automatic"}}
CHANGED = {"failover": {"mode": "unplanned", "commit": "automatic", "changeRecoveryPoint": "latestAppConsistent"}}
FULL_DOWNLOAD = {"failback": {"dataSync": "duringFailover", "commit": "automatic"}}

_to_azure = functools.partial(Case, "azure")
_home = functools.partial(Case, "onPremises")


def _one(make: Callable[..., Case], operation: str, at: str = At.ACCEPTED, **more: Any) -> Case:
    return make((Instant(operation, at),), **more)


# These run in the ordinary suite.
SLICE = (
    _one(_to_azure, UNPLANNED, At.ACCEPTED, answer_lost=True),
    _one(_to_azure, COMMIT, At.SUCCEEDED, struck=Struck.CLI),
    _to_azure((Instant(UNPLANNED, "VmFailover"), Instant(REPROTECT))),
    # When the old Azure VM is gone, and the new one is not there.
    _one(_to_azure, CHANGE, "VmFailover", settings=CHANGED),
    _one(_home, COMMIT),
)
MATRIX = (
    # The pause before Complete Failover is short where that is automatic: a fast machine may pass it before the kill.
    _one(_home, PLANNED, At.SUSPENDED),
    _one(_to_azure, ""),
    _one(_to_azure, UNPLANNED),
    _one(_to_azure, UNPLANNED, "VmShutdownVmOnPrimary"),
    _one(_to_azure, UNPLANNED, "VmFailover"),
    _one(_to_azure, UNPLANNED, At.SUCCEEDED),
    _one(_to_azure, COMMIT),
    _one(_to_azure, COMMIT, At.SUCCEEDED),
    _one(_to_azure, REPROTECT),
    _one(_to_azure, REPROTECT, "VmStartInitialReplication"),
    _one(_to_azure, REPROTECT, At.SUCCEEDED),
    _one(_to_azure, UNPLANNED, "VmFailover", struck=Struck.CLI),
    _one(_to_azure, UNPLANNED, "VmFailover", struck=Struck.HOST),
    _one(_to_azure, PLANNED, "VmShutdownVmOnPrimary", settings=BY_PLAN),
    _one(_to_azure, PLANNED, At.SUCCEEDED, settings=BY_PLAN),
    _one(_to_azure, CHANGE, settings=CHANGED),
    _one(_to_azure, CHANGE, At.SUCCEEDED, settings=CHANGED),
    _one(_to_azure, CHANGE, "ShutdownVmRecovery", settings=CHANGED, profile="recorded"),
    _one(_home, PLANNED, "PrepareVmOnPremForFailback", settings=FULL_DOWNLOAD),
    _one(_home, PLANNED, "VmFailover", settings=FULL_DOWNLOAD),
    _one(_home, PLANNED, At.SUCCEEDED, settings=FULL_DOWNLOAD, profile="recorded"),
    _one(_to_azure, UNPLANNED, "VmFailover", profile="recorded"),
    _one(_to_azure, COMMIT, At.SUCCEEDED, profile="recorded"),
    _to_azure((Instant(""), Instant(UNPLANNED), Instant(UNPLANNED, At.SUCCEEDED), Instant(COMMIT), Instant(REPROTECT))),
    _one(_home, PLANNED),
    _one(_home, PLANNED, "DataSyncForFailback"),
    _one(_home, PLANNED, "DataSyncForFailback", struck=Struck.CLI),
    _one(_home, PLANNED, At.ACCEPTED, answer_lost=True),
    _one(_home, RESUME),
    _one(_home, RESUME, "VmFailover"),
    _one(_home, RESUME, "VmFailover", struck=Struck.HOST),
    _one(_home, RESUME, At.SUCCEEDED),
    _one(_home, COMMIT, At.SUCCEEDED),
    _one(_home, REPROTECT),
    _one(_home, REPROTECT, At.SUCCEEDED),
    _one(_home, PLANNED, At.SUSPENDED, profile="recorded"),
    _home((Instant(PLANNED, "DataSyncForFailback"), Instant(RESUME), Instant(COMMIT), Instant(REPROTECT))),
)


@pytest.mark.parametrize("case", SLICE, ids=str)
def test_a_killed_up_is_gone_on_with(case: Case, worlds: AnyWorld) -> None:
    _kill_and_go_on(case, worlds(case.profile))


def test_the_lock_that_a_killed_up_leaves_behind_is_told_and_taken_away(worlds: AnyWorld) -> None:
    world = worlds("tutorial")
    world.begin("onPremises")
    with world.stack.start_up() as process:
        world.until(Instant(""), process)
        kill_session(process.pid)
        process.wait(timeout=60)
        wait_until_ended(process.pid)
    world.stack.mend_torn_state()
    locked = world.stack.up(check=False)
    assert locked.returncode != 0
    assert "pulumi cancel" in locked.stdout
    world.run_fast()
    world.stack.pulumi("cancel", "--yes", world.stack.stack)
    world.stack.up()


@pytest.mark.slow
@pytest.mark.parametrize("case", MATRIX, ids=str)
def test_a_killed_up_is_gone_on_with_wherever_it_was(case: Case, worlds: AnyWorld) -> None:
    _kill_and_go_on(case, worlds(case.profile))


def _kill_and_go_on(case: Case, world: StillWorld) -> None:
    world.begin("onPremises" if case.goal == "azure" else "azure", **case.settings)
    world.declare(case.goal, **case.settings)
    if case.answer_lost:
        operation = {UNPLANNED: "UnplannedFailover", PLANNED: "PlannedFailover"}[case.instants[0].operation]
        request = {"operation": f"ReplicationProtectedItems_{operation}"}
        world.fail({"name": "answer lost", "request": request, "when": {"once": True}, "cut": "after"})
    for instant in case.instants:
        _killed_at(instant, case, world)
    world.stack.up()
    _ended_as_if_undisturbed(case, world)


def _killed_at(instant: Instant, case: Case, world: StillWorld) -> None:
    stack = world.stack
    with stack.start_up() as process:
        world.until(instant, process)
        before = world.look().operations
        match case.struck:
            case Struck.TREE:
                kill_session(process.pid)
            case Struck.CLI:
                process.kill()
            case Struck.HOST:
                kill_those_with(process.pid, "providers.host")
        process.wait(timeout=60)
        # Who is left has to notice by itself, and to end without another step.
        wait_until_ended(process.pid)
    stack.mend_torn_state()
    assert processes_of(process.pid) == {}
    assert world.look().operations == before
    world.run_fast()
    if case.struck is not Struck.HOST:
        stack.pulumi("cancel", "--yes", stack.stack)


def _ended_as_if_undisturbed(case: Case, world: StillWorld) -> None:
    assert world.look().operations == _chain(case)
    jobs = [job for job in world.stack.job_scenarios(VM) if job[0] not in {"EnableDr", "IrCompletion"}]
    assert {state for _, state in jobs} == {"Succeeded"}
    assert resources_changed(world.stack.preview_json("--expect-no-changes")) == {}
    outputs = world.stack.outputs(VM)
    protected = "failbackOffered" if case.profile == "recorded" else "protectedInAzure"
    assert outputs["stage"] == (protected if case.goal == "azure" else "protected")
    assert (outputs["held"], outputs["waiting"]) == ("", "")
    brought = {PLANNED: "PlannedFailover", UNPLANNED: "UnplannedFailover"}[_chain(case)[0]]
    assert outputs["lastMove"]["scenario"] == (brought if case.goal == "azure" else "Failback")
    assert outputs["lastMove"]["outageSeconds"] > 100


def _chain(case: Case) -> tuple[str, ...]:
    """What an undisturbed move asks of the service."""
    if case.goal == "onPremises":
        return (PLANNED, *(() if case.chosen == "full-download" else (RESUME,)), COMMIT, REPROTECT)
    failover = PLANNED if case.chosen == "planned" else UNPLANNED
    change = (CHANGE,) if case.chosen == "changed-point" else ()
    return (failover, *change, COMMIT, *(() if case.profile == "recorded" else (REPROTECT,)))
