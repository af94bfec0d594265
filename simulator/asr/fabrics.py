"""Hyper-V sites, the providers (hosts) registered with them, and the protection container that comes with a site."""

from __future__ import annotations

from simulator.asr.inputs import FabricInput
from simulator.asr.jobs import Target, start_job
from simulator.asr.operations_status import accepted
from simulator.asr.records import Job, JobState
from simulator.asr.refusals import at_once, check_name, host_unreachable, in_use
from simulator.asr.site_recovery import VAULT, Effects, JobFailure, SiteRecovery, listing
from simulator.clock import written
from simulator.errors import AsyncError, not_there, resource_not_found
from simulator.ids import derived_guid
from simulator.inventory import Host, Inventory
from simulator.routing import Call, Reply
from simulator.store import Document
from simulator.world import World

REGISTER = "asr.host.registers"
FABRICS = f"{VAULT}/replicationFabrics"
FABRIC = f"{FABRICS}/{{fabric}}"
PROVIDER = f"{FABRIC}/replicationRecoveryServicesProviders/{{provider}}"
CONTAINERS = f"{FABRIC}/replicationProtectionContainers"
CONTAINER = f"{CONTAINERS}/{{container}}"
_TYPE = "Microsoft.RecoveryServices/vaults/replicationFabrics"
# What an inventory writes for the first site that is made.
FIRST = "first"
# The instance type of a VMM server's fabric.
VMM = "VMM"
# A host that has not been heard of for so long counts as disconnected, in seconds.
HEARTBEAT_MISSED_AFTER = 300.0


def create_fabric(call: Call) -> Reply:
    """PUT a Hyper-V site."""
    asr = call.world.room(SiteRecovery)
    vault, name = asr.vault_id(call), call.parameters["fabric"]
    check_name(name)
    wanted = call.body if call.body is not None else FabricInput()
    kind = str((wanted.properties.custom_details or {}).get("instanceType", "HyperVSite"))
    if kind.lower() != "hypervsite":
        raise not_there(call.route.name, f"a fabric of the kind '{kind}' is none of a Hyper-V site")
    fabric_id = f"{vault}/replicationFabrics/{name}"
    identifier = derived_guid(call.world.settings.seed, "fabric", fabric_id.lower())
    payload = {"fabric": fabric_id, "name": name, "identifier": identifier}
    job = start_job(
        asr,
        "CreateSite",
        Target(vault, identifier, name),
        now=call.now,
        client_request_id=call.client_request_id,
        result=fabric_id,
        payload=payload,
    )
    return accepted(call, asr, job.name, fabric_id, job=job)


def show_fabric(call: Call) -> Reply:
    """GET a site, with the hosts that are registered with it."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, fabric_body(asr, asr.fabric(call)))


def list_fabrics(call: Call) -> Reply:
    """GET all sites of a vault."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, listing([fabric_body(asr, fabric) for fabric in asr.fabrics.of(asr.vault_id(call))]))


def remove_fabric(call: Call) -> Reply:
    """POST remove, or DELETE (purge): refused while something is protected in it or a provider is registered."""
    asr = call.world.room(SiteRecovery)
    fabric = asr.fabric(call)
    purge = call.route.method == "DELETE"
    refused = _why_site_stays(asr, fabric["id"], purge=purge)
    at_once(asr, refused)
    job = start_job(
        asr,
        "PurgeVMM" if purge else "UnregisterFabric",
        Target(asr.vault_id(call), fabric["properties"]["internalIdentifier"], fabric["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        payload={"fabric": fabric["id"]},
        refused=refused,
    )
    return accepted(call, asr, job.name, fabric["id"], job=job)


def touch_fabric(call: Call) -> Reply:
    """POST checkConsistency or renewCertificate: a job with no lasting effect."""
    asr = call.world.room(SiteRecovery)
    fabric = asr.fabric(call)
    scenario = "CheckVmmConsistency" if call.path.lower().endswith("checkconsistency") else "CertificateRenewal"
    job = start_job(
        asr,
        scenario,
        Target(asr.vault_id(call), fabric["properties"]["internalIdentifier"], fabric["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        result=fabric["id"],
    )
    return accepted(call, asr, job.name, fabric["id"], job=job)


def list_containers(call: Call) -> Reply:
    """GET the containers of a site, or of the vault."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    prefix = f"{asr.fabric(call)['id']}/".lower() if "fabric" in call.parameters else ""
    found = [container for container in asr.containers.of(vault) if container["id"].lower().startswith(prefix)]
    return Reply(200, listing([container_body(asr, container) for container in found]))


def show_container(call: Call) -> Reply:
    """GET a container."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, container_body(asr, asr.container(call)))


def list_providers(call: Call) -> Reply:
    """GET the providers of a site, or of the vault."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    prefix = f"{asr.fabric(call)['id']}/".lower() if "fabric" in call.parameters else ""
    found = [provider for provider in asr.providers.of(vault) if provider["id"].lower().startswith(prefix)]
    return Reply(200, listing([provider_body(asr, provider, call.now) for provider in found]))


def show_provider(call: Call) -> Reply:
    """GET a provider."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, provider_body(asr, _provider(asr, call), call.now))


def refresh_provider(call: Call) -> Reply:
    """POST refreshProvider: the host reports its virtual machines anew."""
    asr = call.world.room(SiteRecovery)
    provider = _provider(asr, call)
    target = Target(asr.vault_id(call), provider["properties"]["draIdentifier"], provider["properties"]["friendlyName"])
    job = start_job(
        asr,
        "RefreshFabricLayout",
        target,
        now=call.now,
        client_request_id=call.client_request_id,
        result=provider["id"],
        payload={"host": provider["properties"]["machineName"]},
    )
    return accepted(call, asr, job.name, provider["id"], job=job)


def remove_provider(call: Call) -> Reply:
    """POST remove, or DELETE (purge), a provider: refused while a virtual machine of its host is protected."""
    asr = call.world.room(SiteRecovery)
    provider = _provider(asr, call)
    host = provider["properties"]["machineName"]
    refused = _why_provider_stays(asr, provider["id"], host)
    at_once(asr, refused)
    job = start_job(
        asr,
        "PurgeDra" if call.route.method == "DELETE" else "UnregisterDra",
        Target(asr.vault_id(call), provider["properties"]["draIdentifier"], provider["properties"]["friendlyName"]),
        now=call.now,
        client_request_id=call.client_request_id,
        payload={"provider": provider["id"], "host": host},
        refused=refused,
    )
    return accepted(call, asr, job.name, provider["id"], job=job)


def register_host(asr: SiteRecovery, host: Host, fabric: Document, now: float) -> None:
    """A host registers with a site: its provider appears, and its virtual machines can be protected."""
    name = derived_guid(asr.world.settings.seed, "provider", fabric["id"].lower(), host.name)
    host.fabric, host.provider, host.last_heartbeat = fabric["id"].lower(), name, now
    asr.inventory.hosts.put(host.name, host)
    provider_id = f"{fabric['id']}/replicationRecoveryServicesProviders/{name}"
    asr.providers.put(
        provider_id,
        {
            "id": provider_id,
            "name": name,
            "type": f"{_TYPE}/replicationRecoveryServicesProviders",
            "properties": {
                "fabricType": "HyperVSite",
                "friendlyName": host.name,
                "providerVersion": host.provider_version,
                "serverVersion": "",
                "providerVersionState": "Latest",
                "providerVersionExpiryDate": "0001-01-01T00:00:00",
                "fabricFriendlyName": fabric["properties"]["friendlyName"],
                "allowedScenarios": ["Refresh", "Purge", "Unregister"],
                "healthErrorDetails": [],
                "draIdentifier": name,
                "machineId": host.id,
                "machineName": host.name,
            },
        },
    )


def host_added(asr: SiteRecovery, host: Host, now: float) -> None:
    """A host that is added when its site is there already registers with it by itself, as one of the inventory does."""
    sites = [site for site in asr.fabrics.values() if host.site in {FIRST, site["name"]} and not is_vmm(site)]
    if sites:
        _schedule_registration(asr, host, sites[0], now)


def registration_due(world: World, due: float, payload: Document) -> None:
    """The event of a host whose time to register has come."""
    asr = world.room(SiteRecovery)
    host, fabric = asr.inventory.hosts.get(payload["host"]), asr.fabrics.get(payload["fabric"])
    if host is not None and fabric is not None and not host.fabric:
        register_host(asr, host, fabric, due)


def register_vmm_server(asr: SiteRecovery, vault: str, name: str, networks: list[str]) -> Document:
    """A VMM server registers with a vault: a fabric of its own appears, with the VM networks that the server manages.

    Its clouds are not: machines of VMM are beyond this simulator.
    """
    identifier = derived_guid(asr.world.settings.seed, "vmm", vault.lower(), name)
    fabric_id = f"{vault}/replicationFabrics/{identifier}"
    fabric = _new_fabric(fabric_id, identifier, {"instanceType": VMM}, identifier)
    fabric["properties"]["friendlyName"] = name
    return asr.fabrics.put(fabric_id, {**fabric, "networks": networks})


def is_vmm(fabric: Document) -> bool:
    """Whether a fabric is a VMM server, and no Hyper-V site."""
    return bool(fabric["properties"]["customDetails"]["instanceType"] == VMM)


def fabric_body(asr: SiteRecovery, fabric: Document) -> Document:
    """A site with its hosts of the moment, or a VMM server."""
    if is_vmm(fabric):
        return {key: value for key, value in fabric.items() if key != "networks"}
    hosts = asr.inventory.hosts_of(fabric["id"])
    details = {
        "instanceType": "HyperVSite",
        "hyperVHosts": [{"id": host.id, "name": host.name, "marsAgentVersion": host.agent_version} for host in hosts],
    }
    health = "Normal" if all(host.heartbeat for host in hosts) else "Critical"
    return {**fabric, "properties": {**fabric["properties"], "customDetails": details, "health": health}}


def container_body(asr: SiteRecovery, container: Document) -> Document:
    """A container with what it holds at the moment."""
    vault = "/".join(container["id"].split("/")[:9])
    held = [item for item in asr.items.of(vault) if item.container == container["id"].lower()]
    prefix = f"{container['id']}/".lower()
    paired = any(mapping["id"].lower().startswith(prefix) for mapping in asr.mappings.of(vault))
    state = {
        "protectedItemCount": len(held),
        "pairingStatus": "Paired" if paired else "NotPaired",
        "role": "Primary" if paired else "",
    }
    return {**container, "properties": {**container["properties"], **state}}


def provider_body(asr: SiteRecovery, provider: Document, now: float) -> Document:
    """A provider with its connection of the moment. A connected host is heard of every minute."""
    host = asr.inventory.hosts.get(provider["properties"]["machineName"])
    vault = "/".join(provider["id"].split("/")[:9])
    connected = host is not None and host.heartbeat
    silent = host is not None and not connected and now - host.last_heartbeat < HEARTBEAT_MISSED_AFTER
    heard = (now // 60) * 60 if connected else (host.last_heartbeat if host else 0.0)
    state = {
        "connectionStatus": "Connected" if connected or silent else "NotConnected",
        "lastHeartBeat": written(heard),
        "protectedItemCount": sum(item.vm in host.vms for item in asr.items.of(vault)) if host else 0,
    }
    return {**provider, "properties": {**provider["properties"], **state}}


def add_effects(effects: Effects) -> None:
    """What the jobs of this file do when they end."""
    effects.ends["CreateSite"] = _site_made
    effects.ends["UnregisterFabric"] = effects.ends["PurgeVMM"] = _site_gone
    effects.ends["UnregisterDra"] = effects.ends["PurgeDra"] = _provider_gone
    effects.tasks["RefreshFabricLayout", "RefreshFabricLayout"] = _layout_read
    effects.judges["UnregisterFabric"] = effects.judges["PurgeVMM"] = _judge_site
    effects.judges["UnregisterDra"] = effects.judges["PurgeDra"] = _judge_provider


def _site_made(asr: SiteRecovery, job: Job, now: float) -> None:
    fabric_id, name, identifier = job.payload["fabric"], job.payload["name"], job.payload["identifier"]
    if job.state != JobState.SUCCEEDED or fabric_id in asr.fabrics:
        return
    first = len(asr.fabrics) == 0
    details: Document = {"instanceType": "HyperVSite", "hyperVHosts": []}
    fabric = asr.fabrics.put(fabric_id, _new_fabric(fabric_id, name, details, identifier))
    container_name = f"cloud_{identifier}"
    container_id = f"{fabric_id}/replicationProtectionContainers/{container_name}"
    asr.containers.put(
        container_id,
        {
            "id": container_id,
            "name": container_name,
            "type": f"{_TYPE}/replicationProtectionContainers",
            "properties": {
                "fabricFriendlyName": name,
                "friendlyName": name,
                "fabricType": "HyperVSite",
                "protectedItemCount": 0,
                "pairingStatus": "NotPaired",
                "role": "",
                "fabricSpecificDetails": None,
            },
        },
    )
    _schedule_registrations(asr, fabric, now, first=first)


def _new_fabric(fabric_id: str, name: str, details: Document, identifier: str) -> Document:
    return {
        "id": fabric_id,
        "name": name,
        "type": _TYPE,
        "properties": {
            "friendlyName": name,
            "encryptionDetails": {"kekState": "None", "kekCertThumbprint": None},
            "rolloverEncryptionDetails": {"kekState": "None", "kekCertThumbprint": None},
            "internalIdentifier": identifier,
            "bcdrState": "Valid",
            "customDetails": details,
            "healthErrorDetails": [],
            "health": "Normal",
        },
    }


def _schedule_registrations(asr: SiteRecovery, fabric: Document, now: float, *, first: bool) -> None:
    for host in asr.inventory.hosts.values():
        if host.site is not None and (host.site == fabric["name"] or (first and host.site == FIRST)):
            _schedule_registration(asr, host, fabric, now)


def _schedule_registration(asr: SiteRecovery, host: Host, fabric: Document, now: float) -> None:
    if not host.fabric:
        payload = {"host": host.name, "fabric": fabric["id"]}
        asr.world.schedule(now + host.registers_after, REGISTER, payload)


def _site_gone(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state != JobState.SUCCEEDED:
        return
    fabric = job.payload["fabric"]
    for host in asr.inventory.hosts_of(fabric):
        _unregister(asr.inventory, host)
    for table in (asr.providers, asr.mappings, asr.network_mappings, asr.containers):
        for one in table.values():
            if one["id"].lower().startswith(f"{fabric}/".lower()):
                table.delete(one["id"])
    asr.fabrics.delete(fabric)


def _provider_gone(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state != JobState.SUCCEEDED:
        return
    asr.providers.delete(job.payload["provider"])
    host = asr.inventory.hosts.get(job.payload["host"])
    if host is not None:
        _unregister(asr.inventory, host)


def _unregister(inventory: Inventory, host: Host) -> None:
    host.fabric = host.provider = ""
    inventory.hosts.put(host.name, host)


def _provider(asr: SiteRecovery, call: Call) -> Document:
    name = call.parameters["provider"]
    provider = asr.providers.get(f"{asr.fabric(call)['id']}/replicationRecoveryServicesProviders/{name}")
    if provider is None:
        raise resource_not_found(name)
    return provider


def _why_site_stays(asr: SiteRecovery, fabric_id: str, *, purge: bool) -> AsyncError | None:
    items = asr.items.of("/".join(fabric_id.split("/")[:9]))
    protected = any(item.fabric == fabric_id.lower() for item in items)
    if not protected and (purge or not asr.inventory.hosts_of(fabric_id)):
        return None
    holders = "protected items" if protected else "registered providers"
    return in_use(f"'{fabric_id.rsplit('/', 1)[-1]}'", f"it still has {holders}")


def _why_provider_stays(asr: SiteRecovery, provider_id: str, host_name: str) -> AsyncError | None:
    host = asr.inventory.hosts.get(host_name)
    protected = {item.vm for item in asr.items.of("/".join(provider_id.split("/")[:9]))}
    if host is None or not protected & set(host.vms):
        return None
    return in_use(f"'{host_name}'", "it still has protected items")


def _judge_site(asr: SiteRecovery, job: Job) -> AsyncError | None:
    return _why_site_stays(asr, job.payload["fabric"], purge=job.scenario == "PurgeVMM")


def _judge_provider(asr: SiteRecovery, job: Job) -> AsyncError | None:
    return _why_provider_stays(asr, job.payload["provider"], job.payload["host"])


def _layout_read(asr: SiteRecovery, job: Job, _now: float) -> None:
    """A host that cannot be reached reports nothing."""
    host = asr.inventory.hosts.get(job.payload["host"])
    if host is None or not host.heartbeat:
        raise JobFailure(host_unreachable(job.payload["host"]))
