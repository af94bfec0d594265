"""ARM ids: matched without regard to case, and given back as the service writes them.

Site Recovery writes `/Subscriptions/` with a capital S in every id and header (recorded); everything else in ARM writes
`/subscriptions/`.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from urllib.parse import quote

VAULT_KIND = "Microsoft.RecoveryServices/vaults"
# The two constants that the service gives for the Azure side of a Hyper-V pair (recorded).
AZURE_FABRIC = "d49858f157601230a6ac5862fbbc6e63bf38d23ecd96cf953767945d457fe9d5"
AZURE_CONTAINER = "d38048d4-b460-4791-8ece-108395ee8478"


@dataclass(frozen=True)
class ArmId:
    """A parsed resource id. `kind` is like `Microsoft.Compute/virtualMachines`, `name` the last segment."""

    text: str
    subscription: str
    group: str
    kind: str
    name: str

    @property
    def key(self) -> str:
        """The id folded to lower case: the key of a table."""
        return self.text.lower()


def parse(text: str) -> ArmId | None:
    """Take a resource id apart, or None if it is not one."""
    parts = text.strip("/").split("/")
    at_least = 8
    if (
        len(parts) < at_least
        or len(parts) % 2
        or [parts[0].lower(), parts[2].lower(), parts[4].lower()]
        != [
            "subscriptions",
            "resourcegroups",
            "providers",
        ]
    ):
        return None
    kind = "/".join([parts[5], *parts[6::2]])
    return ArmId(text="/" + "/".join(parts), subscription=parts[1], group=parts[3], kind=kind, name=parts[-1])


def quoted(path: str) -> str:
    """A path or an id as it stands in a URL: what is not ASCII, or would end or change the URL, is percent-quoted."""
    return quote(path, safe="/!$&'()*+,;=:@~")


def same(one: str | None, other: str | None) -> bool:
    """Whether two ids name the same resource."""
    return one is not None and other is not None and one.strip("/").lower() == other.strip("/").lower()


def arm_id(subscription: str, group: str, provider_path: str) -> str:
    """`/subscriptions/{s}/resourceGroups/{g}/providers/{path}`, as ARM writes it."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider_path}"


def asr_vault_id(subscription: str, group: str, vault: str) -> str:
    """The vault's id as Site Recovery writes it, with its capital S."""
    return f"/Subscriptions/{subscription}/resourceGroups/{group}/providers/{VAULT_KIND}/{vault}"


def derived_guid(*parts: object) -> str:
    """A GUID that depends on the parts alone, so that the same world has the same names."""
    text = "\x1f".join(str(part) for part in parts)
    return str(uuid.UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest(), version=4))


def fraction(*parts: object) -> float:
    """A number from 0 up to 1 that depends on the parts alone: seeded chance without a state to keep."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
