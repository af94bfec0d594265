"""A failback to a machine that was deleted on premises: it is made anew where the call says so, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.asr.estate import SITE, Estate

CREATE = "CreateVmIfNotFound"


def deleted_in_azure(estate: Estate) -> None:
    """sql01 runs in Azure, and somebody deletes its machine on premises."""
    estate.begin_to_azure()
    estate.admin("DELETE", "machines/sql01")
    assert estate.view()["onPremises"] is None


def providers(estate: Estate) -> dict[str, str]:
    """The ids of the site's providers, by their hosts' names."""
    listed = estate.client.replication_recovery_services_providers.list_by_replication_fabrics(*estate.vault, SITE)
    return {provider.properties.friendly_name: provider.id for provider in listed}


def fails(estate: Estate, **more: str) -> str:
    """How a failback with these details ends, which has to be badly."""
    with pytest.raises(HttpResponseError) as ended:
        estate.finish(estate.begin_failback("ForSynchronization", **more))
    return str(ended.value)


def failed_back(estate: Estate, option: str, provider: str) -> Any:
    """Fails back with the option to make the machine anew, commits, and gives the machine as it truly is."""
    poller = estate.begin_failback(option, recoveryVmCreationOption=CREATE, providerIdForAlternateRecovery=provider)
    estate.advance(7200)
    if option == "ForDownTime":
        estate.resume(estate.latest_job("Failback").name)
        estate.advance(7200)
    poller.result(30)
    estate.commit()
    return estate.machine()


@pytest.mark.parametrize("option", ["ForDownTime", "ForSynchronization"])
def test_a_machine_that_is_gone_is_made_anew_on_its_host(recorded: Estate, option: str) -> None:
    host = recorded.machine()["host"]
    deleted_in_azure(recorded)
    made = failed_back(recorded, option, providers(recorded)[host])
    assert (made["host"], made["power"], made["corrupted"]) == (host, "running", "")
    recorded.reprotect("PrimaryToRecovery")
    assert "PlannedFailover" in recorded.item().allowed_operations


def test_it_is_made_anew_on_another_host_of_the_site_and_its_item_names_that_host(recorded: Estate) -> None:
    deleted_in_azure(recorded)
    recorded.admin("POST", "hosts", {"name": "hv99", "site": SITE, "registersAfterSeconds": 1})
    recorded.advance(60)
    other = providers(recorded)["hv99"]
    assert failed_back(recorded, "ForSynchronization", other)["host"] == "hv99"
    assert recorded.item().recovery_services_provider_id.lower() == other.lower()


def test_a_machine_whose_own_host_is_lost_is_made_anew_on_another_and_on_no_silent_one(recorded: Estate) -> None:
    recorded.begin_to_azure()
    own = recorded.machine()["host"]
    recorded.admin("POST", "hosts", {"name": "hv99", "site": SITE, "registersAfterSeconds": 1})
    recorded.admin("PUT", f"hosts/{own}/heartbeat", {"beats": False})
    recorded.advance(60)
    anew = {"recoveryVmCreationOption": CREATE}
    assert "cannot be reached" in fails(recorded, **anew, providerIdForAlternateRecovery=providers(recorded)[own])
    assert failed_back(recorded, "ForSynchronization", providers(recorded)["hv99"])["host"] == "hv99"


def test_all_of_its_data_has_to_be_sent(recorded: Estate) -> None:
    deleted_in_azure(recorded)
    host = recorded.admin("GET", "hosts")["value"][0]["name"]
    more = {"recoveryVmCreationOption": CREATE, "providerIdForAlternateRecovery": providers(recorded)[host]}
    recorded.begin_failback("ForDownTime", **more)
    recorded.advance(7200)
    sync = next(task for task in recorded.latest_job("Failback").properties.tasks if task.name == "DataSyncForFailback")
    used = sum(disk["usedMb"] for disk in recorded.machine()["disks"])
    bandwidth = recorded.admin("GET", "hosts")["value"][0]["bandwidthMbps"]
    assert (sync.end_time - sync.start_time).total_seconds() >= used / bandwidth


def test_without_the_option_or_a_provider_of_its_site_nothing_is_made(recorded: Estate) -> None:
    deleted_in_azure(recorded)
    assert "does not exist on its Hyper-V host" in fails(recorded)
    assert "no provider of its site" in fails(recorded, recoveryVmCreationOption=CREATE)
    elsewhere = {"recoveryVmCreationOption": CREATE, "providerIdForAlternateRecovery": "/somewhere/else"}
    assert "no provider of its site" in fails(recorded, **elsewhere)
    assert recorded.view()["onPremises"] is None


def test_a_machine_that_is_there_is_failed_back_to_whatever_the_option(recorded: Estate) -> None:
    recorded.begin_to_azure()
    before = recorded.machine()
    after = failed_back(recorded, "ForSynchronization", providers(recorded)[before["host"]])
    assert (after["host"], after["disks"]) == (before["host"], before["disks"])


def test_a_provider_without_the_option_is_not_there(recorded: Estate) -> None:
    recorded.begin_to_azure()
    details = {
        "instanceType": "HyperVReplicaAzureFailback",
        "dataSyncOption": "ForDownTime",
        "recoveryVmCreationOption": "NoAction",
        "providerIdForAlternateRecovery": "/somewhere/else",
    }
    body = {"properties": {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": details}}
    answer = recorded.simulator.arm("POST", f"{recorded.item_path()}/plannedFailover", body)
    assert answer.status_code == 501
