"""The body of a request: read, parsed and checked against what its operation takes; 400 with the envelope otherwise."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simulator.asr.inputs import OTHER_PROVIDERS, PROVIDER_INPUTS
from simulator.asr.refusals import bad_provider_input
from simulator.errors import ServiceError, asr_error, not_there
from simulator.routing import Call

LARGEST_BODY = 1024 * 1024
_NOT_JSON = "The request content was invalid and could not be deserialized."


def take_body(call: Call, raw: bytes | None, *, loose: bool) -> None:
    """Put into `call.body` what the operation takes: see OperationRoute.

    Args:
        raw: the body as it came; None if it was larger than LARGEST_BODY.
        loose: tolerate fields that the operation does not have.

    Raises ServiceError 400, or 501 for a replication provider that is not simulated.
    """
    if raw is None:
        raise _bad_body(call, "RequestTooLarge", f"The request body is larger than {LARGEST_BODY} bytes.")
    if call.route.form:
        call.body = _form(call, raw)
        return
    if not raw.strip():
        if call.route.body_required:
            raise _bad_body(call, "InvalidRequestContent", "The request has no body, and this operation needs one.")
        call.body = None
        return
    document = _parsed(call, raw)
    call.body = document if call.route.body is None else _validated(call, call.route.body, document, loose=loose)


def _parsed(call: Call, raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise _bad_body(call, "InvalidRequestContent", _NOT_JSON) from None
    if not isinstance(document, dict):
        raise _bad_body(call, "InvalidRequestContent", "The request content is not a JSON object.")
    return document


def _no_number(constant: str) -> float:
    """Python's parser takes NaN and Infinity, which JSON does not have."""
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _form(call: Call, raw: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True))
    except ValueError:
        raise _bad_body(call, "InvalidRequestContent", "The request content is not a form.") from None


def _validated(call: Call, model: type[BaseModel], document: dict[str, Any], *, loose: bool) -> BaseModel:
    try:
        return model.model_validate(document, extra="ignore" if loose else "forbid")
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        _look_at_provider(call, errors)
        first = errors[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = "is not a field of this request" if first["type"] == "extra_forbidden" else first["msg"]
        raise _bad_body(call, "InvalidParameter", f"The request content is wrong at '{where}': {reason}.") from None


def _look_at_provider(call: Call, errors: list[ErrorDetails]) -> None:
    """Raise what the service says of a replication provider's part that is missing, or of no provider that it knows."""
    for error in errors:
        if error["loc"][-1:] == ("instanceType",):
            provider = error["input"]
        elif error["loc"][-1:] and error["loc"][-1] in PROVIDER_INPUTS:
            provider = error["input"].get("instanceType") if isinstance(error["input"], dict) else None
        else:
            continue
        if isinstance(provider, str) and provider in OTHER_PROVIDERS:
            raise not_there(call.route.name, f"the replication provider '{provider}' is not simulated") from None
        raise bad_provider_input() from None


def _bad_body(call: Call, code: str, message: str) -> ServiceError:
    """Site Recovery has its own envelope; everything around it has Resource Manager's."""
    if "/vaults/{vault}/replication" not in call.route.template:
        return ServiceError(400, "InvalidRequestContent", message)
    return asr_error(
        400,
        "BadRequest",
        message,
        code=f"Simulator{code}",
        causes="The request content does not fit the operation.",
        action="Correct the request content and try again.",
    )
