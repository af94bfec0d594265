"""Every operation of Site Recovery that the simulator answers, and the events that its jobs and items wait for."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from simulator.asr import (
    fabrics,
    inputs,
    job_routes,
    jobs,
    move_effects,
    moves,
    occupancy,
    policies,
    protection,
    recovery_points,
)
from simulator.asr import operations_status as status
from simulator.asr import protectable_items as protectable
from simulator.asr.refused import refused_routes
from simulator.asr.site_recovery import VAULT, SiteRecovery
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.world import World

Handler = Callable[[Call], Reply]


def open_site_recovery(world: World) -> SiteRecovery:
    """Make the room and say who carries out its events; due events may be waiting in a reopened world."""
    asr = world.room(SiteRecovery)
    for part in (fabrics, policies, protection, moves, move_effects):
        part.add_effects(asr.effects)
    world.on(jobs.STEP, jobs.carry_on)
    world.on(occupancy.QUIET, occupancy.item_quiet)
    world.on(occupancy.SETTLED, occupancy.item_settled)
    world.on(fabrics.REGISTER, fabrics.registration_due)
    world.on(protection.INITIAL_REPLICATION, protection.initial_replication_due)
    return asr


def asr_routes() -> list[OperationRoute]:
    """The operations, those that are refused among them."""
    answered = [*_site_routes(), *_policy_routes(), *_item_routes(), *_move_routes(), *_job_routes()]
    return [*answered, *_result_routes(answered), *refused_routes(answered)]


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
        _route("PUT", p.ITEM, p.enable, "ReplicationProtectedItems_Create", _R, body=inputs.EnableInput),
        _route("PATCH", p.ITEM, p.update, "ReplicationProtectedItems_Update", _S, body=inputs.UpdateInput),
        _route("DELETE", p.ITEM, p.purge, "ReplicationProtectedItems_Purge", _R),
        _route(
            "POST",
            f"{p.ITEM}/remove",
            p.disable,
            "ReplicationProtectedItems_Delete",
            _R,
            body=inputs.DisableInput,
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
            body=inputs.PlannedFailoverInput,
            note="the item's strings during a failback are inferred",
        ),
        _route(
            "POST",
            f"{item}/unplannedFailover",
            m.unplanned_failover,
            "ReplicationProtectedItems_UnplannedFailover",
            _R,
            body=inputs.UnplannedFailoverInput,
        ),
        _route(
            "POST",
            f"{item}/testFailover",
            m.test_failover,
            "ReplicationProtectedItems_TestFailover",
            _R,
            body=inputs.TestFailoverInput,
        ),
        _route(
            "POST",
            f"{item}/testFailoverCleanup",
            m.test_failover_cleanup,
            "ReplicationProtectedItems_TestFailoverCleanup",
            _R,
            body=inputs.TestFailoverCleanupInput,
            body_required=False,
        ),
        _route("POST", f"{item}/failoverCommit", m.failover_commit, "ReplicationProtectedItems_FailoverCommit", _R),
        _route(
            "POST",
            f"{item}/applyRecoveryPoint",
            m.apply_recovery_point,
            "ReplicationProtectedItems_ApplyRecoveryPoint",
            _R,
            body=inputs.ApplyPointInput,
        ),
        _route(
            "POST",
            f"{item}/reProtect",
            m.reprotect,
            "ReplicationProtectedItems_Reprotect",
            _R,
            body=inputs.ReprotectInput,
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


def _result_routes(answered: list[OperationRoute]) -> list[OperationRoute]:
    """`operationresults` under every resource that a mutation works on."""
    templates = {
        route.template.rsplit("/", 1)[0] if route.method == "POST" else route.template
        for route in answered
        if route.mutates
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
