"""ARM ids of a vault's objects, taken apart into the names that the SDK's calls take."""

from __future__ import annotations

from dataclasses import dataclass

_FABRICS = "replicationFabrics"
_CONTAINERS = "replicationProtectionContainers"


@dataclass(frozen=True)
class ContainerPath:
    fabric: str
    container: str


@dataclass(frozen=True)
class ChildPath:
    """Something in a container: a protected item, a protectable item, a mapping."""

    fabric: str
    container: str
    name: str


def container_path(container_id: str) -> ContainerPath:
    names = _names(container_id)
    return ContainerPath(_named(names, _FABRICS, container_id), _named(names, _CONTAINERS, container_id))


def item_path(item_id: str) -> ChildPath:
    return _child(item_id, "replicationProtectedItems")


def mapping_path(mapping_id: str) -> ChildPath:
    return _child(mapping_id, "replicationProtectionContainerMappings")


def is_in_container(item_id: str, container_id: str) -> bool:
    """Whether a protected item is one of a container, ids being the same in any case of their letters."""
    path = item_path(item_id)
    names, wanted = (path.fabric, path.container), container_path(container_id)
    return [name.casefold() for name in names] == [wanted.fabric.casefold(), wanted.container.casefold()]


def _child(arm_id: str, kind: str) -> ChildPath:
    names = _names(arm_id)
    return ChildPath(
        fabric=_named(names, _FABRICS, arm_id),
        container=_named(names, _CONTAINERS, arm_id),
        name=_named(names, kind, arm_id),
    )


def _names(arm_id: str) -> dict[str, str]:
    """The name after each kind; ids come with their kinds in any case."""
    segments = arm_id.strip("/").split("/")
    return {kind.casefold(): name for kind, name in zip(segments[::2], segments[1::2], strict=False)}


def _named(names: dict[str, str], kind: str, arm_id: str) -> str:
    name = names.get(kind.casefold())
    if not name:
        raise ValueError(f"'{arm_id}' is not the ARM id of something with {kind} in it")
    return name
