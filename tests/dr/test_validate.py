"""`python -m dr validate`: the command as a user and a pipeline run it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dr.validate import validate_files
from tests.settings_samples import NETWORK_ID, small, with_vm

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def write(directory: Path, stack: str, values: dict[str, Any]) -> Path:
    """A stack file, one key a line."""
    path = directory / "stacks" / f"Pulumi.{stack}.yaml"
    path.parent.mkdir(exist_ok=True)
    lines = [f"  site-recovery:{key}: {json.dumps(value)}\n" for key, value in values.items()]
    path.write_text("config:\n" + "".join(lines), encoding="utf-8")
    return path


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dr", "validate", *arguments],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def team(vault: str = "contoso-vault", **changes: Any) -> dict[str, Any]:
    """A stack that works in a vault which another one makes."""
    return small(
        vault={"name": vault, "resourceGroup": "contoso-dr", "location": "westeurope", "adopt": True},
        sites={"contoso-hyperv": {"adopt": True}},
        policies={"every-5-minutes": {"adopt": True}},
        **changes,
    )


def test_the_projects_own_files_are_valid() -> None:
    ended = run(ROOT)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "stacks/Pulumi.local.yaml: 2 VMs, no problems" in ended.stdout


def test_what_many_vms_take_over_from_one_place_is_told_once(tmp_path: Path) -> None:
    vms = {f"vm{number:02}": {"direction": "onPremisesToAzure"} for number in range(20)}
    defaults = {"site": "contoso", "policy": "every-5-minutes", "target": {"network": "prodd"}}
    write(tmp_path, "a", small(vms=vms, defaults=defaults))
    ended = run(tmp_path)
    assert ended.stdout.count("'contoso' is not declared") == 1
    assert ended.stdout.count("'prodd' is not declared") == 1
    assert "stacks/Pulumi.a.yaml: 2 problems" in ended.stdout


def test_every_problem_of_every_file_is_told_and_ends_with_1(tmp_path: Path) -> None:
    write(tmp_path, "a", with_vm(failover={"mode": "plannd"}, tier="gold"))
    write(tmp_path, "b", small(version=2))
    write(tmp_path, "c", small())
    ended = run(tmp_path)
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == [
        (
            "stacks/Pulumi.a.yaml:9: site-recovery:vms.sql01.failover.mode: 'plannd' is not planned or unplanned; "
            "did you mean planned?"
        ),
        (
            "stacks/Pulumi.a.yaml:9: site-recovery:vms.sql01.tier: 'gold' is not declared in site-recovery:tiers; "
            "there is none"
        ),
        "stacks/Pulumi.a.yaml: 2 problems",
        "stacks/Pulumi.b.yaml:2: site-recovery:version: 2 is not 1; write 1",
        "stacks/Pulumi.b.yaml: 1 problem",
        "stacks/Pulumi.c.yaml: 1 VM, no problems",
    ]


def test_json_carries_the_same(tmp_path: Path) -> None:
    write(tmp_path, "a", small(version=2))
    ended = run(tmp_path, "--format", "json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout) == {
        "valid": False,
        "files": [
            {
                "file": "stacks/Pulumi.a.yaml",
                "vms": None,
                "problems": [{"line": 2, "path": "site-recovery:version", "what": "2 is not 1", "mend": "write 1"}],
                "warnings": [],
            }
        ],
    }


def test_files_may_be_named_wherever_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a", small())
    ended = run(ROOT, str(path))
    assert ended.returncode == 0
    assert ended.stdout == f"{path}: 1 VM, no problems\n"


def test_stacks_are_found_from_below_the_project(tmp_path: Path) -> None:
    write(tmp_path, "a", small())
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n", encoding="utf-8")
    below = tmp_path / "docs"
    below.mkdir()
    assert run(below).returncode == 0


def test_a_vm_in_two_stacks_over_one_vault_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "shared", small())
    write(tmp_path, "team", team(vms={"SQL01": small()["vms"]["sql01"]}))
    ended = run(tmp_path)
    assert ended.returncode == 1
    assert (
        "stacks/Pulumi.team.yaml:9: site-recovery:vms.SQL01: is declared in stacks/Pulumi.shared.yaml as well; "
        "declare a VM of vault contoso-vault in one stack; of two VMs of one name, write source.vmId of each\n"
    ) in ended.stdout


def test_two_vms_of_one_name_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    first, second = (f"8f4c3c1e-6f0d-4b7e-9a55-0c1d2e3f4a5{last}" for last in "ab")
    vm = small()["vms"]["sql01"]
    write(tmp_path, "shared", small(vms={"sql01": vm | {"source": {"vmId": first}}}))
    write(tmp_path, "team", team(vms={"sql01": vm | {"source": {"vmId": second}}}))
    assert run(tmp_path).returncode == 0
    write(tmp_path, "third", team(vms={"SQL01": vm}))
    ended = run(tmp_path)
    assert ended.returncode == 1
    assert "site-recovery:vms.SQL01: is declared in stacks/Pulumi.shared.yaml as well" in ended.stdout


def test_a_vm_id_in_two_stacks_over_one_vault_is_refused(tmp_path: Path) -> None:
    vm = small()["vms"]["sql01"] | {"source": {"vmId": "8f4c3c1e-6f0d-4b7e-9a55-0c1d2e3f4a5b"}}
    write(tmp_path, "shared", small(vms={"sql01": vm}))
    write(tmp_path, "team", team(vms={"sql-one": vm}))
    ended = run(tmp_path)
    assert "site-recovery:vms.sql-one.source.vmId: is the id of a VM that is declared in" in ended.stdout
    assert ended.returncode == 1


def test_vms_of_one_name_in_different_vaults_are_different_vms(tmp_path: Path) -> None:
    write(tmp_path, "one", small())
    write(tmp_path, "other", team(vault="fabrikam-vault"))
    assert run(tmp_path).returncode == 0


def test_a_vault_site_and_policy_made_by_two_stacks_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "one", small())
    write(tmp_path, "two", small(vms={}))
    told = run(tmp_path).stdout
    for path in ("vault: vault contoso-vault is made", "sites.contoso-hyperv: is made", "policies.every-5-minutes: is"):
        assert f"site-recovery:{path}" in told
    assert "write adopt: true in all stacks but one" in told


def test_one_stack_is_told_of_what_it_shares_with_others_and_of_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "a", small(version=2))
    write(tmp_path, "b", small())
    write(tmp_path, "z", team())
    ended = run(tmp_path, "--stack", "b")
    assert ended.returncode == 1
    told, *rest = ended.stdout.splitlines()
    assert told.startswith("stacks/Pulumi.b.yaml:9: site-recovery:vms.sql01: is declared in stacks/Pulumi.z.yaml")
    assert rest == ["stacks/Pulumi.b.yaml: 1 VM, 1 problem"]


def test_a_stack_may_be_named_with_organization_and_project(tmp_path: Path) -> None:
    write(tmp_path, "prod", small())
    assert run(tmp_path, "--stack", "contoso/dr/prod").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--stack", "none"], "There is no stack none: Pulumi.none.yaml is not in stacks/. Stacks there: a."),
        (["--stack", "a", "stacks/Pulumi.a.yaml"], "Give files or --stack, not both."),
        (["stacks/Pulumi.none.yaml"], "does not exist"),
        (["--format", "yaml"], "'yaml' is not one of 'text', 'json'"),
    ],
)
def test_a_wrong_command_ends_with_64(tmp_path: Path, arguments: list[str], told: str) -> None:
    write(tmp_path, "a", small())
    ended = run(tmp_path, *arguments)
    assert ended.returncode == 64
    assert told in ended.stderr


def test_a_directory_without_stacks_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path)
    assert ended.returncode == 64
    assert "There is no stack file in stacks/." in ended.stderr


def test_what_has_run_out_is_a_warning(tmp_path: Path) -> None:
    window = {"from": "2026-11-20T22:00:00Z", "to": "2026-11-21T04:00:00Z"}
    values = with_vm(failback={"completion": {"window": window}}) | {
        "waivers": [{"vm": "sql01", "code": "maxDataLoss", "reason": "r", "until": "2026-11-23T12:00:00Z"}],
        "attestations": [{"vm": "sql01", "what": "sourceOff", "by": "Ada", "until": "2026-11-23T12:00:01Z"}],
    }
    (checked,) = validate_files([write(tmp_path, "a", values)], NOON)
    assert checked.problems == ()
    assert [(warning.path[-1], warning.what) for warning in checked.warnings] == [
        ("until", "ran out at 2026-11-23T12:00:00+00:00 and counts no longer"),
        ("to", "closed at 2026-11-21T04:00:00+00:00: a failback that waits for it will not be completed"),
    ]


def test_a_configuration_too_large_for_the_engine_is_refused_before_it_fails_to_start(tmp_path: Path) -> None:
    vm = small()["vms"]["sql01"]
    many = {f"vm{number:04d}": vm for number in range(1500)}
    (checked,) = validate_files([write(tmp_path, "a", small(vms=many))], NOON)
    (problem,) = checked.problems
    assert "Pulumi can start a program on Linux with at most 131057" in problem.what
    few = {name: {"direction": vm["direction"]} for name in list(many)[:1000]}
    defaults = {"site": vm["site"], "policy": vm["policy"]}
    (checked,) = validate_files([write(tmp_path, "a", small(vms=few, defaults=defaults))], NOON)
    assert checked.problems == ()


def test_the_command_is_listed() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "dr", "--help"], cwd=ROOT, check=True, capture_output=True, timeout=60
    )
    assert b"validate" in listed.stdout


def test_a_test_network_that_is_the_production_network_is_a_warning(tmp_path: Path) -> None:
    networks = {"prod": {"id": NETWORK_ID}, "apart": {"id": f"{NETWORK_ID}-2"}}
    both = {"network": "prod", "test": {"network": NETWORK_ID.upper().replace("/SUBSCRIPTIONS", "/subscriptions")}}
    apart = {"network": "prod", "test": {"network": "apart"}}
    vm = small()["vms"]["sql01"]
    vms = {"app01": {**vm, "target": apart}, "sql01": {**vm, "target": both}}
    write(tmp_path, "a", small(networks=networks, vms=vms))
    ended = run(tmp_path)
    assert ended.returncode == 0
    assert (
        "site-recovery:vms.sql01.target.test.network: is the network of real failovers of sql01: a test" in ended.stdout
    )
    assert "write a network that is apart" in ended.stdout
    assert "2 VMs, no problems, 1 warning" in ended.stdout
