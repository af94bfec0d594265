"""A simulator with a vault, a site whose host has registered, and a policy associated with it."""

from __future__ import annotations

import uuid

import pytest
from azure.mgmt.recoveryservicessiterecovery.models import (
    CreatePolicyInput,
    CreatePolicyInputProperties,
    FabricCreationInput,
    FabricCreationInputProperties,
    HyperVReplicaAzurePolicyInput,
)

from site_recovery.connection import SiteRecovery, Target, connect
from site_recovery.protection import EnableProtection
from site_recovery.records import Accepted, ItemRecord, JobRecord, ProtectableItemRecord, VaultId
from site_recovery.watcher import raise_if_failed
from tests.simulator.running import RunningSimulator

GROUP, VAULT, SITE, POLICY = "contoso-dr", "contoso-vault", "contoso-hyperv", "every-5-minutes"
HOURS = 24 * 3600.0


def connected(simulator: RunningSimulator, vault: str = VAULT) -> SiteRecovery:
    ready = simulator.ready
    target = Target("simulator", ready.subscription_id, ready.tenant_id)
    return connect(target, VaultId(ready.subscription_id, GROUP, vault), environment=simulator.environment)


def prepare(simulator: RunningSimulator) -> SiteRecovery:
    """Make all that a protected item rests on."""
    _make_azure_resources(simulator)
    _make_site_and_policy(simulator)
    service = connected(simulator)
    for _ in range(600):
        site = service.fabric(SITE)
        if site is not None and site.hosts:
            break
    else:
        pytest.fail("no host has registered with the site")
    (container,) = service.containers(SITE)
    mapping = service.protection.associate_policy(container.id, policy_id=policy_id(service), mapping_name="default")
    assert mapping.policy_name == POLICY
    return service


def policy_id(service: SiteRecovery) -> str:
    return f"{service.vault.arm_id}/replicationPolicies/{POLICY}"


def discovered(service: SiteRecovery, name: str) -> ProtectableItemRecord:
    (container,) = service.containers(SITE)
    return next(item for item in service.protectable_items(container.id) if item.friendly_name == name)


def settings(service: SiteRecovery, machine: ProtectableItemRecord, *, managed_disks: bool) -> EnableProtection:
    group = f"/subscriptions/{service.vault.subscription_id}/resourceGroups/{GROUP}"
    system = next(disk for disk in machine.disks if disk.kind == "OperatingSystem")
    assert machine.vm_id is not None
    return EnableProtection(
        policy_id=policy_id(service),
        protectable_item_id=machine.id,
        hv_host_vm_id=machine.vm_id,
        vm_name=machine.friendly_name,
        os_type=machine.system.type or "Windows",
        vhd_id=system.id,
        disks_to_include=tuple(disk.id for disk in machine.disks),
        target_vm_name=machine.friendly_name,
        target_resource_group_id=group,
        target_network_id=f"{group}/providers/Microsoft.Network/virtualNetworks/prod",
        target_subnet="data",
        storage_account_id=f"{group}/providers/Microsoft.Storage/storageAccounts/contosodr",
        log_storage_account_id=None,
        managed_disks=managed_disks,
    )


def protect(service: SiteRecovery, name: str, *, managed_disks: bool = False) -> ItemRecord:
    """Protect a machine and wait for its first replication."""
    (container,) = service.containers(SITE)
    given = settings(service, discovered(service, name), managed_disks=managed_disks)
    item = service.protection.enable(container.id, item_name=name, settings=given)
    return service.protection.wait_protected(item.id, timeout_seconds=HOURS)


def finished(service: SiteRecovery, accepted: Accepted) -> JobRecord:
    """The job of an accepted call, ended well, and shown to be that call's."""
    job = raise_if_failed(service.watcher.wait(accepted.job_id, timeout_seconds=HOURS))
    assert job.client_request_id == accepted.client_request_id
    assert job.tasks
    return job


def settled(service: SiteRecovery, item_id: str, operation: str) -> ItemRecord:
    """The item as soon as it offers an operation."""
    item = service.watcher.wait_for_item(
        item_id, until=lambda look: look is not None and operation in look.allowed_operations, timeout_seconds=HOURS
    )
    assert item is not None
    return item


def ours() -> str:
    return str(uuid.uuid4())


def _make_azure_resources(simulator: RunningSimulator) -> None:
    group = simulator.make_group(GROUP)
    network = {
        "location": "westeurope",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
            "subnets": [{"name": "data", "properties": {"addressPrefix": "10.1.0.0/24"}}],
        },
    }
    account = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}
    vault = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    for path, resource, version in (
        ("Microsoft.Network/virtualNetworks/prod", network, "2025-01-01"),
        ("Microsoft.Storage/storageAccounts/contosodr", account, "2025-01-01"),
        (f"Microsoft.RecoveryServices/vaults/{VAULT}", vault, "2024-10-01"),
    ):
        answer = simulator.arm("PUT", f"{group}/providers/{path}", resource, version=version)
        assert answer.status_code in (200, 201, 202), answer.text


def _make_site_and_policy(simulator: RunningSimulator) -> None:
    details = HyperVReplicaAzurePolicyInput(
        recovery_point_history_duration=24,
        application_consistent_snapshot_frequency_in_hours=4,
        replication_interval=300,
    )
    policy = CreatePolicyInput(properties=CreatePolicyInputProperties(provider_specific_input=details))
    fabric = FabricCreationInput(properties=FabricCreationInputProperties())
    with simulator.site_recovery() as client:
        client.replication_fabrics.begin_create(GROUP, VAULT, SITE, fabric).result(60)
        client.replication_policies.begin_create(GROUP, VAULT, POLICY, policy).result(60)
