"""The operations that move a virtual machine. Each is one POST, sent once and never waited for here.

A call returns Accepted with the id of the job that the service started. When the answer is lost (an error with
outcome_unknown), look for the job with JobWatcher.find_job before sending again.
"""

from __future__ import annotations

from typing import Literal

from site_recovery.records import Accepted

DataSync = Literal["ForDownTime", "ForSynchronization"]
RecoveryVm = Literal["NoAction", "CreateVmIfNotFound"]
Direction = Literal["PrimaryToRecovery", "RecoveryToPrimary"]


class Operations:
    def unplanned_failover(
        self, item_id: str, *, shutdown_source: bool, recovery_point_id: str | None, client_request_id: str
    ) -> Accepted:
        raise NotImplementedError

    def planned_failover_to_azure(
        self, item_id: str, *, recovery_point_id: str | None = None, client_request_id: str
    ) -> Accepted:
        raise NotImplementedError

    def failback(
        self,
        item_id: str,
        *,
        data_sync: DataSync,
        recovery_vm: RecoveryVm = "NoAction",
        provider_id: str | None = None,
        client_request_id: str,
    ) -> Accepted:
        raise NotImplementedError

    def commit(self, item_id: str, *, client_request_id: str) -> Accepted:
        raise NotImplementedError

    def apply_recovery_point(self, item_id: str, *, recovery_point_id: str, client_request_id: str) -> Accepted:
        raise NotImplementedError

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
        raise NotImplementedError

    def test_failover(
        self, item_id: str, *, network_id: str | None, recovery_point_id: str | None = None, client_request_id: str
    ) -> Accepted:
        raise NotImplementedError

    def test_failover_cleanup(self, item_id: str, *, comments: str, client_request_id: str) -> Accepted:
        raise NotImplementedError

    def resume_job(self, job_id: str, *, comments: str, client_request_id: str) -> Accepted:
        raise NotImplementedError
