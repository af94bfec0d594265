"""A VM moves only when its declared direction differs from the one last applied."""

from dataclasses import replace

import pytest

from lifecycle.directions import Direction
from lifecycle.intent import Decision, decide
from lifecycle.observation import Job, Observation, Owner
from lifecycle.options import Commit, MoveOptions
from tests.lifecycle import rows

AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)


def test_a_flip_moves() -> None:
    assert decide(rows.PROTECTED, AZURE, HOME, BOLD).decision is Decision.MOVE
    assert decide(rows.PROTECTED_IN_AZURE, HOME, AZURE, BOLD).decision is Decision.MOVE


@pytest.mark.parametrize("seen", [rows.PROTECTED, rows.ENABLING, rows.PASSING, rows.TEST_FAILOVER])
def test_no_change_does_nothing(seen: Observation) -> None:
    assert decide(seen, HOME, HOME, BOLD).decision is Decision.NOTHING


@pytest.mark.parametrize("name", sorted(set(rows.ALL)))
@pytest.mark.parametrize("direction", list(Direction))
def test_nothing_moves_while_the_declared_direction_is_the_applied_one(name: str, direction: Direction) -> None:
    assert decide(rows.ALL[name], direction, direction, BOLD).decision in {Decision.NOTHING, Decision.HELD}


@pytest.mark.parametrize("name", sorted(set(rows.ALL)))
@pytest.mark.parametrize("direction", list(Direction))
def test_a_first_declaration_moves_nothing(name: str, direction: Direction) -> None:
    assert decide(rows.ALL[name], direction, None, BOLD).decision in {Decision.ADOPT, Decision.HELD}


@pytest.mark.parametrize(
    ("name", "runs"),
    [("FAILING_OVER", HOME), ("SYNCHRONIZING", AZURE), ("WAITING_TO_COMPLETE", AZURE), ("COMPLETING_FAILBACK", AZURE)],
)
def test_a_vm_that_is_on_its_way_elsewhere_is_adopted_where_it_runs_and_then_held(name: str, runs: Direction) -> None:
    seen = rows.ALL[name]
    first = decide(seen, runs, None, BOLD)
    assert first.decision is Decision.ADOPT
    assert f"direction {runs} is adopted, no step is taken; the move that is under way leads away" in first.why
    assert decide(seen, runs, runs, BOLD).decision is Decision.HELD
    assert decide(seen, runs.other, None, BOLD).decision is Decision.HELD


def test_a_failover_made_by_hand_is_held_and_says_the_two_ways_on() -> None:
    by_hand = replace(
        rows.COMMIT_PENDING, brought_here=rows.job("UnplannedFailover", state="Succeeded", owner=Owner.SOMEBODY_ELSE)
    )
    held = decide(by_hand, HOME, HOME, BOLD)
    assert held.decision is Decision.HELD
    assert "declare direction azureToOnPremises" in held.why
    assert "then declare onPremisesToAzure again" in held.why


def test_declaring_what_was_done_by_hand_adopts_it_without_a_step() -> None:
    by_hand = rows.job("UnplannedFailover", state="Succeeded", owner=Owner.SOMEBODY_ELSE)
    for seen in (rows.COMMIT_PENDING, rows.COMMITTED_TUTORIAL, rows.COMMITTED_RECORDED):
        assert decide(replace(seen, brought_here=by_hand), AZURE, HOME, BOLD).decision is Decision.ADOPT


def test_a_move_of_ours_that_was_killed_goes_on() -> None:
    for seen in (rows.FAILING_OVER, rows.COMMIT_PENDING, rows.COMMITTED_TUTORIAL, rows.REPROTECTING):
        assert decide(seen, AZURE, HOME, BOLD).decision is Decision.MOVE


def test_a_failed_flip_that_is_reverted_is_held_where_it_stands() -> None:
    assert decide(rows.COMMIT_PENDING, HOME, HOME, BOLD).decision is Decision.HELD
    assert decide(rows.FAILBACK_COMMIT_PENDING, AZURE, AZURE, BOLD).decision is Decision.HELD


def test_taking_a_job_over_lets_a_move_go_on_in_the_declared_direction() -> None:
    taken = rows.job("UnplannedFailover", state="Succeeded", owner=Owner.TAKEN_OVER)
    seen = replace(rows.COMMIT_PENDING, brought_here=taken)
    assert decide(seen, AZURE, AZURE, BOLD).decision is Decision.MOVE


def test_a_goal_that_is_reached_already_takes_no_step() -> None:
    assert decide(rows.PROTECTED_IN_AZURE, AZURE, HOME, BOLD).decision is Decision.ADOPT


def test_a_failback_half_done_whose_flip_was_taken_back_is_to_be_finished_not_taken_over() -> None:
    held = decide(rows.WAITING_TO_COMPLETE, AZURE, AZURE, BOLD)
    assert held.decision is Decision.HELD
    assert "takeOver" not in held.why
    assert "declare direction onPremisesToAzure and run `pulumi up --strict`" in held.why


TAKEN_OUT = rows.job("UnplannedFailover", state="Succeeded", owner=Owner.TAKEN_OVER)
TAKEN_BACK = rows.job("Failback", state="Succeeded", owner=Owner.TAKEN_OVER)
IN_AZURE = ("COMMIT_PENDING", "COMMITTED_TUTORIAL", "COMMITTED_RECORDED", "REPROTECTING", "PROTECTED_IN_AZURE")


@pytest.mark.parametrize("name", IN_AZURE)
def test_a_failover_that_was_taken_over_is_no_leave_to_bring_the_vm_back(name: str) -> None:
    seen = replace(rows.ALL[name], brought_here=TAKEN_OUT)
    held = decide(seen, HOME, HOME, BOLD)
    assert held.decision is Decision.HELD
    assert "declare direction azureToOnPremises" in held.why


@pytest.mark.parametrize("name", ["FAILBACK_COMMIT_PENDING", "FAILED_BACK"])
def test_a_failback_that_was_taken_over_is_no_leave_to_fail_over_again(name: str) -> None:
    assert decide(replace(rows.ALL[name], brought_here=TAKEN_BACK), AZURE, AZURE, BOLD).decision is Decision.HELD


@pytest.mark.parametrize("job", [TAKEN_OUT, rows.job("UnplannedFailover", owner=Owner.TAKEN_OVER)])
def test_a_failover_under_way_that_was_taken_over_is_held_where_nobody_declared_it(job: Job) -> None:
    assert decide(replace(rows.FAILING_OVER, job=job), HOME, HOME, BOLD).decision is Decision.HELD


def test_a_failback_that_was_taken_over_is_completed_where_its_end_is_declared() -> None:
    waits = rows.job("Failback", state="Suspended", owner=Owner.TAKEN_OVER, resume=True)
    assert decide(replace(rows.WAITING_TO_COMPLETE, job=waits), HOME, HOME, BOLD).decision is Decision.MOVE
    assert decide(replace(rows.WAITING_TO_COMPLETE, job=waits), AZURE, AZURE, BOLD).decision is Decision.HELD


@pytest.mark.parametrize(
    ("row", "scenario", "direction"),
    [
        ("WAITING_TO_COMPLETE", "Failback", HOME),
        ("COMPLETING_FAILBACK", "Failback", HOME),
        ("FAILING_OVER", "UnplannedFailover", AZURE),
    ],
)
def test_a_move_by_hand_to_where_a_vm_is_declared_is_held_with_the_line_that_takes_it_over(
    row: str, scenario: str, direction: Direction
) -> None:
    seen = rows.ALL[row]
    assert seen.job is not None
    somebodys = replace(seen.job, scenario=scenario, owner=Owner.SOMEBODY_ELSE, id="j7")
    held = decide(replace(seen, job=somebodys), direction, direction, BOLD)
    assert held.decision is Decision.HELD
    assert "takeOver' j7" in held.why
    assert "declare" not in held.why
    taken = replace(somebodys, owner=Owner.TAKEN_OVER)
    assert decide(replace(seen, job=taken), direction, direction, BOLD).decision is Decision.MOVE


def test_a_line_that_was_left_behind_takes_no_later_failback_over() -> None:
    """The failover that it names brought the VM to Azure, where it is declared; somebody has begun to bring it back."""
    somebodys = rows.job("Failback", state="Suspended", owner=Owner.SOMEBODY_ELSE, resume=True, number="j2")
    seen = replace(rows.WAITING_TO_COMPLETE, job=somebodys, brought_here=TAKEN_OUT)
    assert decide(seen, AZURE, AZURE, BOLD).decision is Decision.HELD
