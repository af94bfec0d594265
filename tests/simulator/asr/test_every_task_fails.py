"""Every job fails once at every task and is restarted: it ends where a job ends that nothing befell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.asr.scenarios import job_spec
from tests.simulator.asr.estate import HYPER_V, Estate

Step = Callable[[Estate], Any]
NO_BODY: dict[str, Any] = {"properties": {}}


def items(estate: Estate) -> Any:
    return estate.client.replication_protected_items


def nothing(_estate: Estate) -> None:
    """The machine is protected, and that is all it takes."""


def to_azure(estate: Estate) -> None:
    estate.failover(shutdown=True)


def back_home(estate: Estate) -> None:
    estate.begin_to_azure()
    estate.finish(estate.begin_failback("ForSynchronization"), 3000)
    estate.commit()


def tried_machine(estate: Estate) -> Any:
    body = {"properties": {"networkId": estate.network_id, "providerSpecificDetails": {"instanceType": HYPER_V}}}
    return items(estate).begin_test_failover(*estate.path(), body)


def other_point(estate: Estate) -> Any:
    point = {"recoveryPointId": estate.points()[0].id, "providerSpecificDetails": {"instanceType": HYPER_V}}
    return items(estate).begin_apply_recovery_point(*estate.path(), {"properties": point})


def reverse(estate: Estate) -> Any:
    body = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": {"instanceType": HYPER_V}}
    return items(estate).begin_reprotect(*estate.path(), {"properties": body})


def unprotected(estate: Estate) -> None:
    estate.finish(items(estate).begin_delete(*estate.path(), NO_BODY))


# By the scenario: what comes before, what is done, and the tasks that are passed over in it.
DONE: dict[str, tuple[Step, Step, set[str]]] = {
    "EnableDr": (
        unprotected,
        lambda estate: items(estate).begin_create(*estate.path(), estate.enable_input("sql01")),
        set(),
    ),
    "PlannedFailover": (nothing, lambda estate: estate.begin_failover(planned=True), set()),
    "UnplannedFailover": (nothing, lambda estate: estate.begin_failover(shutdown=True), set()),
    "TestFailover": (nothing, tried_machine, set()),
    "TestFailoverCleanup": (
        lambda estate: estate.finish(tried_machine(estate)),
        lambda estate: items(estate).begin_test_failover_cleanup(*estate.path(), NO_BODY),
        set(),
    ),
    "ChangePit": (to_azure, other_point, set()),
    "CommitFailover": (to_azure, lambda estate: items(estate).begin_failover_commit(*estate.path()), set()),
    "Failback": (
        lambda estate: estate.begin_to_azure(),
        lambda estate: estate.begin_failback("ForSynchronization"),
        {"DataSyncForFailback", "WaitForUserInputForFailback"},
    ),
    "ReprotectReplicationGroup": (back_home, reverse, set()),
    "UpdateVmProperties": (
        nothing,
        lambda estate: items(estate).begin_update(*estate.path(), {"properties": {"recoveryAzureVMName": "other"}}),
        set(),
    ),
    "DisableDr": (nothing, lambda estate: items(estate).begin_delete(*estate.path(), NO_BODY), set()),
    "PurgeVm": (nothing, lambda estate: items(estate).begin_purge(*estate.path()), set()),
}
CASES = [
    (scenario, task.name)
    for scenario, (_, _, skipped) in DONE.items()
    for task in job_spec(scenario).tasks
    if task.name not in skipped
]


@pytest.mark.parametrize("profile", ["recorded", "tutorial"])
@pytest.mark.parametrize(("scenario", "task"), CASES)
def test_a_job_that_failed_and_is_restarted_ends_as_if_nothing_had_been(
    profile: str, scenario: str, task: str, request: pytest.FixtureRequest
) -> None:
    estate: Estate = request.getfixturevalue(profile)
    prepare, begin, _ = DONE[scenario]
    prepare(estate)
    estate.admin("PUT", "snapshots/prepared")
    begin(estate)
    estate.advance(7200)
    undisturbed = _standing(estate)
    estate.admin("POST", "snapshots/prepared/restore")
    fault = {"name": "once", "job": {"scenario": scenario, "task": task}, "when": {"once": True}, "effect": "fail"}
    estate.admin("POST", "faults", {"faults": [fault]})
    begin(estate)
    estate.advance(3600)
    job = estate.latest_job(scenario)
    assert (job.properties.state, job.properties.allowed_actions) == ("Failed", ["Restart"])
    estate.client.replication_jobs.begin_restart(*estate.vault, job.name)
    estate.advance(3600)
    assert estate.job(job.name).state == "Succeeded"
    assert _standing(estate) == undisturbed


@pytest.mark.parametrize("profile", ["recorded", "tutorial"])
@pytest.mark.parametrize(("scenario", "task"), CASES)
def test_a_job_that_is_cancelled_at_a_task_leaves_a_way_on(
    profile: str, scenario: str, task: str, request: pytest.FixtureRequest
) -> None:
    estate: Estate = request.getfixturevalue(profile)
    prepare, begin, _ = DONE[scenario]
    prepare(estate)
    estate.admin(
        "POST", "faults", {"faults": [{"name": "h", "job": {"scenario": scenario, "task": task}, "effect": "hang"}]}
    )
    begin(estate)
    estate.advance(3600)
    job = estate.latest_job(scenario)
    assert job.properties.state == "InProgress"
    estate.client.replication_jobs.begin_cancel(*estate.vault, job.name)
    estate.advance(60)
    assert estate.job(job.name).state == "Cancelled"
    if scenario == "EnableDr":
        assert estate.simulator.arm("GET", estate.item_path()).status_code == 404
        estate.admin("DELETE", "faults")
        estate.protect("sql01")
        return
    assert estate.item().allowed_operations
    assert estate.item().current_scenario.scenario_name in {"None", "TestFailover"}


def _standing(estate: Estate) -> Any:
    """Where the item is, what runs, and what is not to be trusted; None if there is no item."""
    if estate.simulator.arm("GET", estate.item_path()).status_code == 404:
        return None
    view = estate.view()
    azure = view["azure"]
    return (
        estate.standing(),
        view["running"],
        azure and (azure["id"], azure["power"]),
        view["testMachine"],
        view["onPremises"],
        view["replication"]["phase"],
        estate.item().provider_specific_details.recovery_azure_vm_name,
        estate.item().test_failover_state,
    )
