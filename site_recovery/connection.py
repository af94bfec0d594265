"""From a declared target to a connected vault: one SiteRecovery for each target and vault of the process."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from site_recovery.channel import Channel
from site_recovery.credentials import credentials_for
from site_recovery.errors import WrongTargetError
from site_recovery.pace import Pace
from site_recovery.pipeline import management_client
from site_recovery.records import VaultId, same_id
from site_recovery.service import SiteRecovery
from site_recovery.target import Target, endpoints_for

__all__ = ["SiteRecovery", "Target", "connect"]

# What decides whom we speak to, and as whom. A changed value (a renewed secret, another simulator) is a new connection.
_DECIDING = ("AZURE_", "ARM_", "ACTIONS_ID_TOKEN_", "IDENTITY_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "DR_TRACE")

_Deciding = frozenset[tuple[str, str]]
_lock = threading.Lock()
# The budget of reads is one for a principal and subscription, so vaults of one target share client and pace.
_shared: dict[tuple[Target, _Deciding], tuple[SiteRecoveryManagementClient, Pace]] = {}
_connected: dict[tuple[Target, _Deciding, str], SiteRecovery] = {}


def connect(target: Target, vault: VaultId, *, environment: Mapping[str, str] = os.environ) -> SiteRecovery:
    """The connected vault; the same object for the same target, vault and environment, from whatever thread.

    Nothing is sent. Raises WrongTargetError when the environment points elsewhere than the target, AccessDeniedError
    when it has no credentials.
    """
    if not same_id(vault.subscription_id, target.subscription_id):
        raise WrongTargetError(
            f"The vault is in subscription {vault.subscription_id}, the target is {target.subscription_id}.",
            f"Connecting to {vault}. Nothing was sent.",
            "Name a vault of the target's subscription, or correct target.subscriptionId of the stack.",
        )
    deciding = frozenset((name, value) for name, value in environment.items() if name.startswith(_DECIDING))
    with _lock:
        key = (target, deciding, vault.arm_id.casefold())
        if key not in _connected:
            if (target, deciding) not in _shared:
                _shared[target, deciding] = _open(target, environment)
            client, pace = _shared[target, deciding]
            _connected[key] = SiteRecovery(target, Channel(client, vault, pace))
        return _connected[key]


def _open(target: Target, environment: Mapping[str, str]) -> tuple[SiteRecoveryManagementClient, Pace]:
    endpoints = endpoints_for(target, environment)
    credential = credentials_for(target, endpoints, environment)
    pace = Pace(scaled=target.is_simulator)
    return management_client(target.subscription_id, endpoints, credential, pace, environment), pace
