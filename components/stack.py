"""The whole stack: from its settings to the declared components and its outputs."""

import json
import os
from collections.abc import Mapping
from typing import Any

import pulumi

from components.azure import azure_provider
from components.azure_landing import AzureLanding
from components.estate_guard import declared_guard, shared_with_others
from components.move_gate import MoveGate
from components.network_look import look_before_update
from components.network_mapping import declared_mappings
from components.protected_vm import ProtectedVm
from components.recovery_vault import RecoveryVault
from components.replication_policy import HyperVReplicationPolicy
from components.settings import Settings, SettingsError, load_settings
from components.settings.risks import risks


def read_settings() -> Settings:
    """The settings of the stack that is running. Raises RunError with everything that is wrong at once."""
    try:
        return load_settings(_configuration(), secret_keys=_secret_keys())
    except SettingsError as error:
        # Without the stack trace that any other exception of a program is shown with.
        raise pulumi.RunError(str(error)) from error


def declare(settings: Settings) -> Mapping[str, Any]:
    """Declares everything and returns the outputs of the stack: each VM, where it stands."""
    for risk in risks(settings):
        pulumi.log.warn(str(risk))
    guard = declared_guard(settings)
    opts = pulumi.ResourceOptions(providers={"azure-native": azure_provider(settings.target, guard)})
    vault = RecoveryVault(settings.vault.name, settings, guard, opts)
    landing = AzureLanding("azure", settings, vault, look_before_update(settings, guard), opts)
    policies = {name: HyperVReplicationPolicy(name, settings, vault, opts) for name in settings.policies}
    declared_mappings(settings, vault, landing)
    vms = [ProtectedVm(settings, vm, landing, policies[vm.policy], opts) for vm in settings.vms.values()]
    MoveGate(settings, vms)
    return {
        "vaultId": vault.vault.id,
        "pending": {site: hosts.pending for site, hosts in vault.hosts.items()},
        "shared": shared_with_others(settings, landing),
        "vms": {vm.name: _outputs(made) for vm, made in zip(settings.vms.values(), vms, strict=True)},
    }


def _outputs(vm: ProtectedVm) -> dict[str, pulumi.Output[Any]]:
    stands = vm.direction
    return {
        "direction": stands.direction,
        "stage": stands.stage,
        "stageText": stands.stage_text,
        "activeLocation": stands.active_location,
        "allowedOperations": stands.allowed_operations,
        "replicationHealth": stands.replication_health,
        "rpoSeconds": stands.rpo_seconds,
        "lastRecoveryPoint": stands.last_recovery_point,
        "lastJob": stands.last_job,
        "lastMove": stands.last_move,
        "verification": stands.verification,
        "held": stands.held,
        "waiting": stands.waiting,
        "deferred": vm.item.deferred,
    }


def _configuration() -> dict[str, Any]:
    # The engine hands the configuration over as JSON; pulumi.Config would hide which keys there are.
    known: dict[str, Any] = json.loads(os.environ.get("PULUMI_CONFIG", "{}"))
    return known


def _secret_keys() -> list[str]:
    keys: list[str] = json.loads(os.environ.get("PULUMI_CONFIG_SECRET_KEYS", "[]"))
    return keys
