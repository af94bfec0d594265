"""The table of Site Recovery's operations: who answers, what body it takes, what it rests on."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from simulator.asr import (
    fabrics,
    inputs,
    item_inputs,
    job_routes,
    moves,
    networks,
    policies,
    protection,
    recovery_plans,
    recovery_points,
    vault_views,
)
from simulator.asr import operations_status as status
from simulator.asr import protectable_items as protectable
from simulator.asr.site_recovery import VAULT
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply

Handler = Callable[[Call], Reply]


def site_recovery_table() -> list[OperationRoute]:
    """Every operation that is answered, but for those that follow from it (results) and the list of operations."""
    return [
        *_site_routes(),
        *_policy_routes(),
        *_item_routes(),
        *_move_routes(),
        *_job_routes(),
        *_network_routes(),
        *_plan_routes(),
        *_vault_view_routes(),
    ]


def route(
    method: str,
    template: str,
    handler: Handler,
    name: str,
    evidence: Evidence,
    *,
    extent: Extent = Extent.FULL,
    body: type[BaseModel] | None = None,
    body_required: bool | None = None,
    note: str = "",
) -> OperationRoute:
    """A row: a body is demanded wherever there is a model for it, unless told otherwise."""
    if method == "POST" and body is None:
        # What is not read is not to be swallowed either.
        body, body_required = inputs.Nothing, False
    required = body is not None if body_required is None else body_required
    parity = Parity(extent, evidence, note)
    return OperationRoute(method, template, handler, name, parity=parity, body=body, body_required=required)


_TAKEN = (
    "no upgrade of the guest's system (501); certificates of data encryption, an availability set and a capacity "
    "reservation are taken and not used"
)
_COUNTS = "counts alone, no errors of the vault and no issues; containers are always Normal"
_R, _S, _I = Evidence.RECORDED, Evidence.SPECIFIED, Evidence.INFERRED
_STARTS_AT_ONCE = "a start of initial replication is kept and told; replication starts at once"


def _site_routes() -> list[OperationRoute]:
    f, p = fabrics, protectable
    all_providers = f"{VAULT}/replicationRecoveryServicesProviders"
    return [
        route("GET", f.FABRICS, f.list_fabrics, "ReplicationFabrics_List", _R),
        route("GET", f.FABRIC, f.show_fabric, "ReplicationFabrics_Get", _R),
        route(
            "PUT",
            f.FABRIC,
            f.create_fabric,
            "ReplicationFabrics_Create",
            _R,
            body=inputs.FabricInput,
            body_required=False,
            note="Hyper-V sites only",
        ),
        route("DELETE", f.FABRIC, f.remove_fabric, "ReplicationFabrics_Purge", _R),
        route("POST", f"{f.FABRIC}/remove", f.remove_fabric, "ReplicationFabrics_Delete", _R),
        route(
            "POST",
            f"{f.FABRIC}/checkConsistency",
            f.touch_fabric,
            "ReplicationFabrics_CheckConsistency",
            _S,
            extent=Extent.PARTIAL,
            note="a job without an effect",
        ),
        route(
            "POST",
            f"{f.FABRIC}/renewCertificate",
            f.touch_fabric,
            "ReplicationFabrics_RenewCertificate",
            _S,
            body=inputs.RenewCertificateInput,
            body_required=False,
            extent=Extent.PARTIAL,
            note="a job without an effect",
        ),
        route(
            "GET",
            f"{f.FABRIC}/replicationRecoveryServicesProviders",
            f.list_providers,
            "ReplicationRecoveryServicesProviders_ListByReplicationFabrics",
            _R,
        ),
        route("GET", all_providers, f.list_providers, "ReplicationRecoveryServicesProviders_List", _R),
        route("GET", f.PROVIDER, f.show_provider, "ReplicationRecoveryServicesProviders_Get", _R),
        route("DELETE", f.PROVIDER, f.remove_provider, "ReplicationRecoveryServicesProviders_Purge", _R),
        route("POST", f"{f.PROVIDER}/remove", f.remove_provider, "ReplicationRecoveryServicesProviders_Delete", _R),
        route(
            "POST",
            f"{f.PROVIDER}/refreshProvider",
            f.refresh_provider,
            "ReplicationRecoveryServicesProviders_RefreshProvider",
            _R,
        ),
        route("GET", f.CONTAINERS, f.list_containers, "ReplicationProtectionContainers_ListByReplicationFabrics", _R),
        route(
            "GET",
            f"{VAULT}/replicationProtectionContainers",
            f.list_containers,
            "ReplicationProtectionContainers_List",
            _R,
        ),
        route("GET", f.CONTAINER, f.show_container, "ReplicationProtectionContainers_Get", _R),
        route(
            "GET",
            p.PROTECTABLE_ITEMS,
            p.list_protectable_items,
            "ReplicationProtectableItems_ListByReplicationProtectionContainers",
            _R,
            extent=Extent.PARTIAL,
            note="$filter by friendlyName only; other filters pass everything (the grammar is not published)",
        ),
        route("GET", p.PROTECTABLE_ITEM, p.show_protectable_item, "ReplicationProtectableItems_Get", _S),
    ]


def _policy_routes() -> list[OperationRoute]:
    p = policies
    return [
        route("GET", p.POLICIES, p.list_policies, "ReplicationPolicies_List", _R),
        route("GET", p.POLICY, p.show_policy, "ReplicationPolicies_Get", _R),
        route(
            "PUT",
            p.POLICY,
            p.create_policy,
            "ReplicationPolicies_Create",
            _R,
            extent=Extent.PARTIAL,
            body=inputs.PolicyInput,
            note=_STARTS_AT_ONCE,
        ),
        route(
            "PATCH",
            p.POLICY,
            p.update_policy,
            "ReplicationPolicies_Update",
            _R,
            extent=Extent.PARTIAL,
            body=inputs.PolicyUpdate,
            note=_STARTS_AT_ONCE,
        ),
        route("DELETE", p.POLICY, p.delete_policy, "ReplicationPolicies_Delete", _R),
        route(
            "GET",
            p.MAPPINGS,
            p.list_mappings,
            "ReplicationProtectionContainerMappings_ListByReplicationProtectionContainers",
            _R,
        ),
        route(
            "GET",
            f"{VAULT}/replicationProtectionContainerMappings",
            p.list_mappings,
            "ReplicationProtectionContainerMappings_List",
            _R,
        ),
        route("GET", p.MAPPING, p.show_mapping, "ReplicationProtectionContainerMappings_Get", _R),
        route(
            "PUT",
            p.MAPPING,
            p.create_mapping,
            "ReplicationProtectionContainerMappings_Create",
            _R,
            body=inputs.MappingInput,
        ),
        route(
            "PATCH",
            p.MAPPING,
            p.update_mapping,
            "ReplicationProtectionContainerMappings_Update",
            _S,
            body=inputs.MappingUpdate,
            note="nothing of a Hyper-V mapping can change",
        ),
        route("DELETE", p.MAPPING, p.remove_mapping, "ReplicationProtectionContainerMappings_Purge", _S),
        route(
            "POST",
            f"{p.MAPPING}/remove",
            p.remove_mapping,
            "ReplicationProtectionContainerMappings_Delete",
            _R,
            body=inputs.MappingRemoval,
            body_required=False,
        ),
    ]


def _item_routes() -> list[OperationRoute]:
    p, r = protection, recovery_points
    return [
        route("GET", p.ITEMS, p.list_items, "ReplicationProtectedItems_ListByReplicationProtectionContainers", _R),
        route("GET", p.VAULT_ITEMS, p.list_items, "ReplicationProtectedItems_List", _R),
        route("GET", p.ITEM, p.show_item, "ReplicationProtectedItems_Get", _R),
        route(
            "PUT",
            p.ITEM,
            p.enable,
            "ReplicationProtectedItems_Create",
            _R,
            extent=Extent.PARTIAL,
            body=item_inputs.EnableInput,
            note="a disk's performance and sector size, and the choices of the guest's system, are taken and not used",
        ),
        route(
            "PATCH",
            p.ITEM,
            p.update,
            "ReplicationProtectedItems_Update",
            _S,
            extent=Extent.PARTIAL,
            body=item_inputs.UpdateInput,
            note="a disk's performance and size are taken and not used; a null leaves what was; "
            "a list of network cards, or of a card's addresses, is the whole of it",
        ),
        route("DELETE", p.ITEM, p.purge, "ReplicationProtectedItems_Purge", _R),
        route(
            "POST",
            f"{p.ITEM}/remove",
            p.disable,
            "ReplicationProtectedItems_Delete",
            _R,
            body=item_inputs.DisableInput,
            body_required=False,
        ),
        route("GET", r.RECOVERY_POINTS, r.list_recovery_points, "RecoveryPoints_ListByReplicationProtectedItems", _S),
        route("GET", r.RECOVERY_POINT, r.show_recovery_point, "RecoveryPoints_Get", _S),
        route(
            "GET",
            r.TARGET_SIZES,
            r.list_target_sizes,
            "TargetComputeSizes_ListByReplicationProtectedItems",
            _S,
            extent=Extent.PARTIAL,
            note="a handful of sizes",
        ),
    ]


def _move_routes() -> list[OperationRoute]:
    item, m = protection.ITEM, moves
    return [
        route(
            "POST",
            f"{item}/plannedFailover",
            m.planned_failover,
            "ReplicationProtectedItems_PlannedFailover",
            _R,
            extent=Extent.PARTIAL,
            body=item_inputs.PlannedFailoverInput,
            note="the item's strings during a failback are inferred, and what becomes of a machine that "
            "CreateVmIfNotFound makes anew; a provider is named with that option alone (501 without); "
            f"{_TAKEN}",
        ),
        route(
            "POST",
            f"{item}/unplannedFailover",
            m.unplanned_failover,
            "ReplicationProtectedItems_UnplannedFailover",
            _R,
            extent=Extent.PARTIAL,
            body=item_inputs.UnplannedFailoverInput,
            note=_TAKEN,
        ),
        route(
            "POST",
            f"{item}/testFailover",
            m.test_failover,
            "ReplicationProtectedItems_TestFailover",
            _R,
            extent=Extent.PARTIAL,
            body=item_inputs.TestFailoverInput,
            note=_TAKEN,
        ),
        route(
            "POST",
            f"{item}/testFailoverCleanup",
            m.test_failover_cleanup,
            "ReplicationProtectedItems_TestFailoverCleanup",
            _R,
            body=item_inputs.TestFailoverCleanupInput,
            body_required=False,
        ),
        route("POST", f"{item}/failoverCommit", m.failover_commit, "ReplicationProtectedItems_FailoverCommit", _R),
        route(
            "POST",
            f"{item}/applyRecoveryPoint",
            m.apply_recovery_point,
            "ReplicationProtectedItems_ApplyRecoveryPoint",
            _R,
            extent=Extent.PARTIAL,
            body=item_inputs.ApplyPointInput,
            note="certificates of data encryption are taken and not used",
        ),
        route(
            "POST",
            f"{item}/reProtect",
            m.reprotect,
            "ReplicationProtectedItems_Reprotect",
            _R,
            body=item_inputs.ReprotectInput,
            note="from Azure to on premises in the tutorial profile only, inferred",
        ),
        route(
            "POST", f"{item}/repairReplication", m.repair_replication, "ReplicationProtectedItems_RepairReplication", _I
        ),
    ]


def _job_routes() -> list[OperationRoute]:
    j = job_routes
    return [
        route(
            "GET",
            j.JOBS,
            j.list_jobs,
            "ReplicationJobs_List",
            _R,
            extent=Extent.PARTIAL,
            note="$filter by state, scenario and target; other filters pass everything (the grammar is not published)",
        ),
        route("GET", j.JOB, j.show_job, "ReplicationJobs_Get", _R),
        route("POST", f"{j.JOB}/cancel", j.cancel, "ReplicationJobs_Cancel", _S),
        route("POST", f"{j.JOB}/restart", j.restart, "ReplicationJobs_Restart", _I),
        route(
            "POST",
            f"{j.JOB}/resume",
            j.resume,
            "ReplicationJobs_Resume",
            _S,
            body=inputs.ResumeInput,
            body_required=False,
        ),
        route(
            "GET",
            f"{VAULT}/replicationOperationStatus/{{operation}}",
            status.show_operation_status,
            "ReplicationOperationStatus_Get",
            _R,
        ),
    ]


def _network_routes() -> list[OperationRoute]:
    n = networks
    note = "of a VMM server: a Hyper-V site has none"
    return [
        route("GET", n.NETWORKS, n.list_networks, "ReplicationNetworks_ListByReplicationFabrics", _S, note=note),
        route("GET", f"{VAULT}/replicationNetworks", n.list_networks, "ReplicationNetworks_List", _S, note=note),
        route("GET", n.NETWORK, n.show_network, "ReplicationNetworks_Get", _S, note=note),
        route("GET", n.MAPPINGS, n.list_mappings, "ReplicationNetworkMappings_ListByReplicationNetworks", _S),
        route("GET", f"{VAULT}/replicationNetworkMappings", n.list_mappings, "ReplicationNetworkMappings_List", _S),
        route("GET", n.MAPPING, n.show_mapping, "ReplicationNetworkMappings_Get", _S),
        route(
            "PUT",
            n.MAPPING,
            n.create_mapping,
            "ReplicationNetworkMappings_Create",
            _S,
            body=inputs.NetworkMappingInput,
        ),
        route(
            "PATCH",
            n.MAPPING,
            n.update_mapping,
            "ReplicationNetworkMappings_Update",
            _S,
            body=inputs.NetworkMappingUpdate,
        ),
        route("DELETE", n.MAPPING, n.delete_mapping, "ReplicationNetworkMappings_Delete", _S),
    ]


def _plan_routes() -> list[OperationRoute]:
    p = recovery_plans
    return [
        route("GET", p.PLANS, p.list_plans, "ReplicationRecoveryPlans_List", _R),
        route("GET", p.PLAN, p.show_plan, "ReplicationRecoveryPlans_Get", _R),
        route("PUT", p.PLAN, p.create_plan, "ReplicationRecoveryPlans_Create", _R, body=inputs.PlanInput),
        route("PATCH", p.PLAN, p.update_plan, "ReplicationRecoveryPlans_Update", _S, body=inputs.PlanUpdate),
        route("DELETE", p.PLAN, p.delete_plan, "ReplicationRecoveryPlans_Delete", _R),
    ]


def _vault_view_routes() -> list[OperationRoute]:
    v = vault_views
    partial = Extent.PARTIAL
    return [
        route("GET", v.EVENTS, v.list_events, "ReplicationEvents_List", _R, extent=partial, note="ends of jobs only"),
        route("GET", v.EVENT, v.show_event, "ReplicationEvents_Get", _S, extent=partial, note="ends of jobs only"),
        route("GET", v.HEALTH, v.show_health, "ReplicationVaultHealth_Get", _S, extent=partial, note=_COUNTS),
        route("POST", f"{v.HEALTH}/default/refresh", v.refresh_health, "ReplicationVaultHealth_Refresh", _R),
        route(
            "GET",
            f"{v.HEALTH}/operationresults/{{operation}}",
            v.show_refreshed_health,
            "OperationResults_Get under replicationVaultHealth",
            _R,
        ),
    ]
