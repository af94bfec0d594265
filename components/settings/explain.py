"""From pydantic's errors to sentences for a person, with the key that was probably meant."""

import difflib
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from components.settings.base import Model
from components.settings.problems import Path, Problem, listed, written_path, written_value
from components.settings.vm import OF_ONE_VM, VmEntry

_DIRECTION_MEND = (
    "write onPremisesToAzure (it runs on premises) or azureToOnPremises (it runs in Azure); every VM names its own"
)


def explained(
    error: ValidationError, model: type[Model], values: Mapping[str, Any], prefix: Path
) -> tuple[Problem, ...]:
    """The problems for which `model` refused `values`.

    `prefix` is put before the path that is shown; its last part is joined to the first key (`site-recovery:` + `vms`).
    """
    found: list[Problem] = []
    for each in error.errors(include_url=False):
        path = real_path(each["loc"], values)
        shown = _shown(prefix, path)
        if each["type"] == "missing" and only_dotted(_at(values, path[:-1]), model_at(model, path[:-1])):
            continue
        what, mend = _what_and_mend(dict(each), path, shown, model)
        found.append(Problem(shown, what, mend))
    return tuple(found)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """How to mend a key or a name that is not known: the one that was meant, or all there are."""
    names = [str(name) for name in known]
    meant = closest(key, names)
    if meant is not None:
        return f"did you mean {meant}?"
    return f"known here: {', '.join(names)}" if names else "there is none"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: the same but for case, hyphens and underscores, or one much like it."""
    names = list(known)
    bare = {_bare(name): name for name in names}
    if _bare(word) in bare:
        return bare[_bare(word)]
    alike = difflib.get_close_matches(_bare(word), list(bare), n=1, cutoff=0.7)
    return bare[alike[0]] if alike else None


def real_path(loc: Sequence[str | int], values: Any) -> Path:
    """The path of an error of pydantic inside `values`. Pydantic adds names of alternatives and `[key]` to it."""
    path: list[str | int] = []
    here = values
    for index, part in enumerate(loc):
        inside = (isinstance(here, Mapping) and part in here) or (
            isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)
        )
        if inside:
            path.append(part)
            here = here[part]
        elif isinstance(here, Mapping) and index == len(loc) - 1 and part != "[key]":
            path.append(part)
    return tuple(path)


def only_dotted(entry: Any, model: type[Model] | None) -> bool:
    """Whether an entry is nothing but the first part of a dotted name: nothing is then missing in it."""
    if not isinstance(entry, Mapping) or not entry or model is None:
        return False
    known = fields_of(model)
    return all(key not in known and _dotted(value, known) is not None for key, value in entry.items())


def fields_of(model: type[Model]) -> dict[str, Any]:
    """The keys of a model as they are written, with the types of their values."""
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}


def model_at(model: type[Model], path: Path) -> type[Model] | None:
    """The model that holds the keys at `path`, or None where there is none or a free map."""
    kind: Any = model
    for part in path:
        kind = _kind_below(kind, part)
    return next((each for each in _alternatives(kind) if _is_model(each)), None)


def models_in(kind: Any) -> Iterator[tuple[type[Model], str]]:
    """The models in the type of a field, each with what its path has after the key: nothing, `.NAME` or `[0]`."""
    for each in _alternatives(kind):
        if _is_model(each):
            yield each, ""
        elif get_origin(each) in (dict, tuple):
            inner, below = (get_args(each)[1], ".NAME") if get_origin(each) is dict else (get_args(each)[0], "[0]")
            yield from ((model, f"{below}{deeper}") for model, deeper in models_in(inner))


def _kind_below(kind: Any, part: str | int) -> Any:
    for each in _alternatives(kind):
        if _is_model(each) and isinstance(part, str) and part in fields_of(each):
            return fields_of(each)[part]
        if get_origin(each) is dict and isinstance(part, str):
            return get_args(each)[1]
        if get_origin(each) is tuple and isinstance(part, int):
            return get_args(each)[0]
    return None


def _alternatives(kind: Any) -> Iterator[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(kind):
            yield from _alternatives(each)
    else:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _bare(word: str) -> str:
    return re.sub(r"[\s_.-]", "", word).lower()


def _shown(prefix: Path, path: Path) -> Path:
    if not path:
        return prefix
    return (*prefix[:-1], f"{prefix[-1]}{path[0]}", *path[1:])


def _at(values: Any, path: Path) -> Any:
    for part in path:
        if isinstance(values, Mapping) and part not in values:
            return None
        values = values[part]
    return values


def _what_and_mend(error: dict[str, Any], path: Path, shown: Path, model: type[Model]) -> tuple[str, str]:
    kind, value, facts = error["type"], error["input"], error.get("ctx", {})
    if kind == "settings":
        return f"{written_value(value)} {facts['message']}", str(facts["mend"])
    if kind == "extra_forbidden":
        return _unknown(path, shown, model, value)
    if kind == "missing":
        return "is missing", _mend_of_missing(path, model)
    if kind in {"enum", "literal_error"}:
        words = [word.strip("'") for word in re.split(r", | or ", str(facts["expected"]))]
        mend = _DIRECTION_MEND if path[-1] == "direction" else f"write {listed(words)}"
        return f"{written_value(value)} is not {listed(words)}", _mend_of_word(value, words, mend)
    return f"{written_value(value)} {_wrong_kind(kind, facts)}", _mend_of_kind(kind, value, facts)


def _unknown(path: Path, shown: Path, model: type[Model], value: Any) -> tuple[str, str]:
    key, around = str(path[-1]), model_at(model, path[:-1])
    assert around is not None  # noqa: S101 - pydantic says so of models alone
    known = fields_of(around)
    if path[0] in {"defaults", "tiers"} and (key,) in OF_ONE_VM:
        return f"{key} belongs to one VM", f"write it for each VM: site-recovery:vms.NAME.{key}"
    dotted = _dotted(value, known)
    if dotted is not None and len(path) > 1:
        name = ".".join((str(path[-2]), key, *dotted[:-1]))
        entry = written_path((*shown[:-2], name))
        what = f"{key} is not a setting, but holds some ({dotted[-1]}): a name with a dot was set without quotes"
        mend = f"take {key} out and quote the name: pulumi config set --path '{entry}.{dotted[-1]}' VALUE"
        return what, mend
    if len(path) == 1 and closest(re.split(r"[.\[]", key)[0], known) and re.search(r"[.\[]", key):
        return (
            "was set without --path",
            f"pulumi config rm it, then: pulumi config set --path 'site-recovery:{key}' VALUE",
        )
    deeper = None if closest(key, known) else _deeper(key, around)
    return f"{key} is not a setting", f"did you mean {deeper}?" if deeper else unknown_key(key, known)


def _dotted(value: Any, known: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The keys from a part of a dotted name down to the first setting of the entry that was meant."""
    if not isinstance(value, Mapping):
        return None
    for key, inner in value.items():
        if key in known:
            return (str(key),)
        below = _dotted(inner, known)
        if below is not None:
            return (str(key), *below)
    return None


def _deeper(key: str, model: type[Model]) -> str | None:
    """Where a key that is not known here stands instead: `target.managedDisks`."""
    for name, kind in fields_of(model).items():
        for inner in _alternatives(kind):
            if _is_model(inner):
                if key in fields_of(inner):
                    return f"{name}.{key}"
                below = _deeper(key, inner)
                if below is not None:
                    return f"{name}.{below}"
    return None


def _mend_of_missing(path: Path, model: type[Model]) -> str:
    key, around = str(path[-1]), model_at(model, path[:-1])
    if around is not None and issubclass(around, VmEntry) and key == "direction":
        return _DIRECTION_MEND
    if around is not None:
        for name, info in around.model_fields.items():
            if (info.alias or name) == key and info.description:
                return f"add {key}: {info.description[0].lower()}{info.description[1:].rstrip('.')}"
    return f"add {key}"


def _mend_of_word(value: Any, words: Sequence[str], otherwise: str) -> str:
    meant = closest(value, words) if isinstance(value, str) else None
    return f"did you mean {meant}?" if meant else otherwise


_KINDS = {
    "int": "is not a whole number",
    "bool": "is neither true nor false",
    "string": "is not text",
    "model": "is not a map of settings",
    "dict": "is not a map",
    "tuple": "is not a list",
    "list": "is not a list",
}

_KIND_MENDS = {
    "int": "write digits without quotes",
    "bool": "write true or false, without quotes",
    "string": "put it in quotes (pulumi config set --type string)",
    "model": "write its settings as key: value, one a line below it",
    "dict": "write its entries as name: value, one a line below it",
    "tuple": "write it in brackets, or each on a line of its own with a hyphen",
    "list": "write it in brackets, or each on a line of its own with a hyphen",
}


def _wrong_kind(kind: str, facts: Mapping[str, Any]) -> str:
    match kind:
        case "greater_than_equal":
            return f"is less than {facts['ge']}"
        case "less_than_equal":
            return f"is more than {facts['le']}"
        case "string_too_short" | "too_short":
            return "is empty"
        case "string_too_long":
            return f"is longer than {facts['max_length']} characters"
        case _:
            return _KINDS.get(kind.split("_", maxsplit=1)[0], "cannot be taken")


def _mend_of_kind(kind: str, value: Any, facts: Mapping[str, Any]) -> str:
    match kind:
        case "greater_than_equal":
            return f"write {facts['ge']} or more"
        case "less_than_equal":
            return f"write {facts['le']} or less"
        case "string_too_short" | "too_short":
            return "write something, or take the key out"
        case "string_too_long":
            return f"shorten it to {facts['max_length']} characters"
        case "string_type" if isinstance(value, list | tuple | Mapping):
            return "write one text behind the key"
        case _:
            mend = _KIND_MENDS.get(kind.split("_", maxsplit=1)[0], "see docs/configuration.md")
            return "write its values below it" if value is None and mend.startswith("write it") else mend
