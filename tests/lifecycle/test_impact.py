"""The figures of an impact: from this vault's own jobs where there are any, else as recorded, and saying which."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.durations import RECORDED
from lifecycle.estimates import Finished, Times, times
from lifecycle.impact import impact_of
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions
from lifecycle.planner import plan
from lifecycle.steps import Step
from lifecycle.verdict import assess
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = MoveOptions(mode=FailoverMode.UNPLANNED, failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
BACK = Finished("Failback", 600.0, {Step.SYNCHRONIZE: 400.0, Step.COMPLETE_FAILOVER: 180.0})


def test_without_a_job_of_the_vault_the_recorded_durations_are_told_as_such() -> None:
    found = _out()
    assert found.outage is not None
    assert (found.outage.low, found.outage.high) == RECORDED[Step.FAILOVER]
    assert found.outage.jobs == 0
    assert found.outage.source == "as recorded with small VMs; yours may differ"


def test_the_vaults_own_jobs_replace_them_and_say_how_many_they_are() -> None:
    found = _out(Finished("UnplannedFailover", 200.0), Finished("UnplannedFailover", 320.0))
    assert found.outage is not None
    assert (found.outage.low, found.outage.high) == (200.0, 320.0)
    assert found.outage.source == "by this vault's last 2 such jobs"
    assert found.steps[Step.COMMIT].jobs == 0


def test_a_planned_failover_is_not_told_by_unplanned_ones() -> None:
    planned = replace(BOLD, mode=FailoverMode.PLANNED)
    due = plan(rows.PROTECTED, TO_AZURE, planned)
    found = times(due, planned, [Finished("UnplannedFailover", 200.0)])
    assert found.steps[Step.FAILOVER].jobs == 0


def test_a_sum_of_measured_and_recorded_is_no_better_than_recorded() -> None:
    changing = replace(BOLD, change_recovery_point="latestProcessed")
    due = plan(rows.PROTECTED, TO_AZURE, changing)
    found = times(due, changing, [Finished("UnplannedFailover", 200.0)])
    assert found.outage is not None
    assert (found.outage.low, found.outage.jobs) == (200.0 + RECORDED[Step.CHANGE_RECOVERY_POINT][0], 0)


def test_synchronizing_is_told_apart_from_the_outage() -> None:
    found = _home([BACK])
    assert found.outage is not None
    assert found.synchronization is not None
    assert (found.synchronization.low, found.outage.low) == (400.0, 180.0)
    assert found.outage.words == "about 3 min"


def test_a_full_download_is_all_outage() -> None:
    full = replace(BOLD, data_sync=DataSync.DURING_FAILOVER)
    found = _home([BACK], full)
    assert found.synchronization is None
    assert found.outage is not None
    assert found.outage.low == RECORDED[Step.SYNCHRONIZE][0] + RECORDED[Step.COMPLETE_FAILOVER][0]
    own = _home([Finished("Failback", 900.0, {Step.COMPLETE_FAILOVER: 900.0})], full)
    assert own.outage is not None
    assert own.outage.low == 900.0


def test_what_is_left_of_a_move_may_be_no_outage_at_all() -> None:
    due = plan(rows.COMMITTED_TUTORIAL, TO_AZURE, BOLD)
    assert times(due, BOLD, []).outage is None


def test_only_the_newest_jobs_are_asked() -> None:
    old = [Finished("UnplannedFailover", 9000.0)] * 5
    found = _out(*[Finished("UnplannedFailover", 200.0)] * 20, *old)
    assert found.outage is not None
    assert found.outage.high == 200.0


@pytest.mark.parametrize(
    ("synchronizes", "words"),
    [
        (DataSync.BEFORE_FAILOVER, "its changes are synchronized while the Azure VM runs"),
        (DataSync.DURING_FAILOVER, "the Azure VM is shut down, all its data downloaded meanwhile"),
    ],
)
def test_the_way_back_is_the_one_that_is_declared(synchronizes: DataSync, words: str) -> None:
    options = replace(BOLD, data_sync=synchronizes)
    due, declared = plan(rows.PROTECTED, TO_AZURE, options), Declared(options)
    impact = impact_of(rows.PROTECTED, due, declared, assess(rows.PROTECTED, due, declared), ())
    assert words in impact.way_back[1]


def _out(*finished: Finished) -> Times:
    return times(plan(rows.PROTECTED, TO_AZURE, BOLD), BOLD, finished)


def _home(finished: Iterable[Finished], options: MoveOptions = BOLD) -> Times:
    return times(plan(rows.PROTECTED_IN_AZURE, HOME, options), options, finished)
