"""VM networks, which a VMM server alone has (a Hyper-V site has none), and their mapping to Azure networks."""

from __future__ import annotations

from simulator.asr.bodies import AZURE
from simulator.asr.fabrics import FABRIC, VMM
from simulator.asr.jobs import Target, start_job
from simulator.asr.operations_status import accepted
from simulator.asr.records import Job, JobState
from simulator.asr.refusals import check_name
from simulator.asr.site_recovery import Effects, SiteRecovery, listing
from simulator.errors import resource_not_found
from simulator.ids import AZURE_FABRIC, derived_guid
from simulator.routing import Call, Reply
from simulator.store import Document

NETWORKS = f"{FABRIC}/replicationNetworks"
NETWORK = f"{NETWORKS}/{{network}}"
MAPPINGS = f"{NETWORK}/replicationNetworkMappings"
MAPPING = f"{MAPPINGS}/{{mapping}}"
_TYPE = "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationNetworks"


def list_networks(call: Call) -> Reply:
    """GET the networks of a fabric, or of the vault."""
    asr = call.world.room(SiteRecovery)
    fabrics = [asr.fabric(call)] if "fabric" in call.parameters else asr.fabrics.of(asr.vault_id(call))
    return Reply(200, listing([network for fabric in fabrics for network in _networks(fabric)]))


def show_network(call: Call) -> Reply:
    """GET a network."""
    return Reply(200, _network(call.world.room(SiteRecovery), call))


def list_mappings(call: Call) -> Reply:
    """GET the mappings of a network, or of the vault."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    prefix = f"{_network(asr, call)['id']}/".lower() if "network" in call.parameters else ""
    return Reply(200, listing([one for one in asr.network_mappings.of(vault) if one["id"].lower().startswith(prefix)]))


def show_mapping(call: Call) -> Reply:
    """GET a mapping."""
    return Reply(200, _mapping(call.world.room(SiteRecovery), call))


def create_mapping(call: Call) -> Reply:
    """PUT a mapping of a network to one in Azure."""
    asr = call.world.room(SiteRecovery)
    network, name = _network(asr, call), call.parameters["mapping"]
    check_name(name)
    return _save(call, asr, network, name, call.body.properties.recovery_network_id)


def update_mapping(call: Call) -> Reply:
    """PATCH a mapping to another network in Azure."""
    asr = call.world.room(SiteRecovery)
    mapping = _mapping(asr, call)
    recovery = call.body.properties.recovery_network_id or mapping["properties"]["recoveryNetworkId"]
    return _save(call, asr, _network(asr, call), mapping["name"], recovery)


def delete_mapping(call: Call) -> Reply:
    """DELETE a mapping."""
    asr = call.world.room(SiteRecovery)
    mapping = _mapping(asr, call)
    job = start_job(
        asr,
        "NetworkUnPairing",
        Target(asr.vault_id(call), derived_guid(mapping["id"].lower()), mapping["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        payload={"mapping": mapping["id"]},
    )
    return accepted(call, asr, job.name, mapping["id"], job=job)


def add_effects(effects: Effects) -> None:
    """What the jobs of this file do when they end."""
    effects.ends["NetworkPairing"] = _mapped
    effects.ends["NetworkUnPairing"] = _unmapped


def _save(call: Call, asr: SiteRecovery, network: Document, name: str, recovery: str) -> Reply:
    target = call.world.resources.get(recovery)
    if target is None:
        raise resource_not_found(recovery.rsplit("/", 1)[-1])
    mapping_id = f"{network['id']}/replicationNetworkMappings/{name}"
    vault = asr.vault_id(call)
    body = {
        "id": mapping_id,
        "name": name,
        "type": f"{_TYPE}/replicationNetworkMappings",
        "properties": {
            "state": "Paired",
            "primaryNetworkFriendlyName": network["properties"]["friendlyName"],
            "primaryNetworkId": network["id"],
            "primaryFabricFriendlyName": asr.fabric(call)["properties"]["friendlyName"],
            "recoveryNetworkFriendlyName": target.body["name"],
            "recoveryNetworkId": target.body["id"],
            "recoveryFabricArmId": f"{vault}/replicationFabrics/{AZURE_FABRIC}",
            "recoveryFabricFriendlyName": AZURE,
            "fabricSpecificSettings": None,
        },
    }
    job = start_job(
        asr,
        "NetworkPairing",
        Target(vault, derived_guid(network["id"].lower()), network["properties"]["friendlyName"]),
        now=call.now,
        client_request_id=call.client_request_id,
        result=mapping_id,
        payload={"mapping": body},
    )
    return accepted(call, asr, job.name, mapping_id, job=job)


def _mapped(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state == JobState.SUCCEEDED:
        asr.network_mappings.put(job.payload["mapping"]["id"], job.payload["mapping"])


def _unmapped(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state == JobState.SUCCEEDED:
        asr.network_mappings.delete(job.payload["mapping"])


def _networks(fabric: Document) -> list[Document]:
    return [_body(fabric, name) for name in fabric.get("networks", ())]


def _body(fabric: Document, friendly_name: str) -> Document:
    name = derived_guid("network", fabric["id"].lower(), friendly_name)
    return {
        "id": f"{fabric['id']}/replicationNetworks/{name}",
        "name": name,
        "type": _TYPE,
        "properties": {
            "fabricType": VMM,
            "subnets": [],
            "friendlyName": friendly_name,
            "networkType": "VmNetwork",
        },
    }


def _network(asr: SiteRecovery, call: Call) -> Document:
    name = call.parameters["network"]
    found = next((one for one in _networks(asr.fabric(call)) if one["name"] == name.lower()), None)
    if found is None:
        raise resource_not_found(name)
    return found


def _mapping(asr: SiteRecovery, call: Call) -> Document:
    name = call.parameters["mapping"]
    return asr.child(asr.network_mappings, f"{_network(asr, call)['id']}/replicationNetworkMappings/{name}", name)
