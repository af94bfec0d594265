"""The JSON schema of a stack file, for editors: made from the models, so that both say the same."""

import json
from collections.abc import Iterator
from typing import Any

from components.settings.source import NAMESPACE, STACK_FILE_KEYS, TARGET_ELSEWHERE
from components.settings.stack import StackFile

Schema = dict[str, Any]


def stack_file_schema() -> Schema:
    """The schema of a whole `Pulumi.<stack>.yaml` (JSON Schema 2020-12)."""
    made = StackFile.model_json_schema(by_alias=True)
    for each in (made, *made["$defs"].values()):
        _tidy(each, made["$defs"])
    keys = {f"{NAMESPACE}:{key}": _top_level(schema) for key, schema in made["properties"].items()}
    unknown = "|".join(key for key in made["properties"])
    config: Schema = {
        "type": "object",
        "description": "The configuration of the stack. Keys of other programs are left alone.",
        "properties": keys,
        "patternProperties": {f"^{NAMESPACE}:(?!(?:{unknown})$)": False, f"^(?:{'|'.join(TARGET_ELSEWHERE)})$": False},
        "required": [f"{NAMESPACE}:{key}" for key in made["required"]],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of Azure Site Recovery as Pulumi desired state",
        "type": "object",
        "properties": {"config": config} | {key: True for key in STACK_FILE_KEYS if key != "config"},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": made["$defs"],
    }


def written(schema: Schema) -> str:
    """A schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _tidy(schema: Schema, models: dict[str, Schema]) -> None:
    """One-line descriptions, no titles, and null wherever a key may be left out: null takes back what a tier said."""
    required = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        if name not in required:
            schema["properties"][name] = _or_null(inner)
    for each in _inside(schema):
        each.pop("title", None)
        if "description" in each:
            each["description"] = " ".join(each["description"].split())
        if "patternProperties" in each:
            each["additionalProperties"] = False
        for key in ("patternProperties", "additionalProperties"):
            _entries_or_null(each, key, models)


def _entries_or_null(schema: Schema, key: str, models: dict[str, Schema]) -> None:
    """An entry whose settings may all be left out may be empty: `sites: {contoso-hyperv: }`."""
    entries = schema.get(key)
    if not isinstance(entries, dict):
        return
    holders = [(entries, name) for name in entries] if key == "patternProperties" else [(schema, key)]
    for holder, name in holders:
        model = models.get(str(holder[name].get("$ref", "")).rpartition("/")[2])
        if model is not None and not model.get("required"):
            holder[name] = _or_null(holder[name])


def _or_null(schema: Schema) -> Schema:
    alternatives = schema.get("anyOf", ())
    if {"type": "null"} in alternatives:
        return schema
    described = {key: schema[key] for key in ("description", "default") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in described}
    return described | {"anyOf": [rest, {"type": "null"}]}


def _inside(schema: Any) -> Iterator[Schema]:
    """The schema and every schema in it; the names of properties are no schemas."""
    if isinstance(schema, list):
        for each in schema:
            yield from _inside(each)
    elif isinstance(schema, dict):
        yield schema
        for key, inner in schema.items():
            if key in {"properties", "patternProperties"}:
                yield from _inside(list(inner.values()))
            elif key in {"anyOf", "oneOf", "allOf", "items", "additionalProperties", "propertyNames"}:
                yield from _inside(inner)


# `pulumi config set` writes numbers and booleans at the top in quotes.
_QUOTED = {"integer": "^[0-9]+$", "boolean": "^(?:true|false)$"}


def _top_level(schema: Schema) -> Schema:
    alternatives = schema.get("anyOf", [schema])
    kinds = [each.get("type") for each in alternatives]
    kind = next((kind for kind in kinds if kind in _QUOTED), None)
    if kind is None:
        return schema
    described = {key: schema[key] for key in ("description", "default") if key in schema}
    plain = [{key: value for key, value in each.items() if key not in described} for each in alternatives]
    quoted = {"type": "string", "pattern": _QUOTED[kind]}
    if "const" in schema:
        quoted = {"type": "string", "const": str(schema["const"])}
    return described | {"anyOf": [*plain, quoted]}
