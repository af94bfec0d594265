"""Recovery Services vaults: the ARM resource that everything of Site Recovery stands in."""

from __future__ import annotations

import base64
import math
import re
from collections import Counter

from simulator.arm.resources import open_group, require_group
from simulator.asr.operations_status import poll_again, poll_seconds
from simulator.asr.records import JobState
from simulator.asr.replication import health, settle
from simulator.asr.site_recovery import VAULT, SiteRecovery
from simulator.clock import written
from simulator.errors import ServiceError, arm_resource_not_found
from simulator.ids import VAULT_KIND, arm_id, derived_guid, quoted, same
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.store import Document
from simulator.vault_inputs import VaultInput, VaultPatch, VaultProperties
from simulator.world import World

_IN_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults"
_IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults"
_STATUS = f"{VAULT}/operationStatus/{{operation}}"
_RESULT = f"{VAULT}/operationResults/{{operation}}"
PROVISIONED, DELETED = "vault.provisioned", "vault.deleted"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,49}")
# How long the service takes, in its own seconds.
CREATE_SECONDS, DELETE_SECONDS = 6.0, 4.0


def vault_routes() -> list[OperationRoute]:
    """The operations of vaults."""
    recorded, specified = Parity(Extent.FULL, Evidence.RECORDED), Parity(Extent.FULL, Evidence.SPECIFIED)
    counted = Parity(Extent.PARTIAL, Evidence.INFERRED, "what is counted as which is inferred; all kept jobs count")
    invented = Parity(
        Extent.PARTIAL, Evidence.INFERRED, "the protected items alone; name and limit are the simulator's"
    )
    return [
        OperationRoute("GET", VAULT, show_vault, "Vaults_Get", parity=recorded),
        OperationRoute("GET", _IN_GROUP, list_vaults, "Vaults_ListByResourceGroup", parity=recorded),
        OperationRoute("GET", _IN_SUBSCRIPTION, list_vaults, "Vaults_ListBySubscriptionId", parity=specified),
        OperationRoute(
            "PUT", VAULT, create_vault, "Vaults_CreateOrUpdate", parity=recorded, body=VaultInput, body_required=True
        ),
        OperationRoute(
            "PATCH", VAULT, update_vault, "Vaults_Update", parity=specified, body=VaultPatch, body_required=True
        ),
        OperationRoute("DELETE", VAULT, delete_vault, "Vaults_Delete", parity=recorded),
        OperationRoute("GET", _STATUS, show_status, "Vaults_OperationStatus", parity=recorded),
        OperationRoute("GET", _RESULT, show_result, "Vaults_OperationResult", parity=specified),
        OperationRoute("GET", f"{VAULT}/usages", show_usages, "Usages_ListByVaults", parity=invented),
        OperationRoute(
            "GET", f"{VAULT}/replicationUsages", show_replication_usages, "ReplicationUsages_List", parity=counted
        ),
    ]


def open_vaults(world: World) -> None:
    """Say who carries out the events of vaults."""
    world.on(PROVISIONED, _provisioned)
    world.on(DELETED, _deleted)


def show_vault(call: Call) -> Reply:
    """GET a vault."""
    return Reply(200, _vault(call))


def list_vaults(call: Call) -> Reply:
    """GET the vaults of a resource group, or of the subscription."""
    asr = call.world.room(SiteRecovery)
    group = require_group(call)["name"].lower() if "group" in call.parameters else ""
    found = [vault for vault in asr.vaults.values() if not group or vault["id"].split("/")[4].lower() == group]
    return Reply(200, {"value": found, "nextLink": None})


def create_vault(call: Call) -> Reply:
    """PUT a vault: 201 and provisioning when new (recorded), 200 when it is there."""
    asr, given = call.world.room(SiteRecovery), call.parameters
    group = open_group(call)
    wanted: VaultInput = call.body
    if not _NAME.fullmatch(given["vault"]):
        raise ServiceError(
            400,
            "InvalidResourceName",
            f"The vault's name '{given['vault']}' is not valid: 2 to 50 letters, digits and hyphens, a letter first.",
        )
    vault_id = arm_id(given["subscription"], group.get("name", given["group"]), f"{VAULT_KIND}/{given['vault']}")
    known = asr.vaults.get(vault_id)
    if known is not None and known["location"].replace(" ", "").lower() != wanted.location.replace(" ", "").lower():
        raise ServiceError(
            409,
            "InvalidResourceLocation",
            f"The resource '{given['vault']}' already exists in location '{known['location']}' in resource group "
            f"'{given['group']}'. A resource with the same name cannot be created in location '{wanted.location}'.",
        )
    if known is not None and known["properties"]["provisioningState"] == "Deleting":
        raise ServiceError(409, "ResourceIsBeingDeleted", f"The vault '{given['vault']}' is being deleted.")
    vault = known or {"id": vault_id, "name": given["vault"], "type": VAULT_KIND}
    vault.update(location=wanted.location, sku=wanted.sku.model_dump(exclude_none=True), tags=wanted.tags or {})
    if wanted.identity is not None:
        vault["identity"] = wanted.identity
    properties = {**_FIXED, **(known["properties"] if known else {}), **_given(wanted.properties)}
    vault["properties"] = {**properties, "provisioningState": "Succeeded" if known else "Provisioning"}
    _stamp(call, vault)
    asr.vaults.put(vault_id, vault)
    if known is not None:
        return Reply(200, vault)
    name = _begin(call, vault, CREATE_SECONDS)
    call.world.schedule(call.now + CREATE_SECONDS, PROVISIONED, {"vault": vault_id})
    return Reply(201, vault, _headers(call, vault, name))


def update_vault(call: Call) -> Reply:
    """PATCH a vault."""
    asr, vault = call.world.room(SiteRecovery), _vault(call)
    wanted: VaultPatch = call.body
    if wanted.tags is not None:
        vault["tags"] = wanted.tags
    if wanted.sku is not None:
        vault["sku"] = wanted.sku.model_dump(exclude_none=True)
    if wanted.identity is not None:
        vault["identity"] = wanted.identity
    vault["properties"].update(_given(wanted.properties))
    _stamp(call, vault)
    asr.vaults.put(vault["id"], vault)
    return Reply(200, vault)


def delete_vault(call: Call) -> Reply:
    """DELETE a vault: refused while anything of Site Recovery is in it."""
    asr, given = call.world.room(SiteRecovery), call.parameters
    vault = asr.vaults.get(arm_id(given["subscription"], given["group"], f"{VAULT_KIND}/{given['vault']}"))
    if vault is None:
        return Reply(204)
    held = _contents(asr, vault)
    if held:
        raise ServiceError(
            409,
            "ServiceResourceNotEmptyWithContainerDetails",
            f"Vault cannot be deleted as there are existing resources within the vault: {held}. "
            "Remove them and try again.",
        )
    name = _begin(call, vault, DELETE_SECONDS)
    vault["properties"]["provisioningState"] = "Deleting"
    asr.vaults.put(vault["id"], vault)
    call.world.schedule(call.now + DELETE_SECONDS, DELETED, {"vault": vault["id"]})
    return Reply(202, None, _headers(call, vault, name))


def show_status(call: Call) -> Reply:
    """GET the status of a vault's operation; it can be asked after the vault is gone."""
    operation = _operation(call)
    done = call.now >= operation["done"]
    body = {
        "id": call.path,
        "name": call.parameters["operation"],
        "status": "Succeeded" if done else "InProgress",
        "startTime": written(operation["created"]),
    }
    if done:
        body["endTime"] = written(operation["done"])
    return Reply(200, body, poll_again(call.world))


def show_result(call: Call) -> Reply:
    """GET the result of a vault's operation: 202 while it runs, then the vault, or 204 once it is deleted."""
    operation = _operation(call)
    if call.now < operation["done"]:
        here = f"{call.base_url}{quoted(call.path)}?api-version={quoted(call.api_version)}"
        return Reply(202, None, {"location": here, **poll_again(call.world)})
    vault = call.world.room(SiteRecovery).vaults.get(operation["result"])
    return Reply(200, vault) if vault is not None else Reply(204)


def show_usages(call: Call) -> Reply:
    """GET how many items a vault protects."""
    asr, vault = call.world.room(SiteRecovery), _vault(call)
    usage = {
        "unit": "Count",
        "quotaPeriod": "P1D",
        "currentValue": len(asr.items.of(vault["id"])),
        "limit": 1000,
        "name": {"value": "ProtectedItemsCount", "localizedValue": "Protected items"},
    }
    return Reply(200, {"value": [usage]})


def show_replication_usages(call: Call) -> Reply:
    """GET what a vault holds, and how its items and jobs are."""
    asr, vault = call.world.room(SiteRecovery), _vault(call)
    items, providers = asr.items.of(vault["id"]), asr.providers.of(vault["id"])
    for item in items:
        settle(asr, item, call.now)
    jobs = Counter(job.state for job in asr.jobs.of(vault["id"]))
    usage: Document = {
        "monitoringSummary": {
            "unHealthyVmCount": sum(health(item) in {"Warning", "Critical"} for item in items),
            "supportedProviderCount": len(providers),
        },
        "jobsSummary": {
            "failedJobs": jobs[JobState.FAILED],
            "suspendedJobs": jobs[JobState.SUSPENDED],
            "inProgressJobs": jobs[JobState.NOT_STARTED] + jobs[JobState.IN_PROGRESS],
        },
        "protectedItemCount": len(items),
        "recoveryPlanCount": len(asr.plans.of(vault["id"])),
        "registeredServersCount": len(providers),
        "recoveryServicesProviderAuthType": 1,
    }
    return Reply(200, {"value": [usage]})


_READ_ONLY = frozenset(
    {
        "backupStorageVersion",
        "bcdrSecurityLevel",
        "moveDetails",
        "moveState",
        "privateEndpointConnections",
        "privateEndpointStateForBackup",
        "privateEndpointStateForSiteRecovery",
        "provisioningState",
        "secureScore",
        "upgradeDetails",
    }
)
_FIXED: Document = {
    "privateEndpointStateForBackup": "None",
    "privateEndpointStateForSiteRecovery": "None",
    "publicNetworkAccess": "Enabled",
    "securitySettings": {
        "softDeleteSettings": {
            "softDeleteRetentionPeriodInDays": 14,
            "softDeleteState": "Enabled",
            "enhancedSecurityState": "Enabled",
        }
    },
}


def _given(properties: VaultProperties | None) -> Document:
    """The properties of a request but those that only the service sets."""
    given = properties.model_dump(by_alias=True, exclude_unset=True) if properties is not None else {}
    return {name: value for name, value in given.items() if name not in _READ_ONLY}


def _contents(asr: SiteRecovery, vault: Document) -> str:
    """What keeps a vault from being deleted, for a person; empty if nothing does."""
    counts = {
        "replication fabrics": len(asr.fabrics.of(vault["id"])),
        "replication policies": len(asr.policies.of(vault["id"])),
        "protected items": len(asr.items.of(vault["id"])),
        "recovery plans": len(asr.plans.of(vault["id"])),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _vault(call: Call) -> Document:
    given = call.parameters
    require_group(call)
    vault = call.world.room(SiteRecovery).vaults.get(
        arm_id(given["subscription"], given["group"], f"{VAULT_KIND}/{given['vault']}")
    )
    if vault is None:
        raise arm_resource_not_found(VAULT_KIND, given["vault"], given["group"])
    return vault


def _stamp(call: Call, vault: Document) -> None:
    vault["etag"] = f"W/\"datetime'{written(call.now).replace(':', '%3A')}'\""


def _begin(call: Call, vault: Document, seconds: float) -> str:
    guid = derived_guid(vault["id"].lower(), call.world.guid("vault-operation"))
    name = base64.b64encode(guid.encode()).decode()
    document = {"created": call.now, "done": call.now + seconds, "result": vault["id"], "vault": vault["id"]}
    call.world.room(SiteRecovery).vault_operations.put(name, document)
    return name


def _operation(call: Call) -> Document:
    name = call.parameters["operation"]
    operation = call.world.room(SiteRecovery).vault_operations.get(name)
    given = call.parameters
    vault_id = arm_id(given["subscription"], given["group"], f"{VAULT_KIND}/{given['vault']}")
    if operation is None or not same(operation["vault"], vault_id):
        raise ServiceError(404, "OperationNotFound", f"The operation '{name}' does not exist.")
    return operation


def _headers(call: Call, vault: Document, name: str) -> dict[str, str]:
    version = f"?api-version={quoted(call.api_version)}"
    vault_url = f"{call.base_url}{quoted(vault['id'])}"
    return {
        "azure-asyncoperation": f"{vault_url}/operationStatus/{name}{version}",
        "location": f"{vault_url}/operationResults/{name}{version}",
        "retry-after": str(max(1, math.ceil(poll_seconds(call.world)))),
        **poll_again(call.world),
    }


def _provisioned(world: World, _due: float, payload: Document) -> None:
    vaults = world.room(SiteRecovery).vaults
    vault = vaults.get(payload["vault"])
    if vault is not None:
        vault["properties"]["provisioningState"] = "Succeeded"
        vaults.put(vault["id"], vault)


def _deleted(world: World, _due: float, payload: Document) -> None:
    """The vault goes with all that it remembers, unless something was made in it meanwhile."""
    asr = world.room(SiteRecovery)
    vault = asr.vaults.get(payload["vault"])
    if vault is None or vault["properties"]["provisioningState"] != "Deleting":
        return
    if not _contents(asr, vault):
        asr.forget_vault(vault)
        return
    vault["properties"]["provisioningState"] = "Succeeded"
    asr.vaults.put(vault["id"], vault)
