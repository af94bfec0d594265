"""What an `up` would delete in Azure, as far as its preview tells: a resource that leaves the stack mostly stays there.

While `dismantle` is written, what the stack protects and made goes with its resource, and none of it can be undone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DELETES = {"delete", "delete-replaced"}
_AZURE_NATIVE = "azure-native:"
_DYNAMIC = "pulumi-python:dynamic/siteRecovery:"


@dataclass(frozen=True)
class Deletion:
    """`vm` is empty for what is of no single VM; `what` names it, `consequence` says what is gone then."""

    vm: str
    what: str
    consequence: str

    @property
    def words(self) -> str:
        return f"{self.what}: {self.consequence}"

    def as_json(self) -> dict[str, str]:
        return {"vm": self.vm, "what": self.what, "consequence": self.consequence}


def deletions_of(preview: Mapping[str, Any]) -> tuple[Deletion, ...]:
    """From `pulumi preview --json`: those of VMs first, each by its name."""
    steps = (step for step in preview.get("steps") or () if step.get("op") in _DELETES)
    found = [deletion for step in steps for deletion in _of(step.get("oldState") or {})]
    return tuple(sorted(found, key=lambda each: (not each.vm, each.vm, each.what)))


def _of(state: Mapping[str, Any]) -> Iterator[Deletion]:
    """`state` is what the engine keeps of the resource: its own word on what becomes of it, the last `up` wrote it."""
    kind, name = str(state.get("type")), str(state.get("urn")).rpartition("::")[2]
    props: Mapping[str, Any] = {**(state.get("inputs") or {}), **(state.get("outputs") or {})}
    if kind.startswith(_AZURE_NATIVE) and not state.get("retainOnDelete") and not state.get("external"):
        yield Deletion("", f"{kind.rpartition(':')[2]} {name}", "it is deleted in Azure")
    told = _DISMANTLED.get(kind.removeprefix(_DYNAMIC)) if kind.startswith(_DYNAMIC) else None
    if told is not None and props.get("dismantle"):
        yield from told(props)


def _item(props: Mapping[str, Any]) -> Iterator[Deletion]:
    if props.get("itemId"):
        vm = str(props["vm"])
        gone = "its protection ends: the replica in Azure and all recovery points are deleted (the VM itself runs on)"
        yield Deletion(vm, f"protection of {vm}", gone)


def _association(props: Mapping[str, Any]) -> Iterator[Deletion]:
    if props.get("mappingId") and (props.get("made") or not props.get("adopted")):
        what = f"association of policy {props.get('policyName')} with site {props.get('site')}"
        yield Deletion("", what, "it is removed from the vault")


def _hosts(props: Mapping[str, Any]) -> Iterator[Deletion]:
    if props.get("containerId"):
        gone = "they are removed from the vault, and replicate no VM before they are registered again"
        yield Deletion("", f"hosts of site {props['site']}", gone)


def _network_mapping(props: Mapping[str, Any]) -> Iterator[Deletion]:
    if props.get("mappingId") and not props.get("adopt"):
        yield Deletion("", f"network mapping {props.get('mapping')}", "it is removed from the vault")


# What each of them removes is in its provider's `delete`.
_DISMANTLED: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Deletion]]] = {
    "ProtectedItem": _item,
    "PolicyAssociation": _association,
    "HyperVHosts": _hosts,
    "NetworkMapping": _network_mapping,
}
