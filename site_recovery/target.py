"""Where a stack says it works, and the endpoints that this means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """The only source of cloud, subscription and tenant.

    `cloud` is "azure", "azureUSGovernment", "azureChina" or "simulator".
    """

    cloud: str
    subscription_id: str
    tenant_id: str
