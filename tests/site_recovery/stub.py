"""A loopback TLS server that answers what a test tells it to: for answers that a healthy service never gives."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import trustme

from site_recovery.records import VaultId
from site_recovery.target import Target

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
TARGET = Target("simulator", SUBSCRIPTION, TENANT)
VAULT = VaultId(SUBSCRIPTION, "contoso-dr", "contoso-vault")
CONTAINER_ID = f"{VAULT.arm_id}/replicationFabrics/site/replicationProtectionContainers/cloud_1"
ITEM_ID = f"{CONTAINER_ID}/replicationProtectedItems/sql01"
JOB_NAME = "33333333-3333-3333-3333-333333333333"
JOB_ID = f"/Subscriptions{VAULT.arm_id.removeprefix('/subscriptions')}/replicationJobs/{JOB_NAME}"
SECRET = "not-to-be-seen"


@dataclass(frozen=True)
class Answer:
    """One answer; `cut` takes the request and closes the connection without any."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


ACCEPTED = Answer(
    202,
    headers={
        "x-ms-request-id": JOB_ID,
        "Location": f"https://localhost/x/operationresults/{JOB_NAME}?api-version=2025-08-01",
        "Azure-AsyncOperation": f"https://localhost/x/replicationOperationStatus/{JOB_NAME}?api-version=2025-08-01",
        "Retry-After": "30",
    },
)


class Stub:
    """Answers are given in order for each (method, pattern); the last one is repeated."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self.ca_file = Path()
        self.token_tenant: str | None = TENANT
        self._lock = threading.Lock()
        self._routes: list[tuple[str, re.Pattern[str], list[Answer] | Callable[[Request], Answer]]] = []

    def answer(self, method: str, pattern: str, *answers: Answer) -> None:
        """Later declarations come before earlier ones."""
        self._routes.insert(0, (method, re.compile(pattern, re.IGNORECASE), list(answers)))

    def answer_by(self, method: str, pattern: str, function: Callable[[Request], Answer]) -> None:
        self._routes.insert(0, (method, re.compile(pattern, re.IGNORECASE), function))

    def sent(self, method: str, pattern: str = "") -> list[Request]:
        """What was asked of the service; requests for tokens left out."""
        with self._lock:
            return [
                request
                for request in self.requests
                if request.method == method and "oauth2" not in request.path and re.search(pattern, request.path)
            ]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ARM_ENDPOINT": self.url,
            "AZURE_AUTHORITY_HOST": self.url,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_CLIENT_ID": "44444444-4444-4444-4444-444444444444",
            "AZURE_CLIENT_SECRET": SECRET,
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
        }

    def respond(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            for method, pattern, answers in self._routes:
                if method == request.method and pattern.search(request.path):
                    if not isinstance(answers, list):
                        return answers(request)
                    return answers.pop(0) if len(answers) > 1 else answers[0]
        return self._identity(request)

    def _identity(self, request: Request) -> Answer:
        if "openid-configuration" in request.path:
            return Answer(
                body={
                    "authorization_endpoint": f"{self.url}/{TENANT}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{self.url}/{TENANT}/oauth2/v2.0/token",
                }
            )
        if request.path.endswith("/token"):
            claims = {"aud": "https://management.azure.com/", "tid": self.token_tenant}
            token = "opaque" if self.token_tenant is None else jwt.encode(claims, "x" * 32, "HS256")
            return Answer(body={"token_type": "Bearer", "expires_in": 3599, "access_token": token})
        return Answer(404, {"error": {"code": "NotFound", "message": f"Nothing answers {request.path}."}})


@contextmanager
def serving(directory: Path) -> Iterator[Stub]:
    """A stub that serves until the context is left."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length).decode()
            is_json = "json" in (self.headers.get("Content-Type") or "")
            body = json.loads(text) if is_json and text else text
            answer = stub.respond(Request(self.command, self.path, dict(self.headers.items()), body))
            if answer.cut:
                self.close_connection = True
                return
            payload = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response_only(answer.status)
            for name, value in {"Date": self.date_time_string(), **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            return

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    stub.ca_file = directory / "ca.pem"
    authority.cert_pem.write_to_path(str(stub.ca_file))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    stub.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def job_body(
    state: str = "InProgress", *, name: str = JOB_NAME, full: bool = False, **properties: Any
) -> dict[str, Any]:
    """A job as the service has it: with tasks and activity id only when it is asked for by name."""
    body: dict[str, Any] = {
        "scenarioName": "UnplannedFailover",
        "friendlyName": "Failover",
        "state": state,
        "stateDescription": state,
        "startTime": "2026-01-05T08:00:00.1234567Z",
        "endTime": "2026-01-05T08:03:00Z" if state in ("Succeeded", "Failed") else "0001-01-01T00:00:00",
        "allowedActions": [],
        "targetObjectId": "vm-guid",
        "targetObjectName": "sql01",
        "targetInstanceType": "ProtectionEntity",
        "tasks": [],
        "errors": [],
        "activityId": "ours-1 ActivityId: 55555555-5555-5555-5555-555555555555" if full else None,
        **properties,
    }
    return {"id": f"{VAULT.arm_id}/replicationJobs/{name}", "name": name, "properties": body}


def item_body(**properties: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "friendlyName": "sql01",
        "protectionState": "Protected",
        "protectionStateDescription": "Protected",
        "activeLocation": "Primary",
        "allowedOperations": ["PlannedFailover", "UnplannedFailover", "DisableProtection", "TestFailover"],
        "replicationHealth": "Normal",
        "failoverHealth": "Normal",
        "healthErrors": [],
        "currentScenario": {
            "scenarioName": "None",
            "jobId": f"{VAULT.arm_id}/replicationJobs/None",
            "startTime": "1753-01-01T01:01:01Z",
        },
        "providerSpecificDetails": {"instanceType": "HyperVReplicaAzure", "vmId": "vm-guid", "useManagedDisks": "true"},
        **properties,
    }
    return {"id": ITEM_ID, "name": "sql01", "properties": body}


def listed(*entries: Any) -> dict[str, Any]:
    return {"value": list(entries), "nextLink": None}
