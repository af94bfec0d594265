"""The association of a replication policy with a Hyper-V site: what the service calls a container mapping.

azure-native has no typed input for Hyper-V here, and no resource for the container that the service makes for a site,
so this looks the container up and associates the policy with it. It is retained on delete: every VM rests on it.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Input, Output

from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, changed_keys, plain
from providers.vault_access import service_of
from site_recovery.errors import NotFoundError, StillRunningError
from site_recovery.records import ContainerRecord, MappingRecord, same_id
from site_recovery.service import SiteRecovery

_FIXED = ("target", "vault", "site", "policyId")


class AssociationProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        olds, news = plain(olds), plain(news)
        moved = changed_keys(olds, news, _FIXED) if olds.get("target") else []
        failures = [
            CheckFailure(
                key,
                f"the {key} of an association cannot be changed, because the VMs protected by it rest on it. Declare "
                "another policy beside this one and name it for the VMs that are protected from then on",
            )
            for key in moved
        ]
        return CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=bool(changed_keys(plain(olds), plain(news), _FIXED)), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        props = plain(props)
        service = service_of(props)
        container = _container(service, props)
        mapping = _associated(service, container, props["policyId"])
        if mapping is None:
            mapping = service.protection.associate_policy(
                container.id,
                policy_id=props["policyId"],
                mapping_name=f"{props['site']}-{props['policyName']}",
                cancelled=current_operation().cancelled,
            )
        return CreateResult(mapping.id, {**props, "containerId": container.id, "mappingId": mapping.id})

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({**plain(olds), **plain(news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = plain(props)
        service = service_of(props)
        container = _made(service, props["site"])
        if container is None:
            return ReadResult("", {})
        mapping = _associated(service, container, props["policyId"])
        if mapping is None:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "containerId": container.id, "mappingId": mapping.id})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        current_operation().say(
            Severity.WARNING,
            f"policy {props.get('policyName')} stays associated with site {props.get('site')}: VMs may rest on it",
        )


class PolicyAssociation(SnakeCaseOutputs, Resource, module="siteRecovery", name="PolicyAssociation"):
    """A policy associated with the container of a Hyper-V site; `container_id` is what the service made."""

    container_id: Output[str]
    mapping_id: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        site: Input[str],
        policy_id: Input[str],
        policy_name: str,
        wait_for_host_minutes: int = 0,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "site": site,
            "policyId": policy_id,
            "policyName": policy_name,
            "waitForHostMinutes": wait_for_host_minutes,
            "containerId": None,
            "mappingId": None,
        }
        super().__init__(AssociationProvider(), resource_name, props, opts)


def _container(service: SiteRecovery, props: Mapping[str, Any]) -> ContainerRecord:
    """The container that the service made for a site, once a host has registered with it.

    Raises NotFoundError that says what is still to be done, as nobody can register a host through Azure.
    """
    site, minutes = props["site"], float(props.get("waitForHostMinutes") or 0)
    operation = current_operation()

    def registered() -> ContainerRecord | None:
        fabric = service.fabric(site)
        operation.say(Severity.INFO, f"waits for a Hyper-V host to register with site {site}", ephemeral=True)
        return _made(service, site) if fabric is not None and fabric.hosts else None

    if minutes <= 0:
        found = _made(service, site)
    else:
        try:
            found = service.protection.wait_for(
                registered,
                what=f"the registration of a Hyper-V host with site {site}",
                cancelled=operation.cancelled,
                timeout_seconds=minutes * 60,
            )
        except StillRunningError:
            found = None
    if found is None:
        raise NotFoundError(
            f"no Hyper-V host has registered with site {site} yet",
            f"{service.vault}",
            "on each host run the Azure Site Recovery provider's installer with the site's registration key file (both "
            "from the vault's page in the portal: Site Recovery, Prepare infrastructure), then run `pulumi up` again",
        )
    return found


def _made(service: SiteRecovery, site: str) -> ContainerRecord | None:
    return next(iter(service.containers(site)), None)


def _associated(service: SiteRecovery, container: ContainerRecord, policy_id: str) -> MappingRecord | None:
    return next((found for found in service.mappings(container.id) if same_id(found.policy_id, policy_id)), None)
