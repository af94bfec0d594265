"""A VM that another machine of Azure has the name of is not failed over: whether it runs would be asked of that one."""

from __future__ import annotations

import pytest

from executor.judging import judged, with_host
from executor.observe import Look
from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.declared import Declared
from lifecycle.options import MoveOptions
from lifecycle.planner import plan
from lifecycle.verdict import Assessment
from site_recovery.declarations import ItemUpdate
from tests.executor.site import AZURE, BOLD, PLANNED, Site
from tests.site_recovery.prepared import HOURS


@pytest.mark.parametrize("options", [PLANNED, BOLD], ids=["planned", "unplanned"])
def test_a_machine_of_the_same_name_in_azure_blocks_a_failover_by_whatever_kind(
    site: Site, options: MoveOptions
) -> None:
    site.service.protection.update(
        site.items["vm02"], change=ItemUpdate(recovery_vm_name="VM01"), timeout_seconds=HOURS
    )
    assert _judged(site, options).blockers == (), "a name that is only declared is nobody's"
    site.run(AZURE, vm="vm02").reached()
    (blocker,) = _judged(site, options).blockers
    assert (blocker.code, blocker.rule.waivable) == (Code.NAME_TAKEN, True)
    assert blocker.cause == "vm01: resource group contoso-dr has a VM named 'vm01' already"
    assert _of_name(_judged(site, options, vm="vm02").blockers) == [], "its own is its own"


def test_machines_that_may_not_be_listed_are_said_and_stop_nobody(site: Site) -> None:
    refused = {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}
    site.fault(name="no right", request={"operation": "VirtualMachines_List"}, answer=refused)
    found = _judged(site, BOLD)
    assert found.blockers == ()
    assert any("whether resource group contoso-dr has a VM named vm01 already" in line.text for line in found.warnings)


def _of_name(blockers: tuple[Blocker, ...]) -> list[Blocker]:
    return [blocker for blocker in blockers if blocker.code is Code.NAME_TAKEN]


def _judged(site: Site, options: MoveOptions, vm: str = "vm01") -> Assessment:
    survey = Survey(site.connection().open())
    seen = survey.observe(site.items[vm], Look(recovery_points=True), None)
    assert seen is not None
    due, declared = plan(seen, AZURE, options), Declared(options)
    return judged(survey, with_host(survey, seen, due, declared), due, declared, ())
