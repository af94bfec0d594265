"""Every row of the state table, to either goal."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lifecycle.blockers import Code
from lifecycle.directions import Direction
from lifecycle.observation import Observation, Owner, PowerState
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions, SourceOff
from lifecycle.planner import plan
from lifecycle.stages import WORDS, Stage, stage_of
from lifecycle.steps import Step
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
OUT = ("failover", "commit", "reprotect")
BACK = ("synchronize", "completeFailover", "commit", "reverseReplicate")

TABLE = [
    # row, stage, steps (or the blocker's code) to Azure, the same to on premises
    ("ENABLING", Stage.ENABLING, Code.NOT_PROTECTED, ()),
    ("FIRST_POINT", Stage.ENABLING, Code.NOT_PROTECTED, ()),
    ("PASSING", Stage.SETTLING, Code.SETTLING, Code.SETTLING),
    ("PROTECTED", Stage.PROTECTED, OUT, ()),
    ("TEST_FAILOVER", Stage.TEST_FAILOVER, Code.TEST_FAILOVER_ACTIVE, ()),
    ("FAILING_OVER", Stage.FAILING_OVER, OUT, Code.UNFINISHED_MOVE),
    ("COMMIT_PENDING", Stage.FAILOVER_COMMIT_PENDING, OUT[1:], Code.UNFINISHED_MOVE),
    ("PLANNED_COMMIT_PENDING", Stage.FAILOVER_COMMIT_PENDING, OUT[1:], Code.UNFINISHED_MOVE),
    ("COMMITTING", Stage.COMMITTING_FAILOVER, OUT[1:], Code.UNFINISHED_MOVE),
    ("COMMITTED_RECORDED", Stage.FAILBACK_OFFERED, (), BACK),
    ("COMMITTED_TUTORIAL", Stage.COMMITTED_IN_AZURE, OUT[2:], ("reprotect", *BACK)),
    ("REPROTECTING", Stage.REPROTECTING, OUT[2:], ("reprotect", *BACK)),
    ("PROTECTED_IN_AZURE", Stage.PROTECTED_IN_AZURE, (), BACK),
    ("SYNCHRONIZING", Stage.SYNCHRONIZING, Code.UNFINISHED_MOVE, BACK),
    ("WAITING_TO_COMPLETE", Stage.WAITING_TO_COMPLETE, Code.UNFINISHED_MOVE, BACK[1:]),
    ("COMPLETING_FAILBACK", Stage.COMPLETING_FAILBACK, Code.UNFINISHED_MOVE, BACK[1:]),
    ("FAILBACK_COMMIT_PENDING", Stage.FAILBACK_COMMIT_PENDING, Code.UNFINISHED_MOVE, BACK[2:]),
    ("FAILED_BACK", Stage.FAILED_BACK, ("reverseReplicate", *OUT), BACK[3:]),
    ("REVERSE_REPLICATING", Stage.REVERSE_REPLICATING, ("reverseReplicate", *OUT), BACK[3:]),
    ("NOT_REPLICATING", Stage.NOT_REPLICATING, Code.NOT_PROTECTED, Code.NOT_PROTECTED),
    ("BOTH_RUNNING", Stage.BOTH_RUNNING, Code.BOTH_RUNNING, Code.BOTH_RUNNING),
    ("NEITHER_RUNNING", Stage.NEITHER_RUNNING, Code.NEITHER_RUNNING, Code.NEITHER_RUNNING),
    ("NO_VM_TO_COMMIT", Stage.NEITHER_RUNNING, Code.NEITHER_RUNNING, Code.NEITHER_RUNNING),
    ("STRANGE", Stage.UNKNOWN, Code.UNKNOWN_STATE, Code.UNKNOWN_STATE),
    ("BUSY", Stage.BUSY, Code.JOB_RUNNING, Code.JOB_RUNNING),
]


@pytest.mark.parametrize(("row", "stage", "to_azure", "home"), TABLE, ids=[line[0] for line in TABLE])
def test_each_row_has_its_stage_and_its_steps_to_either_goal(
    row: str, stage: Stage, to_azure: object, home: object
) -> None:
    seen = rows.ALL[row]
    assert stage_of(seen) is stage
    assert _due(seen, TO_AZURE) == to_azure
    assert _due(seen, HOME) == home


def test_the_table_has_every_row() -> None:
    assert {line[0] for line in TABLE} == set(rows.ALL)


def test_every_stage_has_words_for_a_person() -> None:
    assert set(WORDS) == set(Stage)
    page = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    table = page.partition("## How a stage is told")[2].partition("## ")[0]
    assert {line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()} >= set(Stage)


@pytest.mark.parametrize("owner", [Owner.OURS, Owner.TAKEN_OVER])
def test_a_failover_of_ours_or_taken_over_is_committed(owner: Owner) -> None:
    assert plan(_brought_by(rows.COMMIT_PENDING, owner), TO_AZURE, BOLD).blockers == ()


def test_a_failover_of_somebody_else_is_not_committed() -> None:
    due = plan(_brought_by(rows.COMMIT_PENDING, Owner.SOMEBODY_ELSE), TO_AZURE, BOLD)
    assert [blocker.code for blocker in due.blockers] == [Code.NOT_OURS]
    assert "takeOver' j1" in due.blockers[0].mend


def test_a_failover_whose_job_is_no_longer_listed_is_nobodys_to_commit() -> None:
    due = plan(replace(rows.COMMIT_PENDING, brought_here=None), TO_AZURE, BOLD)
    assert [blocker.code for blocker in due.blockers] == [Code.NOT_OURS]
    assert "commit it in Azure" in due.blockers[0].mend


def test_a_vm_that_a_failed_change_took_away_is_made_anew_by_a_declared_change_and_by_nothing_else() -> None:
    failed = rows.job("ChangePit", state="Failed")
    seen = replace(rows.NO_VM_TO_COMMIT, last_change=failed)
    assert plan(seen, TO_AZURE, replace(BOLD, change_recovery_point="latestProcessed")).names == (
        "changeRecoveryPoint",
        "commit",
        "reprotect",
    )
    for goal, options in ((TO_AZURE, BOLD), (HOME, replace(BOLD, change_recovery_point="latestProcessed"))):
        (blocker,) = plan(seen, goal, options).blockers
        assert failed.id in blocker.cause
        assert "do not commit" in blocker.mend


def test_an_azure_vm_that_is_gone_without_a_failover_to_commit_cannot_be_started_nor_failed_back() -> None:
    (blocker,) = plan(replace(rows.PROTECTED_IN_AZURE, azure_vm_power=PowerState.ABSENT), HOME, BOLD).blockers
    assert blocker.code is Code.NEITHER_RUNNING
    assert "protect it anew" in blocker.mend


def test_a_vm_that_is_to_be_made_anew_is_held_and_somebody_elses_like_any_other() -> None:
    changing = replace(BOLD, change_recovery_point="latestProcessed")
    held = plan(rows.NO_VM_TO_COMMIT, TO_AZURE, replace(changing, hold_after=Step.FAILOVER)).stops_before
    assert held is not None
    assert held.step is Step.CHANGE_RECOVERY_POINT
    theirs = plan(_brought_by(rows.NO_VM_TO_COMMIT, Owner.SOMEBODY_ELSE), TO_AZURE, changing)
    assert [blocker.code for blocker in theirs.blockers] == [Code.NOT_OURS]


def test_a_full_download_has_no_synchronization_of_its_own() -> None:
    full = replace(BOLD, data_sync=DataSync.DURING_FAILOVER)
    assert plan(rows.PROTECTED_IN_AZURE, HOME, full).names == BACK[1:]


def test_manual_commit_waits_before_the_commit_and_only_there() -> None:
    due = plan(rows.PROTECTED, TO_AZURE, replace(BOLD, failover_commit=Commit.MANUAL))
    assert [planned.step for planned in due.steps if planned.waits] == [Step.COMMIT]


def test_commit_after_verification_without_any_waits_for_a_person() -> None:
    due = plan(rows.PROTECTED, TO_AZURE, replace(BOLD, failover_commit=Commit.AFTER_VERIFICATION))
    assert due.stops_before is not None
    assert due.stops_before.step is Step.COMMIT


def test_verification_is_a_step_before_the_commit() -> None:
    probe = {"tcp": {"host": "10.1.0.4", "port": 1433}, "after": "failover"}
    options = replace(BOLD, failover_commit=Commit.AFTER_VERIFICATION, verification=(probe,))
    assert plan(rows.PROTECTED, TO_AZURE, options).names == ("failover", "verify", "commit", "reprotect")
    assert plan(rows.PROTECTED, TO_AZURE, options).stops_before is None
    assert plan(rows.PROTECTED_IN_AZURE, HOME, options).names == BACK


@pytest.mark.parametrize(
    ("hold", "seen", "goal", "stops_before"),
    [
        (Step.FAILOVER, rows.PROTECTED, TO_AZURE, Step.COMMIT),
        (Step.FAILOVER, rows.COMMIT_PENDING, TO_AZURE, Step.COMMIT),
        (Step.COMMIT, rows.PROTECTED, TO_AZURE, Step.REPROTECT),
        (Step.COMMIT, rows.COMMITTED_TUTORIAL, TO_AZURE, Step.REPROTECT),
        (Step.SYNCHRONIZE, rows.WAITING_TO_COMPLETE, HOME, Step.COMPLETE_FAILOVER),
        (Step.COMPLETE_FAILOVER, rows.FAILBACK_COMMIT_PENDING, HOME, Step.COMMIT),
        (Step.COMMIT, rows.FAILED_BACK, HOME, Step.REVERSE_REPLICATE),
    ],
)
def test_hold_after_stops_before_the_next_step_from_wherever_the_vm_stands(
    hold: Step, seen: Observation, goal: Direction, stops_before: Step
) -> None:
    due = plan(seen, goal, replace(BOLD, hold_after=hold))
    assert due.stops_before is not None
    assert due.stops_before.step is stops_before


def test_an_unplanned_failover_whose_source_was_not_shut_down_waits_for_an_attestation() -> None:
    still_on = replace(rows.COMMIT_PENDING.brought_here or rows.job("UnplannedFailover"), source_shutdown="Failed")
    seen = replace(rows.COMMIT_PENDING, brought_here=still_on)
    waiting = plan(seen, TO_AZURE, BOLD).stops_before
    assert waiting is not None
    assert "sourceOff" in waiting.waits
    later = rows.NOW + timedelta(hours=1)
    stated = replace(BOLD, source_off=(SourceOff("another", later), SourceOff("J1", later)))
    assert plan(seen, TO_AZURE, stated).stops_before is None
    run_out = replace(BOLD, source_off=(SourceOff("another", later), SourceOff("j1", rows.NOW)))
    assert plan(seen, TO_AZURE, run_out).stops_before == waiting


def test_a_host_that_is_silent_shuts_nothing_down_so_the_commit_after_it_waits() -> None:
    unplanned = replace(BOLD, mode=FailoverMode.UNPLANNED)
    dead = replace(rows.PROTECTED, provider_connected=False)
    waiting = plan(dead, TO_AZURE, unplanned).stops_before
    assert waiting is not None
    assert waiting.step is Step.COMMIT
    assert "sourceOff" in waiting.waits
    # The job that brought it home tells nothing of the failover to come.
    home = replace(dead, brought_here=rows.job("Failback", state="Succeeded"))
    stated = replace(unplanned, source_off=(SourceOff("j1", rows.NOW + timedelta(hours=1)),))
    assert plan(home, TO_AZURE, stated).stops_before == waiting
    for host in (True, None):
        assert plan(replace(dead, provider_connected=host), TO_AZURE, unplanned).stops_before is None


def test_only_commits_and_a_changed_recovery_point_cannot_be_undone() -> None:
    changing = replace(BOLD, change_recovery_point="latestProcessed")
    assert plan(rows.PROTECTED, TO_AZURE, changing).irreversible == ("changeRecoveryPoint", "commit")
    assert plan(rows.PROTECTED_IN_AZURE, HOME, BOLD).irreversible == ("commit",)


def _due(seen: Observation, goal: Direction) -> object:
    due = plan(seen, goal, BOLD)
    return due.blockers[0].code if due.blockers else due.names


def _brought_by(seen: Observation, owner: Owner) -> Observation:
    return replace(seen, brought_here=rows.job("UnplannedFailover", state="Succeeded", owner=owner))
