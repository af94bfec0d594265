"""Which Azure network the VMs of a VM network come up in; only a VMM server has networks to map, no Hyper-V site.

azure-native has the resource, but it wants the names that the service gave server and network, which are known only
once the server has registered, and it changes a mapping with a PUT where the service has a PATCH. So the mapping is
made here, by the names that people know.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CheckFailure, CheckResult, DiffResult, Resource, ResourceProvider
from pulumi.output import Input, Output

from providers.dismantling import dismantled, is_dismantled
from providers.operation import Severity, current_operation
from providers.properties import SnakeCaseOutputs, plain
from providers.site_part import SitePart
from providers.vault_access import service_of
from site_recovery.errors import AccessDeniedError, NotFoundError, RefusedError, SiteRecoveryError, WrongTargetError
from site_recovery.estate_records import VMM_SERVER, FabricRecord
from site_recovery.records import same_id
from site_recovery.service import SiteRecovery


class NetworkMappingProvider(SitePart, ResourceProvider):
    fixed = ("target", "vault", "vmmServer", "sourceNetwork", "adopt")
    compared = ("azureNetworkId",)
    found = ("mappingId",)
    awaited = "fabricId"
    given = ("azureNetworkId",)

    def called(self, props: Mapping[str, Any]) -> str:
        return f"network mapping {props['mapping']}"

    def cannot_change(self, key: str, props: Mapping[str, Any]) -> str:
        return f"the {key} of network mapping {props['mapping']} cannot be changed: declare another one"

    def identity(self, outs: Mapping[str, Any]) -> str:
        return outs["mappingId"] or f"pending:{outs['vmmServer']}/{outs['mapping']}"

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        checked = super().check(olds, news)
        if checked.failures:
            return checked
        olds, news = plain(olds), checked.inputs
        if olds.get("fabricId"):
            return CheckResult({**news, "fabricId": olds["fabricId"]}, [])
        try:
            server = _server(service_of(news), news)
            if server is not None:
                _source_network(service_of(news), server, news)
        except (WrongTargetError, AccessDeniedError) as error:
            return CheckResult(news, [CheckFailure("target", str(error))])
        except (_NoSuchNetworkError, RefusedError) as error:
            return CheckResult(news, [CheckFailure("sourceNetwork", f"network mapping {news['mapping']}: {error}")])
        except SiteRecoveryError:
            return CheckResult(news, [])  # no vault yet, or no answer
        return CheckResult({**news, "fabricId": server.id if server is not None else ""}, [])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        olds, news = plain(olds), plain(news)
        if "fabricId" not in news:  # could not be asked for, which is no change
            news["fabricId"] = olds.get("fabricId")
        changes = bool(super().diff(id_, olds, news).changes)
        if not news.get("fabricId") and not changes:
            current_operation().say(Severity.WARNING, _still_to_come(news))
        return DiffResult(changes=changes, replaces=[])

    def brought_about(self, props: Mapping[str, Any]) -> dict[str, Any]:
        service = service_of(props)
        server = _server(service, props)
        if server is None:
            current_operation().say(Severity.WARNING, _still_to_come(props))
            return {**props, "fabricId": "", "mappingId": ""}
        network_id = _source_network(service, server, props)
        if not props.get("adopt"):
            made = service.estate.map_network(
                network_id,
                props["mapping"],
                azure_network_id=props["azureNetworkId"],
                cancelled=current_operation().cancelled,
            )
            return {**props, "fabricId": server.id, "mappingId": made.id}
        found = service.estate.network_mapping(network_id, props["mapping"])
        if found is None or not same_id(found.azure_network_id, props["azureNetworkId"]):
            there = f"maps it to {found.azure_network_id}" if found else "is not there"
            raise RefusedError(
                f"network mapping {props['mapping']} is to be adopted, but {there}",
                f"{service.vault}",
                "declare what is there, or take `adopt: true` out",
            )
        return {**props, "fabricId": server.id, "mappingId": found.id}

    def seen(self, props: Mapping[str, Any]) -> dict[str, Any] | None:
        found = service_of(props).estate.network_mapping(_network_of(props["mappingId"]), props["mapping"])
        if found is None:
            return None
        same = same_id(found.azure_network_id, props["azureNetworkId"])
        return {**props, "azureNetworkId": props["azureNetworkId"] if same else found.azure_network_id}

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        props, operation = plain(props), current_operation()
        what = self.called(props)
        if not is_dismantled(props) or props.get("adopt"):
            operation.say(Severity.WARNING, f"{what} stays: VMs may rest on it")
        elif props.get("mappingId"):
            with dismantled(what):
                network_id = _network_of(props["mappingId"])
                service_of(props).estate.unmap_network(network_id, props["mapping"], cancelled=operation.cancelled)


class NetworkMapping(SnakeCaseOutputs, Resource, module="siteRecovery", name="NetworkMapping"):
    """A VM network of a VMM server, both by the names that the service shows, mapped to an Azure network.

    `mapping_id` is empty while no such server has registered with the vault. An adopted mapping has to exist, and is
    not changed.
    """

    mapping_id: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        vmm_server: str,
        source_network: str,
        azure_network_id: Input[str],
        adopt: bool = False,
        dismantle: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "vmmServer": vmm_server,
            "mapping": resource_name,
            "sourceNetwork": source_network,
            "azureNetworkId": azure_network_id,
            "adopt": adopt,
            "dismantle": dismantle,
            "fabricId": None,
            "mappingId": None,
        }
        super().__init__(NetworkMappingProvider(), resource_name, props, opts)


class _NoSuchNetworkError(NotFoundError):
    """The server is there, and the network is not one of its own."""


def _server(service: SiteRecovery, props: Mapping[str, Any]) -> FabricRecord | None:
    """The VMM server, None while none of this name has registered. Raises RefusedError for a Hyper-V site."""
    wanted = props["vmmServer"].casefold()
    for fabric in service.fabrics():
        if wanted in {fabric.friendly_name.casefold(), fabric.name.casefold()}:
            if fabric.kind == VMM_SERVER:
                return fabric
            raise RefusedError(
                f"{props['vmmServer']} is no VMM server ({fabric.kind}), and only a VMM server has networks to map",
                f"{service.vault}",
                "take the mapping out: where a VM comes up is said by its target.network",
            )
    return None


def _source_network(service: SiteRecovery, server: FabricRecord, props: Mapping[str, Any]) -> str:
    wanted, networks = props["sourceNetwork"], service.networks(server.name)
    for network in networks:
        if wanted.casefold() in {network.friendly_name.casefold(), network.name.casefold()}:
            return network.id
    names = [network.friendly_name for network in networks]
    close = get_close_matches(wanted, names, n=1)
    raise _NoSuchNetworkError(
        f"VMM server {props['vmmServer']} has no network {wanted}; it has {', '.join(names) or 'none'}",
        f"{service.vault}",
        f"did you mean {close[0]}?" if close else "write one that it has, as the service shows it",
    )


def _still_to_come(props: Mapping[str, Any]) -> str:
    return (
        f"PENDING: no VMM server {props['vmmServer']} has registered with the vault, so its network "
        f"{props['sourceNetwork']} is not mapped; the next `pulumi up` goes on by itself once it has"
    )


def _network_of(mapping_id: str) -> str:
    return mapping_id.rsplit("/", 2)[0]
