"""From what is written to settings that hold. All problems are found before any is told."""

import copy
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from components.settings.draft import Draft, DraftVm, at
from components.settings.explain import closest, explained, only_dotted, real_path, unknown_key
from components.settings.merge import Layer, merged, origin, without_nulls
from components.settings.moves import Failover
from components.settings.problems import Path, Problem, SettingsError
from components.settings.rules import broken_rules
from components.settings.secrecy import find_secrets, without
from components.settings.source import NAMESPACE, TARGET_ELSEWHERE, Source, from_engine, from_stack_file
from components.settings.stack import Settings, StackFile
from components.settings.vm import OF_ONE_VM, VmEntry, VmSettings


def load_settings(config: Mapping[str, Any], *, secret_keys: Iterable[str] = ()) -> Settings:
    """Settings from what the engine hands to a program.

    `config` maps keys, with the namespace or without it, to JSON text, plain text or parsed values; keys of other
    namespaces are left alone. `secret_keys` are the keys that the engine has decrypted (PULUMI_CONFIG_SECRET_KEYS): a
    secret in the configuration is refused. Raises SettingsError with every problem.
    """
    return resolve(from_engine(config, tuple(secret_keys)))


def load_stack_file(path: pathlib.Path | str, *, modes: Mapping[str, str] | None = None) -> Settings:
    """Settings from a `Pulumi.<stack>.yaml`, without the engine.

    `modes` go before failover.mode of what the file declares of a VM, whose name is taken in any case; whatever does
    not go together with them is a problem like any other. Raises SettingsError with every problem and its line, and
    OSError when the file cannot be read.
    """
    source = from_stack_file(pathlib.Path(path))
    return resolve(_with_modes(source, modes) if modes else source)


def _with_modes(source: Source, modes: Mapping[str, str]) -> Source:
    values = copy.deepcopy(dict(source.values))
    vms = values.get(f"{NAMESPACE}:vms")
    wanted = {name.casefold(): mode for name, mode in modes.items()}
    for name, entry in vms.items() if isinstance(vms, dict) else ():
        mode = wanted.get(str(name).casefold())
        if mode is None or not isinstance(entry, dict):
            continue
        failover = entry.get("failover", {})
        if failover is None:
            # Takes back all that the defaults say of it: so does each of its keys.
            failover = dict.fromkeys(to_camel(key) for key in Failover.model_fields)
        if isinstance(failover, dict):
            entry["failover"] = {**failover, "mode": mode}
    return replace(source, values=values)


def resolve(source: Source) -> Settings:
    """Settings from whatever was read. Raises SettingsError with every problem."""
    settings, problems = examine(source)
    if settings is None:
        raise SettingsError(problems)
    return settings


def examine(source: Source) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings, or None and all that is wrong."""
    secrets = find_secrets(source.values, source.secret_keys)
    secret_paths = {problem.path for problem in secrets}
    values = _ours(without(source.values, secret_paths))
    if source.problems and not values:
        return None, source.problems
    problems = [*secrets, *_misplaced(source.values)]
    written = _with_empty_entries(values)
    file, understood, malformed = _file_of(written)
    problems += [problem for problem in malformed if problem.path not in secret_paths]
    vms, unresolved = _resolved(file, understood, written)
    told = {problem.path for problem in malformed}
    problems += [problem for problem in unresolved if problem.path not in told]
    problems += broken_rules(Draft(file, written, vms))
    if problems or source.problems:
        # What many VMs take over from one place is one problem there, found once for each of them.
        return None, tuple(dict.fromkeys((*source.problems, *map(source.placed, problems))))
    estate = {name: getattr(file, name) for name in file.model_fields_set if name in Settings.model_fields}
    return Settings.model_construct(**estate | {"vms": {vm.settings.name: vm.settings for vm in vms}}), ()


def _ours(values: Mapping[str, Any]) -> dict[str, Any]:
    mark = f"{NAMESPACE}:"
    return {key.removeprefix(mark): value for key, value in values.items() if key.startswith(mark)}


def _misplaced(values: Mapping[str, Any]) -> Iterator[Problem]:
    for key in values:
        namespace, _, name = key.partition(":")
        if key in TARGET_ELSEWHERE:
            yield Problem((key,), "is not read", f"take it out: {NAMESPACE}:target alone says where a stack works")
        elif not name and key in _KEYS:
            yield Problem((key,), "has no namespace", f"write {NAMESPACE}:{key}")
        elif namespace != NAMESPACE and name in _KEYS and closest(namespace, [NAMESPACE]):
            yield Problem((key,), f"is of namespace '{namespace}'", f"did you mean {NAMESPACE}:{name}?")


_KEYS = tuple(info.alias or name for name, info in StackFile.model_fields.items())
_MAPS = ("vms", "tiers", "sites", "policies", "networks", "networkMappings", "storageAccounts", "resourceGroups")


def _with_empty_entries(values: Mapping[str, Any]) -> dict[str, Any]:
    """`sites: {contoso-hyperv: }` declares a site: an entry without settings is an empty map, not nothing."""
    whole = dict(values)
    for key in _MAPS:
        if isinstance(whole.get(key), Mapping):
            whole[key] = {name: {} if entry is None else entry for name, entry in whole[key].items()}
    return whole


_STAND_IN = {
    "version": 1,
    "target": {
        "cloud": "azure",
        "subscriptionId": "00000000-0000-0000-0000-000000000000",
        "tenantId": "00000000-0000-0000-0000-000000000000",
    },
    "vault": {"name": "unknown", "resourceGroup": "unknown", "location": "unknown", "adopt": True},
}


def _file_of(values: Mapping[str, Any]) -> tuple[StackFile, Mapping[str, Any], tuple[Problem, ...]]:
    """The file as far as it can be understood, the values that it was made of, and what cannot be understood.

    What is malformed is taken out in the smallest part that leaves the rest meaningful, so that the rules can still be
    tried on the rest, and everything is told at once.
    """
    plain = without_nulls(values)
    try:
        return StackFile.model_validate(plain), values, ()
    except ValidationError as error:
        found = explained(error, StackFile, plain, (f"{NAMESPACE}:",))
        understood = _STAND_IN | copy.deepcopy(dict(values))
        for path in _paths_of(error, plain):
            _prune(understood, path)
    for entry in _entries(understood.get("vms")):
        entry.setdefault("direction", "onPremisesToAzure")
    whole = without_nulls(_STAND_IN | understood)
    return StackFile.model_validate(whole), understood, found


def _paths_of(error: ValidationError, values: Mapping[str, Any]) -> tuple[Path, ...]:
    return tuple(real_path(each["loc"], values) for each in error.errors(include_url=False))


def _prune(values: dict[str, Any], path: Path) -> None:
    """Takes out a block of a VM, tier or `defaults`, an entry of another map, or a whole top-level key."""
    vms = values.get("vms") if path[0] == "vms" and len(path) > 1 else None
    entry = vms.get(path[1]) if isinstance(vms, dict) else None
    if only_dotted(entry, VmEntry):
        path = path[:2]
    depth = {"vms": 3, "tiers": 3, "defaults": 2}.get(str(path[0]), 2 if path[0] in _MAPS else 1)
    path = path[:depth]
    holder: Any = values
    for part in path[:-1]:
        holder = holder.get(part) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        return
    if path[-1] == "verification" and "holdAfter" in holder:
        # Checks that cannot be read are not the same as none, after which a hold makes no sense.
        holder["holdAfter"] = None
    holder.pop(path[-1], None)


def _entries(entries: Any) -> Iterator[dict[str, Any]]:
    return (entry for entry in entries.values() if isinstance(entry, dict)) if isinstance(entries, dict) else iter(())


def _resolved(
    file: StackFile, understood: Mapping[str, Any], written: Mapping[str, Any]
) -> tuple[tuple[DraftVm, ...], list[Problem]]:
    """Every VM with its defaults and tier, and the sites and policies that are missing or not declared."""
    vms: list[DraftVm] = []
    problems: list[Problem] = []
    for name in sorted(file.vms):
        layers = _layers(file, understood, name)
        whole = merged(layers)
        for key, declared_in in (("site", "sites"), ("policy", "policies")):
            problem = _unresolved(layers, key, whole.get(key), declared_in, written)
            if problem is not None:
                problems.append(problem)
                whole[key] = "unknown"
        vms.append(DraftVm(VmSettings.model_validate(whole | {"name": name}), layers))
    return tuple(vms), problems


def _layers(file: StackFile, values: Mapping[str, Any], name: str) -> tuple[Layer, ...]:
    """What `defaults`, the VM's tier and its own lines say, with nulls."""
    tier = file.vms[name].tier or file.defaults.tier
    layers = [Layer(at("defaults"), _for_many(values.get("defaults") or {}))]
    if tier is not None and tier in file.tiers:
        layers.append(Layer(at("tiers", tier), _for_many(values["tiers"][tier])))
    return (*layers, Layer(at("vms", name), values["vms"][name]))


def _for_many(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what belongs to one VM: it is reported once, where it stands, and not for each VM that inherits it."""
    return without(values, OF_ONE_VM)


def _unresolved(
    layers: tuple[Layer, ...], key: str, name: str | None, declared_in: str, written: Mapping[str, Any]
) -> Problem | None:
    entries = written.get(declared_in)
    known = tuple(entries) if isinstance(entries, Mapping) else ()
    if name is None:
        what, mend = "is missing", f"write it for the VM, in its tier or in defaults: {unknown_key('', known)}"
        return Problem(origin(layers, (key,)), what, mend)
    if name not in known:
        what = f"'{name}' is not declared in {NAMESPACE}:{declared_in}"
        return Problem(origin(layers, (key,)), what, unknown_key(name, known))
    return None
