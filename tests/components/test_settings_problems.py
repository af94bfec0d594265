"""Every problem of a configuration: told in one line with path, value and mend, all of them at once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.settings import Problem, Settings, SettingsError, load_settings, load_stack_file
from tests.components.settings_problem_cases import CASES
from tests.settings_samples import small, two_vms, with_vm


def told(values: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(values, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("values", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_problem_is_told_in_one_line(values: dict[str, Any], line: str) -> None:
    assert told(values) == [line]


def test_a_dotted_name_set_without_quotes_is_told_with_the_command_that_mends_it() -> None:
    values = small()
    values["vms"]["sql02"] = {"contoso": {"com": {"direction": "onPremisesToAzure"}}}
    values["vms"]["sql01"]["contoso"] = {"direction": "azureToOnPremises"}
    one, other = told(values)
    assert one == (
        "site-recovery:vms.sql01.contoso: contoso is not a setting, but holds some (direction): a name with a dot "
        "was set without quotes; take contoso out and quote the name: "
        "pulumi config set --path 'site-recovery:vms[\"sql01.contoso\"].direction' VALUE"
    )
    assert "'site-recovery:vms[\"sql02.contoso.com\"].direction'" in other


def test_a_path_set_without_path_is_told_with_the_command_that_mends_it() -> None:
    assert told(small() | {"vms.sql01.direction": "azureToOnPremises"}) == [
        (
            "site-recovery:vms.sql01.direction: was set without --path; pulumi config rm it, then: "
            "pulumi config set --path 'site-recovery:vms.sql01.direction' VALUE"
        )
    ]


def test_all_problems_are_told_at_once_whatever_is_malformed() -> None:
    values = two_vms(
        {
            "failover": {"mode": "plannd"},
            "target": {"network": "nowhere"},
            "verification": [{"tcp": 5}],
            "holdAfter": "verify",
        },
        {"site": "elsewhere", "failback": {"dataSync": "duringFailover", "completion": "manual"}},
    ) | {"vault": {"name": "v"}, "maxMoves": 0, "version": None}
    paths = [line.split(": ")[0] for line in told(values)]
    assert paths == [
        "site-recovery:maxMoves",
        "site-recovery:vault.location",
        "site-recovery:vault.name",
        "site-recovery:vault.resourceGroup",
        "site-recovery:version",
        "site-recovery:vms.app01.failback.completion",
        "site-recovery:vms.app01.site",
        "site-recovery:vms.sql01.failover.mode",
        "site-recovery:vms.sql01.target.network",
        "site-recovery:vms.sql01.verification[0].tcp",
    ]


def test_a_problem_of_a_tier_is_told_once_for_all_its_vms() -> None:
    values = two_vms({"tier": "gold"}, {"tier": "gold"}) | {"tiers": {"gold": {"failover": {"shutdownSource": False}}}}
    (line,) = told(values)
    assert line.startswith("site-recovery:tiers.gold.failover.shutdownSource: ")


def test_problems_of_a_file_come_in_its_order_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(
        "config:\n"
        "  site-recovery:version: 1\n"
        "  site-recovery:vms:\n"
        "    sql01:\n"
        "      failover: {mode: plannd}\n"
        "      direction: onPremisesToAzure\n"
        "      site: a\n"
        "      policy: b\n"
        "  site-recovery:vault: {name: v1, resourceGroup: g, location: West Europe}\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(path)
    places = [(problem.line, problem.path[0], problem.path[-1]) for problem in caught.value.problems]
    assert places == [
        (1, "site-recovery:target", "site-recovery:target"),
        (5, "site-recovery:vms", "mode"),
        (7, "site-recovery:vms", "site"),
        (8, "site-recovery:vms", "policy"),
        (9, "site-recovery:vault", "location"),
    ]
    headline, first, *_ = str(caught.value).splitlines()
    assert headline == "The configuration has 5 problems. Nothing was changed."
    assert first.startswith(f"{path}:1: site-recovery:target: is missing")


SECRET = "hunter2-very-secret"
SECRETS: list[tuple[str, dict[str, Any], str]] = [
    ("by its name", small(clientSecret=SECRET), "site-recovery:clientSecret: looks like a secret by its name"),
    ("among tags", with_vm(target={"tags": {"adminPassword": SECRET}}), ".tags.adminPassword: looks like a secret by"),
    ("encrypted", with_vm(target={"size": {"secure": SECRET}}), ".target.size: is an encrypted value"),
    (
        "in a URL",
        with_vm(verification=[{"http": {"url": f"https://ada:{SECRET}@sql01/"}}]),
        ".verification[0].http.url: looks like a secret",
    ),
    (
        "in a signed URL",
        with_vm(verification=[{"http": {"url": f"https://x.blob.core.windows.net/y?sig={SECRET}"}}]),
        ".verification[0].http.url: looks like a secret",
    ),
    (
        "in an argument",
        with_vm(verification=[{"command": ["check", f"--password={SECRET}"]}]),
        ".verification[0].command[1]: looks like a secret",
    ),
    (
        "a connection string",
        small(freeze=f"AccountName=a;AccountKey={SECRET}"),
        "site-recovery:freeze: looks like a secret",
    ),
    ("of another program", small() | {"azure-native:clientSecret": SECRET}, "azure-native:clientSecret: looks like"),
]


@pytest.mark.parametrize(("values", "line"), [case[1:] for case in SECRETS], ids=[case[0] for case in SECRETS])
def test_a_secret_is_refused_and_never_shown(values: dict[str, Any], line: str) -> None:
    (problem,) = told(values)
    assert line in problem
    assert "credentials by the environment" in problem
    assert SECRET not in problem


def test_a_key_that_the_engine_decrypted_is_refused_and_never_shown() -> None:
    (problem,) = told(small(freeze=SECRET), secret_keys=["site-recovery:freeze"])
    assert problem.startswith("site-recovery:freeze: is an encrypted value")
    assert SECRET not in problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
paths = st.sampled_from(
    [
        *[(key,) for key in (*small(), "defaults", "tiers", "waivers", "dismantle", "freeze", "networkMappings")],
        *[("vms", "sql01", key) for key in ("direction", "failover", "failback", "verification", "target", "source")],
        ("vms", "sql01"),
        ("vms", "sql01", "failback", "completion"),
        ("vms", "sql01", "target", "test"),
        ("networks", "vnet"),
        ("networks", "vnet", "subnets"),
        ("defaults", "target"),
        ("tiers", "gold", "failover"),
    ]
)


@given(path=paths, value=json_values)
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_is_taken_or_explained(path: tuple[str, ...], value: Any) -> None:
    values = small()
    here = values
    for key in path[:-1]:
        here = here.setdefault(key, {})
    here[path[-1]] = value
    found = outcome(values)
    assert isinstance(found, Settings) or (found and all(str(problem).isprintable() for problem in found))


def outcome(values: dict[str, Any]) -> Settings | tuple[Problem, ...]:
    """The settings or their problems. Whatever else is raised fails the test."""
    try:
        return load_settings(values)
    except SettingsError as error:
        return error.problems
