"""The ids of requests: the same in a new world, new after a crash."""

from __future__ import annotations

from pathlib import Path

from tests.simulator.conftest import FreshSimulator
from tests.simulator.running import RunningSimulator


def id_of_refusal(simulator: RunningSimulator) -> str:
    """The id that a refused request was given."""
    group = f"{simulator.subscription_path}/resourceGroups/none"
    path = f"{group}/providers/Microsoft.RecoveryServices/vaults/none/replicationFabrics"
    answer = simulator.session.get(f"{simulator.url}{path}", params={"api-version": "2024-10-01"}, timeout=30)
    assert answer.status_code == 401
    return answer.headers["x-ms-request-id"]


def reset(simulator: RunningSimulator) -> None:
    """Begin a new world."""
    assert simulator.session.post(f"{simulator.url}/_simulator/reset", timeout=30).status_code == 204


def test_the_same_calls_to_a_world_that_was_reset_have_the_same_ids(fresh_simulator: FreshSimulator) -> None:
    simulator = fresh_simulator("--manual-clock")
    reset(simulator)
    first = [id_of_refusal(simulator) for _ in range(3)]
    reset(simulator)
    assert [id_of_refusal(simulator) for _ in range(3)] == first
    assert len(set(first)) == 3


def test_no_id_is_given_twice_over_a_crash(fresh_simulator: FreshSimulator, tmp_path: Path) -> None:
    simulator = fresh_simulator("--manual-clock", "--state", str(tmp_path / "world.sqlite"))
    before = [id_of_refusal(simulator) for _ in range(3)]
    simulator.kill()
    simulator.start()
    assert not set(before) & {id_of_refusal(simulator) for _ in range(6)}
