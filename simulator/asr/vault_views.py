"""What a vault tells of itself: events and health."""

from __future__ import annotations

import re
from collections import Counter
from http import HTTPStatus

from simulator.asr.fabrics import fabric_body
from simulator.asr.jobs import Target, start_job
from simulator.asr.operations_status import accepted, show_operation_result
from simulator.asr.records import Job, JobState
from simulator.asr.replication import health, settle
from simulator.asr.site_recovery import VAULT, SiteRecovery, listing
from simulator.clock import written
from simulator.ids import derived_guid
from simulator.routing import Call, Reply
from simulator.store import Document

EVENTS = f"{VAULT}/replicationEvents"
EVENT = f"{EVENTS}/{{event}}"
HEALTH = f"{VAULT}/replicationVaultHealth"
KEPT_EVENTS = 1000
_SEVERITY = re.compile(r"severity\s+eq\s+'?(\w+)'?", re.IGNORECASE)
# What a job's end is worth telling: scenario to event.
_TOLD = {
    "PlannedFailover": "VmFailover",
    "UnplannedFailover": "VmFailover",
    "Failback": "VmFailover",
    "TestFailover": "VmTestFailover",
    "EnableDr": "VmProtection",
    "DisableDr": "VmProtection",
    "ReprotectReplicationGroup": "VmProtection",
}


def list_events(call: Call) -> Reply:
    """GET the events of a vault, newest first; `$filter=Severity eq 'x'` narrows (recorded with odd blanks)."""
    asr = call.world.room(SiteRecovery)
    found = list(reversed(asr.events.of(asr.vault_id(call))))
    wanted = _SEVERITY.search(call.query.get("$filter", ""))
    if wanted is not None:
        found = [event for event in found if event["properties"]["severity"].lower() == wanted[1].lower()]
    return Reply(200, listing(found))


def show_event(call: Call) -> Reply:
    """GET an event."""
    asr = call.world.room(SiteRecovery)
    name = call.parameters["event"]
    return Reply(200, asr.child(asr.events, f"{asr.vault_id(call)}/replicationEvents/{name}", name))


def show_health(call: Call) -> Reply:
    """GET the health of a vault: how many of each kind are how healthy."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    return Reply(200, health_body(asr, vault, call.now))


def health_body(asr: SiteRecovery, vault: str, now: float) -> Document:
    """The health of a vault, by the vault's id."""
    grades = {"Normal": 0, "Warning": 0, "Critical": 0, "None": 0}
    items = [item for item in asr.items.of(vault) if item.visible]
    for item in items:
        settle(asr, item, now)
        grades[health(item)] += 1
    fabrics, containers = asr.fabrics.of(vault), asr.containers.of(vault)
    fabric_grades = Counter(fabric_body(asr, fabric)["properties"]["health"] for fabric in fabrics)
    return {
        "id": f"{vault}/replicationVaultHealth/default",
        "name": vault.rsplit("/", 1)[-1],
        "type": "Microsoft.RecoveryServices/vaults/replicationVaultHealth",
        "properties": {
            "vaultErrors": [],
            "protectedItemsHealth": _summary(len(items), grades),
            "fabricsHealth": _summary(len(fabrics), fabric_grades),
            "containersHealth": _summary(len(containers), {"Normal": len(containers)}),
        },
    }


def show_refreshed_health(call: Call) -> Reply:
    """GET the result of a refresh: 202 while it runs, then the health."""
    reply = show_operation_result(call)
    return show_health(call) if reply.status == HTTPStatus.NO_CONTENT else reply


def refresh_health(call: Call) -> Reply:
    """POST refresh: a job."""
    asr = call.world.room(SiteRecovery)
    vault = asr.vault_id(call)
    name = vault.rsplit("/", 1)[-1]
    target = Target(vault, derived_guid(vault.lower()), name)
    job = start_job(asr, "RefreshVaultHealth", target, now=call.now, client_request_id=call.client_request_id)
    return accepted(call, asr, job.name, f"{vault}/replicationVaultHealth", job=job)


def tell_end(asr: SiteRecovery, job: Job, now: float) -> None:
    """A job has ended: tell it as an event, if it is one worth telling. The newest KEPT_EVENTS are kept."""
    if job.scenario not in _TOLD:
        return
    name = derived_guid("event", job.name)
    event_id = f"{job.vault}/replicationEvents/{name}"
    failed = job.state != JobState.SUCCEEDED
    asr.events.put(
        event_id,
        {
            "id": event_id,
            "name": name,
            "type": "Microsoft.RecoveryServices/vaults/replicationEvents",
            "properties": {
                "eventCode": f"Simulator{job.scenario}{job.state}",
                "description": f"{job.friendly_name} of '{job.target_name}': {job.state}.",
                "eventType": _TOLD[job.scenario],
                "affectedObjectFriendlyName": job.target_name,
                "affectedObjectCorrelationId": job.target_id,
                "severity": "Critical" if failed else "OK",
                "timeOfOccurrence": written(now),
                "fabricId": _fabric_of(asr, job)["id"],
                "providerSpecificDetails": _details(asr, job),
                "eventSpecificDetails": None,
                "healthErrors": [],
            },
        },
    )
    events = asr.events.of(job.vault)
    for old in events[:-KEPT_EVENTS]:
        asr.events.delete(old["id"])


def _summary(count: int, grades: dict[str, int]) -> Document:
    return {
        "resourceCount": count,
        "issues": [],
        "categorizedResourceCounts": {grade: number for grade, number in grades.items() if number},
    }


def _fabric_of(asr: SiteRecovery, job: Job) -> Document:
    """The site of the item that a job works on; one without id and name if it is gone, or the job had no item."""
    fabric = asr.fabrics.get(job.item.partition("/replicationprotectioncontainers/")[0])
    return fabric or {"id": None, "properties": {"friendlyName": None}}


def _details(asr: SiteRecovery, job: Job) -> Document:
    container = asr.containers.get(job.item.partition("/replicationprotecteditems/")[0])
    return {
        "instanceType": "HyperVReplicaAzure",
        "containerName": container["properties"]["friendlyName"] if container else None,
        "fabricName": _fabric_of(asr, job)["properties"]["friendlyName"],
        "remoteContainerName": "Microsoft Azure",
    }
