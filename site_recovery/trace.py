"""DR_TRACE=FILE: every request and its answer as a line of JSON, for a support case with the service's people.

Lines carry what a support engineer asks for (method, URL, status, both sides' request ids, times) and nothing secret:
no Authorization header, no body, no value of a query parameter that is not known to be harmless. Requests for tokens
are not written at all.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from site_recovery.errors import SiteRecoveryError

_HARMLESS_PARAMETERS = frozenset({"api-version", "$filter", "$skiptoken", "skiptoken", "$take", "$expand"})
_ANSWER_HEADERS = {
    "request_id": "x-ms-request-id",
    "correlation_id": "x-ms-correlation-request-id",
    "retry_after": "Retry-After",
    "retry_after_ms": "x-ms-retry-after-ms",
    "operation": "Azure-AsyncOperation",
    "location": "Location",
    "reads_left": "x-ms-ratelimit-remaining-subscription-reads",
    "writes_left": "x-ms-ratelimit-remaining-subscription-writes",
}


class Trace:
    """Appends to the file; one line at a time, from any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        try:
            # Only the owner reads it: ids of a subscription are nobody else's business.
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise SiteRecoveryError(
                f"The trace file {path} cannot be written: {error.strerror}.",
                "Named by DR_TRACE. Nothing was sent.",
                "Name a file in a directory that can be written, or unset DR_TRACE.",
            ) from None
        self._path = path
        self._lock = threading.Lock()
        self._full = False

    def exchange(
        self,
        *,
        method: str,
        url: str,
        client_request_id: str | None,
        seconds: float,
        status: int | None,
        headers: Mapping[str, str],
        failure: str | None,
    ) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "url": redacted(url),
            "client_request_id": client_request_id,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "failure": failure,
            "thread": threading.current_thread().name,
        }
        for name, header in _ANSWER_HEADERS.items():
            value = headers.get(header)
            line[name] = redacted(value) if value and "://" in value else value
        text = json.dumps({name: value for name, value in line.items() if value is not None}) + "\n"
        with self._lock:
            try:
                os.write(self._descriptor, text.encode())
                self._full = False
            except OSError as error:
                # A disk that is full is no reason to leave a VM between two sites.
                if not self._full:
                    print(
                        f"warning: {self._path} (DR_TRACE) lacks requests from here on: {error.strerror}",
                        file=sys.stderr,
                    )
                self._full = True


def redacted(url: str) -> str:
    """The URL without a user part and without the values of query parameters that might be secrets."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = [
        (name, value if name.casefold() in _HARMLESS_PARAMETERS else "***")
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="$*:"), ""))
