"""A vault, as the rest of the project sees it: reads here, what changes things in `operations` and `protection`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from azure.core.exceptions import DecodeError, HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpRequest, HttpResponse

from site_recovery import estate_parsing, parsing
from site_recovery.channel import Channel
from site_recovery.compute import PowerState, read_power_state, read_power_states, read_vm_names
from site_recovery.errors import NeverSetUpError, NotFoundError
from site_recovery.estate import Estate
from site_recovery.estate_records import (
    ContainerRecord,
    FabricRecord,
    MappingRecord,
    NetworkRecord,
    PolicyRecord,
    ProviderRecord,
)
from site_recovery.inventory import SharedReading
from site_recovery.job_parsing import parse_job
from site_recovery.landing_place import LandingPlace, read_landing_place
from site_recovery.leftovers import Leftovers
from site_recovery.operations import Operations
from site_recovery.paths import container_path, item_path, mapping_path
from site_recovery.protection import Protection
from site_recovery.records import (
    Inventory,
    ItemRecord,
    JobRecord,
    ProtectableItemRecord,
    RecoveryPointRecord,
    SizeRecord,
    VaultId,
    last_segment,
)
from site_recovery.target import Target
from site_recovery.translation import translated
from site_recovery.vault_settings import VaultSettings, read_vault_settings
from site_recovery.watcher import JobWatcher

_Record = TypeVar("_Record")

_API_VERSION = "2025-08-01"

# ARM says these of the vault, and of what it is in; of what is in the vault, the service says other codes.
_VAULT_IS_MISSING = frozenset(
    {"ResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound", "InvalidResourceType"}
)


@dataclass(frozen=True)
class _KeptPoints:
    """Recovery points as they were when they were asked for, by the service's clock and by ours."""

    points: tuple[RecoveryPointRecord, ...]
    asked_at: datetime
    asked: float


class SiteRecovery:
    """One vault, for any number of threads. Raises the kinds of site_recovery.errors and nothing of the SDK."""

    def __init__(self, target: Target, channel: Channel) -> None:
        self.target = target
        self.vault: VaultId = channel.vault
        self._channel = channel
        self._client = channel.client
        self._inventory = SharedReading(self._read_inventory)
        self._succeeded: dict[str, JobRecord] = {}
        self._called_at: dict[str, float] = {}
        self._points: dict[str, _KeptPoints] = {}
        self._discovered: dict[str, SharedReading[tuple[ProtectableItemRecord, ...]]] = {}
        self.watcher = JobWatcher(self, channel.pace)
        self.operations = Operations(channel, on_sent=self._sent)
        self.protection = Protection(self, channel)
        self.estate = Estate(self, channel)
        self.leftovers = Leftovers(channel)

    def now(self) -> datetime:
        """The service's clock: its last Date header and the time since, in UTC; ours before the first answer."""
        return self._channel.pace.now()

    @property
    def clock_skew_seconds(self) -> float:
        """Service clock minus local clock at the last answer; 0.0 before the first, and always of a simulator."""
        return self._channel.pace.clock_skew_seconds

    @property
    def wait_scale(self) -> float:
        """Our seconds for one of the service's: 1.0, less of a simulator that runs fast. Waits are multiplied by it."""
        return self._channel.pace.scale

    def learn_pace(self, job_id: str) -> None:
        """Ask for the status of a job's operation, whose answer tells how fast a simulator runs. Else does nothing.

        A process that has sent no operation of its own (one that takes up another's work) would not know.
        """
        if self._channel.pace.scale_is_known:
            return
        url = f"{self.vault.arm_id}/replicationOperationStatus/{last_segment(job_id)}"
        with translated(f"Reading the status of job {last_segment(job_id)} in {self.vault}."):
            self._client.send_request(HttpRequest("GET", url, params={"api-version": _API_VERSION}))

    def inventory(self, *, max_age_seconds: float = 5.0, about: str | None = None) -> Inventory:
        """All items and jobs of the vault, read once for everybody who asks within max_age_seconds.

        Who asks `about` one protected item gets no reading from before our last call that moved it; that other machines
        have begun to move in the meantime is no reason to read all of them again.
        """
        calls = [self._called_at.get(about.casefold())] if about is not None else list(self._called_at.values())
        called_at = max((call for call in calls if call is not None), default=None)
        if called_at is not None:
            max_age_seconds = min(max_age_seconds, time.monotonic() - called_at)
        return self._inventory.get(max_age_seconds)

    def fresh_inventory(self) -> Inventory:
        """All items and jobs as they are after this call, read once for everybody who asks at about the same time."""
        return self._inventory.fresh()

    def invalidate(self) -> None:
        """The next inventory() reads anew, whatever its age. Every call that changes something does this."""
        self._inventory.invalidate()
        self._points.clear()
        for reading in tuple(self._discovered.values()):
            reading.invalidate()

    def item(self, item_id: str) -> ItemRecord | None:
        """The protected item as it is now, None when there is none."""
        path = item_path(item_id)
        return self._one(
            f"Reading protected item '{path.name}' of {self.vault}.",
            parsing.parse_item,
            self._client.replication_protected_items.get,
            path.fabric,
            path.container,
            path.name,
        )

    def items(self) -> tuple[ItemRecord, ...]:
        """All protected items of the vault; none, when Site Recovery was never set up in it."""
        try:
            with translated(f"Listing the protected items of {self.vault}."):
                return tuple(map(parsing.parse_item, self._entries("replicationProtectedItems")))
        except NeverSetUpError:
            return ()

    def job(self, job_id: str) -> JobRecord | None:
        """The job with tasks, errors and activity id, None when there is none (yet).

        One that has succeeded stays as it is, and is read once; a failed one may be restarted.
        """
        name = last_segment(job_id)
        known = self._succeeded.get(name.casefold())
        if known is not None:
            return known
        job = self._one(f"Reading job {name} of {self.vault}.", parse_job, self._client.replication_jobs.get, name)
        if job is not None and job.succeeded:
            self._succeeded[name.casefold()] = job
        return job

    def jobs(self) -> tuple[JobRecord, ...]:
        """All jobs, newest first, without tasks, errors and activity ids."""
        return tuple(self.newest_jobs())

    def newest_jobs(self, *, named: frozenset[str] | None = None) -> Iterator[JobRecord]:
        """The jobs, newest first, read page by page as the iteration goes on: stop when enough is known.

        With `named` (names in lower case) only those of these names. None, when Site Recovery was never set up.
        """
        with suppress(NeverSetUpError), translated(f"Listing the jobs of {self.vault}."):
            for entry in self._entries("replicationJobs"):
                if named is None or str(entry.get("name")).casefold() in named:
                    yield parse_job(entry)

    def recovery_points(self, item_id: str, *, max_age_seconds: float = 0.0) -> tuple[RecoveryPointRecord, ...]:
        """The recovery points of a protected item, newest first; no older than so many seconds of the service.

        A call of ours that changes the item makes what was read before it too old, whatever its age.
        """
        key = item_id.casefold()
        kept = self._points.get(key)
        if kept is not None and max_age_seconds > 0 and self._age(kept) < max_age_seconds:
            return kept.points
        asked_at, asked, call = self.now(), time.monotonic(), self._called_at.get(key)
        points = self._read_recovery_points(item_id)
        if self._called_at.get(key) == call:
            self._points[key] = _KeptPoints(points, asked_at, asked)
        return points

    def _age(self, kept: _KeptPoints) -> float:
        """In seconds of the service; of the wall, where the service's clock is slower than that, or stands still."""
        return max((self.now() - kept.asked_at).total_seconds(), time.monotonic() - kept.asked)

    def _read_recovery_points(self, item_id: str) -> tuple[RecoveryPointRecord, ...]:
        path = item_path(item_id)
        points = self._all(
            f"Listing the recovery points of protected item '{path.name}' in {self.vault}.",
            parsing.parse_recovery_point,
            self._client.recovery_points.list_by_replication_protected_items,
            path.fabric,
            path.container,
            path.name,
        )
        return tuple(sorted(points, key=lambda point: point.time.timestamp() if point.time else 0.0, reverse=True))

    def target_sizes(self, item_id: str) -> tuple[SizeRecord, ...]:
        """The sizes that Azure VMs can have in the region of a protected item: the same for all items of a vault."""
        path = item_path(item_id)
        listing = self._client.target_compute_sizes.list_by_replication_protected_items
        where = f"Listing the sizes for protected item '{path.name}' in {self.vault}."
        return self._all(where, parsing.parse_size, listing, path.fabric, path.container, path.name)

    def fabrics(self) -> tuple[FabricRecord, ...]:
        """All fabrics; Hyper-V sites have the kind "HyperVSite"."""
        listing = self._client.replication_fabrics.list
        return self._all(f"Listing the sites of {self.vault}.", estate_parsing.parse_fabric, listing)

    def fabric(self, fabric_name: str) -> FabricRecord | None:
        """One fabric by its name, None when there is none."""
        where = f"Reading site '{fabric_name}' of {self.vault}."
        return self._one(where, estate_parsing.parse_fabric, self._client.replication_fabrics.get, fabric_name)

    def containers(self, fabric_name: str) -> tuple[ContainerRecord, ...]:
        """The protection containers of a fabric; the service makes one by itself for a Hyper-V site."""
        listing = self._client.replication_protection_containers.list_by_replication_fabrics
        where = f"Listing the containers of site '{fabric_name}' in {self.vault}."
        return self._all(where, estate_parsing.parse_container, listing, fabric_name)

    def protectable_items(self, container_id: str) -> tuple[ProtectableItemRecord, ...]:
        """The virtual machines that the service has discovered for a container."""
        path = container_path(container_id)
        listing = self._client.replication_protectable_items.list_by_replication_protection_containers
        where = f"Listing the discovered machines of site '{path.fabric}' in {self.vault}."
        return self._all(where, parsing.parse_protectable_item, listing, path.fabric, path.container)

    def discovered(self, container_id: str, *, max_age_seconds: float = 5.0) -> tuple[ProtectableItemRecord, ...]:
        """protectable_items(), read once for everybody who asks within max_age_seconds."""
        key = container_id.casefold()
        reading = self._discovered.setdefault(key, SharedReading(lambda: self.protectable_items(container_id)))
        return reading.get(max_age_seconds)

    def providers(self, fabric_name: str) -> tuple[ProviderRecord, ...]:
        """The Site Recovery providers registered for a fabric."""
        listing = self._client.replication_recovery_services_providers.list_by_replication_fabrics
        where = f"Listing the providers of site '{fabric_name}' in {self.vault}."
        return self._all(where, estate_parsing.parse_provider, listing, fabric_name)

    def networks(self, fabric_name: str) -> tuple[NetworkRecord, ...]:
        """The networks of a fabric."""
        listing = self._client.replication_networks.list_by_replication_fabrics
        where = f"Listing the networks of site '{fabric_name}' in {self.vault}."
        return self._all(where, estate_parsing.parse_network, listing, fabric_name)

    def mapping(self, mapping_id: str) -> MappingRecord | None:
        """One association of a policy with a container, None when there is none."""
        path = mapping_path(mapping_id)
        return self._one(
            f"Reading policy association '{path.name}' of {self.vault}.",
            estate_parsing.parse_mapping,
            self._client.replication_protection_container_mappings.get,
            path.fabric,
            path.container,
            path.name,
        )

    def policies(self) -> tuple[PolicyRecord, ...]:
        """The replication policies of the vault."""
        listing = self._client.replication_policies.list
        return self._all(f"Listing the replication policies of {self.vault}.", estate_parsing.parse_policy, listing)

    def mappings(self, container_id: str) -> tuple[MappingRecord, ...]:
        """The policies associated with a container."""
        path = container_path(container_id)
        mappings = self._client.replication_protection_container_mappings
        listing = mappings.list_by_replication_protection_containers
        where = f"Listing the policy associations of site '{path.fabric}' in {self.vault}."
        return self._all(where, estate_parsing.parse_mapping, listing, path.fabric, path.container)

    def landing_place(self, arm_id: str) -> LandingPlace:
        """Whether a network, storage account, resource group or availability set is there, and a network's subnets;
        never an error."""
        return read_landing_place(self._client, arm_id)

    def vault_settings(self) -> VaultSettings:
        """What the vault itself is set to; never an error."""
        return read_vault_settings(self._client, self.vault)

    def power_state(self, vm_arm_id: str) -> PowerState:
        """Whether an Azure VM runs; UNKNOWN where the identity may not read it."""
        return read_power_state(self._client, vm_arm_id)

    def power_states(self) -> Mapping[str, PowerState]:
        """Whether Azure VMs run, of all in the subscription, by their ARM ids in lower case: one listing."""
        return read_power_states(self._client, self.vault.subscription_id)

    def vm_names(self, group_arm_id: str) -> frozenset[str]:
        """The names of all Azure VMs of a resource group, in lower case: one listing."""
        return read_vm_names(self._client, group_arm_id)

    def _sent(self, item_id: str | None) -> None:
        # Moving a protected machine changes nothing of the others, nor of what has been discovered on premises.
        if item_id is None:
            self._inventory.invalidate()
            self._points.clear()
            return
        self._called_at[item_id.casefold()] = time.monotonic()
        self._points.pop(item_id.casefold(), None)

    def _read_inventory(self) -> Inventory:
        items, jobs = self.items(), self.jobs()
        return Inventory(items=items, jobs=jobs, read_at=self.now())

    def _entries(self, collection: str) -> Iterator[Mapping[str, Any]]:
        """The entries of a collection of the vault as the service sends them.

        The SDK's pipeline without its models: the two lists that are polled grow with the vault, and making a model
        of each entry costs more than all the rest of a reading.
        """
        url: str | None = f"{self.vault.arm_id}/{collection}?api-version={_API_VERSION}"
        while url:
            page, response = self._page(url)
            if not isinstance(page, Mapping):
                raise DecodeError(f"a list of {collection} came as {type(page).__name__}", response=response)
            yield from (entry for entry in page.get("value") or () if isinstance(entry, Mapping))
            url = page.get("nextLink")

    def _page(self, url: str) -> tuple[object, HttpResponse]:
        # As the pipeline has decoded it: asked for its JSON, the response would be parsed once more.
        decoded: list[object] = []

        def keep(answer: PipelineResponse[HttpRequest, HttpResponse]) -> None:
            decoded.append(answer.context.get(ContentDecodePolicy.CONTEXT_NAME))

        response = self._client.send_request(HttpRequest("GET", url), raw_response_hook=keep)
        if response.status_code != HTTPStatus.OK:
            raise HttpResponseError(response=response)
        return decoded[-1], response

    def _one(
        self, where: str, parse: Callable[[Mapping[str, Any]], _Record], get: Callable[..., Any], *names: str
    ) -> _Record | None:
        try:
            with translated(where):
                return parse(get(*self._channel.names, *names))
        except NotFoundError as error:
            if error.code in _VAULT_IS_MISSING:
                raise
            return None

    def _all(
        self,
        where: str,
        parse: Callable[[Mapping[str, Any]], _Record],
        listing: Callable[..., Iterable[Any]],
        *names: str,
    ) -> tuple[_Record, ...]:
        try:
            with translated(where):
                return tuple(map(parse, listing(*self._channel.names, *names)))
        except NeverSetUpError:
            return ()
