"""What a configuration may say, and hardly means: told as warnings, by `validate` and by every preview."""

from collections.abc import Iterator

from components.settings.draft import at
from components.settings.problems import Problem
from components.settings.stack import Settings

_SHOWN = 3


def risks(settings: Settings) -> Iterator[Problem]:
    """Every risk, with the VMs that run it."""
    yield from _tests_beside_production(settings)
    yield from _tags_of_adopted_groups(settings)


def _tests_beside_production(settings: Settings) -> Iterator[Problem]:
    """A machine and its copy with one name, and often one address: clients may reach either, and both write."""
    found = [
        name
        for name, vm in settings.vms.items()
        if vm.target.test.network and _one_network(settings, vm.target.test.network, vm.target.network)
    ]
    if found:
        more = f" and {len(found) - _SHOWN} more VMs" if len(found) > _SHOWN else ""
        what = (
            f"is the network of real failovers of {', '.join(found[:_SHOWN])}{more}: a test failover starts a copy, of "
            "the same name, in reach of what is in production there"
        )
        yield Problem(at("vms", found[0], "target", "test", "network"), what, "write a network that is apart")


def _tags_of_adopted_groups(settings: Settings) -> Iterator[Problem]:
    """Those of an adopted vault or policy are compared with what Azure has; a group is never read."""
    for name, group in settings.resource_groups.items():
        if group.adopt and group.tags:
            what = "are not written: the group is adopted, and nothing of it is changed"
            yield Problem(at("resourceGroups", name, "tags"), what, "take them out, or tag the group in Azure")


def _one_network(settings: Settings, test: str, production: str | None) -> bool:
    if production is None:
        return False
    ids = [settings.network_id(reference) or reference for reference in (test, production)]
    return ids[0].rstrip("/").casefold() == ids[1].rstrip("/").casefold()
