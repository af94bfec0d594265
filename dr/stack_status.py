"""Reads a stack's VMs, again and again: from the service and the stack file, without engine and state."""

import time
from collections.abc import Callable
from dataclasses import replace

from components.settings import Settings
from dr.stack_vm import NoSuchVm, StackVm, item_among, service_of, stack_vm
from dr.status_rows import Standing, StatusRow, status_row, unclear_row, with_the_whole
from executor.judging import judged, with_host
from executor.observe import Look, observation_of
from executor.request_ids import is_ours
from executor.survey import Survey, survey_of
from lifecycle.blockers import Blocker
from lifecycle.data_loss import begins_failover, changes_recovery_point
from lifecycle.directions import Place
from lifecycle.intent import Decision, Intent, where_it_runs
from lifecycle.observation import Observation, PowerState
from lifecycle.planner import plan
from lifecycle.stack_limits import frozen
from lifecycle.without_state import likely_intent
from site_recovery.records import Inventory, ItemRecord
from site_recovery.service import SiteRecovery

# How often it is read whether the Azure copy of a VM that does not move runs: of a hundred VMs that is a hundred reads.
_POWER_SECONDS = 30.0


class StackStatus:
    """One stack. Raises the errors of site_recovery."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._service = service_of(settings)
        self._survey: Survey = survey_of(self._service)
        self._monotonic = monotonic
        self._power: dict[str, tuple[float, PowerState, str]] = {}
        self._owners: dict[str, bool] = {}

    @property
    def service(self) -> SiteRecovery:
        return self._service

    def rows(self) -> tuple[StatusRow, ...]:
        """One row for each declared VM, in order of their names."""
        inventory = self._survey.inventory(begins=True)
        self._survey.rooms.forget()
        rows = [self._row(stack_vm(self._settings, name), inventory) for name in self._settings.vms]
        return with_the_whole(rows, self._settings.max_moves)

    def _row(self, known: StackVm, inventory: Inventory) -> StatusRow:
        try:
            item = item_among(inventory.items, known.vm, self._service.vault)
        except NoSuchVm as error:
            return unclear_row(known.name, known.direction, str(error))
        seen = self._seen(known, item, inventory) if item is not None else None
        declared = known.declared
        if seen is None:
            return status_row(known.name, None, known.direction, declared)
        options = declared.options
        others = not plan(seen, known.direction, options).reached and self._moved_by_others(seen)
        intent = likely_intent(seen, known.direction, options, moved_by_others=others)
        blockers = self._blockers(known, seen, intent)
        return status_row(known.name, Standing(seen, intent, blockers), known.direction, declared)

    def _seen(self, known: StackVm, item: ItemRecord, inventory: Inventory) -> Observation:
        moving = item.current_scenario is not None or item.protection_state != "Protected"
        at, power, unread = self._power.get(item.id, (float("-inf"), PowerState.UNKNOWN, ""))
        old = self._monotonic() - at > _POWER_SECONDS * self._service.wait_scale
        look = Look(power=moving or old)
        seen = observation_of(self._service, item, inventory.jobs, look, known.vm.take_over)
        if not look.power:
            return replace(seen, azure_vm_power=power, azure_vm_unread=unread)
        self._power[item.id] = (self._monotonic(), seen.azure_vm_power, seen.azure_vm_unread)
        return seen

    def _moved_by_others(self, seen: Observation) -> bool:
        """Whether the job that brought the VM to where it is was not ours; False where there was none."""
        if seen.brought_here is not None:
            return not seen.brought_here.owner.may_go_on
        name = seen.last_failover_job if where_it_runs(seen) is Place.AZURE else seen.last_failback_job
        if name is None:
            return False
        if name not in self._owners:
            job = self._service.job(name)
            self._owners[name] = job is not None and not is_ours(job.client_request_id)
        return self._owners[name]

    def _blockers(self, known: StackVm, seen: Observation, intent: Intent) -> tuple[Blocker, ...]:
        """Of a VM that is to be moved: what a preview would find."""
        if intent.decision is not Decision.MOVE:
            return ()
        due = intent.plan
        if begins_failover(due) or changes_recovery_point(due):
            points = Look(recovery_points=True, power=False)
            looked = self._survey.observe(seen.item_id, points, known.vm.take_over)
            seen = replace(seen, recovery_points=looked.recovery_points if looked is not None else None)
        declared = known.declared
        of_the_stack = frozen(known.name, self._settings.freeze)
        hosted = with_host(self._survey, seen, due, declared)
        return judged(self._survey, hosted, due, declared, of_the_stack).blockers
