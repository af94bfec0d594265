"""Documentation and JSON schema are made from the models: they are current, and say the same as the loader."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from components.settings import SettingsError, load_settings, load_stack_file
from components.settings.__main__ import made_files
from components.settings.schema import stack_file_schema
from components.settings.stack import StackFile
from tests.settings_samples import NETWORK_ID, small, with_vm

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = stack_file_schema()


def accepted(values: dict[str, Any]) -> bool:
    config = {f"site-recovery:{key}": value for key, value in values.items()}
    return Draft202012Validator(SCHEMA).is_valid({"config": config, "encryptionsalt": "v1:abc"})


def keys_of(schema: dict[str, Any]) -> Iterator[str]:
    for model in (schema, *schema["$defs"].values()):
        yield from model.get("properties", {})


def test_the_made_files_are_current() -> None:
    for place, text in made_files().items():
        assert (ROOT / place).read_text(encoding="utf-8") == text, f"{place}: run python -m components.settings"


def test_the_command_says_that_they_are_current() -> None:
    command = [sys.executable, "-m", "components.settings", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=60).returncode == 0


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", ["local", "example"])
def test_an_editors_schema_check_accepts_the_projects_stack_files(name: str) -> None:
    schema, stack = ROOT / "docs/schema/stack.schema.json", ROOT / f"stacks/Pulumi.{name}.yaml"
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), str(stack)]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr


GOOD: list[dict[str, Any]] = [
    small(),
    small(version="1", maxMoves="3", requireApproval="true"),
    small(sites={"contoso-hyperv": None}),
    with_vm(holdAfter=None, failover=None, target=None),
    with_vm(
        target={
            "zone": 1,
            "tags": {"cost": 5},
            "network": NETWORK_ID.upper().replace("/SUBSCRIPTIONS", "/subscriptions"),
        }
    ),
    with_vm(failback={"completion": "manual"}),
    with_vm(failback={"completion": {"window": {"from": "2026-11-23T22:00:00Z", "to": "2026-11-24T22:00:00Z"}}}),
]
BAD: list[dict[str, Any]] = [
    small(version=2),
    small(maxMove=1),
    small(vault=None),
    small(policies={"every-5-minutes": {"replicationIntervalSeconds": 60}}),
    small(vms={"sql01": {"site": "contoso-hyperv", "policy": "every-5-minutes"}}),
    small(vms={"sql/01": {"direction": "onPremisesToAzure", "site": "contoso-hyperv", "policy": "every-5-minutes"}}),
    small(defaults={"direction": "onPremisesToAzure"}),
    with_vm(failover={"mode": "plannd"}),
    with_vm(failover={"shutdownSource": "true"}),
    with_vm(failback={"completion": {"windows": {}}}),
    with_vm(target={"zone": "4"}),
    with_vm(maxDataLossMinutes=-1),
]


@pytest.mark.parametrize("values", GOOD)
def test_the_schema_accepts_what_the_loader_takes(values: dict[str, Any]) -> None:
    assert accepted(values)
    load_settings(values)


@pytest.mark.parametrize("values", BAD)
def test_the_schema_refuses_what_the_loader_refuses(values: dict[str, Any]) -> None:
    assert not accepted(values)
    with pytest.raises(SettingsError):
        load_settings(values)


def test_the_schema_leaves_other_programs_alone_but_knows_a_second_source_of_the_target() -> None:
    config = {f"site-recovery:{key}": value for key, value in small().items()}
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid({"config": config | {"aws:region": "eu-west-1"}})
    assert not validator.is_valid({"config": config | {"azure-native:subscriptionId": "x"}})


def test_every_key_is_documented_with_its_meaning() -> None:
    manual = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .*? \| (.*) \|$", manual, flags=re.MULTILINE)
    assert {key for key, _, _ in rows} == set(keys_of(StackFile.model_json_schema()))
    assert [key for key, kind, meaning in rows if not kind or not meaning.strip()] == []


def test_the_example_shows_every_key() -> None:
    example = (ROOT / "stacks/Pulumi.example.yaml").read_text(encoding="utf-8")
    shown = set(re.findall(r"(?:site-recovery:|\b)(\w+):(?=\s|$)", example))
    assert set(keys_of(StackFile.model_json_schema())) - shown == set()


def test_the_examples_commented_keys_are_valid_too(tmp_path: Path) -> None:
    example = (ROOT / "stacks/Pulumi.example.yaml").read_text(encoding="utf-8")
    whole = re.sub(r"^  # (site-recovery:|  )", r"  \1", example, flags=re.MULTILINE)
    # A shared vault is adopted, which this one is not.
    whole = re.sub(r"^  site-recovery:sharedStack:.*\n", "", whole, flags=re.MULTILINE)
    path = tmp_path / "Pulumi.whole.yaml"
    path.write_text(whole, encoding="utf-8")
    settings = load_stack_file(path)
    assert settings.freeze
    assert settings.dismantle
    assert settings.network_mappings
    assert (len(settings.waivers), len(settings.attestations), len(settings.approvals)) == (1, 2, 1)


def test_the_schema_has_a_description_for_every_setting() -> None:
    models = json.loads((ROOT / "docs/schema/stack.schema.json").read_text(encoding="utf-8"))["$defs"]
    bare = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, schema in model.get("properties", {}).items()
        if "description" not in schema and "$ref" not in json.dumps(schema)
    ]
    assert bare == []
