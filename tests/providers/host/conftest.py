"""A tiny project whose one resource does as its inputs say, served by this project's host or by the stock one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engine_fixture import ROOT, EngineUnderTest, engine

__all__ = ["engine"]

PROGRAM = """
import pulumi
from behaving import Behaving

config = pulumi.Config()
for number in range(config.get_int("count") or 1):
    Behaving(f"thing{number}", behaviour=config.get("behaviour") or "succeed")
"""

BEHAVING = '''
import contextvars
import threading
import time
from pathlib import Path

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from providers.operation import PartialFailure, Severity, current_operation


def note(line):
    """One line a call, appended whole: the test reads what the provider saw."""
    with Path("calls.log").open("a") as file:
        file.write(line + "\\n")


class BehavingProvider(ResourceProvider):
    serialize_as_secret_always = False

    def diff(self, id, olds, news):
        return DiffResult(changes=olds["behaviour"] != news["behaviour"])

    def create(self, props):
        note("create begins")
        self.behave("the-id", props)
        return CreateResult("the-id", {"behaviour": props["behaviour"]})

    def read(self, id, props):
        return ReadResult(id, props)

    def update(self, id, olds, news):
        note("update begins")
        self.behave(id, news)
        return UpdateResult({"behaviour": news["behaviour"]})

    def behave(self, id, props):
        operation = current_operation()
        behaviour = props["behaviour"]
        if behaviour == "tell":
            note(f"{operation.kind} {operation.urn} {operation.timeout_seconds} {operation.under_our_host}")
            operation.say(Severity.WARNING, "a warning on the row")
        elif behaviour == "tell-from-thread":
            context = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(self.tell_progress,))
            thread.start()
            thread.join()
        elif behaviour == "raise":
            raise ValueError("what went wrong\\nand what to do")
        elif behaviour == "stop-half-way":
            raise PartialFailure(id, {"behaviour": "half-way"}, dict(props), ["it stands half-way; run up again"])
        elif behaviour == "wait-for-cancel":
            operation.say(Severity.INFO, "waiting")
            if not operation.cancelled.wait(timeout=60):
                raise RuntimeError("never cancelled")
            note("saw cancel")
            raise PartialFailure(id, {"behaviour": "interrupted"}, dict(props), ["interrupted; run up again"])
        elif behaviour == "wait-for-company":
            wait_for_company()

    def tell_progress(self):
        for _ in range(3):
            current_operation().say(Severity.INFO, "the same progress", ephemeral=True)
        note(f"thread {current_operation().urn}")


ARRIVED = threading.Condition()
PRESENT = [0]


def wait_for_company():
    """Return only when forty calls are inside at once: ten times what the stock host serves."""
    with ARRIVED:
        PRESENT[0] += 1
        ARRIVED.notify_all()
        if not ARRIVED.wait_for(lambda: PRESENT[0] >= 40, timeout=60):
            raise RuntimeError(f"only {PRESENT[0]} calls at once")


class Behaving(Resource, module="host-test", name="Behaving"):
    behaviour: pulumi.Output[str]

    def __init__(self, name, behaviour, opts=None):
        super().__init__(BehavingProvider(), name, {"behaviour": behaviour}, opts)
'''


@dataclass(frozen=True)
class Project:
    directory: Path
    engine: EngineUnderTest

    def configure(self, **values: str) -> None:
        for name, value in values.items():
            self.engine.run("config", "set", "--stack", "dev", name, value, cwd=self.directory)

    def up(self, *flags: str, check: bool = True, **extra: str) -> str:
        done = self.engine.run(
            "up", "--yes", "--skip-preview", "--stack", "dev", *flags, cwd=self.directory, check=check, extra=extra
        )
        assert check or done.returncode != 0, f"up was expected to fail:\n{done.stdout}"
        return done.stdout

    def things(self) -> list[dict[str, Any]]:
        exported = self.engine.run("stack", "export", "--stack", "dev", cwd=self.directory).stdout
        return [r for r in json.loads(exported)["deployment"]["resources"] if r["type"].endswith(":Behaving")]

    def calls(self) -> list[str]:
        log = self.directory / "calls.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def make_project(directory: Path, engine: EngineUnderTest, *, with_our_host: bool) -> Project:
    plugins = f"plugins: {{providers: [{{name: pulumi-python, path: {ROOT / 'providers' / 'host'}}}]}}\n"
    name = f"host-{directory.name}".replace("_", "-")
    (directory / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n{plugins if with_our_host else ''}")
    (directory / "__main__.py").write_text(PROGRAM)
    (directory / "behaving.py").write_text(BEHAVING)
    engine.run("stack", "init", "dev", cwd=directory)
    return Project(directory, engine)


@pytest.fixture
def project(tmp_path: Path, engine: EngineUnderTest) -> Project:
    return make_project(tmp_path, engine, with_our_host=True)


@pytest.fixture
def project_under_the_stock_host(tmp_path: Path, engine: EngineUnderTest) -> Project:
    return make_project(tmp_path, engine, with_our_host=False)
