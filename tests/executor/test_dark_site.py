"""A site that is down: a VM that has come to Azure waits for it there, and asks the service for nothing in vain."""

from __future__ import annotations

import pytest

from executor.stops import Waiting
from lifecycle.directions import Direction
from tests.executor.site import AZURE, HOME, Site


@pytest.mark.parametrize("goal", [AZURE, HOME])
def test_no_reprotect_is_asked_for_while_the_site_is_silent(site: Site, goal: Direction) -> None:
    _goes_dark(site.begin("committed"))
    for _ in range(2):
        words = site.run(goal).stopped(Waiting)
        assert "WAITING: vm01 waits before reprotect for its site: the host does not answer (last heartbeat" in words
        assert "`pulumi up --strict` again once Azure shows it as connected" in words
        assert site.accepted() == []
    assert site.truth()["running"] == "azure"

    site.admin("PUT", "/hosts/hv01/heartbeat", {"beats": True})
    site.simulator.advance(60)
    # Another `up` is another process.
    site.service = site.connection().open()
    assert site.run(AZURE).reached().taken == ["reprotect"]


def test_a_site_that_nobody_can_tell_of_is_asked_for_its_reprotect(site: Site) -> None:
    _goes_dark(site.begin("committed"))
    site.fault(
        name="unread",
        request={"operation": "ReplicationRecoveryServicesProviders_*", "method": "GET"},
        answer={"status": 403},
    )
    run = site.run(AZURE)
    assert not isinstance(run.stop, Waiting)
    assert site.accepted() == ["Reprotect"]


def _goes_dark(site: Site) -> None:
    site.admin("PUT", "/hosts/hv01/heartbeat", {"beats": False})
    # Until the service holds it for disconnected.
    site.simulator.advance(3600)
