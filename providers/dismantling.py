"""Taking an estate apart: what stands in its way, and what is told of a refusal.

A resource removes from Azure what it declares only where the last `up` was told so (its state says `dismantle`) and
the program of this very run, where one runs, says it still: what was taken back destroys nothing in an `up`.
`pulumi destroy` runs no program, and has the state alone.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lifecycle.observation import MOVE_SCENARIOS
from providers.operation import current_operation
from site_recovery.errors import RefusedError, SiteRecoveryError
from site_recovery.records import Inventory, ItemRecord, JobRecord, is_job_of
from site_recovery.service import SiteRecovery

_TESTS = {"TestFailover", "TestFailoverCleanup"}
_ENDINGS = {"DisableDr", "PurgeVm"}

# By stack, what the program of this run declares. One process serves all calls of an engine's run.
_lock = threading.Lock()
_declared: dict[str, bool] = {}


def declares_dismantling(dismantles: bool) -> None:
    """Keeps whether the program that is running declares the dismantling; for the check of the estate's guard."""
    stack = _stack()
    if stack:
        with _lock:
            _declared[stack] = dismantles


def is_dismantled(props: Mapping[str, Any]) -> bool:
    """Whether what is deleted now, with this state, is to be removed from Azure."""
    with _lock:
        return bool(props.get("dismantle")) and _declared.get(_stack(), True)


def in_the_way(inventory: Inventory) -> tuple[str, ...]:
    """Each VM of the vault that forbids dismantling, with why: it is active in Azure, in the middle of a move, or has
    ended a job whose outcome does not show yet.

    Dismantling cannot be taken back, so `inventory` has to be a fresh one.
    """
    running = tuple(job for job in inventory.jobs if not job.finished)
    return tuple(
        f"{item.friendly_name} {why}" for item in inventory.items if (why := _why_not(item, running, inventory))
    )


def refuse_while_in_the_way(service: SiteRecovery) -> None:
    """Raises RefusedError with every VM that forbids dismantling."""
    found = in_the_way(service.fresh_inventory())
    if found:
        raise RefusedError(
            f"nothing is dismantled: {'; '.join(found)}",
            f"{service.vault}",
            "bring every VM back on premises and finish its move, then run `pulumi destroy` again",
        )


@contextmanager
def dismantled(what: str) -> Iterator[None]:
    """Raises what the service refuses inside the block with what it means for the rest of the dismantling."""
    try:
        yield
    except SiteRecoveryError as error:
        raise RefusedError(
            f"{what} could not be removed: {error.what}",
            error.where,
            f"{error.mend} What rests on it is still there, too; `pulumi destroy` goes on from here",
        ) from error


def _stack() -> str:
    """The stack and project of the call that is served; empty under the stock host, which does not tell."""
    return "::".join((current_operation().urn or "").split("::")[:2])


def _why_not(item: ItemRecord, running: tuple[JobRecord, ...], inventory: Inventory) -> str:
    # The item lags its job: one that has just begun shows among the jobs first.
    scenarios = {job.scenario_name for job in running if is_job_of(job, item)}
    if item.current_scenario is not None:
        scenarios.add(item.current_scenario.name)
    if item.active_location.casefold() == "recovery":
        return "is active in Azure"
    if scenarios & MOVE_SCENARIOS or "Commit" in item.allowed_operations:
        return "is in the middle of a move"
    if scenarios & _TESTS or "TestFailoverCleanup" in item.allowed_operations:
        return "is in a test failover, which has to be cleaned up first"
    if not scenarios and _settles(item, inventory):
        return "has just ended a job whose outcome does not show yet (wait until it does)"
    return ""


def _settles(item: ItemRecord, inventory: Inventory) -> bool:
    """Whether the item may still become something else by itself: it may be active in Azure a moment later."""
    if item.allowed_operations or item.protection_state.startswith("InitialReplication"):
        return False
    newest = next(iter(inventory.jobs_of(item)), None)
    return newest is None or newest.scenario_name not in _ENDINGS
