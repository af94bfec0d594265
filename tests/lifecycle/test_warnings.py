"""What a preview warns of, at and just beyond each threshold, and that unknowns are said as unknown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.data_loss import expected_loss
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.impact import standing_line
from lifecycle.observation import HealthError, Observation, RecoveryPoint
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions, SourceOff, Window
from lifecycle.permits import Attestation, Permits
from lifecycle.planner import plan
from lifecycle.stages import WORDS, stage_of
from lifecycle.targets import Targets
from lifecycle.warnings import Notice, Warned, warnings
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
PLANNED = MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
UNPLANNED = replace(PLANNED, mode=FailoverMode.UNPLANNED)
LATER = rows.NOW + timedelta(days=1)
STATED = Permits(attestations=(Attestation("noCheckpoints", "Ada", LATER), Attestation("sourceOff", "Ada", LATER)))
CRASH = RecoveryPoint("crash", rows.NOW - timedelta(minutes=4), app_consistent=False)
CONSISTENT = RecoveryPoint("app", rows.NOW - timedelta(hours=3), app_consistent=True)
HERE = replace(
    rows.PROTECTED,
    provider_connected=True,
    last_replicated=CRASH.time,
    last_test_failover=rows.NOW - timedelta(days=10),
    recovery_points=(CRASH, CONSISTENT),
    managed_disks=False,
)
AWAY = replace(rows.PROTECTED_IN_AZURE, last_failover=rows.NOW - timedelta(days=10), provider_connected=True)


def test_a_planned_move_of_a_well_kept_vm_has_nothing_to_warn_of() -> None:
    assert _said(HERE, TO_AZURE) == []
    assert _said(AWAY, HOME) == []


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (None, Notice.NO_TEST_FAILOVER),
        (rows.NOW - timedelta(days=180), None),
        (rows.NOW - timedelta(days=181), Notice.TEST_FAILOVER_OLD),
    ],
)
def test_a_test_failover_is_missed_or_too_old(last: object, code: Notice | None) -> None:
    said = _said(replace(HERE, last_test_failover=last), TO_AZURE)  # type: ignore[arg-type]
    assert [each.code for each in said] == ([code] if code else [])


@pytest.mark.parametrize(
    ("seconds", "critical"),
    [(15 * 60 * 2 - 1, None), (15 * 60 * 2, False), (15 * 60 * 3 - 1, False), (15 * 60 * 3, True)],
)
def test_the_rpo_warns_at_twice_its_target_and_is_critical_at_three_times(seconds: int, critical: bool | None) -> None:
    said = _said(replace(HERE, rpo_seconds=seconds), TO_AZURE, targets=Targets(rpo_minutes=15))
    assert [(each.code, each.critical) for each in said] == (
        [] if critical is None else [(Notice.RPO_ABOVE_TARGET, critical)]
    )


def test_an_unknown_rpo_is_said_to_be_unknown() -> None:
    (said,) = _said(replace(HERE, rpo_seconds=None), TO_AZURE, targets=Targets(rpo_minutes=15))
    assert said.code == Notice.UNKNOWN
    assert "unknown" in said.text


def test_an_unplanned_failover_hears_that_a_planned_one_is_possible_and_of_older_consistent_points() -> None:
    said = {each.code: each.text for each in _said(HERE, TO_AZURE, UNPLANNED)}
    assert set(said) == {Notice.PLANNED_IS_POSSIBLE, Notice.APP_CONSISTENT_OLDER}
    assert "2.9 h older" in said[Notice.APP_CONSISTENT_OLDER]
    chosen = replace(UNPLANNED, recovery_point="latestAppConsistent")
    assert Notice.APP_CONSISTENT_OLDER not in {each.code for each in _said(HERE, TO_AZURE, chosen)}
    none = replace(HERE, recovery_points=(CRASH,))
    assert Notice.NO_APP_CONSISTENT in {each.code for each in _said(none, TO_AZURE, UNPLANNED)}


def test_an_older_consistent_point_is_held_against_the_one_that_is_chosen() -> None:
    older = RecoveryPoint("older", rows.NOW - timedelta(hours=4), app_consistent=False)
    seen = replace(HERE, recovery_points=(CRASH, CONSISTENT, older))
    for choice, words in (("crash", "2.9 h older than the chosen one (crash, crash-consistent)"), ("older", "")):
        said = {each.code: each.text for each in _said(seen, TO_AZURE, replace(UNPLANNED, recovery_point=choice))}
        assert words in said.get(Notice.APP_CONSISTENT_OLDER, ""), choice
        assert (Notice.APP_CONSISTENT_OLDER in said) is bool(words), choice
    changed = replace(PLANNED, change_recovery_point="crash")
    assert Notice.APP_CONSISTENT_OLDER in {each.code for each in _said(seen, TO_AZURE, changed)}


@pytest.mark.parametrize("rpo_seconds", [None, 10**6])
def test_nothing_is_behind_of_a_vm_in_azure_nor_of_one_that_does_not_replicate(rpo_seconds: int | None) -> None:
    for name, goal in (("PROTECTED_IN_AZURE", HOME), ("COMMIT_PENDING", TO_AZURE), ("FAILED_BACK", HOME)):
        seen = replace(rows.ALL[name], rpo_seconds=rpo_seconds, provider_connected=True)
        assert not [each for each in _said(seen, goal, targets=Targets(rpo_minutes=15)) if "behind" in each.text], name
        codes = {each.code for each in _said(seen, goal, targets=Targets(rpo_minutes=15))}
        assert not codes & {Notice.UNKNOWN, Notice.RPO_ABOVE_TARGET}, name


@pytest.mark.parametrize(
    ("health", "errors", "critical"),
    [
        ("Normal", (), None),
        ("Warning", (), False),
        ("Critical", (), True),
        # All that is meant is the missing test failover, which has a warning of its own.
        ("Warning", (HealthError("161011", "Warning", "No successful test failover."),), None),
    ],
)
def test_the_services_own_word_on_readiness_is_passed_on(
    health: str, errors: tuple[HealthError, ...], critical: bool | None
) -> None:
    said = _said(replace(HERE, failover_health=health, health_errors=errors), TO_AZURE)
    assert [(each.code, each.critical) for each in said] == (
        [] if critical is None else [(Notice.FAILOVER_HEALTH, critical)]
    )


def test_an_error_of_the_service_that_blocks_nothing_is_passed_on() -> None:
    error = HealthError("70094", "Error", "The disk has gone.")
    (said,) = _said(replace(HERE, health_errors=(error,)), TO_AZURE)
    assert (said.code, said.text, said.critical) == (Notice.HEALTH_WARNING, "The disk has gone (70094)", True)
    blocked = replace(HERE, health_errors=(error,), replication_health="Critical")
    assert _said(blocked, TO_AZURE) == [], "its blocker says it"


def test_a_silent_host_and_an_unknown_one_are_told_apart() -> None:
    silent = replace(HERE, provider_connected=False, provider_last_heartbeat=rows.NOW - timedelta(hours=1))
    assert Notice.REPROTECT_WAITS in {each.code for each in _said(silent, TO_AZURE, UNPLANNED)}
    unknown = replace(HERE, provider_connected=None)
    codes = [each.code for each in _said(unknown, TO_AZURE, UNPLANNED)]
    assert codes.count(Notice.UNKNOWN) == 2, "the host, and what would be lost"


def test_reprotecting_with_a_silent_host_is_said_to_wait_wherever_the_move_stands() -> None:
    silent = {"provider_connected": False, "provider_last_heartbeat": rows.NOW - timedelta(hours=1)}
    for row in (rows.COMMIT_PENDING, rows.COMMITTED_TUTORIAL):
        seen = replace(row, **silent)  # type: ignore[arg-type]
        (said,) = [each for each in _said(seen, TO_AZURE) if each.code == Notice.REPROTECT_WAITS]
        assert said.text.endswith("60 min ago): reprotecting waits for the site")
        assert _said(replace(seen, provider_connected=True), TO_AZURE) == []
    under_way = replace(rows.REPROTECTING, **silent)  # type: ignore[arg-type]
    assert Notice.REPROTECT_WAITS not in {each.code for each in _said(under_way, TO_AZURE)}


def test_a_dead_site_is_told_whether_the_commit_waits_for_a_statement() -> None:
    silent = replace(HERE, provider_connected=False, provider_last_heartbeat=rows.NOW - timedelta(hours=1))
    for options, words in (
        (UNPLANNED, "so the commit waits for the statement that this failover has left it off"),
        (replace(UNPLANNED, failover_commit=Commit.MANUAL), "cannot be shut down, and reprotecting waits"),
    ):
        (said,) = [each for each in _said(silent, TO_AZURE, options) if each.code == Notice.REPROTECT_WAITS]
        assert words in said.text


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("Failed", "the failover could not shut the on-premises VM down (that task of its job ended Failed) (job j1)"),
        ("Skipped", "the failover was not asked to shut the on-premises VM down (job j1)"),
        (None, "nothing tells whether the failover has shut the on-premises VM down (job j1)"),
    ],
)
@pytest.mark.parametrize("row", ["COMMIT_PENDING", "COMMITTED_RECORDED", "COMMITTED_TUTORIAL", "NEITHER_RUNNING"])
@pytest.mark.parametrize("commit", [Commit.AUTOMATIC, Commit.MANUAL, Commit.AFTER_VERIFICATION])
@pytest.mark.parametrize("goal", [TO_AZURE, HOME])
def test_a_source_that_was_left_on_is_critical_until_it_is_stated_to_be_off(
    goal: Direction, commit: Commit, row: str, task: str | None, why: str
) -> None:
    made = replace(rows.job("UnplannedFailover", state="Succeeded"), source_shutdown=task)
    seen = replace(rows.ALL[row], brought_here=made)
    options = replace(UNPLANNED, failover_commit=commit)
    (said,) = [each for each in _said(seen, goal, options) if each.code == Notice.SOURCE_LEFT_ON]
    assert said.critical
    assert said.text.startswith(f"BOTH COPIES OF sql01 MAY RUN: {why}. ")
    assert f"CRITICAL: {said.text}" in standing_line(seen, Declared(options), "")
    off = replace(options, source_off=(SourceOff(made.id, LATER),))
    assert Notice.SOURCE_LEFT_ON not in {each.code for each in _said(seen, goal, off)}
    assert "CRITICAL" not in standing_line(seen, Declared(off), "")


@pytest.mark.parametrize("task", ["Failed", "Skipped"])
def test_a_source_that_was_left_on_is_told_while_the_failover_goes_on(task: str) -> None:
    seen = replace(rows.FAILING_OVER, job=replace(rows.job("UnplannedFailover"), source_shutdown=task))
    assert Notice.SOURCE_LEFT_ON in {each.code for each in _said(seen, TO_AZURE, UNPLANNED)}
    too_early = replace(seen, job=replace(rows.job("UnplannedFailover"), source_shutdown=None))
    assert Notice.SOURCE_LEFT_ON not in {each.code for each in _said(too_early, TO_AZURE, UNPLANNED)}


@pytest.mark.parametrize(("days", "warned"), [(30, False), (31, True)])
def test_a_long_stay_in_azure_advises_a_full_download(days: int, warned: bool) -> None:
    seen = replace(AWAY, last_failover=rows.NOW - timedelta(days=days))
    assert (Notice.LONG_STAY in {each.code for each in _said(seen, HOME)}) is warned
    full = replace(PLANNED, data_sync=DataSync.DURING_FAILOVER)
    assert _said(seen, HOME, full) == []


@pytest.mark.parametrize(("seen", "goal"), [(HERE, TO_AZURE), (AWAY, HOME)])
def test_a_replication_that_the_service_warns_of_is_told_of_a_vm_that_moves(seen: Observation, goal: Direction) -> None:
    (said,) = _said(replace(seen, replication_health="Warning"), goal)
    assert (said.code, said.critical) == (Notice.HEALTH_WARNING, False)
    assert said.text == "the service calls its replication (replicationHealth) warning, and gives no reason"
    error = HealthError("310", "Warning", "Throughput is low.")
    reasons = [each.text for each in _said(replace(seen, replication_health="Warning", health_errors=(error,)), goal)]
    assert reasons == ["the service calls its replication (replicationHealth) warning", "Throughput is low (310)"]


def test_a_replication_that_nothing_rests_on_any_more_is_not_told() -> None:
    codes = {each.code for each in _said(replace(rows.COMMIT_PENDING, replication_health="Warning"), TO_AZURE)}
    assert Notice.HEALTH_WARNING not in codes


@pytest.mark.parametrize("stage", [rows.SYNCHRONIZING, rows.FAILBACK_COMMIT_PENDING, rows.FAILED_BACK])
def test_a_long_stay_advises_nothing_once_the_data_comes_home_or_is_there(stage: Observation) -> None:
    seen = replace(stage, last_failover=rows.NOW - timedelta(days=60), provider_connected=True)
    assert Notice.LONG_STAY not in {each.code for each in _said(seen, HOME)}


def test_a_window_that_is_still_to_come_is_told_with_what_the_up_does_until_then() -> None:
    ahead = Window(rows.NOW + timedelta(days=2), rows.NOW + timedelta(days=2, hours=3))
    (said,) = _said(AWAY, HOME, replace(PLANNED, completion_window=ahead))
    assert said.code is Notice.WINDOW_AHEAD
    assert said.text.startswith("the window for Complete Failover opens in 48.0 h ")
    inside = Window(rows.NOW - timedelta(hours=1), rows.NOW + timedelta(hours=1))
    assert _said(AWAY, HOME, replace(PLANNED, completion_window=inside)) == []
    assert _said(rows.FAILED_BACK, HOME, replace(PLANNED, completion_window=ahead)) == []


def test_what_azure_cannot_see_is_asked_for_until_it_is_stated_and_has_not_run_out() -> None:
    lapsed = Permits(attestations=tuple(replace(each, until=rows.NOW) for each in STATED.attestations))
    for seen, goal, code, what in (
        (HERE, TO_AZURE, Notice.ASK_NO_CHECKPOINTS, "noCheckpoints"),
        (AWAY, HOME, Notice.ASK_SOURCE_OFF, "sourceOff"),
    ):
        assert _said(seen, goal) == []
        for permits in (Permits(), lapsed):
            (asked,) = _said(seen, goal, permits=permits)
            assert asked.code == code
            assert f"{{vm: sql01, what: {what}, by: WHO, until: TIME}}" in asked.text


def test_that_the_source_is_off_is_asked_for_once_the_failover_is_made_and_about_that_failover() -> None:
    made = replace(rows.job("UnplannedFailover", state="Succeeded"), source_shutdown="Failed")
    seen = replace(rows.COMMIT_PENDING, brought_here=made, last_failover_job=made.id, provider_connected=True)
    for before in (HERE, rows.FAILING_OVER):
        assert Notice.ASK_SOURCE_OFF not in {
            each.code for each in _said(before, TO_AZURE, UNPLANNED, permits=Permits())
        }
    about_another = Attestation("sourceOff", "Ada", LATER, "another")
    for permits in (Permits(), STATED, Permits(attestations=(about_another,))):
        (asked,) = [
            each for each in _said(seen, TO_AZURE, UNPLANNED, permits=permits) if each.code == Notice.ASK_SOURCE_OFF
        ]
        assert "{vm: sql01, what: sourceOff, failoverJob: j1, by: WHO, until: TIME}" in asked.text
    stated = replace(UNPLANNED, source_off=(SourceOff(made.id, LATER),))
    about_it = Permits(attestations=(Attestation("sourceOff", "Ada", LATER, "J1"),))
    assert Notice.ASK_SOURCE_OFF not in {each.code for each in _said(seen, TO_AZURE, stated, permits=about_it)}


def test_managed_disks_may_not_fail_back() -> None:
    (said,) = _said(replace(HERE, managed_disks=True), TO_AZURE)
    assert said.code == Notice.MANAGED_DISKS


@pytest.mark.parametrize(("skew", "words"), [(61.0, "61 s ahead of"), (-300.0, "5 min behind"), (60.0, "")])
def test_clocks_that_differ_are_told_of(skew: float, words: str) -> None:
    said = _said(replace(HERE, clock_skew_seconds=skew), TO_AZURE)
    assert [each.code for each in said] == ([Notice.CLOCK_SKEW] if words else [])
    assert words in "".join(each.text for each in said)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (600, "sql01: runs on premises, protected to Azure, 10 min behind"),
        (1800, "warning: replication is 30 min behind, 2.0 times its target of 15 min"),
        (2700, "CRITICAL: replication is 45 min behind, 3.0 times its target of 15 min"),
        (None, "RPO unknown"),
    ],
)
def test_the_line_of_a_vm_that_stays_tells_how_far_replication_is_behind(seconds: int | None, words: str) -> None:
    declared = Declared(PLANNED, targets=Targets(rpo_minutes=15))
    stage = WORDS[stage_of(HERE)]
    assert words in standing_line(replace(HERE, rpo_seconds=seconds), declared, stage)


def test_a_warning_of_the_service_is_passed_on_once() -> None:
    drill = HealthError("161011", "Warning", "No successful test failover has been done.")
    other = HealthError("78001", "Warning", "The disk is nearly full.")
    (said,) = _said(replace(HERE, health_errors=(drill, other)), TO_AZURE)
    assert said.text == "The disk is nearly full (78001)"


def _said(
    seen: Observation,
    goal: Direction,
    options: MoveOptions = PLANNED,
    *,
    permits: Permits = STATED,
    targets: Targets | None = None,
) -> list[Warned]:
    due = plan(seen, goal, options)
    declared = Declared(options, permits, targets or Targets())
    return list(warnings(seen, due, declared, expected_loss(seen, due, options)))
