"""A project with a simulator for each pipeline's story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine_fixture import EngineUnderTest, engine
from tests.pipelines.pipeline_project import PipelineProject
from tests.simulator.running import RunningSimulator

__all__ = ["engine"]


@pytest.fixture
def project(tmp_path: Path, engine: EngineUnderTest) -> Iterator[PipelineProject]:
    simulator = RunningSimulator(tmp_path, "--speed", "600")
    try:
        yield PipelineProject(tmp_path, engine, simulator)
    finally:
        simulator.stop()
