"""DR_TRACE: every request with its ids, and no secret."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from site_recovery.connection import connect
from site_recovery.errors import SiteRecoveryError
from site_recovery.trace import redacted
from tests.site_recovery.stub import ACCEPTED, ITEM_ID, SECRET, TARGET, VAULT, Answer, Stub, listed


def test_every_attempt_is_a_line_with_the_ids_of_both_sides(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    stub.answer("POST", "/failoverCommit", ACCEPTED)
    stub.answer("GET", "replicationProtectedItems", Answer(cut=True), Answer(body=listed()))
    service = connect(TARGET, VAULT, environment={**stub.environment, "DR_TRACE": str(file)})
    service.operations.commit(ITEM_ID, client_request_id="ours-1")
    service.items()
    commit, lost, answered = [json.loads(line) for line in file.read_text().splitlines()]
    assert (commit["method"], commit["status"], commit["client_request_id"]) == ("POST", 202, "ours-1")
    assert commit["request_id"].endswith("/replicationJobs/33333333-3333-3333-3333-333333333333")
    assert commit["url"].endswith("/failoverCommit?api-version=2025-08-01")
    assert "ServiceResponseError" in lost["failure"]
    assert answered["status"] == 200
    assert answered["milliseconds"] >= 0


def test_nothing_secret_is_written_and_only_the_owner_reads_it(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    connect(TARGET, VAULT, environment={**stub.environment, "DR_TRACE": str(file)}).items()
    text = file.read_text()
    token = stub.sent("GET", "replicationProtectedItems")[0].headers["Authorization"].removeprefix("Bearer ")
    assert token not in text
    assert SECRET not in text
    assert "Authorization" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_trace_that_cannot_be_written_is_said_before_anything_is_sent(stub: Stub, tmp_path: Path) -> None:
    environment = {**stub.environment, "DR_TRACE": str(tmp_path / "missing" / "trace")}
    with pytest.raises(SiteRecoveryError, match="cannot be written"):
        connect(TARGET, VAULT, environment=environment)
    assert not stub.requests


def test_a_full_disk_costs_the_trace_and_not_the_move(
    stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # As a full disk answers every write.
    stub.answer("POST", "/failoverCommit", ACCEPTED)
    stub.answer("GET", "replicationProtectedItems", Answer(body=listed()))
    service = connect(TARGET, VAULT, environment={**stub.environment, "DR_TRACE": "/dev/full"})
    service.operations.commit(ITEM_ID, client_request_id="ours-1")
    assert service.items() == ()
    said = capsys.readouterr().err
    assert said.count("/dev/full (DR_TRACE) lacks requests from here on: No space left on device") == 1


def test_unknown_parameters_and_user_parts_of_a_url_are_redacted() -> None:
    url = "https://user:pass@example.org/x?api-version=1&$filter=a eq 'b'&sig=secret#frag"
    assert redacted(url) == "https://example.org/x?api-version=1&$filter=a+eq+%27b%27&sig=***"
