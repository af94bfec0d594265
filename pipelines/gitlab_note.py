"""Comment on a merge request, in place of the last comment: ``python pipelines/gitlab_note.py impact.md --stack prod``.

GitLab lets no job write a comment (a note) with its own token. So this is for who gives the pipeline a token that may:
the variable ``DR_NOTE_TOKEN``, masked, a project access token of scope `api`. Without one it says so and ends with 0,
as the report is linked from the merge request all the same. Whatever else keeps it from commenting ends with 1.

What it needs to know of the merge request is in GitLab's own variables. Standard library only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_VARIABLES = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID")
_TIMEOUT_SECONDS = 30
# A hundred notes each; the pipeline's own is among the newest.
_MOST_PAGES = 50


class NoNoteError(Exception):
    """The note could not be written. `str()` is for a person, and has no token in it."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="gitlab_note.py", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("text", type=Path, help="the comment, as Markdown")
    parser.add_argument("--stack", required=True, help="whose comment it is: each stack has one of its own")
    given = parser.parse_args(arguments)
    token = os.environ.get("DR_NOTE_TOKEN", "")
    if not token:
        print("No comment on the merge request: there is no DR_NOTE_TOKEN. The report is linked from it.")
        return 0
    mark = f"<!-- dr-preview {given.stack} -->"
    try:
        written = Notes(token).write(mark, f"{mark}\n{given.text.read_text(encoding='utf-8')}")
    except (NoNoteError, OSError) as error:
        print(f"No comment on the merge request: {error}", file=sys.stderr)
        return 1
    print(f"The comment on the merge request is {written}.")
    return 0


class Notes:
    """The notes of the merge request that this pipeline is of."""

    def __init__(self, token: str) -> None:
        missing = [name for name in _VARIABLES if not os.environ.get(name)]
        if missing:
            raise NoNoteError(f"{', '.join(missing)} is not set. Run this in a pipeline of a merge request")
        base, project, number = (os.environ[name] for name in _VARIABLES)
        self._notes = f"{base}/projects/{project}/merge_requests/{number}/notes"
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def write(self, mark: str, body: str) -> str:
        """Writes the note that begins with `mark` anew, or the first such one. Raises NoNoteError."""
        last = self._last(mark)
        if last is None:
            self._call("POST", self._notes, {"body": body})
            return "written"
        self._call("PUT", f"{self._notes}/{last}", {"body": body})
        return "written anew"

    def _last(self, mark: str) -> int | None:
        for page in range(1, _MOST_PAGES + 1):
            found = self._call("GET", f"{self._notes}?sort=desc&order_by=created_at&per_page=100&page={page}")
            for note in found:
                if str(note.get("body", "")).startswith(mark):
                    return int(note["id"])
            if not found:
                break
        return None

    def _call(self, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"PRIVATE-TOKEN": self._token, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - GitLab's own address
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            error.close()
            mend = "a project access token of scope api, of a role that may comment, which has not run out, is needed"
            raise NoNoteError(f"GitLab answers {error.code} to {method} notes: {mend}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoNoteError(
                f"GitLab does not answer to {method} notes ({type(error).__name__}). Retry the job"
            ) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to GitLab and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
