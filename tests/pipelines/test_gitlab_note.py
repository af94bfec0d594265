"""The comment on a merge request, against a stand-in of GitLab's notes."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.pipelines.ci_files import PIPELINES

TOKEN = "glpat-of-a-test"
_NOTES = "/api/v4/projects/7/merge_requests/12/notes"
_PAGE = 100


@dataclass
class GitLab:
    """`notes` are of the merge request, newest first; `status` is answered to whatever is asked, if not 0."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    status: int = 0
    url: str = ""

    def answer(self, method: str, path: str, token: str | None, body: bytes) -> tuple[int, Any]:
        place, page = urlsplit(path).path, int(parse_qs(urlsplit(path).query).get("page", ["1"])[0])
        if self.status or token != TOKEN:
            return self.status or 401, {"message": "no"}
        if method == "GET" and place == _NOTES:
            return 200, self.notes[(page - 1) * _PAGE : page * _PAGE]
        if method == "POST" and place == _NOTES:
            self.notes.insert(0, {"id": 900, **json.loads(body)})
            return 201, self.notes[0]
        found = [note for note in self.notes if method == "PUT" and place == f"{_NOTES}/{note['id']}"]
        for note in found:
            note.update(json.loads(body))
        return (200, found[0]) if found else (404, {})


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    known = GitLab()

    class Answers(http.server.BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = known.answer(self.command, self.path, self.headers.get("PRIVATE-TOKEN"), body)
            data = json.dumps(content).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{known.url}/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._any()

        def do_POST(self) -> None:
            self._any()

        def do_PUT(self) -> None:
            self._any()

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_comment_is_written_once_and_then_anew_wherever_it_stands(tmp_path: Path, gitlab: GitLab) -> None:
    theirs = [{"id": number, "body": "a remark"} for number in range(150)]
    gitlab.notes = [*theirs, {"id": 500, "body": "<!-- dr-preview test -->\nof another stack"}]
    assert _comment(tmp_path, gitlab, "first").returncode == 0
    gitlab.notes = [*theirs, *(note for note in gitlab.notes if note not in theirs)]
    again = _comment(tmp_path, gitlab, "second")
    assert (again.returncode, again.stdout) == (0, "The comment on the merge request is written anew.\n")
    told = [note["body"] for note in gitlab.notes if note["id"] >= 500]
    assert told == ["<!-- dr-preview prod -->\nsecond", "<!-- dr-preview test -->\nof another stack"]


def test_without_a_token_nothing_is_asked_and_the_job_goes_on(tmp_path: Path, gitlab: GitLab) -> None:
    gitlab.status = 500
    done = _comment(tmp_path, gitlab, "text", token="")
    assert done.returncode == 0
    assert "there is no DR_NOTE_TOKEN" in done.stdout


@pytest.mark.parametrize("status", [302, 401, 403, 404, 500])
def test_what_gitlab_refuses_is_told_without_the_token(tmp_path: Path, gitlab: GitLab, status: int) -> None:
    gitlab.status = status
    done = _comment(tmp_path, gitlab, "text")
    assert done.returncode == 1
    assert f"GitLab answers {status} to GET notes" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_a_gitlab_that_is_not_there_and_a_pipeline_of_no_merge_request_are_told(tmp_path: Path) -> None:
    gone = _comment(tmp_path, GitLab(url="http://127.0.0.1:1"), "text")
    assert gone.returncode == 1
    assert "GitLab does not answer to GET notes" in gone.stderr
    assert "CI_API_V4_URL is not set" in _comment(tmp_path, GitLab(), "text").stderr


def _comment(directory: Path, gitlab: GitLab, text: str, *, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    file = directory / "impact.md"
    file.write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "DR_"))}
    gitlabs = {"CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "12", "DR_NOTE_TOKEN": token, "no_proxy": "127.0.0.1"}
    if gitlab.url:
        gitlabs["CI_API_V4_URL"] = f"{gitlab.url}/api/v4"
    return subprocess.run(
        [sys.executable, PIPELINES / "gitlab_note.py", file, "--stack", "prod"],
        env={**kept, **gitlabs},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
