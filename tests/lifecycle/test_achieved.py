"""What a finished move really cost, from its job and its recovery point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle.achieved import Brought, achieved

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def _unplanned(shutdown: datetime | None = None, task: str | None = "Failed", **more: Any) -> Brought:
    """A failover of 169 s; where it has shut the source down, that took 5 s."""
    off = shutdown + timedelta(seconds=5) if shutdown is not None else None
    task = "Succeeded" if shutdown is not None else task
    return Brought("job", "UnplannedFailover", BEGAN, _after(169), shutdown, off, task, **more)


def test_an_outage_lasts_from_the_shutdown_of_one_copy_to_the_start_of_the_other() -> None:
    made = achieved(Brought("job", "PlannedFailover", BEGAN, _after(303), _after(82), _after(87), "Succeeded"), None)
    assert (made.outage_seconds, made.data_loss_seconds, made.source_shut_down) == (221.0, 0.0, True)


def test_without_a_shutdown_the_outage_counts_from_the_beginning_of_the_failover() -> None:
    assert achieved(_unplanned(), _after(-240)).outage_seconds == 169.0


def test_a_change_of_the_recovery_point_is_an_outage_of_its_own() -> None:
    assert achieved(_unplanned(_after(20), changing=455.0), _after(-3600)).outage_seconds == 149.0 + 455.0


@pytest.mark.parametrize(
    ("shutdown", "point", "lost"),
    [
        (_after(20), _after(15), 10.0),
        (_after(20), _after(-280), 305.0),
        (_after(20), _after(45), 0.0),
        (_after(20), None, None),
    ],
)
def test_a_source_that_was_shut_down_has_lost_what_it_wrote_between_its_point_and_then(
    shutdown: datetime, point: datetime | None, lost: float | None
) -> None:
    made = achieved(_unplanned(shutdown), point)
    assert (made.data_loss_seconds, made.source_shut_down) == (lost, True)


@pytest.mark.parametrize(
    ("task", "told", "why"),
    [
        ("Failed", False, "the failover could not shut the on-premises VM down (that task of its job ended Failed)"),
        ("Skipped", False, "the failover was not asked to shut the on-premises VM down"),
        (None, None, "nothing tells whether the failover has shut the on-premises VM down"),
    ],
)
def test_a_source_that_may_run_on_is_never_said_to_have_lost_nothing(
    task: str | None, told: bool | None, why: str
) -> None:
    before = achieved(_unplanned(task=task), _after(-240))
    assert (before.data_loss_seconds, before.lost.words) == (240.0, f"4 min or more, as {why}")
    assert before.source_shut_down is told
    for point in (_after(45), _after(0), None):
        meanwhile = achieved(_unplanned(task=task), point)
        assert (meanwhile.data_loss_seconds, meanwhile.lost.words) == (None, f"not known, as {why}")
        assert "dataLossSeconds" not in meanwhile.as_output()


def test_a_planned_failover_has_lost_what_a_change_of_its_recovery_point_leaves_out() -> None:
    planned = Brought("job", "PlannedFailover", BEGAN, _after(303), _after(82), _after(87), "Succeeded", changed=True)
    assert achieved(planned, _after(-513)).data_loss_seconds == 600.0
    assert achieved(planned, None).data_loss_seconds is None


def test_what_is_not_known_is_left_out_of_the_outputs_and_said_in_words() -> None:
    made = achieved(_unplanned(_after(20)), None)
    known = {"job": "job", "scenario": "UnplannedFailover", "outageSeconds": 149, "sourceShutDown": True}
    assert made.as_output() == known
    assert made.words == "outage 2 min, data loss not known"


def test_a_failback_loses_nothing() -> None:
    made = achieved(Brought("job", "Failback", BEGAN, _after(322), _after(140), _after(182)), None)
    assert made.as_output()["dataLossSeconds"] == 0
    assert "sourceShutDown" not in made.as_output()
    assert made.words == "outage 3 min, data loss none"
