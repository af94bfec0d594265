"""An estate of any size: its Hyper-V host for the simulator, and its stack file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SITE, POLICY = "contoso-hyperv", "every-5-minutes"


def names(count: int) -> list[str]:
    return [f"vm{number:02d}" for number in range(1, count + 1)]


def write_inventory(path: Path, count: int, *, registers: bool = True) -> Path:
    """One host with `count` small VMs; without `registers` it registers on command only."""
    host: dict[str, Any] = {
        "name": "HV-01",
        "site": "first" if registers else None,
        "registersAfterSeconds": 30,
        "virtualMachines": [
            {
                "name": name,
                "disks": [
                    {"name": f"{name}-os.vhdx", "sizeGB": 60, "usedGB": 1, "operatingSystem": True},
                    {"name": f"{name}-data.vhdx", "sizeGB": 100, "usedGB": 1},
                ],
                "nics": [{"network": "Data"}],
            }
            for name in names(count)
        ],
    }
    with path.open("w", encoding="utf-8") as stream:
        YAML().dump({"hosts": [host]}, stream)
    return path


def declare(config: dict[str, Any], count: int, *, wait_minutes: int = 10) -> None:
    """Writes an estate of `count` VMs into the `config` of a stack file, with a target of its own kept."""
    kept = {key: config[key] for key in ("site-recovery:version", "site-recovery:target")}
    config.clear()
    config.update(kept)
    declared: dict[str, Any] = {
        "vault": {"name": "contoso-vault", "resourceGroup": "contoso-dr", "location": "westeurope"},
        "resourceGroups": {"contoso-vms": {}},
        "sites": {SITE: {"waitForHostMinutes": wait_minutes}},
        "policies": {POLICY: {}},
        "networks": {
            "prod": {
                "addressSpace": ["10.1.0.0/16"],
                "subnets": {"data": {"prefix": "10.1.0.0/24"}, "apps": {"prefix": "10.1.1.0/24"}},
            },
            "other": {"addressSpace": ["10.2.0.0/16"], "subnets": {"data": {"prefix": "10.2.0.0/24"}}},
            "test": {"addressSpace": ["10.9.0.0/16"], "subnets": {"data": {"prefix": "10.9.0.0/24"}}},
        },
        "storageAccounts": {"contosodr": {}},
        "maxMoves": 2,
        "defaults": {
            "site": SITE,
            "policy": POLICY,
            "waitForInitialReplication": True,
            "target": {
                "size": "Standard_D2s_v5",
                "network": "prod",
                "subnet": "data",
                "storageAccount": "contosodr",
            },
        },
        "vms": {name: {"direction": "onPremisesToAzure"} for name in names(count)},
    }
    config.update({f"site-recovery:{key}": value for key, value in declared.items()})
