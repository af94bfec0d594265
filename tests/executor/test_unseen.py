"""What Azure does not let a preview see is named, with its reason, and decides as little as it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from executor.judging import judged, with_host
from executor.observe import Look
from executor.survey import Survey
from lifecycle.data_loss import expected_loss
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.estimates import times
from lifecycle.observation import Observation, PowerState
from lifecycle.options import MoveOptions
from lifecycle.permits import Permits, Waiver
from lifecycle.planner import plan
from lifecycle.steps import Step
from lifecycle.verdict import Assessment
from tests.executor.site import AZURE, BOLD, HOME, PLANNED, Site
from tests.lifecycle import rows

REFUSED = {"status": 403, "code": "AuthorizationFailed", "message": "Not yours to read."}
# Each reading of a failover, and the words that name what is not known without it.
READINGS = [
    ("VirtualNetworks_Get", "whether the network prod, in which vm01 is to start, is in Azure, with its subnet"),
    ("StorageAccounts_GetProperties", "whether the storage account contosodr, in which the disks of vm01 are kept"),
    ("ResourceGroups_Get", "whether the resource group contoso-dr, in which vm01 is to start, is in Azure"),
    ("ReplicationProtectableItems_*", "what the host of vm01 shows of it"),
    ("TargetComputeSizes_*", "whether the size Standard_D2s_v5 of vm01 takes its disks and network cards"),
]


@pytest.mark.parametrize("options", [PLANNED, BOLD], ids=["planned", "unplanned"])
@pytest.mark.parametrize(("operation", "words"), READINGS)
def test_a_reading_that_fails_before_a_failover_is_a_critical_unknown_and_blocks_nothing(
    site: Site, operation: str, words: str, options: MoveOptions
) -> None:
    site.fault(name="unread", request={"operation": operation}, answer=REFUSED)
    found = _judged(site, AZURE, options)
    assert not found.blockers
    (said,) = _unknowns(found)
    assert words in said
    assert "is not known: " in said
    assert ". To see it: " in said


def test_a_silent_list_of_hosts_is_a_critical_unknown_of_an_unplanned_failover_and_blocks_a_planned_one(
    site: Site,
) -> None:
    site.fault(name="unread", request={"operation": "ReplicationRecoveryServicesProviders_*"}, answer=REFUSED)
    unplanned = _judged(site, AZURE, BOLD)
    assert not unplanned.blockers
    assert any("whether the host is connected is not known" in said for said in _unknowns(unplanned))
    assert _codes(_judged(site, AZURE, PLANNED)) == ["providerSilent"]


def test_a_failback_fails_closed_where_nobody_can_say_whether_the_azure_vm_runs(either: Site) -> None:
    site = either.begin("replicatesBack" if either.profile == "tutorial" else "committed")
    assert not _judged(site, HOME, BOLD).blockers
    site.fault(name="unread", request={"operation": "VirtualMachines_Get"}, answer=REFUSED)
    found = _judged(site, HOME, BOLD)
    assert _codes(found) == ["azureVmNotSeen"]
    (blocker,) = found.blockers
    assert "the identity may not read it" in blocker.cause
    waiver = Waiver("azureVmNotSeen", "Ada has looked: it runs", site.service.now().replace(year=2099))
    assert not _judged(site, HOME, BOLD, Permits(waivers=(waiver,))).blockers


def test_a_physical_disk_may_be_the_one_that_is_left_out_and_is_said_to_be_unknown(site: Site) -> None:
    """The host says that the VM has one, and not which: with all its disks replicated it is one of them."""
    shown = _shown_by_the_host(site)
    (vm01,) = [each["properties"]["customDetails"] for each in shown["value"] if "vm01" in str(each)]
    vm01["hasPhysicalDisk"] = "Present"
    _host_shows(site, shown)
    whole = _judged(site, AZURE, PLANNED)
    assert [blocker.cause for blocker in whole.blockers] == ["vm01 has a physical (pass-through) disk"]
    vm01["diskDetails"].append({"maxSizeMB": "1024", "vhdType": "DataDisk", "vhdId": "other", "vhdName": "other"})
    _host_shows(site, shown)
    left_out = _judged(site, AZURE, PLANNED)
    assert not left_out.blockers
    (said,) = _unknowns(left_out)
    assert "whether a disk that replicates is a physical (pass-through) one" in said


def test_a_version_of_linux_is_said_to_be_unjudged_when_a_failover_is_judged(site: Site) -> None:
    survey = Survey(site.connection().open())
    seen = survey.with_host(_seen(site, survey))
    machine, landing = seen.machine, seen.landing
    assert machine is not None
    assert landing is not None
    seen = replace(seen, landing=replace(landing, managed_disks=True))
    assert not [said for said in _warned(seen, survey) if "supports its version" in said], "Windows 10.0 is judged"
    linux = replace(seen, machine=replace(machine, os_type="Linux", os_version=None, os_edition=None))
    (said,) = [said for said in _warned(linux, survey) if "supports its version" in said]
    assert said == (
        "vm01: whether Azure supports its version of Linux is not known: Azure's list is of distributions, which the "
        "service does not tell. To see it: look it up in "
        "https://learn.microsoft.com/azure/virtual-machines/linux/endorsed-distros"
    )


def test_a_vm_that_was_never_in_azure_has_no_azure_vm_to_be_seen(site: Site) -> None:
    site.fault(name="unread", request={"operation": "VirtualMachines_Get"}, answer=REFUSED)
    seen = _seen(site, Survey(site.service))
    assert (seen.azure_vm_power, seen.azure_vm_unread) == (PowerState.UNKNOWN, "")


def test_a_failover_that_waits_for_its_commit_is_only_told_that_its_azure_vm_was_not_seen(site: Site) -> None:
    site.begin("failedOver")
    site.fault(name="unread", request={"operation": "VirtualMachines_Get"}, answer=REFUSED)
    found = _judged(site, AZURE, BOLD)
    assert not found.blockers
    assert any("whether the Azure VM of vm01 runs is not known" in said for said in _unknowns(found))


def test_an_old_failback_whose_tasks_cannot_be_read_is_estimated_as_recorded_and_blocks_nothing(site: Site) -> None:
    site.begin("failbackCommitted")
    assert _synchronization(site).startswith("by this vault's last such job, ")
    site.fault(name="unread", request={"operation": "ReplicationJobs_Get"}, answer=REFUSED)
    said = _synchronization(site)
    assert said.startswith(
        "as recorded with small VMs; yours may differ, and this vault's own jobs could not be read: "
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "5 min that it may not have sent (the interval of its policy)"),
        (REFUSED, "15 min that it may not have sent (the longest interval, as its policy's is not known)"),
    ],
    ids=["read", "not to be read"],
)
def test_what_a_dead_source_may_not_have_sent_is_bound_by_the_interval_of_its_policy(
    site: Site, answer: dict[str, Any] | None, words: str
) -> None:
    """Data has arrived after the last heartbeat, so that it is the last sign of life."""
    _silent_since_before_its_last_data(site)
    if answer is not None:
        site.fault(name="no policies", request={"operation": "ReplicationPolicies_List"}, answer=answer)
    site.admin("DELETE", "/audit")
    survey = Survey(site.connection().open())
    seen = _seen(site, survey)
    with_host(survey, seen, plan(seen, AZURE, PLANNED), Declared(PLANNED))
    assert "ReplicationPolicies_List" not in site.admin("GET", "/audit")["reads"], "a planned one loses nothing"
    due = plan(seen, AZURE, BOLD)
    for _ in range(2):
        hosted = with_host(survey, seen, due, Declared(BOLD))
        assert words in expected_loss(hosted, due, BOLD).words
    assert site.admin("GET", "/audit")["reads"]["ReplicationPolicies_List"] == 1, "one list for all VMs of a preview"


def _silent_since_before_its_last_data(site: Site) -> None:
    fabric = site.items["vm01"].partition("/replicationProtectionContainers/")[0]
    path = f"{fabric}/replicationRecoveryServicesProviders"
    shown = site.simulator.arm("GET", path, version="2025-08-01").json()
    for provider in shown["value"]:
        provider["properties"] |= {"connectionStatus": "Disconnected", "lastHeartBeat": "2020-01-01T00:00:00Z"}
    site.fault(
        name="silent",
        request={"operation": "ReplicationRecoveryServicesProviders_ListByReplicationFabrics"},
        answer={"status": 200, "body": shown},
    )


def _judged(site: Site, goal: Direction, options: MoveOptions, permits: Permits | None = None) -> Assessment:
    survey = Survey(site.connection().open())
    seen = survey.with_host(_seen(site, survey))
    return judged(survey, seen, plan(seen, goal, options), Declared(options, permits or Permits()), ())


def _warned(seen: Observation, survey: Survey) -> list[str]:
    found = judged(survey, seen, plan(seen, AZURE, PLANNED), Declared(PLANNED), ())
    assert not found.blockers
    return [warned.text for warned in found.warnings if warned.code == "unknown" and not warned.critical]


def _seen(site: Site, survey: Survey) -> Observation:
    seen = survey.observe(site.items["vm01"], Look(recovery_points=True, power=True), None)
    assert seen is not None
    assert seen.landing is not None
    return replace(seen, landing=replace(seen.landing, size="Standard_D2s_v5"))


def _synchronization(site: Site) -> str:
    """Where the estimate of a failback's synchronization is from, in a vault that has failed vm01 back."""
    finished = Survey(site.connection().open()).finished(site.items["vm01"], failbacks=True)
    home = plan(rows.PROTECTED_IN_AZURE, HOME, BOLD)
    return times(home, BOLD, finished).steps[Step.SYNCHRONIZE].source


def _shown_by_the_host(site: Site) -> Any:
    container = site.items["vm01"].partition("/replicationProtectedItems/")[0]
    return site.simulator.arm("GET", f"{container}/replicationProtectableItems", version="2025-08-01").json()


def _host_shows(site: Site, shown: Any) -> None:
    site.admin("DELETE", "/faults")
    answer = {"status": 200, "body": {**shown, "nextLink": None}}
    site.fault(name="shown", request={"operation": "ReplicationProtectableItems_List*"}, answer=answer)


def _codes(found: Assessment) -> Sequence[str]:
    return [blocker.code.value for blocker in found.blockers]


def _unknowns(found: Assessment) -> list[str]:
    return [warned.text for warned in found.warnings if warned.code == "unknown" and warned.critical]
