"""What is answered has the shape that was recorded: names of keys, types, nulls and omissions, in both profiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.asr.scenarios import job_specs
from simulator.asr.states import Mark
from tests.simulator.asr.estate import HYPER_V, POLICY, SITE, Estate
from tests.simulator.shapes import RECORDED, RecordedTask, differences, recorded_answers, recorded_jobs

_Reader = Callable[[Estate], Any]


@pytest.fixture(params=["tutorial", "recorded"])
def estate(request: pytest.FixtureRequest) -> Estate:
    """Each profile's estate."""
    found: Estate = request.getfixturevalue(request.param)
    return found


def _get(estate: Estate, path: str) -> Any:
    answer = estate.simulator.arm("GET", path, version="2025-08-01")
    assert answer.content, path
    return answer.json()


def _in_vault(path: str) -> _Reader:
    return lambda estate: _get(estate, f"{estate.vault_path}/{path}")


def _in_container(path: str) -> _Reader:
    return lambda estate: _get(
        estate,
        f"{estate.vault_path}/replicationFabrics/{SITE}/replicationProtectionContainers/{estate.container}/{path}",
    )


def _item(estate: Estate) -> Any:
    """As the recorded session enabled it: with a storage account."""
    account = f"{estate.group_id}/providers/Microsoft.Storage/storageAccounts/contosodr"
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    assert estate.simulator.arm("PUT", account, body).status_code == 200
    estate.protect("app01", targetStorageAccountId=account)
    return _get(estate, estate.item_path("app01"))


def _status(estate: Estate, seconds: float) -> Any:
    answer = estate.simulator.arm("POST", f"{estate.vault_path}/replicationVaultHealth/default/refresh")
    estate.advance(seconds)
    path = answer.headers["Azure-AsyncOperation"].removeprefix(estate.simulator.url).partition("?")[0]
    return _get(estate, path)


def _provider(estate: Estate) -> Any:
    provider = next(iter(estate.client.replication_recovery_services_providers.list(*estate.vault)))
    return _get(estate, provider.id)


def _ended_job(estate: Estate) -> Any:
    estate.failover()
    return _get(estate, estate.latest_job("UnplannedFailover").id)


def _plan(estate: Estate) -> Any:
    site = estate.client.replication_fabrics.get(*estate.vault, SITE).id
    item = estate.client.replication_protected_items.get(*estate.path()).id
    entry = [{"id": item, "virtualMachineId": item}]
    group = {
        "groupType": "Boot",
        "replicationProtectedItems": entry,
        "startGroupActions": [],
        "endGroupActions": [],
    }
    body = {"properties": {"primaryFabricId": site, "recoveryFabricId": "Microsoft Azure", "groups": [group]}}
    estate.finish(estate.client.replication_recovery_plans.begin_create(*estate.vault, "plan", body))
    return _get(estate, f"{estate.vault_path}/replicationRecoveryPlans/plan")


_ANSWERS: dict[str, _Reader] = {
    "operation that runs": lambda estate: _status(estate, 0),
    "operation that succeeded": lambda estate: _status(estate, 60),
    "policy": _in_vault(f"replicationPolicies/{POLICY}"),
    "list of containers": _in_vault("replicationProtectionContainers"),
    "association": _in_container("replicationProtectionContainerMappings/association"),
    "protected item": _item,
    "site": _in_vault(f"replicationFabrics/{SITE}"),
    "list of protectable items": _in_container("replicationProtectableItems"),
    "provider": _provider,
    "job that ended": _ended_job,
    "list of jobs": _in_vault("replicationJobs"),
    "recovery plan that never ran": _plan,
    "refusal": _in_vault("replicationPolicies/none"),
    "missing vault": lambda estate: _get(estate, estate.vault_path.replace("contoso-vault", "none")),
}


def test_every_recorded_answer_is_looked_at() -> None:
    assert set(_ANSWERS) == set(recorded_answers())


@pytest.mark.parametrize("kind", _ANSWERS)
def test_an_answer_has_the_recorded_shape(estate: Estate, kind: str) -> None:
    assert differences(_ANSWERS[kind](estate), recorded_answers()[kind]) == []


def test_another_type_a_null_a_missing_and_a_new_key_are_differences(recorded: Estate) -> None:
    policy = _ANSWERS["policy"](recorded)
    details = policy["properties"]["providerSpecificDetails"]
    details["replicationInterval"] = "300"
    details["activeStorageAccountId"] = "an account"
    details["extra"] = None
    del policy["type"]
    prefix = "properties.providerSpecificDetails"
    assert differences(policy, recorded_answers()["policy"]) == [
        f"{prefix}.activeStorageAccountId: recorded null, answered str",
        f"{prefix}.extra: recorded left out, answered null",
        f"{prefix}.replicationInterval: recorded int, answered str",
        "type: recorded str, answered left out",
    ]


@pytest.mark.parametrize("scenario", recorded_jobs())
def test_a_job_has_the_recorded_names_and_tasks(estate: Estate, scenario: str) -> None:
    recorded = recorded_jobs()[scenario]
    _LEADS_TO[scenario](estate)
    job = _get(estate, estate.latest_job(scenario, "app01" if scenario == "EnableDr" else "sql01").id)["properties"]
    assert (job["friendlyName"], job["targetInstanceType"]) == (recorded.friendly_name, recorded.target_instance_type)
    assert _tasks(job) == recorded.tasks
    assert (job["state"], job["stateDescription"]) == ("Succeeded", "Completed")


def test_the_marks_of_jobs_say_which_of_them_were_recorded() -> None:
    """V on the tasks needs a recording of them; one scenario's tasks are published with no job of it recorded."""
    marked = {spec.scenario for spec in job_specs() if spec.marks.tasks is Mark.VERIFIED}
    assert marked == {*recorded_jobs(), "DisableDr"}


def test_what_is_kept_of_recordings_is_shapes_alone() -> None:
    """No value of a recorded answer but the names of types, so that no name, address or id is kept."""
    kept = json.loads(RECORDED.read_text(encoding="utf-8"))
    kinds = {kind for entry in kept["answers"].values() for kind in entry["shape"].values()}
    assert kinds <= {"str", "int", "float", "bool", "null", "list", "object", "anything"}


def _unplanned(estate: Estate) -> None:
    """As recorded: without the synchronization before it."""
    estate.failover()


def _planned(estate: Estate) -> None:
    estate.failover(planned=True)


def _changed_point(estate: Estate) -> None:
    estate.advance(1800)
    older = estate.points()[1].id
    estate.failover()
    body = {"recoveryPointId": older, "providerSpecificDetails": {"instanceType": HYPER_V}}
    items = estate.client.replication_protected_items
    estate.finish(items.begin_apply_recovery_point(*estate.path(), {"properties": body}))


def _committed(estate: Estate) -> None:
    estate.failover()
    estate.commit()


def _reprotected(estate: Estate) -> None:
    """After a failback, which is the direction that was recorded."""
    estate.begin_to_azure()
    estate.finish(estate.begin_failback("ForSynchronization"), 7200)
    estate.commit()
    estate.reprotect("PrimaryToRecovery")


def _tested(estate: Estate) -> None:
    estate.finish(estate.begin_test_failover())


def _cleaned_up(estate: Estate) -> None:
    _tested(estate)
    items = estate.client.replication_protected_items
    estate.finish(items.begin_test_failover_cleanup(*estate.path(), {"properties": {"comments": "seen"}}))


_LEADS_TO: dict[str, Callable[[Estate], None]] = {
    "EnableDr": lambda estate: estate.protect("app01"),
    "UnplannedFailover": _unplanned,
    "PlannedFailover": _planned,
    "ChangePit": _changed_point,
    "CommitFailover": _committed,
    "ReprotectReplicationGroup": _reprotected,
    "TestFailover": _tested,
    "TestFailoverCleanup": _cleaned_up,
}


def _tasks(job: Any) -> tuple[RecordedTask, ...]:
    return tuple(
        RecordedTask(task["name"], task["friendlyName"], task["state"], task["stateDescription"], task["taskType"])
        for task in job["tasks"]
    )
