"""The room of Site Recovery: its tables, and how a request finds what it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.asr.records import Job, ProtectedItem, encode, item_of, job_of
from simulator.errors import (
    AsyncError,
    arm_resource_not_found,
    asr_error,
    never_set_up,
    resource_group_not_found,
    resource_not_found,
)
from simulator.ids import VAULT_KIND, arm_id, asr_vault_id, same
from simulator.inventory import Inventory
from simulator.routing import Call
from simulator.store import Document, Table
from simulator.world import World

VAULT = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{vault}"
_SETS_UP = frozenset({"ReplicationFabrics_Create", "ReplicationPolicies_Create"})


class JobFailure(Exception):  # noqa: N818 # it is the end of a job that its effects ask for, not an error of ours
    """Raised by the effect of a task: the task fails, and the job with it."""

    def __init__(self, error: AsyncError) -> None:
        super().__init__(error.message)
        self.error = error


TaskEffect = Callable[["SiteRecovery", Job, float], None]
EndEffect = Callable[["SiteRecovery", Job, float], None]


@dataclass
class Effects:
    """What jobs do to the world: at the end of a task by (scenario, task name), and at the job's own end by
    scenario.

    `restarts` judge a failed job that is to run again: None lets it run, and takes what it works on. `judges` say why a
    job cannot be carried out, or None: asked when its first task ends, because the world goes on after the request, and
    when it is restarted. `abandon` frees what a job works on when its own end broke.
    """

    tasks: dict[tuple[str, str], TaskEffect] = field(default_factory=dict)
    ends: dict[str, EndEffect] = field(default_factory=dict)
    restarts: dict[str, Callable[[SiteRecovery, Job, float], AsyncError | None]] = field(default_factory=dict)
    judges: dict[str, Callable[[SiteRecovery, Job], AsyncError | None]] = field(default_factory=dict)
    abandon: Callable[[SiteRecovery, Job], None] = lambda _asr, _job: None


class SiteRecovery:
    """Everything of Site Recovery in a world.

    Plain kinds (fabrics, containers, policies and so on) are kept as the bodies that a GET gives, under their ids.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.inventory = world.room(Inventory)
        store = world.store
        self.vaults: Table[Document] = store.table("vault")
        self.fabrics: Table[Document] = store.table("asr.fabric", group=_vault_of)
        self.providers: Table[Document] = store.table("asr.provider", group=_vault_of)
        self.containers: Table[Document] = store.table("asr.container", group=_vault_of)
        self.mappings: Table[Document] = store.table("asr.mapping", group=_vault_of)
        self.policies: Table[Document] = store.table("asr.policy", group=_vault_of)
        self.network_mappings: Table[Document] = store.table("asr.networkMapping", group=_vault_of)
        self.plans: Table[Document] = store.table("asr.recoveryPlan", group=_vault_of)
        self.events: Table[Document] = store.table("asr.event", group=_vault_of)
        self.operations: Table[Document] = store.table("asr.operation")
        self.vault_operations: Table[Document] = store.table("vault.operation")
        self.jobs: Table[Job] = store.table("asr.job", encode=encode, decode=job_of, group=lambda job: job.vault)
        self.items: Table[ProtectedItem] = store.table(
            "asr.item", encode=encode, decode=item_of, group=lambda item: item.vault
        )
        self.effects = Effects()
        self._rendered: dict[str, tuple[float, bytes]] = {}
        world.on_reopen(self._rendered.clear)

    def vault_id(self, call: Call) -> str:
        """The id of the vault that the path names, as Site Recovery writes it; 404 if there is none.

        Until the first site or policy is made in it, a vault is not registered with Site Recovery: 400 (recorded).
        """
        given = call.parameters
        key = arm_id(given["subscription"], given["group"], f"{VAULT_KIND}/{given['vault']}")
        vault = self.vaults.get(key)
        if vault is None and given["group"] not in self.world.resource_groups:
            raise resource_group_not_found(given["group"])
        if vault is None:
            raise arm_resource_not_found(VAULT_KIND, given["vault"], given["group"])
        parts = vault["id"].split("/")
        vault_id = asr_vault_id(parts[2], parts[4], parts[8])
        # Whatever was accepted in a vault left a job.
        if call.route.name not in _SETS_UP and not self.jobs.holds(vault_id):
            raise never_set_up(vault_id)
        return vault_id

    def forget_vault(self, vault: Document) -> None:
        """A vault is gone, with all that Site Recovery kept of it: one made anew under its name begins anew. Only the
        operation that deletes it can still be asked.
        """
        parts = vault["id"].split("/")
        vault_id = asr_vault_id(parts[2], parts[4], parts[8])
        for job in self.jobs.of(vault_id):
            self.jobs.delete(job.name)
        for table in (self.events, self.plans, self.network_mappings):
            for document in table.of(vault_id):
                table.delete(document["id"])
        for name, operation in self.operations.items():
            if same(operation["vault"], vault_id) and not same(operation["result"], vault_id):
                self.operations.delete(name)
        self._rendered.clear()
        self.vaults.delete(vault["id"])

    def fabric(self, call: Call) -> Document:
        """The fabric that the path names; 404 as recorded if there is none."""
        vault = self.vault_id(call)
        name = call.parameters["fabric"]
        fabric = self.fabrics.get(f"{vault}/replicationFabrics/{name}")
        if fabric is None:
            raise asr_error(
                404,
                "NotFound",
                f"Fabric with name {name} could not be located.",
                code="FabricArmEntityMissing",
                causes="The fabric might have been unregistered from the Microsoft Azure Site Recovery vault.",
                action="Retry the operation with a valid site.",
            )
        return fabric

    def container(self, call: Call) -> Document:
        """The protection container that the path names, or 404."""
        name = call.parameters["container"]
        container = self.containers.get(f"{self.fabric(call)['id']}/replicationProtectionContainers/{name}")
        return _found(container, name)

    def item(self, call: Call) -> ProtectedItem:
        """The protected item that the path names, or 404; one that is still being enabled cannot be seen."""
        name = call.parameters["item"]
        item = self.items.get(f"{self.container(call)['id']}/replicationProtectedItems/{name}")
        if item is None or not item.visible:
            raise resource_not_found(name)
        return item

    def child(self, table: Table[Document], key: str, name: str) -> Document:
        """A plain body by its id, or 404."""
        return _found(table.get(key), name)

    def job(self, name: str) -> Job | None:
        """A job by its name."""
        return self.jobs.get(name)

    def save_job(self, job: Job) -> None:
        """Keep a job that was made or changed."""
        self._rendered.pop(job.name, None)
        self._rendered.pop(f"listed {job.name}", None)
        self.jobs.put(job.name, job)

    def save_item(self, item: ProtectedItem) -> None:
        """Keep an item that was made or changed."""
        self._rendered.pop(item.key, None)
        self.items.put(item.key, item)

    def forget_item(self, item: ProtectedItem) -> None:
        """The item is gone."""
        self._rendered.pop(item.key, None)
        self.items.delete(item.key)

    def stale(self, key: str) -> None:
        """A rendering is out of date though its record is not to be written (replication went on by itself)."""
        self._rendered.pop(key, None)

    def rendered(self, key: str, body: Callable[[], Document], *, of: float = 0.0) -> bytes:
        """The JSON of a body, written once until its record changes: a thousand reads cost one rendering. `of` is the
        instant that it is true of, where time alone makes it another.
        """
        known = self._rendered.get(key)
        if known is None or known[0] != of:
            known = self._rendered[key] = (of, json.dumps(body(), separators=(",", ":")).encode())
        return known[1]


def listing(bodies: list[Any], next_link: str | None = None) -> Document:
    """A list as the service writes it."""
    return {"value": bodies, "nextLink": next_link}


def _found(document: Document | None, name: str) -> Document:
    if document is None:
        raise resource_not_found(name)
    return document


def _vault_of(document: Document) -> str:
    return "/".join(document["id"].split("/")[:9])
