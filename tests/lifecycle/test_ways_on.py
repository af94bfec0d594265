"""What a waiting move is told to change, and what of a text somebody without an engine can type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ruamel.yaml import YAML

from components.settings import Attested, load_settings
from lifecycle.options import Commit, MoveOptions
from lifecycle.planner import plan
from lifecycle.ways_on import way_on, without_engine
from tests.lifecycle import rows
from tests.lifecycle.test_holds_and_changes import BOLD, TO_AZURE
from tests.settings_samples import small


@pytest.mark.parametrize("vm", ["sql01", "büro, web [old]", "#1", "true"])
def test_the_statement_that_the_source_is_off_can_be_copied_into_the_file(vm: str) -> None:
    made = replace(rows.job("UnplannedFailover", state="Succeeded", number="0f1e2d3c-4b5a"), source_shutdown="Failed")
    now = datetime.now(UTC)
    seen = replace(rows.COMMIT_PENDING, vm=vm, brought_here=made, at=now)
    (first, *_) = plan(seen, TO_AZURE, BOLD).steps
    way = way_on(seen, first)
    _, _, written = way.partition("write `")
    where = {"site": "contoso-hyperv", "policy": "every-5-minutes", "target": {"name": "in-azure"}}
    vms = {vm: {"direction": "onPremisesToAzure", **where}}
    settings = load_settings(small(vms=vms, attestations=YAML(typ="safe").load(written.partition("`")[0])))
    (stated,) = settings.attestations
    assert (stated.vm, stated.what) == (vm, Attested.SOURCE_OFF)
    assert now < stated.until < now + timedelta(days=1)
    options = MoveOptions.from_inputs({**settings.move_inputs(settings.vms[vm]), "failover": UNPLANNED})
    assert options.failover_commit is Commit.AUTOMATIC
    assert plan(seen, TO_AZURE, options).stops_before is None
    later = replace(seen, brought_here=replace(made, id="another-failover"))
    assert plan(later, TO_AZURE, options).stops_before is not None


UNPLANNED = {"mode": "unplanned", "commit": "automatic"}


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        (
            (
                "`pulumi config set --path 'site-recovery:vms[\"sql01\"].failover.commit' automatic`, then run "
                "`pulumi up --strict`"
            ),
            r"write `failover.commit: automatic` for sql01 in C:\dr\p.yaml, and type the same again",
        ),
        ("run `pulumi up --strict` again to go on from here", "type the same again to go on from here"),
        (
            (
                "let them finish it, or take it over: "
                "`pulumi config set --path 'site-recovery:vms[\"sql01\"].takeOver' 1-2`"
            ),
            r"let them finish it, or take it over: write `takeOver: 1-2` for sql01 in C:\dr\p.yaml",
        ),
        (
            "write another target.subnet or give the subnet a larger prefix and run `pulumi up --strict` first, move",
            (
                "write another target.subnet or give the subnet a larger prefix once the engine can be run, or change "
                "it in Azure (Replicated items, sql01, Compute and Network) first, move"
            ),
        ),
        (
            "declare direction onPremisesToAzure and run `pulumi up --strict` to finish it, then",
            "move it --to onPremises to finish it, then",
        ),
        (
            "mend that, look at the preview, then run `pulumi up --strict` again",
            "mend that, look at the same with --dry-run, and type it again",
        ),
        ("commit it in Azure, then preview again", "commit it in Azure, then look again (--dry-run)"),
        ("nothing of this is typed", "nothing of this is typed"),
    ],
)
def test_who_has_no_engine_is_told_what_the_file_and_the_same_command_do(text: str, typed: str) -> None:
    assert without_engine(text, "sql01", r"C:\dr\p.yaml") == typed
