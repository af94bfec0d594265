"""The association of a replication policy with a Hyper-V site: what the service calls a container mapping.

azure-native has no typed input for Hyper-V here, and no resource for the container that the service makes for a site,
so this associates the policy with it. While no host has registered with the site there is no container: the
association is then pending, and made by the `up` that finds one. It is retained on delete, as every VM rests on it.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider
from pulumi.output import Input, Output

from providers.dismantling import dismantled
from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, plain
from providers.site_part import SitePart
from providers.vault_access import service_of
from site_recovery.estate_records import MappingRecord
from site_recovery.records import same_id
from site_recovery.service import SiteRecovery

# What is still being made, or could not be, carries no VM: associating goes on with it.
_PAIRED = "Paired"


class AssociationProvider(SitePart, ResourceProvider):
    fixed = ("target", "vault", "site", "policyId")
    found = ("mappingId",)

    def cannot_change(self, key: str, _props: Mapping[str, Any]) -> str:
        return (
            f"the {key} of an association cannot be changed, because the VMs protected by it rest on it. Declare "
            "another policy beside this one and name it for the VMs that are protected from then on"
        )

    def identity(self, outs: Mapping[str, Any]) -> str:
        return outs["mappingId"] or f"pending:{outs['site']}/{outs['policyName']}"

    def brought_about(self, props: Mapping[str, Any]) -> dict[str, Any]:
        if not props.get("containerId"):
            return {**props, "containerId": "", "mappingId": ""}
        service = service_of(props)
        mapping = _associated(service, props)
        if mapping is None or mapping.state != _PAIRED:
            mapping = service.protection.associate_policy(
                props["containerId"],
                policy_id=props["policyId"],
                mapping_name=mapping.name if mapping else f"{props['site']}-{props['policyName']}",
                cancelled=current_operation().cancelled,
            )
        return {**props, "mappingId": mapping.id}

    def seen(self, props: Mapping[str, Any]) -> dict[str, Any] | None:
        mapping = _associated(service_of(props), props)
        return {**props, "mappingId": mapping.id} if mapping else None

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props = plain(props)
        what = f"the association of policy {props.get('policyName')} with site {props.get('site')}"
        if not props.get("dismantle"):
            current_operation().say(Severity.WARNING, f"{what} stays: VMs may rest on it")
        elif props.get("mappingId"):
            with dismantled(what):
                service_of(props).protection.dissociate_policy(
                    props["mappingId"], cancelled=current_operation().cancelled
                )


class PolicyAssociation(SnakeCaseOutputs, Resource, module="siteRecovery", name="PolicyAssociation"):
    """A policy associated with the container of a Hyper-V site; `mapping_id` is empty while there is no container."""

    mapping_id: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        site: str,
        container_id: Input[str],
        policy_id: Input[str],
        policy_name: str,
        dismantle: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "site": site,
            "containerId": container_id,
            "policyId": policy_id,
            "policyName": policy_name,
            "dismantle": dismantle,
            "mappingId": None,
        }
        super().__init__(AssociationProvider(), resource_name, props, opts)


def _associated(service: SiteRecovery, props: Mapping[str, Any]) -> MappingRecord | None:
    found = service.mappings(props["containerId"])
    return next((mapping for mapping in found if same_id(mapping.policy_id, props["policyId"])), None)
