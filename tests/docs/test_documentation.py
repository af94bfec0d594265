"""What the documentation points at is there, and what it says the engine prints, the engine's text still is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lifecycle.stages import WORDS
from tests.engine_fixture import ROOT
from tools.catalogue import TARGETS

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_MAKE = re.compile(r"(?:^|`)\s*make (?:-s )?([a-z][a-z-]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    named = set(_MAKE.findall(page.read_text(encoding="utf-8")))
    assert named <= set(TARGETS), named - set(TARGETS)


def test_the_readme_shows_a_preview_in_the_words_that_the_code_has() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "sql01: runs on premises -> runs in Azure (direction azureToOnPremises): GO" in readme
    for stage in ("protected", "protectedInAzure"):
        assert f"sql01 {WORDS[next(known for known in WORDS if known.value == stage)]}" in readme
