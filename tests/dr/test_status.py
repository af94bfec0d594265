"""`python -m dr status`: every row of the state table, and the real command against a real simulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from components.settings import load_stack_file
from dr.exit_codes import Exit
from dr.report import Report
from dr.stack_vm import NoSuchVm, item_among
from dr.status_rows import Standing, StatusRow, exit_code, status_row, unclear_row, with_the_whole
from lifecycle.data_loss import DataLoss
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.impact import impact_of, standing_facts
from lifecycle.intent import Decision
from lifecycle.observation import Observation
from lifecycle.options import Commit, MoveOptions
from lifecycle.targets import Targets
from lifecycle.verdict import Assessment
from lifecycle.without_state import likely_intent
from site_recovery.records import VaultId
from tests.dr.live_vaults import live_item
from tests.lifecycle import rows
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import connected, prepare, protect

ROOT = Path(__file__).parents[2]
TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE
BOLD = Declared(MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC))

# (state, declared direction, what the row means)
MEANS = [
    ("PROTECTED", HOME, Exit.NOTHING),
    ("PROTECTED", TO_AZURE, Exit.CHANGES),
    ("PROTECTED_IN_AZURE", TO_AZURE, Exit.NOTHING),
    ("COMMITTED_RECORDED", TO_AZURE, Exit.NOTHING),
    ("COMMITTED_TUTORIAL", TO_AZURE, Exit.CHANGES),
    ("SYNCHRONIZING", HOME, Exit.CHANGES),
    ("ENABLING", TO_AZURE, Exit.BLOCKED),
    ("BUSY", TO_AZURE, Exit.BLOCKED),
    ("TEST_FAILOVER", HOME, Exit.WAITING),
    # Ours: the next `up` goes on.
    ("COMMIT_PENDING", TO_AZURE, Exit.CHANGES),
    ("WAITING_TO_COMPLETE", HOME, Exit.CHANGES),
    ("COMPLETING_FAILBACK", HOME, Exit.CHANGES),
    ("FAILBACK_COMMIT_PENDING", HOME, Exit.CHANGES),
    # A flip that was taken back in the middle of its move is held.
    ("COMMIT_PENDING", HOME, Exit.WAITING),
    ("SYNCHRONIZING", TO_AZURE, Exit.WAITING),
    ("BOTH_RUNNING", HOME, Exit.TWO_OR_NONE),
    ("NEITHER_RUNNING", TO_AZURE, Exit.TWO_OR_NONE),
]


@pytest.mark.parametrize(("row", "goal", "means"), MEANS)
def test_each_row_means_something_to_a_pipeline(row: str, goal: Direction, means: Exit) -> None:
    assert _row(rows.ALL[row], goal).means is means


@pytest.mark.parametrize(
    ("row", "goal", "code"),
    [
        ("PROTECTED", TO_AZURE, Exit.WAITING),
        ("PROTECTED_IN_AZURE", HOME, Exit.WAITING),
        ("COMMITTED_RECORDED", HOME, Exit.WAITING),
        ("PROTECTED_IN_AZURE", TO_AZURE, Exit.NOTHING),
    ],
)
def test_a_vm_that_somebody_else_brought_elsewhere_is_held(row: str, goal: Direction, code: Exit) -> None:
    shown = _row(rows.ALL[row], goal, moved_by_others=True)
    assert shown.means is code
    assert any(text.startswith("HELD: ") for text in shown.why) is (code is Exit.WAITING)


@pytest.mark.parametrize("options", [BOLD.options, MoveOptions()], ids=["automatic", "by hand"])
@pytest.mark.parametrize("goal", [TO_AZURE, HOME])
@pytest.mark.parametrize("name", rows.ALL)
def test_status_and_impact_end_with_the_same_code(name: str, goal: Direction, options: MoveOptions) -> None:
    """For a flip of ours that is not applied: the only thing that the state knows better."""
    seen = rows.ALL[name]
    intent = likely_intent(seen, goal, options, moved_by_others=False)
    declared = Declared(options)
    row = status_row(
        "sql01", Standing(seen, intent, intent.plan.blockers * (intent.decision == "move")), goal, declared
    )
    facts: dict[str, object] = standing_facts(seen, intent.decision.value, row.stage, row.words, "")
    if intent.decision == "move":
        assessment = Assessment(intent.plan.blockers, (), (), DataLoss(0, ""), None, None)
        facts = impact_of(seen, intent.plan, declared, assessment, ()).as_facts()
    changes = {"update": 1} if intent.decision in {"move", "adopt"} else {"same": 1}
    report = Report("prod", None, (facts,), (), changes, (), failed=False)
    assert row.means is report.exit_code


def test_vms_past_the_limit_of_the_stack_or_both_ways_are_blocked() -> None:
    moving = [_row(replace(rows.PROTECTED, vm=vm), TO_AZURE) for vm in ("app01", "sql01")]
    home = _row(replace(rows.PROTECTED_IN_AZURE, vm="web01"), HOME)
    assert [row.means for row in with_the_whole(moving, 2)] == [Exit.CHANGES, Exit.CHANGES]
    assert [row.means for row in with_the_whole(moving, 1)] == [Exit.CHANGES, Exit.BLOCKED]
    assert [row.means for row in with_the_whole([*moving, home], 3)] == [Exit.CHANGES, Exit.CHANGES, Exit.BLOCKED]
    # One that has come to Azure and waits for its site takes nobody's turn.
    waits = _row(replace(rows.COMMITTED_TUTORIAL, vm="app02"), TO_AZURE)
    assert [row.means for row in with_the_whole([waits, moving[0]], 1)] == [Exit.CHANGES, Exit.CHANGES]


def test_the_worst_of_all_vms_decides_the_exit_code() -> None:
    shown = [_row(rows.ALL[row], goal) for row, goal, _ in MEANS]
    assert exit_code(shown) is Exit.TWO_OR_NONE
    assert exit_code([row for row in shown if row.means is not Exit.TWO_OR_NONE]) is Exit.BLOCKED
    assert exit_code([row for row in shown if row.means in {Exit.WAITING, Exit.CHANGES}]) is Exit.WAITING
    assert exit_code([]) is Exit.NOTHING


def test_a_vm_without_an_item_is_a_change_to_be_made() -> None:
    assert status_row("sql01", None, HOME, BOLD).means is Exit.CHANGES


def test_which_of_two_items_of_one_name_it_is_is_not_guessed() -> None:
    settings = load_stack_file(ROOT / "stacks" / "Pulumi.local.yaml")
    vm, vault = settings.vms["sql01"], VaultId("s", "rg", "v")
    one, two = live_item("sql01", vmId="1"), live_item("SQL01", vmId="2")
    assert item_among([one, live_item("app01")], vm, vault) is one
    assert item_among([], vm, vault) is None
    with pytest.raises(NoSuchVm, match=r"has 2 protected items of the name sql01.* source\.vmId of sql01, one of 1, 2"):
        item_among([one, two], vm, vault)
    told = vm.model_copy(update={"source": vm.source.model_copy(update={"vm_id": "2"})})
    assert item_among([one, two], told, vault) is two
    row = unclear_row("sql01", HOME, "the vault has 2 of them")
    assert (row.means, row.why, row.stage) == (Exit.FAILED, ("UNKNOWN: the vault has 2 of them",), "unknown")


def test_a_copy_that_could_not_be_looked_at_is_said_not_to_be_known() -> None:
    unread = replace(rows.PROTECTED_IN_AZURE, azure_vm_unread="the identity may not read it")
    row = _row(unread, TO_AZURE)
    assert row.why == ("UNKNOWN: whether its Azure VM runs (the identity may not read it)",)
    assert row.means is Exit.NOTHING
    assert row.rpo == "n/a", "to Azure nothing replicates"


def test_a_failback_that_is_being_completed_is_not_said_to_run_in_azure() -> None:
    row = _row(rows.COMPLETING_FAILBACK, HOME)
    assert (row.location, row.stage) == ("neither copy runs for a while", "completingFailback")
    assert "in Azure;" not in row.words
    # Not since its job began to synchronize.
    assert row.progress.endswith(", 2 min so far")


@pytest.mark.parametrize("moved_by_others", [False, True])
def test_a_source_that_was_left_on_is_critical_whoever_failed_the_vm_over(moved_by_others: bool) -> None:
    deaf = replace(rows.job("UnplannedFailover", state="Succeeded"), source_shutdown="Failed")
    row = _row(replace(rows.COMMIT_PENDING, brought_here=deaf), TO_AZURE, moved_by_others=moved_by_others)
    assert [why.startswith("CRITICAL: BOTH COPIES OF sql01 MAY RUN") for why in row.why].count(True) == 1


@pytest.mark.parametrize(("seconds", "rank"), [(600, 0), (1799, 0), (1800, 1), (2700, 2)])
def test_the_rpo_is_held_against_its_target_twice_and_three_times(seconds: int, rank: int) -> None:
    declared = replace(BOLD, targets=Targets(rpo_minutes=15))
    row = _row(replace(rows.PROTECTED, rpo_seconds=seconds), HOME, declared)
    assert row.rpo_rank == rank
    assert row.rpo.endswith("of 15 min")


def test_what_is_not_known_is_not_shown_as_a_number() -> None:
    row = _row(replace(rows.PROTECTED, rpo_seconds=None), HOME)
    assert (row.rpo, row.last_test) == ("unknown", "never")
    tested = replace(rows.PROTECTED, last_test_failover=rows.NOW - timedelta(days=12))
    assert _row(tested, HOME).last_test == "12 days ago"


def _row(seen: Observation, goal: Direction, declared: Declared = BOLD, *, moved_by_others: bool = False) -> StatusRow:
    intent = likely_intent(seen, goal, declared.options, moved_by_others=moved_by_others)
    blockers = intent.plan.blockers if intent.decision is Decision.MOVE else ()
    return status_row(seen.vm, Standing(seen, intent, blockers), goal, declared)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    protect(prepare(running), "sql01")
    yield running
    running.stop()


def test_the_command_shows_a_stack_without_engine_and_state(simulator: RunningSimulator) -> None:
    done = _status(simulator, "--stack", "local")
    assert done.returncode == Exit.CHANGES, done.stdout + done.stderr
    assert "runs on premises, protected to Azure" in done.stdout
    assert "PlannedFailover, TestFailover, UnplannedFailover" in done.stdout
    assert "is not protected in the vault" in done.stdout, "app01 is declared and was never protected"


def test_the_command_says_it_in_json_too(simulator: RunningSimulator) -> None:
    done = _status(simulator, "--stack-file", str(ROOT / "stacks" / "Pulumi.local.yaml"), "--format", "json")
    shown = {vm["vm"]: vm for vm in json.loads(done.stdout)["vms"]}
    assert shown["sql01"]["stage"] == "protected"
    assert shown["app01"]["stage"] == "notProtected"


def test_watching_follows_until_it_is_stopped_and_ends_with_what_was_seen_last(simulator: RunningSimulator) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dr", "status", "--stack", "local", "--watch", "--interval", "1"],
        cwd=ROOT,
        env=simulator.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        seen = 0
        for line in process.stdout:
            seen += "protected to Azure" in line
            if seen == 2:
                break
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == Exit.CHANGES
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)


def test_a_stack_that_does_not_exist_is_a_mistake_of_the_command(simulator: RunningSimulator) -> None:
    assert connected(simulator).items()
    done = _status(simulator, "--stack", "prod")
    assert done.returncode == Exit.USAGE, "2 would tell a pipeline of changes"
    assert "There is no stack file" in done.stderr
    both = _status(simulator, "--stack", "local", "--stack-file", str(ROOT / "stacks" / "Pulumi.local.yaml"))
    assert both.returncode == Exit.USAGE
    assert _status(simulator, "--stak", "local").returncode == Exit.USAGE
    assert "Name the stack (--stack) or its file (--stack-file)" in both.stderr


def _status(simulator: RunningSimulator, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dr", "status", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=simulator.environment, capture_output=True, text=True, timeout=120, check=False
    )
