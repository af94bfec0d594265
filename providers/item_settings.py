"""What a protected item's settings are here, in the service, and which of them can be changed in place."""

from collections.abc import Iterable, Mapping
from typing import Any

from providers.properties import changed_keys
from site_recovery.declarations import ItemUpdate, as_it_is
from site_recovery.records import ItemRecord

# What the service changes in place: the keys of `azure` here, the fields of its update there.
CHANGEABLE = {
    "vmName": "recovery_vm_name",
    "size": "recovery_vm_size",
    "resourceGroupId": "recovery_resource_group_id",
    "networkId": "recovery_network_id",
    "subnet": "recovery_subnet",
    "staticIp": "recovery_static_ip",
    "testNetworkId": "test_network_id",
    "testSubnet": "test_subnet",
    "testStaticIp": "test_static_ip",
    "managedDisks": "managed_disks",
    "availabilitySetId": "availability_set_id",
    "zone": "availability_zone",
    "licenseType": "license_type",
    "sqlServerLicenseType": "sql_server_license_type",
    "rdp": "rdp",
    "tags": "tags",
}
# What a setting goes back to when it is no longer declared. Any other stays as it is in Azure.
_TAKEN_BACK: dict[str, Any] = {
    "staticIp": "",
    "testNetworkId": "",
    "testSubnet": "",
    "testStaticIp": "",
    "availabilitySetId": "",
    "zone": "",
    "licenseType": "NoLicenseType",
    "sqlServerLicenseType": "NoLicenseType",
    "rdp": "Never",
    "tags": {},
}
# What some versions of the service do not tell: then it is as declared, and sent where the declaration changes.
_NOT_ALWAYS_TOLD = frozenset({"managedDisks"})
# Settled when protection is enabled; told by the item, if at all, under these names.
_SETTLED = {
    "storageAccountId": "storage_account_id",
    "logStorageAccountId": "log_storage_account_id",
    "diskType": "disk_type",
}


def differing(item: ItemRecord, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the service says of the declared settings that can be changed, where it says something else."""
    seen = _seen(item, wanted)
    told = {key: value for key, value in seen.items() if value is not None or key not in _NOT_ALWAYS_TOLD}
    return {key: told[key] for key in changed_keys(told, wanted, told)}


def settled_otherwise(item: ItemRecord, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The same for settings that cannot be changed, where the service tells them."""
    seen = {key: getattr(item, field) for key, field in _SETTLED.items() if key in wanted}
    told = {key: value for key, value in seen.items() if value}
    return {key: told[key] for key in changed_keys(told, wanted, told)}


def is_settled_so(item: ItemRecord, key: str, value: Any) -> bool:
    """Whether the service tells that a setting which cannot be changed has this value."""
    told = getattr(item, _SETTLED[key]) if key in _SETTLED else None
    return bool(told) and not changed_keys({key: told}, {key: value}, [key])


def change_to(before: Mapping[str, Any], after: Mapping[str, Any], item: ItemRecord) -> ItemUpdate | None:
    """The update that brings an item from the settings `before` to those `after`; None if it is there already."""
    wanted = {key: after.get(key, _TAKEN_BACK.get(key)) for key in changed_keys(before, after, CHANGEABLE)}
    wanted = {key: value for key, value in wanted.items() if value is not None}
    seen = _seen(item, wanted)
    missing = changed_keys(seen, wanted, seen)
    return ItemUpdate(**{CHANGEABLE[key]: wanted[key] for key in missing}) if missing else None


def names_of(keys: Iterable[str]) -> str:
    """Settings as the stack file calls them."""
    return ", ".join(sorted(_WORDS.get(key, key) for key in keys))


_WORDS = {
    "vmName": "name",
    "resourceGroupId": "resourceGroup",
    "networkId": "network",
    "testNetworkId": "test.network",
    "testSubnet": "test.subnet",
    "testStaticIp": "test.staticIp",
    "availabilitySetId": "availabilitySet",
    "storageAccountId": "storageAccount",
    "logStorageAccountId": "logStorageAccount",
}


def _seen(item: ItemRecord, wanted: Mapping[str, Any]) -> dict[str, Any]:
    now = as_it_is(item)
    return {key: _or_empty(getattr(now, field), key) for key, field in CHANGEABLE.items() if key in wanted}


def _or_empty(value: Any, key: str) -> Any:
    """The service says nothing, "" or NotSpecified of what is not set."""
    if value in {None, "NotSpecified"} if not isinstance(value, Mapping) else not value:
        return _TAKEN_BACK.get(key)
    return dict(value) if isinstance(value, Mapping) else value
