"""What one VM becomes in Azure: its settings with every name resolved to what Azure calls it."""

from typing import Any

import pulumi

from components.azure_landing import AzureLanding
from components.settings import Settings, VmSettings


def azure_target(settings: Settings, vm: VmSettings, landing: AzureLanding) -> dict[str, pulumi.Input[Any]]:
    """The `azure` input of a protected item, without what is not declared."""
    wanted, test = vm.target, vm.target.test
    known: dict[str, Any] = {
        "vmName": wanted.name or vm.name,
        "resourceGroupId": landing.group_id(wanted.resource_group or settings.vault.resource_group),
        "networkId": landing.network_id(wanted.network) if wanted.network else None,
        "subnet": wanted.subnet,
        "staticIp": wanted.static_ip,
        "testNetworkId": landing.network_id(test.network) if test.network else None,
        "testSubnet": test.subnet,
        "testStaticIp": test.static_ip,
        "size": wanted.size,
        "storageAccountId": landing.storage_account_id(wanted.storage_account) if wanted.storage_account else None,
        "logStorageAccountId": (
            landing.storage_account_id(wanted.log_storage_account) if wanted.log_storage_account else None
        ),
        "managedDisks": wanted.managed_disks,
        "diskType": wanted.disk_type.value if wanted.disk_type else None,
        "availabilitySetId": wanted.availability_set,
        "zone": wanted.zone.value if wanted.zone else None,
        "licenseType": wanted.license_type.in_azure if wanted.license_type else None,
        "sqlServerLicenseType": wanted.sql_server_license_type.in_azure if wanted.sql_server_license_type else None,
        "rdp": wanted.rdp.in_azure,
        "tags": dict(wanted.tags) or None,
    }
    return {key: value for key, value in known.items() if value is not None}
