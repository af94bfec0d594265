"""A hold, a commit by hand and a completion by hand or in a window hold for as long as they are declared."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from executor.stops import Interrupted, Waiting
from lifecycle.data_loss import expected_loss
from lifecycle.directions import Direction
from lifecycle.options import Commit, MoveOptions, Window
from lifecycle.planner import plan
from lifecycle.preconditions import preconditions
from lifecycle.stages import Stage, stage_of
from lifecycle.steps import PlannedStep, Step
from site_recovery.records import JobRecord
from tests.executor.conftest import SPEED
from tests.executor.site import AZURE, BOLD, FULL_DOWNLOAD, HOME, Site, Told

CHANGE = replace(BOLD, change_recovery_point="latestAppConsistent")
ALWAYS = {"command": ["true"], "retries": 0}


@pytest.mark.parametrize(
    ("begins", "goal", "step", "options", "then"),
    [
        ("protected", AZURE, Step.FAILOVER, BOLD, "commit"),
        ("failedOver", AZURE, Step.CHANGE_RECOVERY_POINT, CHANGE, "commit"),
        ("failedOver", AZURE, Step.VERIFY, replace(BOLD, verification=(ALWAYS,)), "commit"),
        ("failedOver", AZURE, Step.COMMIT, BOLD, "reprotect"),
        ("committed", HOME, Step.REPROTECT, BOLD, "synchronize"),
        ("replicatesBack", HOME, Step.SYNCHRONIZE, BOLD, "completeFailover"),
        ("replicatesBack", HOME, Step.COMPLETE_FAILOVER, FULL_DOWNLOAD, "commit"),
        ("failedBack", HOME, Step.COMMIT, BOLD, "reverseReplicate"),
        ("failbackCommitted", AZURE, Step.REVERSE_REPLICATE, BOLD, "failover"),
    ],
    ids=lambda value: value.value if isinstance(value, Step) else "",
)
def test_a_hold_stops_after_its_step_in_every_run_until_it_is_taken_out(
    site: Site, *, begins: str, goal: Direction, step: Step, options: MoveOptions, then: str
) -> None:
    site.begin(begins, options)
    holding = replace(options, hold_after=step)

    first = site.run(goal, holding)
    words = first.stopped(Waiting)
    assert f"waits before {then} (holdAfter: {step})" in words
    assert "write `holdAfter: null` for vm01 below site-recovery:vms, then run `pulumi up --strict`" in words
    assert first.taken[-1] == step.value

    asked = site.accepted()
    for _ in range(2):
        again = site.run(goal, holding)
        assert f"waits before {then}" in again.stopped(Waiting)
        assert site.accepted() == asked

    assert then in site.run(goal, options).reached().taken
    assert site.accepted()[: len(asked)] == asked


@pytest.mark.parametrize("begins", ["failedOver", "failedBack"])
def test_a_commit_by_hand_waits_until_the_line_is_changed(site: Site, begins: str) -> None:
    site.begin(begins)
    goal = AZURE if begins == "failedOver" else HOME
    by_hand = replace(BOLD, failover_commit=Commit.MANUAL, failback_commit=Commit.MANUAL)
    move = "failover" if goal is AZURE else "failback"
    for _ in range(3):
        words = site.run(goal, by_hand).stopped(Waiting)
        assert f"waits before commit ({move}.commit: manual)" in words
        assert f"{move}.commit' automatic`" in words
        assert site.accepted() == []
    site.run(goal, BOLD).reached()
    assert site.accepted() == ["FailoverCommit", "Reprotect"]


def test_a_completion_by_hand_waits_with_the_azure_machine_running(site: Site) -> None:
    site.begin("replicatesBack")
    by_hand = replace(BOLD, completion=Commit.MANUAL)
    assert site.run(HOME, by_hand).taken == ["synchronize"]
    for _ in range(2):
        assert "failback.completion: manual" in site.run(HOME, by_hand).stopped(Waiting)
        assert site.truth()["running"] == "azure"
    site.run(HOME, BOLD).reached()
    assert site.accepted() == ["PlannedFailover", "Resume", "FailoverCommit", "Reprotect"]


def test_a_window_opens_and_closes_by_the_clock_of_the_service(site: Site) -> None:
    site.begin("synchronized")
    now = site.observe().at
    hour = timedelta(hours=1)

    early = replace(BOLD, completion_window=Window(now + hour, now + 2 * hour))
    assert "opens at" in site.run(HOME, early).stopped(Waiting)
    late = replace(BOLD, completion_window=Window(now - 2 * hour, now - hour))
    assert "closed at" in site.run(HOME, late).stopped(Waiting)
    assert site.accepted() == []

    site.simulator.advance(3700)
    assert site.run(HOME, replace(early, hold_after=Step.COMPLETE_FAILOVER)).taken == ["completeFailover"]
    assert site.accepted() == ["Resume"]


class _StopsAt(Told):
    """Lets time stand still once a step is at a task, and asks the run to stop."""

    def __init__(self, site: Site, at: str) -> None:
        super().__init__()
        self.cancelled = threading.Event()
        self._site, self._at = site, at

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        super().progress(planned, job)
        if self.tasks and self.tasks[-1] == self._at and not self.cancelled.is_set():
            self._site.admin("PUT", "/clock", {"manual": True})
            self.cancelled.set()


@pytest.mark.parametrize("options", [BOLD, FULL_DOWNLOAD], ids=["synchronized before", "full download"])
def test_a_completion_under_way_is_told_as_that_and_goes_on_past_its_window(site: Site, options: MoveOptions) -> None:
    site.begin("synchronized" if options is BOLD else "replicatesBack", options)
    told = _StopsAt(site, "completeFailover: Start failover")
    words = site.run(HOME, options, cancelled=told.cancelled, told=told).stopped(Interrupted)
    assert site.truth()["running"] == "neither"
    assert "vm01 is coming home: Complete Failover is under way, the Azure VM is shut down, and neither copy" in words

    seen = site.observe()
    hour = timedelta(hours=1)
    late = replace(options, completion_window=Window(seen.at - 2 * hour, seen.at - hour))
    due = plan(seen, HOME, late)
    assert due.stage is Stage.COMPLETING_FAILBACK
    assert due.names == ("completeFailover", "commit", "reverseReplicate")
    assert due.steps[0].running
    assert not list(preconditions(replace(seen, provider_connected=True), due, late, expected_loss(seen, due, late)))

    asked = site.accepted()
    site.admin("PUT", "/clock", {"manual": False, "speed": SPEED})
    assert site.run(HOME, late).reached().taken == list(due.names)
    assert site.accepted() == [*asked, "FailoverCommit", "Reprotect"]


@pytest.mark.parametrize("begins", ["replicatesBack", "synchronized"])
def test_data_that_is_synchronized_while_the_azure_machine_runs_is_no_completion(site: Site, begins: str) -> None:
    site.begin(begins)
    if begins == "replicatesBack":
        told = _StopsAt(site, "synchronize: Data synchronization")
        assert "runs in Azure" in site.run(HOME, cancelled=told.cancelled, told=told).stopped(Interrupted)
    assert site.truth()["running"] == "azure"
    assert stage_of(site.observe()) in {Stage.SYNCHRONIZING, Stage.WAITING_TO_COMPLETE}
