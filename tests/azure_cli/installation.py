"""The Azure CLI in a virtual environment of its own, below the user's cache.

It is far larger than the project and pins its own versions of Azure's packages, so it never enters the project's
environment or its ordinary test suite.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.engine.cache import user_cache_directory

VERSION = "2.91.0"
_INSTALL_SECONDS = 1800


def provide_azure_cli(report: Callable[[str], None]) -> list[str]:
    """Return the command that runs the Azure CLI, installing it first if it is not there.

    An installation that is interrupted leaves nothing that a later one would take for whole. Raises
    subprocess.CalledProcessError, with pip's own lines above it, when the package cannot be had.
    """
    home = user_cache_directory() / f"azure-cli-{VERSION}-python{sys.version_info.major}.{sys.version_info.minor}"
    if not home.exists():
        _install(home, report)
    # Through the module, not the script: a script holds the path that it was installed under.
    return [str(_python(home)), "-X", "utf8", "-m", "azure.cli"]


def _install(home: Path, report: Callable[[str], None]) -> None:
    report(f"Installing the Azure CLI {VERSION} below {home.parent} (some 700 MB, a few minutes, once).")
    partial = home.with_name(f"{home.name}.partial-{os.getpid()}")
    try:
        subprocess.run([sys.executable, "-m", "venv", str(partial)], check=True, timeout=_INSTALL_SECONDS)
        subprocess.run(
            [
                str(_python(partial)),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                f"azure-cli=={VERSION}",
            ],
            check=True,
            timeout=_INSTALL_SECONDS,
        )
        partial.rename(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
