"""Whether the stand-in may serve a stack at all, and with what endpoint.

It must never touch the state of a stack of the real cloud: that stack's resources, looked up in the simulator, would
seem to be gone. So two things that only a stack of cloud simulator has must both be there: the explicit provider's
``environment`` says ``simulator`` (a real stack says ``public``), and every endpoint is a loopback address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from simulator.azure_native.properties import Properties

SIMULATOR_ENVIRONMENT = "simulator"


class RefusedError(Exception):
    """The configuration is not one the stand-in serves; the text is for the person at the keyboard."""

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(reason)
        self.argument = argument


@dataclass(frozen=True)
class Configuration:
    """A configuration that passed the checks.

    ``endpoint`` is an https URL without a trailing slash; ``location`` is the default location of resources, if any.
    """

    endpoint: str
    subscription: str
    location: str | None


def configuration_of(arguments: Properties, environment: Mapping[str, str]) -> Configuration:
    """Return the configuration of a provider with ``arguments`` in a process with ``environment``.

    Raises RefusedError with what is wrong and what to do.
    """
    _require_simulator_stack(arguments)
    endpoint = _endpoint(arguments, environment)
    _require_loopback("the Azure Resource Manager endpoint", "metadataHost", endpoint)
    authority = environment.get("AZURE_AUTHORITY_HOST")
    if not authority:
        raise RefusedError("environment", f"AZURE_AUTHORITY_HOST is not set. {_PREPARE_SHELL}")
    _require_loopback("AZURE_AUTHORITY_HOST", "environment", authority)
    subscription = arguments.get("subscriptionId") or environment.get("AZURE_SUBSCRIPTION_ID")
    if not subscription:
        raise RefusedError("subscriptionId", f"The provider names no subscription. {_PREPARE_SHELL}")
    _require_same_tenant(arguments, environment)
    return Configuration(endpoint, subscription, arguments.get("location"))


_PREPARE_SHELL = (
    "Start the simulator (`make simulator`) and prepare this shell with what `python -m simulator env` prints."
)


def _require_simulator_stack(arguments: Properties) -> None:
    declared = arguments.get("environment") or "public"
    if declared != SIMULATOR_ENVIRONMENT:
        raise RefusedError(
            "environment",
            f"This is the simulator's stand-in for the azure-native plugin, and the stack's provider says environment "
            f"'{declared}', not '{SIMULATOR_ENVIRONMENT}': nothing was read or changed. For a stack of the real cloud, "
            f"use a shell without the simulator's PATH and AZURE_* variables, where Pulumi finds the real plugin. "
            f"For a stack of the simulator, say `cloud: simulator` in its site-recovery:target.",
        )


def _endpoint(arguments: Properties, environment: Mapping[str, str]) -> str:
    host = arguments.get("metadataHost")
    endpoint = environment.get("ARM_ENDPOINT") or (f"https://{host}" if host else None)
    if not endpoint:
        raise RefusedError("environment", f"ARM_ENDPOINT is not set. {_PREPARE_SHELL}")
    return endpoint.rstrip("/")


def _require_loopback(what: str, argument: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise RefusedError(argument, f"{what} is '{url}'; it has to be an https URL, or no token is sent to it.")
    if not _is_loopback(parts.hostname or ""):
        raise RefusedError(
            argument,
            f"{what} is '{url}', which is not a loopback address. The stand-in speaks to the simulator on this machine "
            f"only: nothing was sent. {_PREPARE_SHELL}",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_same_tenant(arguments: Properties, environment: Mapping[str, str]) -> None:
    declared, shell = arguments.get("tenantId"), environment.get("AZURE_TENANT_ID")
    # "adfs" is no tenant but the way to have MSAL leave out instance discovery.
    if declared and shell and shell != "adfs" and declared.lower() != shell.lower():
        raise RefusedError(
            "tenantId",
            f"The stack's target is tenant '{declared}', but this shell's credentials (AZURE_TENANT_ID) are of tenant "
            f"'{shell}'. {_PREPARE_SHELL}",
        )
