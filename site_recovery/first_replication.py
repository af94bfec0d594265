"""Whether an item's first replication is going on: what an `up` may wait for, and nothing else of what an item does."""

from collections.abc import Callable
from datetime import datetime

from site_recovery.records import ItemRecord

# What an item calls the jobs of its enabling (recorded: IrCompletion shows as EnableProtection).
_ENABLING = frozenset({"EnableDr", "EnableProtection", "IrCompletion"})
# Seconds of the service for which an item may show nothing at all after a job: longer is no lag.
_LAG_SECONDS = 180.0


def is_replicating_first(item: ItemRecord) -> bool:
    """Whether the item is being enabled or makes its first copy. What replicates back from Azure is another thing."""
    if item.active_location.casefold() == "recovery":
        return False
    if item.current_scenario is not None and item.current_scenario.name in _ENABLING:
        return True
    return item.protection_state.startswith("InitialReplication")


def shows_nothing_yet(item: ItemRecord) -> bool:
    """Whether a protected item is between two words of the service: no job, and nothing that could be done to it."""
    at_home = item.active_location.casefold() != "recovery"
    idle = item.current_scenario is None and not item.allowed_operations
    return at_home and idle and item.protection_state == "Protected"


class Lagging:
    """Of the looks at one item: whether it shows nothing yet, for no longer than a lag lasts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._since: datetime | None = None

    def is_so(self, item: ItemRecord) -> bool:
        if not shows_nothing_yet(item):
            self._since = None
            return False
        self._since = self._since or self._now()
        return (self._now() - self._since).total_seconds() < _LAG_SECONDS
