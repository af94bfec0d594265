"""What a move has cost, told from the jobs that made it and the recovery points that they name."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from executor.move import Outcome, carry_out
from executor.recorder import Recorder
from executor.stops import Waiting
from lifecycle.achieved import Achieved
from lifecycle.data_loss import expected_loss
from lifecycle.options import Commit, MoveOptions
from lifecycle.planner import plan
from lifecycle.steps import Step
from providers.move_outputs import recorded
from site_recovery.json_values import parse_time
from tests.executor.site import AZURE, BOLD, Site, Told

# The source is left on: what its failover loses is told from the point it started from, and from nothing else.
CRUDE = replace(BOLD, shutdown_source=False, recovery_point="latestProcessed")
HELD = replace(CRUDE, hold_after=Step.FAILOVER)


@pytest.fixture(scope="module")
def lagging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service whose items show the point that they stand at two minutes after everything else."""
    site = Site(tmp_path_factory.mktemp("lagging"), "tutorial", speed=200.0, arguments=("--item-lag", "120"))
    yield site
    site.stop()


def move(site: Site, options: MoveOptions) -> Achieved:
    """One run; what it says that the move has cost so far."""
    outcome = Outcome()
    recorder = Recorder(Told(), site.service, site.items["vm01"], outcome)
    with suppress(Waiting):
        carry_out(site.order(AZURE, options), site.service, recorder, threading.Event(), outcome)
    made = recorder.achieved(outcome.seen)
    assert made is not None
    return made


def with_points(site: Site) -> Site:
    site.begin()
    site.simulator.advance(1200)
    return site


def an_old_point_shows(site: Site) -> None:
    """A test failover leaves the item at the point that it was made from."""
    site.finish_by_hand("TestFailover", recoveryPointId=(site.observe().recovery_points or ())[-1].id)
    site.finish_by_hand("TestFailoverCleanup")
    site.simulator.advance(300)
    assert site.observe().failover_recovery_point_id is not None


def test_the_point_of_a_failover_is_its_jobs_own_while_the_item_still_shows_an_older_one(lagging: Site) -> None:
    site = with_points(lagging)
    an_old_point_shows(site)
    newest = (site.observe().recovery_points or ())[0]
    made = move(site, HELD)
    assert made.point == newest.time
    assert made.data_loss_seconds is not None
    assert made.data_loss_seconds < 900


def test_a_later_run_tells_the_same_of_a_failover_that_it_has_not_seen(lagging: Site) -> None:
    site = with_points(lagging)
    an_old_point_shows(site)
    first = move(site, HELD)
    attested = site.stated_off(CRUDE)
    assert site.truth()["running"] == "both"
    site.admin("PATCH", "/machines/vm01", {"power": "off"})
    site.service = site.connection().open()
    assert move(site, attested) == first
    site.service = site.connection().open()
    # The commit has deleted the recovery points; the job still names its own.
    assert site.service.recovery_points(site.items["vm01"]) == ()
    assert move(site, attested) == first


def test_a_changed_point_is_the_one_that_was_changed_to(lagging: Site) -> None:
    site = with_points(lagging)
    third = (site.observe().recovery_points or ())[2]
    changed = replace(CRUDE, change_recovery_point=third.id, hold_after=Step.CHANGE_RECOVERY_POINT)
    first = move(site, HELD)
    second = move(site, changed)
    assert (second.point, second.job) == (third.time, first.job)
    assert second.data_loss_seconds is not None
    assert first.data_loss_seconds is not None
    assert second.data_loss_seconds > first.data_loss_seconds
    assert second.outage_seconds > first.outage_seconds


def test_a_changed_point_that_nobody_can_tell_any_more_is_not_taken_for_the_first_one(lagging: Site) -> None:
    site = with_points(lagging)
    names = [point.id.rsplit("/", 1)[-1] for point in itertools.islice(site.observe().recovery_points or (), 3)]
    first = move(site, HELD)
    site.finish_by_hand("ChangePit", recoveryPointId=names[2])
    site.simulator.advance(300)
    site.finish_by_hand("Commit")
    site.admin("PATCH", "/machines/vm01", {"power": "off"})
    site.service = site.connection().open()
    later = move(site, CRUDE)
    assert later.job == first.job
    assert (later.point, later.data_loss_seconds) == (None, None)
    kept = recorded({"verification": []}, {"lastMove": first.as_output()}, later)["lastMove"]
    assert "dataLossSeconds" not in kept, "what was told of the first point says nothing of the other"
    assert kept["outageSeconds"] == round(first.outage_seconds)


@pytest.mark.parametrize("asked", [True, False], ids=["shutdown failed", "shutdown not asked for"])
def test_a_source_that_was_left_on_is_told_and_never_as_a_loss_of_nothing(site: Site, asked: bool) -> None:
    if asked:
        site.fault(name="deaf", job={"scenario": "UnplannedFailover", "task": "*Shutdown*"}, effect="shutdownFails")
    by_hand = replace(BOLD, shutdown_source=asked, failover_commit=Commit.MANUAL)
    made = move(site, by_hand)
    assert site.truth()["running"] == "both"
    assert made.source_shut_down is False
    assert made.data_loss_seconds != 0
    assert "as the failover " in made.words
    told = expected_loss(seen := site.observe(), plan(seen, AZURE, by_hand), by_hand)
    assert "lost as well" in told.words
    assert "none" not in told.words


def test_what_somebody_elses_failover_has_lost_is_told_before_its_commit_and_kept_after_it(site: Site) -> None:
    site.simulator.advance(7200)
    oldest = (site.observe().recovery_points or ())[-1]
    job = site.finish_by_hand("UnplannedFailover", shutdownSource=True, recoveryPointId=oldest.id)
    told = expected_loss(seen := site.observe(), plan(seen, AZURE, BOLD), BOLD)
    assert ", up to 2." in told.words
    assert f"from recovery point {oldest.time:%F %H:%M:%S} UTC" in told.words
    made = move(site, replace(BOLD, take_over=job))
    assert (made.job, made.point, made.source_shut_down) == (job, oldest.time, True)
    assert made.data_loss_seconds is not None
    assert made.data_loss_seconds > 7200


def test_the_job_names_its_point_as_the_service_tells_it(site: Site) -> None:
    site.run(AZURE, replace(BOLD, hold_after=Step.FAILOVER))
    job = site.brought_here()
    assert job is not None
    (mine,) = job.failed_over
    told = site.ask("GET", f"/jobs/{job.name}").json()["properties"]["customDetails"]["protectedItemDetails"][0]
    assert (mine.recovery_point_id, mine.recovery_point_time) == (
        told["recoveryPointId"],
        parse_time(told["recoveryPointTime"]),
    )
