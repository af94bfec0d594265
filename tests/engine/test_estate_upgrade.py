"""A stack that an earlier release brought up is carried on by this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine import keep_state
from tests.engine.stack_under_test import resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("version", sorted(path.stem for path in keep_state.KEPT.glob("*.json")))
def test_the_state_of_an_earlier_release_shows_no_change(version: str, tmp_path: Path, engine: EngineUnderTest) -> None:
    simulator = RunningSimulator(tmp_path, "--speed", "600", "--inventory", keep_state.inventory(tmp_path))
    try:
        keep_state.protected(tmp_path / "now", engine, simulator).up()  # the vault, as the earlier release left it
        earlier = keep_state.protected(tmp_path / "earlier", engine, simulator)
        state = tmp_path / "state.json"
        state.write_text(keep_state.kept(version, earlier.project), encoding="utf-8")
        earlier.pulumi("stack", "import", "--file", str(state), "--stack", earlier.stack)
        assert resources_changed(earlier.preview_json("--expect-no-changes")) == {}
    finally:
        simulator.stop()


def test_there_is_a_kept_state() -> None:
    assert list(keep_state.KEPT.glob("*.json"))
