"""A vault that somebody set up by hand, with the service's own clients and names that this project would not choose.

Nothing of the product has a part in it: no stack, no policy of its own that sets a vault up, no name that it gives.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azure.core.polling import LROPoller
from ruamel.yaml import YAML

from tests.simulator.running import RunningSimulator

VAULT = ("RG-By.Hand_(1)", "handVault01")
SITE, BARE_SITE = "Plant-North", "Plant-South"
OFTEN, SELDOM, UNUSED = "gold24h", "nightly", "left-over"

# Each VM with what is odd about it.
TWO_CARDS = "FILES.01"
LEFT_OUT = "erp 01 (old)"
ACCOUNTS = "ledger"
UNCOMMITTED, ABROAD, HALFWAY = "web-a", "web-b", "web-c"
VMS = (TWO_CARDS, LEFT_OUT, ACCOUNTS, UNCOMMITTED, ABROAD, HALFWAY)
AT_HOME = VMS[:3]

_HYPER_V = "HyperVReplicaAzure"


class HandMade:
    """The vault, on a simulator whose clock it moves while it makes it, and which runs by itself afterwards."""

    def __init__(self, directory: Path, *, speed: int = 600) -> None:
        self.simulator = RunningSimulator(directory, "--manual-clock", "--inventory", str(_inventory(directory)))
        self._client: Any = self.simulator.site_recovery()
        try:
            self._make()
        except BaseException:
            self.stop()
            raise
        self.simulator.admin("PUT", "clock", {"manual": False, "speed": speed})
        self.simulator.admin("DELETE", "audit")

    def stop(self) -> None:
        self._client.close()
        self.simulator.stop()

    def jobs(self) -> list[tuple[str, str]]:
        """(scenario, target) of all jobs of the vault, oldest first."""
        found = [job.as_dict()["properties"] for job in self._client.replication_jobs.list(*VAULT)]
        return [(job["scenarioName"], job["targetObjectName"]) for job in sorted(found, key=_started)]

    def mutations(self) -> list[tuple[str, str]]:
        """Method and path of all that the simulated cloud was asked to change since the vault was made."""
        return [(entry["method"], entry["path"]) for entry in self.simulator.admin("GET", "audit")["mutations"]]

    def items(self) -> dict[str, dict[str, Any]]:
        """What the service shows of each VM's item and does not count on by itself, by the VM's name."""
        found = [item.as_dict() for item in self._client.replication_protected_items.list(*VAULT)]
        return {item["properties"]["friendlyName"]: _lasting(item) for item in found}

    # -- making it ---------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        home, nets = self.simulator.make_group(VAULT[0]), self.simulator.make_group("Networks")
        self._group, self._landing = home, self.simulator.make_group("landing-zone")
        # Two networks of one name, in two groups.
        self._networks = tuple(self._network(group, prefix) for group, prefix in ((home, "10.1"), (nets, "10.2")))
        self._account = self._storage(home, "handdisks")
        self._logs = self._storage(nets, "handlogs")
        vaults: Any
        with self.simulator.recovery_services() as vaults:
            wanted = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
            self._end(vaults.vaults.begin_create_or_update(*VAULT, wanted))
        # A host registers with the first site.
        for site in (SITE, BARE_SITE):
            self._end(self._client.replication_fabrics.begin_create(*VAULT, site, {"properties": {}}))
        containers = self._client.replication_protection_containers.list_by_replication_fabrics(*VAULT, SITE)
        self._container = next(iter(containers)).name
        self._policies = {
            OFTEN: self._policy(OFTEN, interval=30, history=24, consistent=12),
            SELDOM: self._policy(SELDOM, interval=900, history=0, consistent=0),
            UNUSED: self._policy(UNUSED, interval=300, history=1, consistent=1),
        }
        for number, policy in enumerate((OFTEN, SELDOM)):
            self._associate(f"assoc{number}", policy)
        self._protect_all()
        self._move()

    def _protect_all(self) -> None:
        first, second = self._networks
        managed = {"useManagedDisks": "true", "licenseType": "WindowsServer"}
        self._protect(TWO_CARDS, "a1", OFTEN, targetAzureVmName="files-in-azure", **managed)
        self._two_cards()
        self._protect(
            LEFT_OUT,
            "b2",
            SELDOM,
            **managed,
            targetAzureVmName="erp-01",
            disksToInclude=[self._disks(LEFT_OUT)[name] for name in ("os.vhdx", "data.vhdx")],
            targetAzureNetworkId=second,
            targetAzureSubnetId=f"{second}/subnets/Data",
            targetAzureV2ResourceGroupId=self._landing,
            targetAvailabilityZone="2",
            targetVmTags={"Owner": "Erika", "cost center": "4711"},
        )
        self._protect(
            ACCOUNTS,
            "c3",
            SELDOM,
            logStorageAccountId=self._logs,
            enableRdpOnTargetOption="Always",
            targetAzureNetworkId=first.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"),
        )
        for name, item in ((UNCOMMITTED, "d4"), (ABROAD, "e5"), (HALFWAY, "f6")):
            self._protect(name, item, OFTEN)
        self._pass(3600)
        for item in ("a1", "b2", "c3", "d4", "e5", "f6"):
            assert "PlannedFailover" in self._item(item).allowed_operations, item

    def _move(self) -> None:
        """Three VMs are on their way: failed over and not committed, replicating back, and halfway home."""
        items = self._client.replication_protected_items
        out = {"failoverDirection": "PrimaryToRecovery", "sourceSiteOperations": "Required"}
        back = {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": {"instanceType": _HYPER_V}}
        for item in ("d4", "e5", "f6"):
            body = {**out, "providerSpecificDetails": {"instanceType": _HYPER_V}}
            self._end(items.begin_unplanned_failover(*self._path(item), {"properties": body}))
        for item in ("e5", "f6"):
            self._end(items.begin_failover_commit(*self._path(item)))
            self._end(items.begin_reprotect(*self._path(item), {"properties": back}))
        details = {
            "instanceType": "HyperVReplicaAzureFailback",
            "dataSyncOption": "ForDownTime",
            "recoveryVmCreationOption": "NoAction",
        }
        body = {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": details}
        items.begin_planned_failover(*self._path("f6"), {"properties": body})
        self._pass(1200)
        states = {job.properties.state for job in self._client.replication_jobs.list(*VAULT)}
        assert states == {"Succeeded", "Suspended"}

    def _two_cards(self) -> None:
        """The second card is Azure's first, each has an address of its own, and a test network of its own."""
        one, two = (card["nicId"] for card in self._details("a1")["vmNics"])
        home, away = self._networks
        cards = [
            {"nicId": one, "selectionType": "SelectedByUser", "ipConfigs": [_address("apps", "10.1.1.40")]},
            {
                "nicId": two,
                "selectionType": "SelectedByUser",
                "enableAcceleratedNetworkingOnRecovery": True,
                "ipConfigs": [{**_address("Data", "10.1.0.40"), "tfoSubnetName": "Data"}],
            },
        ]
        change = {
            "selectedSourceNicId": two,
            "selectedRecoveryAzureNetworkId": home,
            "selectedTfoAzureNetworkId": away,
            "vmNics": cards,
            "providerSpecificDetails": {"instanceType": _HYPER_V},
        }
        items = self._client.replication_protected_items
        self._end(items.begin_update(*self._path("a1"), {"properties": change}))

    def _protect(self, vm: str, item: str, policy: str, **settings: Any) -> None:
        machine = self._machine(vm)
        network = self._networks[0]
        details = {
            "instanceType": _HYPER_V,
            "hvHostVmId": machine.name,
            "vmName": vm,
            "osType": "Windows",
            "enableRdpOnTargetOption": "Never",
            "targetAzureVmName": vm,
            "targetAzureV2ResourceGroupId": self._group,
            "targetAzureNetworkId": network,
            "targetAzureSubnetId": f"{network}/subnets/Data",
            "targetStorageAccountId": self._account,
            "useManagedDisks": "false",
            **settings,
        }
        body = {
            "policyId": self._policies[policy],
            "protectableItemId": machine.id,
            "providerSpecificDetails": details,
        }
        items = self._client.replication_protected_items
        self._end(items.begin_create(*self._path(item), {"properties": body}))

    def _policy(self, name: str, *, interval: int, history: int, consistent: int) -> str:
        details = {
            "instanceType": _HYPER_V,
            "replicationInterval": interval,
            "recoveryPointHistoryDuration": history,
            "applicationConsistentSnapshotFrequencyInHours": consistent,
        }
        policies = self._client.replication_policies
        made = self._end(policies.begin_create(*VAULT, name, {"properties": {"providerSpecificInput": details}}))
        return str(made.id)

    def _associate(self, name: str, policy: str) -> None:
        body = {
            "policyId": self._policies[policy],
            "targetProtectionContainerId": "Microsoft Azure",
            "providerSpecificInput": {"instanceType": _HYPER_V},
        }
        mappings = self._client.replication_protection_container_mappings
        self._end(mappings.begin_create(*VAULT, SITE, self._container, name, {"properties": body}))

    def _network(self, group: str, prefix: str) -> str:
        subnets = [
            {"name": name, "properties": {"addressPrefix": f"{prefix}.{number}.0/24"}}
            for number, name in enumerate(("Data", "apps"))
        ]
        space = {"addressPrefixes": [f"{prefix}.0.0/16"]}
        body = {"location": "westeurope", "properties": {"addressSpace": space, "subnets": subnets}}
        return self._put(f"{group}/providers/Microsoft.Network/virtualNetworks/Corp.Net_1", body, "2024-05-01")

    def _storage(self, group: str, name: str) -> str:
        body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}
        return self._put(f"{group}/providers/Microsoft.Storage/storageAccounts/{name}", body, "2024-01-01")

    def _put(self, path: str, body: dict[str, Any], version: str) -> str:
        answer = self.simulator.arm("PUT", path, body, version=version)
        assert answer.ok, answer.text
        self._pass(60)
        return path

    # -- asking it ---------------------------------------------------------------------------------------------------

    def _machine(self, vm: str) -> Any:
        machines = self._client.replication_protectable_items
        found = machines.list_by_replication_protection_containers(*VAULT, SITE, self._container)
        return next(one for one in found if one.properties.friendly_name == vm)

    def _disks(self, vm: str) -> dict[str, str]:
        details = self._machine(vm).as_dict()["properties"]["customDetails"]["diskDetails"]
        return {disk["vhdName"]: disk["vhdId"] for disk in details}

    def _path(self, item: str) -> tuple[str, str, str, str, str]:
        return (*VAULT, SITE, self._container, item)

    def _item(self, item: str) -> Any:
        return self._client.replication_protected_items.get(*self._path(item)).properties

    def _details(self, item: str) -> dict[str, Any]:
        details: dict[str, Any] = self._item(item).as_dict()["providerSpecificDetails"]
        return details

    def _end(self, poller: LROPoller[Any]) -> Any:
        self._pass(1200)
        return poller.result(30)

    def _pass(self, seconds: float) -> None:
        self.simulator.advance(seconds)


def _address(subnet: str, address: str) -> dict[str, Any]:
    name = f"ip-{subnet}"
    return {
        "ipConfigName": name,
        "isPrimary": True,
        "recoverySubnetName": subnet,
        "recoveryStaticIPAddress": address,
    }


def _started(job: dict[str, Any]) -> str:
    return str(job["startTime"])


def _lasting(item: dict[str, Any]) -> dict[str, Any]:
    """An item without what goes on by itself while replication does."""
    details = item["properties"]["providerSpecificDetails"]
    moving = ("lastReplicatedTime", "lastRpoCalculatedTime", "rpoInSeconds", "lastRecoveryPointReceived")
    kept = {key: value for key, value in details.items() if key not in moving}
    known = item["properties"]
    return {"id": item["id"], "policy": known["policyId"], "active": known["activeLocation"], **kept}


def _inventory(directory: Path) -> Path:
    disks = {
        LEFT_OUT: [("os.vhdx", 60), ("data.vhdx", 100), ("scratch.vhdx", 500)],
        TWO_CARDS: [("FILES.01.vhdx", 60), ("FILES.01_1.vhdx", 100)],
    }
    machines = [
        {
            "name": vm,
            "disks": [
                {"name": name, "sizeGB": size, "usedGB": 1, "operatingSystem": number == 0}
                for number, (name, size) in enumerate(disks.get(vm, [("disk.vhdx", 60)]))
            ],
            "nics": [{"network": "Data"}, *([{"network": "Backup"}] if vm == TWO_CARDS else [])],
        }
        for vm in VMS
    ]
    host = {"name": "HV-NORTH-7", "site": "first", "registersAfterSeconds": 30, "virtualMachines": machines}
    path = directory / "inventory.yaml"
    with path.open("w", encoding="utf-8") as stream:
        YAML().dump({"hosts": [host]}, stream)
    return path
