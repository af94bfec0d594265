"""The base of every settings model, and the kinds of value that several of them share.

In the stack file keys are camelCase; in Python they are snake_case. Every model is frozen and refuses keys that it does
not know. What one value alone can get wrong is held here and in the models; what two values together can get wrong
stands in `components.settings.rules`, so that all of it is collected and shown at once.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictStr,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Model(BaseModel):
    """Frozen, camelCase outside, snake_case inside, no unknown keys. The text below a field is its documentation."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )

    def as_inputs(self) -> dict[str, Any]:
        """Plain values for the inputs of a resource: camelCase keys, JSON types only, nothing that is not set.

        Keys stand in the order of the model, so that equal settings give equal text.
        """
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return plain


def refused(message: str, mend: str) -> PydanticCustomError:
    """An error of one value: `message` says what is wrong with it, `mend` what to write instead."""
    return PydanticCustomError("settings", "{message}", {"message": message, "mend": mend})


@dataclass(frozen=True)
class Shape:
    """A text has to match `pattern` as a whole; `what` it should be and how to `mend` it are told to a person."""

    pattern: str
    what: str
    mend: str
    # Names are patterns, ids begin with a slash: a text that does not begin so is left alone.
    only_after: str = ""

    def check(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith(self.only_after):
            return value
        if not self.fits(value):
            raise refused(f"is not {self.what}", self.mend)
        return value

    def fits(self, text: str) -> bool:
        """Whether a text is so."""
        return re.fullmatch(self.pattern, text) is not None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(schema)
        # Editors' regular expressions know no part without regard to case, which ARM ids need.
        if "(?i:" not in self.pattern:
            described["pattern"] = f"^(?:{self.pattern})$"
        return described


class Digits:
    """`pulumi config set --path` turns digits into a number wherever it finds them; here they are text."""

    def check(self, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "integer"}]}


def is_arm_id(text: str) -> bool:
    """Whether a reference is an ARM id, and not the name of something that the stack file declares."""
    return text.startswith("/")


_AS_TIME = "write it as 2026-11-23T22:00:00+01:00"
# The engine hands an unquoted YAML time to a program as Go prints it: `2026-11-23 22:00:00 +0100 +0100`.
_AS_GO_PRINTS = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) ([+-]\d{2})(\d{2}) \S+")


def zoned_time(text: str) -> datetime:
    """A time as it is written, which has to name its zone. Raises an error of one value."""
    printed = _AS_GO_PRINTS.fullmatch(text)
    written = "{}T{}{}:{}".format(*printed.groups()) if printed else text
    try:
        parsed = datetime.fromisoformat(written)
    except ValueError:
        raise refused("is not a time", _AS_TIME) from None
    if parsed.tzinfo is None:
        bare = f"{parsed:%Y-%m-%dT%H:%M:%S}"
        raise refused("is a time without a zone", f"add the zone: {bare}Z or {bare}+01:00")
    return parsed


def _as_instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise refused("is not a time", _AS_TIME)
    return zoned_time(value)


def _as_prefix(value: Any) -> Any:
    try:
        return str(IPv4Network(value)) if isinstance(value, str) else value
    except ValueError:
        raise refused("is not an IPv4 network", "write its first address and its length: 10.1.0.0/24") from None


def _as_address(value: Any) -> Any:
    try:
        return str(IPv4Address(value)) if isinstance(value, str) else value
    except ValueError:
        raise refused("is not an IPv4 address", "write it as 10.1.0.4") from None


_GUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_GROUP = r"[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]"


def _arm_id(kind: str) -> Shape:
    pattern = rf"(?i:/subscriptions/{_GUID}/resourceGroups/{_GROUP}/providers/{re.escape(kind)}/[^/]+)"
    written = f"/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/{kind}/NAME"
    return Shape(pattern, f"the ARM id of one of {kind}", f"write it in full: {written}")


def _reference(kind: str) -> Shape:
    shape = _arm_id(kind)
    return Shape(shape.pattern, shape.what, shape.mend, only_after="/")


Guid = Annotated[StrictStr, Shape(_GUID, "a GUID", "write it as 01234567-89ab-cdef-0123-456789abcdef")]
ServiceName = Annotated[
    StrictStr,
    Shape(
        "[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]",
        "a name that the service takes",
        "use letters, digits and hyphens, at least two, starting and ending with a letter or digit",
    ),
]
ResourceGroupName = Annotated[
    StrictStr,
    Shape(
        _GROUP,
        "a name that a resource group can have",
        "use at most 90 letters, digits and _ ( ) . -, not ending with a full stop",
    ),
]
Location = Annotated[StrictStr, Shape("[a-z0-9]+", "an Azure region", "write its short name: westeurope")]
NetworkName = Annotated[
    StrictStr,
    Shape(
        "[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?",
        "a name that a network can have",
        "use at most 80 letters, digits and _ . -, starting with a letter or digit, not ending with . or -",
    ),
]
StorageAccountName = Annotated[
    StrictStr,
    Shape("[a-z0-9]{3,24}", "a name that a storage account can have", "use 3 to 24 small letters and digits"),
]
# Hyper-V takes nearly any name. Left out is what could not be quoted, as a path of the stack file or in a shell, what
# nobody sees, and what a folder on Windows cannot be called.
_UNSEEN = r"\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
_UNQUOTED = r"\\\x22\x27\x60*/:<>?|"
VM_NAME = Shape(
    rf"[^ \-{_UNSEEN}{_UNQUOTED}](?:[^{_UNSEEN}{_UNQUOTED}]{{0,98}}[^ .{_UNSEEN}{_UNQUOTED}])?",
    "a name of a virtual machine",
    "write it as Hyper-V shows it: at most 100 characters, none of \\ / : * ? < > | and no quotes, not starting with a "
    "space or hyphen, not ending with a space or full stop",
)
VmName = Annotated[StrictStr, VM_NAME]
AZURE_VM_NAME = Shape(
    "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    "a name that an Azure VM can have",
    "use at most 63 letters, digits and hyphens, starting and ending with a letter or digit",
)
AzureVmName = Annotated[StrictStr, AZURE_VM_NAME]
TimeOfDay = Annotated[
    StrictStr, Shape("(?:[01][0-9]|2[0-3]):[0-5][0-9]", "a time of day", 'write it as "22:30", in quotes')
]
Host = Annotated[
    StrictStr,
    Shape(
        "[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9])?", "a host name or address", "write 10.1.0.4 or sql01.contoso.com"
    ),
]
Words = Annotated[StrictStr, Field(min_length=1, max_length=500)]

Instant = Annotated[AwareDatetime, BeforeValidator(_as_instant)]
Prefix = Annotated[StrictStr, BeforeValidator(_as_prefix)]
Address = Annotated[StrictStr, BeforeValidator(_as_address), Field(json_schema_extra={"format": "ipv4"})]

NetworkId = Annotated[StrictStr, _arm_id("Microsoft.Network/virtualNetworks")]
StorageAccountId = Annotated[StrictStr, _arm_id("Microsoft.Storage/storageAccounts")]
AvailabilitySetId = Annotated[StrictStr, _arm_id("Microsoft.Compute/availabilitySets")]
NetworkReference = Annotated[StrictStr, _reference("Microsoft.Network/virtualNetworks"), Field(min_length=1)]
StorageAccountReference = Annotated[StrictStr, _reference("Microsoft.Storage/storageAccounts"), Field(min_length=1)]

TagName = Annotated[StrictStr, Field(min_length=1, max_length=512)]
TagValue = Annotated[StrictStr, Digits(), Field(max_length=256)]
Tags = dict[TagName, TagValue]
