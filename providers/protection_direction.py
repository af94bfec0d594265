"""The direction in which one VM is protected: the resource whose change is a failover.

Inputs: `target`, `vault`, `itemId`, `vm`, `direction`, `settings` (the VM's choices for moving), `permits` (waivers,
attestations, approvals of the VM), `freeze`, `maxMoves`.
Check adds what it has found out: `applied`, `plan` (step names), `fromStage`, `toStage`, `irreversible` and `blockers`.
They are facts that do not change by waiting, so they are part of the plan that the engine may be held to.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Input, Output

from executor.move import MoveOrder, Outcome, carry_out
from executor.observe import Look, observe, observe_in_inventory
from executor.recorder import Recorder
from executor.stops import BeyondPlan, Blocked, MoveStopped
from lifecycle.achieved import Achieved
from lifecycle.directions import Direction
from lifecycle.intent import Decision, Intent, decide, where_it_runs
from lifecycle.observation import Observation
from lifecycle.planner import plan
from lifecycle.stages import WORDS, stage_of
from providers.direction_facts import (
    COMPUTED,
    OUTPUTS,
    SETTINGS,
    blockers_now,
    direction_of,
    first_direction,
    found_out,
    left_alone,
    malformed,
    not_yet,
    options_of,
    outputs_of,
)
from providers.left_out import left_out, refuse_left_out
from providers.move_limits import begin_move
from providers.move_outputs import kept, recorded
from providers.operation import PartialFailure, Severity, current_operation
from providers.parallelism import ToMove
from providers.pending_direction import is_pending, pending_outputs
from providers.progress import RowProgress
from providers.properties import SnakeCaseOutputs, changed_keys, is_unknown, plain
from providers.vault_access import service_of
from site_recovery.errors import AccessDeniedError, NotFoundError, SiteRecoveryError, WrongTargetError


class DirectionProvider(ResourceProvider):
    """Stateless: pickled by reference, so that its module path and name are part of every stack's state."""

    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        _declared_in_this_command.add(str(news.get("vm")))
        news, olds = plain(news), plain(olds)
        failures = malformed(olds, news)
        if failures:
            return CheckResult(news, failures)
        missing = left_out(news, ("itemId",))
        if missing:
            return CheckResult({**news, **left_alone(news, olds, missing)}, [])
        if is_unknown(news["itemId"]) or is_pending(news):
            return CheckResult({**news, **not_yet(news, olds)}, [])
        try:
            facts = found_out(news, olds)
            _to_move.note(str(news["vm"]), moves=bool(facts["plan"]))
            return CheckResult({**news, **facts}, [])
        except (WrongTargetError, AccessDeniedError) as error:
            return CheckResult(news, [CheckFailure("target", f"{news.get('vm')}: {error}")])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        if str(news.get("vm")) not in _declared_in_this_command:
            # A refresh shows what it has found; it checks no declaration before, and has none to compare with.
            return DiffResult(changes=_is_elsewhere(olds), replaces=[])
        # Never by the computed keys: what the service does by itself is no change of the declaration.
        declared_anew = news.get("direction") != olds.get("applied")
        return DiffResult(changes=declared_anew or bool(changed_keys(olds, news, SETTINGS)), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        props = plain(props)
        refuse_left_out(props["vm"], left_out(props, ("itemId",)))
        if is_pending(props):
            return CreateResult(f"pending:{props['vm']}", pending_outputs(props))
        service = service_of(props)
        seen = _seen_or_gone(props)
        intent = decide(seen, Direction(props["direction"]), None, options_of(props))
        if intent.decision is not Decision.ADOPT:
            raise Blocked((first_direction(props["vm"], intent.why),), seen)
        if intent.why:
            current_operation().say(Severity.WARNING, intent.why)
        service.invalidate()
        return CreateResult(props["itemId"], outputs_of(props, seen, props["direction"], intent, Outcome()))

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        olds, news = plain(olds), plain(news)
        refuse_left_out(news["vm"], left_out(news, ("itemId",)))
        if is_pending(news):
            return UpdateResult(pending_outputs(news))
        applied = direction_of(olds.get("applied"))
        try:
            seen = _seen_or_gone(news)
        except (WrongTargetError, AccessDeniedError):
            raise
        except SiteRecoveryError as error:
            if news.get("plan") or Direction(news["direction"]) is not applied:
                raise
            return UpdateResult(_unseen(olds, news, error))
        intent = decide(seen, Direction(news["direction"]), applied, options_of(news))
        if intent.decision is Decision.MOVE:
            try:
                return UpdateResult(_move(id_, olds, news, seen, intent))
            except Exception:
                few = _to_move.too_few_workers()
                if few:
                    current_operation().say(Severity.WARNING, few)
                raise
        if intent.why:
            current_operation().say(Severity.WARNING, intent.why)
        if intent.decision is Decision.ADOPT:
            return UpdateResult(_adopted(olds, news, seen, intent))
        now_applied = olds.get("applied") if intent.decision is Decision.HELD else news["direction"]
        return UpdateResult(kept(outputs_of(news, seen, str(now_applied), intent, Outcome()), olds))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = plain(props)
        if is_pending(props):
            return ReadResult(id_, props)
        service = service_of(props)
        seen = observe_in_inventory(service, props.get("itemId", id_), Look(), options_of(props).take_over)
        if seen is None:
            return ReadResult("", {})
        applied = str(props.get("applied") or props["direction"])
        # As the next `up` would, so that a move of ours that waits is not called held.
        intent = decide(seen, Direction(props["direction"]), Direction(applied), options_of(props))
        outs = kept(outputs_of(props, seen, applied, intent, Outcome()), props)
        if props["direction"] != applied:
            outs["waiting"] = props.get("waiting", "")
        # Shown as drift where it differs from the declaration; `applied` is not touched by looking.
        observed = Direction.of(where_it_runs(seen)).value
        inputs = {key: value for key, value in props.items() if key in _INPUTS}
        return ReadResult(id_, outs, {**inputs, "direction": observed, "applied": applied})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        current_operation().say(
            Severity.WARNING,
            f"{props.get('vm')}: its direction is no longer declared, which moves nothing: the VM goes on running "
            f"where it does ({props.get('stageText', 'as last seen')})",
        )


_INPUTS = ("target", "vault", "itemId", "vm", "direction", "settings", "permits", "freeze", "maxMoves", *COMPUTED)


class ProtectionDirection(SnakeCaseOutputs, Resource, module="siteRecovery", name="ProtectionDirection"):
    """One VM's direction of protection.

    Its outputs are where the VM stands: `stage`, `stage_text`, `active_location`, `allowed_operations`, and why it is
    `held` or `waiting`, empty where it is not. `plan` and `blockers` are of the last preview, empty once reached.
    """

    vm: Output[str]
    direction: Output[str]
    applied: Output[str]
    plan: Output[list[str]]
    from_stage: Output[str]
    to_stage: Output[str]
    irreversible: Output[list[str]]
    blockers: Output[list[dict[str, str]]]
    active_location: Output[str]
    stage: Output[str]
    stage_text: Output[str]
    allowed_operations: Output[list[str]]
    replication_health: Output[str]
    rpo_seconds: Output[int]
    last_job: Output[dict[str, Any]]
    held: Output[str]
    waiting: Output[str]
    verification: Output[list[dict[str, Any]]]
    last_move: Output[dict[str, Any]]
    last_recovery_point: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        item_id: Input[str],
        vm: str,
        direction: str,
        settings: Mapping[str, Any],
        permits: Mapping[str, Any],
        max_moves: int,
        freeze: str | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        outputs = dict.fromkeys(OUTPUTS)
        inputs = {
            "target": dict(target),
            "vault": dict(vault),
            "itemId": item_id,
            "vm": vm,
            "direction": direction,
            "settings": dict(settings),
            "permits": dict(permits),
            "maxMoves": max_moves,
            "freeze": freeze,
        }
        super().__init__(DirectionProvider(), resource_name, {**outputs, **inputs}, opts)


# VMs that the program of this command declares: the engine has them checked before it asks for a difference.
_declared_in_this_command: set[str] = set()
_to_move = ToMove()


def _is_elsewhere(found: Mapping[str, Any]) -> bool:
    """Whether a VM runs where nothing that was applied has brought it, nor a move that waits."""
    declared = [found.get("applied"), *([found.get("direction")] if found.get("waiting") else [])]
    places = {direction.runs.value for direction in map(direction_of, declared) if direction is not None}
    return bool(places) and bool(found.get("activeLocation")) and found["activeLocation"] not in places


def _seen_or_gone(props: Mapping[str, Any]) -> Observation:
    service = service_of(props)
    seen = observe(service, props["itemId"], Look(recovery_points=True), options_of(props).take_over)
    if seen is None:
        raise NotFoundError(
            f"{props['vm']}: its protected item is not in the vault",
            f"looked for {props['itemId']}",
            "run `pulumi refresh`, then protect the VM again",
        )
    return seen


def _unseen(olds: dict[str, Any], news: dict[str, Any], error: SiteRecoveryError) -> dict[str, Any]:
    """A VM that does not move, and could not be looked at: it stays as it was last seen, with its new settings."""
    text = f"{news['vm']} could not be looked at, so it stays as it was last seen: {error}"
    current_operation().say(Severity.WARNING, text)
    seen = {key: olds[key] for key in OUTPUTS if key in olds and key not in COMPUTED}
    return {**news, **seen, "applied": olds.get("applied", "")}


def _adopted(olds: dict[str, Any], news: dict[str, Any], seen: Observation, intent: Intent) -> dict[str, Any]:
    """A move that ended while nobody watched, or that somebody else made: what it has cost is read afterwards."""
    service = service_of(news)
    progress, outcome = RowProgress(current_operation(), service, news["vm"]), Outcome()
    recorder = Recorder(progress, service, news["itemId"], outcome)
    outs = outputs_of(news, seen, news["direction"], intent, outcome)
    return recorded(outs, olds, recorder.achieved(seen))


def _move(id_: str, olds: dict[str, Any], news: dict[str, Any], seen: Observation, intent: Intent) -> dict[str, Any]:
    """Carries the move out and returns the outputs of its end. Raises PartialFailure with where it stopped."""
    operation, service = current_operation(), service_of(news)
    goal = Direction(news["direction"])
    judged = blockers_now(news, seen, intent.plan)
    stands = list(judged.blockers)
    for waived in judged.waived:
        operation.say(Severity.WARNING, f"{news['vm']}: WAIVED {waived.blocker.code}: {waived.waiver.reason}")
    if not stands and intent.plan.changes_place:
        # Counted only for a VM that nothing else stops.
        over = begin_move(service.vault, news["vm"], goal, int(news.get("maxMoves", 1)))
        stands += [over] if over is not None else []
    if stands:
        raise Blocked(tuple(stands), seen)
    order = MoveOrder(
        news["itemId"],
        news["vm"],
        goal,
        options_of(news),
        frozenset(news.get("plan") or ()),
        judge=lambda seen, *, patient: (
            blockers_now(news, seen, plan(seen, goal, options_of(news)), patient=patient).blockers
        ),
    )
    outcome = Outcome(seen=seen)
    progress = RowProgress(operation, service, news["vm"])
    recorder = Recorder(progress, service, news["itemId"], outcome)
    try:
        carry_out(order, service, recorder, operation.cancelled, outcome)
    except (MoveStopped, SiteRecoveryError) as stop:
        service.invalidate()
        # Who pressed Ctrl-C waits: nothing more is asked of the service.
        made = None if operation.cancelled.is_set() else recorder.achieved(outcome.seen)
        raise _stopped(id_, olds, news, outcome, stop, made=made) from stop
    service.invalidate()
    end = outcome.seen or seen
    made = recorder.achieved(end)
    operation.say(Severity.INFO, f"{news['vm']} {WORDS[stage_of(end)]}{f'; {made.words}' if made else ''}")
    return recorded(outputs_of(news, end, news["direction"], intent, outcome), olds, made)


def _stopped(
    id_: str, olds: dict[str, Any], news: dict[str, Any], outcome: Outcome, stop: Exception, *, made: Achieved | None
) -> Exception:
    """What to raise for a stop: where the VM stands is saved with it, unless nothing was begun."""
    seen = outcome.seen
    if seen is None or (not outcome.taken and isinstance(stop, Blocked | BeyondPlan)):
        return stop
    intent = decide(seen, Direction(news["direction"]), direction_of(olds.get("applied")), options_of(news))
    outs = outputs_of(news, seen, str(olds.get("applied")), intent, outcome)
    outs["waiting"] = str(stop)
    outs = recorded(outs, olds, made) if outcome.taken else kept(outs, olds)
    return PartialFailure(id_, outs, {}, [str(stop)])
