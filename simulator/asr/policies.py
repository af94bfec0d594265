"""Replication policies, and their association with a container (the container mapping)."""

from __future__ import annotations

from simulator.asr.bodies import AZURE
from simulator.asr.fabrics import CONTAINER
from simulator.asr.inputs import OTHER_PROVIDERS, PolicySettings
from simulator.asr.jobs import Target, start_job
from simulator.asr.operations_status import accepted
from simulator.asr.records import Job, JobState
from simulator.asr.refusals import at_once, bad_provider_input, check_name, in_use, parts_gone, policy_failed
from simulator.asr.replication import settle
from simulator.asr.site_recovery import VAULT, Effects, SiteRecovery, listing
from simulator.errors import AsyncError, ServiceError, asr_error, not_there, resource_not_found
from simulator.ids import derived_guid, same
from simulator.routing import Call, Reply
from simulator.store import Document

POLICIES = f"{VAULT}/replicationPolicies"
POLICY = f"{POLICIES}/{{policy}}"
MAPPINGS = f"{CONTAINER}/replicationProtectionContainerMappings"
MAPPING = f"{MAPPINGS}/{{mapping}}"
# Of recovery points, and of replication. Odd intervals were taken by the service in a recorded session.
LONGEST_HISTORY_HOURS, LONGEST_CONSISTENT_HOURS, LONGEST_INTERVAL_SECONDS = 72, 12, 86400
_MAPPING_TYPE = (
    "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/"
    "replicationProtectionContainerMappings"
)


def list_policies(call: Call) -> Reply:
    """GET all policies."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, listing(asr.policies.of(asr.vault_id(call))))


def show_policy(call: Call) -> Reply:
    """GET a policy."""
    return Reply(200, _policy(call.world.room(SiteRecovery), call))


def create_policy(call: Call) -> Reply:
    """PUT a policy. Input and result name the same things differently (recorded)."""
    asr = call.world.room(SiteRecovery)
    name = call.parameters["policy"]
    check_name(name)
    return _save_policy(call, asr, "AddProtectionProfile", name, call.body.properties.provider_specific_input)


def update_policy(call: Call) -> Reply:
    """PATCH a policy; what replicates by it changes its rhythm."""
    asr = call.world.room(SiteRecovery)
    policy = _policy(asr, call)
    settings = call.body.properties.replication_provider_settings
    return _save_policy(call, asr, "ModifyProtectionProfile", policy["name"], settings)


def delete_policy(call: Call) -> Reply:
    """DELETE a policy: refused while a container is associated with it."""
    asr = call.world.room(SiteRecovery)
    policy = _policy(asr, call)
    vault = asr.vault_id(call)
    refused = _why_policy_stays(asr, policy["id"])
    at_once(asr, refused)
    job = start_job(
        asr,
        "RemoveProtectionProfile",
        Target(vault, derived_guid(policy["id"].lower()), policy["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        payload={"policy": policy["id"]},
        refused=refused,
    )
    return accepted(call, asr, job.name, policy["id"], job=job)


def list_mappings(call: Call) -> Reply:
    """GET the mappings of a container, or of the vault."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    prefix = f"{asr.container(call)['id']}/".lower() if "container" in call.parameters else ""
    return Reply(200, listing([one for one in asr.mappings.of(vault) if one["id"].lower().startswith(prefix)]))


def show_mapping(call: Call) -> Reply:
    """GET a mapping."""
    return Reply(200, _mapping(call.world.room(SiteRecovery), call))


def create_mapping(call: Call) -> Reply:
    """PUT a mapping: the container is associated with a policy, and with Azure on the other side."""
    asr = call.world.room(SiteRecovery)
    vault, container, wanted = asr.vault_id(call), asr.container(call), call.body.properties
    policy = asr.policies.get(wanted.policy_id)
    if policy is None:
        raise resource_not_found(wanted.policy_id.rsplit("/", 1)[-1])
    if wanted.target_protection_container_id.lower() != AZURE.lower():
        raise _no_target(wanted.target_protection_container_id)
    instance = str((wanted.provider_specific_input or {}).get("instanceType", "HyperVReplicaAzure"))
    if instance.lower() in {one.lower() for one in OTHER_PROVIDERS}:
        raise not_there(call.route.name, f"the replication provider '{instance}' is not simulated")
    if instance.lower() != "hypervreplicaazure":
        raise bad_provider_input()
    name = call.parameters["mapping"]
    check_name(name)
    mapping_id = f"{container['id']}/replicationProtectionContainerMappings/{name}"
    fabric_name = container["properties"]["fabricFriendlyName"]
    body = {
        "id": mapping_id,
        "name": name,
        "type": _MAPPING_TYPE,
        "properties": {
            "targetProtectionContainerId": AZURE,
            "targetProtectionContainerFriendlyName": AZURE,
            "providerSpecificDetails": None,
            "health": "Normal",
            "healthErrorDetails": [],
            "policyId": policy["id"],
            "state": "Paired",
            "sourceProtectionContainerFriendlyName": container["properties"]["friendlyName"],
            "sourceFabricFriendlyName": fabric_name,
            "targetFabricFriendlyName": AZURE,
            "policyFriendlyName": policy["properties"]["friendlyName"],
        },
    }
    job = start_job(
        asr,
        "AssociateProtectionProfile",
        Target(vault, derived_guid(policy["id"].lower()), policy["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        result=mapping_id,
        payload={"mapping": body},
    )
    return accepted(call, asr, job.name, mapping_id, job=job)


def update_mapping(call: Call) -> Reply:
    """PATCH a mapping: nothing of a Hyper-V mapping can be changed, and the service accepts it."""
    asr = call.world.room(SiteRecovery)
    mapping = _mapping(asr, call)
    job = start_job(
        asr,
        "AssociateProtectionProfile",
        Target(asr.vault_id(call), derived_guid(mapping["id"].lower()), mapping["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        result=mapping["id"],
        payload={"mapping": mapping},
    )
    return accepted(call, asr, job.name, mapping["id"], job=job)


def remove_mapping(call: Call) -> Reply:
    """POST remove, or DELETE (purge), a mapping: refused while its container has protected items of the policy."""
    asr = call.world.room(SiteRecovery)
    mapping = _mapping(asr, call)
    vault, policy = asr.vault_id(call), mapping["properties"]["policyId"]
    refused = _why_mapping_stays(asr, mapping["id"])
    at_once(asr, refused)
    purge = call.route.method == "DELETE"
    job = start_job(
        asr,
        "PurgeProtectionProfileAssociation" if purge else "DissociateProtectionProfile",
        Target(vault, derived_guid(policy.lower()), mapping["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        payload={"mapping": mapping["id"]},
        refused=refused,
    )
    return accepted(call, asr, job.name, mapping["id"], job=job)


def add_effects(effects: Effects) -> None:
    """What the jobs of this file do when they end."""
    effects.ends["AddProtectionProfile"] = effects.ends["ModifyProtectionProfile"] = _policy_saved
    effects.ends["RemoveProtectionProfile"] = _policy_gone
    effects.ends["AssociateProtectionProfile"] = _mapping_saved
    effects.ends["DissociateProtectionProfile"] = _mapping_gone
    effects.ends["PurgeProtectionProfileAssociation"] = _mapping_gone
    effects.judges["RemoveProtectionProfile"] = lambda asr, job: _why_policy_stays(asr, job.payload["policy"])
    for scenario in ("DissociateProtectionProfile", "PurgeProtectionProfileAssociation"):
        effects.judges[scenario] = lambda asr, job: _why_mapping_stays(asr, job.payload["mapping"])
    effects.judges["AssociateProtectionProfile"] = _why_not_associated


def _save_policy(call: Call, asr: SiteRecovery, scenario: str, name: str, settings: PolicySettings) -> Reply:
    vault = asr.vault_id(call)
    policy_id = f"{vault}/replicationPolicies/{name}"
    app_consistent_hours = settings.application_consistent_snapshot_frequency_in_hours
    # Left out where none is set, as the recorded answer has it.
    start = settings.online_replication_start_time
    body = {
        "id": policy_id,
        "name": name,
        "type": "Microsoft.RecoveryServices/vaults/replicationPolicies",
        "properties": {
            "friendlyName": name,
            "providerSpecificDetails": {
                "instanceType": "HyperVReplicaAzure",
                "recoveryPointHistoryDurationInHours": settings.recovery_point_history_duration,
                "applicationConsistentSnapshotFrequencyInHours": app_consistent_hours,
                "replicationInterval": settings.replication_interval,
                "encryption": "Disabled",
                "activeStorageAccountId": next(iter(settings.storage_accounts or []), None),
                **({"onlineReplicationStartTime": start} if start else {}),
            },
        },
    }
    job = start_job(
        asr,
        scenario,
        Target(vault, derived_guid(policy_id.lower()), name),
        now=call.now,
        client_request_id=call.client_request_id,
        result=policy_id,
        payload={"policy": body},
        refused=_unfit(settings),
    )
    return accepted(call, asr, job.name, policy_id, job=job)


def _unfit(settings: PolicySettings) -> AsyncError | None:
    """Why the service does not take a policy's settings, or None. It says so in the job (seen in a public report)."""
    hours, consistent = (
        settings.recovery_point_history_duration,
        settings.application_consistent_snapshot_frequency_in_hours,
    )
    if not 0 <= hours <= LONGEST_HISTORY_HOURS:
        return policy_failed(f"The history has to be from 0 to {LONGEST_HISTORY_HOURS} hours, not {hours}.")
    if not 0 <= consistent <= LONGEST_CONSISTENT_HOURS:
        return policy_failed(
            f"Application-consistent snapshots are made every 0 to {LONGEST_CONSISTENT_HOURS} hours, not {consistent}."
        )
    if not 1 <= settings.replication_interval <= LONGEST_INTERVAL_SECONDS:
        return policy_failed(
            f"The interval has to be from 1 to {LONGEST_INTERVAL_SECONDS} seconds, not {settings.replication_interval}."
        )
    return None


def _policy_saved(asr: SiteRecovery, job: Job, now: float) -> None:
    if job.state != JobState.SUCCEEDED:
        return
    policy: Document = job.payload["policy"]
    items = [item for item in asr.items.of(job.vault) if same(item.policy, policy["id"])]
    for item in items:
        settle(asr, item, now)
    asr.policies.put(policy["id"], policy)
    details = policy["properties"]["providerSpecificDetails"]
    for item in items:
        item.replication.interval = details["replicationInterval"]
        item.replication.history_hours = details["recoveryPointHistoryDurationInHours"]
        item.replication.app_hours = details["applicationConsistentSnapshotFrequencyInHours"]
        asr.save_item(item)


def _policy_gone(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state == JobState.SUCCEEDED:
        asr.policies.delete(job.payload["policy"])


def _mapping_saved(asr: SiteRecovery, job: Job, _now: float) -> None:
    mapping = job.payload["mapping"]
    if job.state == JobState.SUCCEEDED:
        asr.mappings.put(mapping["id"], mapping)


def _mapping_gone(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state == JobState.SUCCEEDED:
        asr.mappings.delete(job.payload["mapping"])


def _policy(asr: SiteRecovery, call: Call) -> Document:
    name = call.parameters["policy"]
    return asr.child(asr.policies, f"{asr.vault_id(call)}/replicationPolicies/{name}", name)


def _mapping(asr: SiteRecovery, call: Call) -> Document:
    name = call.parameters["mapping"]
    return asr.child(asr.mappings, f"{asr.container(call)['id']}/replicationProtectionContainerMappings/{name}", name)


def _why_not_associated(asr: SiteRecovery, job: Job) -> AsyncError | None:
    """The policy, or the container with its site, may have been removed since the association was asked for."""
    mapping = job.payload["mapping"]
    there = mapping["properties"]["policyId"] in asr.policies and mapping["id"].rsplit("/", 2)[0] in asr.containers
    return None if there else parts_gone(mapping["name"])


def _why_policy_stays(asr: SiteRecovery, policy_id: str) -> AsyncError | None:
    policy = asr.policies.get(policy_id)
    mappings = asr.mappings.of("/".join(policy_id.split("/")[:9]))
    if policy is None or not any(same(mapping["properties"]["policyId"], policy_id) for mapping in mappings):
        return None
    return in_use(f"The replication policy '{policy['name']}'", "it is associated with a protection container")


def _why_mapping_stays(asr: SiteRecovery, mapping_id: str) -> AsyncError | None:
    mapping, container = asr.mappings.get(mapping_id), mapping_id.rsplit("/", 2)[0].lower()
    items = asr.items.of("/".join(mapping_id.split("/")[:9]))
    if mapping is None or not any(
        item.container == container and same(item.policy, mapping["properties"]["policyId"]) for item in items
    ):
        return None
    return in_use(f"The association '{mapping['name']}'", "virtual machines are protected with its policy")


def _no_target(container: str) -> ServiceError:
    return asr_error(
        400,
        "BadRequest",
        f"'{container}' is not a target of a Hyper-V site.",
        code="SimulatorNotATarget",
        causes=f"A Hyper-V site replicates to '{AZURE}' alone.",
        action=f"Give '{AZURE}' as targetProtectionContainerId.",
    )
