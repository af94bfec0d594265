"""Taking an estate apart: what stands in its way, and what is told of a refusal.

A resource whose inputs say `dismantle` removes from Azure what it declares when it is deleted; any other leaves it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from lifecycle.observation import MOVE_SCENARIOS
from site_recovery.errors import RefusedError, SiteRecoveryError
from site_recovery.records import ItemRecord
from site_recovery.service import SiteRecovery

_TESTS = {"TestFailover", "TestFailoverCleanup"}


def in_the_way(service: SiteRecovery) -> tuple[str, ...]:
    """Each VM of the vault that forbids dismantling, with why: it is active in Azure, or in the middle of a move."""
    return tuple(f"{item.friendly_name} {why}" for item in service.inventory().items if (why := _why_not(item)))


def refuse_while_in_the_way(service: SiteRecovery) -> None:
    """Raises RefusedError with every VM that forbids dismantling."""
    found = in_the_way(service)
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


def _why_not(item: ItemRecord) -> str:
    scenario = item.current_scenario.name if item.current_scenario else ""
    if item.active_location.casefold() == "recovery":
        return "is active in Azure"
    if scenario in MOVE_SCENARIOS or "Commit" in item.allowed_operations:
        return "is in the middle of a move"
    if scenario in _TESTS or "TestFailoverCleanup" in item.allowed_operations:
        return "is in a test failover, which has to be cleaned up first"
    return ""
