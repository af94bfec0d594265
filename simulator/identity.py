"""Microsoft Entra as far as clients of Azure Resource Manager meet it: discovery, and tokens for one application.

One tenant, one application with a client secret. The error bodies are those that real clients show to their users;
where a body's wording was not recorded, its AADSTS number is the real one. Client assertions (workload identity,
certificates) are read but their signatures are not checked: nobody has registered a key here.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from simulator.faults import FaultBook
from simulator.ids import derived_guid
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply
from simulator.tls import write_private
from simulator.tokens import DEFAULT_LIFETIME_SECONDS, TokenAuthority, kept_key, new_key
from simulator.world import World

MANAGEMENT_AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
    }
)
"""Audiences that Azure Resource Manager takes here, besides the simulator's own address."""

_OTHER_AUDIENCES = frozenset(
    {"https://graph.microsoft.com", "https://graph.windows.net", "https://storage.azure.com", "https://vault.azure.net"}
)
# "adfs" has MSAL leave instance discovery out; az logs out by way of "organizations".
_WELL_KNOWN_TENANTS = frozenset({"adfs", "common", "organizations"})
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FEDERATED_AUDIENCE = "api://azureadtokenexchange"


@dataclass(frozen=True)
class Application:
    """The one application that may ask for tokens."""

    client_id: str
    client_secret: str


class Directory:
    """The tenant of a world: its application and the key that signs its tokens.

    A new world has both in memory; ``keep_in`` ties them to a directory, so that they outlive the process.
    """

    def __init__(self, world: World) -> None:
        self.tenant = world.settings.tenant
        self.application = Application(derived_guid(world.settings.seed, "application"), secrets.token_urlsafe(24))
        self.tokens = TokenAuthority(new_key())

    def keep_in(self, keys: Path) -> None:
        """Use the application and the token key kept in ``keys``, keeping new ones there if it has none."""
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.tokens = TokenAuthority(kept_key(keys / "token-key.pem"))
        application = keys / "application.json"
        if application.exists():
            self.application = _kept_application(application)
        else:
            write_private(application, json.dumps(asdict(self.application)).encode())

    def knows(self, tenant: str) -> bool:
        """Tell whether requests for ``tenant`` are answered."""
        return tenant.lower() in _WELL_KNOWN_TENANTS or tenant.lower() == self.tenant.lower()


def _kept_application(path: Path) -> Application:
    try:
        return Application(**json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} cannot be read ({error}). Delete it to have a new client secret made.") from error


def identity_routes() -> list[OperationRoute]:
    """The operations of the token service. None of them wants a token or an api-version."""
    specified = Parity(Extent.FULL, Evidence.SPECIFIED)
    partial = Parity(Extent.PARTIAL, Evidence.SPECIFIED, "client credentials only; assertions are not verified")

    def route(method: str, template: str, handler: Any, name: str, parity: Parity, *, form: bool = False) -> Any:
        return OperationRoute(
            method, template, handler, name, parity=parity, authenticated=False, versioned=False, form=form
        )

    return [
        route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", _discovery, "OpenIdConfiguration", specified),
        route("GET", "/{tenant}/.well-known/openid-configuration", _discovery, "OpenIdConfigurationV1", specified),
        route("GET", "/{tenant}/discovery/v2.0/keys", _keys, "TokenSigningKeys", specified),
        route("GET", "/{tenant}/discovery/instance", _instance, "InstanceDiscovery", specified),
        route("POST", "/{tenant}/oauth2/v2.0/token", _token, "Token", partial, form=True),
        route("POST", "/{tenant}/oauth2/token", _token, "TokenV1", partial, form=True),
    ]


def _discovery(call: Call) -> Reply:
    tenant = call.parameters["tenant"]
    if not call.world.room(Directory).knows(tenant):
        return _unknown_tenant(call)
    v2 = "" if call.route.name == "OpenIdConfigurationV1" else "/v2.0"
    base = f"{call.base_url}/{tenant}"
    return Reply(
        200,
        {
            "issuer": f"{base}{v2}",
            "authorization_endpoint": f"{base}/oauth2{v2}/authorize",
            "token_endpoint": f"{base}/oauth2{v2}/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        },
    )


def _keys(call: Call) -> Reply:
    public = call.world.room(Directory).tokens.public_key
    key = {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": "simulator", "use": "sig"}
    return Reply(200, {"keys": [key]})


def _instance(call: Call) -> Reply:
    directory = call.world.room(Directory)
    endpoint = f"{call.base_url}/{directory.tenant}/v2.0/.well-known/openid-configuration"
    host = call.base_url.partition("://")[2]
    return Reply(
        200,
        {
            "tenant_discovery_endpoint": endpoint,
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )


def _token(call: Call) -> Reply:
    directory, form = call.world.room(Directory), call.body
    if not directory.knows(call.parameters["tenant"]):
        return _unknown_tenant(call)
    refusal = _grant_refusal(call, form) or _client_refusal(call, directory, form)
    if refusal is not None:
        return refusal
    audience = _audience(form.get("scope") or form["resource"])
    if not _known_audience(audience, call.base_url):
        return _error(
            call,
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {audience} was not found in the tenant named {directory.tenant}.",
        )
    lifetime = call.world.room(FaultBook).token_lifetime_seconds or DEFAULT_LIFETIME_SECONDS
    token = directory.tokens.issue(
        tenant=directory.tenant,
        application=directory.application.client_id,
        audience=audience,
        lifetime_seconds=lifetime,
    )
    return Reply(
        200, {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
    )


def _grant_refusal(call: Call, form: Mapping[str, str]) -> Reply | None:
    grant = form.get("grant_type")
    if grant is not None and grant != "client_credentials":
        return _error(
            call,
            400,
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{grant}'. The simulator serves client_credentials.",
        )
    missing = [name for name in ("grant_type", "client_id") if not form.get(name)]
    if not form.get("scope") and not form.get("resource"):
        missing.append("scope")
    if missing:
        text = f"The request body must contain the following parameter: '{missing[0]}'."
        return _error(call, 400, "invalid_request", 900144, text)
    return None


def _client_refusal(call: Call, directory: Directory, form: Mapping[str, str]) -> Reply | None:
    client = form["client_id"]
    if client.lower() != directory.application.client_id:
        return _error(
            call,
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client}' was not found in the directory '{directory.tenant}'. This can "
            f"happen if the application has not been installed by the administrator of the tenant.",
        )
    if "client_assertion" in form:
        return _assertion_refusal(call, form)
    if "client_secret" not in form:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        return _error(call, 401, "invalid_client", 7000218, text)
    if not hmac.compare_digest(form["client_secret"].encode(), directory.application.client_secret.encode()):
        return _error(
            call,
            401,
            "invalid_client",
            7000215,
            f"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'.",
        )
    return None


def _assertion_refusal(call: Call, form: Mapping[str, str]) -> Reply | None:
    if form.get("client_assertion_type") != _ASSERTION_TYPE:
        text = f"The client_assertion_type has to be '{_ASSERTION_TYPE}'."
        return _error(call, 401, "invalid_client", 50027, text)
    try:
        claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return _error(call, 401, "invalid_client", 50027, "JWT token is invalid or malformed.")
    expires = claims.get("exp", 0)
    if not isinstance(expires, int | float) or expires <= time.time():
        return _error(call, 401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
    federated = _FEDERATED_AUDIENCE in str(claims.get("aud", "")).lower()
    own = claims.get("iss") == claims.get("sub") == form["client_id"]
    if not federated and not own:
        return _error(
            call,
            401,
            "invalid_client",
            700213,
            f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}' with "
            f"audience '{claims.get('aud')}'.",
        )
    return None


def _audience(scope: str) -> str:
    """The resource of the first scope that names one: clients double its slash, append OpenID scopes, or leave both."""
    named = [part for part in scope.split() if "/" in part] or [scope]
    return named[0].removesuffix("/.default").rstrip("/")


def _known_audience(audience: str, base_url: str) -> bool:
    own = {base_url.lower(), f"{base_url.lower()}/graph"}
    return audience.lower() in MANAGEMENT_AUDIENCES | _OTHER_AUDIENCES | own


def _unknown_tenant(call: Call) -> Reply:
    tenant = call.parameters["tenant"]
    text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
    return _error(call, 400, "invalid_tenant", 90002, text + "correct cloud.")


def _error(call: Call, status: int, error: str, number: int, text: str) -> Reply:
    now = datetime.fromtimestamp(time.time(), UTC)
    description = (
        f"AADSTS{number}: {text} Trace ID: {call.request_id} Correlation ID: {call.client_request_id} "
        f"Timestamp: {now:%Y-%m-%d %H:%M:%SZ}"
    )
    body = {
        "error": error,
        "error_description": description,
        "error_codes": [number],
        "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
        "trace_id": call.request_id,
        "correlation_id": call.client_request_id,
        "error_uri": f"{call.base_url}/error?code={number}",
    }
    return Reply(status, body)
