"""`python -m dr validate`: stack files checked without engine and without Azure, and against each other.

Between files it sees what only one stack may declare: a VM of a vault, and the making of a vault, site or policy. It
sees the files that it is given, and nothing of stacks that are kept elsewhere.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from components.settings import Settings
from components.settings.draft import at
from components.settings.load import examine
from components.settings.moves import WindowedCompletion
from components.settings.problems import Path as SettingPath
from components.settings.problems import Problem, written_path
from components.settings.risks import risks
from components.settings.source import Source, from_stack_file


@dataclass(frozen=True)
class CheckedFile:
    """What was found in one stack file. `settings` is None when it has problems of its own."""

    file: str
    settings: Settings | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def validate_files(files: Sequence[Path], now: datetime) -> tuple[CheckedFile, ...]:
    """Every file by itself, and then all of them against each other; in the order given.

    `now` (with its zone) tells what has run out: that is a warning, since a finished move leaves its window behind.
    Raises OSError when a file cannot be read.
    """
    sources = [from_stack_file(path, shown_as=_shown(path)) for path in files]
    checked: list[CheckedFile] = []
    claims: dict[_Claim, str] = {}
    for source in sources:
        settings, problems = examine(source)
        twice = tuple(_declared_twice(source, settings, claims)) if settings else ()
        warned = (*_lapsed(settings, now), *risks(settings)) if settings else ()
        found = (*problems, *_too_large(source), *twice)
        checked.append(CheckedFile(source.file or "", settings, found, tuple(map(source.placed, warned))))
    return tuple(replace(each, problems=tuple(sorted(each.problems, key=_by_line))) for each in checked)


@click.command(name="validate")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--stack", metavar="NAME", help="Only this stack's file, checked against the others in stacks/.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(files: tuple[Path, ...], stack: str | None, form: str) -> None:
    """Check stack files without the engine and without Azure.

    FILES are stack files; without any, all of stacks/. Ends with 0 if there is no problem, 1 if there is one, 64 if the
    command is wrong.
    """
    if files and stack:
        raise click.UsageError("Give files or --stack, not both.")
    chosen = list(files) or _stack_files()
    only = _file_of_stack(stack, chosen) if stack else None
    # The file that is asked about comes last, so that what it shares with others is reported on it.
    ordered = [each for each in chosen if each != only] + ([only] if only else [])
    checked = validate_files(ordered, datetime.now(UTC))
    shown = checked[-1:] if only else checked
    click.echo(_as_json(shown) if form == "json" else _as_text(shown))
    sys.exit(1 if any(each.problems for each in shown) else 0)


def _stack_files() -> list[Path]:
    found = sorted((_project() / "stacks").glob("Pulumi.*.yaml"))
    if not found:
        raise click.UsageError("There is no stack file in stacks/. Run this in the project, or name the files.")
    return found


def _project() -> Path:
    """The directory of the project around the current one; the current one where there is none."""
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / "Pulumi.yaml").is_file()), here)


def _file_of_stack(stack: str, files: Sequence[Path]) -> Path:
    name = f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    for path in files:
        if path.name == name:
            return path
    stacks = ", ".join(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files)
    raise click.UsageError(f"There is no stack {stack}: {name} is not in stacks/. Stacks there: {stacks}.")


def _shown(path: Path) -> str:
    absolute, here = path.resolve(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


# The engine hands the configuration to a program in one environment variable, which Linux limits (MAX_ARG_STRLEN).
_LARGEST = 128 * 1024 - len("PULUMI_CONFIG=") - 1


def _too_large(source: Source) -> Iterator[Problem]:
    """Measured: above the limit the program does not even start ("Argument list too long")."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in source.values.items()}
    size = len(json.dumps(texts))
    if size > _LARGEST:
        what = f"the configuration is {size} bytes, and Pulumi can start a program on Linux with at most {_LARGEST}"
        mend = "move what VMs have in common to site-recovery:defaults and tiers, or divide the VMs among stacks"
        yield Problem((), what, mend, source.file)


# What only one stack may declare: its kind, the vault that it is in, and its name without regard to case.
_Claim = tuple[str, ...]


def _declared_twice(source: Source, settings: Settings, claims: dict[_Claim, str]) -> Iterator[Problem]:
    for claim, path, what, mend in _claims(settings):
        other = claims.setdefault(claim, source.file or "")
        if other != source.file:
            yield source.placed(Problem(path, f"{what} in {other} as well", mend))
    vault, within = settings.vault, _within(settings)
    for name, vm in settings.vms.items():
        # VMs of one name are told apart by their ids, where both are written.
        named, own = ("vm", *within, name.lower()), (vm.source.vm_id or "").lower()
        others = [(claim, file) for claim, file in claims.items() if claim[:-1] == named and file != source.file]
        known = next((file for (*_, vm_id), file in others if vm_id == own or not (vm_id and own)), None)
        claims.setdefault((*named, own), source.file or "")
        if known is not None:
            mend = f"declare a VM of vault {vault.name} in one stack; of two VMs of one name, write source.vmId of each"
            yield source.placed(Problem(at("vms", name), f"is declared in {known} as well", mend))


def _claims(settings: Settings) -> Iterator[tuple[_Claim, SettingPath, str, str]]:
    vault, within = settings.vault, _within(settings)
    adopt = "write adopt: true in all stacks but one"
    if not vault.adopt:
        yield ("vault", *within), at("vault"), f"vault {vault.name} is made", adopt
    for key, entries in (("sites", settings.sites), ("policies", settings.policies)):
        for name, entry in entries.items():
            if not entry.adopt:
                yield (key, *within, name.lower()), at(key, name), "is made", adopt
    once = f"declare a VM of vault {vault.name} in one stack"
    for name, vm in settings.vms.items():
        if vm.source.vm_id is not None:
            path = at("vms", name, "source", "vmId")
            yield ("vmId", *within, vm.source.vm_id.lower()), path, "is the id of a VM that is declared", once


def _within(settings: Settings) -> tuple[str, str, str]:
    """The vault, without regard to case."""
    vault = settings.vault
    return settings.target.subscription_id.lower(), vault.resource_group.lower(), vault.name.lower()


def _lapsed(settings: Settings, now: datetime) -> Iterator[Problem]:
    for key, permits in (
        ("waivers", settings.waivers),
        ("attestations", settings.attestations),
        ("approvals", settings.approvals),
    ):
        for index, permit in enumerate(permits):
            if permit.until <= now:
                what = f"ran out at {permit.until.isoformat()} and counts no longer"
                yield Problem(at(key, index, "until"), what, "renew it or take it out")
    for name, vm in settings.vms.items():
        completion = vm.failback.completion
        if isinstance(completion, WindowedCompletion) and completion.window.to <= now:
            what = f"closed at {completion.window.to.isoformat()}: a failback that waits for it will not be completed"
            yield Problem(
                at("vms", name, "failback", "completion", "window", "to"), what, "write another or take it out"
            )


def _by_line(problem: Problem) -> tuple[int, str, str]:
    return (problem.line or 0, written_path(problem.path), problem.what)


def _as_text(checked: Sequence[CheckedFile]) -> str:
    lines: list[str] = []
    for each in checked:
        lines += [str(problem) for problem in each.problems]
        lines += [f"warning: {warning}" for warning in each.warnings]
        vms = "" if each.settings is None else f"{_counted(len(each.settings.vms), 'VM')}, "
        warned = f", {_counted(len(each.warnings), 'warning')}" if each.warnings else ""
        lines.append(f"{each.file}: {vms}{_counted(len(each.problems), 'problem')}{warned}")
    return "\n".join(lines)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _as_json(checked: Sequence[CheckedFile]) -> str:
    files = [
        {
            "file": each.file,
            "vms": None if each.settings is None else len(each.settings.vms),
            "problems": [_plain(problem) for problem in each.problems],
            "warnings": [_plain(warning) for warning in each.warnings],
        }
        for each in checked
    ]
    return json.dumps({"valid": not any(each.problems for each in checked), "files": files}, indent=2)


def _plain(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "path": written_path(problem.path), "what": problem.what, "mend": problem.mend}
