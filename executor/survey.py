"""What a preview reads of a vault beside one VM: once for all of its VMs, and only what something depends on.

The preview of a hundred VMs asks within a few seconds, one after another. A reading serves as long as the asking goes
on, once for each VM: after a pause, or when the same VM asks again (the engine's update after its preview), the world
may have moved, and it is read anew.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from executor.observe import NOT_NAMED, Look, observation_of, told_power, was_in_azure
from executor.rooms import Rooms
from lifecycle.estimates import Finished
from lifecycle.observation import Observation, Scenario
from lifecycle.steps import Step
from site_recovery.compute import PowerState as AzurePower
from site_recovery.errors import SiteRecoveryError
from site_recovery.estate_records import PolicyRecord, ProviderRecord
from site_recovery.landing_place import LandingPlace
from site_recovery.polling import PASSING
from site_recovery.records import Inventory, JobRecord, SizeRecord, same_id
from site_recovery.service import SiteRecovery

# Two questions closer together than this belong to one preview; no preview is longer than the second.
_PAUSE_SECONDS = 5.0
_LONGEST_SECONDS = 300.0
# A failed reading is everybody's for so long: a hundred VMs do not each wait for what is down.
_FAILED_SECONDS = 15.0
# What a move is judged by just before its first call was read no longer ago than this.
_JUDGED_BY_SECONDS = 15.0
# Their tasks tell synchronizing from completing, and each costs a read.
_FAILBACKS_READ = 3
_HYPERV_FABRIC = "replicationfabrics"


class Survey:
    """One vault's readings, for any number of threads. Raises the errors of site_recovery."""

    def __init__(self, service: SiteRecovery, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.service = service
        self._asked = float("-inf")
        self._failed: _Taken | None = None
        self._served: set[str] = set()
        self._providers: dict[str, _Reading] = {}
        self._landing: dict[str, _Reading] = {}
        self._names: dict[str, _Reading] = {}
        self.rooms = Rooms()
        self._sizes = _Reading(self._read_sizes, monotonic)
        self._powers = _Reading(service.power_states, monotonic)
        self._policies = _Reading(service.policies, monotonic)
        self._failbacks: dict[str, _Reading] = {}
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def inventory(self, *, begins: bool = False, about: str | None = None) -> Inventory:
        """All items and jobs of the vault; anew after a pause, and after anything of ours that changed the vault, or
        moved the item it is asked `about`."""
        with self._lock:
            going_on = not begins and self._monotonic() - self._asked <= _PAUSE_SECONDS
            failed = self._failed
        if failed is not None and going_on and self._monotonic() - failed.at < _FAILED_SECONDS:
            reading = failed
        else:
            oldest = _LONGEST_SECONDS if going_on else 0.0 if begins else _PAUSE_SECONDS
            reading = _take(lambda: self.service.inventory(max_age_seconds=oldest, about=about), self._monotonic)
        with self._lock:
            # After the reading, which may have taken long by itself.
            self._failed, self._asked = (reading if reading.error is not None else None), self._monotonic()
        inventory: Inventory = reading.result()
        return inventory

    def observe(self, item_id: str, look: Look, take_over: str | None) -> Observation | None:
        """The VM out of the reading that all VMs share. None when there is no such item."""
        inventory = self.inventory(begins=self._asks_again(item_id), about=item_id)
        item = inventory.item(item_id)
        return None if item is None else observation_of(self.service, item, inventory.jobs, look, take_over)

    def look_again(self) -> None:
        """A VM is judged once more: what was read beside the vault's own lists a while ago is read anew, once for all
        VMs that are judged at about the same time."""
        with self._lock:
            for readings in (self._providers, self._landing, self._names):
                for key in [key for key, reading in readings.items() if reading.age > _JUDGED_BY_SECONDS]:
                    del readings[key]

    def with_host(self, seen: Observation, *, host: str | None = None, patient: bool = False) -> Observation:
        """`seen` with what the service says of the provider on its host, where it answers that, and of the time.

        `host` is the name of another host that it is to be made anew on. Who is `patient` gets the error of a service
        that does not answer just now.
        """
        seen = replace(seen, clock_skew_seconds=self.service.clock_skew_seconds)
        try:
            providers = self._providers_of(seen, host)
        except SiteRecoveryError as error:
            if patient and isinstance(error, PASSING):
                self._forget_providers(seen)
                raise
            return replace(seen, provider_unread=error.what)
        connected = {_is_connected(provider) for provider in providers}
        heard = [provider.last_heartbeat for provider in providers if provider.last_heartbeat is not None]
        if len(connected) != 1:
            lived = _all_heard_until(providers) if host is None else None
            return replace(seen, provider_unclear=_unclear(providers, host), some_host_heard_until=lived)
        return replace(seen, provider_connected=connected.pop(), provider_last_heartbeat=min(heard, default=None))

    def with_policy(self, seen: Observation) -> Observation:
        """`seen` with the interval at which its policy sends changes, out of one list for all VMs; without it where the
        policies cannot be read."""
        try:
            policies: tuple[PolicyRecord, ...] = self._policies.get()
        except SiteRecoveryError:
            return seen
        known = next((each for each in policies if same_id(each.id, seen.policy_id)), None)
        return replace(seen, sends_every_seconds=(known.replication_interval_seconds or None) if known else None)

    def with_azure_vm(self, seen: Observation) -> Observation:
        """`seen` of a VM that stays, with whether its Azure VM runs, where there may be one: out of one list that all
        such VMs share."""
        item = self.inventory(about=seen.item_id).item(seen.item_id)
        if item is None or not was_in_azure(item):
            return seen
        if item.recovery_vm_id is None:
            return replace(seen, azure_vm_unread=NOT_NAMED)
        with self._lock:
            reading = self._powers
        try:
            states: Mapping[str, AzurePower] = reading.get()
        except SiteRecoveryError as error:
            return replace(seen, azure_vm_unread=error.what)
        power, unread = told_power(states.get(item.recovery_vm_id.casefold(), AzurePower.ABSENT))
        return replace(seen, azure_vm_power=power, azure_vm_unread=unread)

    def finished(self, item_id: str, *, failbacks: bool) -> tuple[Finished, ...]:
        """The vault's jobs that succeeded, newest first, for an estimate of one VM's move; with `failbacks` those that
        fail back have their parts."""
        jobs = [job for job in self.inventory(about=item_id).jobs if job.succeeded and job.start_time and job.end_time]
        backs = [job.name for job in jobs if job.scenario_name == Scenario.FAILBACK][:_FAILBACKS_READ]
        return tuple(self._finished(job, read=failbacks and job.name in backs) for job in jobs)

    def sizes(self) -> tuple[SizeRecord, ...]:
        """The sizes of Azure VMs that the vault's region has; none while no VM is protected, as nothing lists them."""
        known: tuple[SizeRecord, ...] = self._sizes.get()
        return known

    def landing_place(self, arm_id: str) -> LandingPlace:
        """A network, storage account, resource group or availability set, read once for all VMs that land there."""
        with self._lock:
            reading = self._landing.setdefault(
                arm_id.casefold(), _Reading(lambda: self.service.landing_place(arm_id), self._monotonic)
            )
        place: LandingPlace = reading.get()
        return place

    def vm_names(self, group_id: str) -> frozenset[str]:
        """The names, in lower case, of the Azure VMs of a resource group, read once for all VMs that land in it."""
        with self._lock:
            reading = self._names.setdefault(
                group_id.casefold(), _Reading(lambda: self.service.vm_names(group_id), self._monotonic)
            )
        names: frozenset[str] = reading.get()
        return names

    def _read_sizes(self) -> tuple[SizeRecord, ...]:
        # They are listed for an item, and are the same for all of them.
        items = self.inventory().items
        return self.service.target_sizes(items[0].id) if items else ()

    def _asks_again(self, item_id: str) -> bool:
        with self._lock:
            again = item_id.casefold() in self._served
            if again:
                self._served.clear()
                self._providers.clear()
                self._landing.clear()
                self._names.clear()
                self._powers = _Reading(self.service.power_states, self._monotonic)
                self._policies = _Reading(self.service.policies, self._monotonic)
            self._served.add(item_id.casefold())
            return again

    def _forget_providers(self, seen: Observation) -> None:
        """A failure is kept for all who do not ask again."""
        with self._lock:
            self._providers.pop(_fabric_of(seen.item_id).casefold(), None)

    def _providers_of(self, seen: Observation, host: str | None) -> tuple[ProviderRecord, ...]:
        """The provider on `host` if one is given, or else the one that the item names; all of its site where it names
        none."""
        fabric = _fabric_of(seen.item_id)
        with self._lock:
            reading = self._providers.setdefault(
                fabric.casefold(), _Reading(lambda: self.service.providers(fabric), self._monotonic)
            )
        providers: tuple[ProviderRecord, ...] = reading.get()
        if host is not None:
            return tuple(each for each in providers if each.is_on(host))
        item = self.inventory(about=seen.item_id).item(seen.item_id)
        wanted = item.recovery_services_provider_id if item is not None else None
        named = tuple(each for each in providers if wanted and same_id(each.id, wanted))
        return named or providers

    def _finished(self, job: JobRecord, *, read: bool) -> Finished:
        if not read:
            return Finished(job.scenario_name, _seconds(job))
        with self._lock:
            reading = self._failbacks.setdefault(
                job.name, _Reading(lambda: self.service.job(job.id) or job, self._monotonic)
            )
        try:
            return finished_failback(reading.get())
        except SiteRecoveryError as error:
            # An old job decides nothing: without its tasks its parts are estimated otherwise, and that is said.
            return Finished(job.scenario_name, _seconds(job), unread=error.what)


def survey_of(service: SiteRecovery) -> Survey:
    """The survey of a connected vault: one for each vault and process."""
    with _lock:
        known = _surveys.get(service)
        if known is None:
            known = _surveys[service] = Survey(service)
        return known


def _unclear(providers: Sequence[ProviderRecord], host: str | None) -> str:
    """Of no host, or of several of which some are silent while nothing says which of them has the VM."""
    if host is not None:
        return f"its site has no host {host}"
    if not providers:
        return "its site has no provider"
    silent = [each.friendly_name for each in providers if not _is_connected(each)]
    return (
        f"its item does not name its host, and {len(silent)} of the {len(providers)} hosts of its site "
        f"({', '.join(silent)}) do not answer"
    )


def _all_heard_until(providers: Sequence[ProviderRecord]) -> datetime | None:
    """Until when every one of these hosts was heard of; None where one of them does not tell it."""
    heard = [each.last_heartbeat for each in providers if each.last_heartbeat is not None]
    return min(heard) if heard and len(heard) == len(providers) else None


def _is_connected(provider: ProviderRecord) -> bool:
    return provider.connection_status.casefold() == "connected"


def finished_failback(job: JobRecord) -> Finished:
    """A failback with its two parts, which only its tasks tell apart: what came before somebody was waited for, and
    what came after."""
    waited = next((task for task in job.tasks if "waitforuserinput" in f"{task.name}{task.id}".casefold()), None)
    if waited is None or waited.skipped or not (waited.start_time and waited.end_time):
        return Finished(job.scenario_name, _seconds(job), {Step.COMPLETE_FAILOVER: _seconds(job)} if job.tasks else {})
    assert job.start_time is not None  # noqa: S101 - finished() has seen to it
    assert job.end_time is not None  # noqa: S101
    return Finished(
        job.scenario_name,
        _seconds(job),
        {
            Step.SYNCHRONIZE: max((waited.start_time - job.start_time).total_seconds(), 0.0),
            Step.COMPLETE_FAILOVER: max((job.end_time - waited.end_time).total_seconds(), 0.0),
        },
    )


def _seconds(job: JobRecord) -> float:
    if job.start_time is None or job.end_time is None:
        return 0.0
    return max((job.end_time - job.start_time).total_seconds(), 0.0)


def _fabric_of(item_id: str) -> str:
    parts = item_id.strip("/").split("/")
    names = [part.casefold() for part in parts]
    return parts[names.index(_HYPERV_FABRIC) + 1]


@dataclass
class _Taken:
    """What a reading brought, or how it failed, and when it ended."""

    value: Any
    error: SiteRecoveryError | None
    at: float

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


def _take(read: Callable[[], Any], monotonic: Callable[[], float]) -> _Taken:
    try:
        return _Taken(read(), None, monotonic())
    except SiteRecoveryError as error:
        return _Taken(None, error, monotonic())


class _Reading:
    """One reading, kept while it is asked for. A failure is kept as well: a hundred VMs do not each wait for it."""

    def __init__(self, read: Callable[[], Any], monotonic: Callable[[], float]) -> None:
        self._read = read
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._taken: _Taken | None = None
        self._asked = 0.0

    @property
    def age(self) -> float:
        """Seconds since it was read; none, if it is still to be read."""
        taken = self._taken
        return self._monotonic() - taken.at if taken is not None else 0.0

    def get(self) -> Any:
        with self._lock:
            now = self._monotonic()
            taken = self._taken
            oldest = _LONGEST_SECONDS if taken is None or taken.error is None else _FAILED_SECONDS
            if taken is None or now - self._asked > _PAUSE_SECONDS or now - taken.at > oldest:
                taken = self._taken = _take(self._read, self._monotonic)
            # After the reading, which may have taken long by itself.
            self._asked = self._monotonic()
        return taken.result()


_lock = threading.Lock()
_surveys: WeakKeyDictionary[SiteRecovery, Survey] = WeakKeyDictionary()
