"""Protectable items: the virtual machines of the hosts that are registered with a site. Their names are the
machines' ids.
"""

from __future__ import annotations

from urllib.parse import quote

from simulator.asr.fabrics import CONTAINER
from simulator.asr.records import ProtectedItem
from simulator.asr.site_recovery import SiteRecovery, listing
from simulator.errors import resource_not_found
from simulator.ids import quoted
from simulator.inventory import HostVm
from simulator.routing import Call, Reply
from simulator.store import Document

PROTECTABLE_ITEMS = f"{CONTAINER}/replicationProtectableItems"
PROTECTABLE_ITEM = f"{PROTECTABLE_ITEMS}/{{protectable}}"
# After the last full page comes an empty one under this token (recorded).
LAST_TOKEN = "ReplicationGroup:Begin"  # noqa: S105 # a page token, not a secret
PAGE = 100
_TYPE = (
    "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectableItems"
)


def list_protectable_items(call: Call) -> Reply:
    """GET the virtual machines of a site, in pages; the last page is empty, as recorded."""
    asr = call.world.room(SiteRecovery)
    container = asr.container(call)
    token = call.query.get("$skiptoken", "")
    if token == LAST_TOKEN:
        return Reply(200, listing([]))
    start = int(token) if token.isascii() and token.isdigit() else 0
    take = call.query.get("$take", "")
    size = min(PAGE, int(take)) if take.isascii() and take.isdigit() and take.strip("0") else PAGE
    items = _items_by_machine(asr, container)
    bodies = [_body(asr, container, vm, items.get(vm.id)) for vm in _machines(asr, container)]
    kept = [body for body in bodies if _passes(call.query.get("$filter", ""), body)]
    end = start + size
    following = str(end) if end < len(kept) else LAST_TOKEN.replace(":", "%3A")
    link = f"{call.base_url}{quoted(container['id'])}/replicationProtectableItems"
    return Reply(200, listing(kept[start:end], f"{link}?{_next_query(call, following)}"))


def show_protectable_item(call: Call) -> Reply:
    """GET one virtual machine."""
    asr = call.world.room(SiteRecovery)
    container, name = asr.container(call), call.parameters["protectable"]
    vm = next((vm for vm in _machines(asr, container) if vm.id == name.lower()), None)
    if vm is None:
        raise resource_not_found(name)
    return Reply(200, _body(asr, container, vm, _items_by_machine(asr, container).get(vm.id)))


def machine(asr: SiteRecovery, protectable_id: str, container: Document) -> HostVm | None:
    """The virtual machine of a protectable item's id, if it is one of this container."""
    prefix = f"{container['id']}/replicationProtectableItems/".lower()
    wanted = protectable_id.lower()
    if not wanted.startswith(prefix):
        return None
    return next((vm for vm in _machines(asr, container) if vm.id == wanted[len(prefix) :]), None)


def _next_query(call: Call, following: str) -> str:
    """The query of the next page: what narrows and sizes this page goes with it, for a client follows the link as it
    is. The token stands last, as recorded.
    """
    carried = "".join(
        f"&{name}={quote(call.query[name], safe='')}" for name in ("$filter", "$take") if name in call.query
    )
    return f"api-version={quoted(call.api_version)}{carried}&$skipToken={following}"


def _machines(asr: SiteRecovery, container: Document) -> list[HostVm]:
    return asr.inventory.vms_of(container["id"].rsplit("/", 2)[0])


def _passes(expression: str, body: Document) -> bool:
    """Filters of the form `friendlyName eq 'x'` narrow the list; others are not known and pass everything."""
    left, _, right = expression.partition(" eq ")
    if left.strip().lower() != "friendlyname" or not right:
        return True
    return str(body["properties"]["friendlyName"]).lower() == right.strip().strip("'").lower()


def _items_by_machine(asr: SiteRecovery, container: Document) -> dict[str, ProtectedItem]:
    vault = "/".join(container["id"].split("/")[:9])
    return {item.vm: item for item in asr.items.of(vault)}


def _body(asr: SiteRecovery, container: Document, vm: HostVm, item: ProtectedItem | None) -> Document:
    host = asr.inventory.hosts.get(vm.host)
    fabric = container["id"].rsplit("/", 2)[0]
    provider = host.provider if host is not None else ""
    version = vm.os_version if vm.tells_os else ""
    return {
        "id": f"{container['id']}/replicationProtectableItems/{vm.id}",
        "name": vm.id,
        "type": _TYPE,
        "properties": {
            "friendlyName": vm.name,
            "protectionStatus": "Protected" if item is not None else "Unprotected",
            "replicationProtectedItemId": item.id if item is not None else None,
            "recoveryServicesProviderId": f"{fabric}/replicationRecoveryServicesProviders/{provider}",
            "protectionReadinessErrors": vm.unfit_for_azure(),
            "supportedReplicationProviders": ["HyperVReplicaAzure"],
            "customDetails": {
                "instanceType": "HyperVVirtualMachine",
                "sourceItemId": vm.id,
                "generation": str(vm.generation),
                "osDetails": {
                    "osType": vm.os if vm.tells_os else "",
                    "productType": "",
                    "osEdition": vm.os_edition if vm.tells_os else "",
                    "oSVersion": version,
                    "oSMajorVersion": version.partition(".")[0],
                    "oSMinorVersion": version.partition(".")[2],
                },
                "diskDetails": [
                    {
                        "maxSizeMB": disk.size_mb,
                        "vhdType": "OperatingSystem" if disk.operating_system else "DataDisk",
                        "vhdId": disk.id,
                        "vhdName": disk.name,
                    }
                    for disk in vm.disks
                ],
                "hasPhysicalDisk": _presence(found=any(disk.physical for disk in vm.disks)),
                "hasFibreChannelAdapter": _presence(found=vm.fibre_channel),
                "hasSharedVhd": _presence(found=any(disk.shared for disk in vm.disks)),
                "hyperVHostId": host.id if host else "",
            },
        },
    }


def _presence(*, found: bool) -> str:
    return "Present" if found else "NotPresent"
