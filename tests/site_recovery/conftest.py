"""A stub for odd answers, and the simulator as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from site_recovery.connection import SiteRecovery, connect
from tests.site_recovery.stub import TARGET, VAULT, Stub, serving


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def service(stub: Stub) -> SiteRecovery:
    return connect(TARGET, VAULT, environment=stub.environment)
