"""A checkout whose stack is called prod, as the pipelines have it, and the machine's environment without any secret."""

from __future__ import annotations

import stat
import sys
import sysconfig
from pathlib import Path

import jwt

from tests.engine.stack_under_test import STAND_IN, StackUnderTest
from tests.engine_fixture import ROOT, EngineUnderTest
from tests.simulator.running import RunningSimulator

STACK = "prod"
TOKEN_AUDIENCE = "api://AzureADTokenExchange"
_SECRETS = ("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET")


class PipelineProject:
    """The stack is up, both VMs are protected from on premises."""

    def __init__(self, directory: Path, engine: EngineUnderTest, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        self.programs = directory / "programs"
        self.programs.mkdir()
        checkout = directory / "checkout"
        checkout.mkdir()
        self.stack = StackUnderTest(checkout, engine, simulator, stack=STACK)
        self.stack.up()
        self._as_checked_out(checkout)
        self._environment = {**engine.environment, **self.stack.environment}

    @property
    def directory(self) -> Path:
        return self.stack.directory

    def environment(self) -> dict[str, str]:
        """Of a build machine: engine, simulator and stand-in; no secret, and no identity."""
        kept = {name: value for name, value in self._environment.items() if name not in _SECRETS}
        for name in ("AZURE_CLIENT_ID", "ARM_CLIENT_ID", "VIRTUAL_ENV", "PYTHONPATH"):
            kept.pop(name, None)
        return {**kept, "PATH": f"{self._stand_in()}:{kept['PATH']}"}

    def assertion(self) -> str:
        """What a pipeline's token service issues."""
        claims = {"aud": TOKEN_AUDIENCE, "iss": "https://pipelines", "sub": "prod", "nbf": 0, "exp": 4102444800}
        return jwt.encode(claims, "any key of at least 32 bytes, not checked", algorithm="HS256")

    def runs_at(self, speed: float) -> None:
        """Seconds of the service in one of ours."""
        answer = self.simulator.session.put(
            f"{self.simulator.url}/_simulator/clock", json={"speed": speed, "manual": False}, timeout=30
        )
        assert answer.status_code == 200, answer.text

    def drift(self) -> None:
        """Somebody deletes the storage account by hand, and a setting is merged and not yet applied."""
        group = f"{self.simulator.subscription_path}/resourceGroups/contoso-dr"
        path = f"{group}/providers/Microsoft.Storage/storageAccounts/contosodr"
        answer = self.simulator.arm("DELETE", path, version="2024-01-01")
        assert answer.status_code in {200, 204}, answer.text
        self.stack.set("vms.sql01.drillWithinDays", "90")

    def turn_off_in_azure(self, vm: str) -> None:
        """Somebody deallocates the Azure VM of a VM that runs there."""
        group = f"{self.simulator.subscription_path}/resourceGroups/contoso-dr"
        path = f"{group}/providers/Microsoft.Compute/virtualMachines/{vm}/deallocate"
        answer = self.simulator.arm("POST", path, version="2024-07-01")
        assert answer.status_code in {200, 202}, answer.text

    def _as_checked_out(self, checkout: Path) -> None:
        for name in ("dr", "pipelines", "tools"):
            (checkout / name).symlink_to(ROOT / name)
        # Pipelines make the environment anew, never through a link into this test's own, whose packages are lent to it.
        (checkout / ".venv").unlink()
        own = Path(sysconfig.get_path("purelib"))
        lent = checkout / ".venv" / own.relative_to(sys.prefix)
        lent.mkdir(parents=True)
        (lent / "lent.pth").write_text(f"{own}\n", encoding="utf-8")
        (checkout / "requirements.txt").write_text("", encoding="utf-8")

    def _stand_in(self) -> Path:
        """The azure-native stand-in signs in with a secret only, so it is given one that nothing else sees."""
        secret = self.simulator.environment["AZURE_CLIENT_SECRET"]
        program = self.programs / "pulumi-resource-azure-native"
        program.write_text(
            f"#!/bin/sh\nAZURE_CLIENT_SECRET='{secret}' exec '{STAND_IN}/{program.name}' \"$@\"\n", encoding="utf-8"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return self.programs
