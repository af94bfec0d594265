"""A vault full of protected machines, for measurements: made over the wire, on a clock that is moved by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving import Served

HYPER_V = "HyperVReplicaAzure"
GROUP, VAULT = "bench", "bench-vault"


@dataclass(frozen=True)
class Estate:
    """A vault with machines. Paths are ARM ids."""

    served: Served
    vault: str
    container: str
    policy: str
    machines: dict[str, str]

    def item(self, name: str) -> str:
        """The id of a machine's protected item."""
        return f"{self.container}/replicationProtectedItems/{name}"

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.served.ask("POST", "/_simulator/clock/advance", {"seconds": seconds})

    def protect_all(self) -> None:
        """Enable protection of every machine and let initial replication end."""
        for name, machine in self.machines.items():
            settings = {"instanceType": HYPER_V, "hvHostVmId": machine, "vmName": name, "targetAzureVmName": name}
            properties = {
                "policyId": self.policy,
                "protectableItemId": f"{self.container}/replicationProtectableItems/{machine}",
                "providerSpecificDetails": settings,
            }
            self.served.ask("PUT", self.item(name), {"properties": properties})
        self.advance(3600)


def write_inventory(directory: Path, machines: int) -> Path:
    """An inventory of one host with so many small machines. JSON is YAML."""
    host = {
        "name": "hv01",
        "registersAfterSeconds": 0,
        "bandwidthMBps": 1000,
        "virtualMachines": [
            {
                "name": f"vm{number:04d}",
                "churnMBps": 0.1,
                "disks": [{"name": "os.vhdx", "sizeGB": 127, "usedGB": 20, "operatingSystem": True}],
            }
            for number in range(machines)
        ],
    }
    path = directory / "inventory.yaml"
    path.write_text(json.dumps({"hosts": [host]}), encoding="utf-8")
    return path


def prepare(served: Served) -> Estate:
    """Make group, vault, site, policy and association, and find the machines."""
    group = f"/subscriptions/{served.subscription}/resourceGroups/{GROUP}"
    vault = f"{group}/providers/Microsoft.RecoveryServices/vaults/{VAULT}"
    site = f"{vault}/replicationFabrics/site-one"
    served.ask("PUT", group, {"location": "westeurope"})
    served.ask("PUT", vault, {"location": "westeurope", "properties": {}})
    served.ask("PUT", site, {"properties": {}})
    policy = f"{vault}/replicationPolicies/policy"
    served.ask("PUT", policy, {"properties": {"providerSpecificInput": {"instanceType": HYPER_V}}})
    _advance(served, 60)
    container: str = served.ask("GET", f"{site}/replicationProtectionContainers")["value"][0]["id"]
    mapping = {"policyId": policy, "targetProtectionContainerId": "Microsoft Azure"}
    served.ask("PUT", f"{container}/replicationProtectionContainerMappings/mapping", {"properties": mapping})
    _advance(served, 60)
    return Estate(served, vault, container, policy, _machines(served, container))


def _machines(served: Served, container: str) -> dict[str, str]:
    found: dict[str, str] = {}
    link: Any = f"{container}/replicationProtectableItems"
    while link:
        page = served.session.get(
            link if link.startswith("https") else f"{served.url}{link}?api-version=2025-08-01",
            headers={"Authorization": f"Bearer {served.token}"},
            timeout=60,
        ).json()
        found.update({one["properties"]["friendlyName"]: one["name"] for one in page["value"]})
        link = page["nextLink"]
    return found


def _advance(served: Served, seconds: float) -> None:
    served.ask("POST", "/_simulator/clock/advance", {"seconds": seconds})
