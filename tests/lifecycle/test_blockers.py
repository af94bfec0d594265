"""Which facts stop which kind of move, and what a waiver makes of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.addresses import address_taken
from lifecycle.blockers import RULES, Blocker, Code, Mode
from lifecycle.data_loss import expected_loss
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.impact import impact_of
from lifecycle.intent import Decision, decide
from lifecycle.machine import Card, Landing
from lifecycle.observation import Job, Observation, Owner, PowerState, RecoveryPoint
from lifecycle.options import Commit, FailoverMode, MoveOptions, Window
from lifecycle.permits import Attestation, Permits, Waiver
from lifecycle.planner import plan
from lifecycle.stack_limits import no_room
from lifecycle.verdict import Assessment, Verdict, assess
from tests.lifecycle import rows

TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
PLANNED = MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
UNPLANNED = replace(PLANNED, mode=FailoverMode.UNPLANNED)
DIED = rows.NOW - timedelta(hours=2)
HERE = replace(
    rows.PROTECTED,
    replication_health="Normal",
    provider_connected=True,
    provider_last_heartbeat=rows.NOW,
    last_replicated=rows.NOW - timedelta(minutes=4),
    last_test_failover=rows.NOW,
    recovery_points=(RecoveryPoint("new", rows.NOW - timedelta(minutes=4), app_consistent=True),),
    landing=Landing("sql01", network_id="/n", storage_account_id="/s", managed_disks=False),
)
DEAD = replace(
    HERE,
    provider_connected=False,
    provider_last_heartbeat=DIED,
    last_replicated=DIED - timedelta(minutes=6),
    replication_health="Critical",
    rpo_seconds=7560,
    recovery_points=(RecoveryPoint("old", DIED - timedelta(minutes=6), app_consistent=False),),
)

STOPS: list[tuple[Code, Observation, set[Mode]]] = [
    (Code.REPLICATION_UNHEALTHY, replace(HERE, replication_health="Critical"), {Mode.PLANNED}),
    (Code.RESYNCHRONIZATION, replace(HERE, allowed=HERE.allowed | {"RepairReplication"}), {Mode.PLANNED}),
    (Code.PROVIDER_SILENT, replace(HERE, provider_connected=False), {Mode.PLANNED}),
    (Code.PROVIDER_SILENT, replace(HERE, provider_connected=None), {Mode.PLANNED}),
    (Code.AZURE_VM_NOT_SEEN, replace(HERE, azure_vm_unread="the identity may not read it"), {Mode.PLANNED}),
    (Code.NO_RECOVERY_POINT, replace(HERE, recovery_points=()), {Mode.PLANNED, Mode.UNPLANNED}),
    (Code.NO_RECOVERY_POINT, replace(HERE, recovery_points=None), {Mode.PLANNED, Mode.UNPLANNED}),
    (
        Code.MISSING_NETWORK,
        replace(HERE, landing=Landing("sql01", storage_account_id="/s", managed_disks=False)),
        {Mode.PLANNED, Mode.UNPLANNED},
    ),
    (
        Code.MISSING_STORAGE,
        replace(HERE, landing=Landing("sql01", network_id="/n", managed_disks=False)),
        {Mode.PLANNED, Mode.UNPLANNED},
    ),
]


@pytest.mark.parametrize(("code", "seen", "modes"), STOPS)
def test_a_fact_stops_the_kinds_of_move_that_its_rule_names(code: Code, seen: Observation, modes: set[Mode]) -> None:
    for mode, options in ((Mode.PLANNED, PLANNED), (Mode.UNPLANNED, UNPLANNED)):
        stopped = code in _codes(_judged(seen, TO_AZURE, options))
        assert stopped is (mode in modes), mode
    assert modes <= RULES[code].modes


def test_an_unplanned_failover_is_never_blocked_by_what_a_dead_site_cannot_answer() -> None:
    found = _judged(DEAD, TO_AZURE, UNPLANNED)
    assert found.verdict is Verdict.GO
    told = " ".join(warned.text for warned in found.warnings)
    assert "last heartbeat 2026-03-01 10:00:00 UTC, 2.0 h ago" in told or "120 min ago" in told
    assert "the replication of sql01 is critical, 2.1 h behind" in told or "126 min behind" in told


def test_the_same_facts_block_a_planned_one() -> None:
    assert _codes(_judged(DEAD, TO_AZURE, PLANNED)) == {Code.REPLICATION_UNHEALTHY, Code.PROVIDER_SILENT}


def test_the_loss_is_measured_to_the_last_sign_of_life_and_not_to_now() -> None:
    loss = expected_loss(DEAD, plan(DEAD, TO_AZURE, UNPLANNED), UNPLANNED)
    assert loss.seconds == 6 * 60
    allowed = replace(UNPLANNED, max_data_loss_minutes=6)
    assert _codes(_judged(DEAD, TO_AZURE, allowed)) == set()
    assert _codes(_judged(DEAD, TO_AZURE, replace(allowed, max_data_loss_minutes=5))) == {Code.DATA_LOSS}


def test_a_living_source_goes_on_writing_until_now() -> None:
    assert expected_loss(HERE, plan(HERE, TO_AZURE, UNPLANNED), UNPLANNED).seconds == 4 * 60


def test_a_host_that_is_called_connected_but_was_not_heard_of_lately_is_not_alive_now() -> None:
    heard = rows.NOW - timedelta(minutes=14)
    late = replace(HERE, provider_last_heartbeat=heard, last_replicated=rows.NOW - timedelta(minutes=16))
    late = replace(
        late, recovery_points=(RecoveryPoint("new", rows.NOW - timedelta(minutes=16), app_consistent=False),)
    )
    found = _judged(late, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=15))
    assert found.loss.seconds == 2 * 60
    assert "called connected, last heard 2026-03-01 11:46:00 UTC" in found.loss.words
    assert _codes(found) == set()
    just = replace(late, provider_last_heartbeat=rows.NOW - timedelta(minutes=5))
    assert _judged(just, TO_AZURE, UNPLANNED).loss.seconds == 16 * 60


def test_what_a_dead_source_wrote_after_its_last_data_is_not_called_nothing() -> None:
    """Data that arrived after the last heartbeat is a sign of life too, and the last one."""
    later = replace(DEAD, last_replicated=DIED + timedelta(minutes=3))
    loss = expected_loss(later, plan(later, TO_AZURE, UNPLANNED), UNPLANNED)
    assert loss.seconds == 15 * 60
    assert "15 min that it may not have sent (the longest interval, as its policy's is not known)" in loss.words
    assert "what it wrote after that is not known" in loss.words
    known = replace(later, sends_every_seconds=30)
    told = expected_loss(known, plan(known, TO_AZURE, UNPLANNED), UNPLANNED)
    assert told.seconds == 30
    assert "30 s that it may not have sent (the interval of its policy)" in told.words
    assert _codes(_judged(later, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=0))) == {Code.DATA_LOSS}
    older = replace(UNPLANNED, recovery_point="old")
    assert expected_loss(later, plan(later, TO_AZURE, older), older).seconds == (6 + 3 + 15) * 60


@pytest.mark.parametrize(
    ("choice", "kind", "words"),
    [
        ("latest", "madeByFailover", "the last data that arrived (2026-03-01 11:56:00 UTC, 4 min ago, recovery"),
        ("latestProcessed", "applicationConsistent", "(application-consistent, 4 min old, latestProcessed)"),
    ],
)
def test_a_point_that_the_failover_makes_is_not_called_one_that_exists(choice: str, kind: str, words: str) -> None:
    options = replace(UNPLANNED, recovery_point=choice)
    due = plan(HERE, TO_AZURE, options)
    declared = Declared(options)
    loss = impact_of(HERE, due, declared, assess(HERE, due, declared), ()).as_facts()["dataLoss"]
    point = loss["recoveryPoint"]
    assert (point["id"], point["kind"], point["ageSeconds"]) == (None if choice == "latest" else "new", kind, 240)
    assert words in point["words"]
    assert point["words"] in loss["words"]


def test_a_window_that_has_passed_does_not_stop_what_is_under_way() -> None:
    closed = Window(rows.NOW - timedelta(hours=5), rows.NOW - timedelta(minutes=1))
    late = replace(PLANNED, completion_window=closed)
    for row in (rows.SYNCHRONIZING, rows.WAITING_TO_COMPLETE):
        assert Code.WINDOW_PASSED in _codes(_judged(replace(row, provider_connected=True), HOME, late))
    completing = replace(rows.COMPLETING_FAILBACK, provider_connected=True)
    assert _codes(_judged(completing, HOME, late)) == set()
    # What it leads to is the commit, which deletes the Azure VM.
    silent = _judged(replace(completing, provider_connected=False), HOME, late)
    assert _codes(silent) == {Code.COMMIT_WITHOUT_HOST}


def test_an_unknown_loss_is_said_to_be_unknown_and_is_no_number() -> None:
    silent = replace(DEAD, provider_last_heartbeat=None)
    found = _judged(silent, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=1))
    assert found.loss.seconds is None
    assert found.loss.words.startswith("unknown")
    assert found.verdict is Verdict.GO
    assert any(warned.code == "unknown" and warned.critical for warned in found.warnings)


# What is found beside an observation, or declared to be wanted, has tests of its own.
_ELSEWHERE = {
    Code.REQUIREMENT,
    Code.ATTESTATION,
    Code.SUBNET_FULL,
    Code.ADDRESS_TAKEN,
    Code.NAME_TAKEN,
    Code.MISSING_TARGET,
}


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.waivable and code not in _ELSEWHERE])
def test_a_waiver_of_a_waivable_blocker_turns_it_into_a_warning_that_stays_visible(code: Code) -> None:
    seen, goal, options = _blocked_by(code)
    assert _codes(_judged(seen, goal, options)) == {code}
    waiver = Waiver(code.value, "a reason", rows.NOW + timedelta(hours=1))
    waived = _judged(seen, goal, options, waiver)
    assert waived.verdict is Verdict.GO_WITH_WAIVERS
    assert any("a reason" in warned.text and warned.code == "waived" for warned in waived.warnings)
    gone = replace(waiver, until=rows.NOW)
    assert _judged(seen, goal, options, gone).verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    "found",
    [
        no_room("sql01", "subnet data", 0, 0),
        address_taken("sql01", "sql01", Card("network card 1", "/n", "data", "10.1.0.4"), "printer", "write another"),
    ],
    ids=["no address left", "address in use"],
)
def test_a_subnet_without_the_address_stops_a_failover_unless_that_is_waived(found: Blocker) -> None:
    waiver = Waiver(found.code.value, "two old VMs are deleted first", rows.NOW + timedelta(hours=1))
    for options in (PLANNED, UNPLANNED):
        due = plan(HERE, TO_AZURE, options)
        assert _codes(assess(HERE, due, Declared(options, Permits()), [found])) == {found.code}
        waived = assess(HERE, due, Declared(options, Permits(waivers=(waiver,))), [found])
        assert waived.verdict is Verdict.GO_WITH_WAIVERS


def test_a_waiver_of_what_cannot_be_waived_changes_nothing() -> None:
    waiver = Waiver("noRecoveryPoint", "a reason", rows.NOW + timedelta(hours=1))
    assert _judged(replace(HERE, recovery_points=()), TO_AZURE, PLANNED, waiver).verdict is Verdict.BLOCKED


def test_once_the_failover_has_begun_its_conditions_are_past() -> None:
    bad = {"provider_connected": False, "replication_health": "Critical", "recovery_points": ()}
    for name in ("FAILING_OVER", "COMMIT_PENDING", "COMMITTED_TUTORIAL"):
        seen = replace(rows.ALL[name], **bad)  # type: ignore[arg-type]
        assert _codes(_judged(seen, TO_AZURE, PLANNED)) == set(), name


_FAILED_OVER = replace(
    rows.job("UnplannedFailover", state="Succeeded"), source_shutdown="Succeeded", ended=rows.NOW - timedelta(hours=1)
)
# Shut down an hour ago; its newest recovery points were made 4 and 34 min before that.
COMMIT_PENDING = replace(
    rows.COMMIT_PENDING,
    brought_here=_FAILED_OVER,
    provider_connected=True,
    recovery_points=(
        RecoveryPoint("new", rows.NOW - timedelta(minutes=64), app_consistent=False),
        RecoveryPoint("old", rows.NOW - timedelta(minutes=94), app_consistent=True),
    ),
)


def test_a_commit_does_not_call_the_loss_that_it_makes_final_nothing() -> None:
    seen = replace(COMMIT_PENDING, failover_recovery_point_id="OLD")
    begun = replace(_FAILED_OVER, started=rows.NOW - timedelta(minutes=70), source_shutdown="Failed")
    for made, much in ((_FAILED_OVER, "up to 34 min"), (begun, "up to 24 min or more")):
        loss = _judged(replace(seen, brought_here=made), TO_AZURE, replace(UNPLANNED, recovery_point="old")).loss
        assert loss.seconds is None
        assert loss.words.startswith(f"already taken by the failover (job j1), {much}: ")
        assert "from recovery point 2026-03-01 10:26:00 UTC" in loss.words
        assert loss.start is not None
        assert loss.start.point is not None
    for made in (begun, _FAILED_OVER):
        unnamed = _judged(replace(COMMIT_PENDING, brought_here=made), TO_AZURE, UNPLANNED).loss
        assert (unnamed.seconds, "how much is not known" in unnamed.words) == (None, True)


def _failed_over(point: timedelta, **more: object) -> Job:
    """A failover of `_FAILED_OVER`, begun 70 min ago, whose job names a point of so long after its begin."""
    started = rows.NOW - timedelta(minutes=70)
    made = replace(_FAILED_OVER, started=started, point_id="OWN", point_time=started + point)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("owner", Owner)
def test_what_a_failover_has_lost_is_told_by_its_own_job_whatever_is_declared_today(owner: Owner) -> None:
    old = _failed_over(timedelta(minutes=-110), owner=owner)
    caught_up = _failed_over(timedelta(minutes=10), owner=owner)
    for options in (UNPLANNED, replace(UNPLANNED, recovery_point="old"), PLANNED):
        # The item goes on to show another point for a while.
        seen = replace(COMMIT_PENDING, brought_here=old, failover_recovery_point_id="new")
        assert ", up to 2.0 h: from recovery point 2026-03-01 09:00:00 UTC to " in _told_loss(seen, options)
        assert "none as far as its tasks tell" in _told_loss(replace(seen, brought_here=caught_up), options)


@pytest.mark.parametrize("task", ["Failed", "Skipped", None])
def test_no_loss_is_never_told_of_a_source_that_may_run_on(task: str | None) -> None:
    meanwhile = _failed_over(timedelta(minutes=1), source_shutdown=task)
    words = _told_loss(replace(COMMIT_PENDING, brought_here=meanwhile), UNPLANNED)
    assert ", how much is not known: " in words
    assert "shut the on-premises VM down" in words
    assert "if it went on running, is lost as well" in words
    before = _failed_over(timedelta(minutes=-4), source_shutdown=task)
    assert ", up to 4 min or more: " in _told_loss(replace(COMMIT_PENDING, brought_here=before), UNPLANNED)


def test_a_change_whose_point_does_not_show_yet_is_not_told_as_that_of_the_failover() -> None:
    change = rows.job("ChangePit", state="Succeeded", number="j2")
    made = _failed_over(timedelta(minutes=10), point_id="new")
    seen = replace(COMMIT_PENDING, brought_here=made, last_change=change, failover_recovery_point_id="NEW")
    assert "how much is not known" in _told_loss(seen, UNPLANNED)
    shown = replace(seen, failover_recovery_point_id="old")
    assert ", up to 34 min: " in _told_loss(shown, UNPLANNED)


def _told_loss(seen: Observation, options: MoveOptions) -> str:
    return _judged(seen, TO_AZURE, options).loss.words


def test_only_a_planned_failover_that_was_made_has_lost_nothing() -> None:
    loss = _judged(rows.PLANNED_COMMIT_PENDING, TO_AZURE, UNPLANNED).loss
    assert (loss.seconds, loss.words.startswith("none: the planned failover (job j1)")) == (0, True)
    changed = replace(rows.PLANNED_COMMIT_PENDING, last_change=rows.job("ChangePit", state="Succeeded", number="j2"))
    later = _judged(changed, TO_AZURE, PLANNED).loss
    assert later.seconds is None
    assert later.words.startswith("already taken by the change of the recovery point (job j2), ")
    running = _judged(rows.FAILING_OVER, TO_AZURE, UNPLANNED).loss
    assert (running.seconds, running.words.startswith("being taken by the failover (job j1), ")) == (None, True)
    gone = _judged(replace(rows.COMMIT_PENDING, brought_here=None), TO_AZURE, UNPLANNED).loss
    assert (gone.seconds, gone.words.startswith("unknown: ")) == (None, True)


def test_a_vm_that_does_not_replicate_yet_is_asked_for_no_point_before_its_failover_is_next() -> None:
    home = replace(rows.FAILED_BACK, recovery_points=(), landing=HERE.landing)
    judged = _codes(_judged(home, TO_AZURE, UNPLANNED))
    assert not {Code.NO_RECOVERY_POINT, Code.DATA_LOSS_UNKNOWN} & judged, judged


def test_a_point_that_was_used_and_is_gone_stops_no_change_to_another() -> None:
    options = replace(
        UNPLANNED, recovery_point="2026-02-01T00:00:00+00:00", change_recovery_point="latestAppConsistent"
    )
    assert Code.RECOVERY_POINT_GONE in _codes(_judged(HERE, TO_AZURE, options))
    assert _codes(_judged(COMMIT_PENDING, TO_AZURE, options)) == set()


def test_a_change_of_the_recovery_point_is_judged_as_the_loss_it_is() -> None:
    options = replace(UNPLANNED, change_recovery_point="latestAppConsistent", max_data_loss_minutes=34)
    allowed = _judged(COMMIT_PENDING, TO_AZURE, options)
    assert allowed.verdict is Verdict.GO
    assert allowed.loss.seconds == 34 * 60, "to the shutdown by the failover, not to now"
    assert "and what was written in Azure since the failover" in allowed.loss.words
    assert _codes(_judged(COMMIT_PENDING, TO_AZURE, replace(options, max_data_loss_minutes=33))) == {Code.DATA_LOSS}
    gone = replace(options, change_recovery_point="2020-01-01T00:00:00+00:00")
    assert _codes(_judged(COMMIT_PENDING, TO_AZURE, gone)) == {Code.RECOVERY_POINT_GONE}
    emptied = replace(COMMIT_PENDING, recovery_points=())
    assert _codes(_judged(emptied, TO_AZURE, options)) == {Code.NO_RECOVERY_POINT}


def test_a_planned_failover_that_goes_on_to_an_older_point_loses_what_came_after_it() -> None:
    older = RecoveryPoint("old", rows.NOW - timedelta(minutes=40), app_consistent=True)
    seen = replace(HERE, recovery_points=(*(HERE.recovery_points or ()), older))
    options = replace(PLANNED, change_recovery_point="old", max_data_loss_minutes=40)
    assert _judged(seen, TO_AZURE, options).loss.seconds == 40 * 60
    assert _codes(_judged(seen, TO_AZURE, replace(options, max_data_loss_minutes=39))) == {Code.DATA_LOSS}


def test_a_vm_goes_home_only_where_it_is_known_which_copy_runs() -> None:
    unread = {"azure_vm_unread": "Azure does not answer", "provider_connected": True}
    for name in ("COMMITTED_TUTORIAL", "PROTECTED_IN_AZURE", "FAILBACK_COMMIT_PENDING", "FAILED_BACK"):
        seen = replace(rows.ALL[name], **unread)  # type: ignore[arg-type]
        assert _codes(_judged(seen, HOME, PLANNED)) == {Code.AZURE_VM_NOT_SEEN}, name
    for name in ("COMMIT_PENDING", "COMMITTED_TUTORIAL"):
        found = _judged(replace(rows.ALL[name], **unread), TO_AZURE, PLANNED)  # type: ignore[arg-type]
        assert _codes(found) == set(), name
        assert [warned.critical for warned in found.warnings if "Azure does not answer" in warned.text] == [True], name


def test_failing_back_needs_the_host() -> None:
    away = replace(rows.PROTECTED_IN_AZURE, provider_connected=False)
    assert _codes(_judged(away, HOME, PLANNED)) == {Code.PROVIDER_SILENT}


@pytest.mark.parametrize("host", [False, None])
def test_a_failback_is_not_committed_while_its_host_is_silent(host: bool | None) -> None:
    """The commit deletes the Azure VM: with the site lost it would delete the last copy."""
    pending = replace(rows.FAILBACK_COMMIT_PENDING, provider_connected=host, provider_last_heartbeat=DIED)
    (blocker,) = _judged(pending, HOME, PLANNED).blockers
    assert blocker.code is Code.COMMIT_WITHOUT_HOST
    assert "the commit deletes the Azure VM and its disks" in blocker.cause
    assert "do NOT commit: start the Azure VM in Azure" in blocker.mend
    assert _codes(_judged(replace(pending, provider_connected=True), HOME, PLANNED)) == set()


def test_who_has_seen_the_vm_run_on_premises_may_have_its_failback_committed_without_a_provider() -> None:
    silent = {"provider_connected": False, "provider_last_heartbeat": DIED}
    waiver = Waiver("commitWithoutHost", "Ada has seen it run", rows.NOW + timedelta(hours=1))
    pending = replace(rows.FAILBACK_COMMIT_PENDING, **silent)  # type: ignore[arg-type]
    assert _judged(pending, HOME, PLANNED, waiver).verdict is Verdict.GO_WITH_WAIVERS
    failing_back = replace(rows.PROTECTED_IN_AZURE, **silent)  # type: ignore[arg-type]
    assert _codes(_judged(failing_back, HOME, PLANNED, waiver)) == {Code.PROVIDER_SILENT}, "that needs the host"


def test_an_azure_vm_that_was_started_as_the_safety_copy_is_not_to_be_committed_away() -> None:
    """The service offers the commit alone, to either goal."""
    both = replace(rows.FAILBACK_COMMIT_PENDING, azure_vm_power=PowerState.RUNNING)
    for goal in (HOME, TO_AZURE):
        (blocker,) = _judged(both, goal, UNPLANNED).blockers
        assert blocker.code is Code.BOTH_RUNNING
        assert "the failback waits for its commit, which deletes that Azure VM" in blocker.cause
        assert blocker.mend.startswith("do NOT commit while the Azure VM is the copy that serves")
    assert decide(both, TO_AZURE, TO_AZURE, PLANNED).decision is Decision.HELD, "as the way out says"
    (other,) = _judged(rows.BOTH_RUNNING, TO_AZURE, UNPLANNED).blockers
    assert "do NOT" not in other.mend


def test_whoever_flips_to_azure_out_of_a_lost_site_is_not_sent_through_the_commit() -> None:
    pending = replace(rows.FAILBACK_COMMIT_PENDING, provider_connected=False, provider_last_heartbeat=DIED)
    (blocker,) = _judged(pending, TO_AZURE, UNPLANNED).blockers
    assert blocker.code is Code.UNFINISHED_MOVE
    assert blocker.mend.startswith("if the site is lost, do NOT commit")
    assert "start the Azure VM in Azure, it is the safety copy" in blocker.mend
    (other,) = _judged(rows.SYNCHRONIZING, TO_AZURE, UNPLANNED).blockers
    assert "do NOT" not in other.mend


def test_replicating_again_needs_the_host_and_what_the_service_is_at_already_does_not() -> None:
    silent = {"provider_connected": False, "provider_last_heartbeat": DIED}
    failed_back = replace(rows.FAILED_BACK, **silent)  # type: ignore[arg-type]
    assert _codes(_judged(failed_back, HOME, PLANNED)) == {Code.PROVIDER_SILENT}
    replicating = replace(rows.REVERSE_REPLICATING, **silent)  # type: ignore[arg-type]
    assert _codes(_judged(replicating, HOME, PLANNED)) == set()


UNREAD = replace(HERE, provider_connected=None, provider_last_heartbeat=None, provider_unread="Azure does not answer.")


def test_a_limit_that_azure_does_not_let_check_is_not_silently_dropped() -> None:
    limited = replace(UNPLANNED, max_data_loss_minutes=1)
    found = _judged(UNREAD, TO_AZURE, limited)
    assert _codes(found) == {Code.DATA_LOSS_UNKNOWN}
    kept = _judged(UNREAD, TO_AZURE, replace(limited, max_data_loss_minutes=60))
    assert _codes(kept) == set(), "nothing was written later than now: no more can be lost than the last data is old"
    assert any("at most" in warned.text and warned.critical for warned in kept.warnings)
    assert "Azure does not answer." in found.blockers[0].cause
    assert _codes(_judged(UNREAD, TO_AZURE, UNPLANNED)) == set(), "without a limit there is nothing to check"
    assert _codes(_judged(UNREAD, TO_AZURE, replace(PLANNED, max_data_loss_minutes=60))) == {Code.PROVIDER_SILENT}


UNCLEAR = replace(
    UNREAD,
    provider_unread="",
    provider_unclear="its item does not name its host, and 1 of the 2 hosts of its site (hv02) do not answer",
)


def test_a_partly_dead_site_never_blocks_an_unplanned_failover_by_what_it_cannot_answer() -> None:
    """Which host has the VM, only the site knows: the limit cannot be held, and is said with what is known."""
    found = _judged(UNCLEAR, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=1))
    assert _codes(found) == set()
    told = [warned.text for warned in found.warnings if warned.critical]
    assert any(UNCLEAR.provider_unclear in text for text in told)
    assert (
        "how much would be lost is unknown, at most 4 min: the source has written nothing later than now; so the "
        "1 min of maxDataLossMinutes cannot be held against it"
    ) in told
    (silent,) = _judged(UNCLEAR, TO_AZURE, PLANNED).blockers
    assert (silent.code, UNCLEAR.provider_unclear in silent.cause) == (Code.PROVIDER_SILENT, True)
    assert "could not be asked" not in silent.cause


@pytest.mark.parametrize(
    "seen",
    [
        UNREAD,
        UNCLEAR,
        replace(DEAD, provider_last_heartbeat=None),
    ],
    ids=["Azure silent", "which host not known", "since when not known"],
)
def test_a_limit_that_is_surely_exceeded_blocks_whatever_else_is_not_known(seen: Observation) -> None:
    """Data that arrived after the chosen point is lost in any case."""
    at = seen.last_replicated
    assert at is not None
    seen = replace(seen, recovery_points=(RecoveryPoint("old", at - timedelta(hours=3), app_consistent=True),))
    old = replace(UNPLANNED, max_data_loss_minutes=15, recovery_point="latestAppConsistent")
    found = _judged(seen, TO_AZURE, old)
    assert _codes(found) == {Code.DATA_LOSS}
    assert found.loss.seconds is None, "unknown stays unknown"
    assert "would lose unknown, at least 180 min: from recovery point" in found.blockers[0].cause or (
        "would lose unknown, at least 3.0 h: from recovery point" in found.blockers[0].cause
    )


def test_a_host_that_the_vm_may_be_on_was_heard_of_until_some_time_so_the_vm_lived_until_then() -> None:
    lived = replace(UNCLEAR, some_host_heard_until=UNCLEAR.at - timedelta(minutes=1))
    assert lived.last_replicated == lived.at - timedelta(minutes=4)
    found = _judged(lived, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=2))
    assert _codes(found) == {Code.DATA_LOSS}
    assert "at least 180 s" in found.blockers[0].cause or "at least 3 min" in found.blockers[0].cause
    assert _codes(_judged(lived, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=3))) == set()


def test_a_limit_that_a_dead_site_does_not_let_check_is_a_warning() -> None:
    """Azure has answered: the host is silent, and nobody knows since when. Waiting would bring nothing."""
    silent = replace(DEAD, provider_last_heartbeat=None)
    found = _judged(silent, TO_AZURE, replace(UNPLANNED, max_data_loss_minutes=15))
    assert _codes(found) == set()
    told = [warned.text for warned in found.warnings if warned.critical]
    assert any("so the 15 min of maxDataLossMinutes cannot be held against it" in text for text in told)


def test_what_a_silent_host_asks_for_depends_on_the_way() -> None:
    away = replace(rows.PROTECTED_IN_AZURE, provider_connected=False)
    (home,) = _judged(away, HOME, PLANNED).blockers
    assert "unplanned" not in home.mend
    assert "goes on running in Azure" in home.mend
    there = _judged(replace(HERE, provider_connected=False), TO_AZURE, PLANNED).blockers
    assert [blocker.mend for blocker in there if "failover.mode: unplanned" in blocker.mend]


_AWAY = replace(rows.PROTECTED_IN_AZURE, provider_connected=True, managed_disks=False)


@pytest.mark.parametrize(
    ("seen", "goal", "what"), [(HERE, TO_AZURE, "noCheckpoints"), (_AWAY, HOME, "sourceOff")], ids=["to Azure", "home"]
)
def test_what_nobody_has_stated_stops_where_the_stack_wants_it_stated(
    seen: Observation, goal: Direction, what: str
) -> None:
    later = rows.NOW + timedelta(hours=1)
    wants = Permits(require_attestations=True)
    due = plan(seen, goal, PLANNED)
    assert _codes(assess(seen, due, Declared(PLANNED, Permits()))) == set(), "one edited line is all that a move takes"
    found = assess(seen, due, Declared(PLANNED, wants))
    assert [(blocker.code, what in blocker.mend) for blocker in found.blockers] == [(Code.ATTESTATION, True)]
    stated = replace(wants, attestations=(Attestation(what, "Ada", later),))
    assert _codes(assess(seen, due, Declared(PLANNED, stated))) == set()
    waived = replace(wants, waivers=(Waiver(Code.ATTESTATION.value, "nobody can look", later),))
    assert assess(seen, due, Declared(PLANNED, waived)).verdict is Verdict.GO_WITH_WAIVERS


def test_an_unplanned_failover_is_only_asked() -> None:
    due = plan(DEAD, TO_AZURE, UNPLANNED)
    found = assess(DEAD, due, Declared(UNPLANNED, Permits(require_attestations=True)))
    assert found.verdict is Verdict.GO
    assert [warned.code for warned in found.warnings].count(Code.ATTESTATION) == 1


def _blocked_by(code: Code) -> tuple[Observation, Direction, MoveOptions]:
    away = replace(rows.PROTECTED_IN_AZURE, provider_connected=True, managed_disks=True)
    late = replace(UNPLANNED, max_data_loss_minutes=1)
    known: dict[Code, tuple[Observation, Direction, MoveOptions]] = {
        code: (seen, TO_AZURE, PLANNED) for code, seen, _ in STOPS
    }
    known[Code.DATA_LOSS] = (HERE, TO_AZURE, late)
    known[Code.DATA_LOSS_UNKNOWN] = (UNREAD, TO_AZURE, late)
    known[Code.MANAGED_DISKS] = (away, HOME, PLANNED)
    pending = replace(rows.FAILBACK_COMMIT_PENDING, provider_connected=False)
    known[Code.COMMIT_WITHOUT_HOST] = (pending, HOME, PLANNED)
    return known[code]


def _judged(seen: Observation, goal: Direction, options: MoveOptions, *waivers: Waiver) -> Assessment:
    return assess(seen, plan(seen, goal, options), Declared(options, Permits(waivers=waivers)))


def _codes(found: Assessment) -> set[Code]:
    return {blocker.code for blocker in found.blockers}
