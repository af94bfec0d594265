"""What the Azure CLI does against the simulator, command by command.

Site Recovery's own commands are an extension of the Azure CLI that no package registry carries; its requests are made
with `az rest` here.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.azure_cli.installation import provide_azure_cli
from tests.simulator.running import RunningSimulator

_TIMEOUT = 120
_NOWHERE = "http://127.0.0.1:9"
_numbers = count()
_NOT_FOUND = 3


@dataclass(frozen=True)
class AzureCli:
    """The CLI with a configuration directory of its own."""

    command: list[str]
    environment: Mapping[str, str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )

    def __call__(self, *arguments: str) -> Any:
        """Run one command that has to succeed, and return what it printed as JSON, or None."""
        done = self.run(*arguments, "--output", "json")
        assert done.returncode == 0, f"az {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """One simulator for all commands."""
    running = RunningSimulator(tmp_path_factory.mktemp("simulator"), "--speed", "1000")
    yield running
    running.stop()


def fresh_cli(simulator: RunningSimulator, directory: Path) -> AzureCli:
    """A CLI that knows nothing yet, and that reaches nothing but loopback."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "ARM_"))}
    environment = {
        **own,
        "AZURE_CONFIG_DIR": str(directory),
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        "AZURE_CORE_NO_COLOR": "1",
        "REQUESTS_CA_BUNDLE": str(simulator.ready.ca_bundle),
        "SSL_CERT_FILE": str(simulator.ready.ca_bundle),
        "HTTPS_PROXY": _NOWHERE,
        "NO_PROXY": "localhost,127.0.0.1",
    }
    return AzureCli(provide_azure_cli(print), environment)


@pytest.fixture(scope="module")
def az(simulator: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> AzureCli:
    """A CLI with the simulator registered as its cloud, signed in as the service principal."""
    cli = fresh_cli(simulator, tmp_path_factory.mktemp("azure"))
    cli("cloud", "register", "--name", "sim", "--endpoint-resource-manager", simulator.url)
    cli("cloud", "set", "--name", "sim")
    ready = simulator.ready
    secret = ["--username", ready.client_id, "--password", ready.client_secret, "--tenant", ready.tenant_id]
    signed_in = cli("login", "--service-principal", *secret)
    assert [account["id"] for account in signed_in] == [ready.subscription_id]
    return cli


@pytest.fixture
def group(az: AzureCli) -> str:
    """The name of a resource group that the CLI made."""
    name = f"cli-{next(_numbers)}"
    az("group", "create", "--name", name, "--location", "westeurope")
    return name


def test_the_account_is_shown_without_asking_again(az: AzureCli, simulator: RunningSimulator) -> None:
    account = az("account", "show")
    assert account["id"] == simulator.ready.subscription_id
    assert account["tenantId"] == simulator.ready.tenant_id
    assert account["environmentName"] == "sim"
    assert len(az("account", "list")) == 1
    token = az("account", "get-access-token")["accessToken"]
    assert jwt.decode(token, options={"verify_signature": False})["appid"] == simulator.ready.client_id


def test_locations_are_listed(az: AzureCli) -> None:
    assert "westeurope" in [location["name"] for location in az("account", "list-locations")]


def test_a_group_lives_and_dies(az: AzureCli) -> None:
    made = az("group", "create", "--name", "life", "--location", "westeurope", "--tags", "purpose=dr")
    assert (made["properties"]["provisioningState"], made["tags"]) == ("Succeeded", {"purpose": "dr"})
    assert az("group", "show", "--name", "LIFE")["id"] == made["id"]
    assert az("group", "exists", "--name", "life") is True
    assert "life" in [found["name"] for found in az("group", "list")]
    az("group", "delete", "--name", "life", "--yes")
    assert az("group", "exists", "--name", "life") is False


def test_what_is_not_there_is_exit_code_3(az: AzureCli) -> None:
    done = az.run("group", "show", "--name", "missing")
    assert done.returncode == _NOT_FOUND
    assert "(ResourceGroupNotFound) Resource group 'missing' could not be found." in done.stderr


def test_a_vault_is_created_shown_listed_and_deleted(az: AzureCli, group: str) -> None:
    where = ["--resource-group", group]
    made = az("backup", "vault", "create", "--name", "contoso-vault", "--location", "westeurope", *where)
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert az("backup", "vault", "show", "--name", "contoso-vault", *where)["id"] == made["id"]
    assert [vault["name"] for vault in az("backup", "vault", "list", *where)] == ["contoso-vault"]
    az("backup", "vault", "delete", "--name", "contoso-vault", "--yes", *where)
    assert az("backup", "vault", "list", *where) == []


def test_a_network_is_made_with_its_subnet(az: AzureCli, group: str) -> None:
    where = ["--resource-group", group]
    made = az(
        *("network", "vnet", "create", "--name", "vnet", "--location", "westeurope", "--address-prefix", "10.1.0.0/16"),
        *("--subnet-name", "data", "--subnet-prefixes", "10.1.0.0/24", *where),
    )
    assert made["newVNet"]["subnets"][0]["id"].endswith("/virtualNetworks/vnet/subnets/data")
    subnet = az("network", "vnet", "subnet", "create", "--name", "app", "--vnet-name", "vnet",
                "--address-prefixes", "10.1.1.0/24", *where)  # fmt: skip
    assert subnet["provisioningState"] == "Succeeded"
    shown = az("network", "vnet", "show", "--name", "vnet", *where)
    assert [child["name"] for child in shown["subnets"]] == ["data", "app"]
    az("network", "vnet", "delete", "--name", "vnet", *where)
    assert az("network", "vnet", "list", *where) == []


def test_a_storage_account_is_made_and_its_keys_read(az: AzureCli, group: str) -> None:
    name = f"clistore{next(_numbers)}"
    account = ["--name", name, "--resource-group", group]
    made = az("storage", "account", "create", *account, "--location", "westeurope", "--sku", "Standard_LRS")
    assert made["provisioningState"] == "Succeeded"
    keys = az("storage", "account", "keys", "list", "--account-name", name, "--resource-group", group)
    assert [key["keyName"] for key in keys] == ["key1", "key2"]
    az("storage", "account", "delete", *account, "--yes")
    assert az("storage", "account", "check-name", "--name", name)["nameAvailable"] is True


def test_resources_are_listed_and_shown(az: AzureCli, group: str) -> None:
    az("network", "vnet", "create", "--name", "vnet", "--location", "westeurope", "--resource-group", group)
    listed = az("resource", "list", "--resource-group", group)
    assert [resource["name"] for resource in listed] == ["vnet"]
    # Without an api-version the CLI takes one from what the provider says of its types.
    assert az("resource", "show", "--ids", listed[0]["id"])["name"] == "vnet"


def test_providers_are_shown_and_registered(az: AzureCli) -> None:
    az("provider", "register", "--namespace", "Microsoft.RecoveryServices")
    shown = az("provider", "show", "--namespace", "Microsoft.RecoveryServices")
    assert shown["registrationState"] == "Registered"


def test_site_recovery_is_reached_with_rest(az: AzureCli, group: str) -> None:
    az("backup", "vault", "create", "--name", "dr", "--location", "westeurope", "--resource-group", group)
    vault = f"/subscriptions/{{subscriptionId}}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/dr"

    def rest(method: str, path: str, body: object = None) -> Any:
        content = ["--body", json.dumps(body)] if body is not None else []
        return az("rest", "--method", method, "--url", f"{vault}/{path}?api-version=2025-08-01", *content)

    rest("put", "replicationFabrics/contoso-hyperv", {"properties": {}})
    _until(lambda: [fabric["name"] for fabric in rest("get", "replicationFabrics")["value"]] == ["contoso-hyperv"])
    site = rest("get", "replicationFabrics/contoso-hyperv")
    assert site["properties"]["customDetails"]["instanceType"] == "HyperVSite"
    policy = {
        "instanceType": "HyperVReplicaAzure",
        "replicationInterval": 300,
        "recoveryPointHistoryDuration": 24,
        "applicationConsistentSnapshotFrequencyInHours": 4,
    }
    rest("put", "replicationPolicies/every-5", {"properties": {"providerSpecificInput": policy}})
    _until(lambda: len(rest("get", "replicationPolicies")["value"]) == 1)
    assert rest("get", "replicationJobs")["value"]


def test_a_wrong_secret_is_the_directorys_own_message(simulator: RunningSimulator, tmp_path: Path) -> None:
    cli = fresh_cli(simulator, tmp_path)
    cli("cloud", "register", "--name", "sim", "--endpoint-resource-manager", simulator.url)
    cli("cloud", "set", "--name", "sim")
    ready = simulator.ready
    refused = cli.run(
        *("login", "--service-principal", "--username", ready.client_id, "--password", "wrong"),
        *("--tenant", ready.tenant_id),
    )
    assert refused.returncode == 1
    assert "AADSTS7000215" in refused.stderr


def test_a_federated_token_signs_in(simulator: RunningSimulator, tmp_path: Path) -> None:
    cli = fresh_cli(simulator, tmp_path)
    cli("cloud", "register", "--name", "sim", "--endpoint-resource-manager", simulator.url)
    cli("cloud", "set", "--name", "sim")
    claims = {"aud": "api://AzureADTokenExchange", "sub": "repo:contoso/dr", "iss": "ci", "exp": time.time() + 300}
    token = jwt.encode(claims, "a key that nobody checks, long enough", algorithm="HS256")
    ready = simulator.ready
    cli(
        *("login", "--service-principal", "--username", ready.client_id, "--tenant", ready.tenant_id),
        *("--federated-token", token),
    )
    assert cli("group", "list") is not None


def test_the_metadata_address_alone_makes_the_cloud_active(simulator: RunningSimulator, tmp_path: Path) -> None:
    cli = fresh_cli(simulator, tmp_path)
    url = f"{simulator.url}/metadata/endpoints?api-version=2019-05-01"
    shown = cli.run("cloud", "show", "--output", "json", ARM_CLOUD_METADATA_URL=url)
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["endpoints"]["resourceManager"] == simulator.url


def _until(reached: Any, seconds: float = 60) -> None:
    """Look until it is so: `az rest` waits for no operation."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "the simulator did not get there"
