"""The warning of too few workers, where the gate is not reached."""

import pytest

from providers.parallelism import ToMove


def test_who_fails_tells_once_that_more_vms_would_move_than_the_engine_works_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_PARALLEL", "2")
    to_move = ToMove()
    for vm in ("sql01", "app01", "app01"):
        to_move.note(vm, moves=True)
    assert to_move.too_few_workers() == ""
    to_move.note("web01", moves=True)
    assert to_move.too_few_workers().startswith("3 VMs would move and the engine works on 2 at once")
    assert to_move.too_few_workers() == "", "once"


def test_a_vm_that_does_not_move_any_more_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_PARALLEL", "1")
    to_move = ToMove()
    to_move.note("sql01", moves=True)
    to_move.note("app01", moves=True)
    to_move.note("app01", moves=False)
    assert to_move.too_few_workers() == ""
