"""The figures of an impact: from this vault's own jobs where there are any, else as recorded, and saying which."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from lifecycle.data_loss import NOT_TOLD
from lifecycle.declared import Declared
from lifecycle.directions import Direction, Place
from lifecycle.durations import recorded
from lifecycle.estimates import Finished, Times, times
from lifecycle.impact import Impact, impact_of
from lifecycle.observation import Observation, Scenario
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions
from lifecycle.planner import plan
from lifecycle.steps import Step
from lifecycle.verdict import assess
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = MoveOptions(mode=FailoverMode.UNPLANNED, failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
_COMMITTING_BACK = replace(
    rows.FAILBACK_COMMIT_PENDING, allowed=frozenset(), scenario="CommitFailover", job=rows.job("CommitFailover")
)
BACK = Finished("Failback", 600.0, {Step.SYNCHRONIZE: 400.0, Step.COMPLETE_FAILOVER: 180.0})


def test_without_a_job_of_the_vault_the_recorded_durations_are_told_as_such() -> None:
    found = _out()
    assert found.outage is not None
    assert (found.outage.low, found.outage.high) == recorded(Step.FAILOVER, Scenario.UNPLANNED_FAILOVER)
    assert found.outage.jobs == 0
    assert found.outage.source == "as recorded with small VMs; yours may differ"


def test_the_vaults_own_jobs_replace_them_and_say_how_many_they_are() -> None:
    found = _out(Finished("UnplannedFailover", 200.0), Finished("UnplannedFailover", 320.0))
    assert found.outage is not None
    assert (found.outage.low, found.outage.high) == (200.0, 320.0)
    assert found.outage.source == "by this vault's last 2 such jobs"
    assert found.steps[Step.COMMIT].jobs == 0


def test_one_job_alone_tells_no_range_and_is_told_with_what_was_recorded() -> None:
    low, high = recorded(Step.FAILOVER, Scenario.UNPLANNED_FAILOVER)
    for seconds, range_ in ((250.0, (low, high)), (900.0, (low, 900.0)), (60.0, (60.0, high))):
        outage = _out(Finished("UnplannedFailover", seconds)).outage
        assert outage is not None
        assert ((outage.low, outage.high), outage.jobs) == (range_, 1)
    short = _out(Finished("UnplannedFailover", 60.0)).outage
    assert short is not None
    assert short.words == "60 s to 11 min"
    assert short.source == "by this vault's last such job, 60 s, and as recorded with small VMs: one length is no range"
    alike = _out(Finished("UnplannedFailover", 250.0), Finished("UnplannedFailover", 252.0)).outage
    assert alike is not None
    assert (alike.low, alike.high) == (low, high)
    assert alike.source.startswith("by this vault's last 2 such jobs, each 4 min, and as recorded")


def test_every_estimate_is_a_range() -> None:
    of_a_vault = [Finished(scenario, 250.0, BACK.parts) for scenario in Scenario]
    for mode in FailoverMode:
        for synchronizes in DataSync:
            options = replace(BOLD, mode=mode, data_sync=synchronizes, change_recovery_point="latestProcessed")
            for seen, goal in ((rows.FAILED_BACK, TO_AZURE), (rows.COMMITTED_TUTORIAL, HOME)):
                for finished in ([], of_a_vault):
                    found = times(plan(seen, goal, options), options, finished)
                    assert found.outage is not None
                    for estimate in (*found.steps.values(), found.outage):
                        shortest, longest = estimate.words.split(" to ")
                        assert shortest != longest


def test_a_planned_failover_is_not_told_by_unplanned_ones() -> None:
    planned = replace(BOLD, mode=FailoverMode.PLANNED)
    due = plan(rows.PROTECTED, TO_AZURE, planned)
    found = times(due, planned, [Finished("UnplannedFailover", 200.0), Finished("UnplannedFailover", 400.0)])
    estimate = found.steps[Step.FAILOVER]
    assert ((estimate.low, estimate.high), estimate.jobs) == (recorded(Step.FAILOVER, Scenario.PLANNED_FAILOVER), 0)
    assert recorded(Step.FAILOVER, Scenario.PLANNED_FAILOVER) != recorded(Step.FAILOVER, Scenario.UNPLANNED_FAILOVER)


def test_a_failover_under_way_is_told_by_what_it_is_and_not_by_what_is_declared() -> None:
    planned = Declared(replace(BOLD, mode=FailoverMode.PLANNED))
    seen = replace(rows.FAILING_OVER, job=rows.job("UnplannedFailover"))
    due = plan(seen, TO_AZURE, planned.options)
    impact = impact_of(seen, due, planned, assess(seen, due, planned), ())
    told = impact.times.steps[Step.FAILOVER]
    assert (told.low, told.high) == recorded(Step.FAILOVER, Scenario.UNPLANNED_FAILOVER)


def test_a_sum_of_measured_and_recorded_is_no_better_than_recorded() -> None:
    changing = replace(BOLD, change_recovery_point="latestProcessed")
    due = plan(rows.PROTECTED, TO_AZURE, changing)
    found = times(due, changing, [Finished("UnplannedFailover", 200.0), Finished("UnplannedFailover", 400.0)])
    assert found.outage is not None
    assert (found.outage.low, found.outage.jobs) == (200.0 + recorded(Step.CHANGE_RECOVERY_POINT)[0], 0)


def test_synchronizing_is_told_apart_from_the_outage() -> None:
    longer = Finished("Failback", 900.0, {Step.SYNCHRONIZE: 600.0, Step.COMPLETE_FAILOVER: 280.0})
    found = _home([BACK, longer])
    assert found.outage is not None
    assert found.synchronization is not None
    assert (found.synchronization.low, found.outage.low) == (400.0, 180.0)
    assert found.outage.words == "3 min to 5 min"


def test_a_full_download_is_all_outage() -> None:
    full = replace(BOLD, data_sync=DataSync.DURING_FAILOVER)
    found = _home([BACK], full)
    assert found.synchronization is None
    assert found.outage is not None
    assert found.outage.low == recorded(Step.SYNCHRONIZE)[0] + recorded(Step.COMPLETE_FAILOVER)[0]
    own = _home([Finished("Failback", length, {Step.COMPLETE_FAILOVER: length}) for length in (900.0, 1800.0)], full)
    assert own.outage is not None
    assert (own.outage.low, own.outage.high) == (900.0, 1800.0)


def test_a_completion_under_way_is_told_with_what_has_passed_of_its_outage_and_that_neither_copy_runs() -> None:
    impact = _impact(rows.COMPLETING_FAILBACK)
    assert impact.headline == "sql01: neither copy runs for a while -> runs on premises (direction onPremisesToAzure)"
    assert impact.times.synchronization is None
    assert impact.times.outage is not None
    # Its job began three hours ago, and has synchronized until then.
    assert impact.outage_note == "2 min of it have passed"
    full = _impact(rows.SYNCHRONIZING, replace(BOLD, data_sync=DataSync.DURING_FAILOVER))
    assert (full.plan.steps[0].step, full.outage_note) == (Step.COMPLETE_FAILOVER, "")


def _impact(seen: Observation, options: MoveOptions = BOLD) -> Impact:
    due, declared = plan(seen, HOME, options), Declared(options)
    return impact_of(seen, due, declared, assess(seen, due, declared), ())


def test_what_is_left_of_a_move_may_be_no_outage_at_all() -> None:
    due = plan(rows.COMMITTED_TUTORIAL, TO_AZURE, BOLD)
    assert times(due, BOLD, []).outage is None


def test_only_the_newest_jobs_are_asked() -> None:
    old = [Finished("UnplannedFailover", 9000.0)] * 5
    newest = [Finished("UnplannedFailover", 200.0), *[Finished("UnplannedFailover", 400.0)] * 19]
    found = _out(*newest, *old)
    assert found.outage is not None
    assert found.outage.high == 400.0


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


_PAST = "past: the move is committed"
_UNDER_WAY = "past: the commit is under way"
_SAFETY_COPY = "the Azure VM and its disks are still there, turned off"
_LEFT = "what is left of the on-premises VM"


@pytest.mark.parametrize(
    ("seen", "goal", "in_azure", "undone"),
    [
        (rows.SYNCHRONIZING, HOME, "the VM sql01 is shut down, and deleted by the commit", _SAFETY_COPY),
        (rows.WAITING_TO_COMPLETE, HOME, "the VM sql01 is shut down, and deleted by the commit", _SAFETY_COPY),
        (rows.COMPLETING_FAILBACK, HOME, "the VM sql01 is shut down, and deleted by the commit", _SAFETY_COPY),
        (rows.FAILBACK_COMMIT_PENDING, HOME, "the VM sql01 is turned off, and deleted by the commit", _SAFETY_COPY),
        (_COMMITTING_BACK, HOME, "the VM sql01 is turned off, and deleted by the commit", _UNDER_WAY),
        (rows.FAILED_BACK, HOME, "nothing: the commit has deleted the VM sql01 and its disks", _PAST),
        (rows.REVERSE_REPLICATING, HOME, "nothing: the commit has deleted the VM sql01 and its disks", _PAST),
        (rows.COMMIT_PENDING, TO_AZURE, "nothing: the VM sql01 runs there already, and stays as it is", _LEFT),
        (rows.COMMITTING, TO_AZURE, "nothing: the VM sql01 runs there already, and stays as it is", _UNDER_WAY),
        (rows.COMMITTED_TUTORIAL, TO_AZURE, "nothing: the VM sql01 runs there already, and stays as it is", _PAST),
    ],
)
def test_what_a_move_changes_and_how_it_is_undone_is_told_of_what_is_still_to_come(
    seen: Observation, goal: Direction, in_azure: str, undone: str
) -> None:
    due = plan(seen, goal, BOLD)
    declared = Declared(BOLD)
    impact = impact_of(seen, due, declared, assess(seen, due, declared), ())
    assert dict(impact.outside)["in Azure"] == in_azure
    assert impact.way_back[0].startswith(undone)
    runs_at_home = seen.active is Place.ON_PREMISES
    assert impact.assessment.loss.words.startswith("none by the steps that are left") is runs_at_home


def test_of_a_move_whose_steps_are_not_known_nothing_is_told_that_they_would_change() -> None:
    seen = rows.BOTH_RUNNING
    due = plan(seen, TO_AZURE, BOLD)
    impact = impact_of(seen, due, Declared(BOLD), assess(seen, due, Declared(BOLD)), ())
    assert (impact.outside, impact.way_back) == ((), (NOT_TOLD, NOT_TOLD))


def _out(*finished: Finished) -> Times:
    return times(plan(rows.PROTECTED, TO_AZURE, BOLD), BOLD, finished)


def _home(finished: Iterable[Finished], options: MoveOptions = BOLD) -> Times:
    return times(plan(rows.PROTECTED_IN_AZURE, HOME, options), options, finished)
