"""A vault with one protected virtual machine, driven with the real clients over a clock that tests move."""

from __future__ import annotations

from typing import Any

from azure.core.polling import LROPoller

from tests.simulator.running import RunningSimulator

GROUP, VAULT, SITE, POLICY, NETWORK = "dr", "contoso-vault", "contoso-hyperv", "every-5-minutes", "recovery"
HYPER_V = "HyperVReplicaAzure"


class Estate:
    """Everything a test needs of one simulator with a manual clock: short words for what the client can do."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        # The client's models make every part optional; tests say what they expect to be there.
        self.client: Any = simulator.site_recovery(retry_total=0)
        self.vault = (GROUP, VAULT)
        self.group_id = f"{simulator.subscription_path}/resourceGroups/{GROUP}"
        self.vault_path = f"{self.group_id}/providers/Microsoft.RecoveryServices/vaults/{VAULT}"
        self.network_id = f"{self.group_id}/providers/Microsoft.Network/virtualNetworks/{NETWORK}"
        self.container = ""
        self.policy_id = ""

    # -- making it ---------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the group, the network, the vault, the site with its host, the policy and its association."""
        self.simulator.make_group(GROUP)
        made = self.simulator.arm(
            "PUT",
            self.network_id,
            {
                "location": "westeurope",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                    "subnets": [{"name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}}],
                },
            },
        )
        assert made.status_code in (200, 201), made.text
        vaults: Any
        with self.simulator.recovery_services() as vaults:
            self.finish(
                vaults.vaults.begin_create_or_update(
                    GROUP, VAULT, {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
                )
            )
        self.finish(self.client.replication_fabrics.begin_create(*self.vault, SITE, {"properties": {}}))
        self.advance(60)
        policy = self.finish(self.client.replication_policies.begin_create(*self.vault, POLICY, policy_input()))
        self.policy_id = policy.id
        self.container = next(
            iter(self.client.replication_protection_containers.list_by_replication_fabrics(*self.vault, SITE))
        ).name
        self.finish(
            self.client.replication_protection_container_mappings.begin_create(
                *self.vault, SITE, self.container, "association", self.mapping_input()
            )
        )

    def vmm_server(self, *networks: str) -> str:
        """Register a VMM server with these VM networks, and return the name of its fabric."""
        body = {"name": "vmm01", "vault": VAULT, "networks": list(networks)}
        return str(self.admin("POST", "vmm-servers", body)["name"])

    def mapping_input(self) -> dict[str, Any]:
        """The body that associates the policy."""
        return {
            "properties": {
                "policyId": self.policy_id,
                "targetProtectionContainerId": "Microsoft Azure",
                "providerSpecificInput": {"instanceType": HYPER_V},
            }
        }

    def enable_input(self, machine: str, **settings: Any) -> dict[str, Any]:
        """The body that enables protection of a machine."""
        protectable = self.protectable(machine)
        return {
            "properties": {
                "policyId": self.policy_id,
                "protectableItemId": protectable.id,
                "providerSpecificDetails": {
                    "instanceType": HYPER_V,
                    "hvHostVmId": protectable.name,
                    "vmName": machine,
                    "osType": "Windows",
                    "enableRdpOnTargetOption": "Never",
                    "targetAzureVmName": machine,
                    "targetAzureV2ResourceGroupId": self.group_id,
                    "targetAzureNetworkId": self.network_id,
                    "targetAzureSubnetId": f"{self.network_id}/subnets/data",
                    **settings,
                },
            }
        }

    def protect(self, machine: str, **settings: Any) -> None:
        """Enable protection and wait until the first recovery point is there and failover is offered."""
        self.finish(
            self.client.replication_protected_items.begin_create(
                *self.path(machine), self.enable_input(machine, **settings)
            )
        )
        for _ in range(40):
            if "PlannedFailover" in self.item(machine).allowed_operations:
                return
            self.advance(60)
        raise AssertionError(f"{machine} was not protected: {self.item(machine)}")

    # -- looking -----------------------------------------------------------------------------------------------------

    def path(self, machine: str = "sql01") -> tuple[str, str, str, str, str]:
        """The positional arguments that name an item."""
        return (*self.vault, SITE, self.container, machine)

    def item_path(self, machine: str = "sql01") -> str:
        """An item's id, for plain requests."""
        return (
            f"{self.vault_path}/replicationFabrics/{SITE}/replicationProtectionContainers/{self.container}"
            f"/replicationProtectedItems/{machine}"
        )

    def item(self, machine: str = "sql01") -> Any:
        """An item's properties."""
        return self.client.replication_protected_items.get(*self.path(machine)).properties

    def standing(self, machine: str = "sql01") -> tuple[str, str, str, list[str]]:
        """What the table of states is about."""
        seen = self.item(machine)
        return (
            seen.protection_state,
            seen.protection_state_description,
            seen.active_location,
            list(seen.allowed_operations),
        )

    def protectable(self, machine: str) -> Any:
        """A protectable item by its machine's name."""
        found = self.client.replication_protectable_items.list_by_replication_protection_containers(
            *self.vault, SITE, self.container
        )
        return next(one for one in found if one.properties.friendly_name == machine)

    def jobs(self, machine: str = "sql01") -> list[Any]:
        """A machine's jobs, oldest first, as the list gives them."""
        listed = [
            job
            for job in self.client.replication_jobs.list(*self.vault)
            if job.properties.target_object_name == machine
        ]
        return listed[::-1]

    def job(self, name: str) -> Any:
        """A job's properties, as GET gives them."""
        return self.client.replication_jobs.get(*self.vault, name).properties

    def latest_job(self, scenario: str, machine: str = "sql01") -> Any:
        """The newest job of a scenario, with its tasks."""
        name = next(job.name for job in reversed(self.jobs(machine)) if job.properties.scenario_name == scenario)
        return self.client.replication_jobs.get(*self.vault, name)

    def points(self, machine: str = "sql01") -> list[Any]:
        """An item's recovery points, newest first."""
        return list(self.client.recovery_points.list_by_replication_protected_items(*self.path(machine)))

    def machine(self, name: str = "sql01") -> Any:
        """A machine on premises as it truly is."""
        return self.admin("GET", f"machines/{name}")

    def view(self, machine: str = "sql01") -> Any:
        """An item with both of its copies."""
        return next(one for one in self.admin("GET", "items")["value"] if one["machine"] == machine)

    # -- doing -------------------------------------------------------------------------------------------------------

    def failover(
        self, machine: str = "sql01", *, planned: bool = False, shutdown: bool = False, point: str = ""
    ) -> Any:
        """Fail over to Azure and wait."""
        poller = self.begin_failover(machine, planned=planned, shutdown=shutdown, point=point)
        return self.finish(poller)

    def begin_failover(
        self, machine: str = "sql01", *, planned: bool = False, shutdown: bool = False, point: str = ""
    ) -> Any:
        """Begin to fail over to Azure."""
        details = {"instanceType": HYPER_V, **({"recoveryPointId": point} if point else {})}
        items = self.client.replication_protected_items
        body: dict[str, Any] = {"failoverDirection": "PrimaryToRecovery", "providerSpecificDetails": details}
        if planned:
            return items.begin_planned_failover(*self.path(machine), {"properties": body})
        body["sourceSiteOperations"] = "Required" if shutdown else "NotRequired"
        return items.begin_unplanned_failover(*self.path(machine), {"properties": body})

    def begin_test_failover(self, machine: str = "sql01") -> Any:
        """Begin to start a test machine in the network of the failover."""
        details = {"instanceType": HYPER_V}
        body = {
            "failoverDirection": "PrimaryToRecovery",
            "networkType": "VmNetworkAsInput",
            "networkId": self.network_id,
            "providerSpecificDetails": details,
        }
        items = self.client.replication_protected_items
        return items.begin_test_failover(*self.path(machine), {"properties": body})

    def commit(self, machine: str = "sql01") -> Any:
        """Commit and wait."""
        return self.finish(self.client.replication_protected_items.begin_failover_commit(*self.path(machine)))

    def reprotect(self, direction: str, machine: str = "sql01") -> Any:
        """Reprotect and wait."""
        body = {"properties": {"failoverDirection": direction, "providerSpecificDetails": {"instanceType": HYPER_V}}}
        return self.finish(self.client.replication_protected_items.begin_reprotect(*self.path(machine), body))

    def begin_failback(self, option: str = "ForDownTime", machine: str = "sql01", **more: str) -> Any:
        """Begin to fail back."""
        details = {
            "instanceType": "HyperVReplicaAzureFailback",
            "dataSyncOption": option,
            "recoveryVmCreationOption": "NoAction",
            **more,
        }
        body = {"properties": {"failoverDirection": "RecoveryToPrimary", "providerSpecificDetails": details}}
        return self.client.replication_protected_items.begin_planned_failover(*self.path(machine), body)

    def resume(self, job: str) -> Any:
        """Complete a failback."""
        return self.finish(
            self.client.replication_jobs.begin_resume(*self.vault, job, {"properties": {"comments": "complete"}})
        )

    def cancel(self, job: str) -> Any:
        """Cancel a job."""
        return self.finish(self.client.replication_jobs.begin_cancel(*self.vault, job))

    def finish(self, poller: LROPoller[Any], seconds: float = 1200) -> Any:
        """Let time pass, and give the operation's result."""
        self.advance(seconds)
        return poller.result(30)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.simulator.advance(seconds)

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the admin API; gives the JSON, or None."""
        answer = self.simulator.session.request(
            method, f"{self.simulator.url}/_simulator/{path}", json=body, timeout=30
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def begin_to_azure(self) -> None:
        """Bring sql01 to Azure, committed; in the tutorial's service reprotected as well."""
        self.failover(shutdown=True)
        self.commit()
        if "ReverseReplicate" in self.item().allowed_operations:
            self.reprotect("RecoveryToPrimary")
        assert "Failback" in self.item().allowed_operations


def policy_input(interval: int = 300, history: int = 2, consistent: int = 1) -> dict[str, Any]:
    """The body of a policy."""
    return {
        "properties": {
            "providerSpecificInput": {
                "instanceType": HYPER_V,
                "recoveryPointHistoryDuration": history,
                "applicationConsistentSnapshotFrequencyInHours": consistent,
                "replicationInterval": interval,
            }
        }
    }
