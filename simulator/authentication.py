"""What Azure Resource Manager demands before it looks at a request: a token of the right kind, and a known
subscription."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from simulator.errors import ServiceError
from simulator.identity import MANAGEMENT_AUDIENCES, Directory
from simulator.routing import Call
from simulator.tokens import Claims, Rejection, TokenRejectedError


def require_token(call: Call) -> Mapping[str, str]:
    """Refuse ``call`` with the real status and body unless its bearer token is valid here; returns no headers.

    Raises ServiceError 401 for the token and 404 for another subscription than the world's.
    """
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized(
            call,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing or the access token is invalid.",
        )
    _require_audience(call, _verified(call, token.strip()))
    _require_subscription(call)
    return {}


def _verified(call: Call, token: str) -> Claims:
    directory = call.world.room(Directory)
    try:
        claims = directory.tokens.verify(token)
    except TokenRejectedError as rejected:
        if rejected.reason is Rejection.EXPIRED and rejected.expired_at is not None:
            raise _unauthorized(
                call,
                "ExpiredAuthenticationToken",
                f"The access token expiry UTC time '{_utc(rejected.expired_at)}' is earlier than current UTC time "
                f"'{_utc(datetime.now(UTC).timestamp())}'.",
            ) from None
        raise _unauthorized(call, "InvalidAuthenticationToken", "The access token is invalid.") from None
    if claims.tenant.lower() != directory.tenant.lower():
        raise _unauthorized(
            call,
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer 'https://sts.windows.net/{claims.tenant}/'. It must match the "
            f"tenant 'https://sts.windows.net/{directory.tenant}/' associated with this subscription.",
        )
    return claims


def _require_audience(call: Call, claims: Claims) -> None:
    if claims.audience.lower() in MANAGEMENT_AUDIENCES or claims.audience.lower() == call.base_url.lower():
        return
    raise _unauthorized(
        call,
        "InvalidAuthenticationTokenAudience",
        f"The access token has been obtained for wrong audience or resource '{claims.audience}'. It should exactly "
        f"match with one of the allowed audiences 'https://management.core.windows.net/',"
        f"'https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.",
    )


def _require_subscription(call: Call) -> None:
    segments = call.path.split("/")
    named = segments[2] if len(segments) > 2 and segments[1].lower() == "subscriptions" else ""  # noqa: PLR2004
    if named and named.lower() != call.world.settings.subscription.lower():
        raise ServiceError(404, "SubscriptionNotFound", f"The subscription '{named}' could not be found.")


def _unauthorized(call: Call, code: str, message: str) -> ServiceError:
    tenant = call.world.room(Directory).tenant
    challenge = (
        f'Bearer authorization_uri="{call.base_url}/{tenant}", error="invalid_token", error_description="{message}"'
    )
    return ServiceError(401, code, message, headers={"www-authenticate": challenge})


def _utc(instant: float) -> str:
    return f"{datetime.fromtimestamp(instant, UTC):%m/%d/%Y %I:%M:%S %p}"
