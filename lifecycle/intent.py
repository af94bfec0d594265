"""When a VM may move at all: only when its declared direction differs from the one last applied.

`applied` is kept beside the declaration and is changed by a finished move or an adoption alone. Without it, a failover
made by hand in the portal, followed by a refresh and an unrelated `up`, could not be told from a flip in the stack
file: the tool would fail the VM back behind the operator's back.
"""

from dataclasses import dataclass
from enum import StrEnum

from lifecycle.directions import Direction, Place
from lifecycle.observation import FAILOVER_SCENARIOS, Job, Observation, Owner, Scenario
from lifecycle.options import MoveOptions
from lifecycle.planner import Plan, is_at_goal, is_halfway_back, plan
from lifecycle.stages import WORDS, Stage
from lifecycle.ways_out import no_way_on


class Decision(StrEnum):
    """What an `up` does with one VM."""

    NOTHING = "nothing"
    MOVE = "move"
    ADOPT = "adopt"
    HELD = "held"


@dataclass(frozen=True)
class Intent:
    """The decision, the plan it rests on, and for a held VM the sentence that says why and the two ways on."""

    decision: Decision
    plan: Plan
    why: str = ""


def decide(seen: Observation, declared: Direction, applied: Direction | None, options: MoveOptions) -> Intent:
    """What an `up` may do with a VM.

    `applied` is None for a direction that is declared for the first time. Raises nothing.
    """
    due = plan(seen, declared, options)
    place = where_it_runs(seen)
    if applied is None:
        return _first_time(seen, declared, due, place)
    if declared is applied and not _goes_on_for_somebody(seen, declared, due.stage):
        return _standing(seen, declared, due, place, options)
    if place is declared.runs and _somebody_else_brought_it(seen) and not _moves_away(due.stage):
        return Intent(Decision.ADOPT, due, _adopted(seen, declared, due))
    if due.reached:
        return Intent(Decision.ADOPT, due, f"{seen.vm} {WORDS[due.stage]} already; no step is taken")
    return Intent(Decision.MOVE, due)


def where_it_runs(seen: Observation) -> Place:
    """The place where the VM is active. Before the service says anything it can only be on premises."""
    return seen.active or Place.ON_PREMISES


def _goes_on_for_somebody(seen: Observation, declared: Direction, stage: Stage) -> bool:
    """Whether a job was taken over that leads where the VM is declared to run.

    The line that takes a job over stays in the stack file long after the job; a failover that was taken over is no
    leave to bring the VM back.
    """
    taken = [job for job in (seen.job, seen.brought_here) if job is not None and job.owner is Owner.TAKEN_OVER]
    leads_there = any((_leads_to(job) or where_it_runs(seen)) is declared.runs for job in taken)
    return leads_there and not is_halfway_back(stage, declared)


def _leads_to(job: Job) -> Place | None:
    """Where a job brings the VM; None for one that leaves it where it is."""
    if job.scenario in FAILOVER_SCENARIOS:
        return Place.AZURE
    return Place.ON_PREMISES if job.scenario == Scenario.FAILBACK else None


def _somebody_else_brought_it(seen: Observation) -> bool:
    return seen.brought_here is not None and seen.brought_here.owner is Owner.SOMEBODY_ELSE


def _moves_away(stage: Stage) -> bool:
    return stage in {Stage.FAILING_OVER, Stage.SYNCHRONIZING, Stage.WAITING_TO_COMPLETE, Stage.COMPLETING_FAILBACK}


def _first_time(seen: Observation, declared: Direction, due: Plan, place: Place) -> Intent:
    if place is declared.runs:
        return Intent(Decision.ADOPT, due, _adopted(seen, declared, due) if not due.reached else "")
    return Intent(
        Decision.HELD,
        due,
        f"{seen.vm} {WORDS[due.stage]}, but its direction is declared for the first time as {declared}. A first "
        f"declaration moves nothing: declare direction {Direction.of(place)}, run `pulumi up --strict`, then change it",
    )


def _standing(seen: Observation, declared: Direction, due: Plan, place: Place, options: MoveOptions) -> Intent:
    if place is declared.runs and (is_at_goal(due.stage, declared) or due.stage in _PASSING):
        return Intent(Decision.NOTHING, due)
    if due.stage in {Stage.BOTH_RUNNING, Stage.NEITHER_RUNNING}:
        facts = no_way_on(seen, due.stage)
        return Intent(Decision.HELD, due, f"{facts.cause}. No step is taken. To go on: {facts.mend}")
    found = f"{seen.vm} {WORDS[due.stage]}, but direction {declared} is what was last applied"
    if place is declared.runs and is_halfway_back(due.stage, declared):
        # A move of ours whose declaration was taken back, or somebody's that has just begun: only its own end helps.
        there = declared.other
        ways = (
            f"to finish the move, declare direction {there} and run `pulumi up --strict`; to bring the VM back, "
            f"declare {declared} again after that"
        )
    elif place is declared.runs:
        job = next((j for j in (seen.job, seen.brought_here) if j and j.owner is Owner.SOMEBODY_ELSE), None)
        ways = _finish_or_take_over(seen.vm, job)
    elif seen.job is not None and seen.job.running and _leads_to(seen.job) is declared.runs:
        # On its way to where it is declared to run: neither direction can be declared anew before its end.
        ways = _finish_or_take_over(seen.vm, seen.job)
    else:
        there = Direction.of(place)
        rest = () if _somebody_else_brought_it(seen) else plan(seen, there, options).names
        then = f"goes on with {', '.join(rest)}" if rest else "takes no step"
        ways = (
            f"if it is to stay there, declare direction {there} (`pulumi up` then {then}); "
            f"if it is to come back, declare {there} first, run `pulumi up --strict`, then declare {declared} again"
        )
    return Intent(Decision.HELD, due, f"{found}. No step is taken. {ways[0].upper()}{ways[1:]}")


def _finish_or_take_over(vm: str, job: Job | None) -> str:
    ways = "finish or undo it in Azure"
    if job is None:
        return ways
    return (
        f"{ways}, or let this tool go on from there: "
        f"`pulumi config set --path 'site-recovery:vms[\"{vm}\"].takeOver' {job.id}`"
    )


# Passing states at the declared place that nobody has to hear of as held.
_PASSING = {Stage.SETTLING, Stage.BUSY, Stage.REVERSE_REPLICATING, Stage.REPROTECTING}


def _adopted(seen: Observation, declared: Direction, due: Plan) -> str:
    left = ""
    if _moves_away(due.stage):
        left = "; the move that is under way leads away from there, and is left to whoever began it"
    elif due.names:
        left = f"; still open there: {', '.join(due.names)}"
        job = seen.brought_here
        if job is not None:
            left += (
                " (finish it in Azure, or let this tool go on: "
                f"`pulumi config set --path 'site-recovery:vms[\"{seen.vm}\"].takeOver' {job.id}`)"
            )
    return f"{seen.vm} {WORDS[due.stage]}: direction {declared} is adopted, no step is taken{left}"
