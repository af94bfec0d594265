"""Inputs that the engine leaves out, because what they were to come from failed in this `up`.

The project's commands let the engine go on after a failure. It then takes no step of what depends on the failed
resource, but has it checked and compared before, without the inputs that the failed one would have given. Nothing may
be made of those: an input that is missing is no change of the declaration, and a check that fails ends the whole `up`,
with the VMs that have nothing to do with the failure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from providers.operation import Severity, current_operation
from site_recovery.errors import RefusedError

_WORDS = {
    "itemId": "protected item",
    "containerId": "Hyper-V hosts",
    "policyId": "policy",
    "azureNetworkId": "network",
    "networkId": "network",
    "testNetworkId": "test network",
    "storageAccountId": "storage account",
    "logStorageAccountId": "log storage account",
}
_MEND = "Mend what failed, then run `pulumi up --strict` again"


def left_out(news: Mapping[str, Any], keys: Iterable[str]) -> tuple[str, ...]:
    """Which of `keys`, inputs that come from other resources, have no value. One that is empty has been given."""
    return tuple(key for key in keys if news.get(key) is None)


def left_out_of_item(news: Mapping[str, Any]) -> tuple[str, ...]:
    """The same of a protected item, with those of its `azure` that the stack makes."""
    azure = news.get("azure") or {}
    return (*left_out(news, ("containerId", "policyId")), *left_out(azure, news.get("made") or ()))


def refuse_left_out(what: str, missing: Iterable[str]) -> None:
    """Raises RefusedError where an input is missing: for the step itself, which the engine should not have begun."""
    words = _words(missing)
    if words:
        raise RefusedError(f"{what} rests on its {words}, which failed in this `up`", "nothing of it is changed", _MEND)


def say_left_alone(
    what: str, missing: Iterable[str], consequence: str, *, severity: Severity = Severity.WARNING
) -> None:
    """One line on the row of what is left alone: why, and that it is nothing of its own."""
    text = (
        f"{what} is left alone in this `up`: its {_words(missing)} failed, or what that rests on did, as the errors "
        f"tell. {consequence}. {_MEND}"
    )
    current_operation().say(severity, text)


def _words(missing: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(_WORDS[key] for key in missing))
