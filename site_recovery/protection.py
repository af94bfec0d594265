"""What a stack declares rather than moves: associations of policies, and protected items.

Each call ends when the declared thing is there (or gone), or raises. Called again, it does nothing that is done. A call
whose answer was lost is looked for by its effect, since what it declares is there to be seen; then it is sent again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

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
from site_recovery.errors import BusyError, NotFoundError, SiteRecoveryError, ThrottledError
from site_recovery.paths import container_path, item_path, mapping_path
from site_recovery.polling import Limits
from site_recovery.records import Accepted, ItemRecord, JobRecord, MappingRecord, same_id
from site_recovery.sending import send_declaration
from site_recovery.watcher import raise_if_failed

if TYPE_CHECKING:
    from site_recovery.service import SiteRecovery

__all__ = ["EnableProtection", "ItemUpdate", "OnJobProgress", "Protection"]

OnJobProgress = Callable[[JobRecord], None]

Seen = TypeVar("Seen")

_KIND = "HyperVReplicaAzure"
_AZURE = "Microsoft Azure"  # the service's name for the container at the other end
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 2.0


class Protection:
    """One vault's declarations. timeout_seconds are seconds of the service; client_request_id is random if left out."""

    def __init__(self, service: SiteRecovery, channel: Channel) -> None:
        self._service = service
        self._channel = channel

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
        run = self._run(f"Associating a policy with site '{path.fabric}'", on_progress, cancelled, timeout_seconds)
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
        run = self._run(f"Removing policy association '{path.name}'", on_progress, cancelled, timeout_seconds)
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
        run = self._run(f"Enabling replication of '{settings.vm_name}'", on_progress, cancelled, timeout_seconds)
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
        run = self._run(f"Changing protected item '{path.name}'", on_progress, cancelled, timeout_seconds)
        body = update_body(self._present(item_id), change)
        begin = self._channel.client.replication_protected_items.begin_update
        run.once(client_request_id, begin, path.fabric, path.container, path.name, body)
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
        run = self._run(f"Disabling replication of '{path.name}'", on_progress, cancelled, timeout_seconds)
        body = DisableProtectionInput(properties=DisableProtectionInputProperties())

        def gone() -> bool:
            return self._service.item(item_id) is None

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
        """Until the first replication has ended and operations are offered: "Protected" alone allows none yet."""

        def tell(item: ItemRecord | None) -> None:
            if item is not None and on_progress is not None:
                on_progress(item)

        def offered(item: ItemRecord | None) -> bool:
            return item is not None and item.protection_state == "Protected" and bool(item.allowed_operations)

        item = self._service.watcher.wait_for_item(
            item_id, until=offered, on_progress=tell, cancelled=cancelled, timeout_seconds=timeout_seconds
        )
        assert item is not None  # noqa: S101 - `offered` says so
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
        run = self._run(what, None, cancelled, timeout_seconds)
        while not (found := seen()):
            run.limits.check()
            run.limits.pause(_LOOK_EVERY_SECONDS)
        return found

    def _present(self, item_id: str) -> ItemRecord:
        item = self._service.item(item_id)
        if item is None:
            raise NotFoundError(
                f"There is no protected item '{item_path(item_id).name}'.",
                f"In {self._channel.vault}.",
                "Protect the machine first, or remove it from the stack.",
            )
        return item

    def _run(
        self, what: str, on_progress: OnJobProgress | None, cancelled: threading.Event | None, timeout_seconds: float
    ) -> _Run:
        where = f"{what} in {self._channel.vault}."
        limits = Limits(where, self._channel.pace, timeout_seconds, cancelled)
        return _Run(self._service, self._channel, where, limits, on_progress, cancelled, timeout_seconds)


@dataclass(frozen=True)
class _Run:
    """One declaration on its way."""

    service: SiteRecovery
    channel: Channel
    where: str
    limits: Limits
    on_progress: OnJobProgress | None
    cancelled: threading.Event | None
    timeout_seconds: float

    def until(
        self,
        seen: Callable[[], Seen | None],
        client_request_id: str | None,
        begin: Callable[..., Any],
        *arguments: object,
    ) -> Seen:
        """What `seen` returns as soon as that is true of the vault: at once, or after the call and its job."""
        found = seen()
        if found:
            return found
        self.once(client_request_id, begin, *arguments, seen=seen)
        while not (found := seen()):
            # What a job has done shows in the object only after a moment.
            self.limits.check()
            self.limits.pause(_LOOK_EVERY_SECONDS)
        return found

    def once(
        self,
        client_request_id: str | None,
        begin: Callable[..., Any],
        *arguments: object,
        seen: Callable[[], object] = lambda: None,
    ) -> None:
        """The call and its job. Raises JobFailedError when the job fails."""
        accepted = self._accepted(client_request_id or str(uuid.uuid4()), begin, arguments, seen)
        if accepted is None:
            return
        job = self.service.watcher.wait(
            accepted.job_id,
            on_progress=self.on_progress,
            cancelled=self.cancelled,
            timeout_seconds=self.timeout_seconds - self.limits.elapsed_seconds,
        )
        raise_if_failed(job)

    def _accepted(
        self,
        client_request_id: str,
        begin: Callable[..., Any],
        arguments: tuple[object, ...],
        seen: Callable[[], object],
    ) -> Accepted | None:
        """None when there is no job to wait for: the service said it was done, or the effect of a lost call shows."""
        for attempt in range(1, _ATTEMPTS + 1):
            self.service.invalidate()
            try:
                return send_declaration(
                    begin,
                    *self.channel.names,
                    *arguments,
                    client_request_id=client_request_id,
                    where=self.where,
                )
            except SiteRecoveryError as error:
                if attempt == _ATTEMPTS or not _may_be_sent_again(error):
                    raise
                asked = error.retry_after_seconds if isinstance(error, ThrottledError) else None
                self.limits.check()
                self.limits.pause(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), at_least=asked)
            if seen():
                return None
        raise AssertionError("the last attempt returns or raises")


def _may_be_sent_again(error: SiteRecoveryError) -> bool:
    """A declaration sent twice declares the same once more, so only what the service refused for good is final."""
    return error.outcome_unknown or isinstance(error, ThrottledError | BusyError)
