"""What every part of a connected vault speaks through."""

from __future__ import annotations

from dataclasses import dataclass

from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.pace import Pace
from site_recovery.records import VaultId


@dataclass(frozen=True)
class Channel:
    """The client, the vault it is asked about, and the pace to keep."""

    client: SiteRecoveryManagementClient
    vault: VaultId
    pace: Pace

    @property
    def names(self) -> tuple[str, str]:
        """The first two arguments of every call of the SDK: resource group and vault."""
        return self.vault.resource_group, self.vault.name
