"""What people have to state because Azure cannot see it: asked for in the stack, with a name and until when.

A warning asks, since one edited line is all that a failover takes; where the stack wants attestations
(`requireAttestations`), what is missing stands in the way.
"""

from collections.abc import Iterator

from lifecycle.blockers import Blocker, Code
from lifecycle.data_loss import begins_failover
from lifecycle.directions import Place
from lifecycle.observation import Observation
from lifecycle.permits import Attested, Permits
from lifecycle.planner import SOURCE_MAY_RUN, Plan, failover_to_commit
from lifecycle.quoting import in_a_list
from lifecycle.steps import Step

_WORDS = {
    Attested.NO_CHECKPOINTS: "Azure cannot see whether the on-premises VM has checkpoints: delete them, and state it",
    Attested.SOURCE_OFF: "Azure cannot see whether the on-premises VM is off from the reprotection on: see to it, and "
    "state it",
}


def asked_for(seen: Observation, due: Plan, permits: Permits) -> Iterator[tuple[Attested, str]]:
    """What nobody has stated and the steps of `due` depend on, with the words that ask for it. What can only be stated
    later is not among them: that the VM is off, before the failover has turned it off."""
    for what in _depends_on(due):
        # Where the commit waits for a statement, one that is there already is not about this failover.
        waits = what is Attested.SOURCE_OFF and any(planned.waits == SOURCE_MAY_RUN for planned in due.steps)
        if waits or permits.attestation(what, seen.at, seen.last_failover_job) is None:
            yield what, f"{_WORDS[what]} ({_entry(what, seen, due)})"


def attestation_blockers(seen: Observation, due: Plan, permits: Permits) -> Iterator[Blocker]:
    """The same as blockers, where the stack wants it."""
    if not permits.require_attestations:
        return
    for what, _ in asked_for(seen, due, permits):
        if stands_in_the_way(what, due):
            yield Blocker(
                Code.ATTESTATION,
                seen.vm,
                cause=f"nobody has stated {what} of {seen.vm}, which Azure cannot see and this stack wants stated",
                mend=f"see to it, and write `{_entry(what, seen, due)}`",
            )


def stands_in_the_way(what: Attested, due: Plan) -> bool:
    return what is Attested.NO_CHECKPOINTS or due.goal.runs is Place.ON_PREMISES


def _depends_on(due: Plan) -> Iterator[Attested]:
    if begins_failover(due):
        yield Attested.NO_CHECKPOINTS
    if _fails_over(due):
        return
    if any(planned.step in {Step.REPROTECT, Step.SYNCHRONIZE} for planned in due.steps):
        yield Attested.SOURCE_OFF


def _fails_over(due: Plan) -> bool:
    """Whether the failover is still to be made, or to end."""
    return any(planned.step is Step.FAILOVER for planned in due.steps)


def _entry(what: Attested, seen: Observation, due: Plan) -> str:
    made = failover_to_commit(seen, due.stage) if what is Attested.SOURCE_OFF else None
    about = f", failoverJob: {made.id}" if made is not None else ""
    return f"attestations: [{{vm: {in_a_list(seen.vm)}, what: {what.value}{about}, by: WHO, until: TIME}}]"
