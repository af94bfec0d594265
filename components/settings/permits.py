"""What people declare beside the VMs: waivers, attestations, approvals, and a dismantling."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from components.settings.base import Instant, Model, ServiceName, Shape, VmName, Words
from components.settings.moves import JobId


class Attested(StrEnum):
    """Facts on premises that Azure cannot see."""

    NO_CHECKPOINTS = "noCheckpoints"
    SOURCE_OFF = "sourceOff"


class Permit(Model):
    """Something that a person answers for, about one VM, until a time."""

    vm: VmName
    """The VM: a name in `vms`."""
    until: Instant
    """Valid until this time, with its zone."""

    def holds(self, vm: str, now: datetime) -> bool:
        """Whether it is about `vm` and has not run out at `now` (the service's clock, with its zone)."""
        return self.vm == vm and now < self.until


class Waiver(Permit):
    """Turns a waivable blocker of one VM into a warning, which stays visible."""

    code: Annotated[StrictStr, Shape("[a-z][A-Za-z0-9]*", "a blocker's code", "copy it from the preview: maxDataLoss")]
    """The blocker's code, as the preview shows it."""
    reason: Words
    """Why, for those who read it later."""


class Attestation(Permit):
    """A person states what Azure cannot see."""

    what: Attested
    """`noCheckpoints`: the on-premises VM has no checkpoints. `sourceOff`: the on-premises VM is off and stays off."""
    failover_job: JobId | None = None
    """`sourceOff` after an unplanned failover that has not shut the on-premises VM down: the failover's job, as WAITING
    prints it. Without it the statement lets no failover be committed, and with it no other one."""
    by: Words
    """Who states it."""


class Approval(Permit):
    """Allows the irreversible steps of one move, where `requireApproval` asks for it."""

    digest: Annotated[StrictStr, Shape("[0-9A-Za-z:_-]{8,128}", "an approval's digest", "copy it from the preview")]
    """What is approved, as the preview prints it: VM, goal, place and jobs at the start, steps, worst data loss."""
    by: Words
    """Who approves."""


class Dismantle(Model):
    """Lets the next `pulumi up` and `pulumi destroy` take the estate apart; written twice, as it cannot be undone."""

    vault: ServiceName
    """Name of the vault."""
    confirm: ServiceName
    """Name of the vault, again."""


MaxMoves = Annotated[StrictInt, Field(ge=1, le=10000)]
