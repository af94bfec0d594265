"""Pulumi's language host for Python: starts the program of a stack and answers the engine's questions about it.

The engine starts ``pulumi-language-python`` with its own address as the last argument, reads a port from the first
line of its output, and speaks the LanguageRuntime protocol to it. The official host is a Go program that no package
registry carries, so an engine built from its Go module has this one beside it; an official engine never meets it.
It needs nothing but the Pulumi SDK of the Python that runs it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

# The messages carry whole stack configurations and programs' arguments; the engine's own limit.
MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024
# Cancel arrives while Run blocks, so there is always a thread to spare.
WORKERS = 16
# The program's word that it has already shown its error: the engine adds nothing of its own.
EXIT_CODE_ERROR_SHOWN = 32
STOP_SECONDS = 5.0


def main() -> None:
    """Serve until the engine stops us (SIGINT at the end of every command) or is gone."""
    host = LanguageHost(engine_address=sys.argv[-1])
    server = grpc.server(
        ThreadPoolExecutor(max_workers=WORKERS),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
        ],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # SIGBREAK is how Windows asks a process group to stop
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    threading.Thread(target=_wait_until_engine_is_gone, args=(sys.argv[-1], stop), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not stop.wait(timeout=1.0):  # in slices: on Windows an endless wait would not let a signal in
        pass
    host.stop_program()
    server.stop(grace=None)
    with contextlib.suppress(OSError):  # an engine that was killed took the other end of the pipe with it
        sys.stdout.flush()
    os._exit(0)  # a worker may still block on a program that will not die; the engine is not to wait for it


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """One project's program. What is not here stays unimplemented, which the engine takes for an older host."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._lock = threading.Lock()
        self._program: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPackages(  # noqa: N802
        self,
        request: language_pb2.GetRequiredPackagesRequest,  # noqa: ARG002
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> language_pb2.GetRequiredPackagesResponse:
        """None: an engine with this host runs where plugins cannot be downloaded, and finds them on PATH."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:  # noqa: N802
        python = _python_of(request.info, context)
        return language_pb2.AboutResponse(
            executable=python,
            version=_output_of([python, "-c", "import platform; print(platform.python_version())"]),
            metadata={"host": "pulumi-azure-site-recovery", "hostPython": platform.python_version()},
        )

    def GetProgramDependencies(  # noqa: N802
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """The installed packages; with transitive dependencies or not, all of them, as pip lists them."""
        python = _python_of(request.info, context)
        listed = json.loads(_output_of([python, "-c", _LIST_PACKAGES]))
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in listed]
        )

    def InstallDependencies(  # noqa: N802
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """For `pulumi new` and `pulumi install`: the virtual environment, and what requirements.txt names in it."""
        directory = Path(request.directory or request.info.program_directory)
        environment = _virtual_environment_of(request.info)
        if environment is None:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                "Pulumi.yaml names no virtual environment to install into: set runtime.options.virtualenv",
            )
            return
        if not _python_in(environment).exists():
            yield from _passed_on([sys.executable, "-m", "venv", str(environment)], directory, context)
        requirements = directory / "requirements.txt"
        if requirements.exists():
            pip = [str(_python_in(environment)), "-m", "pip", "install", "--disable-pip-version-check"]
            yield from _passed_on([*pip, "-r", str(requirements)], directory, context)

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        """Run the program to its end. A program that fails is an answer, not an error of this call."""
        python = _python_of(request.info, context)
        with self._lock:
            if self._cancelled:
                return language_pb2.RunResponse(error="the program was not started: the command was cancelled")
            self._program = subprocess.Popen(
                [python, "-u", str(Path(__file__).with_name("program.py")), *self._program_arguments(request)],
                cwd=request.info.program_directory or request.pwd,
                env=_program_environment(request),
                stdin=subprocess.DEVNULL,
            )
        exit_code = self._program.wait()
        if exit_code == 0:
            return language_pb2.RunResponse()
        if exit_code == EXIT_CODE_ERROR_SHOWN:
            return language_pb2.RunResponse(bail=True)
        if exit_code < 0:
            return language_pb2.RunResponse(error=f"program was ended by signal {-exit_code}")
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {exit_code}")

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        self.stop_program()
        return empty_pb2.Empty()

    def stop_program(self) -> None:
        """End the program with SIGTERM: after SIGINT it would show a traceback as if it were wrong."""
        with self._lock:
            self._cancelled = True
            program = self._program
        if program is None or program.poll() is not None:
            return
        program.terminate()
        try:
            program.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()

    def _program_arguments(self, request: language_pb2.RunRequest) -> list[str]:
        return [
            "--monitor", request.monitor_address,
            "--engine", self._engine_address,
            "--project", request.project,
            "--root-directory", request.info.root_directory,
            "--stack", request.stack,
            "--organization", request.organization,
            "--parallel", str(request.parallel),
            "--pwd", request.pwd,
            *(["--dry-run"] if request.dryRun else []),
            "--",
            request.info.entry_point or request.program,
            *request.args,
        ]  # fmt: skip


_LIST_PACKAGES = (
    "import importlib.metadata as m, json;"
    "print(json.dumps(sorted({(d.metadata['Name'], d.version) for d in m.distributions() if d.metadata['Name']})))"
)


def _python_of(info: language_pb2.ProgramInfo, context: grpc.ServicerContext) -> str:
    """The Python of the project's `virtualenv` option, or without one the Python that runs this host."""
    environment = _virtual_environment_of(info)
    if environment is None:
        return sys.executable
    python = _python_in(environment)
    if not python.exists():
        context.abort(
            grpc.StatusCode.FAILED_PRECONDITION,
            f"Pulumi.yaml names the virtual environment {environment}, but there is no Python at {python}. "
            f"`pulumi install` makes it, and installs requirements.txt into it.",
        )
    return str(python)


def _virtual_environment_of(info: language_pb2.ProgramInfo) -> Path | None:
    option = dict(info.options).get("virtualenv")
    return Path(info.root_directory, str(option)) if option else None


def _python_in(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _passed_on(
    command: list[str], directory: Path, context: grpc.ServicerContext
) -> Iterator[language_pb2.InstallDependenciesResponse]:
    """What `command` says, as it says it. Ends the call with an error if the command fails."""
    with subprocess.Popen(
        command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            yield language_pb2.InstallDependenciesResponse(stdout=line)
    if process.returncode != 0:
        context.abort(grpc.StatusCode.INTERNAL, f"`{' '.join(command)}` ended with exit code {process.returncode}")


def _program_environment(request: language_pb2.RunRequest) -> dict[str, str]:
    return {
        **os.environ,
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def _output_of(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def _wait_until_engine_is_gone(engine_address: str, stop: threading.Event) -> None:
    """The engine holds the other end of our standard input; it closes however the engine ends, kill -9 included.

    Where somebody started us without one, closed input alone proves nothing, so the engine's port has the last word.
    """
    while sys.stdin is not None and sys.stdin.buffer.read(4096):
        pass
    while _accepts(engine_address):
        time.sleep(1.0)
    stop.set()


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.0):
            return True
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    main()
