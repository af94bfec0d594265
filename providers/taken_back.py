"""A dismantling that is taken back, and what the same edit takes out of the stack file.

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
    gone = [
        f"{word} {name}"
        for kind, word in {**KEPT_TO_DISMANTLE, **_ALWAYS_KEPT}.items()
        for name, entry in (olds.get(kind) or {}).items()
        if not entry.get("adopt") and name not in (news.get(kind) or {})
    ]
    if gone:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        text = (
            "the last `pulumi up` was told to dismantle this estate, and the stack file no longer says so. What is "
            "taken out of it in the same edit would still be taken away in Azure: "
            f"{', '.join(gone[:_SHOWN])}{more}. Write that again, run `pulumi up --strict` without `dismantle`, and "
            "take it out then: it stays in Azure"
        )
        yield CheckFailure("dismantle", text)
