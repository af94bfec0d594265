"""A hold, a commit by hand and a completion by hand or in a window hold for as long as they are declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from executor.stops import Waiting
from lifecycle.directions import Direction
from lifecycle.options import Commit, MoveOptions, Window
from lifecycle.steps import Step
from tests.executor.site import AZURE, BOLD, FULL_DOWNLOAD, HOME, Site

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
