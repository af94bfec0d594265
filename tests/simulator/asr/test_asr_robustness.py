"""Odd but valid requests, and a broken state: nothing answers 500, and nothing stays as it is for ever."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import HYPER_V, Estate, policy_input
from tests.simulator.conftest import FreshSimulator

NAME = "règle-东"
UPDATED = """
recoveryAzureVMName recoveryAzureVMSize selectedRecoveryAzureNetworkId selectedTfoAzureNetworkId selectedSourceNicId
enableRdpOnTargetOption vmNics licenseType recoveryAvailabilitySetId"""


def disks(estate: Estate, machine: str, *, system: bool) -> list[str]:
    """The ids of a machine's disks: the operating system's, or the others."""
    found = estate.protectable(machine).properties.custom_details.disk_details
    return [disk.vhd_id for disk in found if (disk.vhd_type == "OperatingSystem") is system]


def restart_from_scratch(estate: Estate) -> None:
    """Bring the estate's machine back to where nothing is protected."""
    estate.finish(estate.client.replication_protected_items.begin_delete(*estate.path(), {"properties": {}}))


def test_protection_wants_the_disk_of_the_operating_system(recorded: Estate) -> None:
    restart_from_scratch(recorded)
    body = recorded.enable_input("sql01", disksToInclude=disks(recorded, "sql01", system=False))
    answer = recorded.simulator.arm("PUT", recorded.item_path(), body)
    assert answer.status_code == 400
    assert "operating system" in answer.json()["error"]["details"][0]["possibleCauses"]


def test_a_machine_without_a_disk_of_an_operating_system_is_not_ready(recorded: Estate) -> None:
    host = {
        "name": "hv02",
        "site": None,
        "virtualMachines": [{"name": "data01", "disks": [{"name": "d", "sizeGB": 9}]}],
    }
    recorded.admin("POST", "hosts", host)
    recorded.admin("POST", "hosts/hv02/register", {"site": "contoso-hyperv"})
    assert "operating system" in str(recorded.protectable("data01").properties.protection_readiness_errors)
    with pytest.raises(HttpResponseError, match="Protection couldn't be enabled"):
        recorded.protect("data01")


def test_a_null_in_an_update_leaves_what_was(recorded: Estate) -> None:
    before = recorded.item().provider_specific_details.as_dict()
    names = dict.fromkeys(UPDATED.split())
    inner = ["recoveryAzureV1ResourceGroupId", "recoveryAzureV2ResourceGroupId", "useManagedDisks", "targetVmTags"]
    nic = {"nicId": before["vmNics"][0]["nicId"], "ipConfigs": [{"recoverySubnetName": None}], "recoveryNicName": None}
    details = {"instanceType": HYPER_V, **dict.fromkeys(inner)}
    for properties in (
        {**names, "providerSpecificDetails": details},
        {"vmNics": [nic]},
        {"providerSpecificDetails": None},
    ):
        poller = recorded.client.replication_protected_items.begin_update(*recorded.path(), {"properties": properties})
        recorded.finish(poller, 20)
        after = recorded.item().provider_specific_details.as_dict()
        moving = {"rpoInSeconds", "lastRpoCalculatedTime", "lastReplicatedTime", "lastRecoveryPointReceived"}
        assert {key: after[key] for key in after if key not in moving} == {
            key: before[key] for key in before if key not in moving
        }
    body = {"properties": {"providerSpecificDetails": {"instanceType": HYPER_V}}}
    recorded.finish(recorded.client.replication_protected_items.begin_test_failover(*recorded.path(), body))
    assert [job.properties.scenario_name for job in recorded.jobs()][-1] == "TestFailover"
    recorded.finish(
        recorded.client.replication_protected_items.begin_test_failover_cleanup(*recorded.path(), {"properties": {}})
    )
    recorded.failover()
    assert recorded.view()["azure"]["id"].endswith("/sql01")


def test_names_that_are_not_latin_are_kept_and_quoted_in_headers(recorded: Estate) -> None:
    """Groups may have any letters; what lies in them carries the group in its id."""
    recorded.simulator.make_group(quote(NAME))
    vault = f"{recorded.simulator.subscription_path}/resourceGroups/{quote(NAME)}/providers/Microsoft.RecoveryServices"
    made = recorded.simulator.arm("PUT", f"{vault}/vaults/far", {"location": "westeurope", "properties": {}})
    assert urlsplit(made.headers["Location"]).path.startswith(f"{vault}/vaults/far/operationResults/")
    policies = recorded.client.replication_policies
    policy = recorded.finish(policies.begin_create(NAME, "far", "policy", policy_input()))
    assert policy.id.split("/")[4] == NAME
    answer = recorded.simulator.arm("DELETE", f"{vault}/vaults/far/replicationPolicies/policy")
    assert f"/resourceGroups/{quote(NAME)}/" in urlsplit(answer.headers["Location"]).path
    assert f"/resourceGroups/{quote(NAME)}/" in answer.headers["x-ms-request-id"]


@pytest.mark.parametrize("version", ["a\r\nset-cookie: b", "a#b", "a?b", "100%", "a b"])
def test_what_a_caller_writes_cannot_end_a_header(recorded: Estate, version: str) -> None:
    path = f"{recorded.vault_path}/replicationPolicies/another"
    answer = recorded.simulator.arm("PUT", path, policy_input(), version=version)
    assert answer.status_code == 202
    assert "set-cookie" not in answer.headers
    recorded.advance(10)
    result = recorded.simulator.session.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer {recorded.simulator.token()}"}, timeout=30
    )
    assert result.status_code == 200, result.text


def test_a_job_that_breaks_inside_the_simulator_fails_and_the_rest_goes_on(
    fresh_simulator: FreshSimulator, tmp_path: Path
) -> None:
    """A state file that no request can lead to: an item of which a failover cannot make a machine."""
    state = tmp_path / "world.sqlite"
    simulator = fresh_simulator("--manual-clock", "--state", str(state))
    estate = Estate(simulator)
    estate.prepare()
    estate.protect("sql01")
    estate.protect("app01")
    points = [point.name for point in estate.points()]
    simulator.stop()
    _spoil(state, "asr.item", "/replicationprotecteditems/sql01", lambda item: item["settings"].update(disks=[]))
    simulator.start()
    again = Estate(simulator)
    again.container = estate.container
    poller, other = again.begin_failover(), again.begin_failover("app01")
    again.advance(1200)
    with pytest.raises(HttpResponseError) as failed:
        poller.result(30)
    assert failed.value.error is not None
    assert failed.value.error.code == "SimulatorInternalError"
    job = again.latest_job("UnplannedFailover").properties
    assert [task.state for task in job.tasks][3:] == ["Failed", "NotStarted"]
    assert "PlannedFailover" in again.item().allowed_operations
    assert set(points) <= {point.name for point in again.points()}
    assert other.result(30).properties.active_location == "Recovery"
    assert "no disk with an operating system" in simulator.log.read_text(errors="replace")


def _spoil(state: Path, kind: str, suffix: str, change: Any) -> None:
    with closing(sqlite3.connect(state, isolation_level=None)) as connection:
        key, body = connection.execute(
            "SELECT key, body FROM documents WHERE kind = ? AND key LIKE ?", (kind, f"%{suffix}")
        ).fetchone()
        document = json.loads(body)
        change(document)
        connection.execute(
            "UPDATE documents SET body = ? WHERE kind = ? AND key = ?", (json.dumps(document), kind, key)
        )
