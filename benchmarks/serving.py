"""A simulator, or a bare endpoint to hold it against, in a process of its own, for as long as a measurement takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from azure.identity import ClientSecretCredential

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """Where something is served. `token` is empty for a bare endpoint."""

    url: str
    ca_bundle: str
    subscription: str
    token: str
    session: requests.Session

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; gives the JSON, or None for an empty answer. Raises for 400 and above."""
        answer = self.session.request(
            method,
            f"{self.url}{path}",
            params={} if path.startswith("/_simulator") else {"api-version": "2025-08-01"},
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=120,
        )
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


@contextmanager
def simulator(*arguments: str) -> Iterator[Served]:
    """Serve a simulator."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        ready_file = Path(directory) / "ready.json"
        command = [sys.executable, "-m", "simulator", "serve", "--ready-file", str(ready_file), *arguments]
        with _running(command, ready_file) as ready, _session(ready["ca_bundle"]) as session:
            credential = ClientSecretCredential(
                ready["tenant_id"],
                ready["client_id"],
                ready["client_secret"],
                authority=ready["url"],
                disable_instance_discovery=True,
                connection_verify=ready["ca_bundle"],
            )
            token = credential.get_token("https://management.azure.com/.default").token
            yield Served(ready["url"], ready["ca_bundle"], ready["subscription_id"], token, session)


@contextmanager
def bare_endpoint(payload: bytes) -> Iterator[Served]:
    """Serve the same bytes for every request with Starlette and the simulator's own TLS, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        payload_file, ready_file = Path(directory) / "payload.json", Path(directory) / "ready.json"
        payload_file.write_bytes(payload)
        command = [sys.executable, "-m", "benchmarks.bare", str(payload_file), str(ready_file)]
        with _running(command, ready_file) as ready, _session(ready["ca_bundle"]) as session:
            yield Served(ready["url"], ready["ca_bundle"], "", "", session)


@contextmanager
def _running(command: list[str], ready_file: Path) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not ready_file.exists() or not ready_file.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} did not become ready")
            time.sleep(0.005)
        yield json.loads(ready_file.read_text())
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@contextmanager
def _session(ca_bundle: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env, session.verify = False, ca_bundle
        yield session
