"""What goes wrong, declared: rules from a YAML scenario or the admin API, seeded, so that a run can be repeated.

A request rule strikes requests (an error answer, a slow one, a cut connection). A job rule strikes a job when it comes
to a named task (it fails, hangs, loses the host). An act happens after a time, or when a request is struck: somebody
acts by hand, a site goes dark, a host falls silent. One more setting shortens the life of tokens. Example scenario:

    faults:
      - name: throttled
        request: {operation: "ReplicationProtectedItems_*", method: GET}
        when: {first: 3, last: 6}
        answer: {status: 429, code: TooManyRequests, message: Too many requests., retryAfterSeconds: 1}
      - name: lost answer
        request: {operation: ReplicationProtectedItems_UnplannedFailover}
        when: {once: true}
        cut: after
      - name: no quota
        job: {scenario: UnplannedFailover, task: VmFailover, item: sql01}
        effect: fail
        error: {serviceCode: "150097", message: The failover failed., providerCode: 31389, providerMessage: ...}
      - name: a colleague
        afterSeconds: 600
        act: {machine: sql01, move: UnplannedFailover}
    tokenLifetimeSeconds: 90
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from ruamel.yaml import YAML

from simulator.asr.states import Operation, carried_out
from simulator.errors import AsyncError, ServiceError
from simulator.routing import Call, Reply
from simulator.store import Document, Table
from simulator.world import World

_FIRST_ERROR = 400
# The event of a rule that waits for a time.
ACT = "fault.act"


class Declared(BaseModel):
    """A declared thing: camelCase outside, unknown keys refused."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True)


class Cut(StrEnum):
    """When the connection is cut: before the request is carried out, or after it was and before it is answered."""

    BEFORE = "before"
    AFTER = "after"


class JobEffect(StrEnum):
    """What happens when a job comes to the named task."""

    FAIL = "fail"
    HANG = "hang"
    SHUTDOWN_FAILS = "shutdownFails"
    HEARTBEAT_LOST = "heartbeatLost"
    SITE_DARK = "siteDark"


class RequestMatch(Declared):
    """Which requests: shell patterns without regard to case; what is left out matches everything."""

    operation: str = "*"
    method: str = "*"
    path: str = "*"

    def fits(self, call: Call) -> bool:
        """Whether a request is meant."""
        return (
            fnmatchcase(call.route.name.lower(), self.operation.lower())
            and fnmatchcase(call.route.method.lower(), self.method.lower())
            and fnmatchcase(call.path.lower(), self.path.lower())
        )


class JobMatch(Declared):
    """Which jobs, and at which task: shell patterns without regard to case."""

    scenario: str = "*"
    task: str = "*"
    item: str = "*"

    def fits(self, scenario: str, tasks: tuple[str, ...], item: str) -> bool:
        """Whether a task of a job is meant; a task answers to its name and its taskId."""
        return (
            fnmatchcase(scenario.lower(), self.scenario.lower())
            and any(fnmatchcase(task.lower(), self.task.lower()) for task in tasks)
            and fnmatchcase(item.lower(), self.item.lower())
        )


class When(Declared):
    """Which of the matches are struck, counted from 1; all of them if nothing is said."""

    first: Annotated[int, Field(ge=1)] = 1
    last: Annotated[int, Field(ge=1)] | None = None
    once: bool = False
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0

    def fits(self, number: int, chance: float) -> bool:
        """Whether the match of this number is struck, given a seeded number from 0 up to 1."""
        last = self.first if self.once else self.last
        return number >= self.first and (last is None or number <= last) and chance < self.probability


class Answer(Declared):
    """An answer in the operation's place, which is not carried out: from 400 on an error with the envelope, below with
    `body`, or none.
    """

    status: Annotated[int, Field(ge=200, le=599)]
    body: Any = None
    code: str = "SimulatedFault"
    message: str = "This answer was declared as a fault of the simulator."
    retry_after_seconds: Annotated[int, Field(ge=1)] | None = None


class DeclaredError(Declared):
    """The error details of a failed job."""

    service_code: str = "SimulatedFault"
    message: str = "This failure was declared as a fault of the simulator."
    possible_causes: str = "A fault rule matched the job."
    recommended_action: str = "Remove the fault rule and start the operation again."
    provider_code: int | None = None
    provider_message: str = ""


def _has_a_move(operation: Operation) -> Operation:
    if not carried_out(operation):
        words = ", ".join(word.value for word in Operation if carried_out(word))
        raise ValueError(f"'{operation.value}' is offered and not simulated; what can be done by hand: {words}")
    return operation


# A word of `allowedOperations` that the simulator carries out.
MoveByHand = Annotated[Operation, AfterValidator(_has_a_move)]


class Act(Declared):
    """Something that happens besides: one of a move by hand, a site that goes dark, a host's heartbeat.

    `move` is a word of `allowedOperations` that is carried out, done to the protected item of `machine` as somebody in
    the portal would.
    """

    machine: str | None = None
    move: MoveByHand | None = None
    shutdown_source: bool = False
    dark_site: str | None = None
    host: str | None = None
    heartbeat: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Act:
        if (self.machine is None) != (self.move is None):
            raise ValueError("an act by hand has both 'machine' and 'move'")
        if sum(part is not None for part in (self.machine, self.dark_site, self.host)) != 1:
            raise ValueError("an act has one of 'machine' with 'move', 'darkSite', 'host'")
        return self


class FaultRule(Declared):
    """One rule: for requests, for jobs, or for a time."""

    name: Annotated[str, Field(min_length=1)]
    when: When = When()
    request: RequestMatch | None = None
    answer: Answer | None = None
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 0.0
    cut: Cut | None = None
    job: JobMatch | None = None
    effect: JobEffect | None = None
    error: DeclaredError = DeclaredError()
    after_seconds: Annotated[float, Field(ge=0)] | None = None
    act: Act | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> FaultRule:
        if sum(part is not None for part in (self.request, self.job, self.after_seconds)) != 1:
            raise ValueError("a fault has one of 'request', 'job', 'afterSeconds'")
        if self.job is not None and self.effect is None:
            raise ValueError("a fault of a job needs 'effect'")
        if self.request is not None and not (self.answer or self.cut or self.delay_seconds or self.act):
            raise ValueError("a fault of a request needs 'answer', 'delaySeconds', 'cut' or 'act'")
        if self.after_seconds is not None and self.act is None:
            raise ValueError("a fault after a time needs 'act'")
        return self


class Scenario(Declared):
    """A whole YAML scenario."""

    faults: list[FaultRule] = []
    token_lifetime_seconds: Annotated[int, Field(ge=1)] | None = None


@dataclass(frozen=True)
class Strike:
    """What happens to one request. `delay_seconds` are real seconds; `reply` and `error` are answers in its place."""

    delay_seconds: float
    cut: Cut | None
    error: ServiceError | None
    reply: Reply | None = None
    act: Act | None = None


def load_scenario(path: Path) -> Scenario:
    """Read a scenario; raises ValueError (pydantic's) that names the wrong key."""
    return Scenario.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {})


class FaultBook:
    """The rules of a world, with how often each has matched. They are part of its state."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules: Table[Document] = world.store.table("fault")
        self._parsed: dict[str, FaultRule] = {}
        self._parse()
        world.on_reopen(self._parse)

    def declare(self, scenario: Scenario, *, afresh: bool = True) -> None:
        """Add rules; one of the same name is replaced. Times are counted from now.

        Args:
            afresh: a rule that is there already, word for word, counts anew; else it goes on where it was, as it has to
                when a restarted simulator reads its scenario file again.
        """
        for rule in scenario.faults:
            written = rule.model_dump(by_alias=True, mode="json")
            known = self._rules.get(rule.name)
            if known is not None and known["rule"] == written and not afresh:
                continue
            self._rules.put(rule.name, {"rule": written, "matches": 0, "strikes": 0})
            if rule.after_seconds is not None:
                self._world.schedule(self._world.clock.now() + rule.after_seconds, ACT, {"name": rule.name})
        if scenario.token_lifetime_seconds is not None:
            self._rules.put("tokenLifetimeSeconds", {"tokenLifetimeSeconds": scenario.token_lifetime_seconds})
        self._parse()

    def remove(self, name: str) -> bool:
        """Take a rule back; False if there is none of that name."""
        known = name in self._rules
        self._rules.delete(name)
        self._parse()
        return known

    def clear(self) -> None:
        """Take every rule back."""
        self._rules.clear()
        self._parse()

    def show(self) -> list[dict[str, Any]]:
        """Every rule with how often it matched and struck."""
        return self._rules.values()

    @property
    def token_lifetime_seconds(self) -> int | None:
        """How long new tokens live, if a scenario says so; otherwise None."""
        kept = self._rules.get("tokenLifetimeSeconds")
        return int(kept["tokenLifetimeSeconds"]) if kept else None

    def strike(self, call: Call) -> Strike | None:
        """What happens to this request, or None. The first rule that strikes counts. The admin API is never struck."""
        if not self._parsed or not call.route.look:
            return None
        for name, rule in self._parsed.items():
            if rule.request is not None and rule.request.fits(call) and self._counts(name, rule):
                reply, error = _answer(rule.answer)
                return Strike(rule.delay_seconds, rule.cut, error, reply, rule.act)
        return None

    def act_due(self, name: str) -> Act | None:
        """The act of a rule whose time has come, or None if the rule was taken back or has had its turn."""
        rule = self._parsed.get(name)
        if rule is None or rule.after_seconds is None or not self._counts(name, rule):
            return None
        return rule.act

    def strike_job(self, scenario: str, tasks: tuple[str, ...], item: str) -> tuple[JobEffect, AsyncError] | None:
        """What happens to a job that comes to a task, or None. `tasks` are the names that the task answers to."""
        for name, rule in self._parsed.items():
            if rule.job is None or rule.effect is None or not rule.job.fits(scenario, tasks, item):
                continue
            if self._counts(name, rule):
                error = rule.error
                return rule.effect, AsyncError(
                    service_code=error.service_code,
                    message=error.message,
                    possible_causes=error.possible_causes,
                    recommended_action=error.recommended_action,
                    provider_code=error.provider_code,
                    provider_message=error.provider_message,
                )
        return None

    def _counts(self, name: str, rule: FaultRule) -> bool:
        kept = self._rules.get(name)
        if kept is None:
            return False
        kept["matches"] += 1
        struck = rule.when.fits(kept["matches"], self._world.chance("fault", name, kept["matches"]))
        kept["strikes"] += int(struck)
        self._rules.put(name, kept)
        return struck

    def _parse(self) -> None:
        self._parsed = {
            name: FaultRule.model_validate(kept["rule"]) for name, kept in self._rules.items() if "rule" in kept
        }


def _answer(answer: Answer | None) -> tuple[Reply | None, ServiceError | None]:
    if answer is None:
        return None, None
    headers = {"retry-after": str(answer.retry_after_seconds)} if answer.retry_after_seconds else {}
    if answer.status < _FIRST_ERROR:
        return Reply(answer.status, answer.body, headers), None
    return None, ServiceError(answer.status, answer.code, answer.message, headers=headers)
