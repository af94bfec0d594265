"""Every operation of Site Recovery that the simulator answers, and the events that its jobs and items wait for."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from simulator.asr import (
    fabrics,
    inputs,
    item_inputs,
    job_routes,
    jobs,
    move_effects,
    moves,
    networks,
    occupancy,
    policies,
    protection,
    recovery_plans,
    recovery_points,
    vault_views,
)
from simulator.asr import operations_status as status
from simulator.asr import protectable_items as protectable
from simulator.asr.refused import refused_routes
from simulator.asr.site_recovery import VAULT, SiteRecovery, listing
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document
from simulator.world import World

Handler = Callable[[Call], Reply]
OPERATIONS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/operations"


def open_site_recovery(world: World) -> SiteRecovery:
    """Make the room and say who carries out its events; due events may be waiting in a reopened world."""
    asr = world.room(SiteRecovery)
    for part in (fabrics, policies, protection, moves, move_effects, networks, recovery_plans):
        part.add_effects(asr.effects)
    asr.effects.ends["*"] = vault_views.tell_end
    world.on(jobs.STEP, jobs.carry_on)
    world.on(occupancy.QUIET, occupancy.item_quiet)
    world.on(occupancy.SETTLED, occupancy.item_settled)
    world.on(fabrics.REGISTER, fabrics.registration_due)
    world.on(protection.INITIAL_REPLICATION, protection.initial_replication_due)
    return asr


def asr_routes() -> list[OperationRoute]:
    """The operations, those that are refused among them."""
    parts = (
        _site_routes,
        _policy_routes,
        _item_routes,
        _move_routes,
        _job_routes,
        _network_routes,
        _plan_routes,
        _vault_view_routes,
    )
    answered = [route for part in parts for route in part()]
    return [*answered, *_result_routes(answered), *refused_routes()]


def list_operations(_call: Call) -> Reply:
    """GET the provider's operations: those that the simulator answers."""
    names = sorted({route.name for route in asr_routes() if route.parity and route.parity.extent is not Extent.REFUSED})
    return Reply(200, listing([_operation_body(name) for name in names]))


def _operation_body(name: str) -> Document:
    resource, _, operation = name.partition("_")
    return {
        "name": f"Microsoft.RecoveryServices/{resource}/{operation}",
        "display": {
            "provider": "Microsoft Recovery Services",
            "resource": resource,
            "operation": operation,
            "description": name,
        },
        "origin": "user",
        "properties": None,
    }


def _route(
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
    required = body is not None if body_required is None else body_required
    parity = Parity(extent, evidence, note)
    return OperationRoute(method, template, handler, name, parity=parity, body=body, body_required=required)


_R, _S, _I = Evidence.RECORDED, Evidence.SPECIFIED, Evidence.INFERRED


def _site_routes() -> list[OperationRoute]:
    f, p = fabrics, protectable
    all_providers = f"{VAULT}/replicationRecoveryServicesProviders"
    return [
        _route("GET", f.FABRICS, f.list_fabrics, "ReplicationFabrics_List", _R),
        _route("GET", f.FABRIC, f.show_fabric, "ReplicationFabrics_Get", _R),
        _route(
            "PUT",
            f.FABRIC,
            f.create_fabric,
            "ReplicationFabrics_Create",
            _R,
            body=inputs.FabricInput,
            body_required=False,
            note="Hyper-V sites only",
        ),
        _route("DELETE", f.FABRIC, f.remove_fabric, "ReplicationFabrics_Purge", _R),
        _route("POST", f"{f.FABRIC}/remove", f.remove_fabric, "ReplicationFabrics_Delete", _R),
        _route(
            "POST",
            f"{f.FABRIC}/checkConsistency",
            f.touch_fabric,
            "ReplicationFabrics_CheckConsistency",
            _S,
            extent=Extent.PARTIAL,
            note="a job without an effect",
        ),
        _route(
            "POST",
            f"{f.FABRIC}/renewCertificate",
            f.touch_fabric,
            "ReplicationFabrics_RenewCertificate",
            _S,
            extent=Extent.PARTIAL,
            note="a job without an effect",
        ),
        _route(
            "GET",
            f"{f.FABRIC}/replicationRecoveryServicesProviders",
            f.list_providers,
            "ReplicationRecoveryServicesProviders_ListByReplicationFabrics",
            _R,
        ),
        _route("GET", all_providers, f.list_providers, "ReplicationRecoveryServicesProviders_List", _R),
        _route("GET", f.PROVIDER, f.show_provider, "ReplicationRecoveryServicesProviders_Get", _R),
        _route("DELETE", f.PROVIDER, f.remove_provider, "ReplicationRecoveryServicesProviders_Purge", _R),
        _route("POST", f"{f.PROVIDER}/remove", f.remove_provider, "ReplicationRecoveryServicesProviders_Delete", _R),
        _route(
            "POST",
            f"{f.PROVIDER}/refreshProvider",
            f.refresh_provider,
            "ReplicationRecoveryServicesProviders_RefreshProvider",
            _R,
        ),
        _route("GET", f.CONTAINERS, f.list_containers, "ReplicationProtectionContainers_ListByReplicationFabrics", _R),
        _route(
            "GET",
            f"{VAULT}/replicationProtectionContainers",
            f.list_containers,
            "ReplicationProtectionContainers_List",
            _R,
        ),
        _route("GET", f.CONTAINER, f.show_container, "ReplicationProtectionContainers_Get", _R),
        _route(
            "GET",
            p.PROTECTABLE_ITEMS,
            p.list_protectable_items,
            "ReplicationProtectableItems_ListByReplicationProtectionContainers",
            _R,
            note="$filter by friendlyName only; the grammar is not published",
        ),
        _route("GET", p.PROTECTABLE_ITEM, p.show_protectable_item, "ReplicationProtectableItems_Get", _S),
    ]


def _policy_routes() -> list[OperationRoute]:
    p = policies
    return [
        _route("GET", p.POLICIES, p.list_policies, "ReplicationPolicies_List", _R),
        _route("GET", p.POLICY, p.show_policy, "ReplicationPolicies_Get", _R),
        _route("PUT", p.POLICY, p.create_policy, "ReplicationPolicies_Create", _R, body=inputs.PolicyInput),
        _route("PATCH", p.POLICY, p.update_policy, "ReplicationPolicies_Update", _R, body=inputs.PolicyUpdate),
        _route("DELETE", p.POLICY, p.delete_policy, "ReplicationPolicies_Delete", _R),
        _route(
            "GET",
            p.MAPPINGS,
            p.list_mappings,
            "ReplicationProtectionContainerMappings_ListByReplicationProtectionContainers",
            _R,
        ),
        _route(
            "GET",
            f"{VAULT}/replicationProtectionContainerMappings",
            p.list_mappings,
            "ReplicationProtectionContainerMappings_List",
            _R,
        ),
        _route("GET", p.MAPPING, p.show_mapping, "ReplicationProtectionContainerMappings_Get", _R),
        _route(
            "PUT",
            p.MAPPING,
            p.create_mapping,
            "ReplicationProtectionContainerMappings_Create",
            _R,
            body=inputs.MappingInput,
        ),
        _route(
            "PATCH",
            p.MAPPING,
            p.update_mapping,
            "ReplicationProtectionContainerMappings_Update",
            _S,
            body=inputs.MappingUpdate,
            note="nothing of a Hyper-V mapping can change",
        ),
        _route("DELETE", p.MAPPING, p.remove_mapping, "ReplicationProtectionContainerMappings_Purge", _S),
        _route(
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
        _route("GET", p.ITEMS, p.list_items, "ReplicationProtectedItems_ListByReplicationProtectionContainers", _R),
        _route("GET", p.VAULT_ITEMS, p.list_items, "ReplicationProtectedItems_List", _R),
        _route("GET", p.ITEM, p.show_item, "ReplicationProtectedItems_Get", _R),
        _route("PUT", p.ITEM, p.enable, "ReplicationProtectedItems_Create", _R, body=item_inputs.EnableInput),
        _route("PATCH", p.ITEM, p.update, "ReplicationProtectedItems_Update", _S, body=item_inputs.UpdateInput),
        _route("DELETE", p.ITEM, p.purge, "ReplicationProtectedItems_Purge", _R),
        _route(
            "POST",
            f"{p.ITEM}/remove",
            p.disable,
            "ReplicationProtectedItems_Delete",
            _R,
            body=item_inputs.DisableInput,
            body_required=False,
        ),
        _route("GET", r.RECOVERY_POINTS, r.list_recovery_points, "RecoveryPoints_ListByReplicationProtectedItems", _S),
        _route("GET", r.RECOVERY_POINT, r.show_recovery_point, "RecoveryPoints_Get", _S),
        _route(
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
        _route(
            "POST",
            f"{item}/plannedFailover",
            m.planned_failover,
            "ReplicationProtectedItems_PlannedFailover",
            _R,
            body=item_inputs.PlannedFailoverInput,
            note="the item's strings during a failback are inferred",
        ),
        _route(
            "POST",
            f"{item}/unplannedFailover",
            m.unplanned_failover,
            "ReplicationProtectedItems_UnplannedFailover",
            _R,
            body=item_inputs.UnplannedFailoverInput,
        ),
        _route(
            "POST",
            f"{item}/testFailover",
            m.test_failover,
            "ReplicationProtectedItems_TestFailover",
            _R,
            body=item_inputs.TestFailoverInput,
        ),
        _route(
            "POST",
            f"{item}/testFailoverCleanup",
            m.test_failover_cleanup,
            "ReplicationProtectedItems_TestFailoverCleanup",
            _R,
            body=item_inputs.TestFailoverCleanupInput,
            body_required=False,
        ),
        _route("POST", f"{item}/failoverCommit", m.failover_commit, "ReplicationProtectedItems_FailoverCommit", _R),
        _route(
            "POST",
            f"{item}/applyRecoveryPoint",
            m.apply_recovery_point,
            "ReplicationProtectedItems_ApplyRecoveryPoint",
            _R,
            body=item_inputs.ApplyPointInput,
        ),
        _route(
            "POST",
            f"{item}/reProtect",
            m.reprotect,
            "ReplicationProtectedItems_Reprotect",
            _R,
            body=item_inputs.ReprotectInput,
            note="from Azure to on premises in the tutorial profile only, inferred",
        ),
        _route(
            "POST", f"{item}/repairReplication", m.repair_replication, "ReplicationProtectedItems_RepairReplication", _I
        ),
    ]


def _job_routes() -> list[OperationRoute]:
    j = job_routes
    return [
        _route(
            "GET",
            j.JOBS,
            j.list_jobs,
            "ReplicationJobs_List",
            _R,
            note="$filter by state, scenario and target; the grammar is not published",
        ),
        _route("GET", j.JOB, j.show_job, "ReplicationJobs_Get", _R),
        _route("POST", f"{j.JOB}/cancel", j.cancel, "ReplicationJobs_Cancel", _S),
        _route("POST", f"{j.JOB}/restart", j.restart, "ReplicationJobs_Restart", _I),
        _route(
            "POST",
            f"{j.JOB}/resume",
            j.resume,
            "ReplicationJobs_Resume",
            _S,
            body=inputs.ResumeInput,
            body_required=False,
        ),
        _route(
            "GET",
            f"{VAULT}/replicationOperationStatus/{{operation}}",
            status.show_operation_status,
            "ReplicationOperationStatus_Get",
            _R,
        ),
    ]


def _network_routes() -> list[OperationRoute]:
    n = networks
    note = "the networks that the machines' adapters are on"
    return [
        _route("GET", n.NETWORKS, n.list_networks, "ReplicationNetworks_ListByReplicationFabrics", _S, note=note),
        _route("GET", f"{VAULT}/replicationNetworks", n.list_networks, "ReplicationNetworks_List", _S, note=note),
        _route("GET", n.NETWORK, n.show_network, "ReplicationNetworks_Get", _S, note=note),
        _route("GET", n.MAPPINGS, n.list_mappings, "ReplicationNetworkMappings_ListByReplicationNetworks", _S),
        _route("GET", f"{VAULT}/replicationNetworkMappings", n.list_mappings, "ReplicationNetworkMappings_List", _S),
        _route("GET", n.MAPPING, n.show_mapping, "ReplicationNetworkMappings_Get", _S),
        _route(
            "PUT",
            n.MAPPING,
            n.create_mapping,
            "ReplicationNetworkMappings_Create",
            _S,
            body=inputs.NetworkMappingInput,
        ),
        _route(
            "PATCH",
            n.MAPPING,
            n.update_mapping,
            "ReplicationNetworkMappings_Update",
            _S,
            body=inputs.NetworkMappingUpdate,
        ),
        _route("DELETE", n.MAPPING, n.delete_mapping, "ReplicationNetworkMappings_Delete", _S),
    ]


def _plan_routes() -> list[OperationRoute]:
    p = recovery_plans
    return [
        _route("GET", p.PLANS, p.list_plans, "ReplicationRecoveryPlans_List", _R),
        _route("GET", p.PLAN, p.show_plan, "ReplicationRecoveryPlans_Get", _R),
        _route("PUT", p.PLAN, p.create_plan, "ReplicationRecoveryPlans_Create", _R, body=inputs.PlanInput),
        _route("PATCH", p.PLAN, p.update_plan, "ReplicationRecoveryPlans_Update", _S, body=inputs.PlanUpdate),
        _route("DELETE", p.PLAN, p.delete_plan, "ReplicationRecoveryPlans_Delete", _R),
    ]


def _vault_view_routes() -> list[OperationRoute]:
    v = vault_views
    partial = Extent.PARTIAL
    return [
        _route("GET", v.EVENTS, v.list_events, "ReplicationEvents_List", _R, extent=partial, note="ends of jobs only"),
        _route("GET", v.EVENT, v.show_event, "ReplicationEvents_Get", _S, extent=partial, note="ends of jobs only"),
        _route("GET", v.HEALTH, v.show_health, "ReplicationVaultHealth_Get", _S),
        _route("POST", f"{v.HEALTH}/default/refresh", v.refresh_health, "ReplicationVaultHealth_Refresh", _R),
        _route(
            "GET",
            f"{v.HEALTH}/operationresults/{{operation}}",
            status.show_operation_result,
            "OperationResults_Get under replicationVaultHealth",
            _R,
        ),
        _route("GET", OPERATIONS, list_operations, "Operations_List", _S),
    ]


def _result_routes(answered: list[OperationRoute]) -> list[OperationRoute]:
    """`operationresults` under every resource that a mutation works on."""
    templates = {
        route.template.rsplit("/", 1)[0] if route.method == "POST" else route.template
        for route in answered
        if route.mutates and "replicationVaultHealth" not in route.template
    }
    return [
        _route(
            "GET",
            f"{template}/operationresults/{{operation}}",
            status.show_operation_result,
            f"OperationResults_Get under {template.rsplit('/', 2)[1]}",
            _S,
        )
        for template in sorted(templates)
    ]
