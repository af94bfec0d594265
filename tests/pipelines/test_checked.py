"""What can be seen of the pipelines without running them: their schemas, linters, and the rules that they keep."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipelines.ci_files import AZURE, GITHUB, GITLAB, PIPELINES, azure, github, gitlab, load
from tools.actionlint.build import provide_actionlint
from tools.engine.cache import EngineCache, user_cache_directory

SCHEMAS = [
    *((path, ("vendor.github-workflows",)) for path in GITHUB),
    *((path, ("custom.github-workflows-require-timeout",)) for path in GITHUB),
    # A pattern of this schema is no ECMAScript expression in Unicode mode.
    (AZURE, ("vendor.azure-pipelines", "--regex-variant", "nonunicode")),
    (GITLAB, ("vendor.gitlab-ci", "--data-transform", "gitlab-ci")),
]
FILES = (*GITHUB, AZURE, GITLAB)


@pytest.fixture(scope="session")
def actionlint() -> Path:
    return provide_actionlint(EngineCache(user_cache_directory() / "engine"), lambda line: print(line, file=sys.stderr))


def test_there_are_pipelines_for_all_three_systems() -> None:
    assert [path.stem for path in GITHUB] == ["dr-emergency", "dr-preview", "dr-up", "dr-watch"]
    assert AZURE.is_file()
    assert GITLAB.is_file()


def test_actionlint_finds_nothing_in_the_workflows(actionlint: Path) -> None:
    # Without shellcheck and pyflakes, so that it judges alike wherever it runs; a test runs every script anyway.
    answer = subprocess.run(
        [actionlint, "-shellcheck=", "-pyflakes=", "-no-color", *GITHUB],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_actionlint_finds_what_is_wrong_with_a_workflow(actionlint: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    text = next(path for path in GITHUB if path.stem == "dr-up").read_text(encoding="utf-8")
    wrong.write_text(text.replace("needs.plan.outputs.changes", "needs.plan.outputs.changed"), encoding="utf-8")
    answer = subprocess.run([actionlint, wrong], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert '"changed" is not defined' in answer.stdout


@pytest.mark.parametrize(("path", "schema"), SCHEMAS, ids=[f"{path.name}-{schema[0]}" for path, schema in SCHEMAS])
def test_a_pipeline_keeps_to_its_schema(path: Path, schema: tuple[str, ...]) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_stored_secret_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|CLIENT_SECRET|PASSPHRASE|ACCESS_KEY|PRIVATE-TOKEN", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_run_straight_from_the_network(path: Path) -> None:
    assert not re.search(r"\b(curl|wget)\b", path.read_text(encoding="utf-8"))


def test_the_header_for_azure_says_that_the_identity_itself_is_guarded() -> None:
    head = AZURE.read_text(encoding="utf-8").partition("trigger:")[0]
    assert 'dr-prod-operator itself has to have the check "Branch control"' in head


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_a_workflow_may_read_only_unless_a_job_says_more(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    allowed = {"contents": "read", "id-token": "write", "pull-requests": "write"}
    for job in workflow["jobs"].values():
        assert job["permissions"].items() <= allowed.items()
        assert job["environment"]


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_what_a_person_typed_is_never_text_of_a_command(path: Path) -> None:
    for script in github(path):
        assert "${{" not in script.text, script.step


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_one_run_at_a_time_for_a_stack_and_a_move_is_never_cancelled_by_another(path: Path) -> None:
    concurrency = load(path)["concurrency"]
    assert concurrency["group"].startswith(f"{path.stem}-prod")
    assert concurrency["cancel-in-progress"] is (path.stem in {"dr-preview", "dr-watch"})


def test_up_waits_for_the_reviewers_of_irreversible_steps() -> None:
    job = load(PIPELINES / "github" / "dr-up.yml")["jobs"]["up"]
    expected = "${{ needs.plan.outputs.irreversible == 'true' && 'prod-irreversible' || 'prod' }}"
    assert job["environment"] == expected
    stages = {stage["stage"]: stage for stage in load(AZURE)["stages"]}
    assert stages["upIrreversible"]["jobs"][0]["environment"] == "prod-irreversible"
    assert "['plan.what.irreversible'], 'true')" in stages["upIrreversible"]["condition"]
    assert "['plan.what.irreversible'], 'false')" in stages["up"]["condition"]
    assert load(GITLAB)["up-irreversible"]["environment"]["name"] == "prod-irreversible"


def test_every_up_is_held_to_a_saved_plan() -> None:
    scripts = (*(script for path in GITHUB for script in github(path)), *azure(), *gitlab())
    ups = [line for script in scripts for line in script.text.splitlines() if "pulumi up" in line]
    assert len(ups) == 5
    assert all("--plan" in line and "within_limit.py --minutes 45" in line for line in ups)


def test_the_limit_of_an_up_leaves_its_job_time_to_save_where_it_stands() -> None:
    limits = [load(PIPELINES / "github" / "dr-up.yml")["jobs"]["up"]["timeout-minutes"]]
    limits += [
        int(job["timeoutInMinutes"])
        for stage in load(AZURE)["stages"]
        if stage["stage"].startswith("up")
        for job in stage["jobs"]
    ]
    limits.append(int(load(GITLAB)[".up"]["timeout"].split()[0]))
    assert all(limit >= 45 + 20 for limit in limits)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_another_stack_takes_one_word_to_replace(path: Path) -> None:
    words = set(re.findall(r"[\w-]*prod[\w-]*", path.read_text(encoding="utf-8")))
    assert all(re.fullmatch(r"(dr-(preview|up|watch|emergency)-)?(dr-)?prod(-\w*)*", word) for word in words), words
