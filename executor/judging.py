"""Whether a move may begin: judged in a preview, and again just before its first call, in the same words.

An observation does not tell all of it. What is read beside it (the network that the VM is to start in, what its host
knows of it) is read here, for `pulumi up` and for break-glass alike.
"""

from collections.abc import Iterable
from dataclasses import replace

from executor.address_checks import taken_addresses
from executor.landing_checks import checked_landing
from executor.name_checks import taken_name
from executor.requirement_checks import checked_requirements
from executor.subnet_room import without_room
from executor.survey import Survey
from lifecycle.blockers import Blocker
from lifecycle.data_loss import begins_failover, rests_on_the_interval
from lifecycle.declared import Declared
from lifecycle.directions import Place
from lifecycle.observation import Observation
from lifecycle.planner import Plan
from lifecycle.unseen import Findings
from lifecycle.verdict import Assessment, assess


def judged(
    survey: Survey, seen: Observation, due: Plan, declared: Declared, of_the_stack: Iterable[Blocker]
) -> Assessment:
    """Judges the steps of `due`. `seen` has its host (with_host); `of_the_stack` are blockers of no one VM."""
    if not begins_failover(due):
        return assess(seen, due, declared, of_the_stack)
    found = Findings.of(checked_landing(survey, seen), checked_requirements(survey, seen), _taken(survey, seen))
    blockers = [*of_the_stack, *found.blockers]
    assessment = assess(seen, due, declared, blockers, found.unseen)
    # Only a VM that nothing else stops takes an address from the others.
    if assessment.blockers or seen.landing is None:
        return assessment
    full = tuple(without_room(survey, seen.vm, seen.landing))
    return assess(seen, due, declared, [*blockers, *full], found.unseen) if full else assessment


def _taken(survey: Survey, seen: Observation) -> Findings:
    if seen.landing is None:
        return Findings()
    return Findings.of(taken_name(survey, seen.vm, seen.landing), taken_addresses(survey, seen.vm, seen.landing))


def judged_again(
    survey: Survey,
    seen: Observation,
    due: Plan,
    declared: Declared,
    of_the_stack: Iterable[Blocker],
    *,
    patient: bool = False,
) -> Assessment:
    """The same just before the move begins, however long ago it was previewed, or in its middle. What the planner
    itself finds is left out: the executor judges that by itself at every step. Who is `patient` gets the error where
    the service does not say just now whether the host is connected.
    """
    survey.look_again()
    hosted = with_host(survey, seen, due, declared, patient=patient)
    return judged(survey, hosted, replace(due, blockers=()), declared, of_the_stack)


def with_host(
    survey: Survey, seen: Observation, due: Plan, declared: Declared, *, patient: bool = False
) -> Observation:
    """`seen` with what is known of the host that the steps of `due` need: its own, or the one to fail back to; and of
    how often it sent its changes, where it is that which tells what would be lost."""
    host = declared.options.host_needed(failback=due.goal.runs is Place.ON_PREMISES)
    hosted = survey.with_host(seen, host=host, patient=patient)
    return survey.with_policy(hosted) if rests_on_the_interval(hosted, due, declared.options) else hosted
