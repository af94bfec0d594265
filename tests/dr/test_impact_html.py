"""The HTML report in a real browser: whole, nothing beside the page, the steps in their order and colours."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dr.rendering import rendered
from tests.dr.golden_cases import cases

CASES = cases()
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_NARROW, _WIDE = 420, 1100

# Measures the report inside a frame of a given width, and leaves what it found as text for --dump-dom.
_MEASURE = """
<iframe id="report" width="{width}" height="1200" srcdoc="{report}"></iframe><pre id="found"></pre>
<script>
addEventListener('load', () => {{
  const page = document.getElementById('report').contentDocument;
  const box = one => {{ const b = one.getBoundingClientRect(); return [b.left, b.right, b.top, b.bottom]; }};
  const colour = one => page.defaultView.getComputedStyle(one).fill;
  document.getElementById('found').textContent = JSON.stringify({{
    title: page.title,
    text: page.body.innerText,
    wide: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    bars: [...page.querySelectorAll('svg rect')].map(one => ({{box: box(one), fill: colour(one)}})),
    labels: [...page.querySelectorAll('svg text')].map(one => ({{box: box(one), text: one.textContent}})),
    marks: page.querySelectorAll('svg line').length,
  }});
}});
</script>
"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        missing = "no browser to look at the report with: install the Debian package chromium"
        # Checks that count need it; somebody who tries the project need not have one.
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@pytest.mark.parametrize("width", [_NARROW, _WIDE])
def test_the_report_shows_its_steps_as_bars_from_left_to_right(browser: str, tmp_path: Path, width: int) -> None:
    seen = _looked_at(browser, tmp_path, "home", width)
    assert seen["title"] == "prod: GO: 1 of 2 VMs would move"
    assert seen["wide"] <= 0, "nothing sticks out of the page"
    bars = [bar["box"] for bar in seen["bars"]]
    assert len(bars) == 4
    assert all(right > left for left, right, _, _ in bars)
    assert all(one[1] <= following[0] + 1 for one, following in pairwise(bars))
    outage, service = "rgb(194, 65, 12)", "rgb(37, 99, 235)"
    assert [bar["fill"] for bar in seen["bars"]] == [service, outage, service, service]
    assert [label["text"] for label in seen["labels"]] == [
        "synchronize",
        "completeFailover",
        "commit",
        "reverseReplicate",
    ]
    assert seen["marks"] == 1, "the step that cannot be undone is marked"
    assert "cannot be undone: deletes the Azure VM sql01" in seen["text"]


def test_the_names_of_the_steps_do_not_cover_each_other(browser: str, tmp_path: Path) -> None:
    for name in ("home", "to-azure-unplanned"):
        boxes = [label["box"] for label in _looked_at(browser, tmp_path, name, _WIDE)["labels"]]
        for number, one in enumerate(boxes):
            for other in boxes[number + 1 :]:
                apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
                assert apart, (name, one, other)


def test_a_blocked_report_shows_what_is_in_the_way(browser: str, tmp_path: Path) -> None:
    text = _looked_at(browser, tmp_path, "blocked-maxDataLoss", _WIDE)["text"]
    assert "maxDataLoss: sql01 would lose up to 3.0 h" in text
    assert "to go on: choose a later recovery point" in text
    assert "app01: runs on premises, protected to Azure" in text


@pytest.mark.parametrize("name", CASES)
def test_a_report_is_one_file_that_fetches_nothing(name: str) -> None:
    page = rendered(CASES[name], "html")
    assert re.findall(r"""(?:src|href)\s*=|@import|url\(|<script""", page) == []


def test_what_others_have_named_is_text_and_never_markup() -> None:
    report = CASES["blocked-freeze"]
    evil = {**report.moving[0], "headline": "<img src=x>", "vm": "<b>"}
    page = rendered(type(report)(**{**vars(report), "vms": (evil,)}), "html")
    assert "<img" not in page
    assert "<b>" not in page


def _looked_at(browser: str, directory: Path, name: str, width: int) -> dict[str, Any]:
    page = directory / f"{name}-{width}.html"
    report = html.escape(rendered(CASES[name], "html"), quote=True)
    page.write_text(_MEASURE.format(width=width, report=report), encoding="utf-8")
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={directory / 'profile'}",
        f"--window-size={_WIDE + 100},1300",
        "--virtual-time-budget=5000",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stdout[-2000:]
    measured: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return measured
