"""Break-glass: one VM moved from a stack file alone, without the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dr.broken_glass import VM, BrokenGlass

TO_AZURE = ["UnplannedFailover", "CommitFailover", "ReprotectReplicationGroup"]
HOME = ["Failback", "CommitFailover", "ReprotectReplicationGroup"]


@pytest.fixture(scope="module")
def glass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokenGlass]:
    made = BrokenGlass(tmp_path_factory.mktemp("glass"))
    yield made
    made.simulator.stop()


def test_a_vm_is_taken_to_azure_and_home_and_a_second_time_nothing_is_done(glass: BrokenGlass) -> None:
    glass.begin()
    there = glass.move(VM, "--to", "azure", "--mode", "unplanned", "--confirm", VM)
    assert there.code == 0, there.said
    assert "sql01: runs on premises -> runs in Azure (direction azureToOnPremises): GO" in there.said
    assert "CANNOT BE UNDONE" in there.said
    assert "sql01 runs in Azure, protected to on premises." in there.said
    assert "`pulumi up` holds it until direction azureToOnPremises is declared" in there.said
    assert glass.jobs() == TO_AZURE

    again = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert again.code == 0
    assert "sql01 runs in Azure, protected to on premises already. No step is taken." in again.said
    assert glass.jobs() == TO_AZURE

    assert glass.move(VM, "--to", "onPremises", "--confirm", VM).code == 0
    assert glass.jobs() == [*TO_AZURE, *HOME]


def test_the_mode_of_the_command_line_goes_before_the_stack_files(glass: BrokenGlass) -> None:
    glass.begin()
    assert glass.move(VM, "--to", "azure", "--mode", "planned", "--confirm", VM).code == 0
    assert glass.jobs()[0] == "PlannedFailover"


def test_a_dry_run_says_what_would_be_done_and_does_nothing(glass: BrokenGlass) -> None:
    glass.begin()
    shown = glass.move(VM, "--to", "azure", "--dry-run")
    assert shown.code == 0
    assert "1. failover" in shown.said
    assert "3. reprotect" in shown.said
    assert glass.jobs() == []


@pytest.mark.parametrize("typed", ["app01\n", "\n", ""])
def test_nothing_is_done_unless_the_name_is_typed(glass: BrokenGlass, typed: str) -> None:
    glass.begin()
    asked = glass.move(VM, "--to", "azure", typed=typed)
    assert asked.code == 3
    assert "Type the VM's name to begin (sql01)" in asked.said
    assert "Nothing was done." in asked.said
    assert glass.jobs() == []


def test_the_typed_name_begins_the_move(glass: BrokenGlass) -> None:
    glass.begin()
    assert glass.move(VM, "--to", "azure", typed="sql01\n").code == 0
    assert glass.jobs() == TO_AZURE


def test_a_freeze_is_told_and_has_to_be_passed_by_name(glass: BrokenGlass) -> None:
    glass.begin()
    glass.edit(lambda config: config.update({"site-recovery:freeze": "quarter end"}))
    frozen = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert frozen.code == 3
    assert "all moves of this stack are frozen: quarter end" in frozen.said
    assert "add --despite-freeze" in frozen.said
    assert glass.jobs() == []

    passed = glass.move(VM, "--to", "azure", "--confirm", VM, "--despite-freeze")
    assert passed.code == 0
    assert "The stack is frozen (quarter end); --despite-freeze goes past that." in passed.said
    assert glass.jobs() == TO_AZURE


def test_a_hold_of_the_stack_file_holds_and_the_same_command_goes_on(glass: BrokenGlass) -> None:
    glass.begin(holdAfter="failover")
    for _ in range(2):
        held = glass.move(VM, "--to", "azure", "--confirm", VM)
        assert held.code == 4
        assert "WAITING: sql01 waits before commit (holdAfter: failover)" in held.said
        assert "Next: take the hold out: write `holdAfter: null` for sql01 below site-recovery:vms, and" in held.said
        assert "`pulumi up` holds it until direction azureToOnPremises is declared, and then goes on with" in held.said
        assert f"type the same again: python -m dr move {VM} --to azure --confirm {VM}" in held.said
        assert glass.jobs() == ["UnplannedFailover"]
    glass.edit(lambda config: config["site-recovery:vms"][VM].pop("holdAfter"))
    assert glass.move(VM, "--to", "azure", "--confirm", VM).code == 0
    assert glass.jobs() == TO_AZURE


def test_what_waits_says_which_line_of_the_file_to_write_and_nothing_of_the_engine(glass: BrokenGlass) -> None:
    glass.begin(failover={"mode": "unplanned", "commit": "manual"})
    waits = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert waits.code == 4
    to_do = waits.said.partition("Next: ")[2].partition(" The stack file still")[0]
    assert to_do == f"write `failover.commit: automatic` for sql01 in {glass.file}, and type the same again"
    glass.edit(lambda config: config["site-recovery:vms"][VM]["failover"].update(commit="automatic"))
    assert glass.move(VM, "--to", "azure", "--confirm", VM).code == 0
    assert glass.jobs() == TO_AZURE


def test_a_source_that_could_not_be_shut_down_is_told_in_the_run_its_waiting_and_the_next_look(
    glass: BrokenGlass,
) -> None:
    glass.begin(failover={"mode": "unplanned", "commit": "manual"})
    glass.fail({"name": "deaf", "job": {"scenario": "UnplannedFailover"}, "effect": "shutdownFails"})
    waits = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert waits.code == 4
    critical = "CRITICAL: BOTH COPIES OF sql01 MAY RUN: the failover could not shut the on-premises VM down"
    told, _, stopped = waits.said.partition("WAITING: ")
    assert critical in told
    assert critical in stopped
    look = glass.move(VM, "--to", "azure", "--dry-run").said
    assert "CRITICAL BOTH COPIES OF sql01 MAY RUN" in look
    assert "(sourceNotShutDown)" in look


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("shutdownSource", False, "is false, but a planned failover always shuts the source down"),
        ("changeRecoveryPoint", "latestAppConsistent", "is written, but a planned failover loses nothing"),
        ("recoveryPoint", "latestProcessed", "but a planned failover sends the last changes and uses no older point"),
    ],
)
def test_a_mode_that_goes_against_the_stack_file_moves_nothing(
    glass: BrokenGlass, key: str, value: object, what: str
) -> None:
    glass.begin(failover={"mode": "unplanned", "commit": "automatic", key: value})
    refused = glass.move(VM.upper(), "--to", "azure", "--mode", "planned", "--confirm", VM)
    assert refused.code == 64, refused.said
    assert "With --mode planned: " in refused.said
    assert f"site-recovery:vms.sql01.failover.{key}" in refused.said
    assert what in refused.said
    assert glass.jobs() == []


def test_a_failover_that_failed_is_not_called_one_that_is_taken_over(glass: BrokenGlass) -> None:
    glass.begin()
    glass.fail({"name": "fails", "job": {"scenario": "UnplannedFailover", "task": "*"}, "effect": "fail"})
    failed = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert failed.code == 1
    assert "Now: sql01 runs on premises, protected to Azure." in failed.said
    assert "`pulumi up` leaves it there; once direction azureToOnPremises is declared, it begins the move anew" in (
        failed.said
    )


def test_what_would_block_an_up_blocks_here(glass: BrokenGlass) -> None:
    glass.begin(failover={"mode": "unplanned", "commit": "automatic", "recoveryPoint": "2020-01-01T00:00:00+00:00"})
    blocked = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert blocked.code == 3
    assert "recoveryPointGone" in blocked.said
    assert glass.jobs() == []


def test_ctrl_c_stops_between_steps_and_the_same_command_goes_on(glass: BrokenGlass) -> None:
    glass.begin()
    glass.run_at(20)
    under_way = glass.start(VM, "--to", "azure", "--confirm", VM)
    glass.until_job("UnplannedFailover")
    stopped = glass.interrupt(under_way)
    assert stopped.code == 130, stopped.said
    assert "Stopping between steps; what the service is doing goes on there." in stopped.said
    assert "type the same again: python -m dr move sql01 --to azure" in stopped.said
    assert glass.jobs() == ["UnplannedFailover"]
    glass.run_at(600)
    assert glass.move(VM, "--to", "azure", "--confirm", VM).code == 0
    assert glass.jobs() == TO_AZURE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sql1", "--to", "azure"), "The stack file declares no VM sql1. Did you mean sql01?"),
        (("app01", "--to", "azure"), "app01 has no protected item in vault 'contoso-vault'"),
        ((VM, "--to", "onPremises", "--mode", "planned"), "failing back is always planned"),
        ((VM, "--to", "cloud"), "'cloud' is not one of 'onPremises', 'azure'"),
    ],
)
def test_a_wrong_command_ends_with_64(glass: BrokenGlass, arguments: tuple[str, ...], said: str) -> None:
    glass.begin()
    ended = glass.move(*arguments)
    assert ended.code == 64, ended.said
    assert said in ended.said


def test_a_wrong_stack_file_ends_with_64_and_all_that_is_wrong_in_it(glass: BrokenGlass) -> None:
    glass.begin(directon="azureToOnPremises", holdAfter="lunch")
    ended = glass.move(VM, "--to", "azure")
    assert ended.code == 64
    assert "The configuration has 2 problems. Nothing was changed." in ended.said


def test_a_shell_that_is_not_the_stacks_ends_with_1(glass: BrokenGlass) -> None:
    glass.begin()
    other = glass.move(VM, "--to", "azure", AZURE_TENANT_ID="00000000-1111-2222-3333-444444444444")
    assert other.code == 1
    assert "tenant" in other.said
    assert glass.jobs() == []
