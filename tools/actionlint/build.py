"""actionlint, built from its Go module into the user's cache, where the engine is as well.

``go_module`` names its version as a tool and pins, in its go.sum, every byte that goes into it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tools.engine.cache import EngineCache, executable_name
from tools.engine.go_build import BuildFailed, go_toolchain

MODULE = Path(__file__).parent / "go_module"
_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
_MOST_SECONDS = 900


def provide_actionlint(cache: EngineCache, say: Callable[[str], None]) -> Path:
    """Its executable, built now if it is not there yet. Raises BuildFailed, in one line."""
    executable = cache.root / f"actionlint-{_pinned()}" / executable_name("actionlint")
    if executable.exists():
        return executable
    with cache.locked(say):
        if not executable.exists():  # whoever held the lock may have just built it
            _build(cache, executable.parent, say)
    return executable


def _build(cache: EngineCache, target: Path, say: Callable[[str], None]) -> None:
    go = go_toolchain(cache, say)
    with cache.staging() as staging:
        output = staging / "actionlint"
        output.mkdir()
        say(f"building actionlint with {go}")
        answer = subprocess.run(
            [
                str(go),
                "build",
                "-trimpath",
                "-mod=readonly",
                "-o",
                str(output / executable_name("actionlint")),
                _PACKAGE,
            ],
            cwd=MODULE,
            env={**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
        if answer.returncode != 0:
            reason = " ".join(answer.stderr.strip().splitlines()[-3:]) or "no reason given"
            raise BuildFailed(f"Building actionlint failed: {reason}. It needs the Go module proxy (GOPROXY).")
        cache.install(output, target)


def _pinned() -> str:
    """Of the module's files: an edit of them is another build."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((MODULE / name).read_bytes())
    return digest.hexdigest()[:12]
