"""The official CLI with the language host that comes with it: run where one is on PATH, reported as not run where not.

Where there is one, every test that needs an engine is driven by it. An engine built from its Go module has this
project's own language host beside it, which is another program: then this test says so in the report of skipped tests.
"""

from __future__ import annotations

import shutil

import pytest

from tests.engine.conftest import NewStack
from tests.engine.stack_under_test import resources_changed
from tests.engine_fixture import EngineUnderTest

pytestmark = pytest.mark.timeout(600)


def test_a_vm_goes_to_azure_with_the_official_cli_and_its_own_language_host(
    engine: EngineUnderTest, new_stack: NewStack
) -> None:
    host = shutil.which("pulumi-language-python", path=engine.environment["PATH"])
    assert host is not None
    if (engine.executable.parent / "language_host.py").exists():
        pytest.skip(
            "NOT RUN with the official CLI and its own language host: no official `pulumi` that is new enough, with "
            "`pulumi-language-python` beside it, is on PATH; the other tests ran with one built from its Go module"
        )
    stack = new_stack()
    stack.up()
    stack.flip("sql01", "azureToOnPremises")
    stack.up()
    assert stack.outputs("sql01")["stage"] == "protectedInAzure"
    assert resources_changed(stack.preview_json("--expect-no-changes")) == {}
