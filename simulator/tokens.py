"""Access tokens: signed with a key that is kept, checked without any memory of having issued them.

Real clients keep a token for as long as it says it lives, across processes and across restarts of the server, and do
not ask for a new one after a plain 401. A token must therefore outlive a restart of the simulator, which is why it is
stateless and its key is kept. Its times are wall-clock times even when the simulator's clock runs fast: the clients
judge them by theirs.

The shape is that of a version 1 Microsoft Entra token; Terraform's azurerm reads ``aud``, ``exp``, ``iat``, ``oid``,
``tid``, ``appid`` and ``roles`` from it, everything else treats it as opaque.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.tls import write_private

DEFAULT_LIFETIME_SECONDS = 3599
"""What the real token endpoint gives. Under 300 s left, MSAL asks for a new token before every request."""

ALGORITHM = "RS256"
_REMEMBERED = 4096


class Rejection(Enum):
    """Why a token is refused."""

    MALFORMED = "malformed"
    EXPIRED = "expired"


class TokenRejectedError(Exception):
    """A token that is not one of ours, or is no longer valid. ``expired_at`` is in seconds since the epoch."""

    def __init__(self, reason: Rejection, expired_at: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.expired_at = expired_at


@dataclass(frozen=True)
class Claims:
    """What the simulator reads from a token it has verified. ``expires_at`` is in seconds since the epoch."""

    audience: str
    tenant: str
    application: str
    expires_at: float


class TokenAuthority:
    """Issues and verifies access tokens with one RSA key."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key()
        # Verifying a signature costs more than everything else in a read, and a client sends one token a thousand
        # times.
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    def issue(
        self, *, tenant: str, application: str, audience: str, lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS
    ) -> str:
        """Return a signed token for ``application`` in ``tenant``; a negative lifetime makes one already expired."""
        now = int(time.time())
        principal = principal_id(tenant, application)
        claims: dict[str, Any] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_seconds,
            "appid": application,
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{tenant}/",
            "idtyp": "app",
            "oid": principal,
            "sub": principal,
            "tid": tenant,
            "roles": [],
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": "simulator"})

    def verify(self, token: str) -> Claims:
        """Return the claims of ``token``; raise TokenRejectedError if it is not ours or has expired."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._decode(token)
            self._verified[token] = claims
            if len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        if claims.expires_at <= time.time():
            raise TokenRejectedError(Rejection.EXPIRED, claims.expires_at)
        return claims

    def _decode(self, token: str) -> Claims:
        try:
            # Expiry is checked by verify at every use, audience by the resource that is asked.
            decoded = jwt.decode(
                token, self.public_key, algorithms=[ALGORITHM], options={"verify_exp": False, "verify_aud": False}
            )
            return Claims(str(decoded["aud"]), str(decoded["tid"]), str(decoded["appid"]), float(decoded["exp"]))
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise TokenRejectedError(Rejection.MALFORMED) from error


def principal_id(tenant: str, application: str) -> str:
    """Return the object id of the application's service principal in the tenant: the same at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{tenant}/{application}"))


def new_key() -> rsa.RSAPrivateKey:
    """Return a new key for signing tokens."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def kept_key(path: Path) -> rsa.RSAPrivateKey:
    """Return the signing key kept at ``path``, keeping a new one there if there is none.

    Raises ValueError if the file holds something else.
    """
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{path} does not hold the simulator's RSA token key. Delete it to have a new one made.")
        return key
    key = new_key()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(path, pem)
    return key
