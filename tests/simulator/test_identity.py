"""Tokens, as real credentials ask for them and as Azure Resource Manager takes or refuses them."""

from __future__ import annotations

import os
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    DefaultAzureCredential,
    EnvironmentCredential,
)

from simulator.tokens import TokenAuthority, kept_key
from tests.simulator.conftest import FreshSimulator
from tests.simulator.running import RunningSimulator

SCOPE = "https://management.azure.com/.default"


@pytest.fixture
def client_shell(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> RunningSimulator:
    """This process's environment is what `env` prints for the simulator."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "ARM_"))]:
        monkeypatch.delenv(name)
    for name, value in simulator.environment.items():
        monkeypatch.setenv(name, value)
    return simulator


def test_a_client_secret_gets_a_token_that_lives_an_hour(simulator: RunningSimulator) -> None:
    before = time.time()
    token = simulator.credential().get_token(SCOPE)
    assert 3590 <= token.expires_on - before <= 3610
    groups = simulator.resources().resource_groups.list()
    assert isinstance(list(groups), list)


def test_the_environment_alone_is_enough_for_credentials_without_instance_discovery(
    client_shell: RunningSimulator,
) -> None:
    for credential in (
        EnvironmentCredential(disable_instance_discovery=True),
        DefaultAzureCredential(disable_instance_discovery=True),
    ):
        assert credential.get_token(SCOPE).token.count(".") == 2


def test_the_tenant_adfs_needs_no_constructor_argument(
    client_shell: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "adfs")
    token = EnvironmentCredential().get_token(SCOPE).token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["tid"] == client_shell.ready.tenant_id


def test_a_federated_assertion_gets_a_token(simulator: RunningSimulator) -> None:
    def assertion() -> str:
        claims = {"aud": "api://AzureADTokenExchange", "sub": "repo:contoso/dr", "iss": "ci", "exp": time.time() + 60}
        return jwt.encode(claims, "a key that nobody checks, long enough", algorithm="HS256")

    ready = simulator.ready
    credential = ClientAssertionCredential(
        ready.tenant_id,
        ready.client_id,
        assertion,
        authority=ready.url,
        connection_verify=ready.ca_bundle,
        disable_instance_discovery=True,
    )
    assert credential.get_token(SCOPE).token


def test_a_certificate_gets_a_token(simulator: RunningSimulator) -> None:
    import trustme  # noqa: PLC0415 - only this test needs a certificate of its own

    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    own = authority.issue_cert("client.localhost", key_type=trustme.KeyType.RSA)
    pem = own.private_key_pem.bytes() + own.cert_chain_pems[0].bytes()
    ready = simulator.ready
    credential = CertificateCredential(
        ready.tenant_id,
        ready.client_id,
        certificate_data=pem,
        authority=ready.url,
        connection_verify=ready.ca_bundle,
        disable_instance_discovery=True,
    )
    assert credential.get_token(SCOPE).token


def test_an_assertion_that_has_expired_is_refused(simulator: RunningSimulator) -> None:
    expired = jwt.encode({"aud": "api://AzureADTokenExchange", "exp": 1}, "k" * 40, algorithm="HS256")
    answer = _token_request(simulator, client_secret=None, client_assertion=expired)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [700024])


@pytest.mark.parametrize("expires", ["soon", None, [], True])
def test_an_assertion_with_a_strange_expiry_is_refused(simulator: RunningSimulator, expires: object) -> None:
    assertion = jwt.encode({"aud": "api://AzureADTokenExchange", "exp": expires}, "0" * 32)
    form = {
        "grant_type": "client_credentials",
        "client_id": simulator.ready.client_id,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": "https://management.azure.com/.default",
    }
    url = f"{simulator.url}/{simulator.ready.tenant_id}/oauth2/v2.0/token"
    answer = simulator.session.post(url, data=form, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_wrong_secret_is_refused_as_entra_refuses_it(simulator: RunningSimulator) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret provided"):
        simulator.credential(client_secret="wrong").get_token(SCOPE)
    # Not 400: MSAL keeps a 400 for a minute, and would go on failing after the secret was mended.
    assert _token_request(simulator, client_secret="wrong").status_code == 401


def test_an_unknown_application_is_refused(simulator: RunningSimulator) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        simulator.credential(client_id=other).get_token(SCOPE)


def test_an_unknown_tenant_is_refused_at_discovery(simulator: RunningSimulator) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(ClientAuthenticationError, match=f"Unable to get authority configuration for .*{other}"):
        simulator.credential(tenant_id=other).get_token(SCOPE)


@pytest.mark.parametrize(
    ("changes", "status", "number"),
    [
        ({"grant_type": "password"}, 400, 70003),
        ({"scope": None}, 400, 900144),
        ({"client_id": None}, 400, 900144),
        ({"client_secret": None}, 401, 7000218),
        ({"client_secret": None, "client_assertion": "not a token"}, 401, 50027),
        ({"scope": "https://unknown.example/.default"}, 400, 500011),
    ],
)
def test_a_malformed_token_request_says_what_is_wrong(
    simulator: RunningSimulator, changes: dict[str, str | None], status: int, number: int
) -> None:
    answer = _token_request(simulator, **changes)
    body = answer.json()
    assert (answer.status_code, body["error_codes"]) == (status, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize(
    "scope",
    [
        "https://management.azure.com/.default",
        "https://management.azure.com//.default",
        "https://management.core.windows.net//.default",
        "https://management.azure.com/.default openid offline_access profile",
        "{url}/.default",
    ],
)
def test_every_spelling_of_the_management_audience_is_taken(simulator: RunningSimulator, scope: str) -> None:
    answer = _token_request(simulator, scope=scope.format(url=simulator.url))
    assert answer.status_code == 200, answer.text
    assert _with_token(simulator, answer.json()["access_token"]).status_code == 200


def test_the_token_is_one_that_azurerm_can_read(simulator: RunningSimulator) -> None:
    answer = _token_request(simulator).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == answer["ext_expires_in"] == 3599
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert isinstance(claims["aud"], str)
    assert isinstance(claims["exp"], int)
    assert claims["exp"] - claims["iat"] == 3599
    assert claims["tid"] == simulator.ready.tenant_id
    assert claims["appid"] == simulator.ready.client_id
    assert claims["roles"] == []


def test_the_signing_key_is_published(simulator: RunningSimulator) -> None:
    document = simulator.session.get(f"{simulator.url}/common/v2.0/.well-known/openid-configuration", timeout=30).json()
    key = jwt.PyJWKSet.from_dict(simulator.session.get(document["jwks_uri"], timeout=30).json())["simulator"]
    claims = jwt.decode(simulator.token(), key, algorithms=["RS256"], options={"verify_aud": False})
    assert claims["tid"] == simulator.ready.tenant_id


def test_instance_discovery_names_the_tenant(simulator: RunningSimulator) -> None:
    answer = simulator.session.get(
        f"{simulator.url}/common/discovery/instance",
        params={"api-version": "1.1", "authorization_endpoint": f"{simulator.url}/x/oauth2/v2.0/authorize"},
        timeout=30,
    )
    endpoint = answer.json()["tenant_discovery_endpoint"]
    assert simulator.session.get(endpoint, timeout=30).json()["token_endpoint"].startswith(simulator.url)


def test_no_token_is_401_with_a_challenge(simulator: RunningSimulator) -> None:
    answer = simulator.session.get(f"{simulator.url}/subscriptions?api-version=2022-12-01", timeout=30)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationFailed"
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer authorization_uri="{simulator.url}/{simulator.ready.tenant_id}"')
    assert 'error="invalid_token"' in challenge


def test_a_token_of_somebody_else_is_refused(simulator: RunningSimulator) -> None:
    forged = jwt.encode({"aud": "https://management.azure.com", "exp": time.time() + 60}, "k" * 40, algorithm="HS256")
    for token in ("nonsense", forged):
        answer = _with_token(simulator, token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_token_for_another_audience_is_refused(simulator: RunningSimulator) -> None:
    token = _token_request(simulator, scope="https://graph.microsoft.com/.default").json()["access_token"]
    answer = _with_token(simulator, token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")
    assert "https://graph.microsoft.com" in answer.json()["error"]["message"]


def test_an_expired_token_is_refused_without_a_retry(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    simulator = fresh_simulator("--state", str(tmp_path / "state.db"))
    authority = TokenAuthority(kept_key(tmp_path / "state.db.keys" / "token-key.pem"))
    token = authority.issue(
        tenant=simulator.ready.tenant_id,
        application=simulator.ready.client_id,
        audience="https://management.azure.com",
        lifetime_seconds=-10,
    )
    answer = _with_token(simulator, token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    assert "Retry-After" not in answer.headers


def test_another_tenants_token_is_refused_even_if_signed_here(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    simulator = fresh_simulator("--state", str(tmp_path / "state.db"))
    authority = TokenAuthority(kept_key(tmp_path / "state.db.keys" / "token-key.pem"))
    token = authority.issue(tenant="other", application="other", audience="https://management.azure.com")
    answer = _with_token(simulator, token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenTenant")


def test_another_subscription_is_not_found(simulator: RunningSimulator) -> None:
    answer = simulator.arm("GET", "/subscriptions/00000000-0000-4000-8000-000000000000/resourcegroups")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "SubscriptionNotFound")


def test_a_token_and_the_clients_trust_outlive_a_restart(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    simulator = fresh_simulator("--state", str(tmp_path / "state.db"))
    token, before = simulator.token(), simulator.ready
    simulator.make_group("kept")
    simulator.kill()
    simulator.start()
    assert simulator.ready.client_secret == before.client_secret
    assert Path(str(simulator.ready.ca_bundle)).read_bytes()
    answer = simulator.session.get(
        f"{simulator.url}/subscriptions/{before.subscription_id}/resourcegroups/KEPT",
        params={"api-version": "2024-11-01"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
        verify=before.ca_bundle,
    )
    assert (answer.status_code, answer.json()["name"]) == (200, "kept")


def test_a_scenario_makes_tokens_short_lived(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("tokenLifetimeSeconds: 90\n")
    simulator = fresh_simulator("--scenario", str(scenario))
    answer = _token_request(simulator).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert answer["expires_in"] == claims["exp"] - claims["iat"] == 90


def test_plain_http_is_served_on_request_and_refused_by_clients(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--http")
    assert simulator.url.startswith("http://")
    endpoints = simulator.session.get(f"{simulator.url}/metadata/endpoints?api-version=2022-09-01", timeout=30)
    assert endpoints.json()["resourceManager"] == simulator.url
    with pytest.raises(ValueError, match="invalid authority"):
        simulator.credential()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificates_pass_the_strict_checks_of_newer_pythons(simulator: RunningSimulator, host: str) -> None:
    context = ssl.create_default_context(cafile=simulator.ready.ca_bundle)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN  # Python 3.13's default
    port = int(simulator.url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate: Any = secure.getpeercert()
    names = {value for _, value in certificate["subjectAltName"]}
    assert names == {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"}


def test_a_client_that_does_not_trust_the_authority_is_told_so(simulator: RunningSimulator) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.get(f"{simulator.url}/metadata/endpoints?api-version=2022-09-01", timeout=30, verify=True)


def test_a_missing_api_version_is_refused(simulator: RunningSimulator) -> None:
    answer = simulator.session.get(
        f"{simulator.url}/subscriptions", headers={"Authorization": f"Bearer {simulator.token()}"}, timeout=30
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_a_client_sees_the_error_of_the_service(simulator: RunningSimulator) -> None:
    with (
        simulator.resources() as client,
        pytest.raises(HttpResponseError, match=r"\(ResourceGroupNotFound\) Resource group 'gone'"),
    ):
        client.resource_groups.get("gone")


def _token_request(simulator: RunningSimulator, **changes: str | None) -> requests.Response:
    form: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "client_id": simulator.ready.client_id,
        "client_secret": simulator.ready.client_secret,
        "scope": SCOPE,
        **changes,
    }
    if changes.get("client_assertion"):
        form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    data = {name: value for name, value in form.items() if value is not None}
    url = f"{simulator.url}/{simulator.ready.tenant_id}/oauth2/v2.0/token"
    return simulator.session.post(url, data=data, timeout=30)


def _with_token(simulator: RunningSimulator, token: str) -> requests.Response:
    return simulator.session.get(
        f"{simulator.url}/subscriptions",
        params={"api-version": "2022-12-01"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
