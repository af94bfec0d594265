"""Which engine is chosen, and that an installation is complete or not there."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.engine_fixture import ROOT
from tools.engine import go_build, release
from tools.engine.bootstrap import PINNED, EngineUnavailable, find_engine, provide_engine
from tools.engine.cache import EngineCache

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stands shell scripts in for programs")

LIMIT_SECONDS = 60.0


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Neither engine nor Go nor network. Returns the one directory of its own that PATH names."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), "/usr/bin", "/bin"]))
    monkeypatch.setenv("DR_ENGINE_RELEASE_URL", "http://127.0.0.1:9")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return programs


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / "cache")


# On PATH


def test_an_engine_on_path_that_is_new_enough_is_used(bare_machine: Path, cache: EngineCache) -> None:
    _program(bare_machine / "pulumi", "echo v3.251.0")
    _program(bare_machine / "pulumi-language-python", "")
    engine = provide_engine(cache, _silent)
    assert (engine.directory, engine.version, engine.origin) == (bare_machine, "3.251.0", "on PATH")


@pytest.mark.parametrize(
    ("version", "language_host", "told"),
    [
        ("v3.249.9", True, f"is version 3.249.9, too old: this project needs {PINNED} or newer"),
        ("v3.251.0", False, "has no pulumi-language-python beside it"),
        ("what?", True, "does not say its version"),
    ],
)
def test_an_engine_on_path_that_will_not_do_is_named_and_passed_by(
    bare_machine: Path, cache: EngineCache, version: str, language_host: bool, told: str
) -> None:
    _program(bare_machine / "pulumi", f"echo '{version}'")
    if language_host:
        _program(bare_machine / "pulumi-language-python", "")
    lines: list[str] = []
    assert find_engine(cache, lines.append) is None
    [line] = lines
    assert str(bare_machine / "pulumi") in line
    assert told in line


# The official release


def test_the_release_is_verified_and_installed(cache: EngineCache, releases: Releases) -> None:
    releases.publish(_archive())
    engine = provide_engine(cache, _silent)
    assert engine.origin == "official release"
    assert engine.executable.read_text(encoding="utf-8").startswith("#!/bin/sh")
    assert engine.directory.joinpath("pulumi-language-python").exists()
    releases.close()
    assert provide_engine(cache, _silent) == engine  # from the cache, without asking anybody


def test_an_archive_with_another_checksum_is_refused_and_leaves_nothing(cache: EngineCache, releases: Releases) -> None:
    releases.publish(_archive(), checksum="0" * 64)
    with pytest.raises(EngineUnavailable) as refused:
        provide_engine(cache, _silent)
    assert "is not the published archive" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert _installed(cache) == []


@pytest.mark.parametrize("answer", ["not found", "never", "no checksum of it"])
def test_a_release_that_cannot_be_had_is_passed_by(
    cache: EngineCache, releases: Releases, bare_machine: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(release, "STALL_SECONDS", 0.3)
    if answer == "never":
        releases.fall_silent()
    elif answer == "no checksum of it":
        releases.files[f"/pulumi-{PINNED}-checksums.txt"] = b"0  some-other-file\n"
    _go(bare_machine)
    lines: list[str] = []
    engine = provide_engine(cache, lines.append)
    assert engine.origin == "built from its Go module"
    assert any("the official release cannot be had" in line for line in lines)


# The build


def test_a_built_engine_has_our_language_host_beside_it(cache: EngineCache, bare_machine: Path) -> None:
    _go(bare_machine)
    engine = provide_engine(cache, _silent)
    for name in ("pulumi", "pulumi-language-python", "pulumi-resource-pulumi-python"):
        assert os.access(engine.directory / name, os.X_OK)
    assert (engine.directory / "language_host.py").exists()


def test_an_edited_language_host_is_picked_up_without_building_again(
    cache: EngineCache, bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _go(bare_machine)
    before = provide_engine(cache, _silent)
    edited = tmp_path / "language_host"
    edited.mkdir()
    for file in go_build.LANGUAGE_HOST.iterdir():
        if file.is_file():
            edited.joinpath(file.name).write_bytes(file.read_bytes())
    edited.joinpath("language_host.py").write_text("# edited\n", encoding="utf-8")
    monkeypatch.setattr(go_build, "LANGUAGE_HOST", edited)
    after = provide_engine(cache, _silent)
    assert after.directory != before.directory
    assert (after.directory / "language_host.py").read_text(encoding="utf-8") == "# edited\n"
    assert _builds(bare_machine) == 1


def test_without_network_and_without_go_one_line_says_what_is_missing(cache: EngineCache) -> None:
    with pytest.raises(EngineUnavailable) as unavailable:
        provide_engine(cache, _silent)
    told = str(unavailable.value)
    assert "\n" not in told
    assert "no pulumi and no Go" in told
    assert "Install Go" in told
    assert f"put pulumi {PINNED} or newer on PATH" in told
    assert _installed(cache) == []


def test_go_that_is_too_old_counts_as_none_and_is_named(cache: EngineCache, bare_machine: Path) -> None:
    _go(bare_machine, version="go1.19.8")
    lines: list[str] = []
    with pytest.raises(EngineUnavailable):
        provide_engine(cache, lines.append)
    assert any("go1.19.8" in line and "newer" in line for line in lines)


def test_a_module_proxy_out_of_reach_is_named_in_one_line(cache: EngineCache, bare_machine: Path) -> None:
    _go(bare_machine, build='echo "dial tcp: lookup proxy: no such host" >&2; exit 1')
    with pytest.raises(EngineUnavailable, match="needs the Go module proxy, which cannot be reached") as unavailable:
        provide_engine(cache, _silent)
    assert "\n" not in str(unavailable.value)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_killed_leaves_nothing_half_installed(
    cache: EngineCache, bare_machine: Path, how: signal.Signals
) -> None:
    process_id = bare_machine / "go.pid"
    _go(bare_machine, build=f'echo half > "$output"; echo $$ > {process_id}; exec sleep 600')
    with _providing(cache) as building:
        _wait_until(lambda: process_id.exists() and process_id.read_text(encoding="utf-8").strip() != "", building)
        building.send_signal(how)
        building.wait(timeout=LIMIT_SECONDS)
    compiler = int(process_id.read_text(encoding="utf-8"))
    if how is signal.SIGINT:
        _wait_until(lambda: not _is_alive(compiler))
        assert _staged(cache) == []
    elif _is_alive(compiler):
        os.kill(compiler, signal.SIGKILL)
    assert _installed(cache) == []

    _go(bare_machine)
    assert provide_engine(cache, _silent).origin == "built from its Go module"
    assert _staged(cache) == []


def test_two_at_once_build_once(cache: EngineCache, bare_machine: Path) -> None:
    release_both = bare_machine / "go-on"
    _go(bare_machine, build=f'while [ ! -e {release_both} ]; do sleep 0.05; done; echo built > "$output"')
    with _providing(cache) as first, _providing(cache) as second:
        _wait_until(lambda: _builds(bare_machine) == 1, first)
        release_both.touch()
        for process in (first, second):
            assert process.wait(timeout=LIMIT_SECONDS) == 0
    assert _builds(bare_machine) == 1


# What stands in for the world


class Releases:
    """A release server on loopback: what is published, or silence."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: dict[str, bytes] = {}
        self._speak = threading.Event()
        self._speak.set()
        releases = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                releases._speak.wait(timeout=LIMIT_SECONDS)
                content = releases.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DR_ENGINE_RELEASE_URL", f"http://127.0.0.1:{self._server.server_port}")

    def publish(self, archive: bytes, checksum: str | None = None) -> None:
        name = release.archive_name(PINNED)
        line = f"{checksum or hashlib.sha256(archive).hexdigest()}  {name}\n"
        self.files = {f"/{name}": archive, f"/pulumi-{PINNED}-checksums.txt": line.encode()}

    def fall_silent(self) -> None:
        self._speak.clear()

    def close(self) -> None:
        self._speak.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    server = Releases(monkeypatch)
    yield server
    server.close()


def _archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("pulumi", "pulumi-language-python"):
            content = f"#!/bin/sh\necho v{PINNED}\n".encode()
            entry = tarfile.TarInfo(f"pulumi/{name}")
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def _go(programs: Path, version: str = "go1.99.0", build: str = 'echo built > "$output"; chmod +x "$output"') -> None:
    """A `go` that knows its version and how to build; it counts its builds."""
    _program(
        programs / "go",
        f"""
        if [ "$1" = env ]; then echo {version}; exit; fi
        while [ $# -gt 0 ]; do [ "$1" = -o ] && output=$2; shift; done
        echo build >> {programs / "builds"}
        {build}
        """,
    )


def _builds(programs: Path) -> int:
    log = programs / "builds"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


@contextmanager
def _providing(cache: EngineCache) -> Iterator[subprocess.Popen[str]]:
    """Another process that provides the engine, killed at the end of the block if it still runs."""
    program = (
        "import sys; from pathlib import Path\n"
        "from tools.engine.bootstrap import provide_engine; from tools.engine.cache import EngineCache\n"
        "provide_engine(EngineCache(Path(sys.argv[1])), print)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(cache.root)], cwd=ROOT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=LIMIT_SECONDS)


def _installed(cache: EngineCache) -> list[str]:
    return sorted(path.name for path in cache.root.iterdir() if not path.name.startswith("."))


def _staged(cache: EngineCache) -> list[str]:
    return sorted(path.name for path in cache.root.glob(".staging-*"))


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
        status = Path(f"/proc/{process_id}/stat")
        # One that has ended, but that nobody has waited for yet, is a zombie.
        return not status.exists() or status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def _wait_until(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert process is None or process.poll() is None, "it ended early"
        assert time.monotonic() < deadline, "it did not come about within a minute"
        time.sleep(0.02)


def _silent(line: str) -> None:
    del line
