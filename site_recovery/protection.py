"""What a stack declares rather than moves: associations of policies, and protected items.

Each call ends when the declared thing is there (or gone), or raises. Called again, it does nothing that is done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from azure.mgmt.recoveryservicessiterecovery.models import (
    CreateProtectionContainerMappingInput,
    CreateProtectionContainerMappingInputProperties,
    DisableProtectionInput,
    DisableProtectionInputProperties,
    RemoveProtectionContainerMappingInput,
    RemoveProtectionContainerMappingInputProperties,
    ReplicationProviderContainerUnmappingInput,
    ReplicationProviderSpecificContainerMappingInput,
)

from site_recovery.channel import Channel
from site_recovery.declarations import EnableProtection, ItemUpdate, enable_body, update_body
from site_recovery.declaring import Declaration, OnJobProgress, Seen, declaration
from site_recovery.errors import JobFailedError, NotFoundError
from site_recovery.estate_records import MappingRecord
from site_recovery.first_replication import Lagging, is_replicating_first
from site_recovery.paths import container_path, item_path, mapping_path
from site_recovery.records import ItemRecord, JobRecord, ProtectableItemRecord, same_id
from site_recovery.watcher import raise_if_failed

if TYPE_CHECKING:
    from site_recovery.service import SiteRecovery

__all__ = ["EnableProtection", "ItemUpdate", "OnJobProgress", "Protection"]

_KIND = "HyperVReplicaAzure"
_AZURE = "Microsoft Azure"  # the service's name for the container at the other end
_ENABLE, _DISABLE = "EnableDr", frozenset({"DisableDr", "PurgeVm"})
# A job that failed before the wait began may be of an earlier attempt: the new one is listed within this time.
_LISTED_WITHIN_SECONDS = 180.0


class Protection:
    """One vault's declarations. timeout_seconds are seconds of the service; client_request_id is random if left out."""

    def __init__(self, service: SiteRecovery, channel: Channel) -> None:
        self._service = service
        self._channel = channel
        self._run = partial(declaration, service, channel)

    def associate_policy(
        self,
        container_id: str,
        *,
        policy_id: str,
        mapping_name: str,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> MappingRecord:
        """Associate a replication policy with a container (job AssociateProtectionProfile)."""
        path = container_path(container_id)
        mapping_id = f"{container_id.rstrip('/')}/replicationProtectionContainerMappings/{mapping_name}"
        run = self._run(
            f"Associating a policy with site '{path.fabric}'",
            on_progress=on_progress,
            cancelled=cancelled,
            timeout_seconds=timeout_seconds,
        )
        body = CreateProtectionContainerMappingInput(
            properties=CreateProtectionContainerMappingInputProperties(
                policy_id=policy_id,
                target_protection_container_id=_AZURE,
                provider_specific_input=ReplicationProviderSpecificContainerMappingInput(instance_type=_KIND),
            )
        )

        def paired() -> MappingRecord | None:
            mapping = self._service.mapping(mapping_id)
            fits = mapping is not None and same_id(mapping.policy_id, policy_id) and mapping.state == "Paired"
            return mapping if fits else None

        begin = self._channel.client.replication_protection_container_mappings.begin_create
        return run.until(paired, client_request_id, begin, path.fabric, path.container, mapping_name, body)

    def dissociate_policy(
        self,
        mapping_id: str,
        *,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> None:
        """End the association of a policy with a container (job DissociateProtectionProfile)."""
        path = mapping_path(mapping_id)
        run = self._run(
            f"Removing policy association '{path.name}'",
            on_progress=on_progress,
            cancelled=cancelled,
            timeout_seconds=timeout_seconds,
        )
        body = RemoveProtectionContainerMappingInput(
            properties=RemoveProtectionContainerMappingInputProperties(
                provider_specific_input=ReplicationProviderContainerUnmappingInput(instance_type=_KIND)
            )
        )

        def gone() -> bool:
            return self._service.mapping(mapping_id) is None

        # begin_delete is POST .../remove; the SDK's begin_purge, a DELETE, forgets without telling the host.
        begin = self._channel.client.replication_protection_container_mappings.begin_delete
        run.until(gone, client_request_id, begin, path.fabric, path.container, path.name, body)

    def enable(
        self,
        container_id: str,
        *,
        item_name: str,
        settings: EnableProtection,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 3600.0,
    ) -> ItemRecord:
        """Enable replication of a machine (job EnableDr). The first replication then runs by itself: wait_protected."""
        path = container_path(container_id)
        item_id = f"{container_id.rstrip('/')}/replicationProtectedItems/{item_name}"
        run = self._run(
            f"Enabling replication of '{settings.vm_name}'",
            on_progress=on_progress,
            cancelled=cancelled,
            timeout_seconds=timeout_seconds,
        )
        begin = self._channel.client.replication_protected_items.begin_create
        return run.until(
            lambda: self._service.item(item_id),
            client_request_id,
            begin,
            path.fabric,
            path.container,
            item_name,
            enable_body(settings),
        )

    def wait_enabled(
        self,
        item_id: str,
        *,
        vm: ProtectableItemRecord,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 3600.0,
    ) -> ItemRecord:
        """The item of a VM whose enabling has begun already: in a run that was killed, by another stack or by hand.

        Raises JobFailedError as soon as that enabling (job EnableDr) has failed: then there will be no item.
        """
        what = f"Waiting for the protected item of '{vm.friendly_name}', whose protection has begun"
        run = self._run(what, on_progress=on_progress, cancelled=cancelled, timeout_seconds=timeout_seconds)
        began = self._service.now()

        def seen() -> ItemRecord | None:
            item = self._service.item(item_id)
            job = None if item is not None else self._newest_enabling(vm)
            if job is not None and not job.finished:
                run.job(job.id)
            elif job is not None and not job.succeeded and not _is_outdated(job, began, run):
                raise_if_failed(self._service.job(job.id) or job)
            return item

        return run.until_seen(seen)

    def update(
        self,
        item_id: str,
        *,
        change: ItemUpdate,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> ItemRecord:
        """Change what the Azure VM will be like (job UpdateVmProperties); it moves nothing."""
        path = item_path(item_id)
        run = self._run(
            f"Changing protected item '{path.name}'",
            on_progress=on_progress,
            cancelled=cancelled,
            timeout_seconds=timeout_seconds,
        )
        item = self._present(item_id)

        def find(request_id: str) -> JobRecord | None:
            return self._service.watcher.find_job(request_id, item, cancelled=cancelled)

        body = update_body(item, change)
        begin = self._channel.client.replication_protected_items.begin_update
        run.once(client_request_id, begin, path.fabric, path.container, path.name, body, find=find)
        return self._present(item_id)

    def disable(
        self,
        item_id: str,
        *,
        client_request_id: str | None = None,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 1800.0,
    ) -> None:
        """Disable replication (job DisableDr), on the host too. Forgetting an item without its host is not offered."""
        path = item_path(item_id)
        run = self._run(
            f"Disabling replication of '{path.name}'",
            on_progress=on_progress,
            cancelled=cancelled,
            timeout_seconds=timeout_seconds,
        )
        body = DisableProtectionInput(properties=DisableProtectionInputProperties())

        def gone() -> bool:
            return self._service.item(item_id) is None

        self._wait_for_disabling(run, item_id)
        begin = self._channel.client.replication_protected_items.begin_delete
        run.until(gone, client_request_id, begin, path.fabric, path.container, path.name, body)

    def wait_protected(
        self,
        item_id: str,
        *,
        on_progress: Callable[[ItemRecord], None] | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
    ) -> ItemRecord:
        """Until the first replication is over, whatever stage that leaves the item in, and operations are offered:
        "Protected" alone allows none yet.

        Raises NotFoundError where the item goes meanwhile.
        """
        lagging = Lagging(self._service.now)

        def over(item: ItemRecord | None) -> bool:
            if item is not None and on_progress is not None:
                on_progress(item)
            return item is None or not (is_replicating_first(item) or lagging.is_so(item))

        item = self._service.watcher.wait_for_item(
            item_id, until=over, cancelled=cancelled, timeout_seconds=timeout_seconds
        )
        if item is None:
            raise NotFoundError(
                f"The protection of '{item_path(item_id).name}' was ended while its initial replication was waited for:"
                " its protected item is gone.",
                f"In {self._channel.vault}.",
                "The vault's jobs tell who disabled it. Run `pulumi refresh`, then `pulumi up --strict` to protect it "
                "anew, or take the machine out of the stack.",
            )
        return item

    def wait_for(
        self,
        seen: Callable[[], Seen | None],
        *,
        what: str,
        cancelled: threading.Event | None = None,
        timeout_seconds: float,
    ) -> Seen:
        """What `seen` returns as soon as that is true: of things that happen by themselves, as a host's registration.

        `what` is waited for in words, for the StillRunningError of a time-out or a cancellation.
        """
        return self._run(what, cancelled=cancelled, timeout_seconds=timeout_seconds).until_seen(seen)

    def _wait_for_disabling(self, run: Declaration, item_id: str) -> None:
        """One that is under way already, of a killed run or by hand: a second call would find the item busy."""
        item = self._service.item(item_id)
        scenario = item.current_scenario if item is not None else None
        if scenario is not None and scenario.name in _DISABLE and scenario.job_id is not None:
            with suppress(JobFailedError):  # then it is ours to try
                run.job(scenario.job_id)

    def _newest_enabling(self, vm: ProtectableItemRecord) -> JobRecord | None:
        ids = (vm.vm_id, vm.name, vm.id)
        enabling = (job for job in self._service.newest_jobs() if job.scenario_name == _ENABLE)
        return next((job for job in enabling if any(same_id(job.target_object_id, one) for one in ids if one)), None)

    def _present(self, item_id: str) -> ItemRecord:
        item = self._service.item(item_id)
        if item is None:
            raise NotFoundError(
                f"There is no protected item '{item_path(item_id).name}'.",
                f"In {self._channel.vault}.",
                "Protect the machine first, or remove it from the stack.",
            )
        return item


def _is_outdated(job: JobRecord, began: datetime, run: Declaration) -> bool:
    before = job.end_time is not None and job.end_time < began
    return before and run.limits.elapsed_seconds < _LISTED_WITHIN_SECONDS
