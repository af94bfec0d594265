"""Every rule of the simulator, on every step: a run goes on, or stops with the right words and without harm.

Once the fault is lifted, and somebody has done what the words ask for, the next run reaches the goal; no operation is
asked for again unless its job has failed. Enumerated; the ordinary suite runs each rule and each step at least once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from executor.request_ids import is_ours
from executor.stops import StepFailed, StillRunning, Waiting
from lifecycle.directions import Place
from lifecycle.options import MoveOptions
from lifecycle.steps import Step as PlannedStep
from tests.executor.chains import BACK, STEPS, Step
from tests.executor.site import AZURE, Run, Site

_MOST_RUNS = 4
_SITE = "contoso-hyperv"


class End(Enum):
    """How the run ends that the fault strikes: as which stop, with which words. None: at its goal."""

    GOES_ON = (None, "")
    REFUSED = (StepFailed, "did not take the step")
    FAILS = (StepFailed, "ended Failed in the task")
    # Where the machine in Azure is off, and the other was never started.
    NEITHER_RUNS = (StepFailed, "NEITHER COPY RUNS")
    SOURCE_MAY_RUN = (Waiting, "sourceOff")
    STILL_RUNS = (StillRunning, "in progress")
    SOMEBODYS = (StepFailed, "has not finished")


@dataclass(frozen=True)
class Work:
    """The job of a step: its scenario, the first and last task that the step waits for, the same done by hand."""

    scenario: str
    first: str
    last: str
    by_hand: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule of the simulator. `declared` makes it for a step; an end that is a text says why it is not for one."""

    name: str
    declared: Callable[[Step, Work], dict[str, Any]]
    end: End
    others: Mapping[str, End | str] = field(default_factory=dict)

    def end_of(self, step: Step, profile: str) -> End | str:
        """By profile and step, by step, or the same for all."""
        others = dict(self.others)
        return others.get(f"{profile}-{step.name}", others.get(step.name, self.end))


_PFO, _COMMIT = "VmPfoPrerequisitesCheck", Work("CommitFailover", "VmCommitPrerequisitesCheck", "VmCommit", "Commit")
_REPROTECT = Work(
    "ReprotectReplicationGroup", "CreateProtectionTarget", "VmStartInitialReplication", "ReverseReplicate"
)
_WORK = {
    "failover": Work("UnplannedFailover", "VmUfoPrerequisitesCheck", "VmFoStartVmOnSecondary", "UnplannedFailover"),
    "planned-failover": Work("PlannedFailover", _PFO, "VmFoStartVmOnSecondary", "PlannedFailover"),
    # Nobody changes the point in the same moment; they commit the failover as it is.
    "change": Work("ChangePit", "ChangePitPreflightCheck", "VmFoStartVmOnSecondary", "Commit"),
    "commit": _COMMIT,
    "reprotect": _REPROTECT,
    "synchronize": Work("Failback", _PFO, "DataSyncForFailback", "Failback"),
    "complete": Work("Failback", "VmShutdownVmOnSecondary", "VmFoStartVmOnPrimary"),
    "full-download": Work("Failback", _PFO, "VmFoStartVmOnPrimary", "Failback"),
    "failback-commit": _COMMIT,
    "reverse-replicate": _REPROTECT,
}


def _post(**strike: Any) -> Callable[[Step, Work], dict[str, Any]]:
    """Strikes the operation's own call, once if nothing else is said."""

    def declared(step: Step, _work: Work) -> dict[str, Any]:
        return {"request": {"operation": f"*_{step.verb}", "method": "POST"}, "when": {"once": True}, **strike}

    return declared


def _job(which: str, effect: str) -> Callable[[Step, Work], dict[str, Any]]:
    """Strikes the operation's job at its first or last task, or at one by its name."""

    def declared(_step: Step, work: Work) -> dict[str, Any]:
        task = getattr(work, which, which)
        return {"job": {"scenario": work.scenario, "task": task}, "when": {"once": True}, "effect": effect}

    return declared


def _somebody(step: Step, work: Work) -> dict[str, Any]:
    act = {"machine": "vm01", "move": work.by_hand, "shutdownSource": True}
    return {"request": {"operation": f"*_{step.verb}", "method": "POST"}, "when": {"once": True}, "act": act}


def _deaf(_step: Step, work: Work) -> dict[str, Any]:
    return {"job": {"scenario": work.scenario, "task": "*Shutdown*"}, "when": {"once": True}, "effect": "shutdownFails"}


def _reads(**strike: Any) -> Callable[[Step, Work], dict[str, Any]]:
    def declared(_step: Step, _work: Work) -> dict[str, Any]:
        return {"request": {"operation": "Replication*", "method": "GET"}, **strike}

    return declared


_NO_SOURCE = "no copy is shut down by this step"
_NO_COPY_MADE = "no copy is made by this step"
_COPIES = {"change", "complete", "full-download"}
# The service whose way to Azure ends with the commit asks nothing of the site after it.
_SITE_NEEDED = {
    "failover": End.SOURCE_MAY_RUN,
    "complete": End.NEITHER_RUNS,
    "recorded-change": End.GOES_ON,
    "recorded-commit": End.GOES_ON,
}
RULES = (
    Rule("cut-before", _post(cut="before"), End.GOES_ON),
    Rule("cut-after", _post(cut="after"), End.GOES_ON),
    Rule("500", _post(answer={"status": 500}), End.GOES_ON),
    Rule("503", _post(answer={"status": 503, "code": "ServiceUnavailable"}), End.GOES_ON),
    Rule("busy", _post(answer={"status": 409, "message": "Another operation is in progress."}), End.GOES_ON),
    Rule(
        "storm",
        _post(when={"last": 4}, answer={"status": 429, "code": "TooManyRequests", "retryAfterSeconds": 1}),
        End.GOES_ON,
    ),
    Rule("refused", _post(answer={"status": 400, "message": "The vault is sealed."}), End.REFUSED),
    Rule("slow-answer", _post(delaySeconds=1.5), End.GOES_ON),
    Rule("slow-reads", _reads(delaySeconds=0.05), End.GOES_ON),
    Rule("failing-reads", _reads(when={"first": 6, "last": 7}, answer={"status": 503}), End.GOES_ON),
    Rule("token", lambda _step, _work: {}, End.GOES_ON),
    Rule("fails-at-once", _job("first", "fail"), End.FAILS),
    Rule(
        "fails-at-its-end",
        _job("last", "fail"),
        End.FAILS,
        dict.fromkeys(_COPIES, End.NEITHER_RUNS),
    ),
    Rule(
        "fails-midway",
        _job("VmFailover", "fail"),
        End.FAILS,
        {
            **dict.fromkeys(_COPIES, End.NEITHER_RUNS),
            **dict.fromkeys(
                ("commit", "reprotect", "synchronize", "failback-commit", "reverse-replicate"), _NO_COPY_MADE
            ),
        },
    ),
    Rule("hangs", _job("first", "hang"), End.STILL_RUNS),
    Rule(
        "shutdown-fails",
        _deaf,
        End.GOES_ON,
        {
            "failover": End.SOURCE_MAY_RUN,
            "planned-failover": End.FAILS,
            **dict.fromkeys(("commit", "reprotect", "synchronize", "failback-commit", "reverse-replicate"), _NO_SOURCE),
        },
    ),
    Rule("heartbeat-lost", _job("first", "heartbeatLost"), End.FAILS, _SITE_NEEDED),
    Rule("site-dark", _job("first", "siteDark"), End.FAILS, _SITE_NEEDED),
    Rule("somebody", _somebody, End.SOMEBODYS, {"complete": "to resume a job is no operation on an item"}),
)


def _cases() -> list[tuple[str, Step, Rule]]:
    return [
        (profile, step, rule)
        for step in STEPS
        for profile in step.profiles
        for rule in RULES
        if isinstance(rule.end_of(step, profile), End)
    ]


def _slice() -> set[tuple[str, str, str]]:
    """Each rule once, in turn over the cases of the steps."""
    chosen, steps = set(), list(_WORK)
    for number, rule in enumerate(RULES):
        turn = steps[number % len(steps) :] + steps[: number % len(steps)]
        cases = [case for name in turn for case in _cases() if case[1].name == name and case[2] is rule]
        here = [case for case in cases if case[1].name == cases[0][1].name]
        profile, step, _ = here[number % len(here)]
        chosen.add((profile, step.name, rule.name))
    return chosen


def _parameters() -> list[ParameterSet]:
    chosen = _slice()
    return [
        pytest.param(
            profile,
            step,
            rule,
            id=f"{profile}-{step.name}-{rule.name}",
            marks=() if (profile, step.name, rule.name) in chosen else (pytest.mark.slow,),
        )
        for profile, step, rule in _cases()
    ]


def test_the_slice_has_every_rule_and_every_step_and_what_is_left_out_says_why() -> None:
    assert {rule for _, _, rule in _slice()} == {rule.name for rule in RULES}
    assert {step for _, step, _ in _slice()} == {step.name for step in STEPS} == set(_WORK)
    left_out = [rule.end_of(step, profile) for step in STEPS for profile in step.profiles for rule in RULES]
    assert all(len(why) > 10 for why in left_out if isinstance(why, str))


@pytest.mark.parametrize(("profile", "step", "rule"), _parameters())
def test_a_fault_ends_as_it_should_and_once_lifted_the_goal_is_reached(
    sites: Callable[[str], Site], profile: str, step: Step, rule: Rule
) -> None:
    site = sites(profile).begin(step.begins, step.options)
    end = rule.end_of(step, profile)
    assert isinstance(end, End)
    options = replace(step.options, step_limits=dict.fromkeys((each.value for each in PlannedStep), 10))
    _declare(site, rule.declared(step, _WORK[step.name]))

    run = site.run(step.goal, options)
    _ends_as(run, end)
    _has_done_no_harm(site, end)
    struck = [each["strikes"] for each in site.admin("GET", "/faults")["value"] if "rule" in each]
    assert all(struck), "the fault has not struck"

    _lift(site, step)
    for _ in range(_MOST_RUNS):
        if run.stop is None:
            break
        options = _do_as_told(site, run.stop, options)
        run = site.run(step.goal, options)
    run.reached()
    assert _succeeded(site) == _expected(step, rule, end)
    truth = site.truth()
    assert truth["running"] == ("azure" if step.goal is AZURE else "onPremises")
    assert not truth["onPremises"]["corrupted"]
    assert site.run(step.goal, options).reached().taken == []


def _declare(site: Site, declared: dict[str, Any]) -> None:
    if declared:
        site.fault(name="odd", **declared)
    else:
        site.admin("POST", "/faults", {"faults": [], "tokenLifetimeSeconds": 90})


def _ends_as(run: Run, end: End) -> None:
    kind, words = end.value
    if kind is None:
        run.reached()
    else:
        assert words in run.stopped(kind)


def _has_done_no_harm(site: Site, end: End) -> None:
    truth = site.truth()
    assert truth["running"] != "both" or end is End.SOURCE_MAY_RUN, truth
    ids = [entry["clientRequestId"] for entry in _asked(site)]
    assert len(ids) == len(set(ids)), f"an operation was taken on twice: {ids}"


def _lift(site: Site, step: Step) -> None:
    """The fault is gone, and a site that was dark is up again, with what ran there."""
    site.admin("DELETE", "/faults")
    site.admin("POST", f"/sites/{_SITE}/light")
    home = site.observe().active is Place.ON_PREMISES
    if home and site.truth()["running"] == "neither" and not site.truth()["job"]:
        site.admin("PATCH", "/machines/vm01", {"power": "running"})


def _do_as_told(site: Site, stop: Exception, options: MoveOptions) -> MoveOptions:
    """What a person does about a stop, by its words."""
    words = str(stop)
    asked = re.search(r"takeOver' (\S+?)`", words)
    if asked is not None:
        return replace(options, take_over=asked[1])
    if "sourceOff" in words:
        site.admin("PATCH", "/machines/vm01", {"power": "off"})
        return site.stated_off(options)
    # Where a change of the point has left no VM to start, the declared change makes it anew.
    if "NEITHER COPY RUNS" in words and site.truth()["azure"] is not None:
        site.simulator.arm("POST", f"{site.truth()['azure']['id']}/start", version="2024-07-01")
        site.simulator.advance(120)
    if isinstance(stop, StillRunning):
        (hanging,) = [job for job in site.service.jobs() if not job.finished]
        site.admin("POST", f"/portal/jobs/{hanging.name}/cancel")
        site.wait(job=hanging.name)
    return options


def _asked(site: Site) -> list[dict[str, Any]]:
    """Our moving calls that the service has taken on, as the audit has them."""
    entries = site.admin("GET", "/audit")["mutations"][site.audited :]
    return [entry for entry in entries if is_ours(entry["clientRequestId"]) and entry["status"] < 400]


def _succeeded(site: Site) -> list[str]:
    """The operations whose jobs have succeeded: what else was asked for was asked for again, or done by somebody."""
    found = []
    for entry in _asked(site):
        resumed = re.search(r"/replicationJobs/([^/]+)/resume", entry["path"], re.IGNORECASE)
        job = site.job_in_truth(resumed[1] if resumed else entry["job"])
        assert job is not None, entry
        if job.succeeded:
            found.append(entry["operation"].rsplit("_", 1)[-1])
    return found


def _expected(step: Step, rule: Rule, end: End) -> list[str]:
    if rule.name == "somebody":
        # They have done it: in the place of a change of the point the commit, in that of a full download a failback
        # that synchronizes first, and has to be completed.
        done = 2 if step.name == "change" else 1
        return [*(BACK[1:2] if step.name == "full-download" else ()), *step.rest[done:]]
    if step.name == "change" and rule.name == "fails-at-its-end":
        # The machine was made anew from the point, and a person has started it.
        return list(step.rest[1:])
    if step.name == "complete" and end not in {End.GOES_ON, End.REFUSED}:
        # The failback has failed as a whole.
        return list(BACK)
    return list(step.rest)
