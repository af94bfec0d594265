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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_up_that_somebody_would_type_is_held_to_what_was_previewed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [line for line in _typed(text) if "pulumi up" in line and not _HELD.search(line)] == []


def test_what_the_program_tells_to_type_is_held_to_what_was_previewed() -> None:
    rooms = ("components", "dr", "executor", "lifecycle", "providers", "stacks")
    sources = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".yaml", ".j2"}]
    assert sources
    said = [(path.name, line) for path in sources for line in _WITH_OPTIONS.findall(path.read_text(encoding="utf-8"))]
    assert [each for each in said if not _HELD.search(each[1])] == []
    plain = [(path.name, line) for path in sources for line in _RUN.findall(path.read_text(encoding="utf-8"))]
    assert plain == [], "a plain one plans anew after its preview"


_RUN = re.compile(r"\b[Rr]un(?:ning)? `pulumi up`")
_HELD = re.compile(r"--strict|--plan\b|--help|--debug")
# `pulumi up` alone names the command; with options it is there to be typed.
_WITH_OPTIONS = re.compile(r"`(pulumi up -[^`]*)")
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _typed(page: str) -> list[str]:
    """The lines of a page's blocks of commands, fenced or indented, and commands with options within its sentences."""
    blocks = "\n".join(_FENCED.findall(page)).splitlines()
    rest = _FENCED.sub("", page)
    return [*blocks, *(line for line in rest.splitlines() if line.startswith("    ")), *_WITH_OPTIONS.findall(rest)]


def test_the_readme_shows_a_preview_in_the_words_that_the_code_has() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "sql01: runs on premises -> runs in Azure (direction azureToOnPremises): GO" in readme
    for stage in ("protected", "protectedInAzure"):
        assert f"sql01 {WORDS[next(known for known in WORDS if known.value == stage)]}" in readme
