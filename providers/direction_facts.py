"""What a check finds out about a direction, and what is kept of a VM afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.dynamic import CheckFailure

from executor.judging import judged, judged_again, with_host
from executor.move import Outcome
from executor.observe import Look
from executor.survey import survey_of
from lifecycle.blockers import Blocker, Code
from lifecycle.declared import Declared
from lifecycle.directions import Direction, Place
from lifecycle.impact import Impact, impact_of, standing_facts, standing_line
from lifecycle.impact_text import impact_text
from lifecycle.intent import Decision, Intent, decide, where_it_runs
from lifecycle.observation import Observation
from lifecycle.options import MoveOptions
from lifecycle.permits import Permits
from lifecycle.planner import Plan
from lifecycle.source_shutdown import both_may_run
from lifecycle.stack_limits import frozen
from lifecycle.stages import WORDS, stage_of
from lifecycle.targets import Targets
from lifecycle.verdict import Assessment, Verdict
from lifecycle.warnings import Notice
from providers.landing_to_come import after_the_update
from providers.left_out import say_left_alone
from providers.operation import Severity, current_operation
from providers.paint import painted
from providers.preview_notes import note
from providers.properties import changed_keys, plain
from providers.vault_access import service_of
from site_recovery.errors import AccessDeniedError, NotFoundError, SiteRecoveryError, WrongTargetError

COMPUTED = ("applied", "plan", "fromStage", "toStage", "irreversible", "blockers")
SETTINGS = ("settings", "itemId", "vm")
OUTPUTS = (
    *COMPUTED,
    "activeLocation",
    "stage",
    "stageText",
    "allowedOperations",
    "replicationHealth",
    "rpoSeconds",
    "lastJob",
    "held",
    "waiting",
    "verification",
    "lastMove",
    "lastRecoveryPoint",
)
_FIXED = ("target", "vault")


def malformed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[CheckFailure]:
    try:
        Direction(news.get("direction", ""))
        declared_of(news)
    except (ValueError, KeyError, TypeError) as error:
        return [CheckFailure("settings", f"{news.get('vm')}: {error}")]
    moved = changed_keys(olds, news, _FIXED) if olds.get("target") else []
    if moved:
        return [
            CheckFailure(
                moved[0],
                f"{news.get('vm')}: the {moved[0]} of a protected VM cannot be changed. Declare the VM in a stack of "
                "the other vault instead; removing it here changes nothing in Azure",
            )
        ]
    return []


def options_of(props: Mapping[str, Any]) -> MoveOptions:
    """The operator's choices for moving the VM."""
    return MoveOptions.from_inputs(props.get("settings") or {})


def declared_of(props: Mapping[str, Any]) -> Declared:
    """All that the stack declares about the VM's moves. Raises ValueError, KeyError or TypeError if malformed."""
    settings, permits = props.get("settings") or {}, props.get("permits") or {}
    return Declared(options_of(props), Permits.from_inputs(permits), Targets.from_inputs(settings))


def direction_of(value: Any) -> Direction | None:
    return Direction(value) if value else None


def not_yet(news: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a VM whose protected item does not exist yet: it can only begin on premises."""
    blockers: list[dict[str, str]] = []
    if Direction(news["direction"]) is not Direction.ON_PREMISES_TO_AZURE:
        blockers.append(_say_blocked(first_direction(news["vm"], still_to_begin(news["vm"]))))
    line = f"{news['vm']}: to be protected; nothing can be said of it yet"
    facts = {"vm": news["vm"], "direction": news["direction"], "decision": "new", "line": line, "blockers": blockers}
    note(news["vault"]["name"], news["vm"], facts)
    # An item that does not exist has never been failed over.
    applied = olds.get("applied") or Direction.ON_PREMISES_TO_AZURE.value
    return {"applied": applied, "plan": [], "fromStage": "", "toStage": "", "irreversible": [], "blockers": blockers}


def left_alone(news: Mapping[str, Any], olds: Mapping[str, Any], missing: Sequence[str]) -> dict[str, Any]:
    """Facts of a VM whose item failed in this `up`: the engine takes no step of its direction, nor is one planned."""
    moves = news["direction"] != olds.get("applied")
    consequence = f"No step towards {news['direction']} is taken" if moves else "It stays as it is"
    severity = Severity.ERROR if moves and olds.get("applied") else Severity.WARNING
    say_left_alone(news["vm"], missing, consequence, severity=severity)
    line = f"{news['vm']}: left alone, because its protected item failed in this `up`, or what that rests on"
    facts = {"vm": news["vm"], "direction": news["direction"], "decision": "unseen", "line": line}
    note(news["vault"]["name"], news["vm"], facts)
    stands = {"plan": [], "fromStage": "", "toStage": "", "irreversible": [], "blockers": []}
    return {**stands, "applied": olds.get("applied", "")}


def found_out(news: dict[str, Any], olds: dict[str, Any]) -> dict[str, Any]:
    goal, applied = Direction(news["direction"]), direction_of(olds.get("applied"))
    declared = declared_of(news)
    try:
        survey = survey_of(service_of(news))
        # Of a VM that changes only: what it would start from, and whether its Azure copy runs, where it has one. One
        # whose move somebody else began may change without a flip.
        may_move = (applied is not None and goal is not applied) or declared.options.take_over is not None
        look = Look(recovery_points=may_move and goal.runs is Place.AZURE, power=may_move)
        seen = survey.observe(news["itemId"], look, declared.options.take_over)
        if seen is None:
            return _unseen(news, olds, gone(news["vm"], news["itemId"]))
        seen = seen if may_move else survey.with_azure_vm(seen)
        intent = decide(seen, goal, applied, declared.options)
        if intent.decision is not Decision.MOVE:
            return _stays(news, olds, seen, intent)
        # Read of a VM that moves only. It decides nothing, but tells where the steps wait for a person.
        seen = with_host(survey, seen, intent.plan, declared)
        intent = decide(seen, goal, applied, declared.options)
        finished = survey.finished(seen.item_id, failbacks=goal.runs is Place.ON_PREMISES)
    except (WrongTargetError, AccessDeniedError):
        # Not an answer that is missing: a shell that is not this stack's.
        raise
    except SiteRecoveryError as error:
        return _unseen(news, olds, error)
    seen = after_the_update(seen)
    assessment = judged(survey, seen, intent.plan, declared, frozen(news["vm"], news.get("freeze")))
    return _moves(news, impact_of(seen, intent.plan, declared, assessment, finished))


def blockers_now(news: Mapping[str, Any], seen: Observation, due: Plan, *, patient: bool = False) -> Assessment:
    """The move judged again, just before it is begun or in its middle. What the planner itself finds is the executor's
    to judge. Raises only for who is `patient` (executor.judging)."""
    of_the_stack = frozen(news["vm"], news.get("freeze"))
    return judged_again(survey_of(service_of(news)), seen, due, declared_of(news), of_the_stack, patient=patient)


def _moves(news: Mapping[str, Any], impact: Impact) -> dict[str, Any]:
    due, assessment = impact.plan, impact.assessment
    note(news["vault"]["name"], news["vm"], {**impact.as_facts(), "text": impact_text(impact)})
    current_operation().say(_severity(assessment), impact_text(impact, painted))
    return {
        "applied": news["direction"],
        "plan": list(due.names),
        "fromStage": due.stage.value,
        "toStage": due.to_stage.value,
        "irreversible": list(due.irreversible),
        "blockers": [blocker.as_input() for blocker in assessment.blockers],
    }


def _severity(assessment: Assessment) -> Severity:
    if assessment.verdict is Verdict.BLOCKED:
        return Severity.ERROR
    return Severity.WARNING if any(warned.critical for warned in assessment.warnings) else Severity.INFO


def _stays(news: dict[str, Any], olds: dict[str, Any], seen: Observation, intent: Intent) -> dict[str, Any]:
    say, stage = current_operation().say, intent.plan.stage
    line = standing_line(seen, declared_of(news), WORDS[stage])
    facts = standing_facts(seen, intent.decision.value, stage.value, WORDS[stage], line)
    # No stages: they are of a move. That a VM which stays comes further by itself is no other plan than the saved one.
    empty: dict[str, Any] = {"plan": [], "fromStage": "", "toStage": "", "irreversible": [], "blockers": []}
    left_on = both_may_run(seen, options_of(news))
    critical = f"CRITICAL: {left_on}" if left_on else ""
    # Of a held VM reports show the reason alone.
    why = ". ".join(filter(None, (intent.why, critical if intent.decision is Decision.HELD else "")))
    note(news["vault"]["name"], news["vm"], {**facts, "why": why})
    if critical:
        say(Severity.WARNING, f"{critical} ({Notice.SOURCE_LEFT_ON})")
    if intent.decision is Decision.HELD:
        if not olds.get("applied"):
            blocker = first_direction(news["vm"], intent.why)
            note(news["vault"]["name"], news["vm"], {**facts, "why": intent.why, "blockers": [blocker.as_input()]})
            return {**empty, "applied": "", "blockers": [_say_blocked(blocker)]}
        say(Severity.WARNING, f"HELD: {intent.why} ({Notice.HELD})")
    elif intent.why:
        say(Severity.INFO, intent.why)
    # Never the plan of an earlier move: the executor is bound to what is returned here.
    return {**empty, "applied": news["direction"]}


def gone(vm: str, item_id: str) -> SiteRecoveryError:
    """The service lists no such item."""
    return NotFoundError(f"{vm}: its protected item is not in the vault", item_id, "run `pulumi refresh`")


def not_looked_at(vm: str, error: SiteRecoveryError) -> Blocker:
    """In the way of a move of which nothing can be said."""
    return Blocker(
        Code.NOT_FOUND if isinstance(error, NotFoundError) else Code.UNREACHABLE,
        vm,
        cause=f"{vm} could not be looked at, so nothing can be said about the move: {error.what}",
        mend=(error.mend or "mend that, then preview again").rstrip("."),
    )


def _unseen(news: dict[str, Any], olds: dict[str, Any], error: SiteRecoveryError) -> dict[str, Any]:
    """Without an answer of the service: closed for a flip, open for no change."""
    facts = {"vm": news["vm"], "direction": news["direction"]}
    if news["direction"] == olds.get("applied"):
        line = f"{news['vm']}: could not be looked at: {error.what}"
        note(news["vault"]["name"], news["vm"], {**facts, "decision": "unseen", "line": line})
        current_operation().say(Severity.WARNING, f"{news['vm']} could not be looked at: {error}")
        # Nothing was seen, so nothing may be done: the plan of an earlier move is not carried over.
        stands = {"plan": [], "fromStage": "", "toStage": "", "irreversible": [], "blockers": []}
        return {**stands, "applied": olds.get("applied", "")}
    blocker = not_looked_at(news["vm"], error)
    note(news["vault"]["name"], news["vm"], {**facts, "decision": "unseen", "blockers": [blocker.as_input()]})
    return {
        "applied": olds.get("applied", ""),
        "plan": [],
        "fromStage": "",
        "toStage": "",
        "irreversible": [],
        "blockers": [_say_blocked(blocker)],
    }


def still_to_begin(vm: str) -> str:
    return f"{vm} is not protected yet, so it runs on premises: declare onPremisesToAzure first"


def first_direction(vm: str, why: str) -> Blocker:
    return Blocker(
        Code.FIRST_DIRECTION,
        vm,
        cause=why,
        mend="declare the direction in which the VM runs now, run `pulumi up --strict`, then change it",
    )


def _say_blocked(blocker: Blocker) -> dict[str, str]:
    current_operation().say(Severity.ERROR, blocker.message)
    return blocker.as_input()


def outputs_of(
    props: Mapping[str, Any], seen: Observation, applied: str, intent: Intent, outcome: Outcome
) -> dict[str, Any]:
    """What is kept of a VM: where it stands now, small, without history."""
    stage = stage_of(seen)
    last = seen.job or seen.last_move
    outs: dict[str, Any] = {key: value for key, value in props.items() if key not in OUTPUTS}
    outs |= {
        "applied": applied,
        "plan": [],
        "fromStage": stage.value,
        "toStage": stage.value,
        "irreversible": [],
        "blockers": [],
        "activeLocation": where_it_runs(seen).value,
        "stage": stage.value,
        "stageText": WORDS[stage],
        "allowedOperations": sorted(seen.allowed),
        "replicationHealth": seen.replication_health,
        "rpoSeconds": seen.rpo_seconds if seen.replicates_to_azure else None,
        "lastJob": {"id": last.id, "scenario": last.scenario, "state": last.state} if last else {},
        "held": intent.why if intent.decision is Decision.HELD else "",
        "waiting": "",
        "verification": [result.as_output() for result in outcome.verification],
        "lastMove": {},
        "lastRecoveryPoint": at.isoformat(timespec="seconds") if (at := seen.last_recovery_point) else None,
    }
    kept: dict[str, Any] = plain(outs)
    return kept
