"""Whom we sign in as, where we may speak to, and that neither is ever another place or tenant than the stack's."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from site_recovery.connection import connect
from site_recovery.credentials import credentials_for
from site_recovery.errors import AccessDeniedError, SiteRecoveryError, UnreachableError, WrongTargetError
from site_recovery.records import VaultId
from site_recovery.target import CLOUDS, Endpoints, Target, endpoints_for, is_loopback
from tests.site_recovery.stub import (
    ACCEPTED,
    ITEM_ID,
    JOB_ID,
    SECRET,
    SUBSCRIPTION,
    TARGET,
    TENANT,
    VAULT,
    Answer,
    Request,
    Stub,
    listed,
)

REAL = Target("azure", SUBSCRIPTION, TENANT)
CLIENT = {"AZURE_CLIENT_ID": "44444444-4444-4444-4444-444444444444"}
SCOPE = "https://management.azure.com/.default"


def name_of(target: Target, environment: Mapping[str, str]) -> str:
    return credentials_for(target, endpoints_for(target, environment), environment).name


def token_requests(stub: Stub) -> list[Request]:
    return [request for request in stub.requests if request.path.endswith("/token")]


@pytest.mark.parametrize("cloud", ["azure", "azureUSGovernment", "azureChina"])
def test_each_cloud_has_its_own_endpoints(cloud: str) -> None:
    assert endpoints_for(Target(cloud, SUBSCRIPTION, TENANT), {}) == CLOUDS[cloud]


@pytest.mark.parametrize(
    ("target", "environment", "said"),
    [
        (REAL, {"ARM_ENDPOINT": "https://localhost:8443"}, "prepared for a simulator"),
        (REAL, {"ARM_ENDPOINT": "https://127.0.0.2:8443"}, "prepared for a simulator"),
        (REAL, {"ARM_ENDPOINT": "https://[::1]:8443"}, "prepared for a simulator"),
        (REAL, {"AZURE_AUTHORITY_HOST": "https://localhost:8443"}, "prepared for a simulator"),
        (REAL, {"AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}, "elsewhere"),
        (REAL, {"ARM_ENDPOINT": "https://management.azure.com.example.org"}, "elsewhere"),
        (REAL, {"AZURE_SUBSCRIPTION_ID": TENANT}, "AZURE_SUBSCRIPTION_ID"),
        (REAL, {"ARM_SUBSCRIPTION_ID": TENANT}, "ARM_SUBSCRIPTION_ID"),
        (REAL, {"AZURE_TENANT_ID": SUBSCRIPTION}, "AZURE_TENANT_ID"),
        (TARGET, {}, "ARM_ENDPOINT names no simulator"),
        (TARGET, {"ARM_ENDPOINT": "https://management.azure.com"}, "ARM_ENDPOINT is https://management.azure.com"),
        (TARGET, {"ARM_ENDPOINT": "https://localhost.example.org"}, "localhost.example.org"),
        (TARGET, {"ARM_ENDPOINT": "http://localhost:80"}, "http://localhost:80"),
        (
            TARGET,
            {"ARM_ENDPOINT": "https://localhost:8443", "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com"},
            "AZURE_AUTHORITY_HOST is https://login.microsoftonline.com",
        ),
        (Target("azur", SUBSCRIPTION, TENANT), {}, "'azur' is not known"),
    ],
)
def test_an_environment_that_means_another_place_is_refused(
    target: Target, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(WrongTargetError) as caught:
        endpoints_for(target, environment)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3  # what, where, what to do


def test_the_environments_own_cloud_and_account_are_accepted_in_any_writing() -> None:
    environment = {
        "ARM_ENDPOINT": "https://MANAGEMENT.azure.com/",
        "AZURE_AUTHORITY_HOST": "login.microsoftonline.com",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION.upper(),
        "AZURE_TENANT_ID": "contoso.onmicrosoft.com",
    }
    assert endpoints_for(REAL, environment) == CLOUDS["azure"]


def test_a_password_in_an_endpoint_is_not_repeated() -> None:
    with pytest.raises(WrongTargetError) as caught:
        endpoints_for(REAL, {"ARM_ENDPOINT": f"https://user:{SECRET}@example.org"})
    assert SECRET not in str(caught.value)


def test_certificate_authorities_that_are_not_there_are_no_matter_of_credentials(tmp_path: Path) -> None:
    environment = {"CURL_CA_BUNDLE": str(tmp_path / "gone.pem"), "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": SECRET}
    with pytest.raises(AccessDeniedError) as caught:
        credentials_for(REAL, CLOUDS["azure"], environment)
    assert f"CURL_CA_BUNDLE names {tmp_path / 'gone.pem'}, and there is no such file." in str(caught.value)
    assert "credentials" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://localhost", "https://a.localhost:1", "https://127.9.9.9", "https://[::1]/x"])
def test_loopback_is_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://localhost.example.org", "https://10.0.0.1", "https://example.org", "junk"])
def test_anything_else_is_not_loopback(url: str) -> None:
    assert not is_loopback(url)


def test_the_vault_belongs_to_the_targets_subscription(stub: Stub) -> None:
    elsewhere = VaultId(TENANT, "contoso-dr", "contoso-vault")
    with pytest.raises(WrongTargetError, match="The vault is in subscription"):
        connect(TARGET, elsewhere, environment=stub.environment)
    assert not stub.requests


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({**CLIENT, "AZURE_CLIENT_SECRET": "x", "AZURE_FEDERATED_TOKEN_FILE": "y"}, "the client secret"),
        ({"ARM_CLIENT_ID": "app", "ARM_CLIENT_SECRET": "x"}, "the client secret of application app"),
        ({**CLIENT, "AZURE_FEDERATED_TOKEN_FILE": "/run/token"}, "the federated token in /run/token"),
        (
            {**CLIENT, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "y"},
            "the pipeline's OIDC token",
        ),
        ({"ARM_USE_MSI": "true"}, "the managed identity"),
        ({**CLIENT, "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}, "the managed identity"),
        ({"IDENTITY_ENDPOINT": "http://169.254.169.254/x"}, "the managed identity"),
    ],
)
def test_the_first_credentials_that_the_environment_offers_are_taken(environment: dict[str, str], name: str) -> None:
    assert name_of(REAL, environment).startswith(name)


def test_the_azure_cli_is_the_last_resort(tmp_path: Path) -> None:
    cli = tmp_path / "az"
    cli.write_text("#!/bin/sh\n")
    cli.chmod(0o755)
    assert name_of(REAL, {"PATH": str(tmp_path)}) == "the Azure CLI's login"


@pytest.mark.parametrize("target", [REAL, TARGET])
def test_no_credentials_at_all_is_said_with_every_way_in(target: Target, tmp_path: Path, stub: Stub) -> None:
    environment = {"PATH": str(tmp_path)}
    if target.is_simulator:
        environment["ARM_ENDPOINT"] = stub.url
    with pytest.raises(AccessDeniedError, match="no credentials"):
        name_of(target, environment)


def test_a_certificate_signs_in_and_an_unreadable_one_is_named(stub: Stub, tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("app.example.org", key_type=trustme.KeyType.RSA)
    file = tmp_path / "app.pem"
    file.write_bytes(certificate.private_key_and_cert_chain_pem.bytes())
    environment = {name: value for name, value in stub.environment.items() if name != "AZURE_CLIENT_SECRET"}
    environment["AZURE_CLIENT_CERTIFICATE_PATH"] = str(file)
    connect(TARGET, VAULT, environment=environment).learn_pace("x")
    (request,) = token_requests(stub)
    assert "client_assertion=" in request.body
    environment["AZURE_CLIENT_CERTIFICATE_PATH"] = str(tmp_path / "missing.pem")
    with pytest.raises(AccessDeniedError, match=r"missing\.pem"):
        connect(TARGET, VAULT, environment=environment)


def test_a_pipelines_assertion_is_fetched_anew_for_every_token(stub: Stub) -> None:
    stub.answer("GET", "/oidc", Answer(body={"value": "first"}), Answer(body={"value": "second"}))
    environment = {name: value for name, value in stub.environment.items() if name != "AZURE_CLIENT_SECRET"}
    environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{stub.url}/oidc?v=1"
    environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "pipeline-token"
    short = {"token_type": "Bearer", "expires_in": 0, "access_token": "opaque"}  # due for renewal at once
    stub.answer("POST", "/token", Answer(body=short))
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    service = connect(TARGET, VAULT, environment=environment)
    service.items()
    service.items()
    assertions = [request.body.split("client_assertion=")[1].split("&")[0] for request in token_requests(stub)]
    assert assertions[:2] == ["first", "second"]
    assert stub.sent("GET", "/oidc")[0].path == "/oidc?v=1&audience=api%3A%2F%2FAzureADTokenExchange"
    assert stub.sent("GET", "/oidc")[0].headers["Authorization"] == "Bearer pipeline-token"


def test_a_federated_token_file_is_read_anew_for_every_token(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    environment = {name: value for name, value in stub.environment.items() if name != "AZURE_CLIENT_SECRET"}
    environment["AZURE_FEDERATED_TOKEN_FILE"] = str(file)
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    connect(TARGET, VAULT, environment=environment).items()
    assert "client_assertion=first" in token_requests(stub)[0].body


def test_many_threads_on_a_cold_connection_ask_for_one_token(stub: Stub) -> None:
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    service = connect(TARGET, VAULT, environment=stub.environment)
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda _: service.items(), range(32)))
    assert len(token_requests(stub)) == 1


def test_a_token_of_another_tenant_is_refused_before_the_first_call(stub: Stub) -> None:
    stub.token_tenant = SUBSCRIPTION
    with pytest.raises(WrongTargetError) as caught:
        connect(TARGET, VAULT, environment=stub.environment).items()
    assert f"of tenant {SUBSCRIPTION}" in str(caught.value)
    assert not stub.sent("GET", "/subscriptions/")


def test_a_token_that_nobody_can_read_is_used(stub: Stub) -> None:
    stub.token_tenant = None
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    assert connect(TARGET, VAULT, environment=stub.environment).items() == ()


def test_a_refused_secret_is_never_repeated(stub: Stub) -> None:
    body = {"error": "invalid_client", "error_description": f"AADSTS7000215: Invalid client secret {SECRET}."}
    stub.answer("POST", "/token", Answer(401, body))
    with pytest.raises(AccessDeniedError) as caught:
        connect(TARGET, VAULT, environment=stub.environment).items()
    assert "AADSTS7000215" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_sign_in_service_out_of_reach_is_not_called_a_wrong_secret() -> None:
    environment = {**CLIENT, "AZURE_CLIENT_SECRET": "x"}
    credential = credentials_for(TARGET, Endpoints("https://localhost:1", "https://localhost:1", SCOPE), environment)
    with pytest.raises(UnreachableError) as caught:
        credential.get_token_info(SCOPE)
    assert "sign-in service" in str(caught.value)


def test_a_sign_in_service_that_is_out_while_the_token_still_holds_ends_nothing(stub: Stub) -> None:
    soon = {"token_type": "Bearer", "expires_in": 240, "access_token": "opaque"}  # due for renewal, and not over
    stub.answer("POST", "/token", Answer(body=soon), Answer(503, {"error": "temporarily_unavailable"}))
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    service = connect(TARGET, VAULT, environment=stub.environment)
    assert service.items() == service.items() == ()
    asked = len(token_requests(stub))
    assert asked > 1
    service.items()
    assert len(token_requests(stub)) == asked, "it is not asked again at once"


def test_a_token_that_is_all_but_over_is_not_used_while_the_sign_in_service_is_out(stub: Stub) -> None:
    over = {"token_type": "Bearer", "expires_in": 1, "access_token": "opaque"}
    stub.answer("POST", "/token", Answer(body=over), Answer(503, {"error": "temporarily_unavailable"}))
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    service = connect(TARGET, VAULT, environment=stub.environment)
    service.items()
    with pytest.raises(UnreachableError, match="sign-in service did not answer"):
        service.items()


def test_the_same_target_and_environment_share_one_connection(stub: Stub) -> None:
    with ThreadPoolExecutor(16) as pool:
        services = set(pool.map(lambda _: connect(TARGET, VAULT, environment=stub.environment), range(16)))
    assert len(services) == 1
    renewed = {**stub.environment, "AZURE_CLIENT_SECRET": "renewed"}
    assert connect(TARGET, VAULT, environment=renewed) not in services


def test_no_error_of_ours_is_an_sdk_type() -> None:
    azure_free = subprocess.run(
        ["python", "-c", "import sys, site_recovery.errors, site_recovery.records; print('azure.core' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert azure_free.stdout.strip() == "False"
    assert issubclass(WrongTargetError, SiteRecoveryError)


def test_a_token_revoked_by_the_service_is_renewed_and_the_refused_call_made_with_the_new_one(stub: Stub) -> None:
    claims = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"1"}}}').decode()
    challenge = f'Bearer authorization_uri="{stub.url}/{TENANT}", error="insufficient_claims", claims="{claims}"'
    refused = Answer(401, {"error": {"code": "ExpiredAuthenticationToken"}}, {"WWW-Authenticate": challenge})
    stub.answer("POST", "/failoverCommit", refused, ACCEPTED)
    service = connect(TARGET, VAULT, environment=stub.environment)
    assert service.operations.commit(ITEM_ID, client_request_id="ours-1").job_id == JOB_ID
    assert "claims=" in token_requests(stub)[-1].body
    assert len(stub.sent("POST", "/failoverCommit")) == 2


def test_a_token_refused_without_a_challenge_is_an_error_and_the_call_is_not_repeated(stub: Stub) -> None:
    stub.answer("POST", "/failoverCommit", Answer(401, {"error": {"code": "InvalidAuthenticationToken"}}))
    service = connect(TARGET, VAULT, environment=stub.environment)
    with pytest.raises(AccessDeniedError):
        service.operations.commit(ITEM_ID, client_request_id="ours-1")
    assert len(stub.sent("POST", "/failoverCommit")) == 1
