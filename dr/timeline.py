"""The steps of a move as a picture: how long each takes at most, and which of them are an outage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_OUTAGE = {"failover", "changeRecoveryPoint", "completeFailover"}
# A commit of a second beside a synchronization of minutes has to be seen and named.
_LEAST = 0.07


@dataclass(frozen=True)
class Segment:
    """One step: where it begins and how wide it is, both of 1; `kind` is outage, service, person or check."""

    name: str
    starts: float
    width: float
    kind: str
    took: str
    irreversible: bool


def timeline(vm: Mapping[str, Any]) -> tuple[Segment, ...]:
    """The segments of a moving VM's steps, from left to right. Steps without an estimate get the least width."""
    steps = [step for step in vm.get("steps") or () if not step.get("conditional") or step.get("duration")]
    if not steps:
        return ()
    longest = [float((step.get("duration") or {}).get("highSeconds") or 0.0) for step in steps]
    whole = sum(longest) or 1.0
    widths = [max(seconds / whole, _LEAST) for seconds in longest]
    scale = sum(widths)
    segments, at = [], 0.0
    for step, width in zip(steps, widths, strict=True):
        share = width / scale
        took = (step.get("duration") or {}).get("words", "")
        segments.append(Segment(step["name"], at, share, _kind(step), took, not step["reversible"]))
        at += share
    return tuple(segments)


def _kind(step: Mapping[str, Any]) -> str:
    if step["name"] in _OUTAGE:
        return "outage"
    if step.get("waits"):
        return "person"
    return "check" if step["name"] == "verify" else "service"
