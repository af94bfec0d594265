"""What is taken out of the stack file while a dismantling is declared, or by the edit that takes it back.

How a resource is deleted stands in the state that the last `up` left: one that is no longer declared never hears that
the dismantling was taken back. So what the estate declares is kept with the guard while a dismantling is declared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.dynamic import CheckFailure

KEPT_TO_DISMANTLE = {
    "vms": "VM",
    "associations": "association",
    "networkMappings": "network mapping",
}
_ALWAYS_KEPT = {"sites": "site", "policies": "policy", "networks": "network"}
_SHOWN = 5


def as_far_as_dismantled(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """The guard's inputs without what is no change of them while no dismantling is declared, or was."""
    if olds.get("dismantle") or news.get("dismantle"):
        return dict(news)
    return {key: value for key, value in news.items() if key not in KEPT_TO_DISMANTLE}


def taken_out_with_it(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """What an `up` would take away in Azure although its dismantling is taken back; inputs of the guard."""
    if not olds.get("dismantle") or news.get("dismantle"):
        return
    gone = [f"{word} {name}" for word, name in _taken_out(olds, news)]
    if gone:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        text = (
            "the last `pulumi up` was told to dismantle this estate, and the stack file no longer says so. What is "
            "taken out of it in the same edit would still be taken away in Azure: "
            f"{', '.join(gone[:_SHOWN])}{more}. Write that again, run `pulumi up --strict` without `dismantle`, and "
            "take it out then: it stays in Azure"
        )
        yield CheckFailure("dismantle", text)


def gone_by_this_up(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[str]:
    """What this very `up` takes away in Azure, as it was taken out while the dismantling is declared."""
    if not olds.get("dismantle") or not news.get("dismantle"):
        return
    for word, name in _taken_out(olds, news):
        what, does = f"{word} {name}", "deletes it in Azure"
        if word == KEPT_TO_DISMANTLE["vms"]:
            does = "ends its protection: its replica in Azure and all recovery points are deleted"
        elif word == KEPT_TO_DISMANTLE["associations"]:
            does = "removes it, where this stack made it"
        yield (
            f"CANNOT BE UNDONE: {what} is taken out of the stack file while `dismantle` is written, so this `up` "
            f"{does}. To keep it, write it again"
        )


def _taken_out(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What it is and its name, of each part that was not adopted."""
    for kind, word in {**KEPT_TO_DISMANTLE, **_ALWAYS_KEPT}.items():
        for name, entry in (olds.get(kind) or {}).items():
            if not entry.get("adopt") and name not in (news.get(kind) or {}):
                yield word, name
