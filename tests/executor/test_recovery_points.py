"""Which recovery point a failover takes, and how it is changed before the commit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from executor.stops import Blocked, StepFailed, Waiting
from lifecycle.blockers import Code
from lifecycle.options import MoveOptions
from lifecycle.steps import Step
from tests.executor.site import AZURE, BOLD, Site

STAY = replace(BOLD, hold_after=Step.FAILOVER)
CHANGED = replace(BOLD, hold_after=Step.CHANGE_RECOVERY_POINT)


def stands_at(site: Site) -> str:
    # The item shows its point later than everything else.
    site.simulator.advance(300)
    at = site.observe().failover_recovery_point_id
    assert at is not None
    return at.rsplit("/", 1)[-1]


def points(site: Site) -> list[str]:
    """The names of the machine's recovery points, newest first: at least three."""
    site.simulator.advance(1200)
    names = [point.id.rsplit("/", 1)[-1] for point in site.observe().recovery_points or ()]
    assert len(names) > 3
    return names


def test_the_latest_point_is_made_by_the_failover_itself(site: Site) -> None:
    known = points(site)
    site.run(AZURE, STAY)
    assert stands_at(site) not in known


def test_the_latest_processed_point_is_the_newest_there_is(site: Site) -> None:
    before = points(site)
    run = site.run(AZURE, replace(STAY, recovery_point="latestProcessed"))
    at, asked = stands_at(site), run.outcome.point
    # A newer one may have come before the failover was asked for.
    assert asked is not None
    assert asked.id.rsplit("/", 1)[-1] == at
    assert at not in before[1:]


def test_the_latest_application_consistent_point(site: Site) -> None:
    points(site)
    consistent = next(point for point in site.observe().recovery_points or () if point.app_consistent)
    site.run(AZURE, replace(STAY, recovery_point="latestAppConsistent"))
    assert stands_at(site) == consistent.id.rsplit("/", 1)[-1]


def test_a_point_by_its_id_or_by_a_time(site: Site) -> None:
    points(site)
    third = (site.observe().recovery_points or ())[2]
    before = site.admin("PUT", "/snapshots/points")
    for choice in (third.id.upper(), third.time.isoformat()):
        site.admin("POST", "/snapshots/points/restore")
        site.service = site.connection().open()
        site.run(AZURE, replace(STAY, recovery_point=choice))
        assert stands_at(site) == third.id.rsplit("/", 1)[-1]
    assert before is None


def test_a_point_that_is_gone_stops_the_run_before_anything_moves(site: Site) -> None:
    gone = replace(BOLD, recovery_point="00000000-0000-0000-0000-000000000000")
    run = site.run(AZURE, gone)
    assert isinstance(run.stop, Blocked)
    assert [blocker.code for blocker in run.stop.blockers] == [Code.RECOVERY_POINT_GONE]
    assert site.accepted() == []


def by_name(site: Site, number: int) -> str:
    return points(site)[number]


@pytest.mark.parametrize("way", ["name", "id", "time"])
def test_a_change_is_made_once_however_the_point_is_named(site: Site, way: str) -> None:
    points(site)
    third = (site.observe().recovery_points or ())[2]
    choice = {"name": third.id.rsplit("/", 1)[-1], "id": third.id.upper(), "time": third.time.isoformat()}[way]
    site.run(AZURE, STAY)
    options = replace(CHANGED, change_recovery_point=choice)
    for _ in range(3):
        site.run(AZURE, options)
        assert stands_at(site) == third.id.rsplit("/", 1)[-1]
    assert site.accepted() == ["UnplannedFailover", "ApplyRecoveryPoint"]
    site.run(AZURE, replace(options, hold_after=None)).reached()
    assert site.accepted() == ["UnplannedFailover", "ApplyRecoveryPoint", "FailoverCommit", "Reprotect"]


def test_another_change_is_made_when_another_point_is_declared(site: Site) -> None:
    known = points(site)
    site.run(AZURE, STAY)
    for name in (known[1], known[2]):
        site.run(AZURE, replace(CHANGED, change_recovery_point=name))
        assert stands_at(site) == name
    assert site.accepted().count("ApplyRecoveryPoint") == 2


def test_another_age_is_another_choice(site: Site) -> None:
    """What a failed verification advises: write another choice, and go on."""
    points(site)
    site.run(AZURE, STAY)
    chosen = []
    for choice in ("latestAppConsistent", "latestProcessed", "latestAppConsistent"):
        for _ in range(2):
            site.run(AZURE, replace(CHANGED, change_recovery_point=choice))
        chosen.append(stands_at(site))
    known = site.observe().recovery_points or ()
    newest, consistent = known[0], next(point for point in known if point.app_consistent)
    assert chosen == [point.id.rsplit("/", 1)[-1] for point in (consistent, newest, consistent)]
    assert site.accepted() == ["UnplannedFailover", *["ApplyRecoveryPoint"] * 3]


def test_a_change_by_somebody_else_is_not_the_one_that_is_declared(site: Site) -> None:
    names = points(site)
    site.run(AZURE, replace(STAY, recovery_point=names[1]))
    site.finish_by_hand("ChangePit", recoveryPointId=names[2])
    site.run(AZURE, replace(CHANGED, change_recovery_point="latestProcessed"))
    newest = (site.observe().recovery_points or ())[0]
    assert stands_at(site) == newest.id.rsplit("/", 1)[-1]
    assert site.accepted() == ["UnplannedFailover", "ApplyRecoveryPoint"]


def test_a_change_whose_point_does_not_show_yet_is_not_made_again(tmp_path: Path) -> None:
    """A new run comes while the item offers everything and still names the point before."""
    site = Site(tmp_path, "tutorial", speed=200.0, arguments=("--item-lag", "120"))
    try:
        site.begin()
        names = points(site)
        site.run(AZURE, replace(STAY, recovery_point=names[3]))
        behind = 0
        for number in range(3):
            options = replace(CHANGED, change_recovery_point=names[number])
            assert site.run(AZURE, options).taken == ["changeRecoveryPoint"]
            site.admin("PUT", "/clock", {"manual": True})
            site.service = site.connection().open()
            behind += names[number] not in str(site.observe().failover_recovery_point_id)
            assert "waits before commit" in site.run(AZURE, options).stopped(Waiting)
            site.admin("PUT", "/clock", {"manual": False})
            assert stands_at(site) == names[number]
        assert behind, "the item was never behind, so nothing was shown"
        assert site.accepted() == ["UnplannedFailover", *["ApplyRecoveryPoint"] * 3]
    finally:
        site.stop()


def test_a_machine_that_stands_at_the_point_already_is_not_moved(site: Site) -> None:
    newest = points(site)[0]
    site.run(AZURE, replace(STAY, recovery_point="latestProcessed"))
    same: MoveOptions = replace(CHANGED, change_recovery_point=newest)
    site.run(AZURE, replace(same, hold_after=Step.FAILOVER))
    assert site.accepted() == ["UnplannedFailover"]


def test_a_change_that_fails_when_the_old_machine_is_gone_is_gone_on_with_by_another_change(either: Site) -> None:
    site = either
    site.run(AZURE, STAY)
    site.fault(name="quota", job={"scenario": "ChangePit", "task": "VmFailover"}, when={"once": True}, effect="fail")
    changed = replace(BOLD, change_recovery_point="latestAppConsistent")
    assert "NEITHER COPY RUNS" in site.run(AZURE, changed).stopped(StepFailed)
    assert site.truth()["running"] == "neither"

    undeclared = site.run(AZURE, BOLD, steps=frozenset(step.value for step in Step))
    assert isinstance(undeclared.stop, Blocked)
    assert [blocker.code for blocker in undeclared.stop.blockers] == [Code.NEITHER_RUNNING]
    assert "does not exist" in str(undeclared.stop)
    assert "failover.changeRecoveryPoint" in str(undeclared.stop)
    assert "start the Azure VM" not in str(undeclared.stop)
    assert site.accepted() == ["UnplannedFailover", "ApplyRecoveryPoint"]

    run = site.run(AZURE, changed).reached()
    assert run.taken[:2] == ["changeRecoveryPoint", "commit"]
    assert site.truth()["running"] == "azure"
    assert site.accepted()[:4] == ["UnplannedFailover", *["ApplyRecoveryPoint"] * 2, "FailoverCommit"]


def test_a_machine_that_a_failed_change_took_away_may_be_made_anew_by_hand(site: Site) -> None:
    site.run(AZURE, STAY)
    site.fault(name="quota", job={"scenario": "ChangePit", "task": "VmFailover"}, when={"once": True}, effect="fail")
    site.run(AZURE, replace(BOLD, change_recovery_point="latestAppConsistent")).stopped(StepFailed)
    newest = (site.observe().recovery_points or ())[0]
    site.finish_by_hand("ChangePit", recoveryPointId=newest.id)
    site.run(AZURE, BOLD).reached()
    assert site.truth()["running"] == "azure"
    assert site.accepted() == ["UnplannedFailover", "ApplyRecoveryPoint", "FailoverCommit", "Reprotect"]
