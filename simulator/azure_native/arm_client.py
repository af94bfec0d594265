"""The stand-in's way to Azure Resource Manager: azure-core's pipeline with azure-identity's credential."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import requests
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, RetryPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest
from azure.identity import EnvironmentCredential
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.core.polling.arm_polling import ARMPolling
from requests.adapters import HTTPAdapter

_SCOPE = "https://management.azure.com/.default"
_POLL_SECONDS = 5.0
"""Wait between polls where the service asks for none."""
_CANCEL_CHECK_SECONDS = 0.2
_CONNECTIONS = 64
_NOT_FOUND = 404
_ERRORS = 400


class ArmError(Exception):
    """A request that Azure Resource Manager refused, or that did not reach it. ``code`` is ARM's, if it gave one."""

    def __init__(self, code: str | None, message: str) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code


class CancelledError(Exception):
    """The engine asked for a stop while an operation was being waited for; the operation itself goes on in Azure."""


class ArmClient:
    """PUT, GET, POST and DELETE of ARM resources, each waited for to its end. Safe to share between threads."""

    def __init__(self, endpoint: str, cancelled: threading.Event) -> None:
        session = requests.Session()
        session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS, max_retries=0))
        credential = EnvironmentCredential(disable_instance_discovery=True)
        self._cancelled = cancelled
        self._client: ARMPipelineClient[Any, Any] = ARMPipelineClient(
            base_url=endpoint,
            policies=[
                RequestIdPolicy(),
                HeadersPolicy(),
                UserAgentPolicy("pulumi-azure-native-stand-in"),
                # Everything is on this machine: what does not answer soon will not answer later.
                RetryPolicy(retry_backoff_factor=0.2),
                ARMChallengeAuthenticationPolicy(credential, _SCOPE),
            ],
            transport=RequestsTransport(session=session),
        )

    def get(self, path: str, api_version: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Return the resource, or None if it is not there. Raises ArmError."""
        try:
            return self._run("GET", path, api_version, None, query)
        except _NotThereError:
            return None

    def put(self, path: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create or update the resource and return it once the operation has ended. Raises ArmError, CancelledError."""
        return self._run("PUT", path, api_version, body) or {}

    def post(self, path: str, api_version: str) -> dict[str, Any]:
        """Run an action that changes nothing and return its answer. Raises ArmError."""
        return self._run("POST", path, api_version, None) or {}

    def delete(self, path: str, api_version: str) -> None:
        """Delete the resource and wait until it is gone; one that is not there is fine. Raises ArmError."""
        try:
            self._run("DELETE", path, api_version, None)
        except _NotThereError:
            return

    def _run(
        self,
        method: str,
        path: str,
        api_version: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        url = self._client.format_url(f"{path}?{urlencode({'api-version': api_version, **(query or {})})}")
        request = HttpRequest(method, url, json=body) if body is not None else HttpRequest(method, url)
        request.headers["Accept"] = "application/json"
        try:
            answer = self._send(request)
            return self._finished(answer) if method in {"PUT", "DELETE"} else _json(answer)
        except ResourceNotFoundError as error:
            raise _NotThereError(*_code_and_message(error)) from error
        except AzureError as error:
            raise ArmError(*_code_and_message(error)) from error

    def _send(self, request: HttpRequest) -> PipelineResponse[Any, Any]:
        # The same keyword as in every generated client: the poller needs the request and its context, not the answer
        # alone.
        answer = cast("PipelineResponse[Any, Any]", self._client.send_request(request, _return_pipeline_response=True))
        response = answer.http_response
        if response.status_code >= _ERRORS:
            response.read()
            kind = ResourceNotFoundError if response.status_code == _NOT_FOUND else HttpResponseError
            raise kind(response=response, error_format=ARMErrorFormat)
        return answer

    def _finished(self, initial: PipelineResponse[Any, Any]) -> dict[str, Any] | None:
        poller: LROPoller[dict[str, Any] | None] = LROPoller(
            self._client, initial, _json, ARMPolling(timeout=_POLL_SECONDS)
        )
        while not poller.done():
            if self._cancelled.is_set():
                raise CancelledError
            poller.wait(_CANCEL_CHECK_SECONDS)
        return poller.result()


class _NotThereError(ArmError):
    """404."""


def _json(answer: PipelineResponse[Any, Any]) -> dict[str, Any] | None:
    response = answer.http_response
    response.read()
    return cast("dict[str, Any]", response.json()) if response.text() else None


def _code_and_message(error: AzureError) -> tuple[str | None, str]:
    details = error.error if isinstance(error, HttpResponseError) else None
    if details is not None and details.code:
        return str(details.code), str(details.message)
    text = str(error.message or error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return None, f"{text} (REQUESTS_CA_BUNDLE has to name the file that `python -m simulator env` prints.)"
    if "Connection refused" in text or "actively refused" in text:
        return None, (
            "no simulator answers at ARM_ENDPOINT. Start it (`make simulator`); if it was started anew since this "
            "shell was prepared, prepare the shell again with what `python -m simulator env` prints."
        )
    return None, text
