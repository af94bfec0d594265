"""The one place that turns the environment into credentials, and that refuses a token of another tenant.

In this order, the first that the environment offers (AZURE_... first, then azure-native's ARM_... of the same meaning,
so that both halves of a stack sign in alike):

1. a secret:               AZURE_CLIENT_ID, AZURE_CLIENT_SECRET
2. a certificate:          AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH [AZURE_CLIENT_CERTIFICATE_PASSWORD]
3. a federated token file: AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE (read anew at each renewal)
4. a pipeline's OIDC:      AZURE_CLIENT_ID, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN
                           (a fresh assertion is fetched at each renewal: one lasts minutes, a failover hours)
5. a managed identity:     ARM_USE_MSI=true, AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential, or IDENTITY_ENDPOINT
6. the Azure CLI's login.

The tenant is the target's, never the environment's.
"""

from __future__ import annotations

import base64
import binascii
import json
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import requests
from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from site_recovery.errors import AccessDeniedError, SiteRecoveryError, UnreachableError, WrongTargetError
from site_recovery.records import same_id
from site_recovery.target import Endpoints, Target, environment_value
from site_recovery.translation import causes

_CLIENT_ID = ("AZURE_CLIENT_ID", "ARM_CLIENT_ID")
_SECRET = ("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET")
_CERTIFICATE = ("AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH")
_CERTIFICATE_PASSWORD = ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD")
_TOKEN_FILE = ("AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH")
_OIDC_URL = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ARM_OIDC_REQUEST_URL")
_OIDC_TOKEN = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ARM_OIDC_REQUEST_TOKEN")
_CA_BUNDLE = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_RENEW_BEFORE_SECONDS = 300
# What is left of a token that is used no more, as a call may wait that long for its turn; and how long a renewal that
# failed is not tried again.
_LAST_SECONDS = 30
_OIDC_TIMEOUT_SECONDS = 30

_WAYS_IN = (
    "Set AZURE_CLIENT_ID with AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE; "
    "run in a pipeline with OIDC; set ARM_USE_MSI=true on a machine with a managed identity; or run `az login`."
)


class _Credential(Protocol):
    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo: ...


@dataclass(frozen=True)
class _Source:
    """A credential, what it is called in messages, and the texts that must never be shown."""

    name: str
    credential: _Credential
    secrets: tuple[str, ...] = ()


def credentials_for(target: Target, endpoints: Endpoints, environment: Mapping[str, str]) -> GuardedCredential:
    """The credential of the environment for the target. Raises AccessDeniedError when the environment has none."""
    return GuardedCredential(target, _source(target, endpoints, environment))


def ca_bundle(environment: Mapping[str, str]) -> str | bool:
    """What `connection_verify` of a client takes: the environment's CA bundle, or the default roots.

    Raises AccessDeniedError when the bundle is not there, before anything is sent.
    """
    given = environment_value(environment, _CA_BUNDLE)
    if given is None:
        return True
    variable, path = given
    if not Path(path).exists():
        raise AccessDeniedError(
            f"{variable} names {path}, and there is no such file.",
            "Nothing was sent to Azure.",
            f"Correct {variable} to the file of the certificate authorities that are trusted, or unset it.",
        )
    return path


class GuardedCredential:
    """Gives out tokens of the target's tenant only; one request for a token at a time, however many threads ask."""

    def __init__(self, target: Target, source: _Source) -> None:
        self._target = target
        self._source = source
        self._lock = threading.Lock()
        self._held: dict[tuple[str, ...], AccessTokenInfo] = {}
        self._asks_again_at = 0.0

    @property
    def name(self) -> str:
        return self._source.name

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **_: Any,
    ) -> AccessToken:
        """The older of the two forms in which the SDK asks for a token."""
        options = TokenRequestOptions(enable_cae=enable_cae)
        if claims is not None:
            options["claims"] = claims
        if tenant_id is not None:
            options["tenant_id"] = tenant_id
        info = self.get_token_info(*scopes, options=options)
        return AccessToken(info.token, info.expires_on)

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        with self._lock:
            held = self._held.get(scopes)
            challenged = bool(options and options.get("claims"))
            usable = held is not None and not challenged and not _is_over(held)
            if held is not None and usable and (not _due(held) or time.monotonic() < self._asks_again_at):
                return held
            try:
                token = self._request(scopes, options)
            except UnreachableError:
                # It is renewed ahead of its time, so that a sign-in service may be out for a while; each attempt takes
                # seconds, for which all calls wait.
                if held is None or not usable:
                    raise
                self._asks_again_at = time.monotonic() + _LAST_SECONDS
                return held
            self._refuse_other_tenant(token)
            self._held[scopes] = token
            return token

    def _request(self, scopes: tuple[str, ...], options: TokenRequestOptions | None) -> AccessTokenInfo:
        try:
            return self._source.credential.get_token_info(*scopes, options=options or TokenRequestOptions())
        except SiteRecoveryError:
            raise
        except (ClientAuthenticationError, requests.RequestException, OSError, ValueError) as error:
            raise self._denied(error) from None

    def _denied(self, error: Exception) -> SiteRecoveryError:
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        for secret in self._source.secrets:
            text = text.replace(secret, "***")
        where = f"Signing in to tenant {self._target.tenant_id} with {self._source.name}. Nothing was changed."
        if _is_about_the_network(error, text):
            return UnreachableError(
                f"The sign-in service did not answer: {text}",
                where,
                "Check the network, the proxy, and the CA certificates (REQUESTS_CA_BUNDLE), then run it again.",
            )
        return AccessDeniedError(
            f"The credentials were refused: {text}",
            where,
            f"Check the credentials of the environment and that they belong to this tenant. {_WAYS_IN}",
        )

    def _refuse_other_tenant(self, token: AccessTokenInfo) -> None:
        # A token nobody can read was asked of the target's tenant; the environment's was compared before.
        tenant = _tenant_of(token.token)
        if tenant is not None and not same_id(tenant, self._target.tenant_id):
            raise WrongTargetError(
                f"The credentials are of tenant {tenant}; the stack is declared for tenant {self._target.tenant_id}.",
                f"Signed in with {self._source.name}; nothing was sent to the subscription.",
                "Sign in to the declared tenant, or correct target.tenantId of the stack.",
            )


def _source(target: Target, endpoints: Endpoints, environment: Mapping[str, str]) -> _Source:
    options: dict[str, Any] = {
        "authority": endpoints.authority,
        "connection_verify": ca_bundle(environment),
        # Only the public authorities are known to the discovery service, which would be asked about any other by name.
        "disable_instance_discovery": target.is_simulator,
    }
    explicit = _application(target, environment, options)
    if explicit is not None:
        return explicit
    if target.is_simulator:
        raise AccessDeniedError(
            "There are no credentials for the simulator in the environment.",
            "Nothing was sent.",
            "Load what `python -m simulator env` prints: it sets AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
        )
    if _wants_managed_identity(environment):
        client = environment_value(environment, _CLIENT_ID)
        return _Source(
            "the managed identity of this machine", ManagedIdentityCredential(client_id=client[1] if client else None)
        )
    if shutil.which("az", path=environment.get("PATH")) is None:
        raise AccessDeniedError("There are no credentials in the environment.", "Nothing was sent.", _WAYS_IN)
    return _Source("the Azure CLI's login", AzureCliCredential(tenant_id=target.tenant_id, process_timeout=60))


def _application(target: Target, environment: Mapping[str, str], options: Mapping[str, Any]) -> _Source | None:
    """Credentials of an application, which all need its client id."""
    client = environment_value(environment, _CLIENT_ID)
    if client is None:
        return None
    account = {"tenant_id": target.tenant_id, "client_id": client[1], **options}
    if secret := environment_value(environment, _SECRET):
        return _Source(
            f"the client secret of application {client[1]} ({secret[0]})",
            ClientSecretCredential(client_secret=secret[1], **account),
            secrets=(secret[1],),
        )
    if certificate := environment_value(environment, _CERTIFICATE):
        return _certificate(certificate[1], client[1], environment, account)
    if file := environment_value(environment, _TOKEN_FILE):
        return _Source(
            f"the federated token in {file[1]} for application {client[1]}",
            WorkloadIdentityCredential(token_file_path=file[1], **account),
        )
    url, bearer = environment_value(environment, _OIDC_URL), environment_value(environment, _OIDC_TOKEN)
    if url and bearer:
        fetch = _PipelineAssertion(url[1], bearer[1], ca_bundle(environment))
        return _Source(
            f"the pipeline's OIDC token for application {client[1]}",
            ClientAssertionCredential(func=fetch, **account),
            secrets=(bearer[1],),
        )
    return None


def _certificate(path: str, client: str, environment: Mapping[str, str], account: Mapping[str, Any]) -> _Source:
    password = environment_value(environment, _CERTIFICATE_PASSWORD)
    name = f"the certificate {path} of application {client}"
    try:
        data = Path(path).read_bytes()
        credential = CertificateCredential(certificate_data=data, password=password[1] if password else None, **account)
    except (OSError, ValueError) as error:
        raise AccessDeniedError(
            f"The certificate {path} cannot be used: {type(error).__name__}.",
            f"Signing in with {name}. Nothing was sent.",
            "Give a readable PEM or PKCS#12 file with certificate and private key, and its password if it has one.",
        ) from None
    return _Source(name, credential, secrets=(password[1],) if password else ())


@dataclass(frozen=True)
class _PipelineAssertion:
    """Fetches a fresh OIDC token from the pipeline's own token service whenever a new access token is due."""

    url: str
    bearer: str
    verify: str | bool

    def __call__(self) -> str:
        separator = "&" if "?" in self.url else "?"
        answer = requests.get(
            self.url + separator + urlencode({"audience": "api://AzureADTokenExchange"}),
            headers={"Authorization": f"Bearer {self.bearer}", "Accept": "application/json"},
            timeout=_OIDC_TIMEOUT_SECONDS,
            verify=self.verify,
        )
        answer.raise_for_status()
        value = answer.json().get("value")
        if not isinstance(value, str) or not value:
            raise ValueError("the pipeline's token service answered without a token")
        return value


def _wants_managed_identity(environment: Mapping[str, str]) -> bool:
    return (
        environment.get("ARM_USE_MSI", "").casefold() == "true"
        or environment.get("AZURE_TOKEN_CREDENTIALS", "").casefold() == "managedidentitycredential"
        or bool(environment.get("IDENTITY_ENDPOINT"))
    )


def _due(token: AccessTokenInfo) -> bool:
    now = time.time()
    refresh_on = getattr(token, "refresh_on", None)
    return token.expires_on - now < _RENEW_BEFORE_SECONDS or (refresh_on is not None and refresh_on <= now)


def _is_over(token: AccessTokenInfo) -> bool:
    return token.expires_on - time.time() < _LAST_SECONDS


def _tenant_of(token: str) -> str | None:
    """The tenant ("tid") that a JWT names, read without any verification: ARM verifies, this only guards."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    tenant = claims.get("tid") if isinstance(claims, dict) else None
    return tenant if isinstance(tenant, str) else None


def _is_about_the_network(error: Exception, text: str) -> bool:
    """MSAL and azure-identity call a failed connection "Authentication failed: ..."; what stands behind it tells."""
    kinds = (ServiceRequestError, ServiceResponseError, requests.ConnectionError, requests.Timeout)
    return any(isinstance(cause, kinds) for cause in causes(error)) or "HTTP Error: 5" in text
