"""Probes against real servers on loopback, and what a failed one leaves behind."""

from __future__ import annotations

import http.server
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from executor.stops import VerificationFailed
from executor.verification import ProbeResult, verify
from lifecycle.options import Commit
from tests.executor.site import AZURE, BOLD, HOME, Site

GOES = threading.Event()
ONCE = {"retries": 0, "timeoutSeconds": 5}


class Answers(http.server.BaseHTTPRequestHandler):
    """200 for /health, from the third request on; 302 for /moved?from=here; 503 for everything else."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        if self.path == "/moved?from=here":
            self.send_response(302)
            self.send_header("Location", "/health")
        else:
            self.send_response(200 if self.path == "/health" and type(self).asked > 2 else 503)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Nothing to standard error."""


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    Answers.asked = 0
    running = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(10)


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def probed(probe: dict[str, Any], cancelled: threading.Event = GOES) -> ProbeResult:
    (result,) = verify([{**ONCE, **probe}], cancelled)
    return result


def test_a_port_that_listens_passes_and_a_closed_one_does_not(server: http.server.HTTPServer, closed_port: int) -> None:
    assert probed({"tcp": {"host": "127.0.0.1", "port": server.server_port}}).passed
    refused = probed({"tcp": {"host": "127.0.0.1", "port": closed_port}})
    assert (refused.passed, refused.attempts) == (False, 1)
    assert "no connection" in refused.said


def test_a_probe_is_tried_until_it_passes_or_its_retries_are_used_up(server: http.server.HTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    slow = probed({"http": {"url": f"{url}/health"}, "retries": 5, "intervalSeconds": 0})
    assert (slow.passed, slow.attempts, slow.said) == (True, 3, "status 200")
    never = probed({"http": {"url": f"{url}/other"}, "retries": 2, "intervalSeconds": 0})
    assert (never.passed, never.attempts, never.said) == (False, 3, "status 503, not 200")
    assert probed({"http": {"url": f"{url}/other", "status": 503}}).passed


def test_a_redirect_is_an_answer_of_its_own_and_no_proxy_is_asked(
    server: http.server.HTTPServer, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    url = f"http://127.0.0.1:{server.server_port}/moved?from=here"
    assert probed({"http": {"url": url, "status": 302}}).said == "status 302"
    assert probed({"http": {"url": url}}).said == "status 302, not 200"


def test_a_server_that_sends_a_little_now_and_then_is_not_waited_for(closed_port: int) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_drip, args=(listening, ended), daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        result = probed({"http": {"url": f"http://127.0.0.1:{port}/"}, "timeoutSeconds": 1})
        ended.set()
        thread.join(10)
    assert (result.passed, result.said) == (False, "not done after 1 s")


def _drip(listening: socket.socket, ended: threading.Event) -> None:
    """Headers without an end, until it is enough."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(80):
            if ended.wait(0.2):
                return
            connection.sendall(f"X-{number}: more\r\n".encode())
        connection.sendall(b"\r\n")


def test_all_verifications_together_end_with_the_limit_of_their_step(site: Site, closed_port: int) -> None:
    site.begin("failedOver")
    probe = {"tcp": {"host": "127.0.0.1", "port": closed_port}, "retries": 1000, "intervalSeconds": 3600}
    limited = replace(BOLD, verification=(probe, probe), step_limits={"verify": 0.01})
    run = site.run(AZURE, limited)
    assert "the time for all verifications together (stepLimits.verify) is over" in run.stopped(VerificationFailed)
    assert [result.attempts for result in run.outcome.verification] == [1, 0]
    assert site.accepted() == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:abc/", "http://[", "ftp://127.0.0.1/"])
def test_an_address_that_makes_no_sense_fails_and_does_not_raise(url: str) -> None:
    assert not probed({"http": {"url": url}}).passed


def test_a_tls_handshake_passes_only_with_a_trusted_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        listening.settimeout(0.2)
        while not over.is_set():
            try:
                plain, _ = listening.accept()
                with context.wrap_socket(plain, server_side=True):
                    pass
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    probe = {"tls": {"host": "localhost", "port": listening.getsockname()[1]}}
    try:
        refused = probed(probe)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        trusted = probed(probe)
    finally:
        over.set()
        thread.join(10)
        listening.close()
    assert not refused.passed
    assert "no TLS handshake" in refused.said
    assert trusted.passed, trusted.said


def test_a_command_passes_by_its_exit_code_and_its_last_line_is_told() -> None:
    assert probed({"command": [sys.executable, "-c", "print('one'); print('two')"]}).said == "exit code 0: two"
    failed = probed({"command": [sys.executable, "-c", "raise SystemExit('database is down')"]})
    assert not failed.passed
    assert failed.said == "exit code 1: database is down"
    assert "cannot be run" in probed({"command": ["no-such-program-anywhere"]}).said


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")
def test_a_command_that_leaves_a_process_behind_is_ended_with_it_in_time(tmp_path: Path) -> None:
    left = tmp_path / "left"
    script = f"(sleep 3; touch {left}) & sleep 100"
    result = probed({"command": ["sh", "-c", script], "timeoutSeconds": 0.3})
    assert result.said == "not done after 0.3 s, and ended"
    threading.Event().wait(0)
    assert not left.exists()


def test_a_run_that_is_to_stop_does_not_wait_for_a_probe() -> None:
    cancelled = threading.Event()
    timer = threading.Timer(0.2, cancelled.set)
    timer.start()
    began = time.monotonic()
    probe = {"command": [sys.executable, "-c", "import time; time.sleep(60)"], "timeoutSeconds": 60, "retries": 100}
    assert not probed(probe, cancelled).passed
    # Not a speed: without being interrupted it would have taken sixty seconds and a hundred tries.
    assert time.monotonic() - began < 50


def test_a_probe_of_one_move_is_not_run_after_the_other() -> None:
    probe = {"command": ["true"], "after": "failback"}
    assert BOLD.verification_of(failback=True) == ()
    options = replace(BOLD, verification=(probe,))
    assert options.verification_of(failback=False) == ()
    assert options.verification_of(failback=True) == (probe,)


def test_a_verified_failover_is_committed_and_its_results_are_kept(site: Site, server: http.server.HTTPServer) -> None:
    probe = {"tcp": {"host": "127.0.0.1", "port": server.server_port}, **ONCE}
    options = replace(BOLD, failover_commit=Commit.AFTER_VERIFICATION, verification=(probe,))
    site.begin("failedOver")
    run = site.run(AZURE, options).reached()
    assert run.taken == ["verify", "commit", "reprotect"]
    (result,) = run.outcome.verification
    assert result.as_output() == {
        "probe": f"tcp 127.0.0.1:{server.server_port}",
        "passed": True,
        "attempts": 1,
        "said": "connected",
    }


@pytest.mark.parametrize("begins", ["failedOver", "failedBack"])
def test_a_failed_verification_leaves_the_machine_commit_pending_and_says_the_ways_on(
    site: Site, closed_port: int, begins: str
) -> None:
    site.begin(begins)
    goal = AZURE if begins == "failedOver" else HOME
    probe = {"tcp": {"host": "127.0.0.1", "port": closed_port}, **ONCE}
    options = replace(
        BOLD,
        failover_commit=Commit.AFTER_VERIFICATION,
        failback_commit=Commit.AFTER_VERIFICATION,
        verification=(probe,),
    )
    for _ in range(2):
        run = site.run(goal, options)
        words = run.stopped(VerificationFailed)
        assert "waits for its commit" in words
        assert "pulumi up --strict` again" in words
        assert not run.outcome.verification[0].passed
    assert "changeRecoveryPoint" in words if goal is AZURE else "Azure VM is kept" in words
    assert site.accepted() == []


def test_verification_goes_before_a_commit_by_hand_too(site: Site, server: http.server.HTTPServer) -> None:
    site.begin("failedOver")
    probe = {"tcp": {"host": "127.0.0.1", "port": server.server_port}, **ONCE}
    by_hand = replace(BOLD, failover_commit=Commit.MANUAL, verification=(probe,))
    run = site.run(AZURE, by_hand)
    assert run.taken == ["verify"]
    assert run.outcome.verification[0].passed
