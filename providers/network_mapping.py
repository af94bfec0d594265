"""Which Azure network the VMs of a Hyper-V network come up in; only hosts managed by VMM have networks to map.

azure-native has the resource, but it wants the name that the service gave the network, which is known only once a host
has registered, and it changes a mapping with a PUT where the service has a PATCH. So the mapping is made here, by the
name that people know.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider
from pulumi.output import Input, Output

from providers.dismantling import dismantled
from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, plain
from providers.site_part import SitePart
from providers.vault_access import service_of
from site_recovery.errors import NotFoundError, RefusedError
from site_recovery.records import same_id
from site_recovery.service import SiteRecovery


class NetworkMappingProvider(SitePart, ResourceProvider):
    fixed = ("target", "vault", "site", "sourceNetwork", "adopt")
    compared = ("azureNetworkId",)
    found = ("mappingId",)

    def cannot_change(self, key: str, props: Mapping[str, Any]) -> str:
        return f"the {key} of network mapping {props['mapping']} cannot be changed: declare another one"

    def identity(self, outs: Mapping[str, Any]) -> str:
        return outs["mappingId"] or f"pending:{outs['site']}/{outs['mapping']}"

    def brought_about(self, props: Mapping[str, Any]) -> dict[str, Any]:
        if not props.get("containerId"):
            return {**props, "containerId": "", "mappingId": ""}
        service = service_of(props)
        network_id = _source_network(service, props)
        if not props.get("adopt"):
            made = service.estate.map_network(
                network_id,
                props["mapping"],
                azure_network_id=props["azureNetworkId"],
                cancelled=current_operation().cancelled,
            )
            return {**props, "mappingId": made.id}
        found = service.estate.network_mapping(network_id, props["mapping"])
        if found is None or not same_id(found.azure_network_id, props["azureNetworkId"]):
            there = f"maps it to {found.azure_network_id}" if found else "is not there"
            raise RefusedError(
                f"network mapping {props['mapping']} is to be adopted, but {there}",
                f"{service.vault}",
                "declare what is there, or take `adopt: true` out",
            )
        return {**props, "mappingId": found.id}

    def seen(self, props: Mapping[str, Any]) -> dict[str, Any] | None:
        found = service_of(props).estate.network_mapping(_network_of(props["mappingId"]), props["mapping"])
        if found is None:
            return None
        same = same_id(found.azure_network_id, props["azureNetworkId"])
        return {**props, "azureNetworkId": props["azureNetworkId"] if same else found.azure_network_id}

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props, operation = plain(props), current_operation()
        what = f"network mapping {props.get('mapping')}"
        if not props.get("dismantle") or props.get("adopt"):
            operation.say(Severity.WARNING, f"{what} stays: VMs may rest on it")
        elif props.get("mappingId"):
            with dismantled(what):
                network_id = _network_of(props["mappingId"])
                service_of(props).estate.unmap_network(network_id, props["mapping"], cancelled=operation.cancelled)


class NetworkMapping(SnakeCaseOutputs, Resource, module="siteRecovery", name="NetworkMapping"):
    """A Hyper-V network, by the name that the service shows, mapped to an Azure network.

    `mapping_id` is empty while no host has registered with the site. An adopted mapping has to exist, and is not
    changed.
    """

    mapping_id: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        site: str,
        container_id: Input[str],
        source_network: str,
        azure_network_id: Input[str],
        adopt: bool = False,
        dismantle: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "site": site,
            "containerId": container_id,
            "mapping": resource_name,
            "sourceNetwork": source_network,
            "azureNetworkId": azure_network_id,
            "adopt": adopt,
            "dismantle": dismantle,
            "mappingId": None,
        }
        super().__init__(NetworkMappingProvider(), resource_name, props, opts)


def _source_network(service: SiteRecovery, props: Mapping[str, Any]) -> str:
    wanted, networks = props["sourceNetwork"], service.networks(props["site"])
    for network in networks:
        if wanted.casefold() in {network.friendly_name.casefold(), network.name.casefold()}:
            return network.id
    names = [network.friendly_name for network in networks]
    close = get_close_matches(wanted, names, n=1)
    raise NotFoundError(
        f"site {props['site']} has no network {wanted}; it has {', '.join(names) or 'none'}",
        f"{service.vault}",
        f"did you mean {close[0]}?" if close else "only hosts managed by VMM have networks to map",
    )


def _network_of(mapping_id: str) -> str:
    return mapping_id.rsplit("/", 2)[0]
