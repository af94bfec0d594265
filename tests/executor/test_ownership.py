"""What somebody else began is waited for, and never completed or committed, unless it was taken over by its id."""

from __future__ import annotations

from dataclasses import replace

import pytest

from executor.stops import BeyondPlan, Blocked
from lifecycle.blockers import Code
from lifecycle.options import Commit, DataSync
from lifecycle.steps import Step
from tests.executor.site import AZURE, BOLD, HOME, Run, Site

EVERY = frozenset(step.value for step in Step)


def blocked_by(run: Run) -> set[Code]:
    assert isinstance(run.stop, Blocked), run.stop
    return {blocker.code for blocker in run.stop.blockers}


def test_a_failover_by_hand_is_waited_for_and_not_committed(site: Site) -> None:
    job = site.by_hand("UnplannedFailover", shutdownSource=True)
    run = site.run(AZURE, steps=EVERY)
    assert blocked_by(run) == {Code.NOT_OURS}
    assert f"takeOver' {job}" in str(run.stop)
    assert any(job in note and "somebody else" in note for note in run.told.notes)
    assert site.accepted() == []
    assert site.truth()["stage"] == "unplannedCommitPending"

    site.run(AZURE, replace(BOLD, take_over=job)).reached()
    assert site.accepted() == ["FailoverCommit", "Reprotect"]


def test_a_failback_by_hand_is_not_completed(site: Site) -> None:
    site.begin("replicatesBack")
    job = site.by_hand("Failback")
    site.service.watcher.wait(job, until=lambda look: look.suspended, timeout_seconds=7200)
    assert blocked_by(site.run(HOME, steps=EVERY)) == {Code.NOT_OURS}
    assert site.accepted() == []
    site.run(HOME, replace(BOLD, take_over=job)).reached()
    assert site.accepted() == ["Resume", "FailoverCommit", "Reprotect"]


def test_a_failback_by_hand_is_waited_for_only_until_it_waits_itself(site: Site) -> None:
    site.begin("replicatesBack")
    job = site.by_hand("Failback")
    run = site.run(HOME, steps=EVERY)
    assert blocked_by(run) == {Code.NOT_OURS}
    assert any(job in note and "somebody else" in note for note in run.told.notes)
    assert site.accepted() == []


@pytest.mark.parametrize(
    ("begins", "operation", "goal", "left"),
    [
        ("failedOver", "Commit", AZURE, ["Reprotect"]),
        ("committed", "ReverseReplicate", AZURE, []),
        ("failbackCommitted", "ReverseReplicate", HOME, []),
    ],
)
def test_a_step_that_somebody_is_at_is_joined_and_not_asked_for(
    site: Site, begins: str, operation: str, goal: object, left: list[str]
) -> None:
    site.begin(begins)
    order = site.order(AZURE if goal is AZURE else HOME, BOLD)
    site.by_hand(operation)
    site.run(order.goal, steps=order.steps).reached()
    assert site.accepted() == left


def test_another_job_on_the_machine_is_waited_for(site: Site) -> None:
    site.begin("replicatesBack")
    job = site.by_hand("Failback", fullDownload=True)
    run = site.run(HOME, replace(BOLD, take_over=job), steps=EVERY).reached()
    assert site.accepted() == ["FailoverCommit", "Reprotect"]
    assert run.taken[0] == "synchronize"


def test_a_failback_begun_with_the_other_choice_is_completed(site: Site) -> None:
    """A killed run began to synchronize before the failover; then the stack file was changed to a full download."""
    site.begin("replicatesBack")
    job = site.by_hand("Failback")
    other = replace(BOLD, data_sync=DataSync.DURING_FAILOVER, take_over=job)
    site.run(HOME, other, steps=EVERY).reached()
    assert site.accepted() == ["Resume", "FailoverCommit", "Reprotect"]


def test_a_test_failover_blocks_until_it_is_cleaned_up(site: Site) -> None:
    site.finish_by_hand("TestFailover")
    assert blocked_by(site.run(AZURE)) == {Code.TEST_FAILOVER_ACTIVE}
    assert site.accepted() == []
    site.finish_by_hand("TestFailoverCleanup")
    assert site.run(AZURE, replace(BOLD, hold_after=Step.FAILOVER)).taken == ["failover"]


def test_no_step_is_taken_that_the_preview_did_not_have(site: Site) -> None:
    """Between preview and update somebody failed the machine back: the whole way out would be due again."""
    order = site.begin("failedOver").order(AZURE, BOLD)
    assert order.steps == {"commit", "reprotect"}
    site.begin("protected")
    run = site.run(AZURE, steps=order.steps)
    assert "the step failover would be next, but the preview did not have it" in run.stopped(BeyondPlan)
    assert site.accepted() == []


def test_a_world_that_is_ahead_of_the_preview_is_met_with_the_rest(site: Site) -> None:
    order = site.order(AZURE, BOLD)
    site.begin("committed")
    run = site.run(AZURE, steps=order.steps).reached()
    assert run.taken == ["reprotect"]


def test_the_way_back_is_not_begun_before_the_way_out_is_finished(site: Site) -> None:
    site.begin("failedOver")
    assert blocked_by(site.run(HOME, steps=EVERY)) == {Code.UNFINISHED_MOVE}
    site.begin("synchronized", replace(BOLD, completion=Commit.AUTOMATIC))
    assert blocked_by(site.run(AZURE, steps=EVERY)) == {Code.UNFINISHED_MOVE}
    assert site.accepted() == []
