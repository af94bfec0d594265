"""A direction whose VM cannot be protected yet, because no Hyper-V host has registered with its site.

It stands as pending, with an empty `itemId`: nothing is asked of the service and nothing moves. The `up` that finds a
host protects the VM, and the direction then is what it always is.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pulumi.dynamic import CheckResult, CreateResult, ReadResult, ResourceProvider, UpdateResult

from providers.direction_facts import COMPUTED, OUTPUTS, malformed, not_yet
from providers.properties import is_unknown, plain

Provider = TypeVar("Provider", bound=type[ResourceProvider])

_TEXT = "runs on premises, unprotected: no Hyper-V host has registered with its site yet"


def pending_without_item(provider: Provider) -> Provider:
    """Decorates the provider of directions: what has no item yet is answered here, all else by the provider itself."""
    check, create, update, read = provider.check, provider.create, provider.update, provider.read

    def pending_check(self: Any, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        if not _pending(news):
            return check(self, olds, news)
        olds, news = plain(olds), plain(news)
        failures = malformed(olds, news)
        return CheckResult(news if failures else {**news, **not_yet(news, olds)}, failures)

    def pending_create(self: Any, props: dict[str, Any]) -> CreateResult:
        if not _pending(props):
            return create(self, props)
        return CreateResult(f"pending:{props['vm']}", _outputs(plain(props)))

    def pending_update(self: Any, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_outputs(plain(news))) if _pending(news) else update(self, id_, olds, news)

    def pending_read(self: Any, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, plain(props)) if _pending(props) else read(self, id_, props)

    for name, method in (
        ("check", pending_check),
        ("create", pending_create),
        ("update", pending_update),
        ("read", pending_read),
    ):
        setattr(provider, name, method)
    return provider


def _pending(props: Mapping[str, Any]) -> bool:
    item_id = props.get("itemId")
    return not is_unknown(item_id) and item_id == ""


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(OUTPUTS, "")
    lists: dict[str, Any] = {
        key: [] for key in ("plan", "irreversible", "blockers", "allowedOperations", "verification")
    }
    declared = {key: value for key, value in props.items() if key not in COMPUTED}
    stands = {"applied": props["direction"], "stageText": _TEXT, "waiting": _TEXT, "lastJob": {}, "rpoSeconds": 0}
    return {**nothing, **lists, **declared, **stands}
