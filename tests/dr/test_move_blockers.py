"""Break-glass is judged as `pulumi up` is: whatever would block an `up` blocks it, before and just before the act."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dr.broken_glass import VM, BrokenGlass

NETWORK_GONE = "missingNetwork: the network prod, in which sql01 is to start, is not in Azure"


@pytest.fixture(scope="module")
def glass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokenGlass]:
    made = BrokenGlass(tmp_path_factory.mktemp("glass"))
    yield made
    made.simulator.stop()


@pytest.mark.parametrize("mode", ["planned", "unplanned"])
def test_a_network_that_is_gone_blocks_and_can_be_waived(glass: BrokenGlass, mode: str) -> None:
    glass.begin()
    glass.take_network_away()
    blocked = glass.move(VM, "--to", "azure", "--mode", mode, "--confirm", VM)
    assert blocked.code == 3
    assert NETWORK_GONE in blocked.said
    assert "BLOCKED" in blocked.said
    assert glass.jobs() == []

    waiver = {"vm": VM, "code": "missingNetwork", "reason": "it has to run", "until": "2099-01-01T00:00:00Z"}
    glass.edit(lambda config: config.update({"site-recovery:waivers": [waiver]}))
    shown = glass.move(VM, "--to", "azure", "--mode", mode, "--dry-run")
    assert shown.code == 0
    assert "GO WITH WAIVERS" in shown.said


def test_what_azure_requires_of_a_vm_blocks_a_planned_failover_and_only_warns_of_an_unplanned_one(
    glass: BrokenGlass,
) -> None:
    glass.begin()
    glass.change_item(recoveryAzureVMName="sql01_old")
    blocked = glass.move(VM, "--to", "azure", "--mode", "planned", "--confirm", VM)
    assert blocked.code == 3
    assert "azureRequirement: 'sql01_old' is not a name that an Azure VM can have" in blocked.said
    assert glass.jobs() == []

    unplanned = glass.move(VM, "--to", "azure", "--mode", "unplanned", "--dry-run")
    assert unplanned.code == 0
    assert "'sql01_old' is not a name that an Azure VM can have" in unplanned.said


def test_a_move_that_is_blocked_in_its_middle_does_not_say_that_nothing_was_begun(glass: BrokenGlass) -> None:
    glass.begin(failover={"commit": "automatic"})
    glass.fail({"name": "busy", "request": {"operation": "*_FailoverCommit"}, "answer": {"status": 429}})
    move = glass.start(VM, "--to", "azure", "--mode", "unplanned", "--confirm", VM)
    glass.until_said(move, "looks again in")
    glass.switch_azure_vm_off()
    glass.heal()
    ended = glass.finish(move)
    assert ended.code == 1, ended.said
    assert "neitherRunning" in ended.said
    assert "type the same again" in ended.said
    assert glass.jobs() == ["UnplannedFailover"]


def test_more_data_loss_than_is_allowed_blocks(glass: BrokenGlass) -> None:
    oldest = {"mode": "unplanned", "commit": "automatic", "recoveryPoint": "latestAppConsistent"}
    glass.begin(maxDataLossMinutes=60, failover=oldest)
    glass.wait(hours=7)
    blocked = glass.move(VM, "--to", "azure", "--mode", "unplanned", "--confirm", VM)
    assert blocked.code == 3, blocked.said
    assert "maxDataLoss: sql01 would lose up to" in blocked.said
    assert glass.jobs() == []


def test_a_network_that_goes_while_the_name_is_asked_for_stops_the_move(glass: BrokenGlass) -> None:
    glass.begin()
    asking = glass.start(VM, "--to", "azure")
    glass.until_said(asking, "Type the VM's name to begin")
    glass.take_network_away()
    ended = glass.finish(asking, f"{VM}\n")
    assert ended.code == 3, ended.said
    assert NETWORK_GONE in ended.said
    assert glass.jobs() == []


def test_a_network_that_goes_just_before_the_first_call_stops_the_move(glass: BrokenGlass) -> None:
    glass.begin()
    # A process that has just begun waits some seconds for a call that an earlier one may have lost.
    glass.run_at(1)
    begun = glass.start(VM, "--to", "azure", "--confirm", VM)
    glass.until_said(begun, ": GO")
    glass.take_network_away()
    ended = glass.finish(begun)
    assert ended.code == 3, ended.said
    assert NETWORK_GONE in ended.said
    assert glass.jobs() == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"name": "no answer", "request": {"operation": "*"}, "cut": "before"}, "The sign-in service did not answer"),
        (
            {"name": "busy", "request": {"operation": "Replication*"}, "answer": {"status": 503}},
            "Listing the protected items of vault",
        ),
    ],
    ids=["no answer", "busy"],
)
def test_a_service_that_cannot_be_reached_is_told_and_nothing_is_moved(
    glass: BrokenGlass, rule: dict[str, object], said: str
) -> None:
    glass.begin()
    glass.fail(rule)
    ended = glass.move(VM, "--to", "azure", "--confirm", VM)
    assert ended.code == 1, ended.said
    assert "Traceback" not in ended.said
    assert said in ended.said
    assert "To go on, type the same again" in ended.said
    glass.heal()
    assert glass.jobs() == []


def test_another_vms_name_does_not_confirm(glass: BrokenGlass) -> None:
    glass.begin()
    ended = glass.move(VM, "--to", "azure", "--confirm", "app01")
    assert ended.code == 3
    assert "'app01' is not sql01. Nothing was done." in ended.said
    assert glass.jobs() == []
