"""From a declared target to a connected vault: one SiteRecovery for each target and vault of the process."""

from __future__ import annotations

import os
from collections.abc import Mapping

from site_recovery.records import VaultId
from site_recovery.service import SiteRecovery
from site_recovery.target import Target

__all__ = ["SiteRecovery", "Target", "connect"]


def connect(target: Target, vault: VaultId, *, environment: Mapping[str, str] = os.environ) -> SiteRecovery:
    """The connected vault; the same object for the same target, vault and environment of endpoint and credentials.

    Nothing is sent. Raises WrongTargetError when the environment points elsewhere than the target, AccessDeniedError when it
    has no credentials.
    """
    raise NotImplementedError(target, vault, environment)
