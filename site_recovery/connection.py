"""From a declared target to a connected vault: one SiteRecovery for each target and vault of the process."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

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

_Key = tuple[Target, str, frozenset[tuple[str, str]]]
_lock = threading.Lock()
_connected: dict[_Key, SiteRecovery] = {}


def connect(target: Target, vault: VaultId, *, environment: Mapping[str, str] = os.environ) -> SiteRecovery:
    """The connected vault; the same object for the same target, vault and environment, from whatever thread.

    Nothing is sent. Raises WrongTargetError when the environment points elsewhere than the target, AccessDeniedError
    when it has no credentials.
    """
    deciding = frozenset((name, value) for name, value in environment.items() if name.startswith(_DECIDING))
    key = (target, vault.arm_id.casefold(), deciding)
    with _lock:
        service = _connected.get(key)
        if service is None:
            service = _connected[key] = _open(target, vault, environment)
        return service


def _open(target: Target, vault: VaultId, environment: Mapping[str, str]) -> SiteRecovery:
    if not same_id(vault.subscription_id, target.subscription_id):
        raise WrongTargetError(
            f"The vault is in subscription {vault.subscription_id}, the target is {target.subscription_id}.",
            f"Connecting to {vault}. Nothing was sent.",
            "Name a vault of the target's subscription, or correct target.subscriptionId of the stack.",
        )
    endpoints = endpoints_for(target, environment)
    credential = credentials_for(target, endpoints, environment)
    pace = Pace(scaled=target.is_simulator)
    client = management_client(target.subscription_id, endpoints, credential, pace, environment)
    return SiteRecovery(target, Channel(client, vault, pace))
