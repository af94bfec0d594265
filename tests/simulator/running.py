"""A simulator in a process of its own, and the real clients that tests drive it with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests
from azure.identity import ClientSecretCredential
from azure.mgmt.recoveryservices import RecoveryServicesClient
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from simulator.command import client_environment, read_ready
from simulator.server import Ready

PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


class RunningSimulator:
    """One `python -m simulator serve`, from its ready file to its end."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.ready_file = directory / "ready.json"
        self.log = directory / "simulator.log"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, *more: str) -> None:
        """Start it, or start it again, and wait until it says that it is ready."""
        command = [sys.executable, "-m", "simulator", "serve", "--ready-file", str(self.ready_file)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._arguments, *more],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready(self._process)
        self.ready: Ready = read_ready(self.ready_file)
        self.url = self.ready.url
        self._token: str | None = None
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = self.ready.ca_bundle or True

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it with a signal to its process group, and return its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise
        finally:
            self.session.close()

    def kill(self) -> None:
        """End it as a crash would: nothing is written, the ready file stays."""
        self.stop(signal.SIGKILL)
        self.ready_file.unlink(missing_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """The process environment of a client: this one's, without Azure's, with what `env` prints."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "ARM_"))}
        return {**own, **client_environment(self.ready)}

    @property
    def subscription_path(self) -> str:
        """The id of the subscription."""
        return f"/subscriptions/{self.ready.subscription_id}"

    def credential(self, **changes: Any) -> ClientSecretCredential:
        """A real credential; `changes` replace tenant_id, client_id or client_secret."""
        arguments: dict[str, Any] = {
            "tenant_id": self.ready.tenant_id,
            "client_id": self.ready.client_id,
            "client_secret": self.ready.client_secret,
            **changes,
        }
        return ClientSecretCredential(
            **arguments,
            authority=self.url,
            disable_instance_discovery=True,
            connection_verify=self.ready.ca_bundle,
            retry_total=0,
        )

    def site_recovery(self, **options: Any) -> SiteRecoveryManagementClient:
        """The real Site Recovery client; close it, or use it with `with`."""
        return SiteRecoveryManagementClient(
            self.credential(), self.ready.subscription_id, **self._client_options(), **options
        )

    def recovery_services(self, **options: Any) -> RecoveryServicesClient:
        """The real Recovery Services client."""
        return RecoveryServicesClient(
            self.credential(), self.ready.subscription_id, **self._client_options(), **options
        )

    def resources(self, **options: Any) -> ResourceManagementClient:
        """The real Resource Manager client."""
        return ResourceManagementClient(
            self.credential(), self.ready.subscription_id, **self._client_options(), **options
        )

    def token(self) -> str:
        """A token for Azure Resource Manager, asked for once."""
        if self._token is None:
            self._token = self.credential().get_token("https://management.azure.com/.default").token
        return self._token

    def arm(self, method: str, path: str, body: Any = None, *, version: str = "2024-11-01", **options: Any) -> Any:
        """One plain request to Azure Resource Manager with a token; returns the requests.Response."""
        headers = {"Authorization": f"Bearer {self.token()}", **options.pop("headers", {})}
        return self.session.request(
            method,
            f"{self.url}{path}",
            params={"api-version": version, **options.pop("params", {})},
            json=body,
            headers=headers,
            timeout=30,
            **options,
        )

    def make_group(self, name: str, location: str = "westeurope") -> str:
        """Make a resource group and return its id."""
        path = f"{self.subscription_path}/resourcegroups/{name}"
        answer = self.arm("PUT", path, {"location": location})
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the admin API; returns its JSON, or None."""
        answer = self.session.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def advance(self, seconds: float) -> None:
        """Move a manual clock forward."""
        self.admin("POST", "clock/advance", {"seconds": seconds})

    def _client_options(self) -> dict[str, Any]:
        return {"base_url": self.url, "connection_verify": self.ready.ca_bundle, "polling_interval": 0.1}

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._is_ready(process.pid):
                return
            if process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the simulator did not become ready:\n{self.log.read_text(errors='replace')}")

    def _is_ready(self, pid: int) -> bool:
        try:
            return bool(json.loads(self.ready_file.read_text())["pid"] == pid)
        except (OSError, ValueError):
            return False
