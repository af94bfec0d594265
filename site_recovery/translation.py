"""The one function that turns the SDK's exceptions into the project's own (errors.py)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import AzureError, DecodeError, HttpResponseError, ServiceRequestError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from site_recovery.errors import (
    AccessDeniedError,
    BusyError,
    NeverSetUpError,
    NotFoundError,
    RefusedError,
    ServiceFaultError,
    SiteRecoveryError,
    ThrottledError,
    UnreachableError,
)
from site_recovery.pace import retry_after_seconds

_NO_CHANGE = "The service did not carry the call out."
_MAYBE_CHANGED = "Whether the service carried the call out is not known; its jobs tell."

# A 400 that means "there is nothing of that" (seen since 2021, Azure/azure-rest-api-specs#12759).
_NEVER_SET_UP = "SubscriptionIdNotRegisteredWithSrs"
_NOT_REGISTERED = "MissingSubscriptionRegistration"


@contextmanager
def translated(where: str, *, changes: bool = False) -> Iterator[None]:
    """Raise the SDK's exceptions of the body as ours. `where` names operation and object; `changes`: not a read."""
    try:
        yield
    except SiteRecoveryError:
        raise
    except AzureError as error:
        raise translate(error, where, changes=changes) from error


def translate(error: AzureError, where: str, *, changes: bool) -> SiteRecoveryError:
    """The error to raise for an exception of the SDK. `changes` says that the call may have changed something."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _from_answer(error, where, changes=changes)
    if isinstance(error, DecodeError):
        return ServiceFaultError(
            f"The service's answer cannot be read: {_first_line(error)}",
            _place(where, unknown=changes),
            "Run it again; if it persists, trace it with DR_TRACE=FILE.",
            outcome_unknown=changes,
        )
    unknown = changes and not _never_sent(error)
    what = "The service's answer was lost" if unknown or not _never_sent(error) else "The service cannot be reached"
    return UnreachableError(
        f"{what}: {_first_line(error)}",
        _place(where, unknown=unknown, changes=changes),
        "Check the network, the proxy, and the CA certificates (REQUESTS_CA_BUNDLE), then run it again.",
        outcome_unknown=unknown,
    )


def _from_answer(error: HttpResponseError, where: str, *, changes: bool) -> SiteRecoveryError:
    response: Any = error.response
    status = int(response.status_code or 0)
    answer = _Answer(response, error)
    unknown = changes and (status >= 500 or status in (0, 408) or status < 300)  # noqa: PLR2004 - HTTP status classes
    place = _place(where, unknown=unknown, changes=changes)
    facts: dict[str, Any] = {
        "code": answer.code,
        "status": status,
        "request_id": answer.request_id,
        "outcome_unknown": unknown,
    }
    if status in (401, 403):
        return _denied(status, answer, place, facts)
    if status == 429:  # noqa: PLR2004 - too many requests
        return ThrottledError(
            answer.what,
            place,
            "Wait, then run it again; somebody else may be using up the subscription's quota of calls.",
            retry_after_seconds=retry_after_seconds(response.headers),
        )
    kind, mend = _kind(status, answer)
    return kind(answer.what, place, answer.mend or mend, **facts)


def _kind(status: int, answer: _Answer) -> tuple[type[SiteRecoveryError], str]:
    """The kind of error, and what to do where the service recommends nothing."""
    if _NEVER_SET_UP in (answer.code, answer.detail_code):
        return NeverSetUpError, "Make a site or a policy in the vault: the first one sets Site Recovery up in it."
    if status == 404:  # noqa: PLR2004 - not found
        return NotFoundError, "Check the name, and whether it has been removed."
    if answer.code == _NOT_REGISTERED:
        return RefusedError, "Register the provider: az provider register --namespace Microsoft.RecoveryServices."
    if status == 409:  # noqa: PLR2004 - conflict
        return BusyError, "Wait until the other operation has ended, then run it again."
    if 400 <= status < 500 and status != 408:  # noqa: PLR2004 - refused; 408 is the service's own time-out
        return RefusedError, "Look at the protected item's state and allowed operations, then run it again."
    return ServiceFaultError, f"Run it again in a while. For a support case: request id {answer.request_id or 'none'}."


def _denied(status: int, answer: _Answer, place: str, facts: Mapping[str, Any]) -> SiteRecoveryError:
    if status == 401:  # noqa: PLR2004
        mend = "Sign in again, or renew the credentials of the environment, then run it again."
    else:
        mend = (
            "Give the signed-in identity the role Site Recovery Contributor on the vault, and Virtual Machine "
            "Contributor on the resource groups that failovers make machines in."
        )
    return AccessDeniedError(answer.what, place, mend, **facts)


class _Answer:
    """The service's error envelope: error.code and .message, and details with possibleCauses and recommendedAction."""

    def __init__(self, response: Any, error: HttpResponseError) -> None:
        body = _json(response)
        envelope = body.get("error")
        envelope = envelope if isinstance(envelope, Mapping) else body
        detail = _first_mapping(envelope.get("details"))
        self.code = _text(envelope, "code") or None
        self.detail_code = _text(detail, "code") or None
        self.request_id = response.headers.get("x-ms-request-id") or response.headers.get("x-ms-correlation-request-id")
        message = _text(envelope, "message") or _text(detail, "message") or _first_line(error)
        codes = " ".join(code for code in dict.fromkeys((self.code, self.detail_code)) if code)
        self.what = f"{message} ({codes or 'HTTP'}, status {response.status_code})"
        causes = _text(detail, "possibleCauses")
        action = _text(detail, "recommendedAction")
        self.mend = " ".join(part for part in (f"Possible causes: {causes}" if causes else "", action) if part)


def _place(where: str, *, unknown: bool, changes: bool = True) -> str:
    if not changes:
        return where
    return f"{where} {_MAYBE_CHANGED if unknown else _NO_CHANGE}"


def _never_sent(error: AzureError) -> bool:
    """Whether the request certainly did not reach the service: no connection, or no trust, before the first byte.

    azure-core's own distinction is not enough: it reports a TLS connection that was cut while the answer was awaited
    as a failed request.
    """
    if not isinstance(error, ServiceRequestError):
        return False
    kinds = (NewConnectionError, ConnectTimeoutError, ProxyError, ssl.SSLCertVerificationError, ConnectionRefusedError)
    return any(isinstance(cause, kinds) for cause in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that stands behind it, as cause, context, attribute or argument."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        kept = (getattr(cause, name, None) for name in ("inner_exception", "reason"))  # azure-core's, urllib3's
        behind = (cause.__cause__, cause.__context__, *kept, *cause.args)
        pending.extend(one for one in behind if isinstance(one, BaseException))


def _json(response: Any) -> Mapping[str, Any]:
    try:
        body = response.json()
    except Exception:  # noqa: BLE001 - a broken, streamed or empty body: the status alone has to do
        return {}
    return body if isinstance(body, Mapping) else {}


def _first_mapping(value: object) -> Mapping[str, Any]:
    if isinstance(value, list):
        return next((entry for entry in value if isinstance(entry, Mapping)), {})
    return {}


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return " ".join(str(value).split()) if isinstance(value, str | int) else ""


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
