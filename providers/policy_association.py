"""The association of a replication policy with a Hyper-V site: what the service calls a container mapping.

azure-native has no typed input for Hyper-V here, and no resource for the container that the service makes for a site,
so this associates the policy with it. While no host has registered with the site there is no container: the
association is then pending, and made by the `up` that finds one. It is retained on delete, as every VM rests on it.

Dismantling removes it before the policy or the site that the stack made, since neither can go before. Between a policy
and a site that are both adopted it removes what this stack has made, and only once no VM of anybody rests on it.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider, UpdateResult
from pulumi.output import Input, Output

from providers.dismantling import dismantled, is_dismantled
from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, plain
from providers.site_part import SitePart
from providers.vault_access import service_of
from site_recovery.estate_records import MappingRecord
from site_recovery.paths import is_in_container
from site_recovery.records import ItemRecord, same_id
from site_recovery.service import SiteRecovery

# What is still being made, or could not be, carries no VM: associating goes on with it.
_PAIRED = "Paired"


class AssociationProvider(SitePart, ResourceProvider):
    fixed = ("target", "vault", "site", "policyId")
    found = ("mappingId", "made")
    given = ("containerId", "policyId")

    def called(self, props: Mapping[str, Any]) -> str:
        return f"the association of policy {props['policyName']} with site {props['site']}"

    def cannot_change(self, key: str, _props: Mapping[str, Any]) -> str:
        return (
            f"the {key} of an association cannot be changed, because the VMs protected by it rest on it. Declare "
            "another policy beside this one and name it for the VMs that are protected from then on"
        )

    def identity(self, outs: Mapping[str, Any]) -> str:
        return outs["mappingId"] or f"pending:{outs['site']}/{outs['policyName']}"

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        # States of earlier releases do not say it: what they have counts as found.
        return UpdateResult(self.brought_about({**self.complete(news), "made": bool(plain(olds).get("made"))}))

    def brought_about(self, props: Mapping[str, Any]) -> dict[str, Any]:
        if not props.get("containerId"):
            return {**props, "containerId": "", "mappingId": "", "made": False}
        service = service_of(props)
        mapping = _associated(service, props)
        made = mapping is None or bool(props.get("made"))
        if mapping is None or mapping.state != _PAIRED:
            mapping = service.protection.associate_policy(
                props["containerId"],
                policy_id=props["policyId"],
                mapping_name=mapping.name if mapping else f"{props['site']}-{props['policyName']}",
                cancelled=current_operation().cancelled,
            )
        return {**props, "mappingId": mapping.id, "made": made}

    def seen(self, props: Mapping[str, Any]) -> dict[str, Any] | None:
        mapping = _associated(service_of(props), props)
        return {**props, "mappingId": mapping.id} if mapping else None

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props = plain(props)
        what = self.called(props)
        stays = _why_it_stays(props)
        if stays:
            current_operation().say(Severity.WARNING, f"{what} stays: {stays}")
        elif props.get("mappingId"):
            with dismantled(what):
                service_of(props).protection.dissociate_policy(
                    props["mappingId"], cancelled=current_operation().cancelled
                )


class PolicyAssociation(SnakeCaseOutputs, Resource, module="siteRecovery", name="PolicyAssociation"):
    """A policy associated with the container of a Hyper-V site; `mapping_id` is empty while there is no container.

    `adopted` says that policy and site are both adopted; the output `made`, whether this stack has associated them.
    """

    mapping_id: Output[str]
    made: Output[bool]

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
        adopted: bool = False,
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
            "adopted": adopted,
            "dismantle": dismantle,
            "mappingId": None,
            "made": None,
        }
        super().__init__(AssociationProvider(), resource_name, props, opts)


def _why_it_stays(props: Mapping[str, Any]) -> str:
    """Empty for what is to be removed."""
    if not is_dismantled(props):
        return "VMs may rest on it"
    if not props.get("adopted") or not props.get("mappingId"):
        return ""
    if not props.get("made"):
        return "it was there before, between a policy and a site that are adopted"
    items = service_of(props).fresh_inventory().items
    resting = [item.friendly_name for item in items if _rests_on(item, props)]
    return (
        f"{', '.join(resting)} of another stack, or protected by hand, {_REST[len(resting) > 1]} on it"
        if resting
        else ""
    )


_REST = {False: "rests", True: "rest"}


def _rests_on(item: ItemRecord, props: Mapping[str, Any]) -> bool:
    return same_id(item.policy_id, props["policyId"]) and is_in_container(item.id, props["containerId"])


def _associated(service: SiteRecovery, props: Mapping[str, Any]) -> MappingRecord | None:
    found = service.mappings(props["containerId"])
    return next((mapping for mapping in found if same_id(mapping.policy_id, props["policyId"])), None)
