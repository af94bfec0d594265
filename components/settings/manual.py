"""docs/configuration.md: how the configuration is written, and every key of it, made from the models."""

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from components.settings.base import Model
from components.settings.explain import fields_of, models_in
from components.settings.stack import StackFile
from components.settings.vm import Defaults, VmChoices, VmEntry

INTRODUCTION = """\
# Configuration

<!-- Made by `python -m components.settings` from the models in components/settings. Do not edit. -->

A stack is declared in `stacks/Pulumi.<stack>.yaml`, under `config:`, in keys that begin with `site-recovery:`.
`stacks/Pulumi.example.yaml` shows every key with a comment; `docs/schema/stack.schema.json` is a JSON schema for
editors. With the YAML language server, for one, put this at the top of a stack file:

```yaml
# yaml-language-server: $schema=../docs/schema/stack.schema.json
```

## The line that moves a VM

`direction` of a VM is where it runs, said as the direction of its protection:

| direction | the VM runs | its replica is |
|---|---|---|
| `onPremisesToAzure` | on premises | in Azure |
| `azureToOnPremises` | in Azure | on premises |

Changing it and running `pulumi up --strict` is the failover, or the failback. It is written for each VM and never taken
over from a default, so that no edit of one line moves a fleet.

```sh
pulumi config set --path 'site-recovery:vms.sql01.direction' azureToOnPremises
```

A name with a dot has to be quoted, or Pulumi nests it silently (which is then reported as an error):

```sh
pulumi config set --path 'site-recovery:vms["sql01.contoso"].direction' azureToOnPremises
```

A VM is declared under the name that Hyper-V shows, with its letters, spaces and signs (`"büro [alt]"`, in quotes).
Where Azure does not take that name, `target.name` says what the VM is called there.

## Which value holds

For each setting of a VM, the last of these that says something:

1. the built-in default, as listed below;
2. `site-recovery:defaults`;
3. the VM's tier: the entry of `site-recovery:tiers` that it, or `defaults`, names;
4. the VM's own lines in `site-recovery:vms`.

Maps are merged key by key, all the way down, tags too. A list (`verification`, say) replaces the list below it as a
whole. `null` takes back what `defaults` or the tier said, so that the built-in default holds again. `direction`,
`takeOver`, `source.vmId`, `target.name`, `target.staticIp` and `target.test.staticIp` belong to one VM and are
refused in `defaults` and in tiers.

## What is made, and what is only referred to

Vaults, sites, policies and mappings are made, or, with `adopt: true`, used as they are and never changed or deleted.
Networks and storage accounts are made, or referred to by their `id`. A VM names a network or storage account by its
name in this file or by its ARM id. The vault's resource group is made with the vault; further groups are made if they
stand in `resourceGroups`; any other group that is named has to exist.

## Commit after verification

`commit: afterVerification` commits once every check of `verification` that applies to the move has passed. If no
check is declared for that move, it means `manual`. A commit by hand, a completion by hand and `holdAfter` hold for as
long as they are written: to go on, change the line.

## Times

Every time names its zone: `2026-11-23T22:00:00+01:00`, or with `Z` for UTC.

## Secrets

There is none in the configuration: the engine keeps all of it in the stack's state. An encrypted value (`secure:`), a
key or a value that looks like a secret is an error. Credentials come from the environment.

## Checking a file

```sh
python -m dr validate                 # every file in stacks/
python -m dr validate --stack prod    # one stack
```

All problems of a file are told at once, each in one line: file and line, path, what is wrong, how to mend it. A VM
that two files of `stacks/` declare for one vault is an error as well. `--format json` is for pipelines. Exit code 0:
no problem; 1: problems; 2: wrong use of the command. Waivers, attestations, approvals and windows that have run out
are warnings.

What the check cannot see: values that Pulumi ESC (`environment:`) adds, and stacks kept elsewhere. The whole of
`site-recovery:*` should stand in the file: a move without the engine (`python -m dr move`) reads nothing else.

On Linux the configuration has to fit into 128 KiB as the engine hands it over, or the program cannot start: that is
some 1000 VMs with two lines each. The check tells before it happens; `defaults` and tiers make room.

`pulumi config set` rewrites the file: it puts numbers at the top in quotes (`version: "1"`) and keeps comments, but
not blank lines. Both forms are read.
"""


def configuration_manual() -> str:
    """The whole text of docs/configuration.md."""
    sections = "\n".join(_section("", StackFile))
    return f"{INTRODUCTION}\n## All keys\n\n{sections}"


def _section(path: str, model: type[Model]) -> Iterator[str]:
    """A table of a model's keys, then the sections of the models in them."""
    title = f"`site-recovery:{path}`" if path else "Top level"
    yield f"### {title}\n"
    if path and model.__doc__:
        yield f"{_one_line(model.__doc__)}\n"
    shared = model is not VmEntry and issubclass(model, VmChoices)
    if shared:
        own = ", and `tier`, the tier of VMs that name none" if model is Defaults else ""
        yield f"Every key of `site-recovery:vms.NAME` but `direction`, `tier` and `takeOver`{own}.\n"
        return
    schema = model.model_json_schema(by_alias=True)
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    for info in sorted(model.model_fields.values(), key=lambda info: not info.is_required()):
        yield _row(info, schema["properties"][str(info.alias)], schema.get("$defs", {}))
    yield ""
    for key, kind in fields_of(model).items():
        for inner, below in models_in(kind):
            yield from _section(f"{path}.{key}{below}".lstrip("."), inner)


def _row(info: FieldInfo, schema: dict[str, Any], models: dict[str, Any]) -> str:
    default = "**required**" if info.is_required() else _default(schema)
    return f"| `{info.alias}` | {_kind(schema, models)} | {default} | {_one_line(info.description or '')} |"


def _default(schema: dict[str, Any]) -> str:
    match schema.get("default"):
        case None | [] | {}:
            return ""
        case bool(value):
            return f"`{str(value).lower()}`"
        case dict():
            return "as below"
        case value:
            return f"`{value}`"


def _kind(schema: dict[str, Any], models: dict[str, Any]) -> str:
    """What may be written, in a few words."""
    if "$ref" in schema:
        return _kind(models[schema["$ref"].rpartition("/")[2]], models)
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        kinds = [_kind(each, models) for each in alternatives if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    return ", ".join(f"`{word}`" for word in words) if words else _plain_kind(schema, models)


def _plain_kind(schema: dict[str, Any], models: dict[str, Any]) -> str:
    match schema.get("type"):
        case "integer":
            kind = _range(schema)
        case "boolean":
            kind = "`true`, `false`"
        case "array":
            kind = f"list of {_kind(schema['items'], models)}"
        case "object":
            kind = "map" if "properties" in schema else "map by name"
        case _:
            kind = {"date-time": "time with zone", "ipv4": "IPv4 address"}.get(schema.get("format", ""), "text")
    return kind


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    return "number" if low is None or high is None else f"{low} to {high}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
