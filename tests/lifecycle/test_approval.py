"""A digest is of one move: the same all the way through it, another for every other move."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.approval import approvable
from lifecycle.blockers import Code
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.observation import Observation, RecoveryPoint
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions
from lifecycle.permits import Approval, Permits, Waiver
from lifecycle.planner import plan
from lifecycle.steps import Step
from lifecycle.verdict import assess
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = MoveOptions(
    mode=FailoverMode.UNPLANNED,
    failover_commit=Commit.AUTOMATIC,
    failback_commit=Commit.AUTOMATIC,
    max_data_loss_minutes=15,
)
OUT = ("FAILED_BACK", "PROTECTED", "FAILING_OVER", "COMMIT_PENDING", "COMMITTING", "COMMITTED_TUTORIAL", "REPROTECTING")
BACK = (
    "COMMITTED_TUTORIAL",
    "REPROTECTING",
    "PROTECTED_IN_AZURE",
    "SYNCHRONIZING",
    "WAITING_TO_COMPLETE",
    "COMPLETING_FAILBACK",
    "FAILBACK_COMMIT_PENDING",
    "FAILED_BACK",
    "REVERSE_REPLICATING",
)


@pytest.mark.parametrize(("names", "goal"), [(OUT, TO_AZURE), (BACK, HOME)])
def test_the_digest_is_the_same_at_every_stage_of_the_move(names: tuple[str, ...], goal: Direction) -> None:
    assert len({_digest(rows.ALL[name], goal) for name in names}) == 1


@pytest.mark.parametrize(("names", "goal"), [(OUT, TO_AZURE), (BACK, HOME)])
def test_it_covers_every_step_of_the_move_wherever_that_starts(names: tuple[str, ...], goal: Direction) -> None:
    for name in names:
        covered = approvable(rows.ALL[name], goal, BOLD).steps
        due = plan(rows.ALL[name], goal, BOLD).names
        assert due
        assert [step for step in covered if step in due] == list(due), name


@pytest.mark.parametrize(
    "changed",
    [
        replace(BOLD, mode=FailoverMode.PLANNED),
        replace(BOLD, max_data_loss_minutes=60),
        replace(BOLD, max_data_loss_minutes=None),
        replace(BOLD, recovery_point="latestProcessed"),
        replace(BOLD, change_recovery_point="latestProcessed"),
        replace(BOLD, shutdown_source=False),
        replace(BOLD, verification=({"tcp": {"host": "10.1.0.4", "port": 1433}},)),
    ],
)
def test_what_would_surprise_the_approver_changes_the_digest(changed: MoveOptions) -> None:
    assert approvable(rows.PROTECTED, TO_AZURE, changed).digest != _digest(rows.PROTECTED, TO_AZURE)


def test_where_it_lands_in_azure_is_approved_too() -> None:
    """As declared: what Azure has may still be changed by the same `up`, before the failover."""
    once = approvable(rows.PROTECTED, TO_AZURE, BOLD, landing='{"size": "Standard_D2s_v5"}').digest
    larger = approvable(rows.PROTECTED, TO_AZURE, BOLD, landing='{"size": "Standard_D4s_v5"}').digest
    assert once != larger
    home = {approvable(rows.PROTECTED_IN_AZURE, HOME, BOLD, landing=each).digest for each in ("", "{}")}
    assert len(home) == 1, "nothing lands in Azure on the way home"


def test_who_approves_a_limit_has_not_approved_its_waiver() -> None:
    limited = replace(BOLD, max_data_loss_minutes=15)
    kept = approvable(rows.PROTECTED, TO_AZURE, limited)
    waived = approvable(rows.PROTECTED, TO_AZURE, limited, loss_waived=True)
    assert (kept.worst_loss, waived.worst_loss) == ("15 min", "any: the limit of 15 min is waived")
    assert kept.digest != waived.digest
    due = plan(rows.PROTECTED, TO_AZURE, limited)
    for until in (rows.NOW + timedelta(hours=1), rows.NOW - timedelta(hours=1)):
        permits = Permits(waivers=(Waiver("maxDataLoss", "a reason", until),))
        found = assess(rows.PROTECTED, due, Declared(limited, permits)).approvable
        assert found == waived, "it does not change by waiting"
    assert assess(rows.PROTECTED, due, Declared(limited, Permits())).approvable == kept


def test_other_probes_are_another_move() -> None:
    sql = replace(BOLD, verification=({"tcp": {"host": "10.1.0.4", "port": 1433}},))
    web = replace(BOLD, verification=({"tcp": {"host": "10.1.0.4", "port": 443}},))
    assert approvable(rows.PROTECTED, TO_AZURE, sql).digest != approvable(rows.PROTECTED, TO_AZURE, web).digest


def test_another_way_of_synchronizing_changes_the_digest_of_the_way_home() -> None:
    changed = replace(BOLD, data_sync=DataSync.DURING_FAILOVER)
    assert approvable(rows.PROTECTED_IN_AZURE, HOME, changed).digest != _digest(rows.PROTECTED_IN_AZURE, HOME)


@pytest.mark.parametrize(
    "held", [replace(BOLD, hold_after=Step.FAILOVER), replace(BOLD, failover_commit=Commit.MANUAL)]
)
def test_a_hold_does_not_change_it_since_its_line_is_changed_to_go_on(held: MoveOptions) -> None:
    assert approvable(rows.PROTECTED, TO_AZURE, held).digest == _digest(rows.PROTECTED, TO_AZURE)


def test_another_vm_another_way_and_the_next_time_are_other_moves() -> None:
    once = _digest(rows.PROTECTED, TO_AZURE)
    other = replace(rows.PROTECTED, vm="app01", item_id=f"{rows.ITEM}2")
    again = replace(rows.PROTECTED, last_failback_job="j9")
    assert len({once, _digest(other, TO_AZURE), _digest(again, TO_AZURE), _digest(rows.PROTECTED_IN_AZURE, HOME)}) == 4


def test_a_vm_that_was_protected_anew_makes_another_move_though_no_failback_brought_it_home() -> None:
    """Whoever gives a failover up disables the protection and starts over: that approval is not one of the next."""
    first = replace(rows.PROTECTED, protected_by_job="e1", last_failover_job=None)
    under_way = replace(rows.COMMIT_PENDING, protected_by_job="e1", last_failover_job="j1")
    assert _digest(first, TO_AZURE) == _digest(under_way, TO_AZURE)
    anew = replace(first, protected_by_job="e2", last_failover_job="j1")
    assert _digest(anew, TO_AZURE) != _digest(first, TO_AZURE)
    away = replace(rows.PROTECTED_IN_AZURE, last_failover_job="j1")
    assert len({_digest(replace(away, protected_by_job=job), HOME) for job in ("e1", "e2")}) == 2


def test_a_stage_that_goes_on_by_itself_before_the_move_begins_leaves_it_approved() -> None:
    """A VM that was brought home replicates again: the failover that was approved meanwhile is the same."""
    digests = {_digest(replace(seen, last_failback_job="j3"), TO_AZURE) for seen in _HOME_AGAIN}
    assert len(digests) == 1


_HOME_AGAIN = (rows.FAILED_BACK, rows.REVERSE_REPLICATING, rows.PROTECTED)


def test_an_approval_lets_irreversible_steps_go_until_it_runs_out() -> None:
    digest = _digest(rows.PROTECTED, TO_AZURE)
    assert _codes(Permits(require_approval=True)) == {Code.APPROVAL}
    assert _codes(Permits()) == set()
    holds = Approval(digest, "Ada", rows.NOW + timedelta(minutes=1))
    assert _codes(Permits(require_approval=True, approvals=(holds,))) == set()
    gone = replace(holds, until=rows.NOW)
    assert _codes(Permits(require_approval=True, approvals=(gone,))) == {Code.APPROVAL}


def test_a_move_without_an_irreversible_step_left_needs_no_approval() -> None:
    due = plan(rows.COMMITTED_TUTORIAL, TO_AZURE, BOLD)
    found = assess(rows.COMMITTED_TUTORIAL, due, Declared(BOLD, Permits(require_approval=True)))
    assert found.blockers == ()


def _digest(seen: Observation, goal: Direction) -> str:
    return approvable(seen, goal, BOLD).digest


def _codes(permits: Permits) -> set[Code]:
    seen = replace(
        rows.PROTECTED,
        recovery_points=(RecoveryPoint("p", rows.NOW, app_consistent=False),),
        provider_connected=True,
        last_replicated=rows.NOW,
    )
    return {blocker.code for blocker in assess(seen, plan(seen, TO_AZURE, BOLD), Declared(BOLD, permits)).blockers}
