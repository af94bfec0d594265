"""Errors of the service: one exception, two envelopes.

Azure Resource Manager and the resource providers around it answer `{"error": {"code", "message"}}`; Azure Site Recovery
answers with the same outside and one entry of `details` that carries its own code, possible causes and what to do
(recorded). A code that begins with `Simulator` was found nowhere public: it is ours, and nobody should depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.ids import derived_guid


@dataclass(frozen=True)
class Details:
    """The inner error of Azure Site Recovery."""

    code: str
    possible_causes: str
    recommended_action: str
    message: str | None = None


class ServiceError(Exception):
    """An answer of status 400 or above, raised by a handler or a gate.

    Args:
        status: the HTTP status.
        code: the code of the outer error.
        message: the sentence a person reads.
        details: the inner error; present for Azure Site Recovery, absent for ARM.
        headers: headers of the answer. Retry-After belongs on 429 and 503 only: real clients retry on it, whatever the
            status.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Details | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def body(self, *, client_request_id: str, activity_id: str) -> dict[str, Any]:
        """The envelope. The two ids stand in the inner error of Azure Site Recovery."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = [
                {
                    "code": self.details.code,
                    "message": self.details.message or self.message,
                    "possibleCauses": self.details.possible_causes,
                    "recommendedAction": self.details.recommended_action,
                    "clientRequestId": client_request_id,
                    "activityId": activity_id,
                }
            ]
        return {"error": error}


@dataclass(frozen=True)
class AsyncError:
    """Why a job failed, or what it warns of: the error of an operation status and the errors of a job (3.4).

    `service_code` is a numeric string in every recording; ours are words beginning with `Simulator`.
    """

    service_code: str
    message: str
    possible_causes: str = ""
    recommended_action: str = ""
    provider_code: int | None = None
    provider_message: str = ""
    level: str = "Error"
    task_id: str = ""


def asr_error(
    status: int, arm_code: str, message: str, *, code: str, causes: str, action: str, inner_message: str | None = None
) -> ServiceError:
    """An error in the envelope of Azure Site Recovery."""
    return ServiceError(
        status,
        arm_code,
        message,
        details=Details(code=code, possible_causes=causes, recommended_action=action, message=inner_message),
    )


def resource_not_found(name: str) -> ServiceError:
    """404 for a child of a vault that is not there (recorded)."""
    return asr_error(
        404,
        "NotFound",
        f"Specified resource with name '{name}' does not exist.",
        code="ArmResourceDoesNotExist",
        causes="Ensure correct resource name was specified.",
        action="Verify ARM resource name details.",
    )


def never_set_up(vault: str) -> ServiceError:
    """400 for a vault in which Site Recovery was never used (recorded; the service counts such vaults)."""
    number = int(derived_guid(vault.lower()).replace("-", "")[:15], 16)
    return asr_error(
        400,
        "BadRequest",
        f"The resource with ID {number} isn't registered with the service.",
        code="SubscriptionIdNotRegisteredWithSrs",
        causes="The operation failed due to an internal error.",
        action="Retry the last action. If the issue persists, contact Support.",
    )


def arm_resource_not_found(kind: str, name: str, group: str) -> ServiceError:
    """404 for an ARM resource such as a vault (recorded). `kind` is like `Microsoft.RecoveryServices/vaults`."""
    return ServiceError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def resource_group_not_found(group: str) -> ServiceError:
    """404 for a resource group that is not there."""
    return ServiceError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def not_there(operation: str, reason: str) -> ServiceError:
    """501 for what the simulator does not do. It is never a plausible success."""
    return asr_error(
        501,
        "NotImplemented",
        f"The simulator does not carry out '{operation}': {reason}.",
        code="SimulatorOperationNotImplemented",
        causes="The operation is outside the Hyper-V site to Azure surface that is simulated.",
        action="See the parity table in docs/simulator.md.",
    )
