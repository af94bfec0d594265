"""What Site Recovery refuses, and in which of its two ways.

Where the real body is recorded, it is given at once. Elsewhere the world's setting decides: at once with the envelope,
or 202 and a job whose prerequisites task fails. Codes that begin with `Simulator` are ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from simulator.asr.records import ProtectedItem
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Action, Operation, row
from simulator.errors import AsyncError, ServiceError, asr_error
from simulator.inventory import HostVm
from simulator.store import Document
from simulator.world import Refusal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]")
BUSY = "SimulatorOperationInProgress"


def at_once(asr: SiteRecovery, refused: AsyncError | None) -> None:
    """Raise a refusal now, if that is how this world refuses."""
    if refused is None or asr.world.settings.refusal is not Refusal.AT_ONCE:
        return
    status, code = (409, "Conflict") if refused.service_code == BUSY else (400, "BadRequest")
    raise asr_error(
        status,
        code,
        refused.message,
        code=refused.service_code,
        causes=refused.possible_causes,
        action=refused.recommended_action,
    )


def wrong_direction() -> ServiceError:
    """A direction that does not fit where the virtual machine is active (recorded)."""
    return asr_error(
        400,
        "BadRequest",
        "Invalid failover direction was specified. Verify input and try operation again.",
        code="InvalidFailoverDirection",
        causes="Invalid parameters were specified.",
        action="Verify the input and try again.",
    )


def bad_provider_input() -> ServiceError:
    """A part for the replication provider that is missing, or of no provider the service knows (number and sentence as
    seen in a public report).
    """
    return asr_error(
        400,
        "BadRequest",
        "An invalid parameter ReplicationProviderInput was passed.",
        code="506",
        causes="Parameter value is not correct for this action.",
        action="Correct the parameter value and retry the last action. If the issue persists, contact Support.",
    )


def check_name(name: str) -> None:
    """Refuse the name of something new that does not fit the service's pattern. The pattern is published for sites and
    protected items, the body of the refusal for nothing.
    """
    if _NAME.fullmatch(name):
        return
    raise asr_error(
        400,
        "BadRequest",
        f"The resource name '{name}' is not valid: letters, digits and hyphens, with no hyphen at either end.",
        code="SimulatorInvalidResourceName",
        causes=f"The name does not match the pattern ^{_NAME.pattern}$.",
        action="Choose another name.",
    )


def policy_failed(why: str) -> AsyncError:
    """A policy with settings that the service does not take (number and sentence as seen in a public report)."""
    return AsyncError(
        "150261", "Replication policy creation failed.", why, "Correct the policy's settings, and try again."
    )


def busy(item: ProtectedItem) -> AsyncError:
    """Another job works on the item."""
    return AsyncError(
        BUSY,
        f"The operation cannot be started, because another operation is in progress on '{item.name}'.",
        f"The job '{item.job}' has not finished.",
        "Wait until the job has finished, and try again.",
    )


def not_allowed(asr: SiteRecovery, item: ProtectedItem, operation: Operation) -> AsyncError:
    """The item's state does not offer the operation."""
    shown = row(item.standing, asr.world.settings.profile)
    allowed = ", ".join(one.value for one in shown.allowed) or "nothing"
    return AsyncError(
        "SimulatorOperationNotAllowed",
        f"The operation '{operation.value}' is not allowed on '{item.name}' in its present state "
        f"('{shown.protection_state}', active at '{shown.active.value}').",
        f"In this state the protected item allows: {allowed}.",
        "Bring the protected item into a state that allows the operation.",
    )


def no_such_point(recovery_point: str) -> AsyncError:
    """A recovery point that the item does not have."""
    return AsyncError(
        "SimulatorRecoveryPointNotFound",
        f"The recovery point '{recovery_point.rsplit('/', 1)[-1]}' does not exist.",
        "The recovery point was pruned, deleted by a commit, or never existed.",
        "Choose one of the protected item's recovery points.",
    )


def managed_disks() -> AsyncError:
    """Failback of a virtual machine with managed disks, as of 2018."""
    return AsyncError(
        "SimulatorFailbackOfManagedDisks",
        "Managed disks aren't supported for failback from Azure to Hyper-V.",
        "The virtual machine was failed over with managed disks.",
        "Use unmanaged disks for virtual machines that have to fail back.",
    )


def unmanaged_disks() -> str:
    """Why disks in a storage account are not taken any more, as a reason."""
    return "Replication to a storage account is retired: only managed disks are offered."


def no_such_disk(name: str, disk: str) -> AsyncError:
    """An update names a disk that is not replicated."""
    return AsyncError(
        "SimulatorDiskNotFound",
        f"The disk '{disk}' is not one of the replicated disks of '{name}'.",
        "The disk does not exist, or it was left out when protection was enabled.",
        "Choose one of the protected item's disks.",
    )


def no_such_card(name: str, card: str) -> AsyncError:
    """An update names a network card that the machine does not have."""
    return AsyncError(
        "SimulatorNetworkCardNotFound",
        f"The network card '{card}' is not one of the network cards of '{name}'.",
        "The network card does not exist, or it was removed from the virtual machine.",
        "Choose one of the protected item's network cards, by its nicId.",
    )


def unmanaged_refused(name: str) -> AsyncError:
    """An update asks for disks in a storage account."""
    return AsyncError(
        "SimulatorUnmanagedDisksRetired",
        f"'{name}' cannot use unmanaged disks.",
        unmanaged_disks(),
        "Use managed disks.",
    )


def target_missing(name: str, what: str) -> AsyncError:
    """A machine cannot be made in Azure, because something of its target does not exist."""
    return AsyncError(
        "SimulatorTargetMissing",
        f"The virtual machine '{name}' could not be created in Azure: {what}",
        "The target of the protected item does not exist.",
        "Correct the target's settings, or bring back what was deleted.",
    )


def name_unavailable(name: str) -> Document:
    """The warning that a name in Azure is taken (recorded)."""
    return {"code": "28061", "message": f"The virtual machine name '{name}' is unavailable."}


def name_modified(asked: str, made: str) -> Document:
    """The warning that a machine was given another name (its beginning is recorded)."""
    return {"code": "28175", "message": f"The VM name '{asked}' was modified to '{made}', because it is not available."}


def source_running(name: str) -> AsyncError:
    """Reprotecting to on premises while the on-premises machine runs."""
    return AsyncError(
        "SimulatorOnPremisesMachineRunning",
        f"The on-premises virtual machine '{name}' is running.",
        "Replicating to a running virtual machine would destroy its data.",
        "Turn the on-premises virtual machine off, and try again.",
    )


def out_of_reach(vm: HostVm) -> AsyncError:
    """Nothing can be done to a virtual machine on premises: it is gone, or its host cannot be reached."""
    if not vm.deleted:
        return _unreachable(f"The Hyper-V host of '{vm.name}'")
    return AsyncError(
        "SimulatorOnPremisesMachineMissing",
        f"The virtual machine '{vm.name}' does not exist on its Hyper-V host any more.",
        "It was deleted there.",
        "Restore the virtual machine, or fail over from its recovery points, or disable its protection.",
    )


def host_unreachable(name: str) -> AsyncError:
    """A Hyper-V host cannot be reached."""
    return _unreachable(f"The Hyper-V host '{name}'")


def _unreachable(which: str) -> AsyncError:
    return AsyncError(
        "SimulatorHostUnreachable",
        f"{which} cannot be reached.",
        "The provider's heartbeat is missing, or the site is down.",
        "Bring the host and its provider back, and try again.",
    )


def item_gone() -> AsyncError:
    """A job that is restarted finds its item gone."""
    return AsyncError("SimulatorItemGone", "The protected item does not exist any more.")


def in_use(what: str, why: str) -> AsyncError:
    """What others rest on is not removed."""
    return AsyncError(
        "SimulatorResourceInUse",
        f"{what} cannot be removed, because {why}.",
        f"It is in use: {why}.",
        "Remove what uses it first.",
    )


def parts_gone(mapping: str) -> AsyncError:
    """The policy or the container of an association was removed before its job came to it."""
    return AsyncError(
        "SimulatorAssociationWithoutParts",
        f"The association '{mapping}' cannot be made, because its policy or its container does not exist any more.",
        "It was removed after the association was asked for.",
        "Make it again, and then the association.",
    )


def action_not_allowed(job: str, state: str, action: Action, allowed: Collection[Action]) -> AsyncError:
    """A job does not offer the action in its state."""
    return AsyncError(
        "SimulatorJobActionNotAllowed",
        f"The job '{job}' is in the state '{state}' and does not allow '{action}'.",
        f"Allowed actions: {', '.join(allowed) or 'none'}.",
        "Look at the job's state before acting on it.",
    )


def already_protected(name: str) -> AsyncError:
    """A machine that is protected already."""
    return AsyncError(
        "SimulatorAlreadyProtected",
        f"Protection of the virtual machine '{name}' is already enabled.",
        "A protected item exists for the virtual machine.",
        "Use the protected item that exists, or disable its protection first.",
    )


def enabling_failed(name: str, reason: str) -> AsyncError:
    """Protection cannot be enabled (service code and provider code as seen in public reports)."""
    return AsyncError(
        "70094",
        "Protection couldn't be enabled for the virtual machine.",
        reason,
        "Resolve the issue and enable protection again.",
        31389,
        f"Job 'Enabling Replication' ({name}) failed. {reason}",
    )
