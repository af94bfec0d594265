"""Recovery plans: kept, shown, changed and deleted. Running them is not there, and says so."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.asr.bodies import AZURE
from simulator.asr.inputs import PlanAction, PlanGroup
from simulator.asr.jobs import Target, start_job
from simulator.asr.operations_status import accepted
from simulator.asr.records import Job, JobState, ProtectedItem
from simulator.asr.refusals import check_name
from simulator.asr.site_recovery import VAULT, Effects, SiteRecovery, listing
from simulator.asr.states import Operation, row
from simulator.errors import resource_not_found
from simulator.ids import derived_guid
from simulator.routing import Call, Reply
from simulator.store import Document

PLANS = f"{VAULT}/replicationRecoveryPlans"
PLAN = f"{PLANS}/{{plan}}"
_OFFERED = (Operation.PLANNED_FAILOVER, Operation.UNPLANNED_FAILOVER, Operation.TEST_FAILOVER, Operation.COMMIT)


def list_plans(call: Call) -> Reply:
    """GET all plans; the list shows no groups (recorded)."""
    asr = call.world.room(SiteRecovery)
    bodies = [_body(asr, plan) for plan in asr.plans.of(asr.vault_id(call))]
    return Reply(200, listing([{**body, "properties": {**body["properties"], "groups": []}} for body in bodies]))


def show_plan(call: Call) -> Reply:
    """GET a plan."""
    asr = call.world.room(SiteRecovery)
    return Reply(200, _body(asr, _plan(asr, call)))


def create_plan(call: Call) -> Reply:
    """PUT a plan. The service puts empty Shutdown and Failover groups in front of the Boot ones (recorded)."""
    asr, wanted = call.world.room(SiteRecovery), call.body.properties
    vault, name = asr.vault_id(call), call.parameters["plan"]
    check_name(name)
    fabric = asr.fabrics.get(wanted.primary_fabric_id)
    if fabric is None:
        raise resource_not_found(wanted.primary_fabric_id.rsplit("/", 1)[-1])
    plan_id = f"{vault}/replicationRecoveryPlans/{name}"
    body = {
        "id": plan_id,
        "name": name,
        "type": "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans",
        "properties": {
            "friendlyName": name,
            "primaryFabricId": fabric["id"],
            "primaryFabricFriendlyName": fabric["properties"]["friendlyName"],
            "recoveryFabricId": AZURE,
            "recoveryFabricFriendlyName": AZURE,
            "failoverDeploymentModel": wanted.failover_deployment_model or "ResourceManager",
            "replicationProviders": ["HyperVReplicaAzure"],
            "allowedOperations": [],
            "currentScenario": None,
            "currentScenarioStatus": None,
            "currentScenarioStatusDescription": None,
            "groups": _groups(asr, wanted.groups),
            "providerSpecificDetails": [],
        },
    }
    return _start(call, asr, "SaveRecoveryPlan", body, result=plan_id)


def update_plan(call: Call) -> Reply:
    """PATCH a plan's groups."""
    asr = call.world.room(SiteRecovery)
    plan = _plan(asr, call)
    groups = call.body.properties.groups
    changed = plan["properties"] if groups is None else {**plan["properties"], "groups": _groups(asr, groups)}
    return _start(call, asr, "UpdateRecoveryPlan", {**plan, "properties": changed}, result=plan["id"])


def delete_plan(call: Call) -> Reply:
    """DELETE a plan."""
    asr = call.world.room(SiteRecovery)
    return _start(call, asr, "DeleteRecoveryPlan", _plan(asr, call), result="")


def add_effects(effects: Effects) -> None:
    """What the jobs of this file do when they end."""
    effects.ends["SaveRecoveryPlan"] = effects.ends["UpdateRecoveryPlan"] = _saved
    effects.ends["DeleteRecoveryPlan"] = _deleted


def _start(call: Call, asr: SiteRecovery, scenario: str, plan: Document, *, result: str) -> Reply:
    job = start_job(
        asr,
        scenario,
        Target(asr.vault_id(call), derived_guid(plan["id"].lower()), plan["name"]),
        now=call.now,
        client_request_id=call.client_request_id,
        result=result,
        payload={"plan": plan},
    )
    return accepted(call, asr, job.name, plan["id"], job=job)


def _saved(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state == JobState.SUCCEEDED:
        asr.plans.put(job.payload["plan"]["id"], job.payload["plan"])


def _deleted(asr: SiteRecovery, job: Job, _now: float) -> None:
    if job.state == JobState.SUCCEEDED:
        asr.plans.delete(job.payload["plan"]["id"])


def _groups(asr: SiteRecovery, wanted: Sequence[PlanGroup]) -> list[Document]:
    """The groups as the service gives them back: a machine's ARM id has become its bare id (recorded)."""
    groups = [
        {
            "groupType": group.group_type,
            "replicationProtectedItems": [
                {"id": item.id, "virtualMachineId": item.vm}
                for item in (_item(asr, entry.id) for entry in group.replication_protected_items)
            ],
            "startGroupActions": [_action(action) for action in group.start_group_actions],
            "endGroupActions": [_action(action) for action in group.end_group_actions],
        }
        for group in wanted
    ]
    missing = [kind for kind in ("Shutdown", "Failover") if all(group["groupType"] != kind for group in groups)]
    return [
        *(
            {"groupType": kind, "replicationProtectedItems": [], "startGroupActions": [], "endGroupActions": []}
            for kind in missing
        ),
        *groups,
    ]


def _action(action: PlanAction) -> Document:
    return action.model_dump(by_alias=True)


def _item(asr: SiteRecovery, item_id: str) -> ProtectedItem:
    item = asr.items.get(item_id)
    if item is None:
        raise resource_not_found(item_id.rsplit("/", 1)[-1])
    return item


def _body(asr: SiteRecovery, plan: Document) -> Document:
    """A plan offers what all of its items offer."""
    items = [
        asr.items.get(entry["id"])
        for group in plan["properties"]["groups"]
        for entry in group["replicationProtectedItems"]
    ]
    profile = asr.world.settings.profile
    offers = [row(item.standing, profile).allowed for item in items if item is not None and not item.job]
    all_idle = bool(items) and len(offers) == len(items)
    allowed = [one.value for one in _OFFERED if all_idle and all(one in offer for offer in offers)]
    return {**plan, "properties": {**plan["properties"], "allowedOperations": allowed}}


def _plan(asr: SiteRecovery, call: Call) -> Document:
    name = call.parameters["plan"]
    return asr.child(asr.plans, f"{asr.vault_id(call)}/replicationRecoveryPlans/{name}", name)
