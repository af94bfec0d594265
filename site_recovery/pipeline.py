"""The SDK's client with a pipeline of our own, because the SDK's default one would do harm.

By itself the SDK sends a POST again on 500, 503 and 504 and on any error that carries Retry-After, so that one failover
becomes two; and on one error code it registers resource providers in the subscription. Here a call that changes
something is sent once and never again; its answer, or the lack of one, goes to the caller. Reads are sent again, here
and nowhere else.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from pathlib import Path

import requests
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    CustomHookPolicy,
    HTTPPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient
from requests.adapters import HTTPAdapter

from site_recovery.credentials import GuardedCredential, ca_bundle
from site_recovery.pace import Pace, retry_after_seconds
from site_recovery.patience import told_to_stop
from site_recovery.target import Endpoints
from site_recovery.trace import Trace

# As many connections are kept as threads may speak at once; urllib3's default of 10 reconnects for the rest.
_CONNECTIONS = 256
_CONNECT_SECONDS = 20
_READ_SECONDS = 120

_READS = frozenset({"GET", "HEAD"})
_SENT_AGAIN_ON = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS = 6
_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 60.0

# Without a handler Python prints the SDK's warnings to standard error, beside our own message of the same.
logging.getLogger("azure").addHandler(logging.NullHandler())

Request = PipelineRequest[HttpRequest]
Response = PipelineResponse[HttpRequest, HttpResponse]


def management_client(
    subscription_id: str,
    endpoints: Endpoints,
    credential: GuardedCredential,
    pace: Pace,
    environment: Mapping[str, str],
) -> SiteRecoveryManagementClient:
    """A client for any vault of the subscription, safe to share between threads."""
    trace_file = environment.get("DR_TRACE")
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS, max_retries=0))
    return SiteRecoveryManagementClient(
        credential,
        subscription_id,
        base_url=endpoints.arm,
        credential_scopes=[endpoints.scope],
        transport=RequestsTransport(
            session=session,
            session_owner=False,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            connection_verify=ca_bundle(environment),
        ),
        policies=[
            RequestIdPolicy(),
            UserAgentPolicy("pulumi-azure-site-recovery", user_agent_use_env=False),
            # Outside of the decoding, so that a hook finds what has been decoded.
            CustomHookPolicy(),
            ContentDecodePolicy(),
            ReadsAreSentAgain(pace),
            ARMChallengeAuthenticationPolicy(credential, endpoints.scope),
            Wire(pace, Trace(Path(trace_file)) if trace_file else None),
        ],
    )


class ReadsAreSentAgain(HTTPPolicy[HttpRequest, HttpResponse]):
    """The one place of retries: a bounded number of attempts at a read, with the wait that the service asks for.

    A wait longer than a minute is not slept through but reported, so that a caller can tell a person.
    """

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def send(self, request: Request) -> Response:
        if request.http_request.method not in _READS:
            return self.next.send(request)
        for attempt in range(1, _ATTEMPTS):
            wait = self._backoff(attempt)
            try:
                response = self.next.send(request)
            except (ServiceRequestError, ServiceResponseError) as error:
                if _is_certificate_refused(error) or told_to_stop(wait):
                    raise
                continue
            if response.http_response.status_code not in _SENT_AGAIN_ON:
                return response
            asked = retry_after_seconds(response.http_response.headers)
            wait = wait if asked is None else max(asked, self._backoff(1))
            if wait > _LONGEST_WAIT_SECONDS or told_to_stop(wait):
                return response
        return self.next.send(request)

    def _backoff(self, attempt: int) -> float:
        # Jitter, so that a hundred waiting reads do not come back at the same instant.
        jitter = random.uniform(0.75, 1.25)  # noqa: S311 - nothing secret depends on it
        return float(_FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1) * jitter * self._pace.scale)


class Wire(HTTPPolicy[HttpRequest, HttpResponse]):
    """Innermost: keeps within the budget, learns clock and pace from each answer, and writes the trace."""

    def __init__(self, pace: Pace, trace: Trace | None) -> None:
        super().__init__()
        self._pace = pace
        self._trace = trace

    def send(self, request: Request) -> Response:
        bucket = self._pace.reads if request.http_request.method in _READS else self._pace.writes
        wait = bucket.take()
        if wait > 0:  # even a wait of nothing gives the processor away
            told_to_stop(wait)
        started = time.monotonic()
        try:
            response = self.next.send(request)
        except AzureError as error:
            self._record(request, started, None, {}, f"{type(error).__name__}: {error}")
            raise
        answer = response.http_response
        self._pace.observe(answer.status_code, answer.headers)
        self._record(request, started, answer.status_code, answer.headers, None)
        return response

    def _record(
        self, request: Request, started: float, status: int | None, headers: Mapping[str, str], failure: str | None
    ) -> None:
        if self._trace is None:
            return
        self._trace.exchange(
            method=request.http_request.method,
            url=request.http_request.url,
            client_request_id=request.http_request.headers.get("x-ms-client-request-id"),
            seconds=time.monotonic() - started,
            status=status,
            headers=headers,
            failure=failure,
        )


def _is_certificate_refused(error: AzureError) -> bool:
    """A certificate that is not trusted now will not be trusted in a second either."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)
