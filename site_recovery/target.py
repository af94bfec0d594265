"""Where a stack says it works, the endpoints that this means, and the refusal to speak to any other.

`target` of a stack is the only source of cloud, subscription and tenant. A shell prepared for the simulator must never
reach a real subscription's stack, nor a real shell the simulator's: everything that the environment says about them is
compared with the target before the first request, and the tenant of every token before it is used (credentials.py).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from site_recovery.errors import WrongTargetError
from site_recovery.records import same_id

SIMULATOR = "simulator"


@dataclass(frozen=True)
class Target:
    """The cloud ("azure", "azureUSGovernment", "azureChina" or "simulator"), subscription and tenant of a stack."""

    cloud: str
    subscription_id: str
    tenant_id: str

    @property
    def is_simulator(self) -> bool:
        return self.cloud == SIMULATOR


@dataclass(frozen=True)
class Endpoints:
    """Base URLs without a trailing slash: `arm` takes the calls, `authority` gives tokens for `scope`."""

    arm: str
    authority: str
    scope: str


CLOUDS: Mapping[str, Endpoints] = {
    "azure": Endpoints(
        "https://management.azure.com",
        "https://login.microsoftonline.com",
        "https://management.azure.com/.default",
    ),
    "azureUSGovernment": Endpoints(
        "https://management.usgovcloudapi.net",
        "https://login.microsoftonline.us",
        "https://management.core.usgovcloudapi.net/.default",
    ),
    "azureChina": Endpoints(
        "https://management.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn/.default",
    ),
}

# The variables that name an endpoint or an account, each with the older or azure-native's own name of the same.
_ENDPOINT_VARIABLES = ("ARM_ENDPOINT",)
_AUTHORITY_VARIABLES = ("AZURE_AUTHORITY_HOST",)
_SUBSCRIPTION_VARIABLES = ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID")
_TENANT_VARIABLES = ("AZURE_TENANT_ID", "ARM_TENANT_ID")


def endpoints_for(target: Target, environment: Mapping[str, str]) -> Endpoints:
    """The endpoints to speak to. Raises WrongTargetError where the environment means another place than the target."""
    if target.is_simulator:
        endpoints = _simulator_endpoints(environment)
    elif target.cloud in CLOUDS:
        endpoints = CLOUDS[target.cloud]
        _refuse_other_endpoint(target, _ENDPOINT_VARIABLES, endpoints.arm, environment)
        _refuse_other_endpoint(target, _AUTHORITY_VARIABLES, endpoints.authority, environment)
    else:
        raise WrongTargetError(
            f"The cloud '{target.cloud}' is not known.",
            "Read from target.cloud of the stack.",
            f"Write one of {', '.join([*CLOUDS, SIMULATOR])}.",
        )
    _refuse_other_account("subscription", target.subscription_id, _SUBSCRIPTION_VARIABLES, environment)
    _refuse_other_account("tenant", target.tenant_id, _TENANT_VARIABLES, environment)
    return endpoints


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine itself."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def environment_value(environment: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    """The first of these variables that is set and not empty, with its value."""
    return next(((name, environment[name]) for name in names if environment.get(name)), None)


def _simulator_endpoints(environment: Mapping[str, str]) -> Endpoints:
    endpoint = environment_value(environment, _ENDPOINT_VARIABLES)
    if endpoint is None:
        raise WrongTargetError(
            "The stack is one of cloud simulator, but ARM_ENDPOINT names no simulator.",
            "Nothing was sent.",
            "Start the simulator and load what `python -m simulator env` prints, or change target.cloud.",
        )
    authority = environment_value(environment, _AUTHORITY_VARIABLES) or endpoint
    for name, url in (endpoint, authority):
        if not is_loopback(url) or urlsplit(url).scheme != "https":
            raise WrongTargetError(
                f"The stack is one of cloud simulator, but {name} is {_without_password(url)}.",
                "Nothing was sent: a simulator is reached by https on this machine's own loopback address.",
                "Load what `python -m simulator env` prints, or change target.cloud.",
            )
    arm = endpoint[1].rstrip("/")
    return Endpoints(arm=arm, authority=authority[1].rstrip("/"), scope="https://management.azure.com/.default")


def _refuse_other_endpoint(
    target: Target, names: tuple[str, ...], expected: str, environment: Mapping[str, str]
) -> None:
    given = environment_value(environment, names)
    # AZURE_AUTHORITY_HOST is allowed to be a bare host name.
    if given is None or _host(given[1]) == _host(expected):
        return
    what = (
        "which is this machine: this shell is prepared for a simulator" if is_loopback(_url(given[1])) else "elsewhere"
    )
    raise WrongTargetError(
        f"The stack is one of cloud {target.cloud}, but {given[0]} is {_without_password(given[1])}, {what}.",
        "Nothing was sent.",
        f"Unset {given[0]} (cloud {target.cloud} is reached at {expected}), or use a stack whose target.cloud fits.",
    )


def _refuse_other_account(kind: str, declared: str, names: tuple[str, ...], environment: Mapping[str, str]) -> None:
    given = environment_value(environment, names)
    # A tenant may also be given by one of its domain names; then the token itself tells (credentials.py).
    if given is None or same_id(given[1], declared) or (kind == "tenant" and not _is_guid(given[1])):
        return
    raise WrongTargetError(
        f"The stack is declared for {kind} {declared}, but {given[0]} is {given[1]}.",
        "Nothing was sent.",
        f"Set {given[0]} to the declared {kind} or unset it; or correct the target of the stack.",
    )


def _is_guid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4  # noqa: PLR2004 - the shape of a GUID


def _url(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"https://{endpoint}"


def _host(endpoint: str) -> str:
    parts = urlsplit(_url(endpoint))
    return f"{(parts.hostname or '').casefold()}:{parts.port or 443}"


def _without_password(url: str) -> str:
    parts = urlsplit(_url(url))
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
