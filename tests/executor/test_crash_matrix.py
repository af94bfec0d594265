"""A run may be killed at any instant: run again, it ends in the same state, and nothing has been asked for twice.

Enumerated, not sampled: every operation of every chain, in both directions and both profiles, at every instant at which
a process can die around it. The ordinary suite runs a fixed slice; `make crash-matrix` runs all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from lifecycle.directions import Direction
from lifecycle.options import Commit
from tests.executor.chains import BACK, OUT, STEPS, Step
from tests.executor.killed import Death, Instant, run_in_child
from tests.executor.site import AZURE, BOLD, HOME, Site

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not known there")


# Runs always: each step once, and each instant several times, in turn over the profiles.
_SLICE = {
    ("failover", "tutorial", Instant.AFTER_POST),
    ("planned-failover", "recorded", Instant.WHILE_POLLING),
    ("change", "tutorial", Instant.AFTER_SUCCESS),
    ("commit", "recorded", Instant.AFTER_POST),
    ("reprotect", "tutorial", Instant.BEFORE_POST),
    ("synchronize", "tutorial", Instant.AFTER_POST),
    ("complete", "recorded", Instant.AFTER_POST),
    ("full-download", "recorded", Instant.AFTER_SUCCESS),
    ("failback-commit", "tutorial", Instant.WHILE_POLLING),
    ("reverse-replicate", "tutorial", Instant.AFTER_POST),
}


def _cases() -> list[ParameterSet]:
    cases = []
    for step in STEPS:
        for profile in step.profiles:
            for instant in Instant:
                always = (step.name, profile, instant) in _SLICE
                marks = () if always else (pytest.mark.slow,)
                name = f"{profile}-{step.name}-{instant.name.lower()}"
                cases.append(pytest.param(profile, step, instant, id=name, marks=marks))
    return cases


def test_the_slice_names_cases_that_exist() -> None:
    known = {(step.name, profile) for step in STEPS for profile in step.profiles}
    assert {(name, profile) for name, profile, _ in _SLICE} <= known
    assert {name for name, _, _ in _SLICE} == {step.name for step in STEPS}
    assert {instant for _, _, instant in _SLICE} == set(Instant)


@pytest.mark.parametrize(("profile", "step", "instant"), _cases())
def test_a_killed_run_is_gone_on_with(sites: Callable[[str], Site], profile: str, step: Step, instant: Instant) -> None:
    site = sites(profile).begin(step.begins, step.options)
    order = site.order(step.goal, step.options)

    first = run_in_child(site.connection(), order, Death(step.verb, instant))
    assert first.killed, f"the process was to die {instant.value} of {step.verb}, but {first}"
    second = run_in_child(site.connection(), order, None)

    assert second.stop == ""
    assert tuple(site.accepted()) == step.rest
    assert all(state == "Succeeded" for _, state in site.jobs())
    truth = site.truth()
    assert truth["running"] == ("azure" if step.goal is AZURE else "onPremises")
    assert not truth["onPremises"]["corrupted"]
    assert site.run(step.goal, step.options).reached().taken == []


@pytest.mark.parametrize(("begins", "goal", "asked"), [("failedOver", AZURE, OUT), ("failedBack", HOME, BACK[2:])])
def test_a_run_killed_while_it_verifies_verifies_again_and_commits_once(
    sites: Callable[[str], Site], tmp_path: Path, begins: str, goal: Direction, asked: tuple[str, ...]
) -> None:
    probed = tmp_path / "probed"
    # The first probe ends the run that made it, the next one passes.
    kills = (
        f"import os, pathlib, signal; probed = pathlib.Path({str(probed)!r}); again = probed.exists(); "
        "probed.touch(); again or os.kill(os.getppid(), signal.SIGKILL)"
    )
    probe = {"command": [sys.executable, "-c", kills], "retries": 0, "timeoutSeconds": 30}
    verified = replace(
        BOLD,
        failover_commit=Commit.AFTER_VERIFICATION,
        failback_commit=Commit.AFTER_VERIFICATION,
        verification=(probe,),
    )
    site = sites("tutorial").begin(begins, BOLD)
    order = site.order(goal, verified)

    assert run_in_child(site.connection(), order, None).killed
    assert probed.exists()
    assert site.accepted() == []
    assert run_in_child(site.connection(), order, None).stop == ""
    assert tuple(site.accepted()) == asked
