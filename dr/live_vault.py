"""A live vault as the stack file that declares just what is there.

Everything that VMs rest on is adopted, so that nothing of it is ever changed or deleted by the stack; a VM's settings
are those that the service says.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.settings import NAMESPACE
from components.settings.base import VM_NAME
from components.settings.vm import DiskType
from site_recovery.connection import SiteRecovery
from site_recovery.declarations import ItemUpdate, as_it_is
from site_recovery.estate_records import HYPER_V_SITE, SET_UP_POLICY, NetworkMappingRecord, PolicyRecord
from site_recovery.paths import container_path, item_path
from site_recovery.records import ItemRecord, ProtectableItemRecord, last_segment, same_id

_POLICY = "HyperVReplicaAzure"
_INTERVALS = {30, 300, 900}
_TIME_OF_DAY = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_LONGEST_HISTORY_HOURS, _RAREST_APP_CONSISTENT_HOURS = 24, 12

Values = dict[str, Any]


@dataclass(frozen=True)
class LiveVault:
    """What of a vault goes into a stack file. `machines` are the discovered VMs of every container with items,
    `elsewhere` the items that are in no Hyper-V site: of a VMM cloud, of VMware, of Azure itself.
    """

    target: Mapping[str, str]
    resource_group: str
    name: str
    location: str
    sites: tuple[str, ...]
    policies: tuple[PolicyRecord, ...]
    items: tuple[ItemRecord, ...]
    machines: tuple[ProtectableItemRecord, ...]
    elsewhere: tuple[ItemRecord, ...] = ()
    mappings: tuple[NetworkMappingRecord, ...] = ()


@dataclass(frozen=True)
class StackFileDraft:
    """The `config` of a stack file, and what could not be put into it, each in one line."""

    config: Values
    left_out: tuple[str, ...]


def read_vault(service: SiteRecovery) -> LiveVault:
    """Reads a vault, and changes nothing. Raises the errors of site_recovery."""
    sites = tuple(fabric.name for fabric in service.fabrics() if fabric.kind == HYPER_V_SITE)
    found = service.items()
    items = tuple(item for item in found if _is_in(item, sites))
    containers = dict.fromkeys(item.id.split("/replicationProtectedItems/")[0] for item in items)
    target = service.target
    return LiveVault(
        target={"cloud": target.cloud, "subscriptionId": target.subscription_id, "tenantId": target.tenant_id},
        resource_group=service.vault.resource_group,
        name=service.vault.name,
        location=service.estate.vault_location(),
        sites=sites,
        policies=tuple(policy for policy in service.policies() if _is_meant(policy)),
        items=items,
        machines=tuple(vm for container in containers for vm in service.protectable_items(container)),
        elsewhere=tuple(item for item in found if not _is_in(item, sites)),
        mappings=tuple(one for one in service.estate.network_mappings() if _is_to_azure(one)),
    )


def _is_in(item: ItemRecord, sites: Sequence[str]) -> bool:
    return any(same_id(item_path(item.id).fabric, site) for site in sites)


def _is_to_azure(mapping: NetworkMappingRecord) -> bool:
    # A VMM server may map its networks to another one's as well.
    return "/virtualnetworks/" in (mapping.azure_network_id or "").casefold() and bool(mapping.network)


def _is_meant(policy: PolicyRecord) -> bool:
    # A killed run may have left the one that sets a vault up.
    return policy.kind == _POLICY and not same_id(policy.name, SET_UP_POLICY)


def drafted(vault: LiveVault) -> StackFileDraft:
    """The stack file of a vault."""
    names = Counter(item.friendly_name.casefold() for item in vault.items)
    once = [item for item in vault.items if names[item.friendly_name.casefold()] == 1]
    unwritable = [item for item in once if not VM_NAME.fits(item.friendly_name)]
    left_out = [
        f"{item.friendly_name} (site {item_path(item.id).fabric}): another VM of the vault has this name; declare it "
        f"in a stack of its own, with source.vmId {item.vm_id}"
        for item in vault.items
        if item not in once
    ]
    left_out += [
        f"{item.friendly_name!r} (site {item_path(item.id).fabric}): a stack file cannot have this name; rename the VM "
        f"in Hyper-V, to what has none of these faults: {VM_NAME.mend}"
        for item in unwritable
    ]
    left_out += [
        f"{item.friendly_name} (fabric {item_path(item.id).fabric}): it is in no Hyper-V site, and this project moves "
        "VMs of Hyper-V sites alone"
        for item in vault.elsewhere
    ]
    once = [item for item in once if item not in unwritable]
    known = _Known(vault, once)
    vms = {item.friendly_name: known.vm(item) for item in sorted(once, key=lambda item: item.friendly_name)}
    defaults = _taken_out(list(vms.values()))
    config: Values = {
        "version": 1,
        "target": dict(vault.target),
        "vault": {
            "name": vault.name,
            "resourceGroup": vault.resource_group,
            "location": vault.location,
            "adopt": True,
        },
        "sites": {site: {"adopt": True} for site in vault.sites},
        "policies": {policy.name: _policy(policy) for policy in vault.policies},
        "networks": {name: {"id": arm_id} for name, arm_id in known.networks.items()},
        "networkMappings": {mapping.name: known.mapping(mapping) for mapping in vault.mappings},
        "storageAccounts": {name: {"id": arm_id} for name, arm_id in known.accounts.items()},
        "defaults": defaults,
        "vms": vms,
    }
    return StackFileDraft({f"{NAMESPACE}:{key}": value for key, value in config.items() if value}, tuple(left_out))


class _Known:
    """The networks and accounts of a vault's VMs, under the names that the file gives them."""

    def __init__(self, vault: LiveVault, items: Sequence[ItemRecord]) -> None:
        self._vault = vault
        states = [as_it_is(item) for item in items]
        of_vms = [arm_id for state in states for arm_id in (state.recovery_network_id, state.test_network_id)]
        self.networks = _named([*of_vms, *(mapping.azure_network_id for mapping in vault.mappings)])
        self.accounts = _named(
            arm_id for item in items for arm_id in (item.storage_account_id, item.log_storage_account_id)
        )

    def vm(self, item: ItemRecord) -> Values:
        in_azure = item.active_location.casefold() == "recovery"
        entry: Values = {
            "direction": "azureToOnPremises" if in_azure else "onPremisesToAzure",
            "site": next(site for site in self._vault.sites if same_id(site, container_path(item.id).fabric)),
            "policy": self._policy_of(item),
            "source": self._source(item),
            "target": _written(self._target(item, as_it_is(item))),
        }
        return _written(entry)

    def mapping(self, mapping: NetworkMappingRecord) -> Values:
        return {
            "vmmServer": mapping.server,
            "sourceNetwork": mapping.network,
            "network": _name_of(self.networks, mapping.azure_network_id),
            "adopt": True,
        }

    def _policy_of(self, item: ItemRecord) -> str:
        name = last_segment(item.policy_id or item.policy_name or "")
        return next((policy.name for policy in self._vault.policies if same_id(policy.name, name)), name)

    def _source(self, item: ItemRecord) -> Values:
        machine = next((vm for vm in self._vault.machines if same_id(vm.protected_item_id, item.id)), None)
        if machine is None:
            return {}
        # What its host does not tell would have to be said if the VM were protected anew.
        system = None if machine.system.type else _SYSTEMS.get((item.system.type or "").casefold())
        return _written({"osType": system, "disks": self._disks(item, machine)})

    def _disks(self, item: ItemRecord, machine: ProtectableItemRecord) -> Values:
        if not item.disks:
            return {}
        replicated = {name for disk in item.disks for name in disk.ids}
        # By name where only one disk has it.
        names = Counter((disk.name or "").casefold() for disk in machine.disks)
        left = [
            disk.name if disk.name and names[disk.name.casefold()] == 1 else disk.id
            for disk in machine.disks
            if not replicated & disk.ids
        ]
        # Where host and service do not name the disks alike, nothing can be said.
        return {"exclude": left} if left and len(left) < len(machine.disks) else {}

    def _target(self, item: ItemRecord, state: ItemUpdate) -> Values:
        group = last_segment(state.recovery_resource_group_id or self._vault.resource_group)
        test = {
            "network": _name_of(self.networks, state.test_network_id),
            "subnet": state.test_subnet,
            "staticIp": state.test_static_ip,
        }
        return {
            "name": state.recovery_vm_name if state.recovery_vm_name != item.friendly_name else None,
            "resourceGroup": None if same_id(group, self._vault.resource_group) else group,
            "size": state.recovery_vm_size,
            "network": _name_of(self.networks, state.recovery_network_id),
            "subnet": state.recovery_subnet if state.recovery_network_id else None,
            "staticIp": state.recovery_static_ip,
            "test": _written(test) if test["network"] else None,
            "managedDisks": None if state.managed_disks else state.managed_disks,
            "diskType": item.disk_type if item.disk_type in set(DiskType) else None,
            "storageAccount": _name_of(self.accounts, item.storage_account_id),
            "logStorageAccount": _name_of(self.accounts, item.log_storage_account_id),
            "availabilitySet": state.availability_set_id,
            "zone": state.availability_zone,
            "licenseType": _LICENSES.get(state.license_type or ""),
            "sqlServerLicenseType": _SQL_LICENSES.get(state.sql_server_license_type or ""),
            "rdp": {"OnlyOnTestFailover": "onlyOnTestFailover", "Always": "always"}.get(state.rdp or ""),
            "tags": dict(state.tags or {}),
        }


_SYSTEMS = {"windows": "windows", "linux": "linux"}
_LICENSES = {"NoLicenseType": "noLicenseType", "WindowsServer": "windowsServer"}
_SQL_LICENSES = {"NoLicenseType": "noLicenseType", "PAYG": "payg", "AHUB": "ahub"}


def _policy(policy: PolicyRecord) -> Values:
    """Values that the format has no word for are left out: an adopted policy is not changed by what is written."""
    interval, hours = policy.replication_interval_seconds, policy.recovery_point_history_hours
    often, start = policy.app_consistent_frequency_hours, policy.initial_replication_start
    values: Values = {
        "adopt": True,
        "replicationIntervalSeconds": interval if interval in _INTERVALS else None,
        "recoveryPointHistoryHours": hours if hours is not None and hours <= _LONGEST_HISTORY_HOURS else None,
        "initialReplicationStart": start if start is not None and _TIME_OF_DAY.fullmatch(start) else None,
        "appConsistentFrequencyHours": often if often is not None and often <= _RAREST_APP_CONSISTENT_HOURS else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _named(arm_ids: Any) -> dict[str, str]:
    """ARM ids by their last segment; ids whose last segments are alike keep to themselves."""
    found = {arm_id.casefold(): arm_id for arm_id in arm_ids if arm_id}
    names = Counter(last_segment(arm_id).casefold() for arm_id in found)
    unique = (arm_id for key, arm_id in found.items() if names[last_segment(key)] == 1)
    return dict(sorted((last_segment(arm_id), arm_id) for arm_id in unique))


def _name_of(named: Mapping[str, str], arm_id: str | None) -> str | None:
    if not arm_id:
        return None
    return next((name for name, known in named.items() if same_id(known, arm_id)), arm_id)


def _written(values: Values) -> Values:
    """Without what is not set."""
    return {key: value for key, value in values.items() if value not in (None, "", {}, [])}


_SHARED = (("site",), ("policy",), *(("target", key) for key in ("resourceGroup", "network", "subnet", "managedDisks")))


def _taken_out(vms: list[Values]) -> Values:
    """What all VMs have in common, taken out of each: the `defaults`."""
    if len(vms) < 2:  # noqa: PLR2004 - one VM has nothing in common with others
        return {}
    defaults: Values = {}
    for *holders, key in _SHARED:
        places = [vm.get(holders[0], {}) if holders else vm for vm in vms]
        values = [place.get(key) for place in places]
        if values[0] is None or any(value != values[0] for value in values):
            continue
        for place in places:
            del place[key]
        (defaults.setdefault(holders[0], {}) if holders else defaults)[key] = values[0]
    for vm in vms:
        if vm.get("target") == {}:
            del vm["target"]
    return defaults
