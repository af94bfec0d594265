"""The engine as its makers release it: one archive with the CLI and the language hosts, and a file of checksums."""

from __future__ import annotations

import hashlib
import http.client
import os
import platform
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from tools.engine.cache import EngineCache

_OFFICIAL_URL = "https://github.com/pulumi/pulumi/releases/download/v{version}"
# No answer for this long means no network; a machine without one should not wait before it builds.
STALL_SECONDS = float(os.environ.get("DR_ENGINE_RELEASE_STALL_SECONDS", "8"))
# A build takes about three minutes, so a slower download is not worth waiting for.
DOWNLOAD_SECONDS = 240.0
_CHUNK_BYTES = 1 << 20
_CHECKSUMS_LIMIT_BYTES = 1 << 20


class ReleaseUnavailable(Exception):  # noqa: N818 - an ordinary state of affairs: no network, or no such archive
    """The archive could not be had. The text says why, in a few words."""


class ChecksumMismatch(Exception):  # noqa: N818 - says what is the matter, not that something is
    """The archive is not what its makers published. Nothing of it was unpacked."""


def directory(cache: EngineCache, version: str) -> Path:
    return cache.root / f"release-{version}"


def install(cache: EngineCache, version: str, say: Callable[[str], None]) -> None:
    """Download, verify and unpack. Raises ReleaseUnavailable or ChecksumMismatch."""
    base = base_url(version)
    archive = archive_name(version)
    say(f"looking for the official release of the engine: {base}/{archive}")
    expected = _expected_checksum(f"{base}/pulumi-{version}-checksums.txt", archive)
    with cache.staging() as staging:
        downloaded = staging / archive
        actual = _download(f"{base}/{archive}", downloaded, say)
        if actual != expected:
            raise ChecksumMismatch(
                f"{base}/{archive} is not the published archive: its SHA-256 is {actual}, but the checksum file says "
                f"{expected}. It was not installed; if a proxy changes downloads, tell it not to."
            )
        unpacked = _unpack(downloaded, staging / "unpacked")
        cache.install(unpacked, directory(cache, version))
    say(f"installed the official release {version} in {directory(cache, version)}")


def base_url(version: str) -> str:
    """Where the archive and its checksums lie. ``DR_ENGINE_RELEASE_URL`` names a mirror instead."""
    return os.environ.get("DR_ENGINE_RELEASE_URL", _OFFICIAL_URL.format(version=version)).rstrip("/")


def archive_name(version: str) -> str:
    system = {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform)
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    if system is None or machine is None:
        raise ReleaseUnavailable(f"there is none for {sys.platform} on {platform.machine()}")
    return f"pulumi-v{version}-{system}-{machine}.{'zip' if system == 'windows' else 'tar.gz'}"


def _expected_checksum(url: str, archive: str) -> str:
    """From a file of lines "<sha256>  <name>"."""
    try:
        with _open(url) as answer:
            lines = answer.read(_CHECKSUMS_LIMIT_BYTES).decode("utf-8", "replace").splitlines()
    except _NETWORK_ERRORS as error:
        raise ReleaseUnavailable(_reason(error)) from error
    for line in lines:
        checksum, _, name = line.partition(" ")
        if name.strip(" *") == archive:
            return checksum.lower()
    raise ReleaseUnavailable(f"{url} names no {archive}")


def _download(url: str, target: Path, say: Callable[[str], None]) -> str:
    """Returns the SHA-256 of what was written to `target`."""
    digest = hashlib.sha256()
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    received, reported = 0, 0
    try:
        with _open(url) as answer, target.open("wb") as file:
            while chunk := answer.read1(_CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
                received += len(chunk)
                if received - reported >= 20 * _CHUNK_BYTES:
                    reported = received
                    say(f"downloaded {received >> 20} MiB")
                if time.monotonic() > deadline:
                    raise ReleaseUnavailable(f"{received >> 20} MiB in {DOWNLOAD_SECONDS:.0f} s is too slow")
    except _NETWORK_ERRORS as error:
        raise ReleaseUnavailable(_reason(error)) from error
    return digest.hexdigest()


_NETWORK_ERRORS = (OSError, http.client.HTTPException)


def _open(url: str) -> http.client.HTTPResponse:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ReleaseUnavailable(f"{url} is neither https nor on this machine")
    answer: http.client.HTTPResponse = urllib.request.urlopen(url, timeout=STALL_SECONDS)  # noqa: S310 - checked above
    return answer


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.url} answered {error.code}"
    if isinstance(error, urllib.error.URLError):
        return f"no connection: {error.reason}"
    if isinstance(error, TimeoutError):
        return f"no answer for {STALL_SECONDS:g} s"
    return f"{type(error).__name__}: {error}"


def _unpack(archive: Path, into: Path) -> Path:
    """Returns the directory that holds `pulumi`: archives have it in pulumi/ or, on Windows, in pulumi/bin/."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(into)  # noqa: S202 - its checksum was verified, and zipfile keeps to the directory
    else:
        with tarfile.open(archive) as opened_tar:
            if hasattr(tarfile, "data_filter"):  # Python 3.11 has it from 3.11.4 on
                opened_tar.extraction_filter = tarfile.data_filter
            opened_tar.extractall(into)  # noqa: S202 - its checksum was verified
    for name in ("pulumi", "pulumi.exe"):
        for found in sorted(into.rglob(name)):
            if found.is_file():
                return found.parent
    raise ReleaseUnavailable(f"{archive.name} holds no pulumi")
