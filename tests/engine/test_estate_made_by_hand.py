"""A vault that was set up wholly by hand comes under a stack with no change to it, and is then changed in place.

The tests are one story over one vault, in order: each leaves it as the next one finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.keep_state import imported
from tests.engine.made_by_hand import (
    ABROAD,
    ACCOUNTS,
    AT_HOME,
    BARE_SITE,
    HALFWAY,
    LEFT_OUT,
    TWO_CARDS,
    UNCOMMITTED,
    UNUSED,
    VMS,
    HandMade,
)
from tests.engine.stack_under_test import StackUnderTest, resources_changed
from tests.engine_fixture import EngineUnderTest

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandMade]:
    made = HandMade(tmp_path_factory.mktemp("simulator"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stack(vault: HandMade, tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> StackUnderTest:
    return StackUnderTest(tmp_path_factory.mktemp("project"), engine, vault.simulator)


def test_it_is_imported_and_adopted_without_a_change_to_it(vault: HandMade, stack: StackUnderTest) -> None:
    jobs, items = vault.jobs(), vault.items()
    done = imported(stack)
    assert done.returncode == 0, done.stderr
    assert f"{len(VMS)} VMs" in done.stdout
    declared = stack.read()
    assert {vm: declared["site-recovery:vms"][vm]["direction"] for vm in VMS} == {
        **dict.fromkeys(AT_HOME, "onPremisesToAzure"),
        **dict.fromkeys((UNCOMMITTED, ABROAD, HALFWAY), "azureToOnPremises"),
    }
    assert {BARE_SITE, UNUSED} <= {*declared["site-recovery:sites"], *declared["site-recovery:policies"]}

    shown = stack.preview_json()
    assert set(resources_changed(shown).values()) == {"create", "read"}
    created = Counter(_kind(step) for step in shown["steps"] if step["op"] == "create")
    assert (created["ProtectedItem"], created["ProtectionDirection"]) == (len(VMS), len(VMS))
    assert not any(step["newState"].get("inputs", {}).get("plan") for step in shown["steps"]), "no move"

    told = stack.up().stdout
    assert f"{HALFWAY} runs in Azure; synchronized, waits for Complete Failover: direction azureToOnPremises is" in told
    assert (vault.jobs(), vault.mutations()) == (jobs, [])
    assert vault.items() == items
    again = stack.preview_json("--expect-no-changes")
    assert set(resources_changed(again).values()) == {"read"}
    held = {said["urn"].rsplit("::", 1)[-1]: said["message"] for said in again["diagnostics"] if _is_held(said)}
    assert held.keys() == {UNCOMMITTED, HALFWAY}, "what others have begun is told, and left to them"
    assert "takeOver" in held[UNCOMMITTED]
    assert "declare direction onPremisesToAzure and run `pulumi up --strict`" in held[HALFWAY]
    assert vault.mutations() == []


def test_a_setting_of_each_is_one_update_there_and_one_back(vault: HandMade, stack: StackUnderTest) -> None:
    jobs, items, written = vault.jobs(), vault.items(), stack.file.read_text(encoding="utf-8")

    def change(config: dict[str, Any]) -> None:
        vms = config["site-recovery:vms"]
        vms[TWO_CARDS]["target"]["staticIp"] = "10.1.0.41"
        vms[LEFT_OUT]["target"]["tags"]["Owner"] = "Ada"
        vms[ACCOUNTS]["target"]["size"] = "Standard_D2s_v5"

    stack.edit(change)
    shown = resources_changed(stack.preview_json())
    assert {name: step for name, step in shown.items() if step != "read"} == dict.fromkeys(AT_HOME, "update")
    stack.up()
    there = vault.items()
    assert _addresses(there[TWO_CARDS]) == {"ip-apps": "10.1.1.40", "ip-Data": "10.1.0.41"}
    assert {vm: _differing(items[vm], there[vm]) for vm in VMS} == {
        TWO_CARDS: {"vmNics"},
        LEFT_OUT: {"targetVmTags"},
        ACCOUNTS: {"recoveryAzureVMSize"},
        **{vm: set() for vm in (UNCOMMITTED, ABROAD, HALFWAY)},
    }
    stack.file.write_text(written, encoding="utf-8")
    stack.up()
    assert vault.items() == items
    done = vault.jobs()[len(jobs) :]
    assert sorted(done) == sorted([("UpdateVmProperties", vm) for vm in AT_HOME] * 2)


def _kind(step: dict[str, Any]) -> str:
    return str(step["urn"].split("::")[2].rsplit(":", 1)[-1])


def _is_held(said: dict[str, Any]) -> bool:
    return str(said["message"]).startswith("warning: HELD: ")


def _addresses(item: dict[str, Any]) -> dict[str, str]:
    """The addresses that an item's network cards are to have in Azure, by their names."""
    return {one["name"]: one["recoveryStaticIPAddress"] for card in item["vmNics"] for one in card["ipConfigs"]}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}
