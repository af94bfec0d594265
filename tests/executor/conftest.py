"""Real simulators of both profiles for the executor's tests, started when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.executor.site import Site

# Fast enough that a move takes a second or two, slow enough that the service's lag is seen by whoever polls.
SPEED = 200.0

AnySite = Callable[[str], Site]


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnySite]:
    """The site of a profile, one simulator each."""
    made: dict[str, Site] = {}

    def of(profile: str) -> Site:
        if profile not in made:
            made[profile] = Site(tmp_path_factory.mktemp(profile), profile, speed=SPEED)
        return made[profile]

    yield of
    for site in made.values():
        site.stop()


@pytest.fixture
def site(sites: AnySite) -> Site:
    """The tutorial's service, both machines protected."""
    return sites("tutorial").begin()


@pytest.fixture(params=["tutorial", "recorded"])
def either(request: pytest.FixtureRequest, sites: AnySite) -> Site:
    """The service of each profile in turn, both machines protected."""
    return sites(request.param).begin()
