"""What is written beside `adopt: true` and is otherwise in Azure: adopted, a part is read, and never changed."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi_azure_native import recoveryservices
from pydantic.alias_generators import to_camel

from components.settings import Policy, Vault

_Differing = Iterator[tuple[str, object, object]]


def tell_of_vault(declared: Vault, found: recoveryservices.Vault) -> None:
    """Warns, in every preview and `up`, of each setting that is written for an adopted vault and not so in Azure."""
    seen = pulumi.Output.all(found.location, found.tags, found.properties)
    told = f"vault {declared.name}", "vault"
    seen.apply(lambda all_: _tell(found, told, _of_vault(declared, *all_)))


def tell_of_policy(name: str, declared: Policy, found: recoveryservices.ReplicationPolicy) -> None:
    """Warns, in every preview and `up`, of each setting that is written for an adopted policy and not so in Azure."""
    told = f"policy {name}", f"policies.{name}"
    found.properties.apply(lambda properties: _tell(found, told, _of_policy(declared, properties)))


def _tell(found: pulumi.Resource, told: tuple[str, str], differing: _Differing) -> None:
    what, path = told
    for key, wanted, there in differing:
        pulumi.log.warn(
            f"{path}.{key}: is {wanted} here and {there} in Azure; {what} is adopted, and nothing of it is changed. "
            f"Write what is there, take {key} out, or change it where the {what.partition(' ')[0]} is made",
            resource=found,
        )


def _of_vault(declared: Vault, location: Any, tags: Any, properties: Any) -> _Differing:
    if not properties:
        return
    there = {
        "public_network_access": _in(properties, "public_network_access"),
        "redundancy": _in(properties, "redundancy_settings", "standard_tier_storage_redundancy"),
        "immutability": _in(properties, "security_settings", "immutability_settings", "state") or "Disabled",
    }
    for name, seen in there.items():
        wanted = str(getattr(declared, name).value)
        if name in declared.model_fields_set and seen and str(seen).casefold() != wanted.casefold():
            yield _key(declared, name), wanted, _in_the_file(str(seen))
    if location and _place(str(location)) != _place(declared.location):
        yield "location", declared.location, location
    known = {str(tag).casefold(): value for tag, value in (tags or {}).items()}
    for tag, wanted in declared.tags.items():
        if known.get(tag.casefold()) != wanted:
            yield f"tags.{tag}", wanted, known.get(tag.casefold(), "not set")


def _of_policy(declared: Policy, properties: Any) -> _Differing:
    for name, in_azure in _RHYTHM.items():
        wanted, seen = getattr(declared, name), _in(properties, "provider_specific_details", in_azure)
        if name in declared.model_fields_set and wanted is not None and seen is not None:
            known = str(seen)[: len("22:30")] if name == "initial_replication_start" else int(seen)
            if known != wanted:
                yield _key(declared, name), str(wanted), str(known)


_RHYTHM = {
    "replication_interval_seconds": "replication_interval",
    "recovery_point_history_hours": "recovery_point_history_duration_in_hours",
    "app_consistent_frequency_hours": "application_consistent_snapshot_frequency_in_hours",
    "initial_replication_start": "online_replication_start_time",
}


def _in(value: Any, *path: str) -> Any:
    """What the SDK hands on is typed, with Python's names, or a plain map with Azure's, where a type is one of many."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        known = dict(value.items())
        value = known.get(name, known.get(to_camel(name)))
    return value


def _key(declared: Vault | Policy, name: str) -> str:
    return str(type(declared).model_fields[name].alias)


def _in_the_file(word: str) -> str:
    return word[:1].lower() + word[1:]


def _place(location: str) -> str:
    return location.replace(" ", "").casefold()
