"""What stands in the way of a declared move: stable codes, their rules, and one written message for each occurrence.

A blocker is collected, never thrown: a preview shows every VM's blockers at once. `RULES` says for each code in which
kinds of move it stops; in the others it is a warning with the same words. docs/blockers.md is made from it
(`python -m dr rules`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lifecycle.directions import Direction, Place
from lifecycle.options import FailoverMode, MoveOptions


class Code(StrEnum):
    """Stable: pipelines and waivers name them."""

    NOT_FOUND = "notFound"
    NOT_PROTECTED = "notProtected"
    TEST_FAILOVER_ACTIVE = "testFailoverActive"
    JOB_RUNNING = "jobRunning"
    SETTLING = "settling"
    UNFINISHED_MOVE = "unfinishedMove"
    NOT_OURS = "notOurs"
    BOTH_RUNNING = "bothRunning"
    NEITHER_RUNNING = "neitherRunning"
    UNKNOWN_STATE = "unknownState"
    UNREACHABLE = "unreachable"
    FIRST_DIRECTION = "firstDirection"
    FREEZE = "freeze"
    TOO_MANY_MOVES = "maxMoves"
    BOTH_WAYS = "bothWays"
    WINDOW_PASSED = "windowPassed"
    RECOVERY_POINT_GONE = "recoveryPointGone"
    NO_RECOVERY_POINT = "noRecoveryPoint"
    REPLICATION_UNHEALTHY = "replicationUnhealthy"
    RESYNCHRONIZATION = "resynchronization"
    PROVIDER_SILENT = "providerSilent"
    COMMIT_WITHOUT_HOST = "commitWithoutHost"
    DATA_LOSS = "maxDataLoss"
    DATA_LOSS_UNKNOWN = "dataLossUnknown"
    AZURE_VM_NOT_SEEN = "azureVmNotSeen"
    MISSING_NETWORK = "missingNetwork"
    MISSING_TARGET = "missingTarget"
    SUBNET_FULL = "subnetFull"
    ADDRESS_TAKEN = "addressTaken"
    NAME_TAKEN = "nameTaken"
    MISSING_STORAGE = "missingStorageAccount"
    REQUIREMENT = "azureRequirement"
    MANAGED_DISKS = "managedDisks"
    ATTESTATION = "attestationMissing"
    APPROVAL = "approvalMissing"
    OPERATION_NOT_OFFERED = "operationNotOffered"


class Mode(StrEnum):
    """The three kinds of move, as far as blockers tell them apart."""

    PLANNED = "planned failover"
    UNPLANNED = "unplanned failover"
    FAILBACK = "failback"

    @classmethod
    def of(cls, goal: Direction, options: MoveOptions) -> "Mode":
        if goal.runs is Place.ON_PREMISES:
            return cls.FAILBACK
        return cls.PLANNED if options.mode is FailoverMode.PLANNED else cls.UNPLANNED


_ALWAYS = frozenset(Mode)
_TO_AZURE = frozenset({Mode.PLANNED, Mode.UNPLANNED})
# A dead site answers nothing: what rests on its answers never stops an unplanned failover.
_SITE_ANSWERS = frozenset({Mode.PLANNED, Mode.FAILBACK})


@dataclass(frozen=True)
class Rule:
    """What a code means: the thing that is in the way, when it stops, and whether a waiver can turn it to a warning."""

    meaning: str
    object: str
    mend: str
    modes: frozenset[Mode] = _ALWAYS
    waivable: bool = False


_ITEM, _HOST, _STACK, _VM = "the protected item", "the Hyper-V host", "the stack", "the VM"

RULES: Mapping[Code, Rule] = {
    Code.NOT_FOUND: Rule(
        "The VM has no protected item in the vault (any more).", _ITEM, "Run `pulumi refresh`, then protect it again."
    ),
    Code.NOT_PROTECTED: Rule(
        "The VM does not replicate, or not yet: there is nothing to fail over to.",
        _ITEM,
        "Wait for the initial replication; after a cancelled failover, disable and enable replication anew.",
    ),
    Code.TEST_FAILOVER_ACTIVE: Rule(
        "A test failover waits for its clean-up; the service offers nothing else until then.",
        _ITEM,
        "Clean the test failover up.",
    ),
    Code.JOB_RUNNING: Rule("Another job of the service is at work on the VM.", _ITEM, "Wait until it has ended."),
    Code.SETTLING: Rule(
        "A job has just ended and the item does not show its result yet.", _ITEM, "Preview again in a minute."
    ),
    Code.UNFINISHED_MOVE: Rule(
        "A move the other way is not finished. It is brought to its end first, never turned around half-way.",
        _ITEM,
        "Declare that direction, run `pulumi up --strict`, then change the direction again. Not where a failback waits "
        "for its commit and the site is lost: the commit deletes the safety copy in Azure, so start that instead.",
    ),
    Code.NOT_OURS: Rule(
        "A failover or failback in progress was started by somebody else: it is not ours to commit or complete.",
        "the job",
        "Let them finish it, or take it over with `takeOver: JOB_ID`.",
    ),
    Code.BOTH_RUNNING: Rule(
        "Both copies of the VM run. Highest rank: whatever is written now is lost in one of them.",
        _VM,
        "Decide which copy is the true one and turn the other off. Where the Azure VM was started as the safety copy "
        "of a site that is lost: docs/worst-day.md.",
    ),
    Code.NEITHER_RUNNING: Rule(
        "Neither copy of the VM runs. Highest rank.",
        _VM,
        "Start the Azure VM if it is the true copy. Where there is none, since a change of the recovery point failed, "
        "do not commit: change the recovery point, which makes it anew.",
    ),
    Code.UNKNOWN_STATE: Rule(
        "What the service says of the VM fits no row of the known states.", _ITEM, "Look at the item in Azure."
    ),
    Code.UNREACHABLE: Rule(
        "The service could not be asked about the VM. A move fails closed; a VM that does not move only warns.",
        "the service",
        "Mend what the message says, then preview again.",
    ),
    Code.FIRST_DIRECTION: Rule(
        "The direction is declared for the first time, and it is not the one in which the VM runs.",
        _STACK,
        "Declare the direction in which it runs, run `pulumi up --strict`, then change it.",
    ),
    Code.FREEZE: Rule("All moves of the stack are frozen, with a reason.", _STACK, "Take `site-recovery:freeze` out."),
    Code.TOO_MANY_MOVES: Rule("More VMs would move than maxMoves allows.", _STACK, "Flip fewer, or raise maxMoves."),
    Code.BOTH_WAYS: Rule(
        "VMs would move both ways in one `up`.", _STACK, "Change one direction at a time, each in an `up` of its own."
    ),
    Code.WINDOW_PASSED: Rule(
        "The time window for completing the failback has closed.",
        _STACK,
        "Write a window that is open or still to come (failback.completion).",
        frozenset({Mode.FAILBACK}),
    ),
    Code.RECOVERY_POINT_GONE: Rule(
        "The recovery point that is declared is not there (any more).",
        "the recovery point",
        "Choose another (failover.recoveryPoint, failover.changeRecoveryPoint).",
        _TO_AZURE,
    ),
    Code.NO_RECOVERY_POINT: Rule(
        "There is no recovery point at all, or the service did not list any: nothing to start the VM from.",
        "the recovery points",
        "Wait for the first recovery point; see that the VM replicates.",
        _TO_AZURE,
    ),
    Code.REPLICATION_UNHEALTHY: Rule(
        "The service calls the VM's replication critical.",
        _ITEM,
        "Mend the replication, or waive this.",
        _SITE_ANSWERS,
        waivable=True,
    ),
    Code.RESYNCHRONIZATION: Rule(
        "The VM has to be resynchronized: what is in Azure has fallen too far behind to be brought up by deltas.",
        _ITEM,
        "Resynchronize it in Azure and wait until it is healthy.",
        _SITE_ANSWERS,
        waivable=True,
    ),
    Code.PROVIDER_SILENT: Rule(
        "The Site Recovery provider on the host is not connected, and the move needs the host.",
        _HOST,
        "Bring the host back. Out of a site that is lost, a failover to Azure goes with failover.mode: unplanned.",
        _SITE_ANSWERS,
    ),
    Code.COMMIT_WITHOUT_HOST: Rule(
        "The Site Recovery provider on the host is not connected, and the commit of a failback deletes the Azure VM "
        "and its disks, which may be the last copy.",
        _HOST,
        "Bring the host back; or see for yourself that the on-premises VM runs with all its data, and waive this. If "
        "the site is lost, do not commit (docs/worst-day.md).",
        frozenset({Mode.FAILBACK}),
        waivable=True,
    ),
    Code.DATA_LOSS: Rule(
        "More would be lost than maxDataLossMinutes allows, from the chosen recovery point to the source's last sign "
        "of life.",
        "the recovery point",
        "Choose a later recovery point, raise maxDataLossMinutes, or waive this.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.DATA_LOSS_UNKNOWN: Rule(
        "maxDataLossMinutes is declared, and Azure could not be asked when the source last lived, so nobody can say "
        "whether it is kept. What a dead site does not answer, or one of which only some hosts are silent, is no such "
        "case: Azure answers for it, and the failover is warned.",
        "the service",
        "Preview again; where it stays so and the VM has to move, waive this.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.AZURE_VM_NOT_SEEN: Rule(
        "Whether the Azure VM runs could not be read, so nobody can say that not both copies run, or neither: a "
        "planned move fails closed. An unplanned failover is warned; no commit is made before Azure has answered.",
        "the Azure VM",
        "Let the identity read the VM, and preview again; or look at the VM in Azure, and waive this.",
        _SITE_ANSWERS,
        waivable=True,
    ),
    Code.MISSING_NETWORK: Rule(
        "The VM has no network in Azure: it would start without an address, and nobody would reach it.",
        "the Azure network",
        "Write target.network and target.subnet.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.MISSING_TARGET: Rule(
        "The resource group or the availability set that the VM is to start in is not in Azure: its failover would "
        "fail when its on-premises VM is off already.",
        "the Azure VM's place",
        "Make it again, or write another target.resourceGroup or target.availabilitySet and run `pulumi up --strict` "
        "first.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.SUBNET_FULL: Rule(
        "The subnet in which the VM is to start has no free address left for it, with the other VMs that would move: "
        "its failover would fail when its on-premises VM is off already.",
        "the Azure network",
        "Write another target.subnet or give the subnet a larger prefix and run `pulumi up --strict` first, move fewer "
        "VMs, or waive this where addresses become free.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.ADDRESS_TAKEN: Rule(
        "Something else in Azure has the static address that the VM is to have: its failover would fail when its "
        "on-premises VM is off already.",
        "the Azure network",
        "Write another target.staticIp and run `pulumi up --strict` first, take the address off what has it, or waive "
        "this where it becomes free.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.NAME_TAKEN: Rule(
        "The resource group has an Azure VM of the name already that the VM is to have: the service would give it "
        "another name, and whether it runs would be asked of the wrong one.",
        "the Azure VM",
        "Write another target.name and run `pulumi up --strict` first, or delete that VM if it is a leftover.",
        _TO_AZURE,
        waivable=True,
    ),
    Code.MISSING_STORAGE: Rule(
        "The VM has no managed disks and no storage account to keep its disks in.",
        "the storage account",
        "Write target.storageAccount.",
        _TO_AZURE,
    ),
    Code.REQUIREMENT: Rule(
        "The VM does not meet what Azure requires of it (docs/requirements.md).",
        _VM,
        "Change the VM or its target; a VM that fails over all the same is waived.",
        frozenset({Mode.PLANNED}),
        waivable=True,
    ),
    Code.MANAGED_DISKS: Rule(
        "The VM has managed disks, and this vault wants VMs reprotected before failing back: a service that does that "
        "refuses to fail managed disks back.",
        "the disks",
        "Fail back by other means, or waive this where the provider on the host is new enough.",
        frozenset({Mode.FAILBACK}),
        waivable=True,
    ),
    Code.ATTESTATION: Rule(
        "The stack wants attestations (requireAttestations), and nobody has stated what Azure cannot see: before a "
        "planned failover that the VM has no checkpoints, before a failback that it is off on premises.",
        _VM,
        "See to it, and add the entry that the message prints to `attestations`.",
        _SITE_ANSWERS,
        waivable=True,
    ),
    Code.APPROVAL: Rule(
        "The stack wants an approval for irreversible steps, and this move has none that holds.",
        _STACK,
        "Add the entry that the message prints to `approvals`.",
    ),
    Code.OPERATION_NOT_OFFERED: Rule(
        "The service does not offer the operation of the next step at this moment.",
        _ITEM,
        "Preview again; if it stays so, look at the item in Azure.",
    ),
}


@dataclass(frozen=True)
class Blocker:
    """One thing in the way of one VM. `cause` says what and where the VM stands, `mend` what to do."""

    code: Code
    vm: str
    cause: str
    mend: str

    @property
    def rule(self) -> Rule:
        return RULES[self.code]

    @property
    def message(self) -> str:
        return f"BLOCKED {self.code}: {self.cause}. To go on: {self.mend}."

    def as_input(self) -> dict[str, str]:
        """Plain values for a resource's inputs."""
        return {"vm": self.vm, "code": self.code.value, "cause": self.cause, "mend": self.mend}
