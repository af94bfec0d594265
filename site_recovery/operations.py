"""The operations that move a virtual machine. Each is one POST, sent once and never waited for here.

A call returns Accepted with the id of the job that the service started. When the answer is lost (an error with
outcome_unknown), look for the job with JobWatcher.find_job before anything is sent again: the service puts the
client_request_id of the call into the job. Waiting is the JobWatcher's: the SDK's own poller would hang on a failback
that waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from azure.mgmt.recoveryservicessiterecovery.models import (
    ApplyRecoveryPointInput,
    ApplyRecoveryPointInputProperties,
    HyperVReplicaAzureApplyRecoveryPointInput,
    HyperVReplicaAzureFailbackProviderInput,
    HyperVReplicaAzurePlannedFailoverProviderInput,
    HyperVReplicaAzureReprotectInput,
    HyperVReplicaAzureTestFailoverInput,
    HyperVReplicaAzureUnplannedFailoverInput,
    PlannedFailoverInput,
    PlannedFailoverInputProperties,
    PlannedFailoverProviderSpecificFailoverInput,
    ResumeJobParams,
    ResumeJobParamsProperties,
    ReverseReplicationInput,
    ReverseReplicationInputProperties,
    TestFailoverCleanupInput,
    TestFailoverCleanupInputProperties,
    TestFailoverInput,
    TestFailoverInputProperties,
    UnplannedFailoverInput,
    UnplannedFailoverInputProperties,
)

from site_recovery.channel import Channel
from site_recovery.paths import item_path
from site_recovery.records import Accepted, last_segment
from site_recovery.sending import send_once

DataSync = Literal["ForDownTime", "ForSynchronization"]
RecoveryVm = Literal["NoAction", "CreateVmIfNotFound"]
Direction = Literal["PrimaryToRecovery", "RecoveryToPrimary"]


class Operations:
    """One vault's operations. `on_sent` is called after each call, answered or not: what was read before is old.

    It is told the protected item that the call was about; None when it was about a job.
    """

    def __init__(self, channel: Channel, on_sent: Callable[[str | None], None]) -> None:
        self._channel = channel
        self._on_sent = on_sent

    def unplanned_failover(
        self, item_id: str, *, shutdown_source: bool, recovery_point_id: str | None, client_request_id: str
    ) -> Accepted:
        """Fail over to Azure. With shutdown_source the service tries to shut the machine down first, and goes on
        without. A recovery_point_id of None is the latest."""
        body = UnplannedFailoverInput(
            properties=UnplannedFailoverInputProperties(
                failover_direction="PrimaryToRecovery",
                source_site_operations="Required" if shutdown_source else "NotRequired",
                provider_specific_details=HyperVReplicaAzureUnplannedFailoverInput(
                    **_given(recovery_point_id=recovery_point_id)
                ),
            )
        )
        return self._on_item("unplanned_failover", "Failover", item_id, client_request_id, body)

    def planned_failover_to_azure(
        self, item_id: str, *, recovery_point_id: str | None = None, client_request_id: str
    ) -> Accepted:
        """Fail over to Azure without loss: the service shuts the machine down and transfers its last changes."""
        details = HyperVReplicaAzurePlannedFailoverProviderInput(**_given(recovery_point_id=recovery_point_id))
        return self._planned(item_id, "Planned failover", "PrimaryToRecovery", details, client_request_id)

    def failback(
        self,
        item_id: str,
        *,
        data_sync: DataSync,
        recovery_vm: RecoveryVm = "NoAction",
        provider_id: str | None = None,
        client_request_id: str,
    ) -> Accepted:
        """Fail over from Azure to the premises. ForDownTime synchronizes first and then suspends the job until it is
        resumed (resume_job); ForSynchronization runs through. CreateVmIfNotFound needs provider_id, the Site Recovery
        provider of the host that is to have the machine."""
        details = HyperVReplicaAzureFailbackProviderInput(
            data_sync_option=data_sync,
            recovery_vm_creation_option=recovery_vm,
            **_given(provider_id_for_alternate_recovery=provider_id),
        )
        return self._planned(item_id, "Failback", "RecoveryToPrimary", details, client_request_id)

    def commit(self, item_id: str, *, client_request_id: str) -> Accepted:
        """Make the last failover or failback final. Towards Azure it deletes the recovery points; towards the premises
        it deletes the Azure VM and its disks."""
        return self._on_item("failover_commit", "Commit", item_id, client_request_id)

    def apply_recovery_point(self, item_id: str, *, recovery_point_id: str, client_request_id: str) -> Accepted:
        """Start the Azure VM from another recovery point; only while the commit is pending."""
        body = ApplyRecoveryPointInput(
            properties=ApplyRecoveryPointInputProperties(
                recovery_point_id=recovery_point_id,
                provider_specific_details=HyperVReplicaAzureApplyRecoveryPointInput(),
            )
        )
        return self._on_item("apply_recovery_point", "Change of recovery point", item_id, client_request_id, body)

    def reprotect(
        self,
        item_id: str,
        *,
        direction: Direction,
        client_request_id: str,
        storage_account_id: str | None = None,
        log_storage_account_id: str | None = None,
        hv_host_vm_id: str | None = None,
        vm_name: str | None = None,
        os_type: str | None = None,
        vhd_id: str | None = None,
    ) -> Accepted:
        """Replicate the other way: RecoveryToPrimary after a failover to Azure (where the service offers it),
        PrimaryToRecovery after a failback."""
        body = ReverseReplicationInput(
            properties=ReverseReplicationInputProperties(
                failover_direction=direction,
                provider_specific_details=HyperVReplicaAzureReprotectInput(
                    **_given(
                        hv_host_vm_id=hv_host_vm_id,
                        vm_name=vm_name,
                        os_type=os_type,
                        v_hd_id=vhd_id,
                        storage_account_id=storage_account_id,
                        log_storage_account_id=log_storage_account_id,
                    )
                ),
            )
        )
        return self._on_item("reprotect", "Reprotection", item_id, client_request_id, body)

    def test_failover(
        self, item_id: str, *, network_id: str | None, recovery_point_id: str | None = None, client_request_id: str
    ) -> Accepted:
        """Start a copy of the machine in Azure, in this network or in none; replication goes on."""
        body = TestFailoverInput(
            properties=TestFailoverInputProperties(
                failover_direction="PrimaryToRecovery",
                network_type="VmNetworkAsInput" if network_id else "NoNetworkAttachAsInput",
                provider_specific_details=HyperVReplicaAzureTestFailoverInput(
                    **_given(recovery_point_id=recovery_point_id)
                ),
                **_given(network_id=network_id),
            )
        )
        return self._on_item("test_failover", "Test failover", item_id, client_request_id, body)

    def test_failover_cleanup(self, item_id: str, *, comments: str, client_request_id: str) -> Accepted:
        """Delete what a test failover made."""
        body = TestFailoverCleanupInput(properties=TestFailoverCleanupInputProperties(comments=comments))
        return self._on_item("test_failover_cleanup", "Cleanup of the test failover", item_id, client_request_id, body)

    def resume_job(self, job_id: str, *, comments: str, client_request_id: str) -> Accepted:
        """Let a suspended job go on. For a failback that has synchronized, this is "Complete Failover": the Azure VM is
        shut down, the last changes go to the premises, and the machine starts there. The job to wait for is job_id;
        what is returned names the resuming itself."""
        name = last_segment(job_id)
        body = ResumeJobParams(properties=ResumeJobParamsProperties(comments=comments))
        where = f"Resuming job {name} of {self._channel.vault}."
        return self._send(self._channel.client.replication_jobs.begin_resume, (name, body), client_request_id, where)

    def _planned(
        self,
        item_id: str,
        what: str,
        direction: Direction,
        details: PlannedFailoverProviderSpecificFailoverInput,
        client_request_id: str,
    ) -> Accepted:
        body = PlannedFailoverInput(
            properties=PlannedFailoverInputProperties(failover_direction=direction, provider_specific_details=details)
        )
        return self._on_item("planned_failover", what, item_id, client_request_id, body)

    def _on_item(
        self, operation: str, what: str, item_id: str, client_request_id: str, body: object | None = None
    ) -> Accepted:
        path = item_path(item_id)
        begin: Callable[..., Any] = getattr(self._channel.client.replication_protected_items, f"begin_{operation}")
        arguments = (path.fabric, path.container, path.name) + (() if body is None else (body,))
        where = f"{what} of protected item '{path.name}' in {self._channel.vault}."
        return self._send(begin, arguments, client_request_id, where, item_id)

    def _send(
        self,
        begin: Callable[..., Any],
        arguments: tuple[object, ...],
        client_request_id: str,
        where: str,
        item_id: str | None = None,
    ) -> Accepted:
        try:
            return send_once(begin, *self._channel.names, *arguments, client_request_id=client_request_id, where=where)
        finally:
            self._on_sent(item_id)


def _given(**values: str | None) -> dict[str, Any]:
    """Only what is given: the service tells an absent value from a null."""
    return {name: value for name, value in values.items() if value is not None}
