"""The same settings, whichever way they come: the engine's values, parsed values, or the stack file."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.settings import Settings, SettingsError, load_settings, load_stack_file
from tests.settings_samples import small, with_vm

ROOT = Path(__file__).resolve().parents[2]

DESIGN = """\
config:
  site-recovery:version: 1
  site-recovery:target: {cloud: azure, subscriptionId: 11111111-2222-3333-4444-555555555555, tenantId: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}     # or cloud: simulator
  site-recovery:vault: {name: contoso-vault, resourceGroup: contoso-dr, location: westeurope, adopt: false}
  site-recovery:sites: {contoso-hyperv: {adopt: false}}
  site-recovery:policies: {every-5-minutes: {replicationIntervalSeconds: 300, recoveryPointHistoryHours: 24, appConsistentFrequencyHours: 4}}
  site-recovery:maxMoves: 1                       # how many VMs one up may move; never both ways in one up
  site-recovery:vms:
    sql01:
      direction: onPremisesToAzure                # flip this; written for each VM, never inherited from a default
      site: contoso-hyperv
      policy: every-5-minutes
      failover: {mode: planned, shutdownSource: true, recoveryPoint: latest, commit: afterVerification}
      failback: {dataSync: beforeFailover, completion: automatic, commit: manual}
      holdAfter: null                             # stop after a named step for as long as this says so
      verification: [{tcp: {host: 10.1.0.4, port: 1433}}]
      maxDataLossMinutes: 15
      target: {resourceGroup: contoso-dr, network: NETWORK, subnet: data, staticIp: 10.1.0.4, size: Standard_D4s_v5, storageAccount: STORAGE, managedDisks: true}
"""  # noqa: E501 - as a user writes it
ARM = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/contoso-dr/providers"
DESIGN = DESIGN.replace("NETWORK", f"{ARM}/Microsoft.Network/virtualNetworks/v").replace(
    "STORAGE", f"{ARM}/Microsoft.Storage/storageAccounts/contosodr"
)


def stack_file(directory: Path, text: str) -> Path:
    path = directory / "Pulumi.test.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def as_the_engine_hands_it(values: dict[str, Any]) -> dict[str, str]:
    """Measured: objects and lists as JSON, everything else as text, every key with its namespace."""
    return {
        f"site-recovery:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }


def refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_stack_file(path)
    return str(caught.value)


def test_the_documented_example_loads_as_it_is_written(tmp_path: Path) -> None:
    settings = load_stack_file(stack_file(tmp_path, DESIGN))
    assert settings.vms["sql01"].max_data_loss_minutes == 15
    assert settings.vms["sql01"].verification[0].tcp is not None


@pytest.mark.parametrize("name", ["local", "example"])
def test_the_projects_own_stack_files_load(name: str) -> None:
    assert load_stack_file(ROOT / f"stacks/Pulumi.{name}.yaml").vms


def test_the_local_stack_writes_its_bold_settings_out() -> None:
    text = (ROOT / "stacks/Pulumi.local.yaml").read_text(encoding="utf-8")
    for bold in ("mode: unplanned", "shutdownSource: true", "recoveryPoint: latest", "completion: automatic"):
        assert bold in text
    assert text.count("commit: automatic") == 2
    assert {*load_stack_file(ROOT / "stacks/Pulumi.local.yaml").vms} == {"sql01", "app01"}


@pytest.mark.parametrize(
    ("written", "mode", "commit"),
    [
        ("{}", "unplanned", "automatic"),
        # Takes back what the defaults say, so that the built-in ones hold.
        ("", "planned", "afterVerification"),
        ("{commit: manual}", "unplanned", "manual"),
        (None, "unplanned", "automatic"),
    ],
)
def test_a_mode_of_the_command_line_goes_before_whatever_the_file_says(
    tmp_path: Path, written: str | None, mode: str, commit: str
) -> None:
    text = (ROOT / "stacks/Pulumi.local.yaml").read_text(encoding="utf-8")
    line = "" if written is None else f"      failover: {written}\n"
    text = text.replace("    app01:\n", f"    app01:\n{line}")
    path = stack_file(tmp_path, text)
    for wanted in ("planned", "unplanned"):
        failover = load_stack_file(path, modes={"APP01": wanted}).vms["app01"].failover
        assert (failover.mode, failover.commit) == (wanted, commit)
    assert load_stack_file(path).vms["app01"].failover.mode == mode


def test_the_engines_text_and_parsed_values_are_the_same() -> None:
    values = small(maxMoves=3, requireApproval=True, freeze="quarter end")
    from_text = load_settings(as_the_engine_hands_it(values))
    assert from_text == load_settings(values)
    assert (from_text.max_moves, from_text.require_approval, from_text.freeze) == (3, True, "quarter end")


def test_a_reason_that_looks_like_json_stays_a_text() -> None:
    assert load_settings(as_the_engine_hands_it(small(freeze="2026"))).freeze == "2026"


def test_a_key_that_the_engine_hands_over_empty_is_not_set() -> None:
    settings = load_settings({**as_the_engine_hands_it(small()), "site-recovery:waivers": ""})
    assert settings.waivers == ()


@pytest.mark.parametrize("written", ["", "   ", None], ids=["empty", "blank", "no value"])
def test_a_freeze_without_its_reason_is_an_error_and_not_no_freeze(written: str | None) -> None:
    with pytest.raises(SettingsError, match=r"site-recovery:freeze: '.*' is not a reason; write why, in a few words"):
        load_settings({**as_the_engine_hands_it(small()), "site-recovery:freeze": written})


def test_keys_of_other_programs_are_left_alone() -> None:
    assert load_settings({**as_the_engine_hands_it(small()), "pulumi:tags": "{}", "aws:region": "eu-west-1"}).vms


def test_a_time_is_taken_as_the_engine_prints_it() -> None:
    """Measured: an unquoted YAML time reaches a program as Go prints it."""

    def until(text: str) -> Settings:
        return load_settings(small(attestations=[{"vm": "sql01", "what": "sourceOff", "by": "Ada", "until": text}]))

    written = until("2026-11-23T10:00:00+01:00")
    assert until("2026-11-23 10:00:00 +0100 +0100") == written
    assert until("2026-11-23 09:00:00 +0000 UTC").attestations[0].until == written.attestations[0].until
    printed = {"mode": "unplanned", "recoveryPoint": "2026-11-23 10:00:00 +0100 +0100"}
    point = load_settings(with_vm(failover=printed)).vms["sql01"].failover.recovery_point
    assert point == "2026-11-23T10:00:00+01:00"


def test_numbers_that_config_set_made_of_digits_are_text_where_text_is_meant() -> None:
    vm = load_settings(with_vm(target={"zone": 1, "tags": {"cost": 4711}})).vms["sql01"]
    assert vm.target.zone == "1"
    assert vm.target.tags == {"cost": "4711"}


def test_a_file_that_config_set_rewrote_still_loads(tmp_path: Path) -> None:
    text = DESIGN.replace("version: 1", 'version: "1"').replace("maxMoves: 1", 'maxMoves: "1"')
    assert load_stack_file(stack_file(tmp_path, text + "encryptionsalt: v1:abc=\n")).max_moves == 1


def test_an_entry_without_settings_is_declared(tmp_path: Path) -> None:
    text = DESIGN.replace("{contoso-hyperv: {adopt: false}}", "{contoso-hyperv: }")
    assert list(load_stack_file(stack_file(tmp_path, text)).sites) == ["contoso-hyperv"]


def test_anchors_and_merge_keys_are_followed(tmp_path: Path) -> None:
    text = DESIGN + "    app01:\n      <<: &own {site: contoso-hyperv, policy: every-5-minutes}\n"
    text += "      direction: onPremisesToAzure\n    app02: {<<: *own, direction: onPremisesToAzure, policy: other}\n"
    assert "vms.app02.policy: 'other' is not declared" in refused(stack_file(tmp_path, text))


NOT_YAML = [
    ("    sql01: {site: [hq\n    policy: five}\n", 3, "a bracket is opened here and not closed; close it"),
    ("    sql01: {site: [\n", 4, "the file ends within a bracket; close every bracket"),
    ('    sql01: {site: "hq}\n    app01: {}\n', 3, "a quote is opened here and never closed; close it"),
    ("    sql01: {}\n   app01: {}\n", 4, "the line is not indented like those beside it; indent it like them"),
    ("    sql01: x\n      app01: {}\n", 4, "there is a colon where no value can follow; indent the line"),
    ("    sql01: {}\n\tapp01: {}\n", 4, "a tab stands where YAML takes spaces alone; indent with spaces"),
    ("    sql01: *home\n", 3, "*home refers to &home, which is not in the file; put a text in quotes"),
    ("    sql01: @home\n", 3, "a text cannot begin with @; put it in quotes"),
    ("    sql01: 'it's'\n", 3, "there is text behind a closing quote; put the whole value in one pair of quotes"),
    ("    sql01: - hq\n", 3, "a list begins on the line of its key; write it in brackets"),
    ("    sql01: {}\n---\na: b\n", 4, "a second document begins (---); write everything into one"),
    ("    sql01: {}\n    app\a01: {}\n", 4, "there is a control character; take it out"),
    ('    sql01: "\\q"\n', 3, "found unknown escape character 'q'; mend the line"),
]


@pytest.mark.parametrize(("text", "line", "says"), NOT_YAML, ids=[says.split(";")[0] for _, _, says in NOT_YAML])
def test_a_file_that_is_not_yaml_is_told_with_the_line_to_mend(text: str, line: int, says: str, tmp_path: Path) -> None:
    path = stack_file(tmp_path, f"config:\n  site-recovery:vms:\n{text}")
    assert f"{path}:{line}: the file: is not YAML: {says}" in refused(path)


def test_an_alias_of_itself_is_refused(tmp_path: Path) -> None:
    assert "refers to itself" in refused(stack_file(tmp_path, "config:\n  site-recovery:vms: &all {sql01: *all}\n"))


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    text = DESIGN.replace(
        "      site: contoso-hyperv\n", "      site: contoso-hyperv\n      direction: azureToOnPremises\n"
    )
    assert ":12: site-recovery:vms.sql01.direction: is written twice (line 10 as well); keep one" in refused(
        stack_file(tmp_path, text)
    )


def test_an_empty_file_lacks_everything(tmp_path: Path) -> None:
    for text in ("", "config:\n", "encryptionsalt: v1:abc\n"):
        told = refused(stack_file(tmp_path, text))
        for key in ("version", "target", "vault"):
            assert f"site-recovery:{key}: is missing" in told


def test_a_misplaced_key_of_the_file_is_told(tmp_path: Path) -> None:
    told = refused(stack_file(tmp_path, DESIGN + "maxMoves: 5\n"))
    assert "maxMoves: is not a key of a stack file; put settings below config:, as site-recovery:maxMoves" in told


def test_a_misspelt_key_of_the_file_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    told = refused(stack_file(tmp_path, DESIGN.replace("config:", "confg:", 1)))
    assert "confg: is not a key of a stack file; did you mean config?" in told


def test_a_file_that_is_not_there_is_the_callers_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_stack_file(tmp_path / "Pulumi.none.yaml")
