"""There and back, in every way an operator can choose, against the service of either profile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from executor.stops import Blocked, StepFailed
from lifecycle.options import FailoverMode, MoveOptions
from site_recovery.records import same_id
from tests.executor.conftest import AnySite
from tests.executor.site import AZURE, BOLD, FULL_DOWNLOAD, HOME, PLANNED, Site
from tests.site_recovery.prepared import SITE

BACK = ["Failback", "CommitFailover", "ReprotectReplicationGroup"]


@pytest.mark.parametrize("options", [BOLD, PLANNED], ids=["unplanned", "planned"])
def test_a_machine_goes_to_azure_and_comes_back(either: Site, options: MoveOptions) -> None:
    site = either
    first = "UnplannedFailover" if options.mode is FailoverMode.UNPLANNED else "PlannedFailover"
    out = [first, "CommitFailover"] + (["ReprotectReplicationGroup"] if site.profile == "tutorial" else [])

    run = site.run(AZURE, options).reached()
    assert run.told.steps == ["failover", "commit", "reprotect"][: len(out)]
    assert site.moves() == out
    assert site.truth()["running"] == "azure"

    run = site.run(HOME, options).reached()
    assert run.told.steps == ["synchronize", "completeFailover", "commit", "reverseReplicate"]
    assert site.moves() == [*out, *BACK]
    assert site.truth()["running"] == "onPremises"
    assert site.truth()["stage"] == "protected"

    assert site.run(AZURE if site.truth()["running"] == "azure" else HOME, options).reached().taken == []


def test_a_full_download_fails_back_in_one_step(either: Site) -> None:
    site = either.begin("replicatesBack" if either.profile == "tutorial" else "committed")
    run = site.run(HOME, FULL_DOWNLOAD).reached()
    assert run.told.steps == ["completeFailover", "commit", "reverseReplicate"]
    assert site.moves() == BACK
    assert site.truth()["running"] == "onPremises"


@pytest.mark.parametrize("options", [BOLD, FULL_DOWNLOAD], ids=["delta", "full download"])
def test_a_machine_that_is_gone_on_premises_is_made_anew_where_that_is_declared(
    either: Site, options: MoveOptions
) -> None:
    site = either.begin("replicatesBack" if either.profile == "tutorial" else "committed")
    site.admin("DELETE", "/machines/vm01")
    assert "does not exist on its Hyper-V host" in site.run(HOME, options).stopped(StepFailed)
    assert site.truth()["running"] == "azure"

    site.run(HOME, replace(options, create_on_premises_vm=True)).reached()
    truth = site.truth()
    assert (truth["running"], truth["stage"]) == ("onPremises", "protected")
    assert not truth["onPremises"]["corrupted"]


def test_a_machine_whose_host_is_lost_is_made_anew_on_the_host_that_is_declared(sites: AnySite) -> None:
    site = sites("recorded").begin("committed")
    site.admin("POST", "/hosts", {"name": "hv02", "site": SITE, "registersAfterSeconds": 1})
    site.admin("PUT", "/hosts/hv01/heartbeat", {"beats": False})
    site.simulator.advance(60)
    anew = replace(BOLD, create_on_premises_vm=True)
    assert "cannot be reached" in site.run(HOME, anew).stopped(StepFailed)
    unknown = site.run(HOME, replace(anew, recovery_host="hv77"))
    assert "has no host of that name" in unknown.stopped(Blocked)

    site.run(HOME, replace(anew, recovery_host="HV02")).reached()
    assert site.admin("GET", "/machines/vm01")["host"] == "hv02"
    assert site.truth()["stage"] == "protected"
    item = site.service.item(site.items["vm01"])
    provider = next(each for each in site.service.providers(SITE) if each.is_on("hv02"))
    assert item is not None
    assert same_id(item.recovery_services_provider_id, provider.id)


def test_a_reached_goal_takes_no_step(site: Site) -> None:
    run = site.run(HOME, replace(BOLD)).reached()
    assert run.taken == []
    assert site.accepted() == []
