"""Where a move waits, and whether a change of the recovery point is due, from what was done last."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.blockers import Code
from lifecycle.directions import Direction
from lifecycle.observation import Job, Observation, Owner, RecoveryPoint
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions, SourceOff
from lifecycle.planner import SOURCE_MAY_RUN, plan
from lifecycle.recovery_points import choice_mark
from lifecycle.steps import Step
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = MoveOptions(mode=FailoverMode.UNPLANNED, failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
CHANGED = rows.job("ChangePit", state="Succeeded", number="j2")
PROBED_AT_HOME = replace(BOLD, verification=({"tcp": {"host": "10.0.0.4", "port": 1433}, "after": "failback"},))
FULL_DOWNLOAD = replace(BOLD, data_sync=DataSync.DURING_FAILOVER)
BY_AGE, CONSISTENT = "latestProcessed", "latestAppConsistent"
REPROTECTED = rows.job("ReprotectReplicationGroup", state="Succeeded", number="j2")
POINTS = tuple(
    RecoveryPoint(f"{rows.ITEM}/recoveryPoints/p{number}", rows.NOW - timedelta(hours=number), number == 2)
    for number in range(4)
)
AT_P2 = replace(rows.COMMIT_PENDING, recovery_points=POINTS, failover_recovery_point_id=POINTS[2].id)


def changed_to(choice: str, *, state: str = "Succeeded", owner: Owner = Owner.OURS) -> Job:
    """A change of the recovery point that was asked for as this choice."""
    return replace(
        rows.job("ChangePit", state=state, owner=owner, number="j2"),
        client_request_id=f"d15a57e2-0000-4000-8000-{choice_mark(choice)}",
    )


def _failed(scenario: str) -> Job:
    return rows.job(scenario, state="Failed", number="j9")


CHANGED_AT_P2 = replace(AT_P2, last_change=changed_to(BY_AGE))


@pytest.mark.parametrize(
    ("hold", "seen", "goal", "stops_before"),
    [
        (Step.CHANGE_RECOVERY_POINT, replace(CHANGED_AT_P2, last_move=CHANGED), TO_AZURE, Step.COMMIT),
        (Step.FAILOVER, replace(rows.COMMIT_PENDING, last_move=CHANGED), TO_AZURE, Step.COMMIT),
        (Step.REVERSE_REPLICATE, replace(rows.PROTECTED, last_move=REPROTECTED), TO_AZURE, Step.FAILOVER),
        (Step.REPROTECT, replace(rows.PROTECTED_IN_AZURE, last_move=REPROTECTED), HOME, Step.SYNCHRONIZE),
        # What came since and failed, or is listed no more, undoes no step.
        (Step.REPROTECT, replace(rows.PROTECTED_IN_AZURE, last_move=_failed("Failback")), HOME, Step.SYNCHRONIZE),
        (Step.REPROTECT, replace(rows.PROTECTED_IN_AZURE, last_move=None), HOME, Step.SYNCHRONIZE),
        (
            Step.REVERSE_REPLICATE,
            replace(rows.PROTECTED, last_move=_failed("UnplannedFailover")),
            TO_AZURE,
            Step.FAILOVER,
        ),
        (Step.REVERSE_REPLICATE, replace(rows.PROTECTED, last_move=None), TO_AZURE, Step.FAILOVER),
        (
            Step.CHANGE_RECOVERY_POINT,
            replace(CHANGED_AT_P2, last_move=_failed("CommitFailover")),
            TO_AZURE,
            Step.COMMIT,
        ),
        # A hold that is written late holds before what is left.
        (Step.FAILOVER, rows.COMMITTED_TUTORIAL, TO_AZURE, Step.REPROTECT),
        (Step.COMPLETE_FAILOVER, rows.FAILED_BACK, HOME, Step.REVERSE_REPLICATE),
    ],
)
def test_a_hold_outlives_the_run_that_took_its_step(
    hold: Step, seen: Observation, goal: Direction, stops_before: Step
) -> None:
    changed = BY_AGE if hold is Step.CHANGE_RECOVERY_POINT else None
    first = plan(seen, goal, replace(BOLD, hold_after=hold, change_recovery_point=changed)).steps[0]
    assert (first.step, first.waits) == (stops_before, f"holdAfter: {hold}")


@pytest.mark.parametrize(
    ("hold", "seen", "goal", "options", "stops_before"),
    [
        (Step.CHANGE_RECOVERY_POINT, AT_P2, TO_AZURE, replace(BOLD, change_recovery_point="p2"), Step.COMMIT),
        (Step.CHANGE_RECOVERY_POINT, rows.PROTECTED, TO_AZURE, BOLD, Step.COMMIT),
        (Step.VERIFY, rows.PROTECTED, TO_AZURE, PROBED_AT_HOME, Step.COMMIT),
        (Step.VERIFY, rows.PROTECTED_IN_AZURE, HOME, BOLD, Step.COMMIT),
        (Step.REPROTECT, rows.COMMITTED_RECORDED, HOME, BOLD, Step.SYNCHRONIZE),
        (Step.SYNCHRONIZE, rows.PROTECTED_IN_AZURE, HOME, FULL_DOWNLOAD, Step.COMPLETE_FAILOVER),
    ],
)
def test_a_hold_after_a_step_that_the_move_leaves_out_stops_where_that_step_would_be(
    hold: Step, seen: Observation, goal: Direction, options: MoveOptions, stops_before: Step
) -> None:
    due = plan(seen, goal, replace(options, hold_after=hold))
    assert hold not in {planned.step for planned in due.steps}
    assert due.stops_before is not None
    assert (due.stops_before.step, due.stops_before.waits) == (stops_before, f"holdAfter: {hold}")


@pytest.mark.parametrize(("hold", "goal"), [(Step.FAILOVER, HOME), (Step.SYNCHRONIZE, TO_AZURE)])
def test_a_hold_after_a_step_of_the_way_out_does_not_stop_the_way_back(hold: Step, goal: Direction) -> None:
    for seen in rows.ALL.values():
        assert plan(seen, goal, replace(BOLD, hold_after=hold)).stops_before is None


def test_a_step_that_the_service_is_at_already_is_waited_for_and_the_next_is_held() -> None:
    first, second = plan(rows.COMMITTING, TO_AZURE, replace(BOLD, hold_after=Step.FAILOVER)).steps
    assert (first.step, first.running, first.waits) == (Step.COMMIT, True, "")
    assert (second.step, second.waits) == (Step.REPROTECT, "holdAfter: failover")


@pytest.mark.parametrize(
    ("hold", "seen", "goal"),
    [
        # The commit of the way out is no step of the way back, nor the other way round.
        (Step.COMMIT, rows.COMMITTED_TUTORIAL, HOME),
        (Step.COMMIT, rows.FAILED_BACK, TO_AZURE),
        (Step.SYNCHRONIZE, rows.PROTECTED_IN_AZURE, HOME),
    ],
)
def test_a_hold_that_is_not_reached_yet_does_not_stop_the_first_step(
    hold: Step, seen: Observation, goal: Direction
) -> None:
    assert plan(seen, goal, replace(BOLD, hold_after=hold)).steps[0].waits == ""


@pytest.mark.parametrize(
    "choice",
    ["p2", POINTS[2].id.upper(), POINTS[2].time.isoformat(), "latestAppConsistent"],
)
def test_a_vm_that_stands_at_the_point_is_not_changed_to_it_however_it_is_named(choice: str) -> None:
    assert plan(AT_P2, TO_AZURE, replace(BOLD, change_recovery_point=choice)).names[0] == "commit"
    assert plan(AT_P2, TO_AZURE, replace(BOLD, change_recovery_point="p3")).names[0] == "changeRecoveryPoint"


def test_a_point_that_is_named_by_its_age_is_changed_to_once() -> None:
    latest = replace(BOLD, change_recovery_point=BY_AGE)
    assert plan(AT_P2, TO_AZURE, latest).names[0] == "changeRecoveryPoint"
    assert plan(replace(AT_P2, last_change=changed_to(BY_AGE)), TO_AZURE, latest).names[0] == "commit"


@pytest.mark.parametrize("choice", [BY_AGE, "p3", POINTS[3].time.isoformat()])
def test_a_change_is_made_once_for_its_choice_though_the_item_does_not_show_its_point(choice: str) -> None:
    declared = replace(BOLD, change_recovery_point=choice)
    for shown in (POINTS[2].id, None):
        seen = replace(AT_P2, failover_recovery_point_id=shown, last_change=changed_to(choice))
        assert plan(seen, TO_AZURE, declared).names[0] == "commit"


@pytest.mark.parametrize(
    "last",
    [
        changed_to(CONSISTENT),
        changed_to("p1"),
        changed_to(BY_AGE, owner=Owner.SOMEBODY_ELSE),
        changed_to(BY_AGE, owner=Owner.TAKEN_OVER),
        changed_to(BY_AGE, state="Failed"),
        rows.job("ChangePit", state="Succeeded", owner=Owner.SOMEBODY_ELSE),
    ],
)
def test_a_change_for_another_choice_or_by_somebody_else_or_without_success_is_not_the_one_that_is_due(
    last: Job,
) -> None:
    declared = replace(BOLD, change_recovery_point=BY_AGE)
    seen = replace(AT_P2, last_move=last, last_change=last)
    assert plan(seen, TO_AZURE, declared).names[0] == "changeRecoveryPoint"


@pytest.mark.parametrize("state", ["Failed", "Skipped", None])
def test_a_commit_waits_for_a_source_that_was_not_shut_down(state: str | None) -> None:
    made = replace(rows.job("UnplannedFailover", state="Succeeded"), source_shutdown=state)
    seen = replace(rows.COMMIT_PENDING, brought_here=made)
    # Neither the mode nor the shutdown declared now undoes how the failover was made.
    for options in (BOLD, replace(BOLD, mode=FailoverMode.PLANNED)):
        assert plan(seen, TO_AZURE, options).steps[0].waits == SOURCE_MAY_RUN
    stated = replace(BOLD, source_off=(SourceOff(made.id, rows.NOW + timedelta(hours=1)),))
    assert plan(seen, TO_AZURE, stated).steps[0].waits == ""


def test_a_failover_that_will_not_shut_the_source_down_shows_in_the_plan_where_it_will_wait() -> None:
    due = plan(rows.PROTECTED, TO_AZURE, replace(BOLD, shutdown_source=False))
    assert [planned.step for planned in due.steps if planned.waits == SOURCE_MAY_RUN] == [Step.COMMIT]


@pytest.mark.parametrize("row", ["FAILING_OVER", "SYNCHRONIZING"])
def test_a_job_that_the_item_names_and_the_service_does_not_show_is_settling_and_not_somebody_elses(row: str) -> None:
    seen = replace(rows.ALL[row], job=None, allowed=frozenset())
    goal = TO_AZURE if row == "FAILING_OVER" else HOME
    assert [blocker.code for blocker in plan(seen, goal, BOLD).blockers] == [Code.SETTLING]
