"""A vault that was never used is set up by `pulumi up`, which azure-native by itself cannot do; a preview leaves it.

The tests are one story over one vault, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.generated_estate import POLICY, SITE, declare, write_inventory
from tests.engine.stack_under_test import VAULT, StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest
from tests.simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)

SET_UP = "pulumi-site-recovery-set-up"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[StackUnderTest]:
    """A stack that adopts a vault which somebody made and nobody has used."""
    directory = tmp_path_factory.mktemp("simulator")
    inventory = write_inventory(directory / "inventory.yaml", 1)
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", str(inventory))
    vault = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    path = f"{simulator.make_group(VAULT[0])}/providers/Microsoft.RecoveryServices/vaults/{VAULT[1]}"
    assert simulator.arm("PUT", path, vault, version="2024-10-01").status_code in (200, 201)
    stack = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)

    def adopt(config: dict[str, Any]) -> None:
        declare(config, 1)
        config["site-recovery:vault"]["adopt"] = True

    stack.edit(adopt)
    yield stack
    simulator.stop()


def test_a_preview_leaves_an_unused_vault_as_it_is(stack: StackUnderTest) -> None:
    assert resources_changed(stack.preview_json())[SITE] == "create"
    assert writes(stack) == []
    fabrics = f"{stack.simulator.subscription_path}/resourceGroups/{VAULT[0]}/providers/Microsoft.RecoveryServices"
    answer = stack.simulator.arm("GET", f"{fabrics}/vaults/{VAULT[1]}/replicationFabrics", version="2025-08-01")
    assert answer.status_code == 400, answer.text


def test_what_the_service_refuses_of_it_stops_the_up_with_what_to_do(stack: StackUnderTest) -> None:
    refuse_once(stack)
    stopped = stack.up(check=False)
    assert stopped.returncode != 0
    assert f"Site Recovery could not be set up in vault {VAULT[1]}: The vault is being serviced." in stopped.stdout
    assert "`pulumi up` goes on from here" in stopped.stdout
    assert "cannot check existence" not in stopped.stdout
    assert "Traceback" not in stopped.stdout


def test_an_up_sets_it_up_once_and_leaves_what_is_declared_alone(stack: StackUnderTest) -> None:
    stack.up()
    assert [(method, status) for method, status in writes(stack) if status < 400] == [("PUT", 202), ("DELETE", 202)]
    with stack.simulator.site_recovery() as client:
        assert [policy.name for policy in client.replication_policies.list(*VAULT)] == [POLICY]
    assert stack.outputs("vm01")["stage"] == "protected"
    assert resources_changed(stack.preview_json("--expect-no-changes")) == {"contoso-vault": "read"}


def test_a_further_policy_finds_the_vault_set_up(stack: StackUnderTest) -> None:
    before = writes(stack)
    stack.edit(lambda config: config["site-recovery:policies"].update({"hourly": {}}))
    stack.up()
    assert writes(stack) == before


def test_a_stack_from_nothing_sets_its_own_vault_up_once(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest
) -> None:
    directory = tmp_path_factory.mktemp("simulator")
    inventory = write_inventory(directory / "inventory.yaml", 1)
    simulator = RunningSimulator(directory, "--speed", "600", "--inventory", str(inventory))
    try:
        stack = StackUnderTest(tmp_path_factory.mktemp("project"), engine, simulator)

        def declare_three(config: dict[str, Any]) -> None:
            declare(config, 1)
            config["site-recovery:policies"].update({"hourly": {}, "nightly": {}})

        stack.edit(declare_three)
        shown = stack.pulumi("up", "--yes", "--stack", stack.stack, "--suppress-progress").stdout
        previewed, _, updated = shown.partition("Updating (")
        assert "Site Recovery is set up" not in previewed
        told = updated.partition("Diagnostics:")[2]
        assert told.count(f"Site Recovery is set up in vault {VAULT[1]}: a replication policy was made") == 1
        assert writes(stack) == [("PUT", 202), ("DELETE", 202)]
        with simulator.site_recovery() as client:
            assert sorted(str(policy.name) for policy in client.replication_policies.list(*VAULT)) == [
                POLICY,
                "hourly",
                "nightly",
            ]
    finally:
        simulator.stop()


def writes(stack: StackUnderTest) -> list[tuple[str, int]]:
    """What was asked to change of the policy that sets a vault up, and what the service said, in order."""
    simulator = stack.simulator
    log = simulator.session.get(f"{simulator.url}/_simulator/audit", params={"path": SET_UP}, timeout=30)
    return [(entry["method"], entry["status"]) for entry in log.json()["mutations"]]


def refuse_once(stack: StackUnderTest) -> None:
    rule = {
        "name": "refused",
        "request": {"method": "PUT", "path": f"*{SET_UP}"},
        "when": {"first": 1, "last": 2},  # the site's turn and the policy's
        "answer": {"status": 400, "code": "BadRequest", "message": "The vault is being serviced."},
    }
    simulator = stack.simulator
    answer = simulator.session.post(f"{simulator.url}/_simulator/faults", json={"faults": [rule]}, timeout=30)
    assert answer.status_code == 200, answer.text
