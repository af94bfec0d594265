"""What a VM is to land in is looked at before its failover begins, which would end half-way without it."""

from __future__ import annotations

import pytest

from executor.judging import judged, with_host
from executor.observe import Look
from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.declared import Declared
from lifecycle.options import MoveOptions
from lifecycle.planner import plan
from site_recovery.protection import ItemUpdate
from tests.executor.site import AZURE, BOLD, PLANNED, Site
from tests.site_recovery.prepared import GROUP, HOURS

NOT_THERE = {"status": 404, "code": "ResourceGroupNotFound", "message": "Resource group could not be found."}


@pytest.mark.parametrize("options", [PLANNED, BOLD], ids=["planned", "unplanned"])
def test_a_resource_group_that_is_gone_blocks_a_failover(site: Site, options: MoveOptions) -> None:
    site.fault(name="gone", request={"operation": "ResourceGroups_Get"}, answer=NOT_THERE)
    (blocker,) = _stopped(site, options)
    assert (blocker.code, blocker.rule.waivable) == (Code.MISSING_TARGET, True)
    assert blocker.cause == f"the resource group {GROUP}, in which vm01 is to start, is not in Azure"
    assert blocker.mend == "make it again, or write another target.resourceGroup and run `pulumi up --strict` first"


def test_an_availability_set_that_is_gone_blocks_a_failover_until_it_is_there(site: Site) -> None:
    group = f"/subscriptions/{site.service.vault.subscription_id}/resourceGroups/{GROUP}"
    front = f"{group}/providers/Microsoft.Compute/availabilitySets/front"
    change = ItemUpdate(availability_set_id=front)
    site.service.protection.update(site.items["vm01"], change=change, timeout_seconds=HOURS)
    (blocker,) = _stopped(site, PLANNED)
    assert blocker.cause == "the availability set front, in which vm01 is to start, is not in Azure"
    made = site.simulator.arm("PUT", front, {"location": "westeurope", "properties": {}}, version="2024-07-01")
    assert made.status_code == 200, made.text
    assert _stopped(site, PLANNED) == []


def _stopped(site: Site, options: MoveOptions) -> list[Blocker]:
    survey = Survey(site.connection().open())
    seen = survey.observe(site.items["vm01"], Look(recovery_points=True), None)
    assert seen is not None
    due, declared = plan(seen, AZURE, options), Declared(options)
    return list(judged(survey, with_host(survey, seen, due, declared), due, declared, ()).blockers)
