"""Whether a move may begin: blockers, what of them is waived, warnings, the approval, and the word for all of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lifecycle.approval import Approvable, approvable
from lifecycle.attested import attestation_blockers
from lifecycle.blockers import Blocker, Code, Mode
from lifecycle.data_loss import DataLoss, expected_loss
from lifecycle.declared import Declared
from lifecycle.observation import Observation
from lifecycle.permits import Approval, Permits, Waiver
from lifecycle.planner import Plan
from lifecycle.preconditions import preconditions
from lifecycle.quoting import in_a_list
from lifecycle.unseen import Unseen
from lifecycle.warnings import Notice, Warned, warnings


class Verdict(StrEnum):
    GO = "GO"
    GO_WITH_WAIVERS = "GO WITH WAIVERS"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True)
class Waived:
    """A blocker that a waiver has turned into a warning."""

    blocker: Blocker
    waiver: Waiver


@dataclass(frozen=True)
class Assessment:
    """Everything that decides about one VM's move. `approval` is the one that holds, None where none does."""

    blockers: tuple[Blocker, ...]
    waived: tuple[Waived, ...]
    warnings: tuple[Warned, ...]
    loss: DataLoss
    approvable: Approvable | None
    approval: Approval | None

    @property
    def verdict(self) -> Verdict:
        if self.blockers:
            return Verdict.BLOCKED
        return Verdict.GO_WITH_WAIVERS if self.waived else Verdict.GO


def assess(
    seen: Observation,
    due: Plan,
    declared: Declared,
    found: Iterable[Blocker] = (),
    unseen: Iterable[Unseen] = (),
) -> Assessment:
    """Judges the steps of `due`. `found` are blockers that others have found: of the stack, of requirements; `unseen`
    is what they could not see.

    Raises nothing. The clock is the observation's, which is the service's.
    """
    loss = expected_loss(seen, due, declared.options)
    mode = Mode.of(due.goal, declared.options)
    all_found = (
        *due.blockers,
        *found,
        *preconditions(seen, due, declared.options, loss),
        *attestation_blockers(seen, due, declared.permits),
    )
    stopping = [blocker for blocker in all_found if mode in blocker.rule.modes]
    warned = [Warned(blocker.code, blocker.cause) for blocker in all_found if mode not in blocker.rule.modes]
    waived = tuple(_waived(stopping, declared.permits, seen))
    gone = {id(each.blocker) for each in waived}
    blockers = [blocker for blocker in stopping if id(blocker) not in gone]
    wanted = _to_approve(seen, due, declared) if due.irreversible else None
    approval = declared.permits.approval(wanted.digest, seen.at) if wanted else None
    if wanted and approval is None and declared.permits.require_approval:
        blockers.append(_unapproved(seen.vm, due, wanted))
    warned += warnings(seen, due, declared, loss, unseen)
    warned += [_as_warning(each) for each in waived]
    return Assessment(tuple(blockers), waived, tuple(warned), loss, wanted, approval)


def _to_approve(seen: Observation, due: Plan, declared: Declared) -> Approvable:
    permits = declared.permits
    waived = any(each.code in _OF_THE_LOSS for each in permits.waivers)
    return approvable(seen, due.goal, declared.options, permits.landing, loss_waived=waived)


_OF_THE_LOSS = {Code.DATA_LOSS.value, Code.DATA_LOSS_UNKNOWN.value}


def _waived(blockers: list[Blocker], permits: Permits, seen: Observation) -> Iterable[Waived]:
    for blocker in blockers:
        waiver = permits.waiver(blocker.code.value, seen.at) if blocker.rule.waivable else None
        if waiver is not None:
            yield Waived(blocker, waiver)


def _as_warning(waived: Waived) -> Warned:
    waiver = waived.waiver
    text = (
        f"{waived.blocker.code} is waived until {waiver.until:%F %H:%M} UTC ({waiver.reason}): {waived.blocker.cause}"
    )
    return Warned(Notice.WAIVED, text, critical=True)


def _unapproved(vm: str, due: Plan, wanted: Approvable) -> Blocker:
    steps = ", ".join(due.irreversible)
    return Blocker(
        Code.APPROVAL,
        vm,
        cause=f"{vm} has a step that cannot be undone ({steps}), and no approval of this move holds",
        mend=f"have the move approved: `approvals: [{{vm: {in_a_list(vm)}, digest: {wanted.digest}, by: WHO, until: "
        f"TIME}}]` (it covers {' -> '.join(wanted.steps)}, as far as they are due, from {wanted.starts}, data loss "
        f"accepted: {wanted.worst_loss})",
    )
