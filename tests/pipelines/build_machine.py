"""A build machine: runs the scripts of a pipeline's job in bash, as its runner would, and remembers which lines ran.

What stands at its edge is faked by programs on PATH: `gh` and `az` write down what they were asked for (and `gh` keeps
the comment that it was given), and `curl` hands out an installer that installs nothing, as the engine is there.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.pipelines.ci_files import Script

_TIMEOUT_SECONDS = 240
_TRACED = re.compile(r"^\++%(\d+)%", re.MULTILINE)
_FAKES = {
    "curl": 'printf "curl %s\\n" "$*" >> "$FAKES/asked"; echo "true"',
    "az": 'printf "az %s\\n" "$*" >> "$FAKES/asked"',
    # Its answers are those of the comments' API: ids of those that begin with the mark, and nothing for a write.
    "gh": """
printf 'gh %s\\n' "$*" >> "$FAKES/asked"
case "$*" in
  *"--method POST"*) [ ! -e "$FAKES/comment" ] && cp comment.md "$FAKES/comment" ;;
  *"--method PATCH"*"/comments/4711 "*) cp comment.md "$FAKES/comment" ;;
  *"--paginate"*) [ ! -e "$FAKES/comment" ] || printf '4711\\n4712\\n' ;;
  *) exit 64 ;;
esac
""",
}


@dataclass(frozen=True)
class Ran:
    """A job that ended: `code` of the first script that failed, else 0; what each step said, by its name."""

    code: int
    said: Mapping[str, str]
    failed: tuple[str, ...]

    @property
    def everything(self) -> str:
        return "\n".join(self.said.values())


@dataclass
class BuildMachine:
    """directory    -- the checkout, in which scripts run
    environment  -- of the machine; nothing of the test's own
    bash         -- how the runner calls bash
    conditions   -- whether a step runs under a condition, by the condition's text; an unknown one is an error
    substitute   -- a variable's value as the runner hands it on
    after_script -- what the runner reads out of what a script wrote
    """

    directory: Path
    fakes: Path
    environment: dict[str, str]
    bash: tuple[str, ...]
    conditions: dict[str, bool]
    substitute: Callable[[str], str]
    after_script: Callable[[Script, str], None]
    covered: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, text in _FAKES.items():
            program = self.fakes / name
            program.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        # Of a trace's lines. Bash takes it from a file, as it ignores PS4 in the environment of root.
        self._prompt = self.fakes / "prompt"
        self._prompt.write_text("PS4='+%${LINENO}%'\n", encoding="utf-8")
        self.prepend_path(str(self.fakes))
        self.environment["FAKES"] = str(self.fakes)

    @property
    def asked(self) -> str:
        """What the programs at the edge were asked for."""
        return (self.fakes / "asked").read_text(encoding="utf-8")

    def prepend_path(self, entry: str) -> None:
        self.environment["PATH"] = os.pathsep.join([entry, self.environment["PATH"]])

    def run(self, scripts: Iterable[Script], job: str, *, instead: Mapping[str, str] | None = None) -> Ran:
        """One job from its first script to its end. `instead` replaces text in scripts, each once at least."""
        of_job = [script for script in scripts if script.job == job]
        assert of_job, f"there is no job {job}"
        whole = "".join(script.text for script in of_job)
        assert all(old in whole for old in instead or {}), f"{job} has nothing to replace"
        path = self.environment["PATH"]
        code, said = 0, {}
        failed: list[str] = []
        for script in of_job:
            if not self._is_due(script, failed=bool(failed)):
                continue
            ended = self._run(script, instead or {})
            said[script.step] = ended.stdout
            if ended.returncode != 0 and not script.may_fail:
                code = code or ended.returncode
                failed.append(script.step)
        self.environment["PATH"] = path  # the next job has a machine of its own
        return Ran(code, said, tuple(failed))

    def not_run(self, scripts: Iterable[Script]) -> list[str]:
        """The lines of scripts that no run has reached."""
        return [
            f"{script.job}, {script.step}: {script.text.splitlines()[number - 1].strip()}"
            for script in scripts
            for number in sorted(script.command_lines() - self.covered.get(script.key, set()))
        ]

    def _is_due(self, script: Script, *, failed: bool) -> bool:
        if not script.condition:
            return not failed
        return self.conditions[script.condition]

    def _run(self, script: Script, instead: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        text = script.text
        for old, new in instead.items():
            text = text.replace(old, new)
        file, trace = self.fakes / "script.sh", self.fakes / "trace"
        file.write_text(text, encoding="utf-8")
        values = {name: self.substitute(str(value)) for name, value in script.environment.items()}
        with trace.open("w+", encoding="utf-8") as traced:
            ended = _bounded(
                [*self.bash, "-x", str(file)],
                self.directory,
                {**self.environment, **values, "BASH_XTRACEFD": str(traced.fileno()), "BASH_ENV": str(self._prompt)},
                traced.fileno(),
            )
        lines = {int(number) for number in _TRACED.findall(trace.read_text(encoding="utf-8"))}
        self.covered.setdefault(script.key, set()).update(lines)
        print(f"--- {script.job}: {script.step}: {ended.returncode}\n{ended.stdout}")
        self.after_script(script, ended.stdout)
        return ended


def _bounded(
    command: list[str], directory: Path, environment: Mapping[str, str], kept: int
) -> subprocess.CompletedProcess[str]:
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=(kept,),
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=_TIMEOUT_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return subprocess.CompletedProcess(command, process.returncode, stdout=output)
