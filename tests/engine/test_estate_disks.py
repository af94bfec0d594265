"""Disks that change on the host after a VM is protected: an error of the preview that names the safe way."""

from __future__ import annotations

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import StackUnderTest

pytestmark = pytest.mark.timeout(600)

ANEW = "disable the VM's protection in Azure and protect it anew (which copies all its data again)"


def test_a_disk_added_or_resized_after_protection_is_an_error_with_the_safe_way(new_stack: NewStack) -> None:
    stack = new_stack()
    stack.up()
    jobs = stack.job_scenarios("sql01")

    stack.simulator.admin("POST", "machines/sql01/disks", {"name": "sql01-new.vhdx", "sizeGB": 10, "usedGB": 1})
    shown = _refused(stack)
    assert "sql01: its disk sql01-new.vhdx does not replicate." in shown
    assert ANEW in shown
    assert "or leave the disk out: add it to source.disks.exclude" in shown

    stack.flip("app01", "azureToOnPremises")
    stack.up("--target", "**ProtectionDirection::app01")
    assert stack.outputs("app01")["activeLocation"] == "azure", "another VM is moved past it"

    stack.set("vms.sql01.source.disks.exclude[0]", "sql01-new.vhdx")
    stack.up("--target", "**ProtectedItem::sql01")
    stack.preview("--expect-no-changes")

    stack.simulator.admin("PATCH", "machines/sql01/disks/sql01-data.vhdx", {"sizeGB": 300})
    shown = _refused(stack)
    assert "sql01: its disk sql01-data.vhdx was resized on the host, from 262144 MB to 307200 MB" in shown
    assert ANEW in shown
    assert stack.job_scenarios("sql01") == jobs, "nothing was done about it"


def _refused(stack: StackUnderTest) -> str:
    """What a preview that fails says, in one line; an `up` without a preview fails as well."""
    assert stack.up(check=False).returncode != 0
    shown = stack.preview(check=False)
    assert shown.returncode != 0
    assert "replace" not in shown.stdout
    return " ".join(shown.stdout.split())
