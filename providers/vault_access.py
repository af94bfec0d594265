"""From a resource's `target` and `vault` inputs to the connected vault."""

from collections.abc import Mapping
from typing import Any

from site_recovery.connection import SiteRecovery, Target, connect
from site_recovery.records import VaultId


def service_of(inputs: Mapping[str, Any]) -> SiteRecovery:
    """The vault that a resource belongs to.

    `inputs` has `target` {cloud, subscriptionId, tenantId} and `vault` {resourceGroup, name}. Raises WrongTargetError
    or AccessDeniedError of site_recovery, whose text is written for a person.
    """
    target, vault = inputs["target"], inputs["vault"]
    return connect(
        Target(target["cloud"], target["subscriptionId"], target["tenantId"]),
        VaultId(target["subscriptionId"], vault["resourceGroup"], vault["name"]),
    )
