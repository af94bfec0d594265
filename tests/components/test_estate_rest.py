"""What the stand-in receives from the program is what the REST interface takes, at the api-version that is spoken.

The stand-in makes the request bodies as the real plugin does; what they are held against is written in
rest_bodies.yaml, one entry for each type that the program declares through azure-native.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.settings import Settings, load_stack_file
from simulator.azure_native.catalogue import RESOURCE_TYPES
from tests.components.declared_program import Registered, registered
from tests.components.rest_body import departures, specified
from tests.components.rest_clients import client_model, not_in_client

ROOT = Path(__file__).resolve().parents[2]
SPECIFIED = specified()


@pytest.fixture(scope="module", params=["Pulumi.example.yaml", "Pulumi.local.yaml"])
def program(request: pytest.FixtureRequest) -> list[Registered]:
    return registered(_settings(request.param))


def test_every_type_that_is_declared_through_azure_native_is_specified() -> None:
    programs = [registered(_settings(name)) for name in ("Pulumi.example.yaml", "Pulumi.local.yaml")]
    declared = {one.kind for made in programs for one in made if one.kind.startswith("azure-native:")}
    assert declared == set(SPECIFIED)


def test_every_body_is_what_the_specification_takes(program: list[Registered]) -> None:
    bodies = [(one, RESOURCE_TYPES[one.kind].body(one.inputs)) for one in program if one.kind in SPECIFIED]
    assert bodies
    found = [each for one, body in bodies for each in departures(body, SPECIFIED[one.kind]["body"], one.name)]
    assert found == []


@pytest.mark.parametrize("kind", SPECIFIED)
def test_the_specification_is_that_of_the_api_version_that_azure_native_speaks(kind: str) -> None:
    assert str(SPECIFIED[kind]["apiVersion"]) == RESOURCE_TYPES[kind].api_version


@pytest.mark.parametrize("kind", [kind for kind, known in SPECIFIED.items() if "client" in known])
def test_what_is_written_down_is_in_the_client_that_is_generated_from_the_specification(kind: str) -> None:
    known = SPECIFIED[kind]
    assert list(not_in_client(known["body"], client_model(known["client"]), kind)) == []


def test_a_shape_that_a_client_does_not_have_is_found() -> None:
    wrong = {
        "properties": {"securitySettings": {"immutabilitySettings": {"state": "Locked | Shut"}}, "colour": "string"}
    }
    found = not_in_client(wrong, client_model("azure.mgmt.recoveryservices.models.Vault"), "vault")
    assert sorted(found) == [
        "vault.properties.colour",
        "vault.properties.securitySettings.immutabilitySettings.state: Shut",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"properties": {"subnets": [{"prefix": "10.0.0.0/24"}]}}, "vnet.properties.subnets[0].prefix: is not in"),
        (
            {"properties": {"addressSpace": {"addressPrefixes": "10.0.0.0/8"}}},
            "addressPrefixes: '10.0.0.0/8' is no list",
        ),
        ({"tags": {"owner": 7}}, "vnet.tags.owner: 7 is no string"),
        ({"properties": {"flowTimeoutInMinutes": True}}, "flowTimeoutInMinutes: True is no integer"),
        ({"properties": []}, "vnet.properties: [] is no object"),
    ],
)
def test_a_body_that_departs_from_the_specification_is_found(change: dict[str, Any], said: str) -> None:
    (found,) = departures(change, SPECIFIED["azure-native:network:VirtualNetwork"]["body"], "vnet")
    assert said in found


def test_a_missing_part_and_an_unknown_word_are_found() -> None:
    body = {"location": "westeurope", "kind": "Storage2", "sku": {}}
    found = list(departures(body, SPECIFIED["azure-native:storage:StorageAccount"]["body"], "account"))
    assert [each.partition(":")[0] for each in found] == ["account.kind", "account.sku.name"]


def _settings(name: str) -> Settings:
    return load_stack_file(ROOT / "stacks" / name)
