"""The Hyper-V hosts of a site, and the container that the service makes for them.

Nobody can register a host through Azure: a person runs the installer on it. This resource says what to do, waits if it
is told to, and otherwise stands as pending, with an empty `containerId`, until an `up` finds a host registered. All
that needs a host is then declared, but not yet made.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CheckFailure, CheckResult, DiffResult, Resource, ResourceProvider
from pulumi.output import Output

from providers.dismantling import dismantled, is_dismantled
from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, plain
from providers.site_part import SitePart
from providers.vault_access import service_of
from site_recovery.errors import (
    AccessDeniedError,
    NotFoundError,
    SiteRecoveryError,
    StillRunningError,
    WrongTargetError,
)
from site_recovery.service import SiteRecovery


class HostsProvider(SitePart, ResourceProvider):
    found = ("hosts", "pending")

    def cannot_change(self, key: str, _props: Mapping[str, Any]) -> str:
        return f"the {key} of a site's hosts cannot be changed; declare another site beside this one"

    def identity(self, outs: Mapping[str, Any]) -> str:
        return f"hosts:{outs['vault']['name']}/{outs['site']}"

    def brought_about(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return _outputs(props)

    def seen(self, props: Mapping[str, Any]) -> dict[str, Any] | None:
        return dict(props)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        checked = super().check(olds, news)
        if checked.failures:
            return checked
        olds, news, known = plain(olds), checked.inputs, bool(olds.get("target"))
        if olds.get("containerId"):
            return CheckResult({**news, "containerId": olds["containerId"]}, [])
        try:
            container = _container(service_of(news), news["site"])
        except (WrongTargetError, AccessDeniedError) as error:
            return CheckResult(news, [CheckFailure("target", str(error))])
        except SiteRecoveryError:
            container = None
        if container is not None and known:
            # The engine's own words for an `up` that is held to a plan from before tell nobody what has happened.
            current_operation().say(Severity.INFO, _has_registered(news["site"]))
        if container is None and known and not _waits(news):
            container = ""  # known to be nothing: what needs a host shows no change
        return CheckResult(news if container is None else {**news, "containerId": container}, [])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        olds, news = plain(olds), plain(news)
        pending = not olds.get("containerId")
        if "containerId" not in news:  # could not be asked for, which is no change
            news["containerId"] = olds.get("containerId")
        changes = bool(super().diff(id_, olds, news).changes)
        if pending and not changes:
            current_operation().say(Severity.WARNING, _still_to_come(news))
        return DiffResult(changes=changes or (pending and _waits(news)), replaces=[])

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props = plain(props)
        if is_dismantled(props) and props.get("containerId"):
            service = service_of(props)
            with dismantled(f"a host of site {props['site']}"):
                service.estate.remove_providers(props["site"], cancelled=current_operation().cancelled)


class HyperVHosts(SnakeCaseOutputs, Resource, module="siteRecovery", name="HyperVHosts"):
    """The hosts of a site. `container_id` is empty, and `pending` says what to do, until one has registered."""

    container_id: Output[str]
    hosts: Output[list[str]]
    pending: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        site: str,
        wait_for_host_minutes: int,
        dismantle: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "site": site,
            "waitForHostMinutes": wait_for_host_minutes,
            "dismantle": dismantle,
            "containerId": None,
            "hosts": None,
            "pending": None,
        }
        super().__init__(HostsProvider(), resource_name, props, opts)


def _waits(props: Mapping[str, Any]) -> bool:
    return float(props.get("waitForHostMinutes") or 0) > 0


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    """Where the site stands. Raises NotFoundError when a host was waited for in vain."""
    service, site = service_of(props), props["site"]
    container = props.get("containerId") or (_waited(service, props) if _waits(props) else _container(service, site))
    if not container:
        current_operation().say(Severity.WARNING, _still_to_come(props))
        return {**props, "containerId": "", "hosts": [], "pending": _still_to_come(props)}
    fabric = service.fabric(site)
    hosts = sorted(host.name for host in fabric.hosts) if fabric else []
    return {**props, "containerId": container, "hosts": hosts, "pending": ""}


def _waited(service: SiteRecovery, props: Mapping[str, Any]) -> str:
    """The container once a host has registered and its VMs are discovered, which takes the service up to 15 minutes."""
    operation, site = current_operation(), props["site"]

    def discovered() -> str | None:
        container = _container(service, site)
        awaited = "a Hyper-V host to register with" if container is None else "the VMs to be discovered on the hosts of"
        operation.say(Severity.INFO, f"waits for {awaited} site {site}", ephemeral=True)
        return container if container is not None and service.protectable_items(container) else None

    try:
        return service.protection.wait_for(
            discovered,
            what=f"the registration of a Hyper-V host with site {site}",
            cancelled=operation.cancelled,
            timeout_seconds=float(props["waitForHostMinutes"]) * 60,
        )
    except StillRunningError as error:
        container = _container(service, site)
        if container is not None:
            return container  # hosts without VMs
        if error.cancelled:
            raise
        what = f"no Hyper-V host has registered with site {site} within {props['waitForHostMinutes']:g} minutes"
        raise NotFoundError(what, f"{service.vault}", f"{_TO_DO}, then run `pulumi up --strict` again") from error


def _container(service: SiteRecovery, site: str) -> str | None:
    """The container of a site that has a host; the service may make the container before."""
    fabric = service.fabric(site)
    if fabric is None or not fabric.hosts:
        return None
    return next((container.id for container in service.containers(site)), None)


_TO_DO = (
    "in the portal open the vault, Site Recovery, Hyper-V machines to Azure, Prepare infrastructure, Source settings, "
    "choose the site and download two files: the provider's installer (AzureSiteRecoveryProvider.exe) and the site's "
    "registration key file, which is valid for five days. Copy both to each Hyper-V host, run the installer there, and "
    "give it the key file when it asks for it"
)


def _has_registered(site: str) -> str:
    return (
        f"a Hyper-V host has registered with site {site}: its policies are associated and its VMs protected now. An "
        '`up` that is held to a preview from before that ends with "violates plan" and has begun nothing: preview again'
    )


def _still_to_come(props: Mapping[str, Any]) -> str:
    site = props["site"]
    return (
        f"PENDING: no Hyper-V host has registered with site {site} yet, so its policies are not associated and its VMs "
        f"not protected. {_TO_DO[0].upper()}{_TO_DO[1:]}; the next `pulumi up` goes on by itself (or let one wait: "
        f"`pulumi config set --path 'site-recovery:sites.{site}.waitForHostMinutes' 60`)"
    )
