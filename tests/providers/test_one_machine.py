"""A machine is declared once in a stack, and a `source.vmId` of a machine of another name is told."""

from __future__ import annotations

from typing import Any

import pytest

from providers.protected_item import ItemProvider
from site_recovery.connection import SiteRecovery
from tests.providers.declared_item import declared_item
from tests.site_recovery.prepared import discovered, protect

ITEM = ItemProvider()


def _checked(service: SiteRecovery, vm: str, machine: str | None = None, olds: dict[str, Any] | None = None) -> str:
    """What a check of `vm`, by the id of `machine` where one is given, refuses."""
    source = {"vmId": discovered(service, machine).vm_id} if machine else {}
    result = ITEM.check(olds or {}, {**declared_item(service, vm), "source": source})
    return "\n".join(failure.reason for failure in result.failures)


def test_a_vm_that_is_declared_by_its_name_and_by_its_id_is_named_twice(service: SiteRecovery) -> None:
    assert _checked(service, "web01") == ""
    assert "copy01 is the same machine as web01 of this stack" in _checked(service, "copy01", "web01")


def test_the_same_is_seen_of_vms_that_have_an_item_already(service: SiteRecovery) -> None:
    item = protect(service, "sql01")
    service.invalidate()
    olds = {**declared_item(service, "sql01"), "itemId": item.id}
    assert _checked(service, "sql01", olds=olds) == ""
    assert "copy01 is the same machine as sql01" in _checked(service, "copy01", "sql01")
    assert _checked(service, "sql01", olds=olds).startswith("sql01 is the same machine as copy01"), "in either order"


def test_an_id_of_a_machine_of_another_name_is_told_as_that(
    service: SiteRecovery, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _checked(service, "mail01", "web01") == ""
    said = capsys.readouterr().err
    assert "mail01: its source.vmId is that of the machine web01, which is protected and moved as mail01" in said
    assert _checked(service, "app01", "app01") == ""
    assert "source.vmId" not in capsys.readouterr().err


@pytest.mark.parametrize(("first", "second"), [("web01", "app01"), ("app01", "web01")])
def test_two_vms_with_each_others_ids_are_refused(service: SiteRecovery, first: str, second: str) -> None:
    assert _checked(service, first, second) == ""
    said = _checked(service, second, first)
    assert f"{second} is the machine {first} by its source.vmId, and {first} is the machine {second}" in said
