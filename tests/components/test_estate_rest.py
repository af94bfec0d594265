"""What azure-native is told about vault, sites and policies is what the REST interface takes.

The stand-in makes the request bodies as the real plugin does; the field names are read from the SDK's models, which are
generated from the specification.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.recoveryservices import models as vaults
from azure.mgmt.recoveryservicessiterecovery import models as site_recovery
from azure.mgmt.resource.resources import models as resources

from components.settings import load_stack_file
from simulator.azure_native.catalogue import RESOURCE_TYPES
from tests.components.declared_program import Registered, registered

ROOT = Path(__file__).resolve().parents[2]
# The model of the body of each type's PUT, and the models that its polymorphic parts are of.
MODELS: dict[str, tuple[Any, type]] = {
    "azure-native:resources:ResourceGroup": (resources, resources.ResourceGroup),
    "azure-native:recoveryservices:Vault": (vaults, vaults.Vault),
    "azure-native:recoveryservices:ReplicationFabric": (site_recovery, site_recovery.FabricCreationInput),
    "azure-native:recoveryservices:ReplicationPolicy": (site_recovery, site_recovery.CreatePolicyInput),
}
_POLYMORPHIC = {"PolicyProviderSpecificInput": site_recovery.HyperVReplicaAzurePolicyInput}


@pytest.fixture(scope="module")
def program() -> list[Registered]:
    return registered(load_stack_file(ROOT / "stacks" / "Pulumi.example.yaml"))


@pytest.mark.parametrize("kind", MODELS)
def test_every_field_that_is_sent_is_one_of_the_specification(program: list[Registered], kind: str) -> None:
    module, model = MODELS[kind]
    declared = [one for one in program if one.kind == kind]
    assert declared
    for one in declared:
        body = RESOURCE_TYPES[kind].body(one.inputs)
        assert _unknown(body, model, module, kind) == []


def test_a_field_that_the_specification_does_not_have_is_found() -> None:
    body = {"location": "westeurope", "properties": {"redundancySettings": {"misspelt": "x"}}}
    assert _unknown(body, vaults.Vault, vaults, "vault") == ["vault.properties.redundancySettings.misspelt"]


def test_the_stand_in_serves_the_api_version_that_azure_native_speaks() -> None:
    versions = {RESOURCE_TYPES[kind].api_version for kind in MODELS if ":recoveryservices:" in kind}
    assert versions == {"2024-10-01"}


def _unknown(body: Any, model: Any, module: Any, path: str) -> list[str]:
    """The paths of fields in `body` that `model` does not have."""
    if isinstance(body, list):
        return [problem for entry in body for problem in _unknown(entry, model, module, path)]
    if not isinstance(body, dict) or model is None:
        return []
    fields = _fields(model)
    found: list[str] = []
    for name, value in body.items():
        if name not in fields:
            found.append(f"{path}.{name}")
        else:
            found += _unknown(value, _model_of(fields[name], module), module, f"{path}.{name}")
    return found


def _fields(model: type) -> dict[str, str]:
    """Names on the wire, with the annotation of each."""
    fields: dict[str, str] = {}
    for base in reversed(model.__mro__):
        for name, annotation in vars(base).get("__annotations__", {}).items():
            described = vars(base).get(name)
            wire = getattr(described, "_rest_name_input", None) or name
            if described is not None:
                fields[wire] = str(annotation)
    return fields


def _model_of(annotation: str, module: Any) -> type | None:
    named = re.search(r"_models\.(\w+)", annotation)
    if named is None:
        return None
    model: type | None = _POLYMORPHIC.get(named.group(1), getattr(module, named.group(1), None))
    return model
