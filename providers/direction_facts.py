"""What a check finds out about a direction, and what is kept of a VM afterwards."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi.dynamic import CheckFailure

from executor.move import Outcome
from executor.observe import Look, observe_in_inventory
from lifecycle.blockers import Blocker, Code
from lifecycle.directions import Direction
from lifecycle.impact import impact_text
from lifecycle.intent import Decision, Intent, decide, where_it_runs
from lifecycle.observation import Observation
from lifecycle.options import MoveOptions
from lifecycle.stages import WORDS, stage_of
from providers.operation import Severity, current_operation
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
)
_FIXED = ("target", "vault")


def malformed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[CheckFailure]:
    try:
        Direction(news.get("direction", ""))
        options_of(news)
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
    """The operator's choices, with what is attested and has not run out."""
    settings = dict(props.get("settings") or {})
    until = settings.pop("sourceOffUntil", None)
    if until is not None:
        settings["sourceOffAttested"] = datetime.now(UTC) < datetime.fromisoformat(until)
    return MoveOptions.from_inputs(settings)


def direction_of(value: Any) -> Direction | None:
    return Direction(value) if value else None


def not_yet(news: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a VM whose protected item does not exist yet: it can only begin on premises."""
    blockers: list[dict[str, str]] = []
    if Direction(news["direction"]) is not Direction.ON_PREMISES_TO_AZURE:
        blocker = first_direction(
            news["vm"],
            f"{news['vm']} is not protected yet, so it runs on premises: declare onPremisesToAzure first",
        )
        blockers.append(_say_blocked(blocker))
    applied = olds.get("applied", news["direction"])
    return {"applied": applied, "plan": [], "fromStage": "", "toStage": "", "irreversible": [], "blockers": blockers}


def found_out(news: dict[str, Any], olds: dict[str, Any]) -> dict[str, Any]:
    declared, applied = Direction(news["direction"]), direction_of(olds.get("applied"))
    options = options_of(news)
    try:
        service = service_of(news)
        look = Look(recovery_points=applied is not None and declared is not applied)
        seen = observe_in_inventory(service, news["itemId"], look, options.take_over)
    except (WrongTargetError, AccessDeniedError):
        # Not an answer that is missing: a shell that is not this stack's.
        raise
    except SiteRecoveryError as error:
        return _unseen(news, olds, error)
    if seen is None:
        gone = NotFoundError(f"{news['vm']}: its protected item is not in the vault", news["itemId"], "run refresh")
        return _unseen(news, olds, gone)
    intent = decide(seen, declared, applied, options)
    return _facts(news, olds, seen, intent)


def _facts(news: dict[str, Any], olds: dict[str, Any], seen: Observation, intent: Intent) -> dict[str, Any]:
    say = current_operation().say
    due = intent.plan
    empty: dict[str, Any] = {
        "plan": [],
        "fromStage": due.stage.value,
        "toStage": due.stage.value,
        "irreversible": [],
        "blockers": [],
    }
    match intent.decision:
        case Decision.MOVE:
            blockers = [*due.blockers, *blockers_of_the_stack(news)]
            say(Severity.INFO, impact_text(due, seen, options_of(news)))
            return {
                "applied": news["direction"],
                "plan": list(due.names),
                "fromStage": due.stage.value,
                "toStage": due.to_stage.value,
                "irreversible": list(due.irreversible),
                "blockers": [_say_blocked(blocker) for blocker in blockers],
            }
        case Decision.HELD if not olds.get("applied"):
            return {**empty, "applied": "", "blockers": [_say_blocked(first_direction(news["vm"], intent.why))]}
        case Decision.HELD:
            say(Severity.WARNING, f"HELD: {intent.why}")
        case _ if intent.why:
            say(Severity.INFO, intent.why)
    if intent.decision is Decision.ADOPT or changed_keys(olds, news, SETTINGS):
        return {**empty, "applied": news["direction"]}
    # Nothing changes: what was found out last stays, or the row would show a change where there is none.
    return {**empty, "applied": news["direction"], **{key: olds[key] for key in COMPUTED if key in olds}}


def _unseen(news: dict[str, Any], olds: dict[str, Any], error: SiteRecoveryError) -> dict[str, Any]:
    """Without an answer of the service: closed for a flip, open for no change."""
    flips = news["direction"] != olds.get("applied")
    if not flips:
        current_operation().say(Severity.WARNING, f"{news['vm']} could not be looked at: {error}")
        return {key: olds[key] for key in COMPUTED if key in olds}
    blocker = Blocker(
        Code.UNREACHABLE,
        news["vm"],
        cause=f"{news['vm']} could not be looked at, so nothing can be said about the move: {error.what}",
        mend=error.mend or "mend that, then preview again",
    )
    return {
        "applied": olds.get("applied", ""),
        "plan": [],
        "fromStage": "",
        "toStage": "",
        "irreversible": [],
        "blockers": [_say_blocked(blocker)],
    }


def first_direction(vm: str, why: str) -> Blocker:
    return Blocker(
        Code.FIRST_DIRECTION,
        vm,
        cause=why,
        mend="declare the direction in which the VM runs now, run `pulumi up`, then change it",
    )


def blockers_of_the_stack(news: Mapping[str, Any]) -> list[Blocker]:
    if not news.get("freeze"):
        return []
    return [
        Blocker(
            Code.FREEZE,
            news["vm"],
            cause=f"all moves of this stack are frozen: {news['freeze']}",
            mend="`pulumi config rm site-recovery:freeze` when the reason is gone",
        )
    ]


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
        "rpoSeconds": seen.rpo_seconds,
        "lastJob": {"id": last.id, "scenario": last.scenario, "state": last.state} if last else {},
        "held": intent.why if intent.decision is Decision.HELD else "",
        "waiting": "",
        "verification": [result.as_output() for result in outcome.verification],
    }
    kept: dict[str, Any] = plain(outs)
    return kept
