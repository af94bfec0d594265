"""What a finished move really cost, from its job and its recovery point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.achieved import Brought, achieved

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def test_an_outage_lasts_from_the_shutdown_of_one_copy_to_the_start_of_the_other() -> None:
    planned = Brought("job", "PlannedFailover", BEGAN, _after(303), shutdown=_after(82), caught_up=True)
    made = achieved(planned, None)
    assert (made.outage_seconds, made.data_loss_seconds) == (221.0, 0.0)


def test_without_a_shutdown_the_outage_counts_from_the_beginning_of_the_failover() -> None:
    unplanned = Brought("job", "UnplannedFailover", BEGAN, _after(169), shutdown=None, caught_up=False)
    assert achieved(unplanned, _after(-240)).outage_seconds == 169.0


def test_a_change_of_the_recovery_point_is_an_outage_of_its_own() -> None:
    unplanned = Brought("job", "UnplannedFailover", BEGAN, _after(169), _after(20), caught_up=False, changing=455.0)
    assert achieved(unplanned, _after(-3600)).outage_seconds == 149.0 + 455.0


@pytest.mark.parametrize(
    ("shutdown", "point", "lost"),
    [
        (None, _after(-240), 240.0),
        (_after(20), _after(15), 5.0),
        (_after(20), _after(-280), 300.0),
        (_after(20), None, None),
    ],
)
def test_an_unplanned_failover_loses_what_was_written_after_its_recovery_point(
    shutdown: datetime | None, point: datetime | None, lost: float | None
) -> None:
    unplanned = Brought("job", "UnplannedFailover", BEGAN, _after(169), shutdown, caught_up=False)
    assert achieved(unplanned, point).data_loss_seconds == lost


def test_what_is_not_known_is_left_out_of_the_outputs_and_said_in_words() -> None:
    made = achieved(Brought("job", "UnplannedFailover", BEGAN, _after(169), None, caught_up=False), None)
    assert made.as_output() == {"job": "job", "scenario": "UnplannedFailover", "outageSeconds": 169}
    assert made.words == "outage 3 min, data loss not known"


def test_a_failback_loses_nothing() -> None:
    made = achieved(Brought("job", "Failback", BEGAN, _after(322), _after(140), caught_up=True), None)
    assert made.as_output()["dataLossSeconds"] == 0
    assert made.words == "outage 3 min, data loss none"
