"""A stub for odd answers, and the simulator as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from site_recovery.connection import SiteRecovery, connect
from tests.site_recovery.stub import ACCEPTED, ITEM_ID, TARGET, VAULT, Answer, Stub, serving


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def service(stub: Stub) -> SiteRecovery:
    return connect(TARGET, VAULT, environment=stub.environment)


@pytest.fixture
def quick(stub: Stub) -> SiteRecovery:
    """Connected to a service whose clock runs a thousand times as fast as ours: 30 ms where it would ask for 30 s."""
    service = connect(TARGET, VAULT, environment=stub.environment)
    stub.answer("POST", "/failoverCommit", Answer(202, headers={**ACCEPTED.headers, "x-ms-retry-after-ms": "30"}))
    service.operations.commit(ITEM_ID, client_request_id="sets the pace")
    assert service.wait_scale == 0.001
    return service
